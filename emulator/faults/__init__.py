"""What can go wrong with a request: Rule = Match × Budget × Effect, and one small file an effect.

``match`` which requests · ``rule`` how many of them, and the whole · ``effect`` what an effect is · ``connection``
what is below a request. Every other file is an effect; a new one is a file here and a line in ``EFFECTS``.

Rules are plain values, and effects wrap an ASGI application; who keeps the rules and asks them is not known here.
"""

from emulator.faults.effect import Effect
from emulator.faults.latency import Latency
from emulator.faults.status import Status

EFFECTS: dict[str, type[Effect]] = {each.name: each for each in (Latency, Status)}
