"""A gateway before the provider answers a page for people."""

from http import HTTPStatus
from typing import ClassVar

from pydantic import Field
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from emulator.faults.effect import Effect, Stage, Voice

PAGE = """\
<html>
<head><title>{title}</title></head>
<body>
<h1>{title}</h1>
<p>The gateway got no valid answer from the service behind it.</p>
<hr>nginx
</body>
</html>
"""
PHRASES = {status.value: status.phrase for status in HTTPStatus}


class HtmlError(Effect):
    """Answer an HTML page, as a gateway does whose service is gone; the request is not carried out."""

    name: ClassVar[str] = "html_error"
    main: ClassVar[str | None] = "code"
    stage: ClassVar[Stage] = Stage.ANSWER

    code: int = Field(default=502, ge=400, le=599)
    """The status."""

    def wrap(self, app: ASGIApp, voice: Voice) -> ASGIApp:
        """Answer, and let nothing in."""

        async def answering(scope: Scope, receive: Receive, send: Send) -> None:
            title = f"{self.code} {PHRASES.get(self.code, 'Error')}"
            headers = {"content-type": "text/html", "server": "nginx"}
            await Response(PAGE.format(title=title), self.code, headers)(scope, receive, send)

        return answering
