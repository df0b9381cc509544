"""What was indexed is kept, up to a bound, and made once."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Event

import pytest

from emulator.core.inference import shelf
from emulator.core.inference.index import Index
from emulator.core.inference.shelf import Shelf
from tests.inference.data import chat, line


def made(shelf_of: Shelf, *digests: str, words: int = 2) -> list[str]:
    """Ask for indexes; return which of them had to be made."""
    new: list[str] = []
    text = " ".join(map(str, range(words)))

    def make(digest: str) -> Index:
        new.append(digest)
        return Index([line(chat(text, "x"))])

    for digest in digests:
        shelf_of.get(digest, partial(make, digest))
    return new


def test_an_index_is_made_once_even_an_empty_one() -> None:
    kept = Shelf()
    empty = kept.get("none", partial(Index, []))

    assert kept.get("none", partial(Index, [])) is empty
    assert made(kept, "a", "b", "a") == ["a", "b"]


def test_the_one_that_was_longest_not_asked_for_goes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shelf, "HELD_MAX", 2)

    assert made(Shelf(), "a", "b", "a", "c", "a", "b") == ["a", "b", "c", "b"]


def test_indexes_of_many_words_are_kept_the_fewer_but_the_last_always(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shelf, "HELD_WORDS_MAX", 10)

    assert made(Shelf(), "a", "b", "a", "c", "a", words=4) == ["a", "b", "c"]
    assert made(Shelf(), "a", "a", "b", "a", words=11) == ["a", "b", "a"]


def test_two_who_ask_at_once_have_it_made_once() -> None:
    kept, begun, may_end, new = Shelf(), Event(), Event(), []

    def make() -> Index:
        new.append(1)
        begun.set()
        assert may_end.wait(30)
        return Index([])

    with ThreadPoolExecutor(2) as threads:
        one = threads.submit(kept.get, "a", make)
        assert begun.wait(30)
        two = threads.submit(kept.get, "a", make)
        may_end.set()

        assert one.result() is two.result()
    assert len(new) == 1


def test_what_could_not_be_made_is_made_the_next_time() -> None:
    kept = Shelf()

    def fail() -> Index:
        raise FileNotFoundError

    with pytest.raises(FileNotFoundError):
        kept.get("a", fail)

    assert made(kept, "a") == ["a"]
