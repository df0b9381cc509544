"""Which projects may use a checkpoint's model. The service asks for an admin key: under another nothing is tried."""

import re
from collections.abc import Iterator

import pytest

from contract_tests.harness.answers import Answer, Obj
from contract_tests.harness.facts import fact, spends
from contract_tests.harness.line import Line
from contract_tests.harness.run import Run
from contract_tests.harness.schema import Schema
from contract_tests.openai.envelope import invalid
from contract_tests.openai.provider import CHECKPOINTS

pytestmark = spends
PROJECTS = ("proj_contractTests0000000001", "proj_contractTests0000000002", "proj_contractTests0000000003")


@pytest.fixture(scope="module")
def path(tuned: str) -> str:
    return f"{CHECKPOINTS}/{tuned}/permissions"


def allowed(answer: Answer) -> Answer:
    """Return an answer; skip where the key is no admin's."""
    if answer.status in (401, 403):
        pytest.skip("permissions take an admin key")
    return answer


@pytest.fixture(scope="module")
def made(run: Run, path: str) -> Iterator[Answer]:
    """The answer to the grant to three projects, which are withdrawn again."""
    answer = allowed(run.line.post(path, {"project_ids": [*PROJECTS]}))
    yield answer
    for row in answer.rows():
        run.line.delete(f"{path}/{row['id']}")


def projects(answer: Answer) -> list[str]:
    return [row["project_id"] for row in answer.rows()]


@fact("permissions.create", "answers a list in its published shape", known="documented")
def test_a_grant_is_answered_as_published(made: Answer, schema: Schema) -> None:
    schema.holds("ListFineTuningCheckpointPermissionResponse", made.ok())


@fact("permissions.create", "answers one permission a project, in the order that was asked", known="documented")
def test_each_project_has_a_permission(made: Answer) -> None:
    assert projects(made) == [*PROJECTS]
    assert {row["object"] for row in made.rows()} == {"checkpoint.permission"}
    assert len({row["id"] for row in made.rows()}) == len(PROJECTS)


@fact("permissions.create", "gives ids of cp_ and letters", known="documented")
def test_a_permissions_id_has_its_prefix(made: Answer) -> None:
    assert all(re.fullmatch(r"cp_[0-9A-Za-z]{24}", row["id"]) for row in made.rows())


@fact("permissions.list", "has the newest first", known="documented")
def test_the_newest_is_first(line: Line, path: str, made: Answer) -> None:
    assert projects(line.get(path)) == [*PROJECTS[::-1]]


@fact("permissions.list", "has the oldest first where ascending is asked", known="documented")
def test_the_oldest_is_first_where_asked(line: Line, path: str, made: Answer) -> None:
    assert projects(line.get(path, order="ascending")) == [*PROJECTS]


@fact("permissions.list", "lists one project alone where it is asked", known="documented")
def test_a_project_may_be_asked_for(line: Line, path: str, made: Answer) -> None:
    assert projects(line.get(path, project_id=PROJECTS[1])) == [PROJECTS[1]]


@fact("permissions.list", "keeps a limit, and says that there is more", known="documented")
def test_a_limit_is_kept(line: Line, path: str, made: Answer) -> None:
    page = line.get(path, limit=2)

    assert (projects(page), page.ok()["has_more"]) == ([*PROJECTS[:0:-1]], True)


@fact("permissions.list", "goes on after a permission, which is not in the page", known="documented")
def test_a_page_begins_behind_its_cursor(line: Line, path: str, made: Answer) -> None:
    page = line.get(path, after=made.rows()[2]["id"])

    assert (projects(page), page.ok()["has_more"]) == ([*PROJECTS[1::-1]], False)


@fact("permissions.list", "names the first and the last of a page", known="documented")
def test_the_ends_of_a_page_are_named(line: Line, path: str, made: Answer) -> None:
    page, ids = line.get(path).ok(), [row["id"] for row in made.rows()]

    assert (page["first_id"], page["last_id"]) == (ids[2], ids[0])


@fact("permissions.create", "takes no member but project_ids", known="documented")
def test_a_grant_has_one_member(line: Line, path: str) -> None:
    invalid(allowed(line.post(path, {"project_ids": [PROJECTS[0]], "contract_tests_member": 1})))


@fact("permissions.create", "does not go without project_ids", known="documented")
def test_a_grant_names_projects(line: Line, path: str) -> None:
    assert invalid(allowed(line.post(path, {})))["param"] == "project_ids"


@pytest.fixture
def withdrawn(line: Line, path: str, made: Answer) -> tuple[str, Obj]:
    """The id of a further permission that was withdrawn, and the answer."""
    id_ = line.post(path, {"project_ids": ["proj_contractTests0000000009"]}).rows()[0]["id"]
    return id_, line.delete(f"{path}/{id_}").ok()


@fact("permissions.delete", "answers {object, id, deleted}", known="documented")
def test_a_withdrawal_answers_the_id(withdrawn: tuple[str, Obj], schema: Schema) -> None:
    assert withdrawn[1] == {"object": "checkpoint.permission", "id": withdrawn[0], "deleted": True}
    schema.holds("DeleteFineTuningCheckpointPermissionResponse", withdrawn[1])


@fact("permissions.list", "does not list what was withdrawn", known="documented")
def test_what_is_withdrawn_is_not_listed(line: Line, path: str, withdrawn: tuple[str, Obj]) -> None:
    assert withdrawn[0] not in [row["id"] for row in line.get(path).rows()]


@fact("permissions.delete", "of a withdrawn permission is a 404", known="unverified")
def test_a_permission_is_withdrawn_once(line: Line, path: str, withdrawn: tuple[str, Obj]) -> None:
    invalid(line.delete(f"{path}/{withdrawn[0]}"), 404)
