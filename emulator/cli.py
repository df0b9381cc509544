"""The command ``ftemu``: a server's options are the settings; the commands that talk to one are in ``commands``."""

import argparse
import errno
import json
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from emulator import settings as setting
from emulator.addresses import server_url
from emulator.commands.parser import Parser, filled_by
from emulator.settings import BadSetting, Settings

INTERRUPTED = 130
HEALTH_S = 3.0
"""How long an answer to a look at the health may take, in host time."""
DEMO_SETTINGS = ("pace", "seed", "lifecycle", "weight_bytes")
CONTROLS = {
    "clock": "what time it is, and moving it",
    "faults": "what is to go wrong with requests",
    "scenarios": "how jobs are to go",
    "journal": "what was asked and answered, and whether that was as expected",
    "webhooks": "what endpoints are told of jobs, and telling it once more",
    "state": "a tenant's state as a file",
    "snapshot": "a tenant's state under a name, on the server",
    "reset": "back to the seed file, or to nothing",
}
"""The commands that talk to a running server, each a module of ``commands``."""
OTHERS = {
    "lint": "what is wrong with the client that was run",
    "record": "a proxy that keeps what a real service answers, as fixtures",
    "replay": "recorded requests sent again, and where the answers differ",
    "drift": "how the emulator's OpenAPI document differs from a provider's",
    "conformance": "where the evidence of two runs of the contract tests agrees, and where not",
    "token": "a service token, for providers that take no other key",
}
"""The other commands that are modules of ``commands``: they look at what was recorded, or compare, or print."""
SERVE = "Serve until stopped by a signal. Each option is also a variable: --data-dir is FTEMU_DATA_DIR."


class _Read(argparse.Action):
    """Read an option's text as its setting does, and refuse it in the setting's words."""

    def __call__(self, parser: Any, namespace: Any, values: Any, option: str | None = None) -> None:
        """Keep one value, or add to those of an option that is given repeatedly."""
        texts = values if isinstance(values, list) else [values]
        try:
            read = [setting.read(self.dest, text) for text in texts]
        except BadSetting as error:
            parser.error(f"{option}: {error}")
        many = isinstance(read[0], tuple)
        before = getattr(namespace, self.dest, ())
        setattr(namespace, self.dest, sum(read, before) if many else read[-1])


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    asked = vars(_parser().parse_args(arguments))
    run: Callable[[dict[str, Any]], int] = asked.pop("run")
    try:
        return run(asked)
    except BadSetting as error:
        print(f"ftemu: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # as in `ftemu openapi nebius | head`
        sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 -- for the interpreter's last flush
        return 0
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        print(f"ftemu: {where}{error.strerror or error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED


def _parser() -> Parser:
    parser = Parser(prog="ftemu", description="A fine-tuning provider on your own machine.")
    parser.add_argument("-V", "--version", action="version", version=f"ftemu {version('fine-tuning-emulator')}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    serve = commands.add_parser("serve", help="serve until stopped", description=SERVE)
    for name in setting.described_fields():
        _add(serve, name)
    serve.set_defaults(run=_serve)

    demo = commands.add_parser("demo", help="the whole walk, on a server of its own")
    demo.add_argument(
        "--out", type=Path, default=Path("ftemu-demo"), metavar="DIR", help="where the files go (default: ftemu-demo)"
    )
    for name in DEMO_SETTINGS:
        _add(demo, name)
    demo.set_defaults(run=_demo)

    health = commands.add_parser("health", help="exit 0 when the server answers")
    health.add_argument("--url", default=None, help="the server (default: where FTEMU_HOST and FTEMU_PORT put it)")
    health.set_defaults(run=_health)

    openapi = commands.add_parser("openapi", help="a dialect's OpenAPI document on standard output")
    openapi.add_argument("dialect", metavar="DIALECT", help="nebius, nebius-studio, openai or nscale")
    openapi.set_defaults(run=_openapi)

    for name, about in {**CONTROLS, **OTHERS}.items():
        commands.add_parser(
            name, help=about, description=f"{about[0].upper()}{about[1:]}.", fill=filled_by(f"emulator.commands.{name}")
        )
    return parser


def _add(parser: Parser, name: str) -> None:
    """Add a setting's option."""
    described = setting.described_fields()[name]
    about = described.metadata
    text = f"{about['help']} (default: {_default(described.default)})".replace("%", "%%")
    nargs: str | None = "?" if about["flag"] else "+" if about["many"] else None
    parser.add_argument(
        f"--{name.replace('_', '-')}",
        action=_Read,
        nargs=nargs,
        const="true" if about["flag"] else None,
        default=argparse.SUPPRESS,
        metavar=about["metavar"] or name.upper(),
        help=text,
    )


def _default(value: object) -> str:
    """Return a default as the user would write it."""
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return "none" if value in (None, (), "") else str(value).lower() if isinstance(value, bool) else str(value)


def _settings(asked: dict[str, Any]) -> Settings:
    """Return the settings: an option beats the environment, which beats the default."""
    return Settings(**{**setting.from_environment(), **asked})


def _serve(asked: dict[str, Any]) -> int:
    with _stopped_by_sigterm():
        return _served(_settings(asked))


@contextmanager
def _stopped_by_sigterm() -> Iterator[None]:
    """Let SIGTERM end the program until the server takes it over.

    A container's process 1 has no default for it: a stop while the server starts would be lost.
    """
    try:
        before = signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    except ValueError:  # not the main thread: signals are not ours
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _served(settings: Settings) -> int:
    from emulator.errors import StorageFailed
    from emulator.server import serve

    try:
        return 0 if serve(settings, lambda url: _ready(url, settings)) else 1
    except StorageFailed as error:
        print(f"ftemu: {error.message}", file=sys.stderr)
        return 1
    except OSError as error:
        where = f"{settings.host} port {settings.port}"
        hint = "; --port 0 takes a free one" if error.errno == errno.EADDRINUSE else ""
        print(f"ftemu: cannot listen on {where}: {error.strerror}{hint}", file=sys.stderr)
        return 1


def _ready(url: str, settings: Settings) -> None:
    """Say where the server is: one line for programs on standard output, and lines to paste on standard error."""
    from emulator.client import Tenant
    from emulator.server import any_key, running

    print(f"ftemu ready {url}", flush=True)
    client = Tenant(running(url, settings), any_key(settings))
    key = "KEY-YOU-LISTED" if settings.api_key else client.api_key
    state = f"kept in {settings.data_dir}" if settings.data_dir else "goes with this process (--data-dir keeps it)"
    if client.has_organization:
        variables = {"NSCALE_API_TOKEN": key, "ORGANIZATION_ID": client.organization}
    else:
        variables = {"OPENAI_BASE_URL": client.base_url(), "OPENAI_API_KEY": key, "NEBIUS_API_KEY": key}
    lines = (
        f"{settings.dialect} at {client.base_url()}, clock {settings.clock}, state {state}",
        "",
        f"  export {' '.join(f'{name}={value}' for name, value in variables.items())}",
        "",
    )
    print("\n".join(lines), file=sys.stderr, flush=True)


def _demo(asked: dict[str, Any]) -> int:
    from emulator.demo import demo

    out: Path = asked.pop("out")
    return demo(Settings(**{**asked, "port": 0, "quiet": True}), out)


def _health(asked: dict[str, Any]) -> int:
    from http.client import HTTPException

    url = server_url(asked["url"] or _settings({}).url())
    try:
        print(_told_of_health(url))
    except (OSError, ValueError, HTTPException) as error:
        reason = getattr(error, "reason", error)
        print(f"ftemu: no emulator answers at {url}: {reason}; takes a URL like http://127.0.0.1:8080", file=sys.stderr)
        return 1
    return 0


def _told_of_health(url: str) -> str:
    """Return what a server says of its health; raise OSError, HTTPException or ValueError where it is not well."""
    from urllib.request import ProxyHandler, build_opener

    direct = build_opener(ProxyHandler({}))  # HTTP_PROXY is for what is far away
    with direct.open(f"{url}/_emulator/health", timeout=HEALTH_S) as answer:
        told: str = answer.read().decode()
    said = json.loads(told)
    if not isinstance(said, dict) or said.get("status") != "ok":
        raise ValueError(f"it says {told:.80}")
    return told


def _openapi(asked: dict[str, Any]) -> int:
    from emulator import dialects

    faces = {each.name: each for each in dialects.ALL}
    if asked["dialect"] not in faces:
        print(f"ftemu: got dialect {asked['dialect']!r}, takes one of {', '.join(faces)}", file=sys.stderr)
        return 2
    print(json.dumps(faces[asked["dialect"]].face(None).openapi(), indent=2))
    return 0
