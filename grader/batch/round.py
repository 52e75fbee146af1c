"""One round: what is done already stays, what is not is graded, and what was our fault is tried again."""

from __future__ import annotations

import hashlib
import heapq
import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from grader import __version__
from grader.bank import Bank
from grader.batch.discovery import Handed, name_of
from grader.batch.examiners import Answer
from grader.batch.results import FAULT, PROVISIONAL, REFUSED, SCORED, Entry, ResultsFolder, folder_of
from grader.errors import GraderError, SubmissionError
from grader.models import Assessment, Report, Submission
from grader.submission import read_submission
from grader.written.questions import QUESTIONS_FILE

BACKOFF_SECONDS = (1.0, 4.0, 15.0)
"""Between attempts; the last holds for all further ones."""

_LONGEST_WAIT = 0.5


class Grading(Protocol):
    """Whoever examines: processes of this machine, or of others.

    Attributes:
        capacity: how many submissions it takes at a time.
        waiting: how many answers are due.
    """

    capacity: int
    waiting: int

    def examine(self, number: int, submission: Submission, seed: int) -> None:
        """Take a submission; its answer comes in its own time."""

    def answer(self, seconds: float | None = None) -> Answer | None:
        """Return the next answer; ``None`` if there is none in time."""


@dataclass(frozen=True)
class Terms:
    """What the submissions of a round have in common.

    Attributes:
        bank: suites and references.
        assessment: which of the bank's assignments count.
        sandbox: kind.
        seed_of: the seed that a submission's hidden inputs are drawn from.
        retries: how often what was our fault is tried again.
        max_failures: submissions that are our fault, after which the round ends; 0 for never.
    """

    bank: Bank
    assessment: Assessment
    sandbox: str
    seed_of: Callable[[Handed, Submission], int]
    retries: int = 2
    max_failures: int = 0


@dataclass(frozen=True)
class Item:
    """A submission on its way.

    Attributes:
        handed: where it lies.
        name: what it is called.
        submission: its modules.
        seed: of its hidden inputs.
        key: over all that decides its result.
        attempts: how often it was tried.
    """

    handed: Handed
    name: str
    submission: Submission
    seed: int
    key: str
    attempts: int = 0


@dataclass
class Tally:
    """How far a round is.

    Attributes:
        total: submissions in it.
        kept: that were done before.
        scored: by now, by this run.
        refused: that cannot be read.
        faults: that are our fault and were given up.
    """

    total: int
    kept: int = 0
    scored: int = 0
    refused: int = 0
    faults: int = 0

    @property
    def done(self) -> int:
        """How many need nothing more."""
        return self.kept + self.scored + self.refused + self.faults


@dataclass
class Round:
    """A run over what was handed in.

    Args:
        handed: what was handed in.
        terms: what the submissions have in common.
        results: where they are kept.
        known: gradings that are over; those of them that count are not done again.
        progress: is told each entry as it is kept, and the tally.
    """

    handed: list[Handed]
    terms: Terms
    results: ResultsFolder
    known: Iterable[Entry]
    progress: Callable[[Entry | None, Tally], None] = lambda entry, tally: None
    clock: Callable[[], float] = time.monotonic
    tally: Tally = field(init=False)

    def __post_init__(self) -> None:
        self.tally = Tally(len(self.handed))
        self._done = {(entry.key, entry.name) for entry in self.known if self.results.holds(entry)}
        self._flying: dict[int, Item] = {}
        self._later: list[tuple[float, int, Item]] = []
        self._number = 0

    def run(self, grading: Grading) -> None:
        """Grade all that is not done.

        Args:
            grading: examines.

        Raises:
            GraderError: nothing can be graded: no sandbox, a broken suite, a full disk; what was kept stays.
        """
        fresh = self._fresh()
        exhausted = False
        while True:
            while grading.waiting < grading.capacity and not self._is_given_up():
                item = self._due() or (None if exhausted else next(fresh, None))
                if item is None:
                    exhausted = exhausted or not self._later
                    break
                self._hand_over(grading, item)
            if not grading.waiting and (self._is_given_up() or (exhausted and not self._later)):
                return
            answer = grading.answer(self._patience(grading))
            if answer is not None:
                self._take(answer)

    def _fresh(self) -> Iterator[Item]:
        """What is not done, read when it is its turn: memory holds no more than is being graded."""
        for handed in self.handed:
            try:
                submission = read_submission(handed.path, self.terms.assessment)
            except SubmissionError as error:
                self._refuse(handed, str(error))
                continue
            name, seed = name_of(handed, submission), self.terms.seed_of(handed, submission)
            key = key_of(submission, self.terms, seed)
            if (key, name) in self._done:
                self.tally.kept += 1
                self.progress(None, self.tally)
                continue
            self._done.add((key, name))
            yield Item(handed, name, submission, seed, key)

    def _due(self) -> Item | None:
        if self._later and self._later[0][0] <= self.clock():
            return heapq.heappop(self._later)[2]
        return None

    def _patience(self, grading: Grading) -> float:
        """How long to wait for an answer, before something else is to be done."""
        if not grading.waiting and self._later:
            return max(min(self._later[0][0] - self.clock(), _LONGEST_WAIT), 0.0)
        return _LONGEST_WAIT

    def _hand_over(self, grading: Grading, item: Item) -> None:
        self._number += 1
        self._flying[self._number] = item
        grading.examine(self._number, item.submission, item.seed)

    def _take(self, answer: Answer) -> None:
        item = self._flying.pop(answer.number)
        attempts = item.attempts + 1
        if answer.report is not None:
            self._keep_report(item, answer.report, answer.files, attempts)
        elif attempts <= self.terms.retries:
            again = Item(item.handed, item.name, item.submission, item.seed, item.key, attempts)
            wait = BACKOFF_SECONDS[min(attempts, len(BACKOFF_SECONDS)) - 1]
            self._number += 1
            heapq.heappush(self._later, (self.clock() + wait, self._number, again))
        else:
            self.tally.faults += 1
            told = _told(answer.failure)
            self._keep(self._entry(item, FAULT, attempts, message=told), {})

    def _keep_report(self, item: Item, report: Report, files: Mapping[str, bytes], attempts: int) -> None:
        score = report.score
        self.tally.scored += 1
        entry = self._entry(
            item,
            SCORED,
            attempts,
            folder=folder_of(item.name, item.submission.sha256, item.key).as_posix(),
            score=score.total,
            passed=score.passed,
            assignments={entry.assignment.name: entry.score for entry in score.assignments},
            seconds=round(report.provenance.seconds, 3),
            written=PROVISIONAL if score.provisional else "",
        )
        self._keep(entry, {**files, **handed_in_files(item.submission)})

    def _refuse(self, handed: Handed, why: str) -> None:
        digest = _digest_of(handed.path)
        key = hashlib.sha256(f"{digest}\0{why}".encode()).hexdigest()
        if (key, handed.name) in self._done:
            self.tally.kept += 1
            self.progress(None, self.tally)
            return
        self._done.add((key, handed.name))
        self.tally.refused += 1
        nothing = Submission(handed.path.name, digest, {}, {})
        self._keep(self._entry(Item(handed, handed.name, nothing, 0, key), REFUSED, 1, message=why), {})

    def _entry(
        self,
        item: Item,
        status: str,
        attempts: int,
        *,
        folder: str = "",
        score: float = 0.0,
        passed: bool = False,
        assignments: Mapping[str, float] | None = None,
        seconds: float = 0.0,
        message: str = "",
        written: str = "",
    ) -> Entry:
        return Entry(
            key=item.key,
            name=item.name,
            source=item.handed.source,
            status=status,
            folder=folder,
            submission_sha256=item.submission.sha256,
            bank_sha256=self.terms.bank.sha256,
            grader_version=__version__,
            seed=item.seed,
            sandbox=self.terms.sandbox,
            score=score,
            passed=passed,
            assignments=assignments or {},
            attempts=attempts,
            seconds=seconds,
            finished=datetime.now(UTC).isoformat(timespec="seconds"),
            message=message,
            written=written,
        )

    def _keep(self, entry: Entry, files: Mapping[str, bytes]) -> None:
        self.results.keep(entry, files)
        self.progress(entry, self.tally)

    def _is_given_up(self) -> bool:
        return 0 < self.terms.max_failures <= self.tally.faults


def key_of(submission: Submission, terms: Terms, seed: int) -> str:
    """Return a digest over all that decides a result: what was handed in, bank, program, seed and sandbox."""
    notebooks = {name: hashlib.sha256(content).hexdigest() for name, content in submission.notebooks.items()}
    told = [sorted(submission.answers.items()), sorted(notebooks.items())]
    answers = hashlib.sha256(json.dumps(told).encode()).hexdigest()
    names = [assignment.name for assignment in terms.assessment.assignments]
    parts = [submission.sha256, answers, terms.bank.sha256, names, __version__, seed, terms.sandbox]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def handed_in_files(submission: Submission) -> dict[str, bytes]:
    """Return what was handed in as files that are kept beside the reports, by name."""
    files = {f"submission/{name}.py": source for name, source in submission.modules.items()}
    answers = {f"submission/{name}/answers.md": text.encode() for name, text in submission.answers.items()}
    notebooks = {f"submission/{name}/{QUESTIONS_FILE}": text for name, text in submission.notebooks.items()}
    return files | answers | notebooks


def _told(failure: Exception | None) -> str:
    if isinstance(failure, GraderError):
        return str(failure)
    return f"a bug in grader: {type(failure).__name__}: {failure}"


def _digest_of(path: Path) -> str:
    """Of a file's bytes; of a folder's name, since what is wrong with it may be that it cannot be read."""
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError:
        return hashlib.sha256(str(path).encode("utf-8", "surrogateescape")).hexdigest()
