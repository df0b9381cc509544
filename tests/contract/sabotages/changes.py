"""The words in which most sabotages are told: which answers are changed, and how their JSON becomes another.

``answers("jobs.events", data(reversed_))`` is a sabotage that turns a list round. A *change* takes JSON and returns
other JSON; it may change what it was given in place.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

from tests.contract.sabotages.wrapping import Answer, Ask, Filter, Forward

Change = Callable[[Any], Any]
Begin = Callable[[], Filter]

JOBS = ("jobs.create", "jobs.retrieve", "jobs.cancel", "jobs.list")
FILES = ("files.create", "files.retrieve", "files.list")
CHECKPOINTS = ("jobs.checkpoints", "jobs.checkpoint")
SUCCESS = 200


def begins(filter_: Filter) -> Begin:
    """Return a filter without a memory as the beginning of one."""
    return lambda: filter_


def through(*operations: str, status: int = SUCCESS) -> Callable[[Callable[[Ask, Answer], Answer]], Begin]:
    """Return what makes a sabotage of a function of request and honest answer, for some operations and a status."""

    def made(change: Callable[[Ask, Answer], Answer]) -> Begin:
        async def changing(ask: Ask, forward: Forward) -> Answer:
            answer = await forward(ask)
            wanted = answer.status == status and (not operations or ask.operation in operations)
            return change(ask, answer) if wanted else answer

        return begins(changing)

    return made


def answers(operations: str | tuple[str, ...], change: Change, *, status: int = SUCCESS) -> Begin:
    """Return a sabotage that changes the JSON of the answers to some operations."""
    wanted = (operations,) if isinstance(operations, str) else operations
    return through(*wanted, status=status)(lambda _, answer: answer.with_json(change(answer.json())))


def shown(operations: tuple[str, ...], change: Change) -> Begin:
    """Return a sabotage that changes a thing wherever it is shown: on its own and in lists."""
    return answers(operations, lambda body: each(change)(body) if "data" in body else change(body))


def asks(operation: str, change: Callable[[Ask], Ask]) -> Begin:
    """Return a sabotage that changes a request before it is carried out."""

    async def changing(ask: Ask, forward: Forward) -> Answer:
        return await forward(change(ask) if ask.operation == operation else ask)

    return begins(changing)


def instead(wanted: Callable[[Ask], bool], answer: Callable[[Ask], Answer]) -> Begin:
    """Return a sabotage that answers some requests itself."""

    async def answering(ask: Ask, forward: Forward) -> Answer:
        return answer(ask) if wanted(ask) else await forward(ask)

    return begins(answering)


def data(change: Change) -> Change:
    """Return the change of a list's entries as a change of the list."""
    return at("data", change)


def each(change: Change) -> Change:
    """Return the change of one entry as a change of a list."""
    return data(lambda entries: [change(entry) for entry in entries])


def at(member: str, change: Change) -> Change:
    """Return the change of a member as a change of its object; one that is absent or null stays."""

    def changing(value: Any) -> Any:
        return {**value, member: change(value[member])} if value.get(member) is not None else value

    return changing


def put(member: str, value: Any) -> Change:
    """Return the change that sets a member."""
    return lambda whole: {**whole, member: value}


def drop(member: str) -> Change:
    """Return the change that leaves a member out."""
    return lambda whole: {name: value for name, value in whole.items() if name != member}


def renamed(member: str, other: str) -> Change:
    """Return the change that gives a member another name."""
    return lambda whole: {other if name == member else name: value for name, value in whole.items()}


def inside(member: str) -> Change:
    """Return the change that puts the whole one level deeper."""
    return lambda whole: {member: whole}


def every(*changes: Change) -> Change:
    """Return several changes, one after the other, as one."""

    def changing(value: Any) -> Any:
        for change in changes:
            value = change(value)
        return value

    return changing


def where(holds: Callable[[Any], bool], change: Change) -> Change:
    """Return a change of what something holds of."""
    return lambda value: change(value) if holds(value) else value


def reversed_(entries: list[Any]) -> list[Any]:
    """Turn a list round."""
    return entries[::-1]


def ties_by_id(entries: list[Any]) -> list[Any]:
    """Put what was made within one second in the order of ids; what is newer stays before what is older."""
    return sorted(entries, key=lambda entry: (-entry["created_at"], entry["id"]))


def asked(ask: Ask, **members: str | None) -> Ask:
    """Return a request with other query parameters; None: without the parameter."""
    query = {**dict(parse_qsl(ask.query)), **members}
    return replace(ask, query=urlencode({name: value for name, value in query.items() if value is not None}))


def parameter(ask: Ask, name: str) -> str | None:
    """Return a query parameter of a request."""
    return dict(parse_qsl(ask.query)).get(name)


def without_limit(operation: str) -> Begin:
    """Return a sabotage that takes no notice of a ``limit``, unless it is one that is refused."""
    return asks(operation, lambda ask: asked(ask, limit="1000") if _limit(ask) else ask)


def limit_off_by(operation: str, difference: int) -> Begin:
    """Return a sabotage whose pages have more entries than asked for, or fewer."""
    return asks(operation, lambda ask: asked(ask, limit=str(max(1, _limit(ask) + difference))) if _limit(ask) else ask)


def _limit(ask: Ask) -> int:
    limit = parameter(ask, "limit") or ""
    return int(limit) if limit.isdecimal() else 0


def without_after(operation: str) -> Begin:
    """Return a sabotage that takes no notice of ``after``: every page is the first."""
    return asks(operation, lambda ask: asked(ask, after=None))


def inclusive_after(operation: str) -> Begin:
    """Return a sabotage whose next page begins with the entry that was named, as it was told before."""

    def begin() -> Filter:
        known: dict[str, Any] = {}

        async def changing(ask: Ask, forward: Forward) -> Answer:
            answer = await forward(ask)
            known.update({entry["id"]: entry for entry in _entries(answer)})
            if ask.operation != operation or answer.status != SUCCESS:
                return answer
            body, named = answer.json(), known.get(parameter(ask, "after") or "")
            return answer.with_json({**body, "data": [named, *body["data"]]}) if named else answer

        return changing

    return begin


def _entries(answer: Answer) -> list[Any]:
    """Return what an answer shows that has an id, in a list or on its own."""
    body = answer.json() if "json" in answer.header("content-type") else None
    shown = body.get("data", [body]) if isinstance(body, dict) else []
    return [each for each in shown if isinstance(each, dict) and "id" in each]


def remembering(
    operations: tuple[str, ...], change: Callable[[dict[str, Any], Ask, Any], Any], *, status: int = SUCCESS
) -> Begin:
    """Return a sabotage whose change of an answer's JSON knows what it noted before: memory, request, JSON."""

    def begin() -> Filter:
        memory: dict[str, Any] = {}

        async def changing(ask: Ask, forward: Forward) -> Answer:
            answer = await forward(ask)
            if ask.operation not in operations or answer.status != status:
                return answer
            return answer.with_json(change(memory, ask, answer.json()))

        return changing

    return begin


def seen_before(operation: str, change: Change) -> Begin:
    """Return a sabotage that changes an entry of a list once it has been told before."""

    def changed(memory: dict[str, Any], ask: Ask, body: dict[str, Any]) -> dict[str, Any]:
        told = [change(entry) if entry["id"] in memory else entry for entry in body["data"]]
        memory.update({entry["id"]: True for entry in body["data"]})
        return {**body, "data": told}

    return remembering((operation,), changed)
