"""Datasets: files under a name, which can be given others."""

from tests.dialects.nscale.api import NOBODY, Api, Json, asked, ids, table


def shown(file: Json) -> Json:
    return {name: file[name] for name in ("id", "name", "bytes")}


def test_a_dataset_shows_its_files_and_how_large_they_are_together(api: Api) -> None:
    training, validation = api.upload(table(9)), api.upload(table(3), name="v.csv")
    made = api.post(
        "/datasets", {"name": "d", "training_file_id": training["id"], "validation_file_id": validation["id"]}
    )

    assert made["total_bytes"] == training["bytes"] + validation["bytes"]
    assert (made["training_file"], made["validation_file"]) == (shown(training), shown(validation))
    assert (made["training_file_id"], made["validation_file_id"]) == (training["id"], validation["id"])
    assert made["created_at"] == made["updated_at"]
    assert api.get(f"/datasets/{made['id']}") == made
    assert api.listed("/datasets") == [made]


def test_without_a_validation_file_its_id_is_null_and_nothing_of_it_is_shown(api: Api) -> None:
    made = api.dataset()
    null = {"name": "d", "training_file_id": made["training_file_id"], "validation_file_id": None}

    for each in (made, api.post("/datasets", null)):
        assert each["validation_file_id"] is None
        assert "validation_file" not in each
        assert each["total_bytes"] == each["training_file"]["bytes"]


def test_a_file_may_be_in_several_datasets_and_be_both_of_one(api: Api) -> None:
    file = api.upload()
    body = {"name": "d", "training_file_id": file["id"], "validation_file_id": file["id"]}
    one, other = api.post("/datasets", body), api.post("/datasets", body)

    assert one["id"] != other["id"]
    assert one["total_bytes"] == 2 * file["bytes"]


def test_datasets_are_listed_the_newest_first_and_as_many_as_asked(api: Api) -> None:
    file = api.upload()["id"]
    made = [api.post("/datasets", {"name": str(n), "training_file_id": file}) for n in range(4)][::-1]

    assert api.listed("/datasets") == made
    assert api.listed("/datasets", limit=2, pagination=False) == made[:2]
    assert api.listed("/datasets", limit=1000) == made


def test_a_dataset_can_be_given_another_name_and_other_files(api: Api) -> None:
    made = api.dataset(table(9), table(3))
    other = api.upload(table(20))
    path = f"/datasets/{made['id']}"
    api.advance(5)
    renamed = api.call("PATCH", path, json={"unset": {}, "name": "e"})
    retrained = api.call("PATCH", path, json={"training_file_id": other["id"]})
    alone = api.call("PATCH", path, json={"unset": {"validation_file_id": True}})

    assert {name for name in made if made[name] != renamed[name]} == {"name", "updated_at"}
    assert renamed["updated_at"] > made["updated_at"]
    assert retrained["training_file"] == shown(other)
    assert retrained["total_bytes"] == other["bytes"] + made["validation_file"]["bytes"]
    assert (alone["validation_file_id"], "validation_file" in alone) == (None, False)
    assert alone["total_bytes"] == other["bytes"]
    assert api.get(path) == alone == api.listed("/datasets")[0]
    again = api.call("PATCH", path, json={"validation_file_id": other["id"], "unset": {"validation_file_id": False}})
    assert again["validation_file"] == shown(other)


def test_null_and_nothing_change_nothing_but_when_it_was_updated(api: Api) -> None:
    made = api.dataset(table(9), table(3))
    path = f"/datasets/{made['id']}"
    nulls = {"name": None, "training_file_id": None, "validation_file_id": None}
    bodies: list[Json] = [{}, {"unset": {}}, nulls, {"unset": {"validation_file_id": False}}, {"x": 1}]
    for body in bodies:
        told = api.call("PATCH", path, json=body)
        assert {**told, "updated_at": ""} == {**made, "updated_at": ""}


def test_a_dataset_without_a_name_or_a_training_file_is_refused_by_the_member(api: Api) -> None:
    file = api.upload()["id"]
    whole = {"name": "d", "training_file_id": file}
    wrong: Json = {"name": ["", None, 5, ["d"]], "training_file_id": [None, 5, {}], "validation_file_id": [5, []]}
    for member, values in wrong.items():
        for value in values:
            assert api.refused("POST", "/datasets", json={**whole, member: value}).startswith(member)
    for member in whole:
        lacking = {name: value for name, value in whole.items() if name != member}
        assert api.refused("POST", "/datasets", json=lacking).startswith(member)
    assert api.listed("/datasets") == []


def test_changes_of_another_type_are_refused_and_change_nothing(api: Api) -> None:
    made = api.dataset(table(9), table(3))
    path = f"/datasets/{made['id']}"
    bodies: list[Json] = [{"name": ""}, {"name": 5}, {"unset": []}, {"validation_file_id": ""}]
    unsets: list[Json] = [{"validation_file_id": "yes"}, {"training_file_id": True}]
    for body in [*bodies, *({"unset": unset} for unset in unsets)]:
        api.refused("PATCH", path, json=body)
    for body in ({"training_file_id": NOBODY}, {"validation_file_id": NOBODY, "name": "e"}):
        assert NOBODY in api.refused("PATCH", path, 404, json=body)

    assert api.get(path) == made


def test_a_file_that_is_not_there_makes_no_dataset(api: Api) -> None:
    file = api.upload()["id"]
    training = api.refused("POST", "/datasets", 404, json={"name": "d", "training_file_id": NOBODY})
    body = {"name": "d", "training_file_id": file, "validation_file_id": NOBODY}
    validation = api.refused("POST", "/datasets", 404, json=body)

    assert training == f"training_file_id: the file {NOBODY!r} does not exist"
    assert validation == f"validation_file_id: the file {NOBODY!r} does not exist"
    assert api.listed("/datasets") == []


def test_a_dataset_names_the_files_that_were_deleted_and_shows_them_no_more(api: Api) -> None:
    made = api.dataset(table(9), table(3))
    api.call("DELETE", f"/files/{made['training_file_id']}", 204)
    told = api.get(f"/datasets/{made['id']}")

    assert told["training_file_id"] == made["training_file_id"]
    assert "training_file" not in told
    assert told["validation_file"] == made["validation_file"]


def test_a_deleted_dataset_is_gone_and_its_files_and_jobs_stay(api: Api) -> None:
    made = api.dataset(table(9), table(3))
    job = api.order(dataset=asked(made["id"]))
    api.call("DELETE", f"/datasets/{made['id']}", 204)
    for method in ("GET", "DELETE"):
        said = api.refused(method, f"/datasets/{made['id']}", 404)
        assert said == f"the dataset {made['id']!r} does not exist"
    api.refused("PATCH", f"/datasets/{made['id']}", 404, json={"name": "e"})
    api.advance(10**6)

    assert api.listed("/datasets") == []
    assert len(api.listed("/files")) == 2
    assert (api.job(job["id"])["status"], api.job(job["id"])["dataset"]) == ("completed", job["dataset"])


def test_a_change_of_a_dataset_leaves_the_jobs_that_were_made_of_it(api: Api) -> None:
    made = api.dataset(table(9), table(3))
    job = api.order(dataset=asked(made["id"]))["id"]
    api.call("PATCH", f"/datasets/{made['id']}", json={"training_file_id": api.upload(b"")["id"]})
    api.advance(10**6)

    assert api.job(job)["status"] == "completed"
    assert api.metrics(job)["training_steps"] == 3
    assert ids(api.listed("/jobs")) == [job]
