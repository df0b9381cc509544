"""What a client has done and has been shown so far: its jobs and its files. The findings ask it, none changes it.

Memory grows with the jobs and the uploads of a recording, not with its requests.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from emulator.core.lint.asked import CANCEL, CHECKPOINTS, CREATE, EVENTS, Asked, at, text

RESULTS_MAX = 50_000
"""Result files of which it is remembered whose they are: those of 2000 jobs and more."""
REMEMBERED_MAX = 50_000
"""Jobs, and uploads, that are remembered; no recording that is kept has more."""


AT_ITS_END = frozenset({400, 404, 409})
"""How providers answer who cancels a job that has ended."""


@dataclass(slots=True)
class Job:
    """A job as the client knows it.

    ``made``: the entry whose answer told that it was created, None where another's did. ``status``: the last that was
    shown, by the entry ``seen``; ``blurred``: the last look at it that failed, or whose answer is not kept.
    ``cancelled``: it was asked to stop, and nothing but its end could be in the way of that.
    """

    id: str
    made: int | None = None
    files: tuple[str, ...] = ()
    exported: bool = False
    status: str | None = None
    ended: bool = False
    seen: int = 0
    blurred: int = 0
    looks: int = 0
    cancelled: bool = False
    fetched: bool = False


@dataclass(slots=True)
class Upload:
    """A file that the client has uploaded: the entry, and the name and size that were answered."""

    id: str
    entry: int
    name: str
    size: int


@dataclass(slots=True)
class Client:
    """What the client knows; ``look`` adds a request, once the findings have seen it.

    ``forgets``: there was more than is remembered. ``blurred``: the last list of jobs that failed, or whose answer is
    not kept. ``strangers``: files were fetched of which it is not known whose they are.
    """

    jobs: dict[str, Job] = field(default_factory=dict)
    uploads: dict[str, Upload] = field(default_factory=dict)
    entries: int = 0
    forgets: bool = False
    blurred: int = 0
    strangers: bool = False
    _results: dict[str, str] = field(default_factory=dict)
    _sets: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def look(self, asked: Asked) -> None:
        """Add a request and its answer."""
        self.entries += 1
        for shown in asked.shown:
            self._show(asked, shown)
        if asked.job:
            self._miss(asked)
        self._bundle(asked)
        self._note(asked)

    def _note(self, asked: Asked) -> None:
        """Note what an answer tells besides jobs."""
        match asked.name:
            case "jobs.list":
                self.blurred = asked.id if _is_blurred(asked) else self.blurred
            case "jobs.events" | "jobs.checkpoints" | "jobs.checkpoint":
                self._hear(asked)
            case "files.create":
                self._upload(asked)
            case "files.delete" if asked.is_done:
                self.uploads.pop(asked.thing or "", None)
            case "files.content" if asked.is_done:
                self._fetch(asked)

    def job(self, id_: str | None) -> Job | None:
        """Return a job that the client knows."""
        return self.jobs.get(id_ or "")

    @property
    def made(self) -> Iterator[Job]:
        """The jobs that the client has made and was told of."""
        return (job for job in self.jobs.values() if job.made is not None)

    def _show(self, asked: Asked, shown: dict[str, Any]) -> None:
        """Note a job that an answer shows."""
        if shown["id"] not in self.jobs and len(self.jobs) >= REMEMBERED_MAX:
            self.forgets = True
            return
        job = self.jobs.setdefault(shown["id"], Job(shown["id"]))
        job.status, job.seen = shown["status"], asked.id
        job.ended = job.status in asked.advice.terminal
        if asked.name == CREATE:
            job.made = asked.id
            named = filter(None, (text(at(asked.sent, place)) for place in asked.advice.form.inputs))
            job.files = tuple(file for id_ in named for file in self._sets.get(id_, (id_,)))
            job.exported = bool(asked.sent.get("integrations"))
        elif asked.name == CANCEL:
            job.cancelled = True
        else:
            job.looks += 1
        self._own(job.id, shown.get("result_files"))

    def _miss(self, asked: Asked) -> None:
        """Note that a look at a job, or its cancellation, told the client less than it asked for."""
        job = self.job(asked.job)
        if job and asked.name == CANCEL and asked.status in AT_ITS_END:
            job.cancelled = True
        elif job and asked.is_fetch:
            job.fetched = True
        elif job and _is_blurred(asked):
            job.blurred = asked.id

    def _hear(self, asked: Asked) -> None:
        """Note what a job's events and checkpoints tell."""
        job = self.job(asked.job)
        if job is None:
            return
        if asked.name == EVENTS and any(each.get("message") in asked.advice.last_words for each in asked.listed):
            job.ended, job.seen = True, asked.id
        for each in asked.listed if asked.name == CHECKPOINTS else [asked.answer]:
            self._own(job.id, each.get("result_files"))

    def _own(self, job: str, files: Any) -> None:
        """Remember whose result files these are."""
        for file in files if isinstance(files, list) else ():
            if isinstance(file, str) and file not in self._results:
                self._results[file] = job
        while len(self._results) > RESULTS_MAX:
            self._results.pop(next(iter(self._results)))
            self.forgets = True

    def _bundle(self, asked: Asked) -> None:
        """Remember which files a set has, wherever an answer shows one; a job is made of the set as it was then."""
        for shown in [asked.answer, *asked.listed] if asked.advice.form.sets else ():
            files = tuple(filter(None, (text(shown.get(member)) for member in asked.advice.form.sets)))
            if files and isinstance(id_ := shown.get("id"), str) and len(self._sets) < REMEMBERED_MAX:
                self._sets[id_] = files

    def _upload(self, asked: Asked) -> None:
        id_, name, size = (asked.answer.get(member) for member in ("id", asked.advice.form.filename, "bytes"))
        if isinstance(id_, str) and len(self.uploads) < REMEMBERED_MAX:
            known = size if isinstance(size, int) else asked.entry.request.bytes
            self.uploads[id_] = Upload(id_, asked.id, text(name) or "", known)

    def _fetch(self, asked: Asked) -> None:
        """Note that a file was fetched; whose it is may not be known, where an answer was not kept."""
        owner = self._results.get(asked.thing or "")
        if owner:
            self.jobs[owner].fetched = True
        elif asked.thing not in self.uploads and not asked.advice.form.fetches:
            self.strangers = True


def _is_blurred(asked: Asked) -> bool:
    """Say whether the client, or its judge, cannot see what it asked for."""
    return not asked.is_done or asked.is_unseen
