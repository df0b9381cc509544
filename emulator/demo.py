"""The demo: a client like any other walks upload, job, events, checkpoints and download on a server of its own."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from emulator.server import Emulator
from emulator.settings import Settings
from emulator.shipped import shipped

BLOCKS = "▁▂▃▄▅▆▇█"
POLL_S = 0.05
TERMINAL = {"succeeded", "failed", "cancelled"}
REQUEST = {
    "model": "meta-llama/Llama-3.1-8B-Instruct",
    "suffix": "demo",
    "hyperparameters": {"batch_size": 8, "n_epochs": 5, "lora": True, "lora_r": 16},
}


def demo(settings: Settings, out: Path) -> int:
    """Walk it, telling what happens; return 0 when the job succeeded and its files are in ``out``."""
    console = Console(highlight=False)
    out.mkdir(parents=True, exist_ok=True)  # at once: better no walk than one whose files have no place
    with Emulator(settings) as emulator, httpx.Client(base_url=emulator.base_url(), timeout=30) as client:
        client.headers["authorization"] = "Bearer demo"
        console.print(f"A fine-tuning provider is listening at [bold]{emulator.base_url()}[/]\n")
        with _progress(console) as progress:
            training, validation = (_upload(client, progress, split) for split in ("training", "validation"))
            request = {**REQUEST, "training_file": training, "validation_file": validation}
            job = client.post("/fine_tuning/jobs", json=request).raise_for_status().json()
            job = _follow(client, progress, job)
        _tell_events(client, console, job)
        checkpoints = _get(client, f"/fine_tuning/jobs/{job['id']}/checkpoints")["data"]
        _plot(console, checkpoints)
        count = sum(1 for _ in _download(client, checkpoints, out))
        console.print(f"\n[bold]{count} files[/] of {len(checkpoints)} checkpoints are in [bold]{out}[/]\n")
    _tell_next(console)
    return 0 if job["status"] == "succeeded" and count else 1


def _progress(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description:<24}"),
        BarColumn(),
        TextColumn("{task.fields[note]:<18}"),
        TimeElapsedColumn(),
        console=console,
    )


def _get(client: httpx.Client, path: str) -> Any:
    return client.get(path).raise_for_status().json()


def _upload(client: httpx.Client, progress: Progress, split: str) -> str:
    """Upload the shipped sample of a split, showing how far it is; return the file's id."""
    path = shipped(f"sample/{split}.jsonl")
    bar = progress.add_task(f"upload {path.name}", total=None, note="")
    with progress.open(path, "rb", task_id=bar) as file:
        answer = client.post("/files", files={"file": (path.name, file)}, data={"purpose": "fine-tune"})
    sent = answer.raise_for_status().json()
    progress.update(bar, note=f"{sent['bytes']:,} bytes")
    return str(sent["id"])


def _follow(client: httpx.Client, progress: Progress, job: dict[str, Any]) -> dict[str, Any]:
    """Poll a job until it ends, showing its state and its steps."""
    bar = progress.add_task("train", total=None, note=job["status"])
    while job["status"] not in TERMINAL:
        time.sleep(POLL_S)  # noqa: TID251 -- a client waits between its polls
        job = _get(client, f"/fine_tuning/jobs/{job['id']}")
        progress.update(bar, completed=job["trained_steps"], total=job["total_steps"], note=job["status"])
    return job


def _tell_events(client: httpx.Client, console: Console, job: dict[str, Any]) -> None:
    console.print(f"\nJob [bold]{job['id']}[/] {job['status']}: {job['trained_tokens']:,} tokens\n")
    for event in _get(client, f"/fine_tuning/jobs/{job['id']}/events")["data"]:
        console.print(f"  {event['level']:<5} {event['source']:<9} {event['message']}")


def _plot(console: Console, checkpoints: list[dict[str, Any]]) -> None:
    """Draw the losses of the checkpoints, the training's above the validation's, on one scale."""
    rows = {name: [each["metrics"][name] for each in checkpoints] for name in ("train_loss", "valid_loss")}
    low, high = min(map(min, rows.values())), max(map(max, rows.values()))
    console.print()
    for name, losses in rows.items():
        heights = [round((loss - low) / (high - low or 1) * (len(BLOCKS) - 1)) for loss in losses]
        bars = "  ".join(BLOCKS[height] * 2 for height in heights)
        console.print(f"  {name:<11}{bars}   {losses[0]:.3f} -> {losses[-1]:.3f}")


def _download(client: httpx.Client, checkpoints: list[dict[str, Any]], out: Path) -> Iterator[Path]:
    """Download every file of every checkpoint, under the name that the provider gives it."""
    for checkpoint in checkpoints:
        for file_id in checkpoint["result_files"]:
            path = out / _get(client, f"/files/{file_id}")["filename"]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(client.get(f"/files/{file_id}/content").raise_for_status().content)
            yield path


def _tell_next(console: Console) -> None:
    console.print("Next:  ftemu serve              a server to point a client at")
    console.print("       ftemu serve --help       time, pace, seeds and limits")
    console.print("       REFERENCE.md             the calls, and how each is known")
