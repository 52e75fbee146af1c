"""How well two people agree who marked the same answers. Pure arithmetic on their marks.

Points are put on a scale of eleven steps first, tenths of what a question is worth, so that questions of different
worth can be taken together. Weighted kappa is Cohen's with quadratic weights (Cohen 1968, doi:10.1037/h0026256), as
scikit-learn has it; its 95 % interval is a percentile bootstrap over answers, with a fixed seed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from grader.gradebook.marked import MarkedNotebook

STEPS = 10
LEAST = 10
"""Answers that kappa needs; with fewer it would be noise."""

SHOWN = 10
"""Answers that are named, those first on which markers differ most."""

_RESAMPLES = 2000
_SEED = 0


@dataclass(frozen=True)
class Rated:
    """A written answer that two people or more have marked, as it is now.

    Attributes:
        candidate: opaque id.
        assignment: its name.
        question: its id.
        points: what it is worth.
        marks: points by marker, in the order of names.
    """

    candidate: str
    assignment: str
    question: str
    points: float
    marks: tuple[tuple[str, float], ...]

    @property
    def spread(self) -> float:
        """Difference between the highest and the lowest mark, as a share of what it is worth."""
        given = [score for _, score in self.marks]
        return (max(given) - min(given)) / self.points


@dataclass(frozen=True)
class Figures:
    """How well two people agree.

    Attributes:
        markers: the two.
        assignment: of the question; empty for all answers.
        question: its id; empty for all answers.
        answers: how many both have marked.
        difference: mean absolute difference, in percent of what the answers are worth.
        kappa: from -1 to 1; ``None`` where it cannot be told.
        low: of its 95 % interval; ``None`` where it cannot be told.
        high: likewise.
        why: why kappa cannot be told; empty if it can.
    """

    markers: tuple[str, str]
    assignment: str
    question: str
    answers: int
    difference: float
    kappa: float | None
    low: float | None
    high: float | None
    why: str = ""


@dataclass(frozen=True)
class Agreement:
    """How well all agree who marked the same answers.

    Attributes:
        answers: how many have been marked by two or more.
        figures: for each pair of markers, all answers first, then by question.
        furthest: the answers on which markers differ most.
    """

    answers: int
    figures: tuple[Figures, ...]
    furthest: tuple[Rated, ...]


def rated(notebooks: Iterable[MarkedNotebook], assignment: str = "") -> list[Rated]:
    """Return the answers that two people or more have marked as they are now.

    Args:
        notebooks: of a gradebook.
        assignment: the only one to look at; empty for all.
    """
    found = []
    for notebook in notebooks:
        if assignment and notebook.assignment != assignment:
            continue
        for cell in notebook.of(written=True):
            marks = tuple(
                (each.marker, each.score) for each in cell.given if each.score is not None and each.is_current
            )
            if len(marks) > 1:
                found.append(Rated(notebook.candidate.id, notebook.assignment, cell.name, cell.points, marks))
    return found


def agreement(answers: Sequence[Rated]) -> Agreement:
    """Return how well markers agree.

    Args:
        answers: that two people or more have marked.
    """
    markers = sorted({marker for answer in answers for marker, _ in answer.marks})
    figures = [each for pair in combinations(markers, 2) for each in _of_pair(pair, answers)]
    differing = sorted(
        (answer for answer in answers if answer.spread > 0),
        key=lambda answer: (-answer.spread, answer.assignment, answer.question, answer.candidate),
    )
    return Agreement(len(answers), tuple(figures), tuple(differing[:SHOWN]))


def _of_pair(pair: tuple[str, str], answers: Sequence[Rated]) -> Iterator[Figures]:
    both = [answer for answer in answers if {*pair} <= {marker for marker, _ in answer.marks}]
    if not both:
        return
    yield _figures(pair, "", "", both)
    for assignment, question in sorted({(answer.assignment, answer.question) for answer in both}):
        same = [answer for answer in both if (answer.assignment, answer.question) == (assignment, question)]
        yield _figures(pair, assignment, question, same)


def _figures(pair: tuple[str, str], assignment: str, question: str, answers: Sequence[Rated]) -> Figures:
    shares = np.array([[dict(answer.marks)[marker] / answer.points for marker in pair] for answer in answers])
    difference = 100 * float(np.abs(shares[:, 0] - shares[:, 1]).mean())
    # Not numpy's rounding, which takes halves to the even neighbour.
    steps = np.floor(shares * STEPS + 0.5 + 1e-9).astype(np.int64)
    first, second = steps.T
    plain = (pair, assignment, question, len(answers), difference)
    if len(answers) < LEAST:
        return Figures(*plain, None, None, None, f"too few answers: {LEAST} are needed")
    if np.unique(steps).size == 1:
        return Figures(*plain, None, None, None, "both gave every answer the same")
    low, high = _interval(first, second)
    return Figures(*plain, weighted_kappa(first, second), low, high)


def weighted_kappa(first: NDArray[np.int64], second: NDArray[np.int64]) -> float:
    """Return Cohen's kappa with quadratic weights, by scikit-learn.

    Args:
        first: int64, shape (n_answers,): steps from 0 to ``STEPS``, not all of both the same.
        second: likewise.
    """
    from sklearn.metrics import cohen_kappa_score  # type: ignore[import-untyped]

    return float(cohen_kappa_score(first, second, labels=np.arange(STEPS + 1), weights="quadratic"))


def _interval(first: NDArray[np.int64], second: NDArray[np.int64]) -> tuple[float | None, float | None]:
    """The 95 % interval of kappa: percentiles over resampled answers; those that have no kappa are left out."""
    rng = np.random.default_rng(_SEED)
    chosen = rng.integers(len(first), size=(_RESAMPLES, len(first)))
    kappas = kappas_of(first[chosen], second[chosen])
    kappas = kappas[np.isfinite(kappas)]
    if len(kappas) < _RESAMPLES / 2:
        return None, None
    low, high = np.percentile(kappas, [2.5, 97.5])
    return float(low), float(high)


def kappas_of(first: NDArray[np.int64], second: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the same kappa of many samples at once.

    With quadratic weights it is one minus the mean squared difference over the one that chance would give, which is
    both variances and the squared difference of the means (Fleiss and Cohen 1973, doi:10.1177/001316447303300309).

    Args:
        first: int64, shape (n_samples, n_answers).
        second: likewise.

    Returns:
        float64, shape (n_samples,); NaN where all marks of a sample are the same.
    """
    observed = np.square(first - second).mean(axis=1, dtype=np.float64)
    means = np.square(first.mean(axis=1) - second.mean(axis=1))
    by_chance = first.var(axis=1) + second.var(axis=1) + means
    kappas: NDArray[np.float64] = np.full(len(first), np.nan)
    np.divide(observed, by_chance, out=kappas, where=by_chance > 1e-12)
    return 1.0 - kappas
