"""The same order, made over and over although each was answered."""

from collections.abc import Iterator

from emulator.core.lint.asked import CREATE, Asked, text
from emulator.core.lint.client import Client
from emulator.core.lint.duplicates import FAR_S
from emulator.core.lint.finding import Check, Finding, Severity

TIMES_MIN = 3
REMEMBERED_MAX = 1000


class OrdersAgain(Check):
    """Three jobs or more of one order under way at once, each of which the client was told of.

    One who wants several runs of an order has each say something of its own, or they cannot be told apart; some may
    not care. Jobs that ended or were cancelled before the next was ordered do not count, nor does an order of the
    day before; a repetition of one whose answer was lost is another finding.
    """

    name = "orders_again"
    severity = Severity.ADVICE
    about = "Three jobs or more of the same order are under way at once, and each was answered: each is paid for."
    do = (
        "Order once; where several runs are meant give each a name or suffix that tells them apart, and its own seed"
        " where the provider takes one."
    )

    def __init__(self) -> None:
        super().__init__()
        self._going: dict[str, list[tuple[int, str, float]]] = {}
        self._most: list[str] = []

    def see(self, asked: Asked, client: Client) -> None:
        """Note a job that was made, beside those of the same order that are under way."""
        order, job = asked.ordered, text(asked.answer.get("id"))
        if asked.name != CREATE or order is None or job is None:
            return
        before = [each for each in self._going.pop(order, []) if _is_going(each[1], client)]
        near = [each for each in before if asked.starts_s - each[2] <= FAR_S]
        self._going[order] = [*near, (asked.id, job, asked.ends_s)][-REMEMBERED_MAX:]
        if len(near) + 1 >= TIMES_MIN:
            # The ones before the third belong to it, and are noted with it.
            self.requests.add(*(each[0] for each in near if len(near) + 1 == TIMES_MIN), asked.id)
            self._most = max(self._most, [*(each[1] for each in near), job], key=len)
        if len(self._going) > REMEMBERED_MAX:
            self._going.pop(next(iter(self._going)))

    def found(self, client: Client) -> Iterator[Finding]:
        """Tell of the order that was made most often."""
        if self._most:
            yield self.finding(f"{len(self._most)} jobs of the same order at once: {', '.join(self._most[:TIMES_MIN])}")


def _is_going(id_: str, client: Client) -> bool:
    """Say whether the client knows of no end of a job."""
    job = client.job(id_)
    return job is None or not (job.ended or job.cancelled)
