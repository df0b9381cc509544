"""Sabotages of a job's checkpoints and of the files they consist of."""

import json
from dataclasses import replace
from typing import Any

from tests.contract.sabotages.changes import (
    CHECKPOINTS,
    SUCCESS,
    Begin,
    answers,
    at,
    data,
    drop,
    each,
    inclusive_after,
    limit_off_by,
    put,
    remembering,
    renamed,
    reversed_,
    seen_before,
    shown,
    without_after,
    without_limit,
)
from tests.contract.sabotages.wrapping import Answer, Ask, Filter, Forward, json_answer, named

LIST, ONE = "jobs.checkpoints", "jobs.checkpoint"
Entry = dict[str, Any]
ANOTHER = "ftjob-c7cc1f8df48144aeb180a5bf5818dc81"


def _ends(body: Entry) -> Entry:
    """Return a list whose first_id and last_id fit its entries."""
    entries = body["data"]
    return {
        **body,
        "first_id": entries[0]["id"] if entries else None,
        "last_id": entries[-1]["id"] if entries else None,
    }


def _listed(change: Any) -> Begin:
    """Return a sabotage of the list's entries, after which first_id and last_id fit."""
    return answers(LIST, lambda body: _ends({**body, "data": change(body["data"])}))


def _steps_fall(entries: list[Entry]) -> list[Entry]:
    steps = [(each_["step_number"], each_["metrics"]["step"]) for each_ in entries][::-1]
    return [
        {**each_, "step_number": step, "metrics": {**each_["metrics"], "step": own}}
        for each_, (step, own) in zip(entries, steps, strict=True)
    ]


def _steps_alike(entry: Entry) -> Entry:
    return {**entry, "step_number": 1, "metrics": {**entry["metrics"], "step": 1}}


def _files_of_first(entries: list[Entry]) -> list[Entry]:
    return [{**each_, "result_files": entries[0]["result_files"]} for each_ in entries]


def _unknown(files: list[str]) -> list[str]:
    return [f"{file[:-4]}ffff" for file in files]


def _one_of_another_job(entries: list[Entry]) -> list[Entry]:
    others = [{**entry, "id": f"{entry['id'][:-4]}0bad", "fine_tuning_job_id": ANOTHER} for entry in entries[:1]]
    return [*entries, *others]


def _gone_at_second_look(memory: dict[str, Any], ask: Ask, body: Entry) -> Entry:
    first = memory.get(ask.path)
    memory.setdefault(ask.path, body["data"][0]["id"] if body["data"] else None)
    if memory[ask.path] is None:
        del memory[ask.path]
    return _ends({**body, "data": [each_ for each_ in body["data"] if each_["id"] != first]})


def _of_checkpoints(operation: str, change: Any) -> Begin:
    """Return a sabotage of the files of checkpoints, which a list showed before; uploads stay as they are."""

    def begin() -> Filter:
        made: set[str] = set()

        async def changing(ask: Ask, forward: Forward) -> Answer:
            answer = await forward(ask)
            if answer.status == SUCCESS and ask.operation == LIST:
                made.update(file for each_ in answer.json()["data"] for file in each_["result_files"])
            wanted = ask.operation == operation and ask.ids["file_id"] in made
            changed: Answer = change(answer) if wanted else answer
            return changed

        return changing

    return begin


def _flat_name(answer: Answer) -> Answer:
    file = answer.json()
    return answer.with_json({**file, "filename": file["filename"].rpartition("/")[2]})


def _purpose_of_results(answer: Answer) -> Answer:
    return answer.with_json({**answer.json(), "purpose": "fine-tune-results"})


def _bytes_0(answer: Answer) -> Answer:
    return answer.with_json({**answer.json(), "bytes": 0})


def _gone(_: Answer) -> Answer:
    return json_answer(404, {"detail": "The file does not exist."})


def _zeroed(answer: Answer) -> Answer:
    return replace(answer, body=bytes(len(answer.body)))


def _cut(answer: Answer) -> Answer:
    return answer.with_body(answer.body[: len(answer.body) // 2]) if answer.body else answer


def _varying() -> Filter:
    count = [0]

    def changed(answer: Answer) -> Answer:
        count[0] += 1
        return replace(answer, body=bytes([count[0] % 256]) + answer.body[1:]) if answer.body else answer

    return _of_checkpoints("files.content", changed)()


def _within_json(member: str, value: Any) -> Any:
    """Return the change of one member of those files that are JSON and have it."""

    def changed(answer: Answer) -> Answer:
        try:
            found = json.loads(answer.body)
        except (ValueError, RecursionError):
            return answer
        whole = (
            json.dumps({**found, member: value}).encode()
            if isinstance(found, dict) and member in found
            else answer.body
        )
        return replace(answer, body=whole.ljust(len(answer.body))[: len(answer.body)])

    return changed


def _always_last() -> Filter:
    """Answer a checkpoint that is looked at with the last one that was listed."""
    last: dict[str, Entry] = {}

    async def changing(ask: Ask, forward: Forward) -> Answer:
        answer = await forward(ask)
        if answer.status == SUCCESS and ask.operation == LIST and answer.json()["data"]:
            last[ask.ids["job_id"]] = answer.json()["data"][-1]
        known = last.get(ask.ids["job_id"]) if ask.operation == ONE and answer.status == SUCCESS else None
        return answer.with_json(known) if known else answer

    return changing


def _unknown_is_last() -> Filter:
    """Answer a checkpoint that there is not with the last one that was listed."""
    last: dict[str, Answer] = {}

    async def changing(ask: Ask, forward: Forward) -> Answer:
        answer = await forward(ask)
        if answer.status == SUCCESS and ask.operation == LIST and answer.json()["data"]:
            last[ask.ids["job_id"]] = answer.with_json(answer.json()["data"][-1])
        known = last.get(ask.ids["job_id"]) if ask.operation == ONE and answer.status == 404 else None
        return known or answer

    return changing


def _numbered(entries: list[Entry]) -> list[Entry]:
    return [{**each_, "id": f"ckpt-{place}"} for place, each_ in enumerate(entries)]


def _loss(change: Any) -> Any:
    return at("metrics", at("train_loss", change))


CHECKPOINTS_SABOTAGED = named(
    {
        "checkpoints_reversed": ("Checkpoints are listed newest first.", _listed(reversed_)),
        "checkpoints_first_missing": ("A job's first checkpoint is not listed.", _listed(lambda entries: entries[1:])),
        "checkpoints_last_missing": ("A job's last checkpoint is not listed.", _listed(lambda entries: entries[:-1])),
        "checkpoints_none": ("Checkpoints are never listed.", _listed(lambda entries: [])),
        "checkpoints_last_twice": (
            "A job's last checkpoint is listed twice.",
            _listed(lambda entries: [*entries, *entries[-1:]]),
        ),
        "checkpoints_lost_later": (
            "A job's first checkpoint is listed once and no more.",
            remembering((LIST,), _gone_at_second_look),
        ),
        "checkpoints_of_another_job": (
            "Among a job's checkpoints is one of another job.",
            _listed(_one_of_another_job),
        ),
        "checkpoints_steps_fall": ("The steps of a job's checkpoints fall.", answers(LIST, data(_steps_fall))),
        "checkpoints_steps_alike": ("All checkpoints are of step 1.", shown(CHECKPOINTS, _steps_alike)),
        "checkpoints_steps_as_text": (
            "The step of a checkpoint is a string.",
            shown(CHECKPOINTS, at("step_number", str)),
        ),
        "checkpoints_steps_disagree": (
            "A checkpoint's metrics are of another step than it.",
            shown(CHECKPOINTS, at("metrics", at("step", lambda step: step + 1))),
        ),
        "checkpoints_id_of_another_form": ("Checkpoints' ids are numbers after ckpt-.", _listed(_numbered)),
        "checkpoints_job_id_missing": (
            "Checkpoints do not say their job.",
            shown(CHECKPOINTS, drop("fine_tuning_job_id")),
        ),
        "checkpoints_job_id_of_another": (
            "Checkpoints name another job.",
            shown(CHECKPOINTS, put("fine_tuning_job_id", ANOTHER)),
        ),
        "checkpoints_model_null": (
            "Checkpoints have no name of a model.",
            shown(CHECKPOINTS, put("fine_tuned_model_checkpoint", None)),
        ),
        "checkpoints_model_renamed": (
            "A checkpoint's model stands under model.",
            shown(CHECKPOINTS, renamed("fine_tuned_model_checkpoint", "model")),
        ),
        "checkpoints_model_alike": (
            "All checkpoints have the same model.",
            shown(CHECKPOINTS, put("fine_tuned_model_checkpoint", "ft:model")),
        ),
        "checkpoints_object_of_another_name": (
            "A checkpoint's object is checkpoint.",
            shown(CHECKPOINTS, put("object", "checkpoint")),
        ),
        "checkpoints_metrics_missing": ("Checkpoints have no metrics.", shown(CHECKPOINTS, drop("metrics"))),
        "checkpoints_metrics_empty": ("A checkpoint's metrics are empty.", shown(CHECKPOINTS, put("metrics", {}))),
        "checkpoints_loss_as_text": ("The loss of a checkpoint is a string.", shown(CHECKPOINTS, _loss(str))),
        "checkpoints_loss_negative": (
            "The loss of a checkpoint is below 0.",
            shown(CHECKPOINTS, _loss(lambda loss: -loss)),
        ),
        "checkpoints_loss_null": (
            "The training loss of a checkpoint is null.",
            shown(CHECKPOINTS, _loss(lambda loss: None)),
        ),
        "checkpoints_valid_loss_null": (
            "The validation loss of a checkpoint is null though there are validation data.",
            shown(CHECKPOINTS, at("metrics", put("valid_loss", None))),
        ),
        "checkpoints_loss_changes": (
            "A checkpoint has another loss once it has been seen.",
            seen_before(LIST, _loss(lambda loss: loss + 0.001)),
        ),
        "checkpoints_time_as_float": (
            "Checkpoints were made at a time with a fraction.",
            shown(CHECKPOINTS, at("created_at", lambda at_s: at_s + 0.5)),
        ),
        "checkpoints_time_after_the_end": (
            "Checkpoints were made an hour after they were.",
            shown(CHECKPOINTS, at("created_at", lambda at_s: at_s + 3600)),
        ),
        "checkpoints_time_before_the_job": (
            "Checkpoints were made an hour before they were.",
            shown(CHECKPOINTS, at("created_at", lambda at_s: at_s - 3600)),
        ),
        "checkpoints_has_more_true": (
            "The checkpoints of a job always have more.",
            answers(LIST, put("has_more", value=True)),
        ),
        "checkpoints_has_more_false": (
            "The checkpoints of a job never have more.",
            answers(LIST, put("has_more", value=False)),
        ),
        "checkpoints_limit_ignored": ("The checkpoints of a job take no notice of limit.", without_limit(LIST)),
        "checkpoints_limit_one_more": ("A page of checkpoints has one more than limit says.", limit_off_by(LIST, 1)),
        "checkpoints_after_ignored": ("Every page of checkpoints is the first.", without_after(LIST)),
        "checkpoints_after_inclusive": (
            "The next page of checkpoints begins with the last of the page before.",
            inclusive_after(LIST),
        ),
        "checkpoints_first_id_wrong": (
            "The first_id of a list of checkpoints is that of the last.",
            answers(LIST, lambda body: {**body, "first_id": body["last_id"]}),
        ),
        "checkpoints_ids_of_ends_null": (
            "A list of checkpoints has null for first_id and last_id.",
            answers(LIST, lambda body: {**body, "first_id": None, "last_id": None}),
        ),
        "checkpoints_bare": ("The checkpoints are a bare array.", answers(LIST, lambda body: body["data"])),
        "checkpoint_always_the_last": ("A checkpoint that is looked at is always the last.", _always_last),
        "checkpoint_unknown_is_the_last": ("A checkpoint that there is not is the last.", _unknown_is_last),
        "checkpoint_loss_differs_from_list": (
            "A checkpoint that is looked at has another loss than in the list.",
            answers(ONE, _loss(lambda loss: loss + 0.01)),
        ),
        "checkpoint_one_level_deeper": (
            "A checkpoint that is looked at stands in a list.",
            answers(ONE, lambda one: {"object": "list", "data": [one]}),
        ),
        "checkpoints_files_empty": ("Checkpoints list no files.", shown(CHECKPOINTS, put("result_files", []))),
        "checkpoints_files_missing": ("Checkpoints have no result_files.", answers(LIST, each(drop("result_files")))),
        "checkpoints_files_alike": (
            "All checkpoints list the files of the first.",
            answers(LIST, data(_files_of_first)),
        ),
        "checkpoints_files_unknown": (
            "The files of checkpoints cannot be found.",
            shown(CHECKPOINTS, at("result_files", _unknown)),
        ),
        "checkpoints_files_change": (
            "A checkpoint lists its files in another order once it has been seen.",
            seen_before(LIST, at("result_files", reversed_)),
        ),
        "checkpoint_files_not_downloadable": (
            "The files of checkpoints cannot be downloaded.",
            _of_checkpoints("files.content", _gone),
        ),
        "checkpoint_files_not_shown": (
            "The files of checkpoints cannot be looked at.",
            _of_checkpoints("files.retrieve", _gone),
        ),
        "checkpoint_files_vary": ("The files of checkpoints have other bytes at each download.", _varying),
        "checkpoint_config_of_another_rank": (
            "A checkpoint's adapter_config.json has another rank than was asked for.",
            _of_checkpoints("files.content", _within_json("r", 4)),
        ),
        "checkpoint_meta_of_another_step": (
            "A checkpoint's checkpoint.meta has another step than the checkpoint.",
            _of_checkpoints("files.content", _within_json("step_number", 0)),
        ),
        "checkpoint_files_zeroed": (
            "The files of checkpoints have zeros for bytes.",
            _of_checkpoints("files.content", _zeroed),
        ),
        "checkpoint_files_cut": ("The files of checkpoints end in the middle.", _of_checkpoints("files.content", _cut)),
        "checkpoint_files_bytes_0": (
            "The files of checkpoints are said to have no bytes.",
            _of_checkpoints("files.retrieve", _bytes_0),
        ),
        "checkpoint_files_flat_names": (
            "The names of a checkpoint's files lack the checkpoint.",
            _of_checkpoints("files.retrieve", _flat_name),
        ),
        "checkpoint_files_of_another_purpose": (
            "The files of checkpoints have the purpose fine-tune-results.",
            _of_checkpoints("files.retrieve", _purpose_of_results),
        ),
    }
)
