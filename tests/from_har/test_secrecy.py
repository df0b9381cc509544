import json
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from emulator.core.presets import RuleFile
from emulator.from_har.har import read
from emulator.from_har.reproduction import Reproduction
from emulator.from_har.secrecy import discretion
from emulator.from_har.written import own_line, rule_file, scenario_file
from tests.from_har.made import JOB, JOBS, entry, har, job, made_of

CANARY = "c4nary-0f-a-key-that-nobody-may-see"


def all_that_is_written(made: Reproduction) -> str:
    files = [rule_file(made), *map(scenario_file, made.outcomes)]
    return "\n".join([*files, *map(own_line, made.own), json.dumps([rule.rule for rule in made.rules])])


def everywhere(secret: str) -> list[dict[str, Any]]:
    """Return a recording that says a secret wherever it can be repeated from."""
    said = {"detail": f"The key {secret} is not known"}
    asked = {"asked": {"Authorization": f"Bearer {secret}"}}
    failed = job("failed", error={"code": secret, "message": f"for {secret}", "param": secret})
    return [
        entry("POST", JOBS, 503, said, **asked, headers={"retry-after": secret, "x-ratelimit-of": secret}),
        entry("GET", f"{JOB}?api_key={secret}", 500, f"key {secret}"),
        entry("GET", JOB, 0, error=f"broke for {secret}"),
        entry("GET", JOB, 200, {"data": []}, headers={"content-type": f"text/{secret}"}),
        entry("GET", JOB, 400, said),
        entry("POST", JOBS, 400, said, sent={"integrations": [{"wandb": {"api_key": secret}}]}),
        entry("GET", JOB, 200, failed, headers={"set-cookie": secret}),
    ]


def test_no_secret_of_a_recording_is_written_down() -> None:
    made = made_of(*everywhere(CANARY))

    assert (len(made.rules), len(made.outcomes), len(made.own)) == (4, 1, 2)
    assert CANARY not in all_that_is_written(made)


@given(secret=st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=12, max_size=40))
def test_no_secret_is_written_down_whatever_it_looks_like(secret: str) -> None:
    assume(secret not in all_that_is_written(made_of(*everywhere(CANARY))))  # not one of our own words

    assert secret not in all_that_is_written(made_of(*everywhere(f"7{secret}7")))


def test_hosts_keys_and_ids_are_left_out_of_what_a_provider_says() -> None:
    say = discretion(read(har(entry("GET", JOB, host="https://internal.example"))).entries)

    said = say(
        "at https://internal.example/v1?x=1 key sk-abc*****xyz, Bearer tok3n, job ftjob-0123456789abcdef0123456789ab"
    )

    assert said == "at (a URL) key …, …, job …"


def test_what_is_said_stands_on_one_line_and_is_not_long() -> None:
    say = discretion([])

    assert say("a\nb\x00\x1b[31m c\u2028d") == "a b [31m c d"
    assert len(say("x y " * 4000)) == 301


@given(words=st.text(max_size=60), status=st.sampled_from([409, 429, 500, 507]), code=st.text(max_size=20))
def test_whatever_a_provider_says_the_files_are_read_again(words: str, status: int, code: str) -> None:
    failed = job("failed", error={"code": code, "message": words})

    made = made_of(entry("POST", JOBS, status, {"detail": words}), entry("GET", JOB, 200, failed))

    import yaml  # noqa: PLC0415 -- its types are known where it is used

    assert len(RuleFile.model_validate(yaml.safe_load(rule_file(made))).rules) == 1
    assert yaml.safe_load(scenario_file(made.outcomes[0]))["knobs"] == made.outcomes[0].knobs
