"""Sabotages of what is Nebius AI Studio's own: members that came later, the order of its time, a list without pages.

What it has in common with Token Factory is sabotaged there; the contract tests of both are the same.
"""

from collections.abc import Mapping
from typing import Any

from tests.contract.sabotages.changes import (
    JOBS,
    Begin,
    Change,
    answers,
    at,
    drop,
    each,
    instead,
    parameter,
    put,
    shown,
    through,
)
from tests.contract.sabotages.openai.changes import respelled
from tests.contract.sabotages.wrapping import Answer, Ask, Filter, Forward, Sabotage, json_answer, named

CREATE, RETRIEVE, LIST = "jobs.create", "jobs.retrieve", "jobs.list"
VERSION_AT = len("file-01234567-0123-")
REFUSED = 422
FLAW = {"type": "value_error", "loc": ["body"], "msg": "Value error, it is not taken", "input": None}


def of_studio(table: Mapping[str, tuple[str, Any]]) -> tuple[Sabotage, ...]:
    """Return the sabotages of a table, named as those of this edition."""
    return named({f"studio_{name}": told for name, told in table.items()}, dialect="nebius-studio")


def _echoed(member: str) -> Begin:
    """Answer a member as it was sent."""

    def echoing(ask: Ask, answer: Answer) -> Answer:
        sent = ask.json()
        return answer.with_json({**answer.json(), member: sent[member]}) if member in sent else answer

    return through(CREATE)(echoing)


def _null_beside_a_method(ask: Ask, answer: Answer) -> Answer:
    return answer.with_json({**answer.json(), "hyperparameters": None}) if "method" in ask.json() else answer


def _last(*members: str) -> Change:
    """Return the change that has some members after all others."""

    def moved(whole: Any) -> Any:
        return {name: value for name, value in whole.items() if name not in members} | {
            name: whole[name] for name in members if name in whole
        }

    return moved


def _in_pages() -> Filter:
    async def cut(ask: Ask, forward: Forward) -> Answer:
        answer, limit = await forward(ask), parameter(ask, "limit") or ""
        if ask.operation != LIST or not limit.isdecimal() or not int(limit):
            return answer
        told = answer.json()
        return answer.with_json({**told, "data": told["data"][: int(limit)]})

    return cut


def _refused_where(*, limit: str = "", after: str = "", status: int) -> Begin:
    def wanted(ask: Ask) -> bool:
        asked = (parameter(ask, "limit") or "", parameter(ask, "after") or "")
        return ask.operation == LIST and asked == (limit, after)

    return instead(wanted, lambda _: json_answer(status, {"detail": [FLAW] if status == REFUSED else "It is unknown."}))


def _method_refused() -> Filter:
    async def refusing(ask: Ask, forward: Forward) -> Answer:
        strange = ask.operation == CREATE and isinstance(ask.json(), dict) and "method" in ask.json()
        return json_answer(REFUSED, {"detail": [FLAW]}) if strange else await forward(ask)

    return refusing


def _any_integration() -> Filter:
    async def taking(ask: Ask, forward: Forward) -> Answer:
        answer = await forward(ask)
        if ask.operation != CREATE or answer.status != REFUSED or "hf" not in str(ask.json()):
            return answer
        return await forward(ask.with_json(drop("integrations")(ask.json())))

    return taking


def _integration(change: Change) -> Begin:
    """Change what is told of a wandb integration."""
    return shown(JOBS, at("integrations", lambda listed: [at("wandb", change)(told) for told in listed]))


def _as_uuid7(id_: str) -> str:
    return f"{id_[:VERSION_AT]}7{id_[VERSION_AT + 1 :]}"


def _answered(path: str) -> Begin:
    return instead(lambda ask: ask.path == path, lambda _: json_answer(200, {"object": "list", "data": []}))


STUDIO = of_studio(
    {
        "method_null": ("A job of AI Studio has a method, which is null.", shown(JOBS, put("method", None))),
        "start_null": (
            "A job of AI Studio has a checkpoint that is started from, null.",
            shown(JOBS, put("from_checkpoint", None)),
        ),
        "method_echoed": ("A method that is sent to AI Studio is answered.", _echoed("method")),
        "start_echoed": ("A checkpoint that is sent to AI Studio is answered.", _echoed("from_checkpoint")),
        "hyperparameters_null": (
            "AI Studio answers null for hyperparameters beside a method.",
            through(CREATE)(_null_beside_a_method),
        ),
        "hyperparameters_in_todays_order": (
            "AI Studio answers the hyperparameters of LoRA last, as Token Factory does.",
            shown(JOBS, at("hyperparameters", _last("lora", "lora_r", "lora_alpha", "lora_dropout"))),
        ),
        "job_in_another_order": (
            "A new job of AI Studio has its status last.",
            answers(CREATE, _last("status")),
        ),
        "job_looked_at_in_another_order": (
            "A job of AI Studio that is looked at has its status last.",
            answers(RETRIEVE, _last("status")),
        ),
        "listed_jobs_in_another_order": (
            "The jobs in AI Studio's list have their status last.",
            answers(LIST, each(_last("status"))),
        ),
        "ids_of_later_files": (
            "AI Studio's ids of files are version 7 UUIDs.",
            respelled(r"file-[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}", _as_uuid7),
        ),
        "pages": ("AI Studio's list of jobs comes in pages of limit.", _in_pages),
        "limit_checked": ("AI Studio refuses a limit of 0.", _refused_where(limit="0", status=REFUSED)),
        "cursor_checked": (
            "AI Studio knows no job of the name that it is to go on after.",
            _refused_where(after="ftjob-unknown", status=404),
        ),
        "more_always": ("AI Studio's list always announces more jobs.", answers(LIST, put("has_more", value=True))),
        "more_never_told": ("AI Studio's list does not say whether there are more.", answers(LIST, drop("has_more"))),
        "method_refused": ("AI Studio refuses a method.", _method_refused),
        "any_integration": ("AI Studio takes an integration that came later.", _any_integration),
        "wandb_without_entity": ("AI Studio leaves a wandb entity out that is null.", _integration(drop("entity"))),
        "wandb_without_tags": ("AI Studio leaves wandb tags out that are none.", _integration(drop("tags"))),
        "datasets": ("AI Studio has Data Lab.", _answered("/v1/datasets")),
        "links": ("AI Studio has links to files.", _answered("/v1/files/file-0/link")),
    }
)
