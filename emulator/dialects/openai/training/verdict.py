"""What becomes of a file that was read: refused when it is uploaded, refused in a job's validation, or trained on."""

from emulator.core.datasets.reader import NO_ROWS, TOO_LONG
from emulator.dialects.openai.training import words
from emulator.dialects.openai.training.complaints import MESSAGE, NO_DICTIONARY, NO_FORM
from emulator.dialects.openai.training.rows import CHAT, COMPLETION, EXTRA, NO_ASSISTANT, NOT_USER_LAST, PREFERENCE
from emulator.timeline.job import Dataset, JobError, Problem

EXAMPLES_MIN = {"training": 10, "validation": 1}
"""Rows that a split needs: observed of training files, unverified of validation files."""

COMPLETION_MODELS = frozenset({"babbage-002", "davinci-002"})
"""The models that are no chat models (documented)."""

_NOT_JSONL = "Expected file to have JSONL format, where every line is a valid JSON dictionary. "

# Which caveats a method minds.
_MINDED = {
    "supervised": frozenset({EXTRA, NO_ASSISTANT}),
    "reinforcement": frozenset({NOT_USER_LAST}),
}

# The format's name and the one method that it is said to be for: the first observed, the second made after it.
_FORMATS = {CHAT: ("fine-tune-chat", "supervised"), PREFERENCE: ("fine-tune-preference", "dpo")}


def upload_refusal(dataset: Dataset) -> str | None:
    """Return why a file of purpose ``fine-tune`` is refused at once with status 400, or None.

    Its first line is looked at: no recording refuses an upload for a later one, and in 2023 a file whose line 1273 was
    no JSON was accepted and failed later (observed). What the rest is, a job's validation finds.
    """
    problem = dataset.problem
    return _NOT_JSONL + problem.message if problem and problem.code == NO_DICTIONARY else None


def refusal(
    method: str,
    training: Dataset,
    validation: Dataset | None,
    *,
    training_file: str,
    validation_file: str | None,
    model: str | None = None,
) -> JobError | None:
    """Return why the validation of a job refuses its files, or None.

    ``method`` is supervised, dpo or reinforcement, and decides what a file has to be. With a ``model``, rows of prompts
    and completions are for those that are no chat models alone; without, for any. The wordings and codes about
    validation files are those about training files with that word in them, which is unverified.
    """
    found = _refusal(method, training, "training", training_file, model)
    if found or validation is None:
        return found
    return _refusal(method, validation, "validation", validation_file or "", model)


def _refusal(method: str, dataset: Dataset, split: str, file: str, model: str | None) -> JobError | None:
    # The method is looked at before the number of examples: a file of seven was refused for the method (observed).
    if said := _mismatch(method, dataset, file):
        return _error(split, said, older=True)
    if said := _wrong_form(method, dataset, model):
        return _error(split, said, older=False)
    if problem := _first(method, dataset):
        return _error(split, _said(problem), older=problem.code == MESSAGE)
    if dataset.rows < EXAMPLES_MIN[split]:
        least = EXAMPLES_MIN[split]
        message = f"{split.capitalize()} file has {dataset.rows} example(s), but must have at least {least} examples"
        return JobError("invalid_n_examples", message, f"{split}_file")
    return None


def _mismatch(method: str, dataset: Dataset, file: str) -> str:
    """Say that a file is of another method's format (observed of a chat for dpo, with the space at the end)."""
    name, own = _FORMATS.get(dataset.form, ("", method))
    if method == own or (dataset.form == CHAT and method == "reinforcement"):
        return ""
    return (
        f"Input file {file} is in the {name} format, but the specified fine-tuning job is not using '{own}'"
        f" as the training method (provided method={method}). "
    )


def _wrong_form(method: str, dataset: Dataset, model: str | None) -> str:
    completes = model is not None and model.removeprefix("ft:").partition(":")[0] in COMPLETION_MODELS
    unformed = dataset.problem is not None and dataset.problem.code == NO_FORM
    if dataset.form == CHAT and completes:
        return words.missing(1, "prompt")
    if dataset.form == COMPLETION and (method != "supervised" or (model is not None and not completes)):
        return words.missing(1, "input" if method == "dpo" else "messages")
    if unformed and dataset.problem and (method == "dpo" or completes):
        return words.missing(dataset.problem.line, "input" if method == "dpo" else "prompt")
    return ""


def _first(method: str, dataset: Dataset) -> Problem | None:
    """Return the first thing that this method minds; that the file has no rows is a matter of their number."""
    minded = [caveat for caveat in dataset.caveats if caveat.code in _MINDED.get(method, ())]
    if dataset.problem and dataset.problem.code != NO_ROWS:
        minded.append(dataset.problem)
    return min(minded, key=lambda problem: (problem.line, problem.code != EXTRA), default=None)


def _said(problem: Problem) -> str:
    return f"Example {problem.line} {problem.message}." if problem.code == TOO_LONG else problem.message


def _error(split: str, said: str, *, older: bool) -> JobError:
    """Wrap a sentence as the recordings do.

    Those about values within an example and about the method have the older code and beginning (observed 2024), those
    about an example's members and texts the newer (observed 2025 and 2026).
    """
    if older:
        own, begins = f"invalid_{split}_file", f"The job failed due to an invalid {split} file."
    else:
        own, begins = "invalid_file_format", f"The job failed due to a file format error in the {split} file."
    return JobError(own, f"{begins} Invalid file format. {said}", f"{split}_file")
