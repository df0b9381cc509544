"""The further words in which sabotages of Nscale are told: its envelope, its jobs, and what it refuses."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from tests.contract.sabotages.changes import SUCCESS, Begin, Change, answers, asks, at, begins, through
from tests.contract.sabotages.wrapping import Answer, Ask, Filter, Forward, Sabotage, json_answer, named

Table = Mapping[str, tuple[str, Any]]
Json = dict[str, Any]
JOBS = ("jobs.create", "jobs.retrieve", "jobs.cancel", "jobs.list")
FILES = ("files.create", "files.retrieve", "files.list")
DATASETS = ("datasets.create", "datasets.retrieve", "datasets.update", "datasets.list")
EXPORTS = ("exports.create", "exports.retrieve", "exports.list")
CREATE, RETRIEVE = "jobs.create", "jobs.retrieve"
ENDED = ("completed", "failed", "cancelled")
REFUSED, MISSING, DELETED = 400, 404, 204


def of_nscale(table: Table) -> tuple[Sabotage, ...]:
    """Return the sabotages of a table, named as those of this provider."""
    return named({f"nscale_{name}": told for name, told in table.items()}, dialect="nscale")


def jobs(change: Change, *operations: str) -> Begin:
    """Return a sabotage that changes a job wherever it is shown: on its own, in lists, below ``job``."""

    def changing(body: Json) -> Json:
        if "data" in body:
            return {**body, "data": [change(job) for job in body["data"]]}
        whole: Json = at("job", change)(body) if "dry_run" in body else change(body)
        return whole

    return answers(operations or JOBS, changing)


def numbers(change: Change, *operations: str) -> Begin:
    """Return a sabotage that changes the hyperparameters of jobs."""
    return jobs(at("hyperparameters", change), *operations)


def adapter(change: Change, *operations: str) -> Begin:
    """Return a sabotage that changes the adapter of jobs."""
    return numbers(at("lora", change), *operations)


def when(status: str, change: Change) -> Begin:
    """Return a sabotage that changes a job in a status, wherever it is shown."""
    return jobs(lambda job: change(job) if job["status"] == status else job)


def error(answer: Answer) -> Json:
    """Return the error that an answer tells, or nothing."""
    found = answer.json() if answer.status >= REFUSED and "json" in answer.header("content-type") else {}
    return found if isinstance(found, dict) and "code" in found else {}


def says(*texts: str) -> Callable[[Json], bool]:
    """Return whether an error says something."""
    return lambda found: all(text in str(found.get("message")) for text in texts)


def coded(code: str) -> Callable[[Json], bool]:
    """Return whether an error has a code."""
    return lambda found: found.get("code") == code


def told(change: Change, *, of: Callable[[Json], bool] = bool, operations: tuple[str, ...] = ()) -> Begin:
    """Return a sabotage that changes the errors of which something holds, of some operations, or of all."""

    async def changing(ask: Ask, forward: Forward) -> Answer:
        answer = await forward(ask)
        found = error(answer)
        wanted = found and of(found) and (not operations or ask.operation in operations)
        return answer.with_json(change(found)) if wanted else answer

    return begins(changing)


def answered(status: int, *, of: Callable[[Json], bool] = bool, operations: tuple[str, ...] = ()) -> Begin:
    """Return a sabotage that answers errors with another status."""

    async def changing(ask: Ask, forward: Forward) -> Answer:
        answer = await forward(ask)
        found = error(answer)
        wanted = found and of(found) and (not operations or ask.operation in operations)
        return replace(answer, status=status) if wanted else answer

    return begins(changing)


def passed(
    operation: str, of: Callable[[Json], bool], answer: Callable[[Ask], Answer] = lambda _: json_answer(SUCCESS, {})
) -> Begin:
    """Return a sabotage that answers something else where an operation is refused."""

    async def passing(ask: Ask, forward: Forward) -> Answer:
        honest = await forward(ask)
        found = error(honest) if ask.operation == operation else {}
        return answer(ask) if found and of(found) else honest

    return begins(passing)


def taken(operation: str, of: Callable[[Json], bool], repair: Change) -> Begin:
    """Return a sabotage that takes what is refused, by repairing it."""

    async def taking(ask: Ask, forward: Forward) -> Answer:
        answer = await forward(ask)
        body = ask.json() if ask.operation == operation else None
        if not isinstance(body, dict) or not error(answer) or not of(error(answer)):
            return answer
        return await forward(ask.with_json(repair(body)))

    return begins(taking)


def refusing(operation: str, wanted: Callable[[Json], bool], message: str) -> Begin:
    """Return a sabotage that refuses bodies that are sound."""

    async def refused(ask: Ask, forward: Forward) -> Answer:
        sent = ask.json() if ask.operation == operation else None
        hit = isinstance(sent, dict) and wanted(sent)
        return json_answer(REFUSED, {"code": "invalid_argument", "message": message}) if hit else await forward(ask)

    return begins(refused)


def asked_number(body: Json, name: str) -> Any:
    """Return a hyperparameter that an order names, of the adapter as well; None where there is none."""
    told_ = body.get("hyperparameters")
    if not isinstance(told_, dict):
        return None
    adapter_ = told_.get("lora")
    return told_.get(name, adapter_.get(name) if isinstance(adapter_, dict) else None)


def unnumbered(name: str) -> Change:
    """Return the change that leaves a hyperparameter out, of the adapter as well."""

    def less(value: Any) -> Any:
        return {key: less(each) for key, each in value.items() if key != name} if isinstance(value, dict) else value

    return at("hyperparameters", less)


def with_status(operation: str, status: int, *, of: int = SUCCESS) -> Begin:
    """Return a sabotage that answers success with another status."""
    return through(operation, status=of)(lambda _, answer: replace(answer, status=status))


def deaf(
    operation: str, answer: Callable[[Ask, Answer], Answer], look: Callable[[Ask], str] = lambda ask: ask.path
) -> Begin:
    """Return a sabotage that answers a call as if it were done; ``look`` is the path of what it would be done to."""

    async def hearing_not(ask: Ask, forward: Forward) -> Answer:
        if ask.operation != operation:
            return await forward(ask)
        there = await forward(replace(ask.with_body(b""), method="GET", path=look(ask), query=""))
        return answer(ask, there) if there.status == SUCCESS else await forward(ask)

    return begins(hearing_not)


def listed_after_deletion(thing: str) -> Begin:
    """Return a sabotage whose list goes on with what was deleted."""

    def begin() -> Filter:
        entries: Json = {}
        gone: list[Any] = []

        async def remembered(ask: Ask, forward: Forward) -> Answer:
            answer = await forward(ask)
            if ask.operation == f"{thing}.create" and answer.status == SUCCESS:
                entries[answer.json()["id"]] = answer.json()
            if ask.operation == f"{thing}.delete" and answer.status == DELETED:
                gone.append(entries.get(ask.path.rpartition("/")[2]))
            if ask.operation == f"{thing}.list" and answer.status == SUCCESS and any(gone):
                return answer.with_json({**answer.json(), "data": [*filter(None, gone), *answer.json()["data"]]})
            return answer

        return remembered

    return begin


def frozen(operation: str, after: Callable[[Json], bool], change: Callable[[Json, int], Json]) -> Begin:
    """Return a sabotage that changes an answer by how often it was given since something held of it."""

    def begin() -> Filter:
        count: dict[str, int] = {}

        async def changing(ask: Ask, forward: Forward) -> Answer:
            answer = await forward(ask)
            if ask.operation != operation or answer.status != SUCCESS or not after(answer.json()):
                return answer
            count[ask.path] = count.get(ask.path, -1) + 1
            return answer.with_json(change(answer.json(), count[ask.path]))

        return changing

    return begin


def shifted(member: str, by: int) -> Change:
    """Return the change that adds to a number; null stays."""
    return at(member, lambda number: number + by)


def ordering(change: Callable[[Json], Json], *, dry: bool = False) -> Begin:
    """Return a sabotage that changes an order before it is carried out."""

    def changed(ask: Ask) -> Ask:
        body = ask.json()
        hit = isinstance(body, dict) and isinstance(body.get("dataset"), dict) and bool(body.get("dry_run")) == dry
        return ask.with_json(change(body)) if hit else ask

    return asks(CREATE, changed)


def has(name: str, *values: Any) -> Callable[[Json], bool]:
    """Return whether an order sets a hyperparameter to one of some values, which are of their very types."""
    return lambda order: any(
        asked_number(order, name) == value and type(asked_number(order, name)) is type(value) for value in values
    )
