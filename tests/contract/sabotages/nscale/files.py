"""Sabotages of files that are there: how they are shown, linked to, listed and deleted."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from tests.contract.sabotages.changes import (
    Begin,
    answers,
    asked,
    at,
    begins,
    data,
    drop,
    limit_off_by,
    parameter,
    put,
    renamed,
    reversed_,
    through,
    without_limit,
)
from tests.contract.sabotages.nscale.changes import (
    DELETED,
    REFUSED,
    answered,
    deaf,
    listed_after_deletion,
    of_nscale,
    passed,
    says,
    with_status,
)
from tests.contract.sabotages.wrapping import Answer, Ask, Filter, Forward, json_answer

UPLOAD, LIST, ALONE, DELETE, CONTENT = "files.create", "files.list", "files.retrieve", "files.delete", "files.content"


def _signed(change: Callable[[Ask], Ask | None]) -> Begin:
    """Return a sabotage that lets links in that are not as they were signed: ``change`` gives the honest request."""

    async def letting_in(ask: Ask, forward: Forward) -> Answer:
        answer = await forward(ask)
        other = change(ask) if answer.status in (401, 403) and ask.path.startswith("/downloads/") else None
        return await forward(other) if other else answer

    return begins(letting_in)


def trusting(wanted: Callable[[Ask, Ask], Ask | None]) -> Begin:
    """Return a sabotage that knows the links that were followed, and takes another for one of them."""

    def begin() -> Filter:
        good: list[Ask] = []

        async def letting_in(ask: Ask, forward: Forward) -> Answer:
            answer = await forward(ask)
            if not ask.path.startswith("/downloads/"):
                return answer
            if answer.status == 200 and ask.query:
                good.append(ask)
            elif answer.status in (401, 403):
                others = (wanted(ask, each) for each in good)
                if other := next((each for each in others if each), None):
                    return await forward(replace(other, method=ask.method))
            return answer

        return letting_in

    return begin


def _same_path(ask: Ask, known: Ask) -> Ask | None:
    return known if ask.path == known.path and ask.query else None


def _later(ask: Ask, known: Ask) -> Ask | None:
    hit = ask.path == known.path and parameter(ask, "signature") == parameter(known, "signature")
    return known if hit and parameter(ask, "expires") not in (None, parameter(known, "expires")) else None


def _endless(ask: Ask, known: Ask) -> Ask | None:
    hit = ask.path == known.path and parameter(ask, "signature") == parameter(known, "signature")
    return known if hit and parameter(ask, "expires") is None else None


def _unsigned(ask: Ask, known: Ask) -> Ask | None:
    return known if ask.path == known.path and not ask.query and not ask.key else None


def _by_token(ask: Ask, known: Ask) -> Ask | None:
    return known if ask.path == known.path and not ask.query and ask.key else None


def _any_path(ask: Ask, known: Ask) -> Ask | None:
    return known if ask.path != known.path and ask.query == known.query else None


def _token_minded() -> Begin:
    """Return a sabotage that refuses a link with a token beside it."""

    async def minding(ask: Ask, forward: Forward) -> Answer:
        if ask.path.startswith("/downloads/") and ask.key and ask.query:
            return json_answer(REFUSED, {"code": "invalid_argument", "message": "only one way to sign is taken"})
        return await forward(ask)

    return begins(minding)


def _token_checked() -> Begin:
    async def checking(ask: Ask, forward: Forward) -> Answer:
        if ask.path.startswith("/downloads/") and ask.key and "." not in ask.key:
            return json_answer(401, {"code": "unauthenticated", "message": "The service token is not accepted."})
        return await forward(ask)

    return begins(checking)


def _used_up() -> Filter:
    """Let a link be followed once."""
    used: set[tuple[str, str]] = set()

    async def counting(ask: Ask, forward: Forward) -> Answer:
        answer = await forward(ask)
        name = (ask.path, ask.query)
        if answer.status != 200 or not ask.path.startswith("/downloads/") or ask.method != "GET":
            return answer
        if name in used:
            return json_answer(403, {"code": "permission_denied", "message": "The link was used."})
        used.add(name)
        return answer

    return counting


def downloads(change: Callable[[Ask, Answer], Answer], operation: str = CONTENT, status: int = 200) -> Begin:
    """Return a sabotage of what a link leads to."""
    return through(operation, status=status)(change)


def unranged(ask: Ask, forward: Forward) -> Any:
    """Take no notice of a range."""
    return forward(ask.with_header("range", None) if ask.path.startswith("/downloads/") else ask)


def _gone(ask: Ask, _: Answer) -> Answer:
    return Answer(DELETED, (), b"")


READ = of_nscale(
    {
        "file_without_link": ("A file on its own has no link.", answers(ALONE, drop("download_url"))),
        "file_url": ("A file's link stands under url.", answers(ALONE, renamed("download_url", "url"))),
        "file_link_relative": (
            "A file's link is relative.",
            answers(ALONE, at("download_url", lambda url: "/" + url.split("/", 3)[3])),
        ),
        "file_link_to_nowhere": (
            "A file's link leads nowhere.",
            answers(ALONE, at("download_url", lambda url: url.replace("/files/", "/file/"))),
        ),
        "file_other_alone": ("A file on its own has no columns.", answers(ALONE, put("columns", None))),
        "file_workspace_other_alone": (
            "A file on its own has another workspace.",
            answers(ALONE, put("workspace_id", "w")),
        ),
        "content_with_newline": (
            "A file's bytes have a line end more.",
            downloads(lambda _, answer: answer.with_body(answer.body + b"\n")),
        ),
        "content_as_text": (
            "A file's bytes are told as text/plain.",
            downloads(lambda _, answer: answer.with_header("content-type", "text/plain")),
        ),
        "content_as_utf8": (
            "A file's bytes are made UTF-8.",
            downloads(lambda _, answer: answer.with_body(answer.body.decode("utf-8", "replace").encode())),
        ),
        "content_inline": (
            "A file is to be shown, not saved.",
            downloads(lambda _, answer: answer.with_header("content-disposition", "inline")),
        ),
        "content_without_length": (
            "A file does not tell its length.",
            downloads(lambda _, answer: answer.with_header("content-length", None)),
        ),
        "content_without_ranges": (
            "A file does not offer ranges.",
            downloads(lambda _, answer: answer.with_header("accept-ranges", None)),
        ),
        "content_unranged": ("A range is answered whole.", begins(unranged)),
        "content_range_untold": (
            "A part does not tell its range.",
            downloads(lambda _, answer: answer.with_header("content-range", None), status=206),
        ),
        "content_range_200": (
            "A part is answered 200.",
            downloads(lambda _, answer: replace(answer, status=200), status=206),
        ),
        "content_range_short": (
            "A part lacks its last byte.",
            downloads(lambda _, answer: answer.with_body(answer.body[:-1]), status=206),
        ),
        "content_range_beyond_200": (
            "A range beyond the end is empty.",
            downloads(lambda _, answer: replace(answer, status=200), status=416),
        ),
        "content_range_beyond_untold": (
            "A range beyond the end tells no length.",
            downloads(lambda _, answer: answer.with_header("content-range", None), status=416),
        ),
        "content_token_minded": ("A token beside a link is refused.", _token_minded()),
        "content_token_checked": ("A wrong token beside a link is refused.", _token_checked()),
        "content_used_up": ("A link can be followed once.", _used_up),
        "link_any_signature": ("Any signature opens a link.", trusting(_same_path)),
        "link_later_end": ("A link's end is not signed.", trusting(_later)),
        "link_endless": ("A link needs no end.", trusting(_endless)),
        "link_unsigned": ("A link needs no signature.", trusting(_unsigned)),
        "link_by_token": ("A token opens what a link leads to.", trusting(_by_token)),
        "link_any_path": ("A signature opens every path.", trusting(_any_path)),
        "link_forged_404": ("A forged link is a 404.", answered(404, of=says("does not match"))),
        "link_forged_401": ("A forged link is a 401.", answered(401, of=says("does not match"))),
        "link_post_200": (
            "A link can be written to.",
            through(status=405)(
                lambda ask, answer: json_answer(200, {}) if ask.path.startswith("/downloads/") else answer
            ),
        ),
        "delete_200": ("A deletion of a file is answered 200.", with_status(DELETE, 200, of=DELETED)),
        "delete_told": (
            "A deletion of a file says so.",
            through(DELETE, status=DELETED)(lambda _, answer: json_answer(200, {"deleted": True})),
        ),
        "delete_unheard": ("A deletion of a file is answered and not done.", deaf(DELETE, _gone)),
        "delete_twice": (
            "A file can be deleted twice.",
            passed(DELETE, says("file"), lambda _: Answer(DELETED, (), b"")),
        ),
        "deleted_listed": ("A deleted file is listed.", listed_after_deletion("files")),
        "listed_null": ("Files are null where there are any.", answers(LIST, put("data", None))),
        "listed_under_files": ("Files stand under files.", answers(LIST, renamed("data", "files"))),
        "listed_bare": ("Files are a bare list.", answers(LIST, lambda body: body["data"])),
        "listed_with_more": (
            "The list of files says whether there are more.",
            answers(LIST, put("has_more", value=False)),
        ),
        "listed_oldest_first": ("The oldest file is listed first.", answers(LIST, data(reversed_))),
        "listed_first_twice": ("The first file is listed twice.", answers(LIST, data(lambda rows: rows[:1] + rows))),
        "listed_ids": (
            "Files are listed by their ids alone.",
            answers(LIST, data(lambda rows: [{"id": row["id"]} for row in rows])),
        ),
        "listed_with_links": (
            "Listed files have links.",
            answers(LIST, data(lambda rows: [{**row, "download_url": "http://x/y"} for row in rows])),
        ),
        "listed_without_columns": (
            "Listed files have no columns.",
            answers(LIST, data(lambda rows: [{**row, "columns": None} for row in rows])),
        ),
        "listed_two": (
            "Two files are listed where no limit is told.",
            begins(
                lambda ask, forward: forward(
                    asked(ask, limit="2") if ask.operation == LIST and not parameter(ask, "limit") else ask
                )
            ),
        ),
        "listed_limit_unheard": ("A limit of files is not heeded.", without_limit(LIST)),
        "listed_limit_more": ("There is a file more than the limit.", limit_off_by(LIST, 1)),
        "listed_limit_zero": (
            "A limit of no files is taken.",
            passed(LIST, says("limit"), lambda _: json_answer(200, {"data": []})),
        ),
        "listed_limit_422": ("A bad limit of files is a 422.", answered(422, of=says("limit"), operations=(LIST,))),
        "listed_capital_false": (
            "Python's False is refused.",
            begins(
                lambda ask, forward: forward(
                    asked(ask, pagination="none") if parameter(ask, "pagination") == "False" else ask
                )
            ),
        ),
        "listed_small_false": (
            "JSON's false is refused.",
            begins(
                lambda ask, forward: forward(
                    asked(ask, pagination="none") if parameter(ask, "pagination") == "false" else ask
                )
            ),
        ),
        "listed_pagination_taken": (
            "Any pagination is taken.",
            passed(LIST, says("pagination"), lambda _: json_answer(200, {"data": []})),
        ),
        "listed_strange_parameter": (
            "A parameter that there is not is refused.",
            begins(lambda ask, forward: forward(asked(ask, limit="none") if parameter(ask, "contract_tests") else ask)),
        ),
    }
)
