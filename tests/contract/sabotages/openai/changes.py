"""The further words in which sabotages of OpenAI are told: its envelope, its ids, and what it refuses."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from tests.contract.sabotages.changes import SUCCESS, Begin, Change, answers, begins, parameter, remembering, through
from tests.contract.sabotages.wrapping import Answer, Ask, Filter, Forward, Sabotage, json_answer, named

Table = Mapping[str, tuple[str, Any]]
JOBS = ("jobs.create", "jobs.retrieve", "jobs.cancel", "jobs.pause", "jobs.resume", "jobs.list")
FILES = ("files.create", "files.retrieve", "files.list")
UPLOADS = ("uploads.create", "uploads.complete", "uploads.cancel")
RETRIEVE, EVENTS, CHECKPOINTS = "jobs.retrieve", "jobs.events", "jobs.checkpoints"
ENDED = ("succeeded", "failed", "cancelled")
REFUSED = 400


def of_openai(table: Table) -> tuple[Sabotage, ...]:
    """Return the sabotages of a table, named as those of this provider."""
    return named({f"openai_{name}": told for name, told in table.items()}, dialect="openai")


def error(answer: Answer) -> dict[str, Any]:
    """Return the error that an answer tells, or nothing."""
    found = answer.json() if "json" in answer.header("content-type") else {}
    told = found.get("error") if isinstance(found, dict) and answer.status >= REFUSED else None
    return told if isinstance(told, dict) else {}


def told(change: Change, *, of: Callable[[dict[str, Any]], bool] = bool, operations: tuple[str, ...] = ()) -> Begin:
    """Return a sabotage that changes the errors of which something holds, of some operations, or of all."""

    async def changing(ask: Ask, forward: Forward) -> Answer:
        answer = await forward(ask)
        found = error(answer)
        if not found or not of(found) or (operations and ask.operation not in operations):
            return answer
        return answer.with_json({**answer.json(), "error": change(found)})

    return begins(changing)


def answered(status: int, *, of: Callable[[dict[str, Any]], bool] = bool, operations: tuple[str, ...] = ()) -> Begin:
    """Return a sabotage that answers errors with another status."""

    async def changing(ask: Ask, forward: Forward) -> Answer:
        answer = await forward(ask)
        found = error(answer)
        wanted = found and of(found) and (not operations or ask.operation in operations)
        return replace(answer, status=status) if wanted else answer

    return begins(changing)


def made(operation: str, status: int = 201) -> Begin:
    """Return a sabotage that answers success with another status."""
    return through(operation)(lambda _, answer: replace(answer, status=status))


def about(*params: str) -> Callable[[dict[str, Any]], bool]:
    """Return whether an error is about one of some parameters."""
    return lambda found: found["param"] in params


def says(text: str) -> Callable[[dict[str, Any]], bool]:
    """Return whether an error says something."""
    return lambda found: text in str(found["message"])


def without(member: str, value: Any) -> Any:
    """Return JSON without a member, wherever it stands."""
    match value:
        case dict():
            return {name: without(member, each) for name, each in value.items() if name != member}
        case list():
            return [without(member, each) for each in value]
        case _:
            return value


def taken(operation: str, *params: str, member: str = "") -> Begin:
    """Return a sabotage that takes what is refused for a parameter, by leaving it out; ``member``: that instead."""

    async def taking(ask: Ask, forward: Forward) -> Answer:
        answer = await forward(ask)
        if ask.operation != operation or answer.status != REFUSED or not about(*params)(error(answer)):
            return answer
        less = ask.json()
        for name in (member,) if member else params:
            less = without(name, less)
        return await forward(ask.with_json(less))

    return begins(taking)


def refusing(operation: str, wanted: Callable[[Any], bool], param: str) -> Begin:
    """Return a sabotage that refuses bodies that are sound."""
    message = f"invalid {param}: it is refused"
    body = {"error": {"message": message, "type": "invalid_request_error", "param": param, "code": None}}

    async def refused(ask: Ask, forward: Forward) -> Answer:
        sent = ask.json() if ask.operation == operation else None
        return json_answer(REFUSED, body) if isinstance(sent, dict) and wanted(sent) else await forward(ask)

    return begins(refused)


def respelled(ours: str, spell: Callable[[str], str]) -> Begin:
    """Return a sabotage that shows ids otherwise, and takes them back so; ``ours`` is their expression."""

    def begin() -> Filter:
        known: dict[str, str] = {}
        finder = re.compile(ours)

        def back(text: str) -> str:
            for theirs, id_ in known.items():
                text = text.replace(theirs, id_)
            return text

        def shown(found: re.Match[str]) -> str:
            theirs = spell(found[0])
            known[theirs] = found[0]
            return theirs

        async def spelling(ask: Ask, forward: Forward) -> Answer:
            inner = replace(ask, path=back(ask.path), query=back(ask.query))
            if "json" in ask.header("content-type"):
                inner = inner.with_body(
                    back(inner.body.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")
                )
            answer = await forward(inner)
            if "json" not in answer.header("content-type"):
                return answer
            return answer.with_body(finder.sub(shown, answer.body.decode()).encode())

        return spelling

    return begin


def at_end(change: Change) -> Begin:
    """Return a sabotage that changes a job that has succeeded, wherever it is shown."""

    def changing(value: Any) -> Any:
        if "data" in value:
            return {**value, "data": [changing(each) for each in value["data"]]}
        return change(value) if value.get("status") == "succeeded" else value

    return answers(JOBS, changing)


def while_(status: str, change: Change) -> Begin:
    """Return a sabotage that changes a job in a status, wherever it is shown."""

    def changing(value: Any) -> Any:
        if "data" in value:
            return {**value, "data": [changing(each) for each in value["data"]]}
        return change(value) if value.get("status") == status else value

    return answers(JOBS, changing)


def by_look(change: Callable[[dict[str, Any], int], Any], *, ended: bool = False) -> Begin:
    """Return a sabotage that changes a job that is looked at by the number of looks before, since its end or in all."""

    def changed(memory: dict[str, Any], ask: Ask, job: dict[str, Any]) -> Any:
        if ended and job["status"] not in ENDED:
            return job
        memory[job["id"]] = memory.get(job["id"], -1) + 1
        return change(job, memory[job["id"]])

    return remembering((RETRIEVE,), changed)


def unheard(operation: str, answer: Callable[[Ask, Answer], Any], look: Callable[[Ask], str]) -> Begin:
    """Return a sabotage that answers a call as if it were done; ``look`` is the path of what it would be done to."""

    async def deaf(ask: Ask, forward: Forward) -> Answer:
        if ask.operation != operation:
            return await forward(ask)
        there = await forward(replace(ask, method="GET", path=look(ask), query="", body=b""))
        return there.with_json(answer(ask, there)) if there.status == SUCCESS else await forward(ask)

    return begins(deaf)


def twice(operation: str) -> Begin:
    """Return a sabotage that answers a call that was carried out once in the same way ever after."""

    def begin() -> Filter:
        known: dict[tuple[str, str], Answer] = {}

        async def answering(ask: Ask, forward: Forward) -> Answer:
            answer, name = await forward(ask), (ask.key, ask.path)
            if ask.operation != operation:
                return answer
            if answer.status == SUCCESS:
                known[name] = answer
            return known.get(name, answer)

        return answering

    return begin


def deleted_is_listed(create: str, delete: str, listing: str) -> Begin:
    """Return a sabotage whose list goes on, at its head, with what was deleted."""

    def begin() -> Filter:
        entries: dict[str, Any] = {}
        gone: list[Any] = []

        async def remembered(ask: Ask, forward: Forward) -> Answer:
            answer = await forward(ask)
            if answer.status != SUCCESS:
                return answer
            if ask.operation in (create, listing):
                body = answer.json()
                entries.update({each["id"]: each for each in body.get("data", [body])})
            if ask.operation == delete and (entry := entries.get(answer.json()["id"])):
                gone.append(entry)
            if ask.operation == listing and gone:
                return answer.with_json({**answer.json(), "data": [*gone, *answer.json()["data"]]})
            return answer

        return remembered

    return begin


def headers(
    name: str, value: str | None, *, operations: Callable[[Ask], bool] = lambda ask: bool(ask.operation)
) -> Begin:
    """Return a sabotage that sets a header of answers, or leaves it out."""

    async def changing(ask: Ask, forward: Forward) -> Answer:
        answer = await forward(ask)
        return answer.with_header(name, value) if operations(ask) else answer

    return begins(changing)


def text_of(answer: Answer, value: Any, indent: int | None) -> Answer:
    """Return an answer with JSON that is indented so."""
    return answer.with_body(json.dumps(value, ensure_ascii=False, indent=indent).encode())


def unknown_cursor(ask: Ask, answer: Answer) -> Answer:
    """Answer 404 where a page is asked for after something that there is not."""
    strange = "0" * 20 in (parameter(ask, "after") or "")
    return (
        json_answer(404, {"error": {"message": "None", "type": "x", "param": "after", "code": None}})
        if strange
        else answer
    )
