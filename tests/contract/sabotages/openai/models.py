"""Sabotages of models, of who may use them, and of graders."""

from dataclasses import replace
from typing import Any

from tests.contract.sabotages.changes import (
    Begin,
    answers,
    asked,
    asks,
    at,
    begins,
    data,
    drop,
    each,
    inside,
    limit_off_by,
    parameter,
    put,
    reversed_,
    through,
    where,
    without_after,
)
from tests.contract.sabotages.openai.changes import (
    REFUSED,
    about,
    answered,
    deleted_is_listed,
    error,
    of_openai,
    respelled,
    says,
    taken,
    told,
    twice,
    unheard,
)
from tests.contract.sabotages.wrapping import Answer, Ask, Forward, json_answer

LIST, RETRIEVE, DELETE = "models.list", "models.retrieve", "models.delete"
GRANT, GRANTS, WITHDRAW = "permissions.create", "permissions.list", "permissions.delete"
VALIDATE, RUN = "graders.validate", "graders.run"


def _is_tuned(model: dict[str, Any]) -> bool:
    return str(model["id"]).startswith("ft:")


def _tuned(change: Any) -> Begin:
    return answers(LIST, each(where(_is_tuned, change)))


def _base_deleted() -> Begin:
    async def deleting(ask: Ask, forward: Forward) -> Answer:
        answer = await forward(ask)
        if ask.operation == DELETE and answer.status == REFUSED:
            return json_answer(200, {"id": ask.ids["model_id"], "object": "model", "deleted": True})
        return answer

    return begins(deleting)


def _turning() -> Any:
    looks = [0]

    async def turning(ask: Ask, forward: Forward) -> Answer:
        answer = await forward(ask)
        if ask.operation != LIST or answer.status >= REFUSED:
            return answer
        looks[0] += 1
        body = answer.json()
        return answer.with_json({**body, "data": body["data"][:: 1 if looks[0] % 2 else -1]})

    return turning


def _forgetting() -> Any:
    gone: set[str] = set()

    async def forgetting(ask: Ask, forward: Forward) -> Answer:
        answer = await forward(ask)
        if ask.operation == DELETE and answer.status < REFUSED:
            gone.add(answer.json()["id"])
        if ask.operation == "jobs.retrieve" and answer.status < REFUSED and answer.json()["fine_tuned_model"] in gone:
            return answer.with_json({**answer.json(), "fine_tuned_model": None})
        return answer

    return forgetting


MODELS_SABOTAGED = of_openai(
    {
        "models_tuned_missing": (
            "Tuned models are not listed.",
            answers(LIST, data(lambda many: [each for each in many if not _is_tuned(each)])),
        ),
        "models_checkpoints_missing": (
            "The models of checkpoints are not listed.",
            answers(LIST, data(lambda many: [each for each in many if "ckpt-step" not in each["id"]])),
        ),
        "models_base_missing": (
            "Base models are not listed.",
            answers(LIST, data(lambda many: [each for each in many if _is_tuned(each)])),
        ),
        "models_owner_missing": ("A model of OpenAI's has no owner.", answers(LIST, each(drop("owned_by")))),
        "models_owner_system": ("A tuned model is the system's.", _tuned(put("owned_by", "system"))),
        "models_created_at_ms": (
            "Models were made at a time in milliseconds.",
            answers(LIST, each(at("created", lambda at_s: at_s * 1000))),
        ),
        "models_created_long_ago": ("A tuned model was made in 2023.", _tuned(put("created", 1_700_000_000))),
        "models_created_text": ("Models were made at a text.", answers(LIST, each(at("created", str)))),
        "models_object_other": ("A model calls itself engine.", answers((LIST,), each(put("object", "engine")))),
        "models_has_more": (
            "The list of models says whether it has more.",
            answers(LIST, put("has_more", value=False)),
        ),
        "models_twice": ("OpenAI's first model is listed twice.", answers(LIST, data(lambda many: [*many[:1], *many]))),
        "models_limit": (
            "The list of models keeps a limit.",
            through(LIST)(
                lambda ask, answer: (
                    answer.with_json(data(lambda many: many[:1])(answer.json())) if parameter(ask, "limit") else answer
                )
            ),
        ),
        "models_data_deeper": ("The list of models stands under models.", answers(LIST, inside("models"))),
        "models_shuffled": ("The list of models is another at each look.", _turning),
        "model_look_deeper": ("A model that is looked at stands under model.", answers(RETRIEVE, inside("model"))),
        "model_look_other": (
            "A model that is looked at has another owner than the list says.",
            answers(RETRIEVE, put("owned_by", "nobody")),
        ),
        "model_permission": ("A model has no created where it is looked at.", answers(RETRIEVE, drop("created"))),
        "model_missing_words": (
            "A model that there is not is told in backticks.",
            told(at("message", lambda text: text.replace("'", "`")), of=about("model")),
        ),
        "model_missing_code": ("A model that there is not has no code.", told(put("code", None), of=about("model"))),
        "model_missing_param": ("A model that there is not has no param.", told(put("param", None), of=about("model"))),
        "model_missing_400": ("A model that there is not is a 400.", answered(400, of=about("model"))),
        "model_delete_unheard": (
            "The deletion of a model is answered and not done.",
            unheard(
                DELETE,
                lambda ask, _: {"id": ask.ids["model_id"], "object": "model", "deleted": True},
                lambda ask: ask.path,
            ),
        ),
        "model_delete_false": ("The deletion of a model says false.", answers(DELETE, put("deleted", value=False))),
        "model_delete_object": (
            "The deletion of a model is of a model.deleted.",
            answers(DELETE, put("object", "model.deleted")),
        ),
        "model_delete_twice": ("A model can be deleted twice.", twice(DELETE)),
        "model_deleted_is_listed": ("A deleted model is listed.", deleted_is_listed("models.list", DELETE, LIST)),
        "model_base_deleted": ("A base model can be deleted.", _base_deleted()),
        "model_of_deleted_job": (
            "A job forgets a model that was deleted.",
            _forgetting,
        ),
    }
)


PERMISSIONS_SABOTAGED = of_openai(
    {
        "permissions_ascending": ("Permissions are listed oldest first.", answers(GRANTS, data(reversed_))),
        "permissions_order_ignored": (
            "The list of permissions takes no notice of order.",
            asks(GRANTS, lambda ask: asked(ask, order=None)),
        ),
        "permissions_project_ignored": (
            "The list of permissions takes no notice of a project.",
            asks(GRANTS, lambda ask: asked(ask, project_id=None)),
        ),
        "permissions_limit_more": ("A page of permissions has one too many.", limit_off_by(GRANTS, 1)),
        "permissions_after_ignored": ("Every page of permissions is the first.", without_after(GRANTS)),
        "permissions_has_more_false": ("Permissions never have more.", answers(GRANTS, put("has_more", value=False))),
        "permissions_last_id_missing": (
            "The list of permissions names no last.",
            answers(GRANTS, put("last_id", None)),
        ),
        "permission_id_perm": (
            "Permission ids begin with perm_.",
            respelled(r"cp_[0-9A-Za-z]{24}\b", lambda id_: id_.replace("cp_", "perm_")),
        ),
        "permission_object_other": (
            "A permission calls itself permission.",
            answers(GRANT, each(put("object", "permission"))),
        ),
        "permission_project_lost": (
            "A permission does not name its project.",
            answers(GRANT, each(drop("project_id"))),
        ),
        "permission_first_alone": ("One of several projects is granted.", answers(GRANT, data(lambda many: many[:1]))),
        "permission_extra_member": (
            "A grant with a member that there is not is taken.",
            taken(GRANT, "contract_tests_member"),
        ),
        "permission_withdrawal_unheard": (
            "A withdrawal is answered and not done.",
            unheard(
                WITHDRAW,
                lambda ask, _: {"object": "checkpoint.permission", "id": ask.ids["permission_id"], "deleted": True},
                lambda ask: ask.path.rpartition("/")[0],
            ),
        ),
        "permission_withdrawal_false": ("A withdrawal says false.", answers(WITHDRAW, put("deleted", value=False))),
        "permission_withdrawn_twice": ("A permission can be withdrawn twice.", twice(WITHDRAW)),
        "permission_missing_422": (
            "A grant of nothing is a 422.",
            answered(422, of=about("project_ids"), operations=(GRANT,)),
        ),
    }
)


def _graded(wanted: Any, change: Any) -> Begin:
    """Return a sabotage that changes the grades of some requests."""
    return through(RUN)(lambda ask, answer: answer.with_json(change(answer.json())) if wanted(ask.json()) else answer)


def _is(kind: str) -> Any:
    return lambda sent: sent["grader"]["type"] == kind


def _other_operation(operation: str) -> Begin:
    """Return a sabotage under which one operation does what another does."""

    def other(ask: Ask) -> Ask:
        sent = ask.json()
        grader = sent.get("grader") if isinstance(sent, dict) else None
        if not grader or grader.get("operation") != operation:
            return ask
        return ask.with_json({**sent, "grader": {**grader, "operation": "ilike" if operation == "eq" else "eq"}})

    return asks(RUN, other)


def _all_is_sound() -> Begin:
    async def taking(ask: Ask, forward: Forward) -> Answer:
        answer = await forward(ask)
        sent = ask.json() if ask.operation == VALIDATE and answer.status == REFUSED else None
        if not isinstance(sent, dict) or not sent.get("grader") or not error(answer):
            return answer
        return replace(answer, status=200).with_json({"grader": sent["grader"]})

    return begins(taking)


def _errors(change: Any) -> Begin:
    return answers(RUN, at("metadata", at("errors", change)))


GRADERS_SABOTAGED = of_openai(
    {
        "grader_validated_empty": ("A sound grader is answered with nothing.", answers(VALIDATE, drop("grader"))),
        "grader_validated_alone": (
            "A sound grader is answered on its own.",
            answers(VALIDATE, lambda body: body["grader"]),
        ),
        "grader_all_is_sound": ("Every grader is sound.", _all_is_sound()),
        "grader_refused_422": ("A grader that cannot be is a 422.", answered(422, operations=(VALIDATE,))),
        "grader_param_lost": ("A refused grader has no param.", told(put("param", None), operations=(VALIDATE,))),
        "grader_reward_inverted": (
            "What differs is rewarded.",
            _graded(_is("string_check"), lambda grade: {**grade, "reward": 1 - grade["reward"]}),
        ),
        "grader_reward_text": ("A reward is a text.", answers(RUN, at("reward", str))),
        "grader_eq_without_case": ("The operation eq does not look at case.", _other_operation("eq")),
        "grader_ilike_with_case": ("The operation ilike looks at case.", _other_operation("ilike")),
        "grader_likeness_whole": (
            "Likeness is rewarded as all or nothing.",
            _graded(_is("text_similarity"), lambda grade: {**grade, "reward": round(grade["reward"])}),
        ),
        "grader_parts_missing": ("The parts of a grade are not told.", answers(RUN, put("sub_rewards", {}))),
        "grader_formula_ignored": (
            "Of several graders the best is rewarded.",
            _graded(_is("multi"), lambda grade: {**grade, "reward": max(grade["sub_rewards"].values())}),
        ),
        "grader_name_missing": ("A grade does not name its grader.", answers(RUN, at("metadata", put("name", "")))),
        "grader_type_missing": ("A grade does not tell the grader's type.", answers(RUN, at("metadata", drop("type")))),
        "grader_time_missing": (
            "A grade does not tell its time.",
            answers(RUN, at("metadata", drop("execution_time"))),
        ),
        "grader_time_negative": (
            "A grade took less than no time.",
            answers(RUN, at("metadata", put("execution_time", -1))),
        ),
        "grader_errors_fewer": ("A grade lacks an error.", _errors(drop("unresponsive_reward_error"))),
        "grader_errors_set": ("A grade always has another error.", _errors(put("other_error", value=True))),
        "grader_variable_untold": (
            "A variable that there is not is no error.",
            _errors(put("invalid_variable_error", value=False)),
        ),
        "grader_tokens_null": (
            "A grade without a model has null for its tokens.",
            answers(RUN, put("model_grader_token_usage_per_model", None)),
        ),
        "grader_sample_not_needed": (
            "A grade needs no sample.",
            told(put("param", None), of=about("model_sample")),
        ),
        "grader_run_deeper": ("A grade stands under result.", answers(RUN, inside("result"))),
        "grader_missing_words": ("A check of nothing has no param.", told(put("param", ""), of=says("'grader'"))),
    }
)
