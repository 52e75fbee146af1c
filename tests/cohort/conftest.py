"""Folders of results as a batch leaves them, of made-up submissions: nothing runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from grader.batch.results import FAULT, REFUSED, SCORED, Entry, ResultsFolder, folder_of
from grader.models import (
    SKILLS,
    Assessment,
    Assignment,
    Criterion,
    Examination,
    Limits,
    Outcome,
    Provenance,
    Report,
    Submission,
    TestResult,
)
from grader.report.data import as_json
from grader.scoring import score

LIMITS = Limits(1, 3, 60, 2**28)
BANK = "b" * 64
TESTS = ("t1", "t2")
"""Of each criterion."""


def assessment(criteria: Mapping[str, int], *, title: str = "Take-home", mark: float = 60) -> Assessment:
    """A take-home of assignments with so many criteria each, all of the same worth."""
    assignments = tuple(
        Assignment(
            *(name, f"The {name}", "1", (name,)),
            tuple(
                Criterion(f"c{n}", f"Criterion {n} of {name}", 100 / count, SKILLS[n % len(SKILLS)], f"expects {n}")
                for n in range(count)
            ),
            LIMITS,
        )
        for name, count in criteria.items()
    )
    return Assessment(title, "1", mark, assignments, dict.fromkeys(criteria, 1))


SMALL = assessment({"knn": 3, "em": 2})


def report(
    passes: Sequence[bool],
    of: Assessment = SMALL,
    *,
    name: str = "ada",
    bank: str = BANK,
    seed: int = 7,
    missing: Iterable[str] = (),
) -> Report:
    """The report of a submission that passes these tests, two by two for each criterion, in their order."""
    left = iter(passes)
    told = {}
    for assignment in of.assignments:
        absent = assignment.name in missing
        results = tuple(
            TestResult(
                f"test_{assignment.name}.py::test_{criterion.id}_{test}",
                criterion.id,
                f"requirement of {criterion.id} {test}",
                _outcome(next(left), absent),
            )
            for criterion in assignment.criteria
            for test in TESTS
        )
        problem = f"{assignment.name}.py was not handed in" if absent else ""
        told[assignment.name] = Examination(assignment.name, results, "0" * 64, problem=problem)
    return Report(
        assessment=of.title,
        submission=Submission(name, "a" * 64, {}, {}),
        score=score(of, told),
        findings=(),
        provenance=Provenance(
            *("0.1.0", bank, {a.name: "0" * 64 for a in of.assignments}, seed, "docker", "Docker 27", "sha256:1"),
            *("3.12.1", "2.1.0", ("network",), "", "3.11.7", "2.1.0", "2026-01-02T03:04:05+00:00", 1.5),
        ),
    )


def _outcome(passes: bool, absent: bool) -> Outcome:
    if absent:
        return Outcome.NOT_RUN
    return Outcome.PASSED if passes else Outcome.FAILED


class Folder:
    """A folder of results that grows."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.results = ResultsFolder(root)
        self.count = 0

    def add(self, made: Report, name: str = "", **changes: Any) -> Entry:
        """Keep a report."""
        self.count += 1
        name = name or made.submission.name
        digest = f"{self.count:064x}"[::-1]
        facts: dict[str, Any] = {
            "key": f"{self.count:032x}", "name": name, "source": f"in/{self.count}.zip", "status": SCORED,
            "folder": folder_of(name, digest, f"{self.count:032x}").as_posix(), "submission_sha256": digest,
            "bank_sha256": made.provenance.bank_sha256, "grader_version": "0.1.0", "seed": 7, "sandbox": "docker",
            "score": made.score.total, "passed": made.score.passed, "assignments": {}, "attempts": 1, "seconds": 1.0,
            "finished": f"2026-01-02T03:{self.count // 60:02}:{self.count % 60:02}+00:00",
        }  # fmt: skip
        files = changes.pop("files", {"report.json": as_json(made).encode(), "report.html": b"<!doctype html>"})
        entry = Entry(**facts | changes)
        self.results.keep(entry, files)
        return entry

    def refuse(self, name: str, message: str = "is no archive") -> None:
        self._without(name, REFUSED, message)

    def fault(self, name: str, message: str = "the engine is gone") -> None:
        self._without(name, FAULT, message)

    def _without(self, name: str, status: str, message: str) -> None:
        nothing = {"folder": "", "score": 0.0, "passed": False, "files": {}, "submission_sha256": ""}
        self.add(report([False] * 10), name, status=status, message=message, **nothing)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "results")


def passes_of(count: int, tests: int, seed: int = 3) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Who passes what, by submission and test: abler ones pass more, and each test has a difficulty of its own."""
    rng = np.random.default_rng(seed)
    able, hard = rng.normal(0.6, 1.2, (count, 1)), rng.normal(0, 1.1, (1, tests))
    return rng.random((count, tests)) < 1 / (1 + np.exp(hard - able))


def fill(folder: Folder, count: int, of: Assessment, names: Sequence[str] = (), seed: int = 3) -> None:
    """Add submissions of varied ability."""
    tests = sum(len(assignment.criteria) for assignment in of.assignments) * len(TESTS)
    passes = passes_of(count, tests, seed)
    for number, row in enumerate(passes):
        name = names[number % len(names)] if names else f"candidate {number:04}"
        missing = ("em",) if number % 11 == 10 else ()
        folder.add(report(row.tolist(), of, name=name, missing=missing))
