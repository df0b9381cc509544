"""``ftemu replay``: recorded requests sent again to an emulator, and where its answers differ in shape."""

import json
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from textwrap import fill as fill_in
from typing import Any

import httpx

from emulator import settings
from emulator.commands.command import filled, read_as
from emulator.commands.server import Server, Unanswered
from emulator.commands.tables import Shown, show, table
from emulator.dialects import ALL
from emulator.from_har.forms import job_in
from emulator.recording.proxy import Upstream
from emulator.recording.replaying import Outcome, Replay, keys_of
from emulator.recording.session import Recorded, Session, Unreadable, read
from emulator.recording.verdict import RANKS
from emulator.server import Emulator
from emulator.settings import Settings
from emulator.shorthand import unknown
from emulator.tokens import service_token

EPILOG = """\
example: ftemu replay recorded

Compared are status, headers that clients act on, members, types, and the order of lists (shape); how far a job is,
lengths and what is null are told and do not count (state), nor do the texts of errors (words), unless with --strict.
Without --url it starts an emulator of its own. Nothing waits; the clock of the key at --url stands still afterwards.
It exits with 0: the same, 2: there are differences, 1: the recording cannot be read or is empty, or nobody
answers."""
TIMEOUT_S = 60.0
OK = 200
WIDTH = 80
EXAMPLES_MAX = 3
"""Exchanges that are named for one difference."""


def fill(parser: ArgumentParser) -> None:
    """Give a parser the options of this command."""
    parser.formatter_class, parser.epilog = RawDescriptionHelpFormatter, EPILOG
    parser.add_argument("folder", type=Path, metavar="DIR", help="what ftemu record wrote")
    parser.add_argument("--strict", action="store_true", help="state and words count too")
    parser.add_argument("--json", action="store_true", help="print the differences as JSON, for scripts")
    parser.add_argument(
        "--quirks",
        type=read_as("quirks"),
        default="faithful",
        metavar="strict|faithful",
        help="of its own emulator (default: faithful, as a real service was recorded)",
    )
    server = parser.add_argument_group("another emulator than its own")
    server.add_argument("--url", type=filled, metavar="URL", help="an emulator that runs")
    server.add_argument("--key", type=filled, metavar="KEY", help="the API key to send (default: one of its own)")
    server.add_argument("--token", type=filled, metavar="TOKEN", help="the server's control token")
    parser.set_defaults(run=run)


def run(asked: dict[str, Any]) -> int:
    """Replay; return the exit code."""
    try:
        session = _read(asked["folder"])
        outcomes = _replayed(session, asked)
    except (Unreadable, Unanswered) as error:
        raise OSError(str(error)) from None
    except httpx.HTTPError as error:
        raise OSError(f"the emulator did not answer: {str(error) or type(error).__name__}") from None
    counted = {"shape", "state", "words"} if asked["strict"] else {"shape"}
    differ = any(each.rank in counted for outcome in outcomes for each in outcome.deviations)
    shown = _document if asked["json"] else _told
    print(shown(session, outcomes), end="")
    return 2 if differ else 0


def _read(folder: Path) -> Session:
    """Return the session in a folder; raise Unreadable, also for one without an exchange: nothing would be the same."""
    session = read(folder)
    if not session.exchanges:
        raise Unreadable(f"{folder} holds no exchange: there is nothing to compare")
    return session


def _replayed(session: Session, asked: dict[str, Any]) -> list[Outcome]:
    """Return what came of each exchange; raise Unreadable, Unanswered, httpx.HTTPError."""
    dialect, known = str(session.index.get("dialect")), [each.name for each in ALL]
    if dialect not in known:
        raise Unreadable(f"{asked['folder']}: {unknown('dialect', dialect, known)}")
    let_in, refused = keys_of(session)
    with ExitStack() as stack:
        keys = {name: _key(name) for name in [*let_in, *refused]}
        url, token = asked["url"], asked["token"] or ""
        if url:
            url = _root(url, dialect)
            keys = {name: asked["key"] or _key(name) for name in let_in}
            Server(url=url, key=next(iter(keys.values()), None), token=asked["token"]).ask("GET", "health")
            token = token or settings.from_environment().get("control_token", "")
        else:
            accepted = tuple(keys[name] for name in let_in) or ("nobody",)
            own = Settings(
                port=0,
                quiet=True,
                clock="manual",
                dialect=dialect,
                api_key=accepted,
                model=_models(session),
                quirks=asked["quirks"],
            )
            url = stack.enter_context(Emulator(own)).url
        client = stack.enter_context(httpx.Client(base_url=url, timeout=TIMEOUT_S))
        return Replay(session, client, keys, token).run()


def _key(name: str) -> str:
    """Return the key that is sent for a placeholder: one that belongs to nobody else."""
    return service_token(f"replay-{name.strip('{}').replace(':', '-')}")


def _models(session: Session) -> tuple[str, ...]:
    """Return the models that the service took: an emulator takes them too, whatever its catalogue."""
    taken = [each for each in session.exchanges if each.operation == "jobs.create" and each.status == OK]
    return tuple(dict.fromkeys(model for each in taken if (model := _model(each.request.get("json"), each.body))))


def _model(asked: Any, answered: Any) -> str:
    """Return the model of a job as the setting takes it: what was asked for, and the name that an id stands for."""
    if not isinstance(asked, dict):
        return ""
    if "base_model_id" not in asked:
        return str(asked.get("model") or "")
    named = job_in(answered).get("base_model") if isinstance(answered, dict) else None
    return f"{asked['base_model_id']}={named}" if named else str(asked["base_model_id"])


def _root(url: str, dialect: str) -> str:
    """Return where an emulator lies, with or without a dialect's base at the end of its URL."""
    base = next(each.advice.form.base for each in ALL if each.name == dialect)
    upstream = Upstream.read(url, base)
    return upstream.origin + upstream.prefix


@dataclass(frozen=True, slots=True)
class _Line:
    """One difference, wherever it was met."""

    rank: str
    operation: str
    place: str
    what: str


def _met(outcomes: Sequence[Outcome]) -> dict[_Line, list[Recorded]]:
    """Return the differences, shape first, with the exchanges that show each."""
    met: dict[_Line, list[Recorded]] = {}
    for outcome in outcomes:
        operation = outcome.recorded.operation or f"{outcome.recorded.request['method']} (other)"
        for each in outcome.deviations:
            met.setdefault(_Line(each.rank, operation, each.place, each.what), []).append(outcome.recorded)
    return dict(sorted(met.items(), key=lambda line: RANKS.index(line[0].rank)))


def _counts(outcomes: Sequence[Outcome]) -> dict[str, int]:
    skipped = sum(bool(each.skipped) for each in outcomes)
    ranks = [{found.rank for found in each.deviations} for each in outcomes]
    differ = sum("shape" in each for each in ranks)
    beside = sum(bool(each) and "shape" not in each for each in ranks)
    same = len(outcomes) - skipped - differ - beside
    return {"same": same, "differ": differ, "differ_beside_shape": beside, "not_replayed": skipped}


def _told(session: Session, outcomes: Sequence[Outcome]) -> str:
    """Return what came of it, for people."""
    return show(_shown(session, outcomes))


def _shown(session: Session, outcomes: Sequence[Outcome]) -> Iterator[Shown]:
    index, counts = session.index, _counts(outcomes)
    told = (
        f"{len(outcomes)} exchanges, recorded at {index.get('upstream')} on {str(index.get('started_at'))[:10]}: "
        f"{counts['same']} the same, {counts['differ']} of another shape, "
        f"{counts['differ_beside_shape']} in another state or words, {counts['not_replayed']} not replayed."
    )
    yield fill_in(told, WIDTH)
    if index.get("ended_at") is None:
        yield "The recorder was killed: the session may lack its end."
    if met := _met(outcomes):
        yield ""
        rows = [(line.rank, line.operation, line.place, line.what, _named(shown)) for line, shown in met.items()]
        yield table(("rank", "operation", "place", "emulator", "exchanges"), rows)
    if skipped := Counter(each.skipped for each in outcomes if each.skipped):
        yield ""
        yield table(("not replayed", "because"), [(count, why) for why, count in skipped.most_common()])


def _named(shown: Sequence[Recorded]) -> str:
    """Return the exchanges that show a difference by their numbers."""
    numbers = [str(each.number) for each in shown]
    left = len(numbers) - EXAMPLES_MAX
    return ", ".join(numbers[:EXAMPLES_MAX]) + (f" and {left} more" if left > 0 else "")


def _document(session: Session, outcomes: Sequence[Outcome]) -> str:
    """Return what came of it, for scripts."""
    differences = [{**asdict(line), "files": [each.file for each in shown]} for line, shown in _met(outcomes).items()]
    skipped = [{"file": each.recorded.file, "why": each.skipped} for each in outcomes if each.skipped]
    told = {
        "session": session.index,
        "exchanges": len(outcomes),
        **_counts(outcomes),
        "differences": differences,
        "skipped": skipped,
    }
    return json.dumps(told, indent=2) + "\n"
