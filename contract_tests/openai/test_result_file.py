"""The result of a job: a CSV of its steps in base64, which agrees with what the events tell."""

import base64
import csv
import io

import pytest

from contract_tests.harness.answers import Answer, Obj
from contract_tests.harness.facts import fact, spends
from contract_tests.harness.line import Line
from contract_tests.harness.schema import Schema
from contract_tests.harness.walk import Walk
from contract_tests.openai import published
from contract_tests.openai.envelope import invalid
from contract_tests.openai.provider import FILES, JOBS

pytestmark = spends
COLUMNS = ["step", "train_loss", "train_accuracy", "valid_loss", "valid_mean_token_accuracy"]
DECIMALS = 5


@pytest.fixture(scope="module")
def result(line: Line, walk: Walk) -> Obj:
    """The file that the job names as its result."""
    (id_,) = walk.last.job["result_files"]
    return line.get(f"{FILES}/{id_}").ok()


@pytest.fixture(scope="module")
def content(line: Line, result: Obj) -> Answer:
    """Its download."""
    return line.get(f"{FILES}/{result['id']}/content")


def table(content: Answer) -> list[dict[str, str]]:
    """Return the rows of the CSV by its header's names."""
    text = base64.b64decode(content.content, validate=True).decode()
    return list(csv.DictReader(io.StringIO(text)))


@fact("files.retrieve", "of a result answers a file in its published shape", known="documented")
def test_a_result_is_as_published(result: Obj, schema: Schema) -> None:
    schema.holds("OpenAIFile", published.file(result))


@fact("files.retrieve", "of a result says step_metrics.csv, for fine-tune-results, processed", known="observed")
def test_a_result_is_named_and_meant_so(result: Obj) -> None:
    told = (result["filename"], result["purpose"], result["status"])

    assert told == ("step_metrics.csv", "fine-tune-results", "processed")


@fact("files.retrieve", "of a result has an id like any other file's", known="observed")
def test_a_results_id_is_a_files(result: Obj, training_file: Obj) -> None:
    assert result["id"].startswith("file-")
    assert len(result["id"]) == len(training_file["id"])


@fact("files.retrieve", "of a result counts the bytes that are downloaded", known="documented")
def test_a_results_bytes_are_counted(result: Obj, content: Answer) -> None:
    assert result["bytes"] == len(content.content)


@fact("files.content", "of a result is the CSV in base64", known="observed")
def test_a_result_is_base64(content: Answer) -> None:
    assert content.status == 200
    assert base64.b64decode(content.content, validate=True).startswith(b"step,train_loss,")


@fact("files.content", "of a result has five columns", known="observed")
def test_a_result_has_its_columns(content: Answer) -> None:
    assert list(table(content)[0]) == COLUMNS


@fact("files.content", "of a result has one row a step, the first step first", known="observed")
def test_a_result_has_a_row_a_step(content: Answer, walk: Walk) -> None:
    steps = sum(event["type"] == "metrics" for event in walk.last.events.rows())

    assert [row["step"] for row in table(content)] == [str(step) for step in range(1, steps + 1)]


@fact("files.content", "of a result agrees with the events, to five decimals", known="observed")
def test_a_result_agrees_with_the_events(content: Answer, walk: Walk) -> None:
    told = {event["data"]["step"]: event["data"] for event in walk.last.events.rows() if event["type"] == "metrics"}
    names = ("train_loss", "train_mean_token_accuracy", "valid_loss", "valid_mean_token_accuracy")
    pairs = [*zip(COLUMNS[1:], names, strict=True)]
    for row in table(content):
        step = told[int(row["step"])]
        assert [float(row[column]) for column, _ in pairs] == [round(step[name], DECIMALS) for _, name in pairs]


@fact("files.content", "of a result leaves out what there is not", known="observed")
def test_a_result_without_validation_has_empty_places(line: Line, plain_walk: Walk) -> None:
    (id_,) = plain_walk.last.job["result_files"]

    rows = table(line.get(f"{FILES}/{id_}/content"))
    assert {(row["valid_loss"], row["valid_mean_token_accuracy"]) for row in rows} == {("", "")}


@fact("files.content", "of a result has at most five decimals, without zeros at their end", known="observed")
def test_a_results_numbers_are_trimmed(content: Answer) -> None:
    for row in table(content):
        for column in COLUMNS[1:]:
            whole, _, decimals = row[column].partition(".")
            assert whole.isdecimal()
            assert len(decimals) <= DECIMALS
            assert decimals == "0" or not decimals.endswith("0")


@fact("files.list", "lists results among the files", known="observed")
def test_a_result_is_listed(line: Line, result: Obj) -> None:
    assert result in line.get(FILES, purpose="fine-tune-results", limit=100).rows()


@fact("files.delete", "takes a result away", known="documented")
def test_a_result_may_be_deleted(line: Line, plain_walk: Walk) -> None:
    # Of the job that has no more tests of its result; it names it still (unverified).
    (id_,) = line.get(f"{JOBS}/{plain_walk.created['id']}").ok()["result_files"]
    content = line.get(f"{FILES}/{id_}/content")
    assert content.status == 200

    assert line.delete(f"{FILES}/{id_}").ok()["deleted"] is True
    invalid(line.get(f"{FILES}/{id_}"), 404)
