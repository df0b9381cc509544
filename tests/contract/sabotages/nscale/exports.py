"""Sabotages of exports."""

from dataclasses import replace
from typing import Any

from tests.contract.sabotages.changes import (
    SUCCESS,
    Begin,
    answers,
    at,
    begins,
    data,
    drop,
    inside,
    limit_off_by,
    put,
    remembering,
    renamed,
    reversed_,
    shown,
)
from tests.contract.sabotages.nscale.changes import (
    EXPORTS,
    Json,
    answered,
    frozen,
    of_nscale,
    passed,
    says,
    taken,
    told,
    with_status,
)
from tests.contract.sabotages.openai.changes import respelled
from tests.contract.sabotages.wrapping import Answer, Ask, Filter, Forward, json_answer

CREATE, LIST, ALONE = "exports.create", "exports.list", "exports.retrieve"
UUID = r"\b[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}\b"
USER, TOKEN, PLACE = "huggingface_user_id", "huggingface_access_token", "huggingface_repository_id"


def _telling(memory: Json, ask: Ask, body: Json) -> Json:
    """Return an answer with the token that was sent."""
    if ask.operation == CREATE:
        memory["token"] = ask.json()[TOKEN]
    if "token" not in memory:
        return body
    return {**body, "data": [{**row, TOKEN: memory["token"]} for row in body["data"]]} if "data" in body else body


def _telling_at_once(_: Json, ask: Ask, body: Json) -> Json:
    return {**body, TOKEN: ask.json()[TOKEN]}


def _one() -> Filter:
    """Answer a second export with the first."""
    known: dict[str, Answer] = {}

    async def answering(ask: Ask, forward: Forward) -> Answer:
        answer = await forward(ask)
        return known.setdefault(ask.path, answer) if ask.operation == CREATE and answer.status == SUCCESS else answer

    return answering


async def _repeating(ask: Ask, forward: Forward) -> Answer:
    """Repeat what was sent where it is refused."""
    answer = await forward(ask)
    if ask.operation != CREATE or answer.status != 400 or not isinstance(ask.json(), dict):
        return answer
    return answer.with_json({**answer.json(), "message": f"{answer.json()['message']}, got {ask.body.decode()}"})


def _elsewhere() -> Filter:
    """Find an export under every job."""
    known: dict[str, Ask] = {}

    async def finding(ask: Ask, forward: Forward) -> Answer:
        answer, name = await forward(ask), ask.path.rpartition("/")[2]
        if ask.operation == ALONE and answer.status == SUCCESS:
            known[name] = ask
        return (
            await forward(known[name]) if ask.operation == ALONE and answer.status == 404 and name in known else answer
        )

    return finding


async def _in_the_job(ask: Ask, forward: Forward) -> Answer:
    """Show a job that was exported as running again."""
    answer = await forward(ask)
    if ask.operation == "jobs.retrieve" and answer.status == SUCCESS and answer.json()["status"] == "completed":
        listed = await forward(replace(ask, path=f"{ask.path}/exports"))
        if listed.json()["data"]:
            return answer.with_json({**answer.json(), "exports": len(listed.json()["data"])})
    return answer


def _shown(change: Any) -> Begin:
    return shown(EXPORTS, change)


EXPORTS_SABOTAGED = of_nscale(
    {
        "export_202": ("An export is answered 202.", with_status(CREATE, 202)),
        "export_deeper": ("An export stands under export.", answers(CREATE, inside("export"))),
        "export_id_prefixed": ("An export's id has a prefix.", respelled(UUID, lambda id_: f"exp-{id_}")),
        "export_completed_at_once": ("An export is completed at once.", answers(CREATE, put("status", "completed"))),
        "export_pending": ("A new export is pending.", answers(CREATE, put("status", "pending"))),
        "export_ended_when_made": (
            "A new export has an end.",
            answers(CREATE, lambda body: {**body, "completed_at": body["created_at"]}),
        ),
        "export_jobless": ("An export does not name its job.", _shown(drop("job_id"))),
        "export_other_job": ("An export names itself for its job.", _shown(lambda one: {**one, "job_id": one["id"]})),
        "export_untyped": ("An export has no type.", _shown(drop("type"))),
        "export_typed_otherwise": ("An export's type has no hyphen.", _shown(put("type", "huggingface"))),
        "export_place_lost": ("An export does not say where it goes.", _shown(put(PLACE, ""))),
        "export_user_lost": ("An export does not say to whom it goes.", _shown(put(USER, ""))),
        "export_created_at_unix": ("An export was made in unix seconds.", _shown(put("created_at", 1_800_000_000))),
        "export_created_at_old": (
            "An export was made before its job.",
            _shown(at("created_at", lambda at_: f"2020{at_[4:]}")),
        ),
        "export_tells_token": ("An export tells its token.", remembering((CREATE,), _telling_at_once)),
        "exports_tell_token": ("The list of exports tells tokens.", remembering((CREATE, LIST), _telling)),
        "export_fails": (
            "An export fails.",
            frozen(ALONE, lambda one: one["status"] == "completed", lambda one, _: {**one, "status": "failed"}),
        ),
        "export_endless": (
            "An export is always running.",
            _shown(lambda one: {**one, "status": "running", "completed_at": None}),
        ),
        "export_end_unsaid": ("A completed export has no end.", _shown(put("completed_at", None))),
        "export_end_early": (
            "A completed export ended when it was made.",
            _shown(lambda one: {**one, "completed_at": one["completed_at"] and one["created_at"]}),
        ),
        "export_changes": (
            "A completed export changes its place.",
            frozen(ALONE, lambda one: one["status"] == "completed", lambda one, _: {**one, PLACE: "x/y"}),
        ),
        "export_drifts": (
            "A completed export changes afterwards.",
            frozen(
                ALONE,
                lambda one: one["status"] == "completed",
                lambda one, looks: {**one, "completed_at": f"2099-01-01T00:00:{looks % 60:02d}Z"},
            ),
        ),
        "export_one": ("A model can be exported once.", _one),
        "exports_oldest_first": ("The oldest export is listed first.", answers(LIST, data(reversed_))),
        "exports_bare": ("Exports are a bare list.", answers(LIST, lambda body: body["data"])),
        "exports_under_exports": ("Exports stand under exports.", answers(LIST, renamed("data", "exports"))),
        "exports_with_more": (
            "The list of exports says whether there are more.",
            answers(LIST, put("has_more", value=False)),
        ),
        "exports_running_alone": (
            "Only running exports are listed.",
            answers(LIST, data(lambda rows: [row for row in rows if row["status"] == "running"])),
        ),
        "exports_limit_more": ("There is an export more than the limit.", limit_off_by(LIST, 1)),
        "export_changes_job": ("An export shows in its job.", begins(_in_the_job)),
        **{
            f"export_{name}_not_needed": (
                f"An export needs no {name}.",
                taken(CREATE, says(f"{name}: Field required"), put(name, "contract-tests/tuned")),
            )
            for name in (USER, TOKEN, PLACE)
        },
        **{
            f"export_{name}_may_be_empty": (
                f"An export's {name} may be empty.",
                taken(CREATE, says(f"{name}: String should have at least"), put(name, "contract-tests")),
            )
            for name in (USER, TOKEN)
        },
        "export_numbers_taken": (
            "An export's user may be a number.",
            taken(CREATE, says(f"{USER}: Input should"), at(USER, str)),
        ),
        "export_null_token_taken": (
            "An export's token may be null.",
            taken(CREATE, says(f"{TOKEN}: Input should"), put(TOKEN, "hf_")),
        ),
        "export_list_500": ("A list of repositories is a 500.", answered(500, of=says(f"{PLACE}: Input should"))),
        "export_any_place": (
            "Any repository is taken.",
            taken(CREATE, says(f"{PLACE}: String should match"), put(PLACE, "contract-tests/tuned")),
        ),
        "export_flaw_unnamed": (
            "What is wrong with an export is not said.",
            told(put("message", "The request is not valid."), of=says(":"), operations=(CREATE,)),
        ),
        "export_repeats": ("A refused export is repeated.", begins(_repeating)),
        "export_of_cancelled": ("A cancelled job's model can be exported.", passed(CREATE, says("is cancelled"))),
        "export_of_cancelled_unsaid": (
            "Who exports a cancelled job's model is not told why.",
            told(put("message", "there is no model"), of=says("is cancelled; its model can be exported")),
        ),
        "export_torn_json_500": (
            "Half an object for an export is a 500.",
            answered(500, of=says("not JSON that can be read"), operations=(CREATE,)),
        ),
        "export_unknown_empty": (
            "An export that there is not is empty.",
            passed(ALONE, says("the export"), lambda _: json_answer(200, {})),
        ),
        "export_unknown_unnamed": (
            "An export that there is not is not told which.",
            told(put("message", "the export does not exist"), of=says("the export")),
        ),
        "export_everywhere": ("An export is found under every job.", _elsewhere),
    }
)
