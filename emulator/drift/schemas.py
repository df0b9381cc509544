"""Two schemas held against each other, through references on both sides."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from emulator.drift.difference import Difference, Kind
from emulator.drift.spelling import NOTHING, UNIONS, Json, label, last, lookup, plain

Found = list[Difference]

_NESTED = frozenset(
    {"properties", "required", "items", "prefixItems", "additionalProperties", "discriminator", *UNIONS}
)


@dataclass(frozen=True, slots=True)
class Schemas:
    """The schemas of two documents, and what has been found of each pair of them (by identity).

    ``lenient`` takes ``additionalProperties: true`` for what it means, the same as none.
    """

    ours: Json
    theirs: Json
    lenient: bool
    known: dict[tuple[int, int], Found] = field(default_factory=dict)

    def schema(self, ours: Any, theirs: Any) -> Found:
        """Return the differences of two schemas.

        A pair met again below itself counts as equal there: what differs in it is told where it was met first.
        """
        key = (id(ours), id(theirs))
        if key not in self.known:
            self.known[key] = []
            self.known[key] = self._keywords(plain(self.ours, ours), plain(self.theirs, theirs))
        return self.known[key]

    def _keywords(self, ours: Json, theirs: Json) -> Found:
        """Return the differences of two schemas in their plain spelling."""
        found: Found = []
        for keyword in [*theirs, *(name for name in ours if name not in theirs)]:
            if keyword not in _NESTED:
                found += compared(keyword, ours.get(keyword), theirs.get(keyword))
        for keyword in UNIONS:
            found += self._union(keyword, ours.get(keyword, ()), theirs.get(keyword, ()))
        found += self._discriminator(ours.get("discriminator"), theirs.get("discriminator"))
        found += self._object(ours, theirs)
        return found + self._array(ours, theirs)

    def _object(self, ours: Json, theirs: Json) -> Found:
        """Return the differences of what two schemas say of objects."""
        mine, others = ours.get("properties", NOTHING), theirs.get("properties", NOTHING)
        always = {*ours.get("required", ())} & {*theirs.get("required", ())}
        found: Found = []
        for name in [*others, *(name for name in mine if name not in others)]:
            if name in mine and name in others:
                differing = self.schema(mine[name], others[name])
                # Of a member that is always there it says nothing what it is without.
                told = [each for each in differing if each.place or each.keyword != "default" or name not in always]
                found += below(f".{name}", told)
            else:
                required = name in (theirs if name in others else ours).get("required", ())
                found += below(f".{name}", presence(mine.get(name), others.get(name), required=required))
        found += _requirements(ours, theirs)
        return found + self._additional(ours, theirs)

    def _additional(self, ours: Json, theirs: Json) -> Found:
        """Return the difference in what further members two schemas take."""
        default = True if self.lenient else None
        mine, others = (one.get("additionalProperties", default) for one in (ours, theirs))
        if isinstance(mine, Mapping) and isinstance(others, Mapping):
            return below(".*", self.schema(mine, others))
        return compared("additionalProperties", mine, others)

    def _array(self, ours: Json, theirs: Json) -> Found:
        """Return the differences of what two schemas say of arrays."""
        mine, others = ours.get("prefixItems", ()), theirs.get("prefixItems", ())
        found = compared("number of prefixItems", len(mine), len(others))
        for index, (one, other) in enumerate(zip(mine, others, strict=False)):
            found += below(f"[{index}]", self.schema(one, other))
        if "items" in ours or "items" in theirs:
            found += below("[]", self.schema(ours.get("items", NOTHING), theirs.get("items", NOTHING)))
        return found

    def _union(self, keyword: str, ours: Sequence[Any], theirs: Sequence[Any]) -> Found:
        """Return the differences of two lists of alternatives, whose order does not matter."""
        if not ours or not theirs:
            return compared(keyword, [label(one) for one in ours] or None, [label(one) for one in theirs] or None)
        left, unmatched = list(ours), []
        for other in theirs:
            # The one at the same place comes first where the orders agree: equal ones have been taken before it.
            same = next((at for at, one in enumerate(left) if not self.schema(one, other)), None)
            if same is None:
                unmatched.append(other)
            else:
                left.pop(same)
        return self._unmatched(keyword, left, unmatched)

    def _unmatched(self, keyword: str, ours: list[Any], theirs: list[Any]) -> Found:
        """Return how alternatives without an equal differ: from the one of the same name, or from the only one left."""
        alone = len(ours) == len(theirs) == 1
        found: Found = []
        for other in theirs:
            name = label(other)
            at = next((at for at, one in enumerate(ours) if alone or label(one) == name), None)
            if at is None:
                found.append(Difference(f"{keyword} lacks {name}", "lacks", keyword=keyword))
            else:
                found += below(f"({name})", self.schema(ours.pop(at), other))
        return found + [Difference(f"{keyword} has {label(one)} besides", "besides", keyword=keyword) for one in ours]

    def _discriminator(self, ours: Json | None, theirs: Json | None) -> Found:
        """Return the differences of two discriminators; a target's name may differ, not what it stands for."""
        if ours is None or theirs is None:
            return compared("discriminator", ours, theirs)
        mine, others = ours.get("mapping", NOTHING), theirs.get("mapping", NOTHING)
        found = compared("discriminator", ours.get("propertyName"), theirs.get("propertyName"))
        found += compared("discriminator values", sorted(mine), sorted(others))
        for value in sorted(mine.keys() & others.keys()):
            if self.schema(lookup(self.ours, mine[value]), lookup(self.theirs, others[value])):
                found += compared(f"discriminator target of {value}", last(mine[value]), last(others[value]))
        return found


def _requirements(ours: Json, theirs: Json) -> Found:
    """Return the members that only one schema requires, but for those that only one has."""
    mine, others = set(ours.get("required", ())), set(theirs.get("required", ()))
    lone = ours.get("properties", NOTHING).keys() ^ theirs.get("properties", NOTHING).keys()
    return [
        difference
        for name in sorted((mine ^ others) - lone)
        for difference in below(f".{name}", compared("required", name in mine, name in others))
    ]


def presence(ours: Any, theirs: Any, *, required: bool = False) -> Found:
    """Return the difference between something and nothing."""
    if (ours is None) == (theirs is None):
        return []
    kind: Kind = "missing" if ours is None else "extra"
    return [Difference(f"is {kind}", kind, required=required)]


def compared(keyword: str, ours: Any, theirs: Any) -> Found:
    """Return the difference of one keyword's values."""
    if _same(ours, theirs):
        return []
    what = f"{keyword} is {_shown(ours)}, theirs {_shown(theirs)}"
    return [Difference(what, "changed", keyword=keyword, ours=ours, theirs=theirs)]


def _same(one: Any, other: Any) -> bool:
    """Say whether two JSON values are equal; Python would take true for 1."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return bool(one == other)


def _shown(value: Any) -> str:
    """Return a value as a line shows it: YAML's 64 and FastAPI's 64.0 are one number."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "absent" if value is None else json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)


def below(place: str, found: Found) -> Found:
    """Return differences as seen from one level up."""
    return [each.below(place) for each in found]
