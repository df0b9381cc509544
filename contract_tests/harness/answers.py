"""An answer, whose members are there or the test fails in words, never with a KeyError."""

import json
from typing import Any, Self

import httpx

LONGEST = 300
"""Characters of a body that a failure quotes."""


class Obj(dict[str, Any]):
    """A JSON object; asking for a member that it has not is a failed assertion that names those it has."""

    def __missing__(self, name: str) -> Any:
        raise AssertionError(f"there is no member {name!r} among {sorted(self)}")

    @classmethod
    def of(cls, pairs: list[tuple[str, Any]]) -> Self:
        """Return an object of its members; a member that is there twice is a failed assertion."""
        names = [name for name, _ in pairs]
        assert len(set(names)) == len(names), f"a member is there twice among {names}"
        return cls(pairs)


class Answer:
    """What came back: its status, headers and bytes as they are, its JSON only if it is JSON."""

    def __init__(self, response: httpx.Response) -> None:
        self.status = response.status_code
        self.headers = response.headers
        self.content = response.content
        self.asked = f"{response.request.method} {response.request.url.raw_path.decode()}"

    def __repr__(self) -> str:
        return f"<{self.asked}: {self.status} {self.headers.get('content-type')} {self.content[:LONGEST]!r}>"

    @property
    def media_type(self) -> str:
        """The content type without its parameters; empty where there is none."""
        return str(self.headers.get("content-type", "")).partition(";")[0].strip()

    def json(self) -> Any:
        """Return the body as JSON; fail where it, or its content type, is something else."""
        assert self.media_type == "application/json", f"JSON was expected of {self!r}"
        try:
            return json.loads(self.content, object_pairs_hook=Obj.of)
        except ValueError as error:
            raise AssertionError(f"{error} in {self!r}") from None

    def ok(self) -> Obj:
        """Return the object of a 200; fail on anything else."""
        assert self.status == 200, f"200 was expected of {self!r}"
        found = self.json()
        assert isinstance(found, Obj), f"an object was expected of {self!r}"
        return found

    def rows(self) -> list[Obj]:
        """Return the entries of a list's page; fail on anything else."""
        rows = self.ok()["data"]
        assert isinstance(rows, list), f"a list of data was expected of {self!r}"
        assert all(isinstance(row, Obj) for row in rows), f"objects were expected in {self!r}"
        return rows

    def refused(self, status: int) -> Any:
        """Return the ``detail`` of a refusal of that status; fail where the envelope is another."""
        assert self.status == status, f"{status} was expected of {self!r}"
        found = self.json()
        assert isinstance(found, Obj), f"an object was expected of {self!r}"
        assert list(found) == ["detail"], f"nothing but detail was expected of {self!r}"
        return found["detail"]

    def flaws(self) -> list[Obj]:
        """Return the entries of a 422; fail where it is something else."""
        detail = self.refused(422)
        assert isinstance(detail, list), f"a list of flaws was expected of {self!r}"
        assert all(isinstance(flaw, Obj) for flaw in detail), f"objects were expected in {self!r}"
        return detail

    def flaw(self, *loc: str | int) -> Obj:
        """Return the only entry of a 422 at that place."""
        found = [flaw for flaw in self.flaws() if flaw["loc"] == list(loc)]
        assert len(found) == 1, f"one flaw at {list(loc)} was expected of {self!r}"
        return found[0]
