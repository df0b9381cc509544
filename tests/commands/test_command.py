"""What all commands that talk to a server have in common: whose state, errors, exit codes, help, output."""

import shlex
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module

import httpx
import pytest

from emulator.cli import CONTROLS, main
from emulator.commands.command import Apart, Noun, Verb
from emulator.commands.parser import Parser
from emulator.core.clocks import tenant_of
from emulator.server import Emulator
from tests.commands.conftest import Command
from tests.conftest import Serve

NOWHERE = "http://127.0.0.1:1"
SECRET = "c4nary-key-7d1f"


def verbs() -> Iterator[tuple[str, Verb | Apart]]:
    """Yield every verb, and the words that name it."""
    for name in CONTROLS:
        command = import_module(f"emulator.commands.{name}").fill.__self__
        if isinstance(command, Noun):
            yield from ((f"{name} {verb.name}", verb) for verb in command.verbs)
        else:
            yield name, command


VERBS = dict(verbs())
ASKING = {
    "clock": [],
    "clock advance": ["1h"],
    "faults": [],
    "faults add": ["status=500"],
    "faults remove": ["one"],
    "journal": [],
    "journal har": [],
    "state": [],
    "snapshot save": ["one"],
    "reset": [],
}
"""Commands that need a server, one of each kind, and what they need besides."""


@pytest.mark.parametrize("words", ASKING)
def test_a_server_that_does_not_answer_is_named_and_the_key_is_not(command: Command, words: str) -> None:
    told = command(*words.split(), *ASKING[words], "--url", NOWHERE, "--key", SECRET)

    assert (told.code, told.out) == (1, "")
    assert told.err.startswith(f"ftemu: no emulator answers at {NOWHERE}: ")
    assert told.err.endswith("; takes a URL like http://127.0.0.1:8080\n")
    assert SECRET not in told.err


@pytest.mark.parametrize("url", ["nonsense", "127.0.0.1:8080", "http://[", "http://127.0.0.1:port", "ftp://x"])
def test_what_is_no_url_is_refused_alike(command: Command, url: str) -> None:
    told = command("clock", "--url", url)

    assert told.code == 1
    assert told.err.startswith(f"ftemu: no emulator answers at {url}: ")


def test_the_url_of_a_client_is_taken_too(command: Command, server: Emulator) -> None:
    assert command("clock", "--url", f"{server.url}/v1/").code == 0


def test_the_port_of_the_environment_is_the_default(
    command: Command, server: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FTEMU_PORT", server.url.rpartition(":")[2])

    assert command("clock").code == 0


def test_a_server_that_is_no_emulator_is_told_from_one(command: Command, server: Emulator) -> None:
    told = command("clock", "--url", f"{server.url}/nebius")

    assert told.code == 1
    assert "answered 404, and not as a control API does; is it an emulator?" in told.err


def test_the_key_comes_from_the_variables_of_the_providers_clients(
    command: Command, server: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    def tenant() -> str:
        return str(command("reset", "--url", server.url, "--json").json["tenant"])

    assert tenant() == tenant_of("any-key")
    monkeypatch.setenv("OPENAI_API_KEY", "one of OpenAI")
    assert tenant() == tenant_of("one of OpenAI")
    monkeypatch.setenv("NEBIUS_API_KEY", f" {SECRET}\n")
    assert tenant() == tenant_of(SECRET)
    monkeypatch.setenv("NSCALE_API_TOKEN", "one of Nscale")  # the last that is looked for
    told = command("faults", "--url", server.url)
    assert "No faults hold for the key in NEBIUS_API_KEY." in told.out
    assert SECRET not in told.out


def test_a_tenant_is_named_by_its_digest(command: Command, server: Emulator) -> None:
    digest = tenant_of("the key of a colleague")

    assert command("reset", "--url", server.url, "--tenant", digest, "--json").json["tenant"] == digest
    assert f"for the tenant {digest}." in command("faults", "--url", server.url, "--tenant", digest).out
    refused = command("clock", "--url", server.url, "--tenant", "somebody")
    assert (refused.code, refused.err) == (
        1,
        "ftemu: got a tenant of 8 characters; takes the 32 hex digits of a digest\n",
    )


def test_a_key_that_is_not_listed_and_a_missing_token_are_refused_in_the_servers_words(
    command: Command, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    emulator = serve(api_key=("listed",), control_token="t0ken")
    at = ("--url", emulator.url, "--key", "listed")

    assert "control token in the header X-Emulator-Token" in command("clock", *at).err
    assert command("clock", *at, "--token", "t0ken").code == 0
    assert "none of those that the server takes" in command("clock", "--url", emulator.url, "--token", "t0ken").err
    monkeypatch.setenv("FTEMU_CONTROL_TOKEN", "t0ken")
    assert command("clock", *at).code == 0


@pytest.mark.parametrize("secret", [f"{SECRET}\nx: y", f"{SECRET}é", f"{SECRET}\x00"])
def test_a_key_that_no_header_takes_is_refused_and_not_told(command: Command, server: Emulator, secret: str) -> None:
    told = command("clock", "--url", server.url, "--key", secret)

    assert told.code == 2
    assert "the API key has characters that no header takes" in told.err
    assert SECRET not in told.err


@pytest.mark.parametrize("option", ["--url", "--key", "--tenant", "--token"])
def test_an_empty_option_is_refused_as_a_variable_that_is_not_set(command: Command, option: str) -> None:
    told = command("clock", option, "")

    assert told.code == 2
    assert f"argument {option}: takes a value; an empty one may be a variable that is not set" in told.err


def test_an_unknown_variable_is_refused(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FTEMU_PROT", "1")

    assert "unknown variable FTEMU_PROT; did you mean FTEMU_PORT?" in command("clock", "--url", NOWHERE).err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("clok", "ftemu: there is no command 'clok'; did you mean clock?\nftemu --help tells more\n"),
        ("faults ad x", "ftemu faults: there is no command 'ad'; did you mean add?\nftemu faults --help tells more\n"),
        ("journal --opration x", "ftemu journal list: unknown option --opration; did you mean --operation?\n"),
        ("clock show now", "ftemu clock show: takes no more arguments, got now\n"),
        ("snapshot save", "ftemu snapshot save: the following arguments are required: NAME\n"),
    ],
)
def test_wrong_words_are_refused_with_the_nearest(command: Command, words: str, said: str) -> None:
    told = command(*words.split())

    assert (told.code, told.out) == (2, "")
    assert told.err.startswith(said)


@pytest.mark.parametrize("words", VERBS)
def test_every_command_explains_itself_and_its_example_is_one(
    command: Command, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")

    told = command(*words.split(), "--help")

    assert told.code == 0
    example = told.out.partition("\nexample: ")[2].splitlines()[0]
    written = shlex.split(example.rpartition("| ")[2])
    noun = words.split(maxsplit=1)[0]
    assert written[:2] == ["ftemu", noun]
    parser = Parser(prog="ftemu")
    below = parser.add_subparsers()
    below.add_parser(noun, fill=import_module(f"emulator.commands.{noun}").fill)
    assert callable(vars(parser.parse_args(written[1:]))["run"])


@pytest.mark.parametrize("noun", [name for name in CONTROLS if name != "reset"])
def test_the_first_verb_is_meant_where_none_is_named_and_its_help_says_so(command: Command, noun: str) -> None:
    first = next(verb for words, verb in VERBS.items() if words.startswith(f"{noun} "))

    assert first.about.endswith("(the same as no command)")
    assert f"ftemu {noun} {first.name}: unknown option --unknown" in command(noun, "--unknown").err


def test_health_imports_nothing_that_takes_time(server: Emulator) -> None:
    code = "import sys; from emulator.cli import main; main(sys.argv[1:]); print(*sys.modules)"
    words = [sys.executable, "-c", code, "health", "--url", server.url]
    loaded = subprocess.run(words, capture_output=True, text=True, check=True).stdout.split()

    assert "emulator.cli" in loaded
    assert {"httpx", "rich", "pydantic", "emulator.commands.server"}.isdisjoint(loaded)


def test_a_reader_that_leaves_early_is_no_error() -> None:
    words = [sys.executable, "-m", "emulator", "faults", "effects"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        told = process.stderr.read()

    assert (process.returncode, told) == (0, b"")


def test_tables_fit_in_80_columns_and_have_no_colours_where_nobody_sees_them(server: Emulator, key: str) -> None:
    def told(*words: str) -> str:
        command = [sys.executable, "-m", "emulator", *words, "--url", server.url, "--key", key]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    long = ["--path", "/v1/fine_tuning/*", "--header", "user-agent=Mozilla*", "--body", "hyperparameters.n_epochs=3"]
    told("faults", "add", "latency=2; status=503,retry_after=0.1", "--match", "jobs.create", *long, "--first", "2")
    with httpx.Client(base_url=server.url, headers={"authorization": f"Bearer {key}"}) as client:
        client.get(f"/v1/{'long/' * 12}")

    shown = [told("faults"), told("journal"), told("faults", "effects"), told("clock")]

    assert max(len(line) for each in shown for line in each.splitlines()) <= 80
    assert not [each for each in shown if "\x1b" in each]
    assert "".join(shown[1].split()).count("long/") == 12


def test_answers_that_scripts_read_are_those_of_the_control_api(
    command: Command, server: Emulator, client: httpx.Client, key: str
) -> None:
    for words, path in (("clock", "clock"), ("faults", "faults"), ("snapshot", "snapshots")):
        command("clock", "set", "--mode", "manual", "--url", server.url, "--key", key)
        answer = command(words, "--json", "--url", server.url, "--key", key).json

        assert answer == client.get(f"/_emulator/{path}").json()


def test_commands_are_those_that_help_names(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    told = capsys.readouterr().out

    assert [line.split(maxsplit=1)[1] for line in told.splitlines() if line.split()[:1] == ["faults"]] == [
        CONTROLS["faults"]
    ]
    assert all(f"\n    {name} " in told for name in CONTROLS)
