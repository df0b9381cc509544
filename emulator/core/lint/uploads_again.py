"""The same file, uploaded over and over."""

from collections import Counter
from collections.abc import Iterator

from emulator.core.lint.asked import UPLOAD, Asked
from emulator.core.lint.client import Client
from emulator.core.lint.finding import Check, Finding, Severity

TIMES_MIN = 3
REMEMBERED_MAX = 10_000


class UploadsAgain(Check):
    """Uploads of the same name and length that were all taken; what is in them is not kept, and so not compared."""

    name = "uploads_again"
    severity = Severity.ADVICE
    about = "What looks like the same file is uploaded three times or more."
    do = "Keep a file's id and use it for the next job: an upload serves any number of them."

    def __init__(self) -> None:
        super().__init__()
        self._seen: Counter[tuple[str, int]] = Counter()
        self._most: tuple[int, str, int] = (0, "", 0)

    def see(self, asked: Asked, client: Client) -> None:
        """Count an upload."""
        name, size = asked.answer.get(asked.advice.form.filename), asked.answer.get("bytes")
        if asked.name != UPLOAD or not isinstance(name, str) or not isinstance(size, int):
            return
        if (name, size) in self._seen or len(self._seen) < REMEMBERED_MAX:
            self._seen[name, size] += 1
            if (count := self._seen[name, size]) >= TIMES_MIN:
                self.requests.add(asked.id)
                self._most = max(self._most, (count, name, size))

    def found(self, client: Client) -> Iterator[Finding]:
        """Tell of the file that came most often."""
        count, _, size = self._most
        if count:
            yield self.finding(f"a file of {size:,} bytes was uploaded {count} times under the same name")
