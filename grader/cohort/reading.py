"""From the folder of a round's results to a table: submissions by criteria and tests.

Entries and reports may have been edited, and quote strangers: what is used of them is checked, and what does not
fit is left out and told.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from grader.batch.results import FAULT, REFUSED, SCORED, Entry, latest, read_entries
from grader.models import SKILLS, Outcome
from grader.report.reading import KeptReport, ReportError, read_report
from grader.scoring import combined

_OTHER = "it is of another take-home, bank, pass mark or choice of assignments than most"
_ROUNDING = 0.05
"""Points of 100 that the rounding of all criteria may add up to."""


@dataclass(frozen=True)
class RubricTest:
    """A hidden test.

    Attributes:
        id: within its suite.
        criterion: position of its criterion in the rubric.
        points: of the 100 of the whole, that it is worth.
        requirement: what a right solution does.
    """

    id: str
    criterion: int
    points: float
    requirement: str = field(compare=False)


@dataclass(frozen=True)
class RubricCriterion:
    """A criterion.

    Attributes:
        assignment: title of the assignment that it belongs to.
        id: within that.
        title: for people.
        skill: that it shows.
        points: of the 100 of the whole.
    """

    assignment: str
    id: str
    title: str
    skill: str
    points: float


@dataclass(frozen=True)
class Rubric:
    """What all submissions that are compared were scored by.

    Attributes:
        assessment: title of the take-home.
        bank_sha256: of the bank.
        pass_mark: out of 100.
        criteria: in the reports' order.
        tests: by criterion.
    """

    assessment: str
    bank_sha256: str
    pass_mark: float
    criteria: tuple[RubricCriterion, ...]
    tests: tuple[RubricTest, ...]


@dataclass(frozen=True)
class Member:
    """A scored submission of the round.

    Attributes:
        name: from a stranger.
        source: what was handed in.
        folder: of its reports, relative to the results.
        score: of the code, out of 100: what the criteria add up to.
        passed: whether the whole score is at or above the pass mark.
        seed: that hidden inputs were drawn from.
        earned: by criterion, of the 100 of the whole.
        passes: by test; a test that did not run, for whatever reason, was not passed.
        problems: titles of the assignments that could earn nothing, as where a module is missing.
    """

    name: str
    source: str
    folder: str
    score: float
    passed: bool
    seed: str
    earned: tuple[float, ...]
    passes: tuple[bool, ...]
    problems: tuple[str, ...] = ()


@dataclass(frozen=True)
class Unscored:
    """A submission without a place in the round, and why. All of it may quote a stranger."""

    name: str
    source: str
    why: str


@dataclass(frozen=True)
class Round:
    """All submissions of a folder of results.

    Attributes:
        rubric: what the members were scored by; ``None`` if there are none.
        members: the scored submissions that can be compared.
        left_out: scored ones that cannot.
        refused: what could not be read.
        faults: what was not scored, through a fault of ours.
    """

    rubric: Rubric | None
    members: tuple[Member, ...]
    left_out: tuple[Unscored, ...]
    refused: tuple[Unscored, ...]
    faults: tuple[Unscored, ...]


def read_round(results: Path) -> Round:
    """Return the last grading of each submission, those by the rubric that most have as members.

    Args:
        results: folder of a ``grader batch``.

    Raises:
        ResultsError: it is no such folder.
    """
    entries = latest(read_entries(results))
    scored: dict[Rubric, list[Member]] = {}
    newest: dict[Rubric, str] = {}
    left_out = []
    for entry in entries:
        if entry.status != SCORED:
            continue
        try:
            rubric, member = _read(results, entry)
        except ReportError as error:
            left_out.append(_unscored(entry, str(error)))
            continue
        scored.setdefault(rubric, []).append(member)
        newest[rubric] = max(newest.get(rubric, ""), str(entry.finished))
    chosen = max(scored, key=lambda rubric: (len(scored[rubric]), newest[rubric]), default=None)
    left_out += [
        Unscored(m.name, m.source, _OTHER) for rubric in scored if rubric is not chosen for m in scored[rubric]
    ]
    return Round(
        rubric=chosen,
        members=() if chosen is None else tuple(scored[chosen]),
        left_out=tuple(left_out),
        refused=tuple(_unscored(entry, str(entry.message)) for entry in entries if entry.status == REFUSED),
        faults=tuple(_unscored(entry, str(entry.message)) for entry in entries if entry.status == FAULT),
    )


def is_inside(folder: str) -> bool:
    """Return whether a folder of an entry is one below the results, and named as a folder may be.

    Args:
        folder: as ``Entry.folder`` has it, with slashes.
    """
    path = PurePosixPath(folder)
    odd = not folder.isprintable() or "\\" in folder or ":" in folder
    return bool(path.parts) and not path.is_absolute() and ".." not in path.parts and not odd


def _unscored(entry: Entry, why: str) -> Unscored:
    return Unscored(str(entry.name), str(entry.source), why)


def _read(results: Path, entry: Entry) -> tuple[Rubric, Member]:
    folder = str(entry.folder)
    if not is_inside(folder):
        raise ReportError("its reports should lie in a folder below the results, but do not")
    path = results / folder / "report.json"
    kept = read_report(path)
    try:
        return _rubric(kept), _member(entry, kept)
    except (KeyError, TypeError, ValueError, AttributeError, ZeroDivisionError) as error:
        raise ReportError(f"{path} is no report: {type(error).__name__} at {error}") from error


def _rubric(kept: KeptReport) -> Rubric:
    shares = _shares(kept)
    criteria: list[RubricCriterion] = []
    tests: list[RubricTest] = []
    for assignment, criterion in _criteria(kept):
        share = shares[str(assignment["name"])]
        points = kept.criteria[str(assignment["name"]), str(criterion["id"])].points * share
        if criterion["skill"] not in SKILLS:
            raise ValueError(f"the skill {criterion['skill']!r}")
        if not points > 0:
            raise ValueError(f"the points of {criterion['id']!r}")
        each = points / len(criterion["tests"])
        tests += [
            RubricTest(str(test["id"]), len(criteria), round(each, 6), str(test["requirement"]))
            for test in criterion["tests"]
        ]
        criteria.append(
            RubricCriterion(
                *(str(assignment["title"]), str(criterion["id"]), str(criterion["title"])),
                *(criterion["skill"], round(points, 6)),
            )
        )
    bank, mark = str(kept.provenance["bank_sha256"]), float(kept.table["pass_mark"])
    if not 0 <= mark <= 100:
        raise ValueError(f"the pass mark {mark}")
    return Rubric(kept.assessment, bank, mark, tuple(criteria), tuple(tests))


def _member(entry: Entry, kept: KeptReport) -> Member:
    shares = _shares(kept)
    earned = [criterion.earned * shares[assignment] for (assignment, _), criterion in kept.criteria.items()]
    if not 0 <= kept.code_score <= 100 or abs(sum(earned) - kept.code_score) > _ROUNDING:
        raise ValueError(f"a score of {kept.code_score} for points that add up to {sum(earned):.2f}")
    written = kept.table["written"]
    if abs(kept.score - combined(kept.code_score, written["points"], written["score"])) > _ROUNDING:
        raise ValueError(f"a score of {kept.score} for {kept.code_score} points of the code")
    tests = (test for _, criterion in _criteria(kept) for test in criterion["tests"])
    problems = tuple(str(table["title"]) for table in kept.table["assignments"] if table["problem"])
    return Member(
        name=str(entry.name),
        source=str(entry.source),
        folder=str(entry.folder),
        score=kept.code_score,
        passed=kept.passed,
        seed=str(kept.provenance["seed"]),
        earned=tuple(earned),
        passes=tuple(test["outcome"] == Outcome.PASSED for test in tests),
        problems=problems,
    )


def _shares(kept: KeptReport) -> Mapping[str, float]:
    """How much of the whole score each assignment decides."""
    whole = sum(assignment.weight for assignment in kept.assignments.values())
    return {name: assignment.weight / whole for name, assignment in kept.assignments.items()}


def _criteria(kept: KeptReport) -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    """Assignments with their criteria as the report has them; of no name there may be two."""
    tables: Sequence[Mapping[str, Any]] = kept.table["assignments"]
    pairs = [(table, criterion) for table in tables for criterion in table["criteria"]]
    if len(pairs) != len(kept.criteria):
        raise ValueError("a criterion that is there twice")
    yield from pairs
