"""Sabotages of who is let in, of what one token or organization sees of another's, of envelopes and routes."""

import json
import re
from collections.abc import Callable
from dataclasses import replace

from emulator.dialects.nscale import entrance
from tests.contract.sabotages.changes import SUCCESS, Begin, at, begins, drop, parameter, put, renamed, through
from tests.contract.sabotages.entrance import (
    any_key,
    any_scheme,
    exact_scheme,
    leak,
    list_leak,
    nobody,
    nobody_accepted,
)
from tests.contract.sabotages.nscale.changes import DELETED, Json, answered, coded, error, of_nscale, passed, says, told
from tests.contract.sabotages.openai.changes import headers
from tests.contract.sabotages.wrapping import Acts, Answer, Ask, Filter, Forward, Part, json_answer

UNAUTHENTICATED = coded("unauthenticated")
NOT_FOUND = coded("not_found")
HTML = b"<html><body><h1>502 Bad Gateway</h1></body></html>"
NONE, WRONG = says("is missing"), says("is not accepted")


def _key_told() -> Begin:
    """Return a sabotage that repeats a wrong token."""

    async def telling(ask: Ask, forward: Forward) -> Answer:
        answer = await forward(ask)
        if not error(answer) or not WRONG(error(answer)):
            return answer
        return answer.with_json({**error(answer), "message": f"The token {ask.key.partition(' ')[2]} is not accepted."})

    return begins(telling)


def _taken(wanted: Callable[[str], bool]) -> tuple[Part, ...]:
    """Return a sabotage that takes some tokens besides those that are listed."""

    def broken(honest: Callable[..., bool], acts: Acts) -> Callable[..., bool]:
        def accepts(listed: tuple[str, ...], token: str) -> bool:
            if not wanted(token):
                return honest(listed, token)
            acts.note()
            return True

        return accepts

    return (Part(entrance, "accepts", broken),)


def _from_query(ask: Ask, forward: Forward) -> object:
    """Take a token from the query."""
    token = parameter(ask, "access_token")
    return forward(ask.with_header("authorization", f"Bearer {token}") if token and not ask.key else ask)


def _from_header(ask: Ask, forward: Forward) -> object:
    """Take a token from a header of another name."""
    token = ask.header("x-api-key")
    return forward(ask.with_header("authorization", f"Bearer {token}") if token and not ask.key else ask)


async def _body_first(ask: Ask, forward: Forward) -> Answer:
    """Look at the body before the token."""
    if not ask.key and "json" in ask.header("content-type") and ask.json() is None:
        return json_answer(400, {"code": "invalid_argument", "message": "the body is not JSON that can be read"})
    return await forward(ask)


async def _route_first(ask: Ask, forward: Forward) -> Answer:
    """Look at the route before the token."""
    if not ask.key and not ask.operation:
        return json_answer(404, {"code": "not_found", "message": "no operation"})
    return await forward(ask)


async def _html(ask: Ask, forward: Forward) -> Answer:
    """Tell who is not let in as a page."""
    answer = await forward(ask)
    return answer.with_body(HTML, "text/html") if error(answer) and UNAUTHENTICATED(error(answer)) else answer


async def _empty_is_wrong(ask: Ask, forward: Forward) -> Answer:
    """Take an empty token for a wrong one."""
    answer = await forward(ask)
    if ask.key.strip().lower() != "bearer" or answer.status != 401:
        return answer
    return answer.with_json({"code": "unauthenticated", "message": "The service token is not accepted."})


DOOR = of_nscale(
    {
        "no_token_needed": (
            "A request without a token is carried out.",
            (Part(entrance, "bearer", nobody), Part(entrance, "accepts", nobody_accepted)),
        ),
        "any_token": ("Any token is good.", (Part(entrance, "accepts", any_key),)),
        "any_scheme_of_tokens": ("Any scheme is good for a token.", any_scheme()),
        "exact_scheme_of_tokens": ("The scheme has to be written Bearer.", exact_scheme()),
        "token_of_two_parts": ("A token of two parts is good.", _taken(lambda token: token.count(".") == 1)),
        "token_of_four_parts": ("A token of four parts is good.", _taken(lambda token: token.count(".") == 3)),
        "token_of_openai": ("A key of OpenAI's is good.", _taken(lambda token: "sk-proj" in token)),
        "token_of_no_base64": ("A token that is no base64 is good.", _taken(lambda token: "%%%" in token)),
        "token_from_query": ("A token may stand in the query.", begins(_from_query)),  # type: ignore[arg-type]
        "token_from_header": ("A token may stand in x-api-key.", begins(_from_header)),  # type: ignore[arg-type]
        "token_403": ("Who is not let in is told 403.", answered(403, of=UNAUTHENTICATED)),
        "token_missing_403": ("Who has no token is told 403.", answered(403, of=NONE)),
        "token_wrong_404": ("Who has a wrong token is told 404.", answered(404, of=WRONG)),
        "token_code_unauthorized": (
            "Who is not let in is unauthorized.",
            told(put("code", "unauthorized"), of=UNAUTHENTICATED),
        ),
        "token_message_null": ("Who is not let in is told nothing.", told(put("message", None), of=UNAUTHENTICATED)),
        "token_same_words": (
            "No token and a wrong one are told alike.",
            told(put("message", "Unauthorized."), of=UNAUTHENTICATED),
        ),
        "token_told": ("A wrong token is repeated.", _key_told()),
        "token_html": ("Who is not let in is told by a page.", begins(_html)),
        "token_empty_is_wrong": ("An empty token is a wrong one.", begins(_empty_is_wrong)),
        "token_after_body": ("The body is read before the token.", begins(_body_first)),
        "token_after_route": ("The route is looked for before the token.", begins(_route_first)),
        "token_old_envelope": (
            "Who is not let in is told an error.",
            told(lambda found: {"error": found["message"]}, of=UNAUTHENTICATED),
        ),
    }
)


def _one_organization(*things: str) -> Begin:
    """Return a sabotage that has one organization for all, as far as some things go."""

    def begin() -> Filter:
        first: list[str] = []

        async def merging(ask: Ask, forward: Forward) -> Answer:
            found = re.match(r"/api/v1/organizations/([^/]+)/", ask.path)
            if not found:
                return await forward(ask)
            first.append(found[1])
            hit = ask.operation.startswith(things)
            return await forward(replace(ask, path=ask.path.replace(found[1], first[0], 1)) if hit else ask)

        return merging

    return begin


def _leak_of_deletion(operation: str) -> Begin:
    """Return a sabotage that deletes for one token what belongs to another."""

    def begin() -> Filter:
        keys: dict[str, None] = {}

        async def leaking(ask: Ask, forward: Forward) -> Answer:
            answer = await forward(ask)
            if answer.status == SUCCESS and ask.key:
                keys[ask.key] = None
            others = (
                [key for key in keys if key != ask.key] if ask.operation == operation and answer.status == 404 else []
            )
            for key in others:
                other = await forward(ask.with_header("authorization", key))
                if other.status == DELETED:
                    return other
            return answer

        return leaking

    return begin


LEAKS = of_nscale(
    {
        **{
            f"leak_{thing}_{call}": (f"The call {thing}.{call} finds what is another token's.", leak(f"{thing}.{call}"))
            for thing, call in (
                ("files", "retrieve"),
                ("datasets", "retrieve"),
                ("datasets", "update"),
                ("datasets", "create"),
                ("jobs", "retrieve"),
                ("jobs", "metrics"),
                ("jobs", "cancel"),
                ("jobs", "create"),
                ("exports", "list"),
            )
        },
        **{
            f"leak_in_{thing}_list": (f"The list of {thing} has those of all tokens.", list_leak(f"{thing}.list"))
            for thing in ("files", "datasets", "jobs")
        },
        **{
            f"leak_{thing}_delete": (
                f"The call {thing}.delete deletes what is another token's.",
                _leak_of_deletion(f"{thing}.delete"),
            )
            for thing in ("files", "datasets")
        },
        **{
            f"organizations_share_{thing}": (
                f"All organizations of a token share its {thing}.",
                _one_organization(f"{thing}."),
            )
            for thing in ("files", "datasets", "jobs", "exports")
        },
        "organizations_share_metrics": (
            "All organizations of a token share metrics.",
            _one_organization("jobs.metrics"),
        ),
        "organizations_share_models": (
            "All organizations of a token share its models.",
            _one_organization("jobs.download"),
        ),
    }
)


def _errors(change: Callable[[Json], object]) -> Begin:
    return told(change)


def _odd(wanted: Callable[[str], bool], status: int) -> Begin:
    """Return a sabotage that answers an id of some form with another status."""

    async def changing(ask: Ask, forward: Forward) -> Answer:
        answer = await forward(ask)
        hit = answer.status == 404 and ask.operation == "files.retrieve" and wanted(ask.path.rpartition("/")[2])
        return replace(answer, status=status) if hit else answer

    return begins(changing)


def _routes(status: int, value: object) -> Begin:
    return through(status=404)(lambda ask, answer: answer if ask.operation else json_answer(status, value))


def _about(thing: str) -> Callable[[Json], bool]:
    return lambda found: NOT_FOUND(found) and f"the {thing} '" in str(found["message"])


async def _slashed(ask: Ask, forward: Forward) -> Answer:
    """Stumble over a slash at the end."""
    return replace(await forward(ask), status=500) if ask.path.endswith("/") else await forward(ask)


NOT_THERE = of_nscale(
    {
        **{
            f"missing_{thing}_400": (f"The {thing} that there is not is a 400.", answered(400, of=_about(thing)))
            for thing in ("file", "dataset", "job", "export")
        },
        **{
            f"missing_{thing}_unnamed": (
                f"Of the {thing} that there is not the id is not told.",
                told(put("message", f"the {thing} does not exist"), of=_about(thing)),
            )
            for thing in ("file", "dataset", "job", "export")
        },
        **{
            f"missing_{call.replace('.', '_')}_succeeds": (
                f"The call {call} of what is not there answers nothing.",
                passed(call, NOT_FOUND),
            )
            for call in (
                "files.retrieve",
                "datasets.retrieve",
                "jobs.retrieve",
                "jobs.cancel",
                "jobs.metrics",
                "jobs.download",
                "exports.list",
                "exports.create",
            )
        },
        "missing_kind_untold": (
            "What is missing is not told.",
            told(at("message", lambda text: re.sub(r"the (file|dataset|job|export) ", "", text)), of=NOT_FOUND),
        ),
        "missing_code_camel": ("What is missing is notFound.", told(put("code", "notFound"), of=NOT_FOUND)),
        "missing_deletion_204": (
            "What is not there can be deleted.",
            passed("datasets.delete", NOT_FOUND, lambda _: Answer(DELETED, (), b"")),
        ),
        "missing_word_400": ("An id that is no UUID is a 400.", _odd(lambda id_: id_ == "nope", 400)),
        "missing_long_414": ("A long id is a 414.", _odd(lambda id_: len(id_) > 200, 414)),
        "missing_space_400": ("A space for an id is a 400.", _odd(str.isspace, 400)),
        "missing_null_500": ("A null byte is a 500.", _odd(lambda id_: "\0" in id_, 500)),
        "missing_accent_500": ("An id beyond ASCII is a 500.", _odd(lambda id_: not id_.isascii(), 500)),
        "missing_nil_400": (
            "The nil UUID is a 400.",
            _odd(lambda id_: id_ == "00000000-0000-0000-0000-000000000000", 400),
        ),
        "route_unknown_200": ("A route that there is not is a 200.", _routes(200, {})),
        "route_unknown_old": ("A route that there is not has no envelope.", _routes(404, {"detail": "Not Found"})),
        "route_unknown_501": (
            "A route that there is not is a 501.",
            _routes(501, {"code": "unimplemented", "message": "no"}),
        ),
        "method_unknown_404": ("A method that there is not is a 404.", answered(404, of=coded("unimplemented"))),
        "method_unknown_code": (
            "A method that there is not is not allowed.",
            told(put("code", "method_not_allowed"), of=coded("unimplemented")),
        ),
        "method_without_allow": (
            "A method that there is not does not say which there are.",
            through(status=405)(lambda _, answer: answer.with_header("allow", None)),
        ),
        "slash_500": ("A slash at the end is a server error.", begins(_slashed)),
    }
)


async def _cookie(ask: Ask, forward: Forward) -> Answer:
    """Set a cookie."""
    return (await forward(ask)).with_header("set-cookie", "session=1")


ENVELOPE = of_nscale(
    {
        "envelope_error": ("Errors of Nscale's stand under error.", _errors(lambda found: {"error": found})),
        "envelope_detail": ("Errors of Nscale's are a detail.", _errors(lambda found: {"detail": found["message"]})),
        "envelope_list": ("Errors of Nscale's are a list.", _errors(lambda found: [found])),
        "envelope_status": ("Errors of Nscale's tell their status.", _errors(lambda found: {**found, "status": 400})),
        "envelope_details": ("Errors of Nscale's have details.", _errors(put("details", []))),
        "envelope_code_capitals": ("Codes are in capitals.", _errors(at("code", str.upper))),
        "envelope_code_missing": ("Errors have no code.", _errors(drop("code"))),
        "envelope_message_missing": ("Errors have no message.", _errors(drop("message"))),
        "envelope_message_null": ("Errors have null for a message.", _errors(put("message", None))),
        "envelope_message_empty": ("Errors have an empty message.", _errors(put("message", ""))),
        "envelope_msg": ("Messages stand under msg.", _errors(renamed("message", "msg"))),
        "envelope_as_text": (
            "Errors of Nscale's are told as text.",
            through(status=404)(lambda _, answer: answer.with_header("content-type", "text/plain")),
        ),
        "envelope_problem": (
            "Errors are problem documents.",
            through(status=404)(lambda _, answer: answer.with_header("content-type", "application/problem+json")),
        ),
        "envelope_unknown_500": (
            "What is not there is internal.",
            told(lambda _: {"code": "internal", "message": None}, of=NOT_FOUND),
        ),
        "answer_with_cookie": ("An answer sets a cookie.", begins(_cookie)),
        "answer_without_length": ("An answer of Nscale's tells no length.", headers("content-length", None)),
        "answer_indented": (
            "JSON of Nscale's is within a text.",
            through("files.list")(lambda _, answer: answer.with_body(json.dumps(answer.body.decode()).encode())),
        ),
    }
)
