"""Bodies whose texts can be written down: JSON may hold half of a surrogate pair, which UTF-8 has not."""

import json
import re
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute

ESCAPED = re.compile(rb"\\u[dD][89a-fA-F]")


class ReadableRoute(APIRoute):
    """A route that refuses a JSON body with such a text as one that is not JSON, before anything is done with it."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler of the route."""
        handle = super().get_route_handler()

        async def checked(request: Request) -> Response:
            if "json" in request.headers.get("content-type", "") and ESCAPED.search(body := await request.body()):
                _check(body)
            return await handle(request)

        return checked


def _check(body: bytes) -> None:
    try:
        whole = not _torn(json.loads(body))
    except (ValueError, RecursionError):
        return  # its handler says so
    if not whole:
        context = {"error": "half of a surrogate pair"}
        raise RequestValidationError(
            [{"type": "json_invalid", "loc": ("body", 0), "msg": "JSON decode error", "input": {}, "ctx": context}]
        )


def _torn(value: Any) -> bool:
    """Say whether any text in a JSON value has half of a pair; not by recursion, for it may be nested deeply."""
    left = [value]
    while left:
        match left.pop():
            case str() as text:
                if any("\ud800" <= letter <= "\udfff" for letter in text):
                    return True
            case dict() as members:
                left += [*members, *members.values()]
            case list() as items:
                left += items
            case _:
                pass
    return False
