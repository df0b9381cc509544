"""One line a request on standard error: when, what, how it ended, how long it took. Never a key, never a query."""

import json
import sys
from datetime import UTC, datetime

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from emulator.clock import Host
from emulator.dialects.call import call_in

SHORT = 8


class RequestLog:
    """Write the line once the answer is sent."""

    def __init__(self, app: ASGIApp, *, host: Host, form: str) -> None:
        self._app, self._host, self._form = app, host, form

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started_s, status = self._host(), 0

        async def watched(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        try:
            await self._app(scope, receive, watched)
        finally:
            self._write(scope, status, started_s)

    def _write(self, scope: Scope, status: int, started_s: float) -> None:
        call = call_in(scope)
        entry = {
            "time": f"{datetime.fromtimestamp(started_s, UTC):%Y-%m-%dT%H:%M:%S.%fZ}",
            "method": scope["method"],
            "path": scope["path"],
            "status": status,
            "ms": round((self._host() - started_s) * 1000, 1),
            "tenant": call.caller.account.tenant if call else None,
        }
        print(json.dumps(entry) if self._form == "json" else _line(entry), file=sys.stderr)  # noqa: T201 -- the log


def _line(entry: dict[str, object]) -> str:
    tenant = f"tenant {str(entry['tenant'])[:SHORT]}" if entry["tenant"] else "no tenant"
    path = json.dumps(entry["path"], ensure_ascii=False)[1:-1]  # control characters would forge lines
    return f"{str(entry['time'])[11:23]}  {entry['status']}  {entry['method']} {path}  {entry['ms']} ms  {tenant}"
