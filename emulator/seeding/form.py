"""How a seed file is written: YAML or JSON by people, who are told the nearest name of what they misspell.

API keys stand in it, so no refusal repeats a value.
"""

import difflib
import json
from base64 import b64decode
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, model_validator

from emulator.settings import BadSetting
from emulator.shorthand import unknown

NEAR = 0.75
"""How alike a member of a job must be to one of ours to be meant as that, and not as one of the provider's."""
ORIGINS = 3
"""Ways to say where a file's bytes are from."""
Age = Annotated[float, Field(ge=0, le=10**9)]
Id = Annotated[str, Field(pattern=r"^[\w.-]{1,128}$")]


class Plain(BaseModel):
    """A part of a seed file; a member that is not known is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True, allow_inf_nan=False)

    what: ClassVar[str]
    """What a person calls it."""

    @model_validator(mode="before")
    @classmethod
    def _spelled_right(cls, given: Any) -> Any:
        if not isinstance(given, Mapping):
            raise ValueError(f"{cls.what} is an object")  # noqa: TRY004 -- pydantic reads it
        takes_all = cls.model_config.get("extra") == "allow"
        for name in map(str, given):
            meant = difflib.get_close_matches(name, cls.model_fields, n=1, cutoff=NEAR) if takes_all else [name]
            if meant and name not in cls.model_fields:
                raise ValueError(cls._no_such(name))
        return given

    @classmethod
    def _no_such(cls, name: str) -> str:
        """Return what to say of a member that there is not; one like none of ours may be a key, and is not repeated."""
        if difflib.get_close_matches(name, cls.model_fields, n=1):
            return unknown(f"member of {cls.what}", name, cls.model_fields)
        return f"{cls.what} takes the members {', '.join(cls.model_fields)}, got another"


class SeedClock(Plain):
    """A clock of the tenant's own."""

    what = "a clock"

    mode: Literal["real", "manual", "poll"]
    """What makes time go."""
    rate: Annotated[float, Field(ge=0, le=1e9)] | None = None
    """Virtual seconds a host second; without it, the mode's own."""
    now: AwareDatetime | None = None
    """What it shows when the tenant is loaded; without it, what the server's clock shows then."""


def _in_base64(text: str) -> str:
    try:
        b64decode(text, validate=True)
    except ValueError as error:
        raise ValueError(f"it is not base64: {error}") from None
    return text


class SeedBytes(Plain):
    """What has bytes."""

    content: str | None = None
    """Its text; or `base64`, or `path`."""
    base64: Annotated[str, AfterValidator(_in_base64)] | None = None
    """Its bytes in base64, where they are no text."""
    path: str | None = None
    """Where its bytes lie, relative to the seed file."""

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        if [self.content, self.base64, self.path].count(None) != ORIGINS - 1:
            raise ValueError(f"{self.what} has either content, base64 or path")
        return self

    @property
    def given(self) -> bytes:
        """Its bytes, where no path says where they lie."""
        return b64decode(self.base64) if self.base64 is not None else (self.content or "").encode()


class SeedUpload(SeedBytes):
    """A file that was uploaded."""

    what = "a file"

    name: Annotated[str, Field(min_length=1, max_length=1000)] | None = None
    """Its name, by which jobs refer to it; without it, that of `path`."""
    purpose: str = "fine-tune"
    """What it is for, in the provider's words."""
    id: Id | None = None
    """Its id; without it, one follows from the server's seed."""
    age_s: Age | None = None
    """How long ago it was uploaded, in virtual seconds; without it, just before the oldest job."""
    project: str | None = None
    """The project within which it was uploaded."""

    @model_validator(mode="after")
    def _named(self) -> Self:
        if self.name is None and self.path is None:
            raise ValueError("a file without a path has a name")
        return self

    @property
    def called(self) -> str:
        """The name of the file."""
        return self.name or Path(self.path or "").name


class SeedPart(SeedBytes):
    """A part of an upload that has come."""

    what = "a part"

    id: Id | None = None
    """Its id; without it, one follows from the server's seed."""


class SeedPending(Plain):
    """An upload in parts that was begun, and waits to be completed."""

    what = "an upload"

    name: Annotated[str, Field(min_length=1, max_length=1000)]
    """The name of the file that it is to become."""
    purpose: str = "fine-tune"
    """What that is for, in the provider's words."""
    mime_type: str = "application/octet-stream"
    """What it was said to be."""
    bytes: Annotated[int, Field(ge=0, le=2**43)] | None = None
    """How many it was said to have; without it, as many as its parts have."""
    id: Id | None = None
    """Its id; without it, one follows from the server's seed."""
    age_s: Age = 0
    """How long ago it was begun, in virtual seconds."""
    parts: list[SeedPart] = Field(default_factory=list)
    """Those that have come, in order."""


class SeedDataset(Plain):
    """Files under a name, from which jobs are made, where the provider has such."""

    what = "a dataset"

    name: Annotated[str, Field(min_length=1, max_length=1000)]
    """Its name, by which jobs refer to it, as to `dataset.id`."""
    training_file: str
    """The name or the id of a file of this tenant."""
    validation_file: str | None = None
    """Likewise."""
    id: Id | None = None
    """Its id; without it, one follows from the server's seed."""
    age_s: Age | None = None
    """How long ago it was made, in virtual seconds; without it, just before the oldest job."""


class SeedModel(Plain):
    """A model that is there without a job that made it."""

    what = "a model"

    name: Annotated[str, Field(min_length=1, max_length=200)]
    """Its name, by which it is asked for."""
    base_model: str
    """What it was tuned from."""
    age_s: Age | None = None
    """How long ago it was made, in virtual seconds; without it, just before the oldest job."""


class SeedPermission(Plain):
    """That a project may use the model of a checkpoint."""

    what = "a permission"

    model: str
    """The name of the model."""
    project_id: str
    """The project that it was given to."""
    id: Id | None = None
    """Its id; without it, one follows from the server's seed."""
    age_s: Age = 0
    """How long ago it was given, in virtual seconds."""


class SeedJob(Plain):
    """A job that was created: besides what is named here, the members of the provider's own create request."""

    model_config = ConfigDict(extra="allow")

    what = "a job"

    model: str | None = None
    """The base model, where the provider's request has it under this name."""
    training_file: str | None = None
    """The name or the id of a file of this tenant."""
    validation_file: str | None = None
    """Likewise."""
    id: Id | None = None
    """Its id; without it, one follows from the server's seed."""
    age_s: Age = 0
    """How long ago it was created, in virtual seconds."""
    cancelled_age_s: Age | None = None
    """How long ago it was cancelled, in virtual seconds; without it, it was not."""
    scenario: Annotated[str, Field(min_length=1)] | None = None
    """How it goes, as in the header `X-Emulator-Scenario`; without it, it succeeds, whatever the server's own is."""
    project: str | None = None
    """The project within which it was created."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.cancelled_age_s is not None and self.cancelled_age_s > self.age_s:
            raise ValueError("a job is created before it is cancelled: cancelled_age_s is at most age_s")
        return self

    @property
    def body(self) -> dict[str, Any]:
        """The create request, its files and its dataset still by the names used here."""
        own = {"model": self.model, "training_file": self.training_file, "validation_file": self.validation_file}
        return {**{name: value for name, value in own.items() if value is not None}, **(self.model_extra or {})}


class SeedState(Plain):
    """What one tenant starts with: files and jobs, or a whole exported state."""

    what = "a seed"

    dialect: str | None = None
    """The provider whose files and jobs these are; without it, the one at the root."""
    organization: Annotated[str, Field(pattern=r"^[^/\x00-\x1f\x7f]{1,200}$")] | None = None
    """The organization, where the provider's paths name one; without it, the key's own (of several, the first's)."""
    clock: SeedClock | None = None
    """A clock of its own; without it, it has the server's."""
    files: list[SeedUpload] = Field(default_factory=list)
    """In the order of their upload, where they are of an age."""
    jobs: list[SeedJob] = Field(default_factory=list)
    """In the order of their creation, where they are of an age."""
    datasets: list[SeedDataset] = Field(default_factory=list)
    """Files under names, where the provider makes jobs from such."""
    uploads: list[SeedPending] = Field(default_factory=list)
    """Those in parts that are not completed, where the provider has such."""
    models: list[SeedModel] = Field(default_factory=list)
    """Those that no job of these has made."""
    permissions: list[SeedPermission] = Field(default_factory=list)
    """Who may use models of checkpoints, where the provider has such."""
    state: str | dict[str, Any] | None = None
    """An exported state instead of all that, or where one lies, relative to the seed file. It has its own clock."""

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        if self.state is not None and (self._things or self.clock or self.dialect or self.organization):
            raise ValueError("a tenant with a state has no files, jobs, clock, dialect or organization beside it")
        return self

    @property
    def _things(self) -> list[Plain]:
        """All that is to be made."""
        return [*self.files, *self.datasets, *self.jobs, *self.uploads, *self.models, *self.permissions]

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to be made, but perhaps a clock to be set."""
        return not self._things and self.state is None

    def check_inline(self) -> None:
        """Raise BadSetting where it names a file to be read: of what somebody sends, none is."""
        files = {f"files[{number}]": file for number, file in enumerate(self.files)}
        parts = {
            f"uploads[{number}].parts[{place}]": part
            for number, upload in enumerate(self.uploads)
            for place, part in enumerate(upload.parts)
        }
        for where, each in {**files, **parts}.items():
            if each.path is not None:
                raise BadSetting(f"{where}.path: no path is read here; takes content, or base64")
        if isinstance(self.state, str):
            raise BadSetting("state: no path is read here; takes the exported state itself")


class SeedTenant(SeedState):
    """One tenant of a seed file, and its keys."""

    what = "a tenant"

    keys: Annotated[list[Annotated[str, Field(min_length=1)]], Field(min_length=1)]
    """The API keys that share this state. They are not kept."""


class SeedFile(Plain):
    """The state that a server starts from and is reset to."""

    what = "a seed file"

    tenants: Annotated[list[SeedTenant], Field(min_length=1)]
    """Each with its keys."""


def schema() -> dict[str, Any]:
    """Return the JSON Schema of seed files, with which editors complete and check them."""
    document = {"$schema": "https://json-schema.org/draft/2020-12/schema", **SeedFile.model_json_schema()}
    return {**document, "$comment": "Written by the tests, from the code."}


def written(path: Path) -> SeedFile:
    """Return what a seed file says; raise BadSetting, which says where it is wrong."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise BadSetting(f"it cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise BadSetting("it is not a text in UTF-8") from None
    try:
        return SeedFile.model_validate(_json(text) if path.suffix == ".json" else _yaml(text))
    except ValidationError as error:
        raise BadSetting(complaint(error)) from None
    except RecursionError:
        raise BadSetting("it is nested too deeply") from None


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise BadSetting(f"it is not JSON: {error}") from None


def _yaml(text: str) -> Any:
    import yaml  # noqa: PLC0415 -- most servers start without a seed file, and it takes a while

    try:
        return yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:  # whose text quotes the line, and so perhaps a key
        mark = error.problem_mark or error.context_mark
        where = f" at line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise BadSetting(f"it is not YAML{where}") from None
    except (yaml.YAMLError, ValueError):  # a date such as 2026-99-99 is a ValueError
        raise BadSetting("it is not YAML: a character or a value that YAML does not take") from None


def complaint(error: ValidationError) -> str:
    """Return the flaws that were found, each with its place and without its value."""
    return "; ".join(
        f"{place(flaw['loc'])}: {flaw['msg'].removeprefix('Value error, ')}".removeprefix(": ")
        for flaw in error.errors(include_input=False, include_url=False)
    )


def place(loc: Sequence[str | int]) -> str:
    """Return a place as people write it: ``tenants[0].jobs[1].model``."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in loc).lstrip(".")
