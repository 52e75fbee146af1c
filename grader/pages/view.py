"""What the pages show of a report: its nouns with the places in the page where they stand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass

from grader.interview.pack import CriterionQuestions, InterviewPack, ModelQuestion
from grader.models import AssignmentScore, CriterionScore, Finding, Outcome, Report, TestResult
from grader.pages.source import Listing, Mark, definitions, listing
from grader.report.text import OUTCOME_WORDS

_DEAREST = 5


@dataclass(frozen=True)
class ShownTest:
    """A test with its place in the page."""

    result: TestResult
    anchor: str

    @property
    def word(self) -> str:
        """How it ended, for people."""
        return OUTCOME_WORDS[self.result.outcome]

    @property
    def is_lost(self) -> bool:
        """Whether it earned nothing."""
        return self.result.outcome is not Outcome.PASSED


@dataclass(frozen=True)
class ShownCriterion:
    """A criterion with its place in the page and what to ask about it."""

    entry: CriterionScore
    anchor: str
    tests: Sequence[ShownTest]
    questions: CriterionQuestions | None

    @property
    def word(self) -> str:
        """Whether its points were earned: ``full``, ``partly`` or ``none``."""
        return "full" if not self.lost_tests else "partly" if self.entry.earned else "none"

    @property
    def lost(self) -> float:
        """Points that were not earned."""
        return self.entry.criterion.points - self.entry.earned

    @property
    def lost_tests(self) -> list[ShownTest]:
        """The tests that earned nothing."""
        return [test for test in self.tests if test.is_lost]


@dataclass(frozen=True)
class ShownAssignment:
    """An assignment with its place in the page.

    Attributes:
        entry: its points.
        anchor: its id.
        criteria: of its rubric.
        questions: about the model as such.
        share: of the whole score that it decides.
    """

    entry: AssignmentScore
    anchor: str
    criteria: Sequence[ShownCriterion]
    questions: Sequence[ModelQuestion]
    share: float

    @property
    def timed(self) -> list[ShownTest]:
        """The tests that judged speed."""
        return [test for criterion in self.criteria for test in criterion.tests if test.result.timings]


@dataclass(frozen=True)
class Loss:
    """A criterion that cost points.

    Attributes:
        assignment: that it belongs to.
        criterion: itself.
        points: that it cost, of the 100 of the whole.
    """

    assignment: ShownAssignment
    criterion: ShownCriterion
    points: float


@dataclass(frozen=True)
class Definition:
    """Where the submission defines what a test called."""

    name: str
    file: str
    line: int
    anchor: str


@dataclass(frozen=True)
class View:
    """All that the staff's page shows beside the report itself.

    Attributes:
        report: what is shown.
        assignments: with their places in the page.
        listings: the submission's source by module.
        defined: module and line of what the submission defines, by qualified name.
    """

    report: Report
    assignments: Sequence[ShownAssignment]
    listings: Mapping[str, Listing]
    defined: Mapping[str, tuple[str, int]]

    def dearest(self) -> list[Loss]:
        """Return the criteria that cost most, the dearest first."""
        losses = [
            Loss(assignment, criterion, criterion.lost * assignment.share)
            for assignment in self.assignments
            for criterion in assignment.criteria
            if criterion.lost_tests
        ]
        return sorted(losses, key=lambda loss: -loss.points)[:_DEAREST]

    def line_anchor(self, file: str, line: int) -> str:
        """Return the id of a line of the submission; empty if the page does not show it."""
        found = self.listings.get(file.removesuffix(".py"))
        return found.anchor(line) if found is not None else ""

    def asked_of(self, result: TestResult) -> Definition | None:
        """Return where the submission defines what it was asked last, if that can be told."""
        name = _last_called(result, self.defined)
        if not name:
            return None
        module, line = self.defined[name]
        return Definition(name, f"{module}.py", line, self.line_anchor(module, line))


def view_of(report: Report, packs: Mapping[str, InterviewPack]) -> View:
    """Return what the staff's page shows.

    Args:
        report: what is shown.
        packs: questions by assignment; may be empty.
    """
    whole = sum(entry.weight for entry in report.score.assignments)
    assignments = tuple(
        _assignment(entry, f"a{number}", packs.get(entry.assignment.name), entry.weight / whole)
        for number, entry in enumerate(report.score.assignments, 1)
    )
    modules = report.submission.modules
    defined = {
        name: (module, line) for module in sorted(modules) for name, line in definitions(modules[module]).items()
    }
    marks = _marks(assignments, report.findings, defined)
    listings = {
        name: listing(f"{name}.py", f"m{number}", modules[name], marks[name])
        for number, name in enumerate(sorted(modules), 1)
    }
    return View(report, assignments, listings, defined)


def _last_called(result: TestResult, defined: Container[str]) -> str:
    """The qualified name of what was called last, of that which the submission defines; empty if nothing was."""
    names = (line.partition("(")[0] for line in reversed(result.calls))
    return next((name for name in names if name in defined), "")


def _assignment(entry: AssignmentScore, anchor: str, pack: InterviewPack | None, share: float) -> ShownAssignment:
    criteria = tuple(
        _criterion(criterion, f"{anchor}-{number}", pack) for number, criterion in enumerate(entry.criteria, 1)
    )
    return ShownAssignment(entry, anchor, criteria, pack.questions if pack is not None else (), share)


def _criterion(entry: CriterionScore, anchor: str, pack: InterviewPack | None) -> ShownCriterion:
    tests = tuple(ShownTest(result, f"{anchor}-{number}") for number, result in enumerate(entry.results, 1))
    return ShownCriterion(entry, anchor, tests, pack.criteria.get(entry.criterion.id) if pack is not None else None)


def _marks(
    assignments: Sequence[ShownAssignment],
    findings: Sequence[Finding],
    defined: Mapping[str, tuple[str, int]],
) -> defaultdict[str, defaultdict[int, list[Mark]]]:
    """Why lines are marked, by module and line."""
    found: defaultdict[str, defaultdict[int, list[Mark]]] = defaultdict(lambda: defaultdict(list))
    for test in _lost_tests(assignments):
        mark = Mark(f"{test.word}: {test.result.id}", test.anchor)
        if test.result.frames:
            frame = test.result.frames[-1]
            found[frame.file.removesuffix(".py")][frame.line].append(mark)
        elif name := _last_called(test.result, defined):
            module, line = defined[name]
            found[module][line].append(mark)
    for number, finding in enumerate(findings, 1):
        if finding.line:
            mark = Mark(f"integrity: {finding.kind}", f"f{number}")
            found[finding.module.removesuffix(".py")][finding.line].append(mark)
    return found


def _lost_tests(assignments: Sequence[ShownAssignment]) -> Iterator[ShownTest]:
    for assignment in assignments:
        for criterion in assignment.criteria:
            yield from criterion.lost_tests
