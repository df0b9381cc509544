"""How a test's tenant begins: its seed, and on top of that what a seed has no word for."""

import re
from collections.abc import Mapping, Sequence
from inspect import signature
from typing import Any

from emulator.client.faults import TenantFaults
from emulator.client.running import Json, Running, Unanswered
from emulator.client.seeds import told
from emulator.client.tenant import Tenant
from emulator.settings import Settings
from emulator.shorthand import unknown

NAME = re.compile(r"[\w-]+")
"""What may be the name of a preset: no number, no second effect."""
PARTS = [name for name in signature(TenantFaults.add).parameters if name != "self"]
"""What a rule may be given as."""


class Begun(Tenant):
    """A tenant that begins, and begins again after a reset, as ``asked`` says.

    ``asked``: any of ``clock`` (a mode), ``scenario`` (for all its jobs), ``seed_file`` (a path), ``faults`` (effects,
    a preset's name, a rule as keywords of ``faults.add``, or several of these), ``dialect``. ``chaos`` is a preset;
    presets are drawn from ``chance``.
    """

    def __init__(self, server: Running, api_key: str, asked: Mapping[str, Any], *, chaos: str, chance: str) -> None:
        super().__init__(server, api_key, dialect=asked.get("dialect"))
        self._asked, self._chaos, self._chance = asked, chaos, chance

    def begin(self) -> None:
        """Make it so; raise Unanswered, BadSeed, or ValueError for what is no rule."""
        if seed := self._seed():
            self.seed(seed)
        self._go_on()

    def reset(self) -> None:
        """Begin again: files, jobs, journal and clock, and the scenario and the faults that it began with."""
        super().reset()
        self._go_on()

    def _seed(self) -> Json:
        """Return what it begins with: the seed file's, on a clock that repeats unless it is a real one."""
        file, mode = self._asked.get("seed_file"), self._asked.get("clock")
        seed = told(file) if file else {}
        if mode and "state" not in seed:
            begins = {} if mode == "real" else {"now": Settings().epoch.isoformat()}
            own = {name: value for name, value in (seed.get("clock") or {}).items() if name == "now"}
            seed["clock"] = {**begins, **own, "mode": mode}
        return seed

    def _go_on(self) -> None:
        if scenario := self._asked.get("scenario"):
            self.scenarios.next(scenario, count=None)
        if self._chaos:
            self.faults.preset(self._chaos, seed=self._chance)
        for rule in _rules(self._asked.get("faults")):
            self._add(rule)

    def _add(self, rule: Mapping[str, Any]) -> None:
        """Set a rule, or those of the preset whose name stands alone in its place."""
        from emulator.core.presets import presets  # noqa: PLC0415 -- it takes a while, and most have no faults

        effects = rule["effects"]
        is_name = isinstance(effects, str) and NAME.fullmatch(effects) and len(rule) == 1
        if is_name and effects in presets():
            self.faults.preset(effects, seed=self._chance)
            return
        try:
            self.faults.add(**rule)
        except Unanswered as error:
            if not is_name:
                raise
            said = f"{error}; or, as a preset, one of {', '.join(presets())}"
            raise Unanswered(said, status=error.status) from None


def _rules(faults: Any) -> Sequence[Mapping[str, Any]]:
    """Return rules as keywords; raise ValueError for a part that no rule has."""
    rules = [] if faults is None else [faults] if isinstance(faults, str | Mapping) else [*faults]
    named: list[Mapping[str, Any]] = [{"effects": each} if isinstance(each, str) else each for each in rules]
    for rule in named:
        if not isinstance(rule, Mapping):
            takes = "takes a text such as 'status=503' or 'flaky', or a rule's parts by name"
            raise ValueError(f"faults: got {rule!r}, {takes}")  # noqa: TRY004 -- a usage error as the others
        for name in rule:
            if name not in PARTS:
                raise ValueError(f"faults: {unknown('part of a rule', str(name), PARTS)}")
        if "effects" not in rule:
            raise ValueError("faults: a rule has effects, such as 'status=503'")
    return named
