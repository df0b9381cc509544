"""A tenant of a running server as a Python object: its clock, faults, scenarios, journal and state.

It talks to the control API over HTTP, so that it is the same in one's own process and against a container. ``running``
is the one place that asks (the command line asks there as well); beside it, one file a noun. Answers are the JSON of
the control API; what goes wrong is ``Unanswered``, in the server's own sentence.

Every call waits for its answer, a millisecond or so; within an event loop too, which it holds up for that long.
"""

from emulator.client.journal import NotAsExpected
from emulator.client.running import Places, Running, Unanswered, Unreachable
from emulator.client.seeds import BadSeed
from emulator.client.tenant import Tenant

__all__ = ["BadSeed", "NotAsExpected", "Places", "Running", "Tenant", "Unanswered", "Unreachable"]
