"""Files: CSV tables that are brought, looked at, listed and taken away."""

import re
import socket

import pytest

from tests.dialects.nscale.api import NOBODY, UUID, Api, Json, ids, table, written
from tests.dialects.nscale.conftest import Tenants

TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z"


def test_an_uploaded_file_tells_its_columns_and_their_first_five_values(api: Api) -> None:
    data = written([["question", "answer"], *[[f"q{n}", f'"a", {n}\nand more'] for n in range(9)]])
    file = api.upload(data, name="my train.csv")

    assert [*file] == ["id", "name", "bytes", "created_at", "workspace_id", "columns"]
    assert (file["name"], file["bytes"]) == ("my train.csv", len(data))
    assert file["columns"] == [
        {"name": "question", "type": "string", "values": [f"q{n}" for n in range(5)]},
        {"name": "answer", "type": "string", "values": [f'"a", {n}\nand more' for n in range(5)]},
    ]
    for member, form in {"id": UUID, "workspace_id": UUID, "created_at": TIME}.items():
        assert re.fullmatch(form, file[member])


def test_fewer_rows_than_five_are_all_told_and_a_header_alone_has_no_values(api: Api) -> None:
    two, none = api.upload(table(2)), api.upload(table(0))

    assert [len(column["values"]) for column in two["columns"]] == [2, 2]
    assert [(column["name"], column["values"]) for column in none["columns"]] == [("question", []), ("answer", [])]


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xff\xfe", b"\0"], ids=["nothing", "blank", "no UTF-8", "NUL"])
def test_what_has_no_header_is_taken_and_has_no_columns(api: Api, content: bytes) -> None:
    file = api.upload(content)

    assert (file["columns"], file["bytes"]) == (None, len(content))


def test_a_file_on_its_own_has_a_link_to_its_bytes_and_is_otherwise_as_it_was_uploaded(api: Api) -> None:
    uploaded = api.upload(table(7))
    file = api.get(f"/files/{uploaded['id']}")

    assert {name: file[name] for name in uploaded} == uploaded
    assert {*file} == {*uploaded, "download_url"}
    assert api.client.get(file["download_url"]).content == table(7)


def test_files_are_listed_the_newest_first_a_hundred_of_them_and_without_links(api: Api) -> None:
    made = [api.upload(table(1), name=f"{n}.csv") for n in range(102)][::-1]
    listed = api.listed("/files")

    assert listed == made[:100]
    assert api.listed("/files", limit=3, pagination="False") == made[:3]
    assert api.listed("/files", limit=10**30) == made


def test_a_deleted_file_is_gone_and_others_stay(api: Api) -> None:
    gone, stays = api.upload()["id"], api.upload()["id"]
    api.call("DELETE", f"/files/{gone}", 204)

    assert ids(api.listed("/files")) == [stays]
    for method in ("GET", "DELETE"):
        said = api.refused(method, f"/files/{gone}", 404)
        assert said == f"the file {gone!r} does not exist"


def test_files_of_one_organization_are_of_one_workspace_and_those_of_others_of_others(api: Api) -> None:
    dataset = api.dataset(table(3), table(2))
    workspace = dataset["workspace_id"]
    other = str(api.client.base_url).replace("a7467a9d", "b7467a9d")
    theirs = api.client.post(f"{other}files", files={"file": ("a.csv", table(3))}).json()

    assert {each["workspace_id"] for each in api.listed("/files")} == {workspace}
    assert re.fullmatch(UUID, theirs["workspace_id"])
    assert theirs["workspace_id"] != workspace


def test_an_upload_needs_a_part_called_file_in_a_form(api: Api) -> None:
    sends: list[Json] = [
        {"files": {"data": ("a.csv", table(3))}},
        {"data": {"file": "a,b"}},
        {"content": table(3), "headers": {"content-type": "text/csv"}},
        {"json": {"file": "a,b"}},
        {},
    ]
    for sent in sends:
        assert api.refused("POST", "/files", **sent)
    assert api.refused("POST", "/files", **sends[-1]) == (
        "file: a part with a file is required, in multipart/form-data"
    )
    assert api.listed("/files") == []


def test_a_purpose_and_any_other_field_say_nothing(api: Api) -> None:
    sent = {"file": ("a.csv", table(3), "application/octet-stream")}
    file = api.call("POST", "/files", files=sent, data={"purpose": "batch", "x": "y"})

    assert api.get(f"/files/{file['id']}")["name"] == "a.csv"


def test_a_file_that_is_too_large_is_refused_and_leaves_nothing(api_of: Tenants) -> None:
    api = api_of(upload_bytes_max=1000)
    for content in (b"a,b\n" * 300, b"a,b\n" * 100_000):
        assert "1000" in api.refused("POST", "/files", 413, files={"file": ("a.csv", content)})

    assert api.listed("/files") == []
    assert api.upload(b"a,b\n" * 250)["bytes"] == 1000


def test_a_file_that_says_it_is_too_large_is_refused_before_it_is_sent(api_of: Tenants) -> None:
    api = api_of(upload_bytes_max=1000)
    head = f"POST {api.client.base_url.path}files HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {api.key}\r\n"
    head += "Content-Type: multipart/form-data; boundary=B\r\nContent-Length: 66537\r\n\r\n"
    with socket.create_connection(("127.0.0.1", api.control.base_url.port or 0), timeout=20) as connection:
        connection.sendall(head.encode())

        assert b" 413 " in connection.makefile("rb").readline()


@pytest.mark.parametrize("limit", [0, -1, "x", "1.5", "", "1e3"])
def test_a_limit_is_a_whole_number_of_at_least_one(api: Api, limit: object) -> None:
    for path in ("/files", "/datasets", "/jobs", "/base-models"):
        assert "limit" in api.refused("GET", path, params={"limit": limit})


@pytest.mark.parametrize("word", ["False", "True", "false", "true", "0", "1"])
def test_a_truth_value_in_a_query_may_be_written_as_python_writes_it(api: Api, word: str) -> None:
    for path in ("/files", "/datasets", "/jobs"):
        assert api.listed(path, pagination=word) == []


def test_what_pagination_is_asked_for_has_to_be_a_truth_value(api: Api) -> None:
    for path in ("/files", "/datasets", "/jobs"):
        assert api.refused("GET", path, params={"pagination": "maybe"}).startswith("pagination")


def test_the_one_who_asks_for_an_unknown_file_is_told_so(api: Api) -> None:
    assert api.refused("GET", f"/files/{NOBODY}", 404) == f"the file {NOBODY!r} does not exist"
