"""The control calls that show what a tenant asked and was answered, and hold it against what somebody expects."""

from typing import Annotated, Any, ClassVar, Literal, Self

from fastapi import Query, Request
from pydantic import AwareDatetime, BaseModel, Field, field_validator, model_validator
from starlette.responses import Response, StreamingResponse

from emulator.control.call import whose, world_of
from emulator.control.guard import Forbidden
from emulator.control.wire import Strict
from emulator.core import faults, journal
from emulator.core.journal.har import archive
from emulator.core.journal.verify import STATUS, Expectation, Verdict, like, statuses, strange
from emulator.core.lint import Lint, Report
from emulator.core.webhooks.deliveries import OPERATION as DELIVERY
from emulator.core.world import World
from emulator.faults import EFFECTS
from emulator.shorthand import unknown
from emulator.storage.journal import Entry, Wanted

LIMIT = 100
LIMIT_MAX = 1000
EXPECTATIONS_MAX = 100


class Filters(Strict):
    """Which entries, and how they are answered."""

    kind: ClassVar[str] = "filter"

    operation: str | None = None
    """A name such as `jobs.create`; `jobs.*` is all of jobs, `webhooks.deliver` what an endpoint was sent."""
    status: str | None = None
    """A status such as `429`, a class such as `4xx`, or `none` where nothing was answered."""
    since: AwareDatetime | None = None
    """From this instant of the tenant's clock on."""
    until: AwareDatetime | None = None
    """Before this instant of the tenant's clock."""
    job: str | None = None
    """The job that was asked for, or made."""
    fault: str | None = None
    """The id of a rule, or the name of an effect, that acted on the request."""
    limit: int | None = Field(default=None, ge=1, le=LIMIT_MAX)
    """Entries of a page (100); an archive has all of them without it."""
    after: int = Field(default=0, ge=0, le=2**62)
    """The id of the last entry of the page before."""
    format: Literal["json", "har"] = "json"
    """`har` answers an HTTP Archive 1.2, which browsers' network tools open."""
    tenant: str | None = None
    """The digest of the key whose journal it is, instead of the bearer token."""

    @field_validator("status")
    @classmethod
    def _status(cls, given: str | None) -> str | None:
        _check_status(given)
        return given


class Page(BaseModel):
    """Entries of the journal, oldest first."""

    data: list[Entry]
    has_more: bool


class Cleared(BaseModel):
    """That the journal is empty, and how many entries went."""

    removed: int


class Judged(Strict):
    """What a client is judged by."""

    kind: ClassVar[str] = "parameter"

    after: int = Field(default=0, ge=0, le=2**62)
    """Only entries after the one of this id are looked at."""
    poll_s: float | None = Field(default=None, ge=0, le=1e6)
    """Seconds between a look at a job and the next, instead of the provider's own."""
    tenant: str | None = None
    """The digest of the key whose journal it is, instead of the bearer token."""


class Expected(Strict):
    """So many entries that fit all that is given of `operation`, `status`, `job`, `fault` and `match`."""

    operation: str | None = None
    """A name such as `jobs.create`; `jobs.*` is all of jobs; null is what is no operation of the provider."""
    status: int | str | None = None
    """A status, a class such as `2xx`, or `none` or null where nothing was answered."""
    job: str | None = None
    """The job that was asked for, or made; null: none was."""
    fault: str | None = None
    """The id of a rule, or the name of an effect, that acted on it."""
    match: dict[str, Any] = Field(default_factory=dict)
    """Members of the entry by path, such as `body.model` (the request's), `response.body.id`, `headers.user-agent`,
    `retry`; in a text `*` stands for anything, an object needs the members that are given."""
    count: int | None = Field(default=None, ge=0)
    """Exactly so many; without this, `at_least` and `at_most`, at least one."""
    at_least: int | None = Field(default=None, ge=0)
    """No fewer."""
    at_most: int | None = Field(default=None, ge=0)
    """No more."""

    @field_validator("status")
    @classmethod
    def _status(cls, given: int | str | None) -> int | str | None:
        _check_status(given)
        return given

    @field_validator("match")
    @classmethod
    def _paths(cls, given: dict[str, Any]) -> dict[str, Any]:
        for path, value in given.items():
            if why := strange(path):
                raise ValueError(why)
            if path in STATUS:
                _check_status(value)
        return given

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.count is not None and (self.at_least, self.at_most) != (None, None):
            raise ValueError("count is exact: it takes neither at_least nor at_most beside it")
        if self.at_most is not None and self.at_most < (self.at_least or 0):
            raise ValueError(f"at_least {self.at_least} is more than at_most {self.at_most}")
        return self

    def expectation(self) -> Expectation:
        """Return it as the core has it."""
        named = ("operation", "status", "job", "fault")
        members = {name: getattr(self, name) for name in named if name in self.model_fields_set}
        if self.count is not None:
            return Expectation({**members, **self.match}, self.count, self.count)
        low = self.at_least if self.at_least is not None else int(self.at_most is None)
        return Expectation({**members, **self.match}, low, self.at_most)


class Expectations(Strict):
    """What somebody expects of the journal."""

    expectations: list[Expected] = Field(min_length=1, max_length=EXPECTATIONS_MAX)
    """All are looked at."""
    ordered: bool = False
    """Whether the entries that each needs come after those that the one before it needed."""
    after: int = Field(default=0, ge=0, le=2**62)
    """Only entries after the one of this id count."""


def _check_status(status: Any) -> None:
    """Raise ValueError for what is no status that can be asked for."""
    if not isinstance(status, int | str | None):
        raise ValueError(f"a status is a number or a text, got {str(status)[:100]}")  # noqa: TRY004 -- pydantic reads it
    statuses(status)


async def get_journal(request: Request, asked: Annotated[Filters, Query()]) -> Response | Page:
    """Return the tenant's entries, oldest first."""
    world, tenant, wanted = _world(request), whose(request), _wanted(request, asked)
    if asked.format == "har":
        limit = asked.limit or world.settings.journal
        pages = journal.pages(world, tenant, wanted, after=asked.after, limit=limit)
        headers = {"content-disposition": 'attachment; filename="journal.har"'}
        return StreamingResponse(archive(pages), headers=headers, media_type="application/json")
    data, more = await journal.page(world, tenant, wanted, after=asked.after, limit=asked.limit or LIMIT)
    if not data and asked.fault is not None:
        _check_fault(world, tenant, asked.fault)
    return Page(data=data, has_more=more)


async def get_entry(request: Request, entry_id: int) -> Entry:
    """Return one entry."""
    return await journal.get(_world(request), whose(request), entry_id)


async def delete_journal(request: Request) -> Cleared:
    """Remove all entries of the tenant; the next one goes on counting."""
    return Cleared(removed=await journal.clear(_world(request), whose(request)))


async def verify(request: Request, body: Expectations) -> Verdict:
    """Say which expectations hold, and what came near the others. Whatever was answered before counts."""
    world, tenant = _world(request), whose(request)
    for each in body.expectations:
        _check_operation(request, each.operation)
    expected = [each.expectation() for each in body.expectations]
    return await journal.verify(world, tenant, expected, ordered=body.ordered, after=body.after)


async def lint(request: Request, asked: Annotated[Judged, Query()]) -> Report:
    """Say what is wrong with the client, as far as the journal shows it: whatever was answered before counts."""
    world, tenant = _world(request), whose(request)
    judge = Lint({provider: each.advice for provider, each in request.app.state.faces.items()}, poll_s=asked.poll_s)
    async for entries in journal.pages(world, tenant, Wanted(), after=asked.after, limit=world.settings.journal):
        judge.see(entries)
    return judge.report()


def _world(request: Request) -> World:
    """Return the state of the server; raise Forbidden where it keeps no journal."""
    world = world_of(request)
    if not world.settings.journal:
        raise Forbidden(409, "there is no journal: the setting journal is 0; takes how many requests to keep")
    return world


def _wanted(request: Request, asked: Filters) -> Wanted:
    _check_operation(request, asked.operation)
    status = statuses(asked.status) if asked.status else None
    return Wanted(asked.operation, status, asked.since, asked.until, asked.job, asked.fault)


def _check_operation(request: Request, pattern: str | None) -> None:
    """Raise Forbidden for a pattern that no operation has, nor the delivery of a webhook."""
    names = sorted({DELIVERY, *(each.name for each in request.app.state.operations)})
    if pattern is not None and not any(like(name, pattern) for name in names):
        raise Forbidden(422, unknown("operation", pattern[:100], names))


def _check_fault(world: World, tenant: str, name: str) -> None:
    """Raise Forbidden for a fault that neither acted nor is known."""
    known = [*EFFECTS, "header", *(rule.id or "" for rule, _ in faults.rules(world, tenant))]
    if name not in known:
        raise Forbidden(422, unknown("fault", name[:100], known))


TABLE = (
    ("GET", "/journal", get_journal, Page),
    ("GET", "/journal/lint", lint, Report),
    ("GET", "/journal/{entry_id}", get_entry, Entry),
    ("DELETE", "/journal", delete_journal, Cleared),
    ("POST", "/journal/verify", verify, Verdict),
)
