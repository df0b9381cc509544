"""How alike two texts are."""

import time
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.core.graders.metrics import CHARACTERS_MAX, FUZZY_CHARACTERS_MAX, METRICS, WORDS_MAX, similarity
from emulator.core.graders.metrics.extra import extra
from emulator.errors import Refused

BUILT_IN = ("cosine", *(name for name in METRICS if name.startswith("rouge")))
LIBRARIES = {"fuzzy_match": "rapidfuzz", "bleu": "nltk", "gleu": "nltk", "meteor": "nltk"}
TEXTS = st.lists(st.sampled_from(["a", "b", "c.", "Straße", "the", "\n", " ", ".", "é"]), max_size=30).map(" ".join)

BEAR = ("fuzzy wuzzy was a bear", "fuzzy wuzzy had no hair")
HAIR = (
    "fuzzy wuzzy was a bear. he had no hair",
    "fuzzy wuzzy had no hair. fuzzy wuzzy was not fuzzy was he",
)
MAT = ("the cat sat on the mat near the door", "on the mat near the door the cat sat")


def _needed(metric: str) -> None:
    if library := LIBRARIES.get(metric):
        pytest.importorskip(library, reason="the extra 'graders' is not installed")


# Of rouge: what rouge 1.0.1 answers, to within its 1e-8. Of fuzzy_match, first: a run of the provider's own guide,
# whose python grader has the same scorer (observed: 0.7555555555555555). The rest was computed once and looked at.
@pytest.mark.parametrize(
    ("metric", "texts", "expected"),
    [
        ("rouge_1", HAIR, 0.823529),
        ("rouge_2", HAIR, 0.444444),
        ("rouge_3", HAIR, 0.235294),
        ("rouge_4", MAT, 0.5),
        ("rouge_5", MAT, 0.4),
        ("rouge_l", HAIR, 0.823529),
        ("rouge_l", MAT, 0.714286),
        ("fuzzy_match", BEAR, 0.755556),
        ("bleu", MAT, 0.747674),
        ("bleu", BEAR, 0.0),
        ("gleu", BEAR, 0.214286),
        ("meteor", BEAR, 0.375),
        ("meteor", ("running quickly", "runs quick"), 0.25),
        ("cosine", BEAR, 0.4),
    ],
)
def test_a_metric_has_the_figure_of_its_library(metric: str, texts: tuple[str, str], expected: float) -> None:
    _needed(metric)

    assert similarity(metric, *texts) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("metric", METRICS)
@given(text=TEXTS, reference=TEXTS)
def test_every_metric_goes_from_0_to_1(metric: str, text: str, reference: str) -> None:
    _needed(metric)

    assert 0 <= similarity(metric, text, reference) <= 1


@pytest.mark.parametrize("metric", [name for name in METRICS if name != "meteor"])
def test_a_text_is_wholly_like_itself(metric: str) -> None:
    _needed(metric)

    assert similarity(metric, MAT[0], MAT[0]) == pytest.approx(1)


@pytest.mark.parametrize("metric", METRICS)
def test_texts_without_a_letter_in_common_are_not_alike(metric: str) -> None:
    _needed(metric)

    assert similarity(metric, "abcdef", "uvwxyz") == 0


@pytest.mark.parametrize("metric", METRICS)
def test_a_text_that_would_take_long_is_refused(metric: str) -> None:
    for text in ("x" * (CHARACTERS_MAX + 1), "x " * (WORDS_MAX + 1)):
        with pytest.raises(Refused, match=f"The metric {metric} takes texts of up to"):
            similarity(metric, "short", text)


def test_a_fuzzy_match_takes_shorter_texts_than_the_others() -> None:
    with pytest.raises(Refused, match="5000 characters"):
        similarity("fuzzy_match", "x" * (FUZZY_CHARACTERS_MAX + 1), "y")


@pytest.mark.parametrize("metric", METRICS)
def test_the_longest_texts_take_seconds_at_most(metric: str) -> None:
    _needed(metric)
    longest = FUZZY_CHARACTERS_MAX if metric == "fuzzy_match" else CHARACTERS_MAX
    rng = Random(1)
    text = " ".join("".join(rng.choices("abcdefgh", k=5)) for _ in range(WORDS_MAX))[:longest]
    begun = time.thread_time()

    similarity(metric, text, text[: int(longest / 1.6)][::-1])

    assert time.thread_time() - begun < 10


def test_a_library_that_is_not_there_is_named_with_the_extra_it_comes_with() -> None:
    with pytest.raises(Refused, match=r"the library 'not_there'.*pip install 'fine-tuning-emulator\[graders\]'"):
        extra("not_there.module")


@pytest.mark.parametrize("metric", BUILT_IN)
def test_cosine_and_rouge_take_no_library(metric: str) -> None:
    assert metric not in LIBRARIES
    assert similarity(metric, MAT[0], MAT[0]) == pytest.approx(1)
