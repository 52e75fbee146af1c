"""One submission scored with several seeds: how much of its score hangs on the data that was drawn."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from itertools import count

from grader.models import Repeat, Report

LIMIT = 100
"""The most seeds of one run."""

Scorer = Callable[[int], Report]


def seeds_from(seed: int, number: int) -> tuple[int, ...]:
    """Return a run's seed and those that follow from it: 32 bits each, no two alike, the same every time.

    Args:
        seed: of the run; it is the first.
        number: how many in all.
    """
    seeds = [seed]
    for turn in count(1):
        if len(seeds) >= number:
            return tuple(seeds)
        follower = int.from_bytes(hashlib.sha256(f"repeat\0{seed}\0{turn}".encode()).digest()[:4], "little")
        if follower not in seeds:
            seeds.append(follower)
    raise AssertionError("unreachable")


def repeated(score_with: Scorer, seed: int, number: int, say: Callable[[str], None] = lambda text: None) -> Report:
    """Score with several seeds, one after the other; the report is that of the first, with what all of them gave.

    Args:
        score_with: scores with the seed that it is given.
        seed: of the run.
        number: how many seeds; with 1 nothing is repeated.
        say: is told which seed is at work.
    """
    seeds = seeds_from(seed, number)
    first: Report | None = None
    repeats = []
    for turn, each in enumerate(seeds, start=1):
        if number > 1:
            say(f"seed {turn} of {number}")
        report = score_with(each)
        first = first or report
        repeats.append(as_repeat(each, report))
    assert first is not None
    return replace(first, repeats=tuple(repeats)) if number > 1 else first


def as_repeat(seed: int, report: Report) -> Repeat:
    """Return what is kept of one seed's report."""
    score = report.score
    earned = {(a.assignment.name, c.criterion.id): round(c.earned, 4) for a in score.assignments for c in a.criteria}
    return Repeat(seed, score.total, score.passed, earned)
