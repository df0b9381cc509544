"""Sabotages of how wrong orders are refused: what is taken all the same, what sound is refused, what is told."""

import json
from dataclasses import replace
from typing import Any

from tests.contract.sabotages.changes import Begin, at, begins, instead, put
from tests.contract.sabotages.openai.changes import (
    about,
    answered,
    error,
    of_openai,
    refusing,
    says,
    taken,
    told,
)
from tests.contract.sabotages.wrapping import Answer, Ask, Forward, json_answer

CREATE = "jobs.create"
UNKNOWN_FILE, UNKNOWN_MODEL = "invalid training_file", "is not available for fine-tuning"


def _taken(*params: str) -> Begin:
    return taken(CREATE, *params)


def _sound(wanted: Any, param: str) -> Begin:
    return refusing(CREATE, wanted, param)


def _is_no_json(ask: Ask) -> bool:
    try:
        json.loads(ask.body)
    except (ValueError, RecursionError):
        return True
    return False


def _broken(odd: Any) -> Begin:
    failure = {"error": {"message": "The server had an error", "type": "server_error", "param": None, "code": None}}
    return instead(lambda ask: ask.operation == CREATE and odd(ask), lambda _: json_answer(500, failure))


def _made_of_another_file() -> Any:
    """Take an order on a file that is refused, on a file of one's own."""
    form = (
        b'--own\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nfine-tune\r\n'
        b'--own\r\nContent-Disposition: form-data; name="file"; filename="own.jsonl"\r\n\r\n'
        b'{"messages": []}\n\r\n--own--\r\n'
    )

    async def taking(ask: Ask, forward: Forward) -> Answer:
        answer, sent = await forward(ask), ask.json()
        if ask.operation != CREATE or not about("training_file")(error(answer) or {"param": None}) or not sent:
            return answer
        upload = ask.with_header("content-type", "multipart/form-data; boundary=own").with_body(form)
        file = (await forward(replace(upload, path="/v1/files"))).json()["id"]
        return await forward(ask.with_json({**sent, "training_file": file}))

    return taking


def _default_model(ask: Ask, answer: Answer) -> bool:
    return UNKNOWN_MODEL in str((error(answer) or {}).get("message"))


def _any_model() -> Begin:
    async def taking(ask: Ask, forward: Forward) -> Answer:
        answer, sent = await forward(ask), ask.json()
        if ask.operation == CREATE and _default_model(ask, answer):
            return await forward(ask.with_json({**sent, "model": "gpt-4o-mini"}))
        return answer

    return begins(taking)


def _misfiled_is_taken() -> Begin:
    """Return a sabotage that trains on a file for something else, by bringing it once more."""

    async def taking(ask: Ask, forward: Forward) -> Answer:
        answer, sent = await forward(ask), ask.json()
        if ask.operation != CREATE or "has purpose" not in str((error(answer) or {}).get("message")):
            return answer
        read = replace(ask, method="GET", path=f"/v1/files/{sent['training_file']}/content", body=b"")
        data = (await forward(read)).body
        head = b'--own\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nfine-tune\r\n'
        head += b'--own\r\nContent-Disposition: form-data; name="file"; filename="own.jsonl"\r\n\r\n'
        form = ask.with_header("content-type", "multipart/form-data; boundary=own").with_body(
            head + data + b"\r\n--own--\r\n"
        )
        file = (await forward(replace(form, path="/v1/files"))).json()["id"]
        return await forward(ask.with_json({**sent, "training_file": file}))

    return begins(taking)


def _hyper(sent: dict[str, Any]) -> dict[str, Any]:
    return sent.get("hyperparameters") or {}


def _metadata(sent: dict[str, Any]) -> dict[str, Any]:
    return sent.get("metadata") or {}


def _method(sent: dict[str, Any]) -> dict[str, Any]:
    return sent.get("method") or {}


TAKEN = of_openai(
    {
        "suffix_any_taken": ("A suffix of any length is taken.", _taken("suffix")),
        "seed_any_taken": ("Any seed is taken.", _taken("seed")),
        "metadata_any_taken": (
            "Metadata of any kind are taken.",
            taken(CREATE, "a", "metadata", "k" * 65, "k", member="metadata"),
        ),
        "epochs_any_taken": ("Any number of epochs is taken.", _taken("n_epochs")),
        "batch_any_taken": ("Batches of any size are taken.", _taken("batch_size")),
        "rate_any_taken": ("Any learning rate is taken.", _taken("learning_rate_multiplier")),
        "beta_any_taken": ("Any beta is taken.", _taken("beta")),
        "compute_any_taken": ("Any compute multiplier is taken.", _taken("compute_multiplier")),
        "interval_any_taken": ("Any interval of evaluations is taken.", _taken("eval_interval")),
        "effort_any_taken": ("Any effort is taken.", _taken("reasoning_effort")),
        "method_any_taken": ("A method that there is not is left out.", taken(CREATE, "type", member="method")),
        "integration_any_taken": (
            "An integration that there is not is left out.",
            taken(CREATE, "type", member="integrations"),
        ),
        "integration_project_not_needed": (
            "An integration needs no project.",
            told(at("param", lambda name: name.replace("project", "name")), of=says("project")),
        ),
        "integrations_any_number": ("Any number of integrations is taken.", _taken("integrations")),
        "member_any_taken": ("A member that there is not is taken.", _taken("contract_tests_member")),
        "model_any_taken": ("Any model is trained.", _any_model()),
        "training_file_any_taken": ("A job is made on a file that there is not.", _made_of_another_file),
        "training_file_misfiled_taken": ("A job is made on a file for something else.", _misfiled_is_taken()),
        "validation_file_any_taken": ("A validation file that there is not is left out.", _taken("validation_file")),
    }
)

STRICT = of_openai(
    {
        "suffix_64_refused": (
            "A suffix of 64 letters is refused.",
            _sound(lambda sent: len(str(sent.get("suffix"))) == 64, "suffix"),
        ),
        "suffix_18_only": (
            "A suffix of more than 18 letters is refused.",
            _sound(lambda sent: 18 < len(str(sent.get("suffix") or "")) < 65, "suffix"),
        ),
        "seed_0_refused": ("A seed of 0 is refused.", _sound(lambda sent: sent.get("seed") == 0, "seed")),
        "seed_large_refused": (
            "The largest seed is refused.",
            _sound(lambda sent: sent.get("seed") == 2**31 - 1, "seed"),
        ),
        "auto_refused": ("The word auto is refused.", _sound(lambda sent: "auto" in _hyper(sent).values(), "n_epochs")),
        "epochs_50_refused": (
            "Fifty epochs are refused.",
            _sound(lambda sent: _hyper(sent).get("n_epochs") == 50, "n_epochs"),
        ),
        "metadata_16_refused": (
            "Sixteen pairs of metadata are refused.",
            _sound(lambda sent: len(_metadata(sent)) == 16, "metadata"),
        ),
        "metadata_long_refused": (
            "The longest pair of metadata is refused.",
            _sound(lambda sent: any(len(value) == 512 for value in map(str, _metadata(sent).values())), "metadata"),
        ),
        "null_refused": (
            "Null for what may be left out is refused.",
            _sound(lambda sent: "suffix" in sent and sent["suffix"] is None, "suffix"),
        ),
        "beta_2_refused": (
            "A beta of 2 is refused.",
            _sound(
                lambda sent: ((_method(sent).get("dpo") or {}).get("hyperparameters") or {}).get("beta") == 2, "beta"
            ),
        ),
        "sibling_methods_refused": (
            "The blocks of other methods are refused.",
            _sound(lambda sent: len(_method(sent)) > 2, "method"),
        ),
        "reinforcement_refused": (
            "Reinforcement is refused.",
            _sound(lambda sent: _method(sent).get("type") == "reinforcement", "method"),
        ),
        "integrations_5_refused": (
            "Five integrations are refused.",
            _sound(lambda sent: len(sent.get("integrations") or []) == 5, "integrations"),
        ),
    }
)

WORDS = of_openai(
    {
        "refusals_422": ("Whatever is wrong with an order is a 422.", answered(422, operations=(CREATE,))),
        "refusal_training_words": (
            "A training file that there is not is told as No such File.",
            told(
                at("message", lambda text: text.replace("invalid training_file", "No such File object")),
                of=says(UNKNOWN_FILE),
            ),
        ),
        "refusal_training_404": ("A training file that there is not is a 404.", answered(404, of=says(UNKNOWN_FILE))),
        "refusal_training_param": (
            "A training file that there is not has no param.",
            told(put("param", None), of=says(UNKNOWN_FILE)),
        ),
        "refusal_training_code": (
            "A training file that there is not has a code.",
            told(put("code", "invalid_file"), of=says(UNKNOWN_FILE)),
        ),
        "refusal_validation_words": (
            "A validation file that there is not is not named.",
            told(put("message", "invalid validation_file"), of=about("validation_file")),
        ),
        "refusal_model_words": (
            "A model that cannot be trained is told as one that does not exist.",
            told(put("message", "The model does not exist"), of=says(UNKNOWN_MODEL)),
        ),
        "refusal_model_code": (
            "A model that cannot be trained has no code.",
            told(put("code", None), of=says(UNKNOWN_MODEL)),
        ),
        "refusal_model_404": ("A model that cannot be trained is a 404.", answered(404, of=says(UNKNOWN_MODEL))),
        "refusal_model_param": (
            "A model that cannot be trained has a param.",
            told(put("param", "model"), of=says(UNKNOWN_MODEL)),
        ),
        "refusal_missing_words": (
            "A missing member is told as a required field.",
            told(put("message", "Field required"), of=says("Missing required"), operations=(CREATE,)),
        ),
        "refusal_missing_code": (
            "A missing member has no code.",
            told(put("code", None), of=says("Missing required"), operations=(CREATE,)),
        ),
        "refusal_missing_param": (
            "A missing member has no param.",
            told(put("param", None), of=says("Missing required"), operations=(CREATE,)),
        ),
        "refusal_bad_words": (
            "A bad member is told without its value.",
            told(at("message", lambda text: text.replace("invalid suffix: ", "invalid suffix ")), of=about("suffix")),
        ),
        "refusal_bad_code": (
            "A bad member has a code.",
            told(put("code", "invalid_value"), of=about("suffix", "n_epochs")),
        ),
        "refusal_bound_words": (
            "A bound is told in other words.",
            told(at("message", lambda text: text.replace("input should be", "must be")), of=about("n_epochs")),
        ),
        "refusal_unknown_words": (
            "A member that there is not is told as an unknown parameter.",
            told(put("message", "Unknown parameter"), of=says("extra inputs")),
        ),
        "refusal_type": (
            "The type of a refusal is bad_request.",
            told(put("type", "bad_request"), operations=(CREATE,)),
        ),
        "refusal_without_type": (
            "A refusal has no type.",
            told(lambda found: {name: value for name, value in found.items() if name != "type"}, operations=(CREATE,)),
        ),
        "refusal_unparsed_words": (
            "A body that is no JSON is told as malformed.",
            told(put("message", "Malformed JSON"), of=says("could not parse")),
        ),
        "refusal_unparsed_500": ("A body that is no JSON is a 500.", _broken(_is_no_json)),
        "refusal_list_500": ("A body that is a list is a 500.", _broken(lambda ask: isinstance(ask.json(), list))),
        "refusal_null_500": ("A body that is null is a 500.", _broken(lambda ask: ask.body == b"null")),
    }
)
