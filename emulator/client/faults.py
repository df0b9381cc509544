"""What goes wrong with a tenant's requests."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from emulator.client.running import Calls, Json

Effects = str | Sequence[str | Mapping[str, Any]]
"""As a person writes them, ``latency=2; status=503``, or a list of such texts and of objects."""
Rules = list[Json]


@dataclass(frozen=True, slots=True)
class TenantFaults:
    """The rules that hold for a tenant: which requests, how many of them, and what goes wrong with each."""

    calls: Calls

    def list(self) -> Rules:
        """Return the rules that hold, the server's own first, with the ``matches`` and ``hits`` of each."""
        return _rules(self.calls.ask("GET", "/faults"))

    def get(self, rule_id: str) -> Json:
        """Return one rule; raise Unanswered where there is none of that id."""
        answer: Json = self.calls.ask("GET", _path(rule_id))
        return answer

    def add(
        self,
        effects: Effects,
        *,
        id: str | None = None,  # noqa: A002 -- what the rule calls it
        match: str | Sequence[str] | Mapping[str, Any] | None = None,
        operation: str | Sequence[str] | None = None,
        method: str | None = None,
        path: str | None = None,
        tenant: str | None = None,
        model: str | None = None,
        status: str | Sequence[str] | None = None,
        header: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        budget: Mapping[str, Any] | None = None,
        first: int | None = None,
        nth: int | None = None,
        every: int | None = None,
        after: int | None = None,
        probability: float | None = None,
        seed: str | None = None,
        seconds: float | None = None,
        until: datetime | str | None = None,
    ) -> Json:
        """Set a rule and return it; raise Unanswered where it is none, ValueError for a part that is given twice.

        ``match`` is an operation such as ``jobs.create``, several, or an object with the members ``operation`` to
        ``body``, which may be given apart as well; without any, all requests match. ``first`` to ``until``, or
        all in ``budget``: without any, the rule acts on all that match. A rule of the same ``id`` is replaced.
        """
        named = match if isinstance(match, Mapping) else _given(operation=match)
        which = _given(operation=operation, method=method, path=path, tenant=tenant)
        inside = _given(model=model, status=status, header=header, body=body)
        numbers = _given(first=first, nth=nth, every=every, after=after)
        instant = until.isoformat() if isinstance(until, datetime) else until
        others = _given(probability=probability, seed=seed, seconds=seconds, until=instant)
        parts = {
            "match": _once("match", named, {**which, **inside}),
            "budget": _once("budget", budget or {}, {**numbers, **others}),
        }
        written = {**_given(id=id), **parts, "effects": effects}
        return self.load([written])[0]

    def load(self, rules: Sequence[Mapping[str, Any]]) -> Rules:
        """Set several rules in the control API's own form, all or none; return them."""
        return _rules(self.calls.ask("POST", "/faults", {"rules": [*rules]}))

    def preset(self, name: str, *, seed: str | int = "") -> Rules:
        """Set the rules of a preset (``flaky``, ``degraded``, ``hostile``); ``seed`` makes runs differ."""
        return _rules(self.calls.ask("POST", "/faults", {"preset": name, "seed": str(seed)}))

    def remove(self, rule_id: str) -> Rules:
        """Take a rule back, and return those that are left; raise Unanswered where there is none of that id."""
        return _rules(self.calls.ask("DELETE", _path(rule_id)))

    def clear(self) -> Rules:
        """Take back all that the tenant set, and return what is left: what the server started with."""
        return _rules(self.calls.ask("DELETE", "/faults"))


def _path(rule_id: str) -> str:
    return f"/faults/{quote(rule_id, safe='')}"


def _rules(answer: Json) -> Rules:
    rules: Rules = answer["rules"]
    return rules


def _once(name: str, whole: Mapping[str, Any], apart: Mapping[str, Any]) -> Json:
    """Return a part of a rule with what was given of it apart; raise ValueError where both say the same member."""
    for member in apart:
        if member in whole:
            raise ValueError(f"{member} is given twice: as {apart[member]!r}, and as {whole[member]!r} in {name}")
    return {**whole, **apart}


def _given(**members: Any) -> Json:
    return {name: value for name, value in members.items() if value is not None}
