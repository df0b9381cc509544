"""How what was seen of a job differs from what a sound one shows, as knobs of a scenario."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from emulator.from_har.exchange import Exchange
from emulator.from_har.failures import Say
from emulator.from_har.forms import DONE, ENDS, LOADING, STAGES, error_of, is_no_number
from emulator.from_har.history import Knowledge
from emulator.from_har.jobs import Story, Told
from emulator.from_har.lateness import late, twice
from emulator.timeline.artifacts import artifact_names

Knobs = dict[str, Any]
VALIDATED, TRAINED = "processed successfully", "Training completed"
"""What events say of a data set that was good, and of the last step (observed)."""
STUCK_LOOKS_MIN = 3
STEP = re.compile(r"\bstep[ :#]*(\d+)", re.IGNORECASE)
OF_FILES = re.compile(r"file|dataset|validation", re.IGNORECASE)
WEIGHT_BYTES = 2**20
"""However large the weights, they are one file for the names' sake."""
GONE = 404
CANCEL_TAKES_S = 3600.0
"""Longer than any job of the emulator takes: the job that ends first has won."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Knobs, and what was seen that they do again."""

    knobs: Knobs
    seen: str


def differences(story: Story, known: Knowledge, say: Say, *, stuck_s: float) -> list[Difference]:
    """Return what was unusual about a job."""
    found = [*_end(story, say, stuck_s=stuck_s), *_checkpoints(story), *_losses(story), *_missing(story, known)]
    return [*found, *(Difference(knobs, seen) for knobs, seen in [*late(story), *twice(story)])]


def _end(story: Story, say: Say, *, stuck_s: float) -> Iterator[Difference]:
    match story.last.status:
        case "failed":
            yield _failed(story, say)
        case status if status in DONE:
            cancelled = next((each for each in story.cancels if each.place < story.last.exchange.place), None)
            if cancelled:
                seen = f"its cancellation was taken (entry {cancelled.entry.number}), and it succeeded"
                yield Difference({"cancel_takes_s": CANCEL_TAKES_S}, seen)
        case "cancelled":
            pass
        case _:
            yield from _stuck(story, stuck_s=stuck_s)


def _failed(story: Story, say: Say) -> Difference:
    """Return where a job failed, and in which words."""
    words = {f"error_{name}": say(value) for name, value in error_of(story.last.job).items()}
    place = _place(story, f"{words.get('error_code', '')} {words.get('error_message', '')}")
    entry = story.last.exchange.entry.number
    where = f"after step {place['fails_at_step']}" if "fails_at_step" in place else f"in {place['fails_at']}"
    return Difference({**place, **words}, f"failed {where} (entry {entry}): {words.get('error_message', 'no error')}")


def _place(story: Story, error: str) -> Knobs:
    """Return the stage in which a job failed: by its steps, its last status before, its events, its error."""
    if _has_told(story, TRAINED):
        return {"fails_at": "saving"}
    if steps := _steps(story):
        return {"fails_at_step": steps}
    before = [told.status for told in story.told if told.status not in ENDS]
    if before and before[-1] in STAGES:
        return {"fails_at": STAGES[before[-1]]}
    return {"fails_at": "validation" if OF_FILES.search(error) and not _has_told(story, VALIDATED) else "loading"}


def _steps(story: Story) -> int:
    told = max(_measured(story), *(each.steps for each in story.told))
    texts = [
        event["message"] for each in story.events for event in each.listed if isinstance(event.get("message"), str)
    ]
    named = [int(step) for text in texts for step in STEP.findall(text)]
    return max([told, *named])


def _measured(story: Story) -> int:
    """Return how many steps a job's metrics told of, where they are apart."""
    found = (each.answer.get("training_steps") for each in story.metrics)
    points = (point.get("step") for each in story.metrics for point in each.points)
    return max((steps for steps in (*found, *points) if isinstance(steps, int)), default=0)


def _has_told(story: Story, words: str) -> bool:
    """Say whether an event of a job had these words in it."""
    return any(words in str(event.get("message")) for each in story.events for event in each.listed)


def _stuck(story: Story, *, stuck_s: float) -> Iterator[Difference]:
    """Return where a job stood still until the recording ended, if it was watched for so long."""
    last = story.last
    still: list[Told] = []
    for told in reversed(story.told):
        if (told.status, told.steps) != (last.status, last.steps):
            break
        still.append(told)
    stood_s = last.exchange.entry.at_s - still[-1].exchange.entry.at_s
    if len(still) < STUCK_LOOKS_MIN or stood_s < stuck_s or story.cancels:
        return
    steps = last.steps or _measured(story)
    loaded = steps or any(told.status == LOADING for told in story.told)
    running = "saving" if _has_told(story, TRAINED) else "training" if loaded else "loading"
    stage = STAGES.get(last.status, running)
    at_step = {"stuck_at_step": steps} if stage == "training" and steps else {}
    seen = f"{last.status} from entry {still[-1].exchange.entry.number} to the end, {stood_s:.0f} s"
    yield Difference({"stuck_in": stage, **at_step}, seen)


def _checkpoints(story: Story) -> Iterator[Difference]:
    done = next((told.exchange.place for told in story.told if told.status in DONE), None)
    gone = [each.entry for each in story.downloads if done is not None and each.place > done]
    if gone and {entry.status for entry in gone} == {GONE}:
        yield Difference({"checkpoints": False}, f"succeeded with nothing to download (entry {gone[0].number})")
    looked = [each for each in story.checkpoints if done is not None and each.place > done and "data" in each.answer]
    if looked and not any(each.listed for each in story.checkpoints):
        yield Difference({"checkpoints": False}, f"succeeded without checkpoints (entry {looked[0].entry.number})")


def _losses(story: Story) -> Iterator[Difference]:
    """Return the first step whose training loss is no number: one without a validation set has no other."""
    for loss, step, exchange in _told_losses(story):
        if is_no_number(loss):
            seen = f"the loss of step {step} is no number (entry {exchange.entry.number})"
            yield Difference({"loss_diverges_at_step": max(step, 1)}, seen)
            return


def _told_losses(story: Story) -> Iterator[tuple[Any, int, Exchange]]:
    """Yield the training losses that were told, each with its step: of checkpoints, and where metrics are apart."""
    for each in story.checkpoints:
        for made in each.listed:
            metrics, step = made.get("metrics"), made.get("step_number")
            if isinstance(metrics, dict) and isinstance(step, int) and "train_loss" in metrics:
                yield metrics["train_loss"], step, each
    for each in story.metrics:
        for point in each.points:
            loss, step = point.get("training_loss", point.get("train_loss", 0)), point.get("step")
            if isinstance(step, int):
                yield loss, step, each


def _missing(story: Story, known: Knowledge) -> Iterator[Difference]:
    lists = [each["result_files"] for each in _listing(story) if isinstance(each.get("result_files"), list)]
    for file, asked in known.missing_files.items():
        if file == story.id:
            name = asked[0].lies_at.rpartition("/")[2]
            yield Difference({"missing_file": name}, f"{name} was 404 (entry {asked[0].entry.number})")
            return
        place = next((files.index(file) for files in lists if file in files), None)
        if place is not None:
            names = artifact_names(_is_lora(story), WEIGHT_BYTES)
            name = names[min(place, len(names) - 1)]
            seen = f"a listed file (the {place + 1}. of its checkpoint) was 404 (entry {asked[0].entry.number})"
            yield Difference({"missing_file": name}, seen)
            return


def _listing(story: Story) -> Iterator[dict[str, Any]]:
    """Return all that lists files of a job."""
    yield from (told.job for told in story.told)
    yield from (made for each in story.checkpoints for made in each.listed)


def _is_lora(story: Story) -> bool:
    asked = story.last.job.get("hyperparameters")
    return isinstance(asked, dict) and asked.get("lora") is True
