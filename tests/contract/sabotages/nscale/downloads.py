"""Sabotages of how a model is downloaded: the link to it, and the archive."""

import gzip
import io
import json
import tarfile
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from tests.contract.sabotages.changes import SUCCESS, Begin, answers, at, begins, put, renamed
from tests.contract.sabotages.nscale.changes import (
    Json,
    answered,
    error,
    of_nscale,
    says,
    told,
)
from tests.contract.sabotages.nscale.files import downloads, trusting
from tests.contract.sabotages.wrapping import Answer, Ask, Filter, Forward, json_answer

METRICS, DOWNLOAD, CONTENT = "jobs.metrics", "jobs.download", "jobs.content"


async def _always_json(ask: Ask, forward: Forward) -> Answer:
    """Answer JSON to who would be redirected."""
    return await forward(ask.with_header("accept", "application/json") if ask.operation == DOWNLOAD else ask)


async def _never_json(ask: Ask, forward: Forward) -> Answer:
    """Redirect everybody."""
    plain = ask.with_header("accept", "*/*").with_header("content-type", None)
    return await forward(plain if ask.operation == DOWNLOAD else ask)


async def _not_by_content_type(ask: Ask, forward: Forward) -> Answer:
    """Take no notice of what a request says that it sends."""
    return await forward(ask.with_header("content-type", None) if ask.operation == DOWNLOAD else ask)


async def _not_by_accept(ask: Ask, forward: Forward) -> Answer:
    """Take no notice of what a request says that it takes."""
    return await forward(ask.with_header("accept", "*/*") if ask.operation == DOWNLOAD else ask)


def _redirect(change: Callable[[Answer], Answer]) -> Begin:
    async def redirecting(ask: Ask, forward: Forward) -> Answer:
        answer = await forward(ask)
        return change(answer) if ask.operation == DOWNLOAD and answer.status == 302 else answer

    return begins(redirecting)


def _link(change: Callable[[str], str]) -> Begin:
    """Return a sabotage that changes the link in either form."""

    async def linking(ask: Ask, forward: Forward) -> Answer:
        answer = await forward(ask)
        if ask.operation != DOWNLOAD or answer.status not in (200, 302):
            return answer
        if answer.status == 302:
            return answer.with_header("location", change(answer.header("location")))
        return answer.with_json(at("download_url", change)(answer.json()))

    return begins(linking)


def _packed(change: Callable[[dict[str, bytes]], dict[str, bytes]]) -> Begin:
    """Return a sabotage that changes the files of the archive."""

    def repacked(ask: Ask, answer: Answer) -> Answer:
        if ask.method != "GET":
            return answer
        with tarfile.open(fileobj=io.BytesIO(answer.body), mode="r:gz") as packed:
            files = {member.name: packed.extractfile(member) for member in packed.getmembers()}
            told_ = change({name: file.read() for name, file in files.items() if file})
        return answer.with_body(_archive(told_))

    return downloads(repacked, CONTENT)


def _archive(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as packed:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            packed.addfile(member, io.BytesIO(content))
    return gzip.compress(out.getvalue(), mtime=0)


def _config(change: Callable[[Json], Json]) -> Begin:
    return _packed(
        lambda files: {
            **files,
            "adapter_config.json": json.dumps(change(json.loads(files["adapter_config.json"]))).encode(),
        }
    )


def _same_path(ask: Ask, known: Ask) -> Ask | None:
    return known if ask.path == known.path and ask.query and "/jobs/" in ask.path else None


def _unsigned(ask: Ask, known: Ask) -> Ask | None:
    return known if ask.path == known.path and not ask.query and not ask.key and "/jobs/" in ask.path else None


def _by_token(ask: Ask, known: Ask) -> Ask | None:
    return known if ask.path == known.path and not ask.query and ask.key and "/jobs/" in ask.path else None


def _any_path(ask: Ask, known: Ask) -> Ask | None:
    return known if ask.path != known.path and ask.query == known.query and "/jobs/" in known.path else None


def _growing() -> Filter:
    """Make an archive anew each time, otherwise packed."""
    count = [0]

    async def packing(ask: Ask, forward: Forward) -> Answer:
        answer = await forward(ask)
        if ask.operation != CONTENT or answer.status != SUCCESS or ask.method != "GET":
            return answer
        count[0] += 1
        return answer.with_body(gzip.compress(gzip.decompress(answer.body), mtime=count[0]))

    return packing


def _unranged(ask: Ask, forward: Forward) -> Any:
    """Take no notice of a range."""
    return forward(ask.with_header("range", None) if ask.operation == CONTENT else ask)


async def _cancelled_too(ask: Ask, forward: Forward) -> Answer:
    """Give links to the models of cancelled jobs."""
    answer = await forward(ask)
    if ask.operation != DOWNLOAD or not error(answer) or not says("is cancelled")(error(answer)):
        return answer
    return json_answer(200, {"download_url": "http://127.0.0.1/x"})


async def _minded(ask: Ask, forward: Forward) -> Answer:
    """Refuse a model's link with a token beside it."""
    if ask.operation == CONTENT and ask.key and ask.query:
        return json_answer(400, {"code": "invalid_argument", "message": "only one way to sign is taken"})
    return await forward(ask)


DOWNLOADED = of_nscale(
    {
        "download_always_json": ("A download is always told as JSON.", begins(_always_json)),
        "download_never_json": ("A download is always a redirect.", begins(_never_json)),
        "download_content_type_unheard": ("Who sends JSON is redirected.", begins(_not_by_content_type)),
        "download_accept_unheard": ("Who takes JSON is redirected.", begins(_not_by_accept)),
        "download_307": (
            "A download is a redirect of another kind.",
            _redirect(lambda answer: replace(answer, status=307)),
        ),
        "download_location_missing": (
            "A redirect leads nowhere.",
            _redirect(lambda answer: answer.with_header("location", None)),
        ),
        "download_url": ("The link stands under url.", answers(DOWNLOAD, renamed("download_url", "url"))),
        "download_with_expiry": (
            "The link tells its end.",
            answers(DOWNLOAD, put("expires_at", "2099-01-01T00:00:00Z")),
        ),
        "download_relative": (
            "The link is relative.",
            answers(DOWNLOAD, at("download_url", lambda url: "/" + url.split("/", 3)[3])),
        ),
        "download_elsewhere": (
            "The redirect leads to a wrong signature.",
            _redirect(lambda answer: answer.with_header("location", answer.header("location")[:-4] + "0000")),
        ),
        "download_dead": ("A link is not signed.", _link(lambda url: url.partition("?")[0])),
        "download_of_cancelled": ("A cancelled job has a model.", begins(_cancelled_too)),
        "download_of_cancelled_404": (
            "A cancelled job's model is a 404.",
            answered(404, of=says("is cancelled; its model can be downloaded")),
        ),
        "download_of_cancelled_code": (
            "Who downloads a cancelled job's model is told invalid_argument.",
            told(put("code", "invalid_argument"), of=says("is cancelled; its model can be downloaded")),
        ),
        "download_of_cancelled_unsaid": (
            "Who downloads a cancelled job's model is not told why.",
            told(put("message", "there is no model"), of=says("is cancelled; its model can be downloaded")),
        ),
        "archive_unpacked": (
            "The archive is not compressed.",
            downloads(
                lambda _, answer: answer.with_body(gzip.decompress(answer.body)) if answer.body else answer, CONTENT
            ),
        ),
        "archive_twice_packed": (
            "The archive is compressed twice.",
            downloads(
                lambda _, answer: (
                    answer.with_body(gzip.compress(answer.body)).with_header("content-encoding", "gzip")
                    if answer.body
                    else answer
                ),
                CONTENT,
            ),
        ),
        "archive_cut": (
            "The archive lacks its end.",
            downloads(
                lambda _, answer: answer.with_body(answer.body[: len(answer.body) // 2]) if answer.body else answer,
                CONTENT,
            ),
        ),
        "archive_as_bytes": (
            "The archive is told as bytes.",
            downloads(lambda _, answer: answer.with_header("content-type", "application/octet-stream"), CONTENT),
        ),
        "archive_without_length": (
            "The archive does not tell its length.",
            downloads(lambda _, answer: answer.with_header("content-length", None), CONTENT),
        ),
        "archive_named_otherwise": (
            "The archive is a model.tar.gz.",
            downloads(
                lambda _, answer: answer.with_header("content-disposition", 'attachment; filename="model.tar.gz"'),
                CONTENT,
            ),
        ),
        "archive_without_weights": (
            "The archive has no weights.",
            _packed(
                lambda files: {name: content for name, content in files.items() if not name.endswith(".safetensors")}
            ),
        ),
        "archive_without_configuration": (
            "The archive has no configuration.",
            _packed(lambda files: {name: content for name, content in files.items() if not name.endswith(".json")}),
        ),
        "archive_deeper": (
            "The archive has one folder.",
            _packed(lambda files: {f"model/{name}": content for name, content in files.items()}),
        ),
        "archive_absolute": ("The archive's paths are absolute.", _packed(lambda files: {**files, "/etc/motd": b""})),
        "archive_upward": ("The archive's paths lead upward.", _packed(lambda files: {**files, "../motd": b""})),
        "archive_rank_other": ("The adapter's rank is another.", _config(put("r", 8))),
        "archive_alpha_other": ("The adapter's alpha is another.", _config(put("lora_alpha", 16))),
        "archive_no_lora": ("The adapter is no LoRA.", _config(put("peft_type", "IA3"))),
        "archive_grows": ("The archive is another each time.", _growing),
        "archive_unranged": ("A range of the archive is answered whole.", begins(_unranged)),
        "archive_range_untold": (
            "A part of the archive does not tell its range.",
            downloads(lambda _, answer: answer.with_header("content-range", None), CONTENT, 206),
        ),
        "archive_range_beyond": (
            "A range beyond the archive's end is empty.",
            downloads(lambda _, answer: replace(answer, status=206), CONTENT, 416),
        ),
        "archive_head_empty": (
            "The archive's head has no length.",
            downloads(
                lambda ask, answer: answer.with_header("content-length", "0") if ask.method == "HEAD" else answer,
                CONTENT,
            ),
        ),
        "archive_any_signature": ("Any signature opens a model.", trusting(_same_path)),
        "archive_unsigned": ("A model needs no signature.", trusting(_unsigned)),
        "archive_by_token": ("A token opens a model.", trusting(_by_token)),
        "archive_any_path": ("A model's signature opens every path.", trusting(_any_path)),
        "archive_token_minded": ("A token beside a model's link is refused.", begins(_minded)),
    }
)
