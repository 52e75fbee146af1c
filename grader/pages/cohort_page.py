"""The page of a whole round. It has one script, which sorts and searches tables; without it they are just tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from urllib.parse import quote

from grader.cohort.analysis import ROUGH_BELOW, Analysis, Standing, Suspicion, TestFigures
from grader.cohort.reading import is_inside
from grader.cohort.rendering import rough, signed
from grader.pages.page import compile_templates, rendered

_SHOWN_APART = 200
_REPORT = "report.html"
_TEMPLATE = "cohort.html.j2"


@dataclass(frozen=True)
class ShownStanding:
    """A place in the ranking with the way to its report.

    Attributes:
        standing: itself.
        link: relative to the page; empty where its folder is no place to lead to.
        source: what was handed in, where several have this name; else empty.
    """

    standing: Standing
    link: str
    source: str


@dataclass(frozen=True)
class ShownSuite:
    """The tests of one assignment."""

    title: str
    tests: Sequence[TestFigures]


def compile_page() -> None:
    """Compile the page ahead."""
    compile_templates(_TEMPLATE)


def cohort_page(told: Analysis, way: str = ".") -> str:
    """Return the page of a round, for staff.

    Args:
        told: what the round tells.
        way: from the page's folder to that of the results, with slashes.
    """
    names = Counter(standing.member.name for standing in told.standings)
    shown = [
        ShownStanding(
            standing,
            report_link(way, standing.member.folder),
            standing.member.source if names[standing.member.name] > 1 else "",
        )
        for standing in told.standings
    ]
    return rendered(
        _TEMPLATE,
        style="cohort.css",
        script="cohort.js",
        title=f"{told.rubric.assessment}: the round",
        told=told,
        shown=shown,
        near=[each for each in shown if each.standing.is_near_mark],
        suites=[
            ShownSuite(title, list(tests))
            for title, tests in groupby(told.tests, lambda figures: figures.criterion.assignment)
        ],
        suspicions=list(Suspicion),
        reversed_ones=Suspicion.REVERSED,
        problems=Counter(title for standing in told.standings for title in standing.member.problems),
        apart_limit=_SHOWN_APART,
        rough_below=ROUGH_BELOW,
        rough=rough,
        signed=lambda figure: signed(figure).replace("-", "−"),
    )


def report_link(way: str, folder: str) -> str:
    """Return the relative address of a report, percent-encoded; empty for a folder that is not below the results.

    Args:
        way: from the page's folder to that of the results, with slashes.
        folder: as ``Entry.folder`` has it.
    """
    if not is_inside(folder):
        return ""
    parts = [part for part in (*way.split("/"), *folder.split("/"), _REPORT) if part not in ("", ".")]
    return "/".join(quote(part, safe="", errors="replace") for part in parts)
