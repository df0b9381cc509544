"""Requests that failed for the client and were carried out all the same: the cause of duplicate jobs."""

from collections.abc import Iterator
from http import HTTPStatus
from statistics import median
from typing import Any

from emulator.from_har.exchange import Exchange, Recording
from emulator.from_har.forms import data_of, instant_s, job_in

UNTOLD = "yet there was a job of the same training file that no answer had told of"
SKEW_S = 120.0
"""How far a job's own time may lie from that of the request that made it, the clocks' difference taken off."""


def kept_all_the_same(recording: Recording) -> dict[Exchange, str]:
    """Return the requests that failed and were carried out, with what shows it."""
    jobs = dict.fromkeys(untold_jobs(recording).values(), UNTOLD)
    return {**jobs, **dict(_cancellations(recording)), **dict(_deletions(recording))}


def failed(exchange: Exchange) -> bool:
    """Say whether a request failed in a way that leaves open what became of it."""
    return exchange.entry.status == 0 or exchange.entry.status >= HTTPStatus.INTERNAL_SERVER_ERROR


def untold_jobs(recording: Recording) -> dict[str, Exchange]:
    """Return the jobs that nobody was told of, each with the failed creation that made it.

    That is the one from the same training file which is nearest in time.
    """
    creations = recording.of("jobs.create")
    unmatched = [each for each in creations if failed(each) and data_of(each.entry.asked)]
    ahead_s = clocks_apart_s(recording)
    makers: dict[str, Exchange] = {}
    for job in _untold(recording):
        at_s = (instant_s(job["created_at"]) or 0.0) - ahead_s
        likely = [each for each in unmatched if _could_have_made(each, job, at_s)]
        if likely:
            makers[job["id"]] = min(likely, key=lambda each: _distance(each, at_s))
            unmatched.remove(makers[job["id"]])
    return makers


def clocks_apart_s(recording: Recording) -> float:
    """Return how far the provider's clock is ahead of the recorder's, as the jobs that were made show it."""
    made = [each for each in recording.of("jobs.create") if each.is_done]
    told = [(instant_s(job_in(each.answer).get("created_at")), each.entry.at_s) for each in made]
    return median([at_s - asked_s for at_s, asked_s in told if at_s is not None] or [0.0])


def _untold(recording: Recording) -> list[dict[str, Any]]:
    """Return the jobs that were seen and that no creation had answered, oldest first."""
    told = {each.made for each in recording.of("jobs.create") if each.is_done}
    seen = {
        job["id"]: job
        for each in recording.of("jobs.list", "jobs.retrieve")
        if each.is_done
        for job in (each.listed if each.name == "jobs.list" else [each.answer])
        if isinstance(job.get("id"), str) and instant_s(job.get("created_at")) is not None
    }
    untold = (job for id_, job in seen.items() if id_ not in told)
    return sorted(untold, key=lambda job: instant_s(job["created_at"]) or 0.0)


def _could_have_made(exchange: Exchange, job: dict[str, Any], at_s: float) -> bool:
    same = data_of(exchange.entry.asked) == data_of(job)
    return same and _distance(exchange, at_s) <= SKEW_S


def _distance(exchange: Exchange, at_s: float) -> float:
    """Return how far an instant lies outside the time that a request took."""
    entry = exchange.entry
    return max(entry.at_s - at_s, at_s - entry.ends_s, 0.0)


def _cancellations(recording: Recording) -> Iterator[tuple[Exchange, str]]:
    """Find failed cancellations whose job was cancelled though no other cancellation had worked."""
    cancels = recording.of("jobs.cancel")
    for each in cancels:
        later = [seen for seen in recording.of("jobs.retrieve") if seen.place > each.place and seen.thing == each.thing]
        ended = next((seen for seen in later if seen.answer.get("status") == "cancelled"), None)
        worked = any(one.is_done and one.thing == each.thing and ended and one.place < ended.place for one in cancels)
        if failed(each) and ended and not worked:
            yield each, f"yet the job was cancelled (entry {ended.entry.number})"


def _deletions(recording: Recording) -> Iterator[tuple[Exchange, str]]:
    """Find failed deletions whose file was gone when somebody asked next."""
    about = recording.of("files.delete", "files.retrieve", "files.content")
    for each in recording.of("files.delete"):
        later = next((one for one in about if one.place > each.place and one.thing == each.thing), None)
        if failed(each) and later and later.entry.status == HTTPStatus.NOT_FOUND:
            yield each, f"yet the file was gone (entry {later.entry.number})"
