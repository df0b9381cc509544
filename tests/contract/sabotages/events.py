"""Sabotages of ``jobs.events``: what is told of a job, in which order, once and for all."""

from typing import Any

from tests.contract.sabotages.changes import (
    answers,
    asked,
    asks,
    at,
    data,
    drop,
    each,
    inclusive_after,
    limit_off_by,
    parameter,
    put,
    remembering,
    renamed,
    reversed_,
    seen_before,
    without_after,
    without_limit,
)
from tests.contract.sabotages.wrapping import Ask, named

EVENTS = "jobs.events"
ANOTHER = "ftjob-c7cc1f8df48144aeb180a5bf5818dc81"
Entry = dict[str, Any]


def _other_ids(memory: dict[str, Any], ask: Ask, body: Entry) -> Entry:
    memory["looks"] = memory.get("looks", 0) + 1
    return {**body, "data": [{**event, "id": f"{event['id'][:-2]}{memory['looks']:02x}"} for event in body["data"]]}


def _lost_later(memory: dict[str, Any], ask: Ask, body: Entry) -> Entry:
    """Leave out the first event that was told once it has been told."""
    first = memory.get(ask.path)
    memory.setdefault(ask.path, body["data"][0]["id"] if body["data"] else None)
    return {**body, "data": [event for event in body["data"] if event["id"] != first]}


def _one_of_another_job(events: list[Entry]) -> list[Entry]:
    others = [{**event, "id": f"{event['id'][:-4]}0bad", "job_uuid": ANOTHER} for event in events[:1]]
    return [*events, *others]


def _time_goes_back(events: list[Entry]) -> list[Entry]:
    return [{**event, "created_at": event["created_at"] - 3600 * place} for place, event in enumerate(events)]


def _second_missing(events: list[Entry]) -> list[Entry]:
    return [*events[:1], *events[2:]]


def _first_twice(events: list[Entry]) -> list[Entry]:
    return [*events[:1], *events]


def _first_twice_with_another_id(events: list[Entry]) -> list[Entry]:
    again = [{**event, "id": f"{event['id'][:-4]}abcd"} for event in events[:1]]
    return [*events[:1], *again, *events[1:]]


def _file_instead_of_split(event: Entry) -> Entry:
    return {**event, "message": event["message"].replace("'training'", "'file-019b0be3-b432-7392-8f07-9d714bc23224'")}


def _shortened(ask: Ask) -> Ask:
    return ask if parameter(ask, "limit") else asked(ask, limit="1")


EVENTS_SABOTAGED = named(
    {
        "events_reversed": ("Events are told newest first.", answers(EVENTS, data(reversed_))),
        "events_second_missing": ("A job's second event is never told.", answers(EVENTS, data(_second_missing))),
        "events_last_missing": (
            "A job's newest event is never told.",
            answers(EVENTS, data(lambda events: events[:-1])),
        ),
        "events_first_lost_later": (
            "A job's first event is told once and no more.",
            remembering((EVENTS,), _lost_later),
        ),
        "events_first_twice": ("A job's first event is told twice.", answers(EVENTS, data(_first_twice))),
        "events_first_twice_with_another_id": (
            "A job's first event is told twice, the second time with another id.",
            answers(EVENTS, data(_first_twice_with_another_id)),
        ),
        "events_rewritten": (
            "An event has another message once it has been told.",
            seen_before(EVENTS, at("message", lambda text: f"{text}.")),
        ),
        "events_time_moves": (
            "An event has another time once it has been told.",
            seen_before(EVENTS, at("created_at", lambda at_s: at_s + 1)),
        ),
        "events_time_goes_back": (
            "Each event is told with an earlier time than the one before.",
            answers(EVENTS, data(_time_goes_back)),
        ),
        "events_time_as_float": (
            "Events are told with times with a fraction.",
            answers(EVENTS, each(at("created_at", lambda at_s: at_s + 0.5))),
        ),
        "events_time_in_milliseconds": (
            "Events are told with times in milliseconds.",
            answers(EVENTS, each(at("created_at", lambda at_s: at_s * 1000))),
        ),
        "events_ids_change": ("An event has another id at each look.", remembering((EVENTS,), _other_ids)),
        "events_ids_missing": ("Events have no id.", answers(EVENTS, each(drop("id")))),
        "events_ids_numbered": (
            "Events' ids are numbers.",
            answers(EVENTS, data(lambda events: [{**event, "id": place} for place, event in enumerate(events)])),
        ),
        "events_ids_of_openai": (
            "Events' ids have OpenAI's form.",
            answers(EVENTS, each(at("id", lambda id_: f"ftevent-{id_.replace('-', '')}"))),
        ),
        "events_has_more_true": ("The events of a job always have more.", answers(EVENTS, put("has_more", value=True))),
        "events_has_more_false": (
            "The events of a job never have more.",
            answers(EVENTS, put("has_more", value=False)),
        ),
        "events_limit_ignored": ("The events of a job take no notice of limit.", without_limit(EVENTS)),
        "events_limit_one_more": ("A page of events has one more than limit says.", limit_off_by(EVENTS, 1)),
        "events_limit_default_1": ("A page of events has one entry where no limit is sent.", asks(EVENTS, _shortened)),
        "events_after_ignored": ("Every page of events is the first.", without_after(EVENTS)),
        "events_after_inclusive": (
            "The next page of events begins with the last of the page before.",
            inclusive_after(EVENTS),
        ),
        "events_level_upper_case": ("Events' levels are in upper case.", answers(EVENTS, each(at("level", str.upper)))),
        "events_object_of_another_name": ("An event's object is event.", answers(EVENTS, each(put("object", "event")))),
        "events_message_renamed": (
            "Events' messages stand under text.",
            answers(EVENTS, each(renamed("message", "text"))),
        ),
        "events_message_null": ("Events have null for their message.", answers(EVENTS, each(put("message", None)))),
        "events_source_missing": ("Events do not say their source.", answers(EVENTS, each(drop("source")))),
        "events_job_uuid_of_another": ("Events name another job.", answers(EVENTS, each(put("job_uuid", ANOTHER)))),
        "events_of_another_job": (
            "Among a job's events is one of another job.",
            answers(EVENTS, data(_one_of_another_job)),
        ),
        "events_name_the_file": (
            "The event of a processed data set names a file, not the split.",
            answers(EVENTS, each(_file_instead_of_split)),
        ),
        "events_type_of_another_name": ("Events are of the type log.", answers(EVENTS, each(put("type", "log")))),
        "events_bare": ("The events are a bare array.", answers(EVENTS, lambda body: body["data"])),
        "events_data_renamed": ("The events stand under events.", answers(EVENTS, renamed("data", "events"))),
    }
)
