"""JSON that is not called JSON, and forms that are not called forms."""

from collections.abc import Iterator

from emulator.core.lint.asked import CREATE, UPLOAD, Asked
from emulator.core.lint.client import Client
from emulator.core.lint.finding import Check, Finding, Severity, short, times

BAD = 400
SHORT = 60
TAKES = {CREATE: "application/json", UPLOAD: "multipart/form-data"}


class WrongContentType(Check):
    """A body under a content type that its call does not take, and that was refused."""

    name = "wrong_content_type"
    severity = Severity.ERROR
    about = "A job's JSON is not called application/json, or an upload not multipart/form-data."
    do = "Set the Content-Type: `curl -d` calls everything a form, and a form's type needs its boundary."

    def __init__(self) -> None:
        super().__init__()
        self._first: tuple[str, str] | None = None

    def see(self, asked: Asked, client: Client) -> None:
        """Look at what a refused body is called."""
        takes = TAKES.get(asked.name or "")
        if takes is None or asked.status < BAD or not _has_body(asked):
            return
        fits = "json" in asked.content_type if asked.name == CREATE else asked.content_type == takes
        if not fits and not asked.entry.faults:
            self.requests.add(asked.id)
            self._first = self._first or (asked.name or "", short(asked.content_type, SHORT) or "nothing")

    def found(self, client: Client) -> Iterator[Finding]:
        """Tell of the first."""
        if self._first:
            name, called = self._first
            yield self.finding(
                f"{times(self.requests.count, 'request')}; {name} was sent as {called}, and takes {TAKES[name]}"
            )


def _has_body(asked: Asked) -> bool:
    return asked.entry.request.bytes > 0 or asked.entry.request.headers.get("content-length", "0") != "0"
