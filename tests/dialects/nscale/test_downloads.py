"""Downloads: how a link is given, what it leads to, for how long, and to whom."""

import io
import json
import tarfile
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from safetensors import deserialize

from emulator.core.jobs import Seen
from emulator.dialects.nscale.metrics import best_step
from emulator.dialects.nscale.wire import MODULES
from emulator.server import Emulator
from emulator.settings import Settings
from emulator.timeline.curves import Curve
from emulator.timeline.planning import make_plan
from emulator.timeline.view import view
from tests.dialects.nscale.api import LINK_S, LLAMA, NOBODY, Api, Json, asked, follow, table
from tests.dialects.nscale.conftest import Tenants
from tests.dialects.nscale.tokens import token
from tests.timeline.recipes import CREATED_AT, a_job, a_recipe

FILES = [
    "adapter_config.json",
    "adapter_model.safetensors",
    "chat_template.jinja",
    "tokenizer.json",
    "tokenizer_config.json",
]
JSON = "application/json"


@pytest.fixture
def job(api: Api) -> str:
    """A job that is completed."""
    return str(api.done()["id"])


def refused(answer: httpx.Response, status: int) -> Json:
    assert answer.status_code == status, answer.text
    body: Json = answer.json()
    assert [*body] == ["code", "message"]
    return body


ASKS: list[tuple[Json, int]] = [
    ({}, 302),
    ({"accept": "*/*"}, 302),
    ({"accept": "application/octet-stream"}, 302),
    ({"content-type": "text/plain"}, 302),
    ({"accept": JSON}, 200),
    ({"accept": "text/html, Application/JSON;q=0.9"}, 200),
    ({"accept": f"{JSON}, text/plain, */*"}, 302),
    ({"accept": f"{JSON}, */*;q=0.8"}, 200),
    ({"accept": f"{JSON};q=0.1, application/gzip"}, 302),
    ({"accept": f"{JSON};q=much, */*"}, 302),
    ({"content-type": JSON}, 200),
    ({"content-type": f"{JSON}; charset=utf-8", "accept": "*/*"}, 200),
]


@pytest.mark.parametrize(("headers", "status"), ASKS)
def test_who_asks_for_json_gets_json_and_any_other_the_redirect(
    api: Api, job: str, headers: dict[str, str], status: int
) -> None:
    answer = api.client.get(f"/jobs/{job}/download", headers=headers)
    url = answer.headers["location"] if status == 302 else answer.json()["download_url"]

    assert answer.status_code == status
    assert url.startswith(f"{api.server.url}/nscale/downloads/organizations/")
    assert follow(url).status_code == 200


@pytest.mark.parametrize(("form", "status"), [("json", 200), ("redirect", 302)])
def test_the_setting_makes_it_one_of_them_for_everybody(api_of: Tenants, form: str, status: int) -> None:
    api = api_of(download=form)
    job = api.done()["id"]

    for headers, _ in ASKS:
        assert api.client.get(f"/jobs/{job}/download", headers=headers).status_code == status


def test_the_link_leads_to_the_host_that_was_asked(api: Api, job: str) -> None:
    answer = api.client.get(f"/jobs/{job}/download", headers={"host": f"localhost:{api.control.base_url.port}"})

    assert answer.headers["location"].startswith(f"http://localhost:{api.control.base_url.port}/nscale/downloads/")


def test_at_the_root_links_lead_to_the_root(api_of: Tenants) -> None:
    at_root = api_of(dialect="nscale")
    with closing(Api(at_root.server, "root", mount="")) as api:
        job = api.done()["id"]
        url = api.link(job)

        assert url.startswith(f"{api.server.url}/downloads/organizations/")
        assert follow(url).status_code == 200
        assert follow(url.replace("/downloads/", "/nscale/downloads/")).status_code == 200


def test_the_archive_holds_the_adapter_and_its_tokenizer(api: Api, job: str) -> None:
    answer = follow(api.link(job))
    with tarfile.open(fileobj=io.BytesIO(answer.content)) as archive:
        names = archive.getnames()
        config = archive.extractfile("adapter_config.json")
        assert config is not None
        assert b'"r":' in config.read()

    assert names == FILES
    assert answer.headers["content-type"] == "application/gzip"
    assert answer.headers["content-disposition"] == 'attachment; filename="fine_tuned_model.tar.gz"'
    assert int(answer.headers["content-length"]) == len(answer.content)


def unpacked(api: Api, job: str) -> tarfile.TarFile:
    """Fetch a job's model."""
    return tarfile.open(fileobj=io.BytesIO(follow(api.link(job)).content))


def member(archive: tarfile.TarFile, name: str) -> bytes:
    """Return a file of an archive."""
    file = archive.extractfile(name)
    assert file is not None
    return file.read()


@pytest.mark.parametrize(
    ("asked_for", "modules"),
    [
        ({}, MODULES),
        ({"lora": {"trainable_modules": []}}, MODULES),
        ({"lora": {"trainable_modules": ["v_proj", "down_proj", "v_proj"]}}, ("v_proj", "down_proj")),
    ],
)
def test_the_adapter_is_of_the_modules_that_were_asked_as_peft_names_them(
    api: Api, asked_for: Json, modules: tuple[str, ...]
) -> None:
    with unpacked(api, api.done(hyperparameters=asked_for)["id"]) as archive:
        config = json.loads(member(archive, "adapter_config.json"))
        tensors = dict(deserialize(member(archive, "adapter_model.safetensors")))  # type: ignore[no-untyped-call]
    parents = dict.fromkeys(("gate_proj", "up_proj", "down_proj"), "mlp")
    first = "base_model.model.model.layers.0"

    assert config["target_modules"] == [*modules]
    assert {name for name in tensors if name.startswith(f"{first}.")} == {
        f"{first}.{parents.get(module, 'self_attn')}.{module}.lora_{side}.weight" for module in modules for side in "AB"
    }
    assert all(name.startswith("base_model.model.model.layers.") for name in tensors)


def test_the_tokenizer_takes_as_much_as_the_model_does(api_of: Tenants) -> None:
    own = "11111111-2222-4333-8444-555555555555"
    api = api_of(model=(f"{own}=mine/own@4096",))
    for model, context in ((LLAMA, 8192), (own, 4096)):
        with unpacked(api, api.done(base_model_id=model)["id"]) as archive:
            assert json.loads(member(archive, "tokenizer_config.json"))["model_max_length"] == context


def test_after_a_reset_another_model_of_the_same_id_has_another_tag(api: Api) -> None:
    before = api.done()["id"]
    first = follow(api.link(before))
    known = {"if-none-match": first.headers["etag"]}
    same = follow(api.link(before), **known)
    api.control.post("/_emulator/reset").raise_for_status()
    api.control.put("/_emulator/clock", json={"mode": "manual"}).raise_for_status()
    after = api.done(hyperparameters={"lora": {"r": 16}})["id"]
    second = follow(api.link(after), **known)

    assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", first.headers["etag"])
    assert before == after
    assert (second.status_code, second.content == first.content) == (200, False)
    assert second.headers["etag"] != first.headers["etag"]


def test_a_file_is_tagged_by_its_bytes(api: Api) -> None:
    urls = [api.get(f"/files/{api.upload(table(rows))['id']}")["download_url"] for rows in (5, 5, 6)]
    tags = [follow(url).headers["etag"] for url in urls]

    assert tags[0] == tags[1] != tags[2]
    assert [follow(url, **{"if-none-match": tags[0]}).status_code for url in urls] == [304, 304, 200]


def test_a_part_of_an_archive_can_be_asked_for_and_its_head(api: Api, job: str) -> None:
    url = api.link(job)
    whole = follow(url).content
    middle = follow(url, range="bytes=10-99")
    head = follow(url, "HEAD")

    assert (middle.status_code, middle.content) == (206, whole[10:100])
    assert middle.headers["content-range"] == f"bytes 10-99/{len(whole)}"
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", str(len(whole)))
    assert follow(url, range=f"bytes={len(whole)}-").status_code == 416


def test_the_original_data_can_be_fetched_byte_by_byte(api: Api) -> None:
    content = 'frage,antwort\r\n"a""b",ü\r\n'.encode()
    url = api.get(f"/files/{api.upload(content, name='daten ü.csv')['id']}")["download_url"]
    answer = follow(url)

    assert answer.content == content
    assert answer.headers["content-type"].startswith("text/csv")
    assert follow(url, range="bytes=-4").content == content[-4:]
    assert follow(url, "HEAD").headers["content-length"] == str(len(content))


@pytest.mark.parametrize("authorization", ["", "Bearer x", "Basic eDp5", f"Bearer {token('another')}"])
def test_a_link_needs_no_token_and_minds_none(api: Api, job: str, authorization: str) -> None:
    for url in (api.link(job), api.get(f"/files/{api.upload()['id']}")["download_url"]):
        assert follow(url, authorization=authorization).status_code == 200


def test_a_link_leads_somewhere_for_an_hour_of_the_virtual_clock(api: Api, job: str) -> None:
    urls = [api.link(job), api.get(f"/files/{api.upload()['id']}")["download_url"]]
    api.advance(LINK_S - 0.5)
    assert [follow(url).status_code for url in urls] == [200, 200]
    api.advance(1.5)

    for url in urls:
        assert refused(follow(url), 403) == {"code": "permission_denied", "message": "The link has expired."}
    assert follow(api.link(job)).status_code == 200


def test_a_link_is_good_after_a_restart_and_on_another_port(tmp_path: Path) -> None:
    kept = Settings(port=0, quiet=True, clock="manual", data_dir=tmp_path)
    with Emulator(kept) as first, closing(Api(first, "me")) as api:
        urls = [api.link(api.done()["id"]), api.get(f"/files/{api.upload()['id']}")["download_url"]]
        contents = [follow(url).content for url in urls]
    with Emulator(kept) as second:
        moved = [f"{second.url}/{url.split('/', 3)[3]}" for url in urls]
        assert [follow(url).content for url in moved] == contents
    with Emulator(Settings(port=0, quiet=True, clock="manual", data_dir=tmp_path, seed="other")) as third:
        for url in urls:
            refused(follow(f"{third.url}/{url.split('/', 3)[3]}"), 403)


def changed(url: str, **members: str | None) -> str:
    """Return a link with members of its query changed; None takes one out."""
    query = {**dict(parse_qsl(urlsplit(url).query)), **members}
    told = {name: value for name, value in query.items() if value is not None}
    return str(httpx.URL(url).copy_with(params=told))


def test_a_forged_link_leads_nowhere(api: Api, job: str) -> None:
    url, other = api.link(job), api.get(f"/files/{api.upload()['id']}")["download_url"]
    query = dict(parse_qsl(urlsplit(url).query))
    flipped = query["signature"][:-1] + ("0" if query["signature"][-1] != "0" else "1")
    forged = [
        changed(url, signature=flipped),
        changed(url, signature=""),
        changed(url, signature=query["signature"].upper()),
        changed(url, signature=dict(parse_qsl(urlsplit(other).query))["signature"]),
        changed(url, expires=str(int(query["expires"]) + 1)),
        changed(url, expires="9" * 5000),
        changed(url, expires="x"),
        changed(url, tenant="0" * 32),
        changed(url, tenant=None),
        changed(url, signature=None),
        f"{url}&signature={query['signature']}",
        url.replace(job, NOBODY),
        url.replace("a7467a9d", "b7467a9d"),
    ]
    for each in forged:
        said = refused(follow(each), 403)
        assert said == {"code": "permission_denied", "message": "The link's signature is missing or does not match."}


def test_without_any_of_its_members_a_link_is_none_and_a_token_opens_nothing(api: Api, job: str) -> None:
    bare = api.link(job).partition("?")[0]
    for headers in ({}, {"authorization": f"Bearer {api.key}"}):
        assert refused(follow(bare, **headers), 403)["code"] == "permission_denied"


def test_a_parameter_that_says_nothing_does_no_harm(api: Api, job: str) -> None:
    assert follow(f"{api.link(job)}&utm_source=x").status_code == 200


def test_a_link_to_a_file_that_was_deleted_leads_nowhere(api: Api) -> None:
    file = api.upload()["id"]
    url = api.get(f"/files/{file}")["download_url"]
    api.call("DELETE", f"/files/{file}", 204)

    assert refused(follow(url), 404)["message"] == f"the file {file!r} does not exist"


def test_links_are_good_where_only_some_keys_are_and_not_where_others_are(api_of: Tenants, key: str) -> None:
    api = api_of(api_key=(token(key),))
    assert follow(api.link(api.done()["id"])).status_code == 200


@pytest.mark.parametrize("status", ["queued", "starting", "running"])
def test_a_model_can_be_downloaded_once_its_job_is_completed(api: Api, status: str) -> None:
    job = api.until(api.order()["id"], status)["id"]
    for headers in ({}, {"accept": JSON}):
        answer = api.client.get(f"/jobs/{job}/download", headers=headers)
        said = refused(answer, 400)
        assert said["code"] == "failed_precondition"
        assert said["message"] == f"the job {job!r} is {status}; its model can be downloaded once it is completed"
    api.post(f"/jobs/{job}/cancel")
    assert " is cancelled; " in api.refused("GET", f"/jobs/{job}/download")


def test_a_job_without_checkpoints_has_no_model(api: Api) -> None:
    api.scenario("no_checkpoints")
    job = api.done()["id"]

    assert api.job(job)["status"] == "completed"
    assert api.refused("GET", f"/jobs/{job}/download", 404) == f"the model of job {job!r} does not exist"


def test_a_file_that_is_missing_is_missing_in_the_archive_or_is_the_archive(api: Api) -> None:
    api.scenario("missing_checkpoint_file", missing_file="tokenizer*.json")
    with tarfile.open(fileobj=io.BytesIO(follow(api.link(api.done()["id"])).content)) as archive:
        assert archive.getnames() == [name for name in FILES if not name.startswith("tokenizer")]
    api.scenario("missing_checkpoint_file", missing_file="*.tar.gz")
    url = api.link(job := api.done()["id"])
    assert refused(follow(url), 404)["message"] == f"the model of job {job!r} does not exist"


SLOWLY = 10
"""A pace at which no two steps are of the same second."""


def step_of(api: Api, job: str) -> int:
    """Return the step at which a job's model was made: that of the time in its archive."""
    times = {point["timestamp"].partition(".")[0]: point["step"] for point in api.metrics(job)["data"]}
    with unpacked(api, job) as archive:
        made = datetime.fromtimestamp(archive.getmembers()[0].mtime, UTC)
    return int(times[f"{made:%Y-%m-%dT%H:%M:%S}"])


def test_the_model_is_that_of_the_last_epoch_or_where_it_was_asked_that_of_the_best_validation_loss(
    api_of: Tenants,
) -> None:
    api = api_of(pace=SLOWLY)
    dataset = asked(api.dataset(table(40), table(9))["id"])
    hyper: Json = {"n_epochs": 5, "n_evals": 5}
    last = api.done(dataset=dataset, hyperparameters=hyper)["id"]
    best = api.done(dataset=dataset, hyperparameters={**hyper, "best_checkpoints": True})["id"]
    told = {point["step"]: float(point["validation_loss"]) for point in api.metrics(best)["data"]}
    epochs = {step: told[step] for step in (10, 20, 30, 40, 50)}

    assert step_of(api, last) == 50
    assert epochs[step_of(api, best)] == min(epochs.values())


@pytest.mark.parametrize(("start", "floor", "epoch"), [(1.0, 2.0, 1), (2.0, 1.0, 5), (1.0, 1.0, 1)])
def test_the_best_epoch_is_that_of_the_least_loss_and_of_equal_ones_the_first(
    start: float, floor: float, epoch: int
) -> None:
    plan = make_plan(a_recipe(), seed="s")
    assert plan.training
    curve = Curve("s", plan.training.steps, start, floor, rate=2.0)
    over = view(a_job(), replace(plan, curve=curve), [], CREATED_AT + plan.ends)
    seen = Seen(None, over)  # type: ignore[arg-type]  # what is stored of it is not looked at

    assert best_step(seen) == epoch * plan.training.steps_per_epoch


def test_of_losses_that_diverged_none_is_the_best_and_what_came_before_is(
    api_of: Tenants,
) -> None:
    api = api_of(pace=SLOWLY)
    dataset = asked(api.dataset(table(40), table(9))["id"])
    api.scenario("loss_diverges", fails_at=None, loss_diverges_at_step=25)
    hyper = {"n_epochs": 4, "n_evals": 4, "best_checkpoints": True}
    job = api.done(dataset=dataset, hyperparameters=hyper)

    assert job["status"] == "completed"
    assert step_of(api, job["id"]) == 20
    api.scenario("loss_diverges", fails_at=None, loss_diverges_at_step=1)
    job = api.done(dataset=dataset, hyperparameters=hyper)
    assert step_of(api, job["id"]) == 40


def test_the_same_model_is_the_same_bytes_and_another_is_not(api: Api) -> None:
    dataset = asked(api.dataset()["id"])
    one, other = (api.done(dataset=dataset)["id"] for _ in range(2))
    contents = [follow(api.link(job)).content for job in (one, one, other)]

    assert contents[0] == contents[1] != contents[2]
