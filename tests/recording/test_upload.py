"""What is told of an uploaded file, and a file in its likeness."""

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.recording.upload import DATA_BYTES_MAX, Form, form_of, write_like

HEAD = b'--B\r\nContent-Disposition: form-data; name="%s"%s\r\n\r\n'
FILE = HEAD % (b"file", b'; filename="a.jsonl"\r\nContent-Type: text/x')
FIELD = HEAD % (b"purpose", b"")


def form(*parts: bytes, keep: bool = False, step: int = 0) -> Form:
    raw = b"\r\n".join([*parts, b"--B--\r\n"])
    read = Form("multipart/form-data; boundary=B", keep=keep)
    for place in range(0, len(raw), step or len(raw)):
        read.add(raw[place : place + (step or len(raw))])
    return read


@given(st.lists(st.binary(max_size=30).filter(lambda row: b"\n" not in row and b"\r" not in row)), st.integers(1, 40))
def test_bytes_and_lines_are_counted_in_any_pieces(rows: list[bytes], step: int) -> None:
    data = b"\n".join(rows)
    [file] = form(FILE + data, FIELD + b"fine-tune", step=step).files
    assert (file.bytes, file.lines) == (len(data), data.count(b"\n") + (not data.endswith(b"\n") and bool(data)))


def test_fields_and_the_files_name_and_type_are_told_and_its_text_only_where_it_is_kept() -> None:
    data = b'{"text": "a"}\n'
    read = form(FIELD + b"fine-tune", FILE + data)
    assert read.fields == {"purpose": "fine-tune"}
    assert read.files[0].filename == "a.jsonl"
    told = {"bytes": 14, "lines": 1, "form": "text", "content_type": "text/x"}
    assert read.files[0].told() == told
    assert form(FILE + data, keep=True).files[0].told() == {**told, "kept": data.decode()}
    assert "kept" not in form(FILE + b"a" * (DATA_BYTES_MAX + 1), keep=True).files[0].told()
    assert form(FILE + b"\xff", keep=True).files[0].told()["form"] == "bytes"


@pytest.mark.parametrize("content_type", ["multipart/form-data", "multipart/mixed; boundary=B", "multipart/"])
def test_a_form_that_cannot_be_read_says_so(content_type: str) -> None:
    assert Form(content_type, keep=False).wrong
    read = Form("multipart/form-data; boundary=B", keep=False)
    read.add(b"nonsense that is no part")
    read.add(b"and more")
    assert read.wrong == "a form that cannot be read"


ROWS = {
    "asked": {"messages": [{"role": "user", "content": "a"}]},
    "conversational": {"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]},
    "preference": {"input": {"messages": []}, "preferred_output": [], "non_preferred_output": []},
    "instruction": {"prompt": "a", "completion": "b"},
    "text": {"text": "a"},
    "pretokenized": {"token_ids": [1, 2]},
    "object": {"other": 1},
}


@pytest.mark.parametrize("name", ROWS)
@pytest.mark.parametrize("lines", [1, 7])
def test_a_file_in_the_likeness_of_another_has_its_form_its_lines_and_about_its_size(name: str, lines: int) -> None:
    size = lines * 300
    out = io.BytesIO()
    write_like({"bytes": size, "lines": lines, "form": name}, out)
    rows = out.getvalue().splitlines()
    assert form_of(json.dumps(ROWS[name]).encode()) == form_of(rows[0]) == name
    assert len(rows) == lines
    assert abs(len(out.getvalue()) - size) < lines * 10 + (size * 0.02)


def test_what_is_no_dataset_is_made_as_no_dataset_and_what_was_kept_is_itself() -> None:
    for began in (b"\x00\x01", b"[1]", b"", b"{" * 100_000):
        assert form_of(began) == "bytes"
    out = io.BytesIO()
    write_like({"bytes": 10, "lines": 1, "form": "bytes"}, out)
    assert form_of(out.getvalue()) == "bytes"
    out = io.BytesIO()
    write_like({"bytes": 3, "lines": 1, "form": "text", "kept": "ü\n"}, out)
    assert out.getvalue() == "ü\n".encode()
