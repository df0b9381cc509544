"""Sabotages of what a job makes: its checkpoints and its result."""

import base64
import re
from typing import Any

from tests.contract.sabotages.changes import (
    Begin,
    answers,
    at,
    data,
    drop,
    each,
    inclusive_after,
    put,
    renamed,
    reversed_,
    seen_before,
    through,
    where,
    without_after,
    without_limit,
)
from tests.contract.sabotages.openai.changes import CHECKPOINTS, of_openai, respelled, unknown_cursor
from tests.contract.sabotages.wrapping import Answer, Ask

CONTENT, RETRIEVE = "files.content", "files.retrieve"
Entry = dict[str, Any]


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
        "checkpoints_oldest_first": (
            "OpenAI's checkpoints are told oldest first.",
            answers(CHECKPOINTS, data(reversed_)),
        ),
        "checkpoints_last_alone": (
            "One checkpoint is kept.",
            answers(CHECKPOINTS, data(lambda many: many[:1])),
        ),
        "checkpoints_four": (
            "A checkpoint more is kept than the last three.",
            answers(
                CHECKPOINTS,
                data(
                    lambda many: [*many, {**many[-1], "id": "ftckpt_" + "x" * 24, "step_number": 1}] if many else many
                ),
            ),
        ),
        "checkpoint_id_dash": (
            "Checkpoint ids begin with ftckpt-.",
            respelled(r"ftckpt_[0-9A-Za-z]{24}\b", lambda id_: id_.replace("_", "-")),
        ),
        "checkpoint_object_other": ("A checkpoint calls itself checkpoint.", _made(put("object", "checkpoint"))),
        "checkpoint_job_missing": (
            "A checkpoint of OpenAI's does not name its job.",
            _made(drop("fine_tuning_job_id")),
        ),
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
            through(CHECKPOINTS)(unknown_cursor),
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
    return through(CONTENT)(
        lambda _, answer: answer.with_body(change(answer.body)) if answer.body[:6] == b"c3RlcC" else answer
    )


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
        "result_in_lines": (
            "A result's base64 is broken into lines.",
            _encoded(lambda body: base64.encodebytes(base64.b64decode(body))),
        ),
        "result_columns_renamed": (
            "A result's accuracy has the name of the events.",
            _csv(lambda text: text.replace(b"train_accuracy", b"train_mean_token_accuracy")),
        ),
        "result_semicolons": (
            "A result's columns are parted by semicolons.",
            _csv(lambda text: text.replace(b",", b";")),
        ),
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
        "result_named_as_of_old": (
            "A result is named compiled_results.csv.",
            _result(put("filename", "compiled_results.csv")),
        ),
        "result_for_training": ("A result is for fine-tune.", _result(put("purpose", "fine-tune"))),
        "result_unprocessed": ("A result is uploaded.", _result(put("status", "uploaded"))),
        "result_bytes_of_the_csv": (
            "A result counts the bytes before the encoding.",
            _result(at("bytes", lambda size: size * 3 // 4)),
        ),
    }
)
