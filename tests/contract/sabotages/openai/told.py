"""Sabotages of what a job tells: its events."""

import re
from typing import Any

from tests.contract.sabotages.changes import (
    Begin,
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
    reversed_,
    seen_before,
    through,
    where,
    without_after,
    without_limit,
)
from tests.contract.sabotages.openai.changes import EVENTS, of_openai, respelled, unknown_cursor
from tests.contract.sabotages.wrapping import Ask

CONTENT, RETRIEVE = "files.content", "files.retrieve"
Entry = dict[str, Any]


def _is_step(event: Entry) -> bool:
    return bool(event["type"] == "metrics")


def _words(change: Any) -> Begin:
    """Return a sabotage that changes what events say."""
    return answers(EVENTS, each(at("message", change)))


def _steps(change: Any) -> Begin:
    """Return a sabotage that changes the events of steps."""
    return answers(EVENTS, each(where(_is_step, change)))


def _numbers(change: Any) -> Begin:
    """Return a sabotage that changes the data of steps."""
    return _steps(at("data", change))


def _left_out(text: str) -> Begin:
    """Return a sabotage that leaves out the events that say something."""
    return answers(EVENTS, data(lambda many: [event for event in many if text not in event["message"]]))


def _other_ids(memory: Entry, ask: Ask, body: Entry) -> Entry:
    memory["looks"] = memory.get("looks", 0) + 1
    return {**body, "data": [{**event, "id": f"{event['id'][:-2]}{memory['looks']:02d}"} for event in body["data"]]}


def _lost_later(memory: Entry, ask: Ask, body: Entry) -> Entry:
    """Leave out the oldest event once it has been told."""
    known = memory.setdefault(ask.path, [])
    last = body["data"][-1:] if known else []
    known.append(1)
    return {**body, "data": body["data"][: len(body["data"]) - len(last)]}


def _checkpoints_early(many: list[Entry]) -> list[Entry]:
    """Tell each checkpoint right after its step."""
    told = [event for event in many if "Checkpoint created" not in event["message"]]
    for event in (event for event in many if "Checkpoint created" in event["message"]):
        step = int(re.findall(r"at step (\d+)", event["message"])[0])
        at_ = next((at for at, other in enumerate(told) if _is_step(other) and other["data"]["step"] == step), 0)
        told.insert(at_, event)
    return told


EVENTS_SABOTAGED = of_openai(
    {
        "events_oldest_first": ("OpenAI's events are told oldest first.", answers(EVENTS, data(reversed_))),
        "event_id_short": (
            "Event ids begin with ft-event-, as in the examples.",
            respelled(r"ftevent-[0-9A-Za-z]{24}\b", lambda id_: id_.replace("ftevent-", "ft-event-")),
        ),
        "event_object_other": ("An event calls itself event.", answers(EVENTS, each(put("object", "event")))),
        "event_level_missing": ("An event of OpenAI's has no level.", answers(EVENTS, each(drop("level")))),
        "event_level_capital": ("An event's level is INFO.", answers(EVENTS, each(at("level", str.upper)))),
        "event_type_missing": ("An event of OpenAI's has no type.", answers(EVENTS, each(drop("type")))),
        "event_type_all_message": ("All events are messages.", answers(EVENTS, each(put("type", "message")))),
        "event_data_missing": ("An event of OpenAI's has no data.", answers(EVENTS, each(drop("data")))),
        "event_data_null": (
            "The data of messages are null.",
            answers(EVENTS, each(where(lambda event: not _is_step(event), put("data", None)))),
        ),
        "event_data_of_start": (
            "The data of the start are an object.",
            answers(EVENTS, each(lambda event: {**event, "data": event["data"] or {}})),
        ),
        "event_created_at_ms": (
            "Events of OpenAI's are told at times in milliseconds.",
            answers(EVENTS, each(at("created_at", lambda at_s: at_s * 1000))),
        ),
        "event_created_at_float": (
            "Events of OpenAI's are told at times with fractions.",
            answers(EVENTS, each(at("created_at", lambda at_s: at_s + 0.5))),
        ),
        "event_created_words": (
            "The creation is told as of a fine-tune, as in 2023.",
            _words(lambda text: text.replace("Created fine-tuning job", "Created fine-tune")),
        ),
        "event_validating_words": (
            "The validation does not name the validation file.",
            _words(lambda text: text.partition(" and validation file")[0]),
        ),
        "event_validating_both": (
            "The validation names a file that there is not.",
            _words(
                lambda text: (
                    f"{text} and validation file: None"
                    if re.fullmatch(r"Validating training file: \S+", text)
                    else text
                )
            ),
        ),
        "event_queued_words": (
            "The queue is told in other words.",
            _words(lambda text: text.replace("Files validated, moving job to queued state", "Job enqueued.")),
        ),
        "event_started_words": (
            "The start is told in other words.",
            _words(lambda text: text.replace("Fine-tuning job started", "Training started.")),
        ),
        "event_completed_words": (
            "The completion is told as the published example has it.",
            _words(
                lambda text: text.replace(
                    "The job has successfully completed", "Fine tuning job successfully completed"
                )
            ),
        ),
        "event_step_azure": (
            "A step is told as Azure tells it.",
            _words(lambda text: re.sub(r"^(Step \d+)/\d+", r"\1", text)),
        ),
        "event_step_decimals": (
            "A loss is told with four decimals.",
            _words(lambda text: re.sub(r"(loss=\d+\.\d\d)", r"\g<1>00", text)),
        ),
        "event_step_rounds_down": (
            "A loss in words is not that of the data.",
            _steps(at("message", lambda text: re.sub(r"training loss=\d", "training loss=9", text))),
        ),
        "event_full_at_each": (
            "The full validation is told of each step.",
            _steps(at("message", lambda text: text if "full" in text else f"{text}, full validation loss=0.10")),
        ),
        "event_full_missing": (
            "The full validation is not told.",
            _words(lambda text: text.partition(", full validation loss")[0]),
        ),
        "event_validation_untold": (
            "The validation loss is not told.",
            _steps(at("message", lambda text: re.sub(r", validation loss=[\d.]+", "", text))),
        ),
        "event_loss_as_text": ("A step's loss is a text.", _numbers(at("train_loss", str))),
        "event_total_missing": ("A step does not tell how many there are.", _numbers(drop("total_steps"))),
        "event_total_wrong": ("A step tells one step too many.", _numbers(at("total_steps", lambda steps: steps + 1))),
        "event_accuracy_missing": ("A step tells no accuracy.", _numbers(drop("train_mean_token_accuracy"))),
        "event_accuracy_percent": (
            "Accuracies are told in per cent.",
            _numbers(at("train_mean_token_accuracy", lambda part: part * 100)),
        ),
        "event_valid_missing": ("A step's data have no validation.", _numbers(drop("valid_loss"))),
        "event_loss_rises": (
            "The loss rises from step to step.",
            _numbers(lambda told: {**told, "train_loss": told["step"] / 10}),
        ),
        "event_steps_by_ten": (
            "Every tenth step is told.",
            answers(
                EVENTS,
                data(lambda many: [each for each in many if not _is_step(each) or each["data"]["step"] % 10 == 1]),
            ),
        ),
        "event_checkpoints_untold": ("Checkpoints are not told.", _left_out("Checkpoint created")),
        "event_checkpoints_early": (
            "Checkpoints are told at their steps.",
            answers(EVENTS, data(_checkpoints_early)),
        ),
        "event_model_untold": ("The model is not told.", _left_out("New fine-tuned model")),
        "event_completion_untold": ("The completion at OpenAI's is not told.", _left_out("successfully completed")),
        "events_limit_ignored": ("OpenAI's events take no notice of limit.", without_limit(EVENTS)),
        "events_limit_more": ("A page of OpenAI's events has one too many.", limit_off_by(EVENTS, 1)),
        "events_after_ignored": ("Every page of OpenAI's events is the first.", without_after(EVENTS)),
        "events_after_inclusive": (
            "The next page of OpenAI's events begins with the last of the page before.",
            inclusive_after(EVENTS),
        ),
        "events_has_more_true": ("OpenAI's events always have more.", answers(EVENTS, put("has_more", value=True))),
        "events_has_more_false": ("OpenAI's events never have more.", answers(EVENTS, put("has_more", value=False))),
        "events_ends_named": ("The events name their first.", answers(EVENTS, put("first_id", None))),
        "events_page_of_100": (
            "A page of events has 100 where no limit is given.",
            asks(EVENTS, lambda ask: ask if parameter(ask, "limit") else asked(ask, limit="100")),
        ),
        "events_ids_change": ("OpenAI's events have other ids at each look.", remembering((EVENTS,), _other_ids)),
        "events_lost_later": ("An event of OpenAI's is told once.", remembering((EVENTS,), _lost_later)),
        "events_times_change": (
            "An event's time changes once it is told.",
            seen_before(EVENTS, at("created_at", lambda at_s: at_s - 1)),
        ),
        "events_twice": (
            "The newest event is told twice.",
            answers(EVENTS, data(lambda many: [*many[:1], *many])),
        ),
        "events_unknown_cursor_404": ("An unknown cursor of events is a 404.", through(EVENTS)(unknown_cursor)),
        "event_reward_words": (
            "A reward is told without the space.",
            _words(lambda text: text.replace(" , train mean", ": train mean")),
        ),
        "event_reward_parse_untold": (
            "Parse errors are not told.",
            _words(lambda text: text.partition(", full validation mean parse")[0]),
        ),
        "event_reward_step_missing": (
            "The data of a reward have no step.",
            answers(EVENTS, each(where(lambda event: "reward" in event["message"], at("data", drop("step"))))),
        ),
    }
)
