"""Sabotages of what a job tells and makes: its events, its checkpoints, its result."""

import base64
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
    renamed,
    reversed_,
    seen_before,
    through,
    where,
    without_after,
    without_limit,
)
from tests.contract.sabotages.openai.changes import CHECKPOINTS, EVENTS, of_openai, respelled
from tests.contract.sabotages.wrapping import Answer, Ask, json_answer

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


def _left_out(*texts: str) -> Begin:
    """Return a sabotage that leaves out the events that say something."""
    wanted = lambda event: not any(text in event["message"] for text in texts)  # noqa: E731 -- a condition
    return answers(EVENTS, data(lambda many: [event for event in many if wanted(event)]))


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


def _unknown(ask: Ask, answer: Answer) -> Answer:
    strange = "0" * 20 in (parameter(ask, "after") or "")
    return json_answer(404, {"error": {"message": "None", "type": "x", "param": "after", "code": None}}) if strange else answer


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
                lambda text: f"{text} and validation file: None" if re.fullmatch(r"Validating training file: \S+", text) else text
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
            _words(lambda text: text.replace("The job has successfully completed", "Fine tuning job successfully completed")),
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
        "events_unknown_cursor_404": ("An unknown cursor of events is a 404.", through(EVENTS)(_unknown)),
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


def _made(change: Any) -> Begin:
    """Return a sabotage that changes checkpoints."""
    return answers(CHECKPOINTS, each(change))


def _name(change: Any) -> Begin:
    return _made(at("fine_tuned_model_checkpoint", change))


def _metric(change: Any) -> Begin:
    return _made(at("metrics", change))


def _step_on_last(made: Entry) -> Entry:
    name, step = made["fine_tuned_model_checkpoint"], f":ckpt-step-{made['step_number']}"
    return {**made, "fine_tuned_model_checkpoint": name if "ckpt-step" in name else f"{name}{step}"}


CHECKPOINTS_SABOTAGED = of_openai(
    {
        "checkpoints_oldest_first": ("OpenAI's checkpoints are told oldest first.", answers(CHECKPOINTS, data(reversed_))),
        "checkpoints_last_alone": (
            "One checkpoint is kept.",
            answers(CHECKPOINTS, data(lambda many: many[:1])),
        ),
        "checkpoints_four": (
            "A checkpoint more is kept than the last three.",
            answers(
                CHECKPOINTS,
                data(lambda many: [*many, {**many[-1], "id": "ftckpt_" + "x" * 24, "step_number": 1}] if many else many),
            ),
        ),
        "checkpoint_id_dash": (
            "Checkpoint ids begin with ftckpt-.",
            respelled(r"ftckpt_[0-9A-Za-z]{24}\b", lambda id_: id_.replace("_", "-")),
        ),
        "checkpoint_object_other": ("A checkpoint calls itself checkpoint.", _made(put("object", "checkpoint"))),
        "checkpoint_job_missing": ("A checkpoint of OpenAI's does not name its job.", _made(drop("fine_tuning_job_id"))),
        "checkpoint_name_without_step": (
            "No checkpoint's model bears its step.",
            _name(lambda name: re.sub(r":ckpt-step-\d+$", "", name)),
        ),
        "checkpoint_name_always_step": ("The last checkpoint's model bears its step.", _made(_step_on_last)),
        "checkpoint_names_of_their_own": (
            "A job's models share no letters.",
            _made(
                lambda made: at(
                    "fine_tuned_model_checkpoint",
                    lambda name: re.sub(r":(\w{5})(\w{3})(?=$|:ckpt)", rf":{made['step_number'] % 10}abcd\2", name),
                )(made)
            ),
        ),
        "checkpoint_names_alike": (
            "A job's models have the same letters.",
            _name(lambda name: re.sub(r":(\w{5})(\w{3})(?=$|:ckpt)", r":\1AAA", name)),
        ),
        "checkpoint_name_of_alias": (
            "A checkpoint's model is named for the alias.",
            _name(lambda name: name.replace("-2024-07-18", "")),
        ),
        "checkpoint_kind_missing": ("A checkpoint does not tell the kind of training.", _metric(drop("type"))),
        "checkpoint_valid_missing": ("A checkpoint has no validation.", _metric(drop("valid_loss"))),
        "checkpoint_full_valid": ("A checkpoint has a full validation.", _metric(put("full_valid_loss", 0.1))),
        "checkpoint_loss_other": (
            "A checkpoint's loss is not that of its step.",
            _metric(at("train_loss", lambda loss: loss + 0.25)),
        ),
        "checkpoint_loss_text": ("A checkpoint's loss is a text.", _metric(at("train_loss", str))),
        "checkpoint_step_off": ("A checkpoint is a step late.", _made(at("step_number", lambda step: step + 1))),
        "checkpoint_metric_step_off": ("A checkpoint's metrics are of step 0.", _metric(put("step", 0))),
        "checkpoint_created_at_ms": (
            "Checkpoints of OpenAI's were made at a time in milliseconds.",
            _made(at("created_at", lambda at_s: at_s * 1000)),
        ),
        "checkpoint_created_at_reversed": (
            "Earlier checkpoints were made later.",
            _made(lambda made: {**made, "created_at": made["created_at"] + (1000 - made["step_number"])}),
        ),
        "checkpoints_first_id_missing": (
            "The list of checkpoints does not name its first.",
            answers(CHECKPOINTS, put("first_id", None)),
        ),
        "checkpoints_ends_exchanged": (
            "The list of checkpoints exchanges its ends.",
            answers(CHECKPOINTS, lambda body: {**body, "first_id": body["last_id"], "last_id": body["first_id"]}),
        ),
        "checkpoints_ends_empty": (
            "An empty list of checkpoints names empty texts.",
            answers(CHECKPOINTS, lambda body: body if body["data"] else {**body, "first_id": "", "last_id": ""}),
        ),
        "checkpoints_has_more_true": (
            "OpenAI's checkpoints always have more.",
            answers(CHECKPOINTS, put("has_more", value=True)),
        ),
        "checkpoints_has_more_false": (
            "OpenAI's checkpoints never have more.",
            answers(CHECKPOINTS, put("has_more", value=False)),
        ),
        "checkpoints_limit_ignored": ("OpenAI's checkpoints take no notice of limit.", without_limit(CHECKPOINTS)),
        "checkpoints_after_ignored": ("Every page of OpenAI's checkpoints is the first.", without_after(CHECKPOINTS)),
        "checkpoints_after_inclusive": (
            "The next page of OpenAI's checkpoints begins with the last of the page before.",
            inclusive_after(CHECKPOINTS),
        ),
        "checkpoints_data_renamed": (
            "OpenAI's checkpoints stand under checkpoints.",
            answers(CHECKPOINTS, renamed("data", "checkpoints")),
        ),
        "checkpoints_change": (
            "A checkpoint changes once it is told.",
            seen_before(CHECKPOINTS, at("created_at", lambda at_s: at_s - 1)),
        ),
        "checkpoints_unknown_cursor_404": (
            "An unknown cursor of checkpoints is a 404.",
            through(CHECKPOINTS)(_unknown),
        ),
        "checkpoint_kind_always_supervised": (
            "A preference job's checkpoints are supervised.",
            _metric(put("type", "supervised")),
        ),
    }
)


def _csv(change: Any) -> Begin:
    """Return a sabotage that changes the CSV within a result."""

    def changed(_: Ask, answer: Answer) -> Answer:
        if not answer.body.startswith(b"c3RlcC"):
            return answer
        return answer.with_body(base64.b64encode(change(base64.b64decode(answer.body))))

    return through(CONTENT)(changed)


def _encoded(change: Any) -> Begin:
    """Return a sabotage that changes how a result is encoded."""
    return through(CONTENT)(lambda _, answer: answer.with_body(change(answer.body)) if answer.body[:6] == b"c3RlcC" else answer)


def _result(change: Any) -> Begin:
    """Return a sabotage that changes how a result is told."""
    return answers(RETRIEVE, where(lambda file: file["purpose"] == "fine-tune-results", change))


def _rows(change: Any) -> Any:
    """Return the change of the rows below the header as one of the whole."""

    def changing(text: bytes) -> bytes:
        header, *rows = text.decode().splitlines()
        return "".join(f"{row}\n" for row in (header, *change(rows))).encode()

    return changing


RESULTS = of_openai(
    {
        "result_plain": ("A result is plain CSV, as in 2023.", _encoded(base64.b64decode)),
        "result_in_lines": ("A result's base64 is broken into lines.", _encoded(lambda body: base64.encodebytes(base64.b64decode(body)))),
        "result_columns_renamed": (
            "A result's accuracy has the name of the events.",
            _csv(lambda text: text.replace(b"train_accuracy", b"train_mean_token_accuracy")),
        ),
        "result_semicolons": ("A result's columns are parted by semicolons.", _csv(lambda text: text.replace(b",", b";"))),
        "result_rows_reversed": ("A result's last step is first.", _csv(_rows(reversed))),
        "result_last_row_missing": ("A result lacks its last step.", _csv(_rows(lambda rows: rows[:-1]))),
        "result_loss_off": (
            "A result's losses are not those of the events.",
            _csv(_rows(lambda rows: [re.sub(r"^(\d+),(\d)", r"\1,9", row) for row in rows])),
        ),
        "result_zeros_at_the_end": (
            "A result's numbers end with zeros.",
            _csv(_rows(lambda rows: [re.sub(r"(\.\d+)", r"\g<1>0", row) for row in rows])),
        ),
        "result_nulls": (
            "A result says null for what there is not.",
            _csv(_rows(lambda rows: [row.replace(",,", ",null,null") if row.endswith(",,") else row for row in rows])),
        ),
        "result_named_as_of_old": ("A result is named compiled_results.csv.", _result(put("filename", "compiled_results.csv"))),
        "result_for_training": ("A result is for fine-tune.", _result(put("purpose", "fine-tune"))),
        "result_unprocessed": ("A result is uploaded.", _result(put("status", "uploaded"))),
        "result_bytes_of_the_csv": (
            "A result counts the bytes before the encoding.",
            _result(at("bytes", lambda size: size * 3 // 4)),
        ),
    }
)
