"""What can go wrong with a request: Rule = Match × Budget × Effect, and one small file an effect.

``match`` which requests · ``rule`` how many of them, and the whole · ``effect`` what an effect is · ``connection``
what is below a request · ``answer`` how an answer is changed on its way · ``header`` what a header may hold. Every
other file is an effect; a new one is a file here and a line in ``EFFECTS``.

Rules are plain values, and effects wrap an ASGI application; who keeps the rules and asks them is not known here.
"""

from emulator.faults.apply_then_fail import ApplyThenFail
from emulator.faults.corrupt_download import CorruptDownload
from emulator.faults.duplicate_delivery import DuplicateDelivery
from emulator.faults.effect import Effect
from emulator.faults.empty_body import EmptyBody
from emulator.faults.fail_before_apply import FailBeforeApply
from emulator.faults.html_error import HtmlError
from emulator.faults.latency import Latency
from emulator.faults.malformed_json import MalformedJson
from emulator.faults.not_found_for import NotFoundFor
from emulator.faults.rate_limit import RateLimit
from emulator.faults.reset import Reset
from emulator.faults.slow_body import SlowBody
from emulator.faults.stale_read import StaleRead
from emulator.faults.status import Status
from emulator.faults.storage_full import StorageFull
from emulator.faults.timeout import Timeout
from emulator.faults.truncate import Truncate
from emulator.faults.unauthorized_after import UnauthorizedAfter
from emulator.faults.wrong_content_type import WrongContentType

EFFECTS: dict[str, type[Effect]] = {
    each.name: each
    for each in (
        ApplyThenFail,
        CorruptDownload,
        DuplicateDelivery,
        EmptyBody,
        FailBeforeApply,
        HtmlError,
        Latency,
        MalformedJson,
        NotFoundFor,
        RateLimit,
        Reset,
        SlowBody,
        StaleRead,
        Status,
        StorageFull,
        Timeout,
        Truncate,
        UnauthorizedAfter,
        WrongContentType,
    )
}
