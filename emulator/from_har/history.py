"""What went wrong with requests as it shows in the others: what came before, what came later, what is usual."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from http import HTTPStatus
from statistics import median

from emulator.from_har.exchange import Exchange, Recording
from emulator.from_har.failures import Fault, Own, Say, effect, failure, refused
from emulator.from_har.forms import CONTENTS, data_of, job_in
from emulator.from_har.har import Entry
from emulator.from_har.twice import kept_all_the_same

CREATIONS = frozenset({"files.create", "datasets.create", "jobs.create", "exports.create"})
LATENCY_S_MAX = 30.0
"""A test that waits longer has other troubles; how long the recording waited is told beside it."""
OUTLIER, OUTLIER_S_MIN, USUAL_MIN = 10, 0.5, 5
"""A wait of so many times the median is slow, if it lasts so long and so many others are known."""
UPLOAD_BYTES = 2**20
"""A provider reads a longer body before it answers: that is no slowness of its own."""
TRICKLE_BYTES_PER_S = 50_000


@dataclass(frozen=True)
class Knowledge:
    """What the whole recording tells of files and jobs, and of how long things take."""

    recording: Recording

    @cached_property
    def revoked(self) -> Exchange | None:
        """The request from which on every one was refused for its key, where some were not before."""
        first = None
        for each in reversed(self.recording.exchanges):
            if each.entry.status != HTTPStatus.UNAUTHORIZED:
                break
            first = each
        return first if first and any(each.is_done for each in self.recording.exchanges[: first.place]) else None

    @cached_property
    def missing_files(self) -> dict[str, list[Exchange]]:
        """Files that a job or a checkpoint listed and that never could be found, with the requests for them."""
        listed = {file for each in self.recording.exchanges for file in _result_files(each)}
        # Where a result is no file, it is the job's own.
        listed |= {each.thing or "" for each in self.recording.of("jobs.download") if not each.entry.is_refused}
        asked: dict[str, list[Exchange]] = {}
        for each in self.recording.of("files.retrieve", "files.content", "jobs.content"):
            asked.setdefault(each.thing or "", []).append(each)
        return {
            file: tried
            for file, tried in asked.items()
            if file in listed and {each.entry.status for each in tried} == {HTTPStatus.NOT_FOUND}
        }

    @cached_property
    def sizes(self) -> dict[str, int]:
        """How long the provider says that each file is."""
        asked = self.recording.of("files.create", "files.retrieve", "files.list")
        described = [item for each in asked if each.is_done for item in [each.answer, *each.listed]]
        return {
            item["id"]: item["bytes"]
            for item in described
            if isinstance(item.get("id"), str) and isinstance(item.get("bytes"), int)
        }

    @cached_property
    def waits(self) -> dict[str, list[float]]:
        """How long each operation kept its callers waiting, where it answered."""
        waits: dict[str, list[float]] = {}
        for each in self.recording.exchanges:
            if each.entry.status and each.entry.wait_s is not None:
                waits.setdefault(each.name, []).append(each.entry.wait_s)
        return waits

    def found_later(self, exchange: Exchange) -> Exchange | None:
        """Return the first later request that found what this one did not."""
        later = self.recording.exchanges[exchange.place + 1 :]
        return next((each for each in later if each.is_done and _is_of(each, exchange.thing)), None)

    def found_before(self, exchange: Exchange) -> bool:
        """Say whether an earlier request found it, its creation apart."""
        earlier = self.recording.exchanges[: exchange.place]
        return any(each.is_done and _is_of(each, exchange.thing) for each in earlier)

    def made(self, exchange: Exchange) -> Exchange | None:
        """Return the request that made what this one asks for, or the first that listed it among a job's files."""
        for each in self.recording.exchanges[: exchange.place]:
            created = each.name in CREATIONS and each.made == exchange.thing
            if each.is_done and (created or exchange.thing in _result_files(each)):
                return each
        return None


def _result_files(exchange: Exchange) -> set[str]:
    """Return the files that the jobs or checkpoints of an answer list."""
    lists = [item.get("result_files") for item in [exchange.answer, *exchange.listed]]
    return {file for files in lists if isinstance(files, list) for file in files if isinstance(file, str)}


def _is_of(exchange: Exchange, thing: str | None) -> bool:
    return thing is not None and thing in exchange.parameters.values()


def troubles(known: Knowledge, say: Say, *, slow_s: float) -> Iterator[Fault | Own]:
    """Return what went wrong with each request of a recording, in order."""
    kept = kept_all_the_same(known.recording)
    ends = known.revoked.place if known.revoked else len(known.recording.exchanges)
    for each in known.recording.exchanges[:ends]:
        found = failure(each, say) or _by_history(known, each, say)
        if each in kept and isinstance(found, Fault):
            found = _applied(found, kept[each])
        if not isinstance(found, Own):
            found = _with_slowness(known, each, found, slow_s=slow_s)
        if found:
            yield found
    if known.revoked:
        last = known.recording.exchanges[-1].entry.number
        seen = f"401, and so on to the end of the recording (entry {last})"
        yield Fault(known.revoked, (effect("unauthorized_after", ends),), seen, span="always")


def _by_history(known: Knowledge, exchange: Exchange, say: Say) -> Fault | Own | None:
    """Return what is wrong with a request that was answered, or refused as the emulator would refuse it too."""
    if exchange.is_done:
        return _corrupt(known, exchange)
    match exchange.entry.status:
        case 401:
            return _unauthorized(known, exchange, say)
        case 404:
            return _not_found(known, exchange, say)
        case status if status >= HTTPStatus.BAD_REQUEST:
            return Own(exchange, refused(exchange, say).seen)
    return None


def _unauthorized(known: Knowledge, exchange: Exchange, say: Say) -> Fault | Own:
    fault = refused(exchange, say)
    if any(each.is_done for each in known.recording.exchanges[: exchange.place]):
        return fault
    return Own(exchange, fault.seen, "no key was accepted before; --api-key makes the emulator refuse keys")


def _not_found(known: Knowledge, exchange: Exchange, say: Say) -> Fault | Own | None:
    """Return why something was not found: not yet, not for a moment, or rightly not."""
    if exchange.thing in known.missing_files:
        return None  # the scenario's part
    fault, later = refused(exchange, say), known.found_later(exchange)
    made = known.made(exchange)
    if later and made and not known.found_before(exchange):
        seconds = (exchange.entry.at_s + later.entry.at_s) / 2 - made.entry.ends_s
        seen = f"404 for what entry {made.entry.number} had told of; entry {later.entry.number} found it"
        return Fault(exchange, (effect("not_found_for", round(max(seconds, 0.1), 1)),), seen, span="always")
    if later or (exchange.name == "jobs.create" and _taken_later(known, exchange)):
        return fault
    return Own(exchange, fault.seen)


def _taken_later(known: Knowledge, exchange: Exchange) -> bool:
    """Say whether data that were not found were taken later."""
    data = data_of(exchange.entry.asked)
    later = [each for each in known.recording.of("jobs.create") if each.place > exchange.place and each.is_done]
    return data is not None and any(data_of(job_in(each.answer)) == data for each in later)


def _corrupt(known: Knowledge, exchange: Exchange) -> Fault | None:
    """Return how a download that looks whole differs from the file."""
    if exchange.name not in CONTENTS or exchange.entry.method != "GET" or exchange.entry.status != HTTPStatus.OK:
        return None
    later = [each.entry for each in known.recording.of(exchange.name) if _is_again(each, exchange)]
    entry, size = exchange.entry, known.sizes.get(exchange.thing or "") or _size(later)
    if size and entry.received is not None and entry.received < size and not entry.is_compressed:
        seen = f"200 with {entry.received} of the file's {size} bytes, and a length that agrees"
        short = effect("corrupt_download", "short", at=round(entry.received / size, 6))
        return Fault(exchange, (short,), seen)
    same = [each for each in later if each.is_whole]
    if entry.is_whole and same and same[-1].body != entry.body and len(same[-1].body or b"") == len(entry.body or b""):
        seen = f"200 with other bytes than entry {same[-1].number} got"
        return Fault(exchange, (effect("corrupt_download", "flip"),), seen)
    return None


def _is_again(one: Exchange, exchange: Exchange) -> bool:
    """Say whether a request fetched, later, the whole of what another had asked for: the signature may be another."""
    again = one.place > exchange.place and one.lies_at == exchange.lies_at
    return again and one.entry.method == "GET" and one.entry.status == HTTPStatus.OK


def _size(later: list[Entry]) -> int | None:
    """Return how long the last of these was; None: there is none, or it is not known."""
    return later[-1].received if later else None


def _applied(fault: Fault, evidence: str) -> Fault:
    """Return a failure that was none on the provider's side: what was asked for was done."""
    entry, main = fault.exchange.entry, fault.effects[0]
    how = entry.status or ("timeout" if main["effect"] == "timeout" else "reset")
    lost = len(fault.effects) > 1 or len(main) > 2 or main["effect"] == "html_error"  # noqa: PLR2004 -- name and code
    note = "it is told without the recording's headers and words" if lost and entry.status else ""
    return replace(fault, effects=(effect("apply_then_fail", how),), seen=f"{fault.seen}; {evidence}", note=note)


def _with_slowness(known: Knowledge, exchange: Exchange, found: Fault | None, *, slow_s: float) -> Fault | None:
    """Return a fault with how long the answer was waited for, or how slowly it came, if that was long."""
    entry = exchange.entry
    wait_s = entry.wait_s or 0.0
    if not entry.status or (entry.sent_bytes or 0) > UPLOAD_BYTES:
        return found
    if wait_s >= slow_s or _is_outlier(wait_s, known.waits[exchange.name]):
        fault = found or Fault(exchange, (), str(entry.status))
        note = f"waits {LATENCY_S_MAX:g} s, not {wait_s:.0f}" if round(wait_s) > LATENCY_S_MAX else ""
        seen = f"{fault.seen}, after {wait_s:.1f} s"
        notes = "; ".join(filter(None, (fault.note, note)))
        return replace(fault, seen=seen, note=notes, latency_s=min(wait_s, LATENCY_S_MAX))
    return found or _trickle(exchange, slow_s=slow_s)


def _is_outlier(wait_s: float, waits: list[float]) -> bool:
    return wait_s >= OUTLIER_S_MIN and len(waits) > USUAL_MIN and wait_s >= OUTLIER * median(waits)


def _trickle(exchange: Exchange, *, slow_s: float) -> Fault | None:
    """Return how slowly a body came; a long one may take its time."""
    receive_s, received = exchange.entry.receive_s or 0.0, exchange.entry.received
    if not received or receive_s < slow_s or received / receive_s > TRICKLE_BYTES_PER_S:
        return None
    speed = round(received / receive_s)
    seen = f"{exchange.entry.status}, {received} bytes in {receive_s:.1f} s"
    return Fault(exchange, (effect("slow_body", max(speed, 1)),), seen)
