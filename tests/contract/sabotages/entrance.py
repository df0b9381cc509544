"""Sabotages of who is let in, of what one key sees of another's, and of secrets."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from starlette.requests import HTTPConnection
from starlette.types import Scope

from emulator.dialects import dialect
from tests.contract.sabotages.changes import JOBS, SUCCESS, Begin, begins, through
from tests.contract.sabotages.wrapping import Acts, Answer, Ask, Filter, Forward, Part, json_answer, named

REFUSED = 401
KEY_OF_NOBODY = "nobody"
SECRETS = {"wandb": "api_key", "hf": "api_token", "mlflow": "password"}
HTML = b"<html><body><h1>401 Unauthorized</h1></body></html>"


def _scheme(ask: Ask) -> str:
    return ask.key.partition(" ")[0]


def any_scheme() -> Begin:
    async def letting_in(ask: Ask, forward: Forward) -> Answer:
        scheme, _, key = ask.key.partition(" ")
        other = ask.operation and scheme and scheme.lower() != "bearer"
        return await forward(ask.with_header("authorization", f"Bearer {key or scheme}") if other else ask)

    return begins(letting_in)


def any_key(honest: Callable[..., bool], acts: Acts) -> Callable[..., bool]:
    """Accept every key."""

    def accepts(*given: Any) -> bool:
        if not honest(*given):
            acts.note()
        return True

    return accepts


def nobody(honest: Callable[..., str | None], acts: Acts) -> Callable[..., str | None]:
    """Take a request without a key for that of one more tenant."""

    def bearer(scope: Scope) -> str | None:
        key = honest(scope)
        if key is None and not HTTPConnection(scope).headers.get("authorization"):
            acts.note()
            return KEY_OF_NOBODY
        return key

    return bearer


def nobody_accepted(honest: Callable[..., bool], acts: Acts) -> Callable[..., bool]:
    return lambda keys, key: key == KEY_OF_NOBODY or honest(keys, key)


def exact_scheme() -> Begin:
    async def letting_in(ask: Ask, forward: Forward) -> Answer:
        strange = _scheme(ask).lower() == "bearer" and _scheme(ask) != "Bearer"
        return await forward(ask.with_header("authorization", None) if strange else ask)

    return begins(letting_in)


def leak(operation: str, *, status: int = 404) -> Begin:
    """Return a sabotage that finds for one key what belongs to another; ``status`` is how it is honestly refused."""

    def begin() -> Filter:
        keys: dict[str, None] = {}

        async def leaking(ask: Ask, forward: Forward) -> Answer:
            answer = await forward(ask)
            if answer.status == SUCCESS:
                keys[ask.key] = None
            if ask.operation != operation or answer.status != status:
                return answer
            for key in (each for each in keys if each != ask.key):
                other = await forward(ask.with_header("authorization", key))
                if other.status == SUCCESS:
                    return other
            return answer

        return leaking

    return begin


def list_leak(operation: str) -> Begin:
    """Return a sabotage whose list has the entries of all keys."""

    def begin() -> Filter:
        keys: dict[str, None] = {}

        async def leaking(ask: Ask, forward: Forward) -> Answer:
            answer = await forward(ask)
            if answer.status != SUCCESS or not ask.key:
                return answer
            keys[ask.key] = None
            if ask.operation != operation:
                return answer
            others = [await forward(ask.with_header("authorization", key)) for key in keys if key != ask.key]
            body = answer.json()
            theirs = [entry for other in others if other.status == SUCCESS for entry in other.json()["data"]]
            return answer.with_json({**body, "data": [*body["data"], *theirs]}) if theirs else answer

        return leaking

    return begin


def _telling(kind: str, *operations: str) -> Begin:
    """Return a sabotage that answers an integration with the secret it was sent with."""
    name = SECRETS[kind]

    def begin() -> Filter:
        secrets: dict[str, str] = {}

        def told(job: dict[str, Any]) -> dict[str, Any]:
            own = [
                {**each, kind: {**each[kind], name: secrets[job["id"]]}}
                if kind in each and job["id"] in secrets
                else each
                for each in job["integrations"] or []
            ]
            return {**job, "integrations": own} if own else job

        async def telling(ask: Ask, forward: Forward) -> Answer:
            answer = await forward(ask)
            if ask.operation not in JOBS or answer.status != SUCCESS:
                return answer
            body = answer.json()
            if ask.operation == "jobs.create":
                sent = [each[kind][name] for each in ask.json().get("integrations") or [] if kind in each]
                secrets.update(dict.fromkeys([body["id"]] if sent else [], sent[-1] if sent else ""))
            if ask.operation not in operations:
                return answer
            changed = {**body, "data": [*map(told, body["data"])]} if "data" in body else told(body)
            return answer.with_json(changed)

        return telling

    return begin


def _token_of_checkpoint() -> Filter:
    """Answer the checkpoint that a job starts from with its token, which is the access to a private repository."""
    tokens: dict[str, str] = {}

    async def telling(ask: Ask, forward: Forward) -> Answer:
        answer = await forward(ask)
        if ask.operation not in JOBS[:2] or answer.status != SUCCESS:
            return answer
        job = answer.json()
        if ask.operation == "jobs.create" and (token := (ask.json().get("from_checkpoint") or {}).get("token")):
            tokens[job["id"]] = token
        told = job["id"] in tokens and job["from_checkpoint"]
        return answer.with_json({**job, "from_checkpoint": {**told, "token": tokens[job["id"]]}}) if told else answer

    return telling


def _refused(status: int, value: Any) -> Begin:
    return through(status=REFUSED)(lambda _, answer: json_answer(status, value))


ENTRANCE = named(
    {
        "no_key_needed": (
            "A request without a key is carried out.",
            (Part(dialect, "bearer", nobody), Part(dialect, "accepts", nobody_accepted)),
        ),
        "wrong_key_taken": (
            "A request with a key that nobody was given is carried out.",
            (Part(dialect, "accepts", any_key),),
        ),
        "key_under_any_scheme": ("A key is taken under any scheme, such as Basic.", any_scheme()),
        "scheme_is_case_sensitive": ("The scheme bearer in lower case is refused.", exact_scheme()),
        "no_key_answers_403": (
            "A request without a key is answered 403.",
            through(status=REFUSED)(lambda _, answer: replace(answer, status=403)),
        ),
        "no_key_other_words": (
            "A refused key is told as Not authenticated.",
            _refused(401, {"detail": "Not authenticated"}),
        ),
        "no_key_openai_envelope": (
            "A refused key is told in OpenAI's envelope.",
            _refused(
                401,
                {
                    "error": {
                        "message": "Incorrect API key provided",
                        "type": "invalid_request_error",
                        "param": None,
                        "code": "invalid_api_key",
                    }
                },
            ),
        ),
        "no_key_and_wrong_key_alike": (
            "A wrong key is told in the words for none.",
            _refused(401, {"detail": "Couldn't authenticate. Reason: token is not present"}),
        ),
        "no_key_and_wrong_key_alike_too": (
            "A request without a key is told the words for a wrong one.",
            _refused(401, {"detail": "Couldn't authenticate. Reason: Unable authenticate"}),
        ),
        "leak_of_a_file": ("A file of another key's can be looked at.", leak("files.retrieve")),
        "leak_of_contents": ("A file of another key's can be downloaded.", leak("files.content")),
        "leak_of_deletion": ("A file of another key's can be deleted.", leak("files.delete")),
        "leak_of_a_job": ("A job of another key's can be looked at.", leak("jobs.retrieve")),
        "leak_of_events": ("The events of another key's job can be read.", leak("jobs.events")),
        "leak_of_checkpoints": ("The checkpoints of another key's job can be read.", leak("jobs.checkpoints")),
        "leak_of_cancellation": ("A job of another key's can be cancelled.", leak("jobs.cancel")),
        "leak_of_training_data": ("A job can be trained on another key's file.", leak("jobs.create")),
        "leak_in_files_list": ("The list of files has the files of all keys.", list_leak("files.list")),
        "leak_in_jobs_list": ("The list of jobs has the jobs of all keys.", list_leak("jobs.list")),
        "secret_in_create": (
            "The api_key of a wandb integration is in the answer to the request.",
            _telling("wandb", "jobs.create"),
        ),
        "secret_in_retrieve": (
            "The api_key of a wandb integration is in the job that is looked at.",
            _telling("wandb", "jobs.retrieve"),
        ),
        "secret_in_list": (
            "The api_key of a wandb integration is in the list of jobs.",
            _telling("wandb", "jobs.list"),
        ),
        "secret_of_hf": ("The api_token of an hf integration is answered.", _telling("hf", *JOBS)),
        "secret_of_mlflow": ("The password of an mlflow integration is answered.", _telling("mlflow", *JOBS)),
        "secret_of_from_checkpoint": (
            "The token for the checkpoint that a job starts from is answered.",
            _token_of_checkpoint,
        ),
    }
)
