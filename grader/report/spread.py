"""What several seeds gave: how far apart the scores lie, whether the verdict holds, and what varies."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median, stdev

from grader.models import Repeat, Report
from grader.report.text import number


@dataclass(frozen=True)
class Varying:
    """A criterion that did not earn the same with every seed: a doubtful solution, or a doubtful test.

    Attributes:
        assignment: its name.
        criterion: its id.
        lowest: points that it earned with some seed.
        highest: points that it earned with another.
    """

    assignment: str
    criterion: str
    lowest: float
    highest: float


@dataclass(frozen=True)
class Spread:
    """Scores of one submission over several seeds.

    Attributes:
        seeds: how many.
        lowest: score, out of 100.
        median: of the scores.
        highest: score.
        standard_deviation: of the scores, as a sample of all seeds (divisor ``seeds - 1``).
        passes: with how many seeds it is at or above the pass mark.
        crosses_pass_mark: whether it passes with some seeds and not with others.
        varying: the criteria that make the difference.
    """

    seeds: int
    lowest: float
    median: float
    highest: float
    standard_deviation: float
    passes: int
    crosses_pass_mark: bool
    varying: tuple[Varying, ...]


def spread(repeats: Sequence[Repeat]) -> Spread | None:
    """Return how far apart the scores lie; ``None`` where there are not two of them."""
    if len(repeats) < 2:
        return None
    totals = [repeat.total for repeat in repeats]
    passes = sum(repeat.passed for repeat in repeats)
    return Spread(
        seeds=len(repeats),
        lowest=min(totals),
        median=round(median(totals), 2),
        highest=max(totals),
        standard_deviation=round(stdev(totals), 2),
        passes=passes,
        crosses_pass_mark=0 < passes < len(repeats),
        varying=tuple(_varying(repeats)),
    )


def told(report: Report) -> tuple[str, ...]:
    """Return what a person reads of the spread, a line each; nothing where nothing was repeated."""
    found = spread(report.repeats)
    if found is None:
        return ()
    scores = f"{number(found.lowest)} to {number(found.highest)}, median {number(found.median)}"
    deviation = f"standard deviation {number(found.standard_deviation)}"
    lines = [f"Over {found.seeds} seeds: {scores}, {deviation}; passed with {found.passes} of {found.seeds}"]
    if found.crosses_pass_mark:
        lines.append(_crossing(found, report.score.passed))
    return (*lines, *_varying_lines(found, report))


def _crossing(found: Spread, passed: bool) -> str:
    others = found.seeds - found.passes if passed else found.passes
    otherwise = "it would not pass" if passed else "it would pass"
    return (
        f"The spread crosses the pass mark: with {others} of {found.seeds} seeds {otherwise}."
        " Read the criteria that vary before you decide."
    )


def _varying(repeats: Sequence[Repeat]) -> Iterator[Varying]:
    for key in repeats[0].earned:
        points = [repeat.earned.get(key, 0.0) for repeat in repeats]
        if min(points) != max(points):
            yield Varying(*key, min(points), max(points))


def _varying_lines(found: Spread, report: Report) -> Iterator[str]:
    known = {(a.assignment.name, c.criterion.id): (a, c) for a in report.score.assignments for c in a.criteria}
    for each in found.varying:
        assignment, criterion = known[each.assignment, each.criterion]
        of = number(criterion.criterion.points)
        yield (
            f"Varies: {assignment.assignment.title}, {criterion.criterion.title}:"
            f" {number(each.lowest)} to {number(each.highest)} of {of}"
        )
