"""The figures of a round: pure arithmetic on points, each defined where it is computed.

Items are criteria or tests; ``points`` is float64, shape (n_submissions, n_items), and ``totals`` the sum of each row
over all criteria. A figure that does not exist says why, and is never NaN.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import fdtri  # scipy.stats has it too, and takes a second to load

Floats = NDArray[np.float64]

CONFIDENCE = 0.95
WITHIN = 1.96
"""Standard errors to either side that hold 95 % of a normal distribution."""

_ALIKE = 1e-9
"""Points that rounding may add or take; what differs by less is the same."""


@dataclass(frozen=True)
class Figure:
    """A figure, or the reason why there is none.

    Attributes:
        value: ``None`` where there is none.
        why_not: the reason; empty if there is a value.
    """

    value: float | None
    why_not: str = ""


@dataclass(frozen=True)
class Distribution:
    """Scores in a few numbers; quartiles are interpolated linearly between neighbours.

    Attributes:
        deviation: standard deviation as of a sample (divisor ``n - 1``).
    """

    count: int
    mean: float
    deviation: Figure
    lowest: float
    lower_quartile: float
    median: float
    upper_quartile: float
    highest: float


@dataclass(frozen=True)
class Reliability:
    """How far the criteria agree on who is better, and what that means in points.

    Attributes:
        alpha: Cronbach's.
        interval: of alpha, with a confidence of 95 %; ``None`` where there is no alpha.
        error: standard error of measurement, in points of 100.
    """

    alpha: Figure
    interval: tuple[float, float] | None
    error: Figure

    @property
    def score_margin(self) -> float | None:
        """Points by which a score may be off through the choice of criteria (95 %)."""
        return None if self.error.value is None else WITHIN * self.error.value

    @property
    def difference_margin(self) -> float | None:
        """Points by which the difference of two scores may be off: their errors add as squares (95 %)."""
        return None if self.error.value is None else WITHIN * float(np.sqrt(2)) * self.error.value


@dataclass(frozen=True)
class Quarters:
    """How often the best and the weakest quarter pass a test.

    Attributes:
        top_passed: of ``top_count``.
        bottom_passed: of ``bottom_count``.
    """

    top_passed: int
    top_count: int
    bottom_passed: int
    bottom_count: int

    @property
    def is_reversed(self) -> bool:
        """Whether the best pass less often than the weakest."""
        return self.top_passed / self.top_count < self.bottom_passed / self.bottom_count


def distribution(scores: Sequence[float]) -> Distribution:
    """Return scores in a few numbers.

    Args:
        scores: out of 100, one at least.
    """
    taken = np.asarray(scores, dtype=np.float64)
    lowest, lower, median, upper, highest = (float(value) for value in np.quantile(taken, [0, 0.25, 0.5, 0.75, 1]))
    few = len(taken) < 2
    deviation = Figure(None, _FEW) if few else Figure(float(taken.std(ddof=1)))
    return Distribution(len(taken), float(taken.mean()), deviation, lowest, lower, median, upper, highest)


def cronbach_alpha(points: Floats) -> Figure:
    """Return Cronbach's alpha, ``k / (k - 1) · (1 - Σ variance of an item / variance of the total)``.

    Cronbach (1951), Psychometrika 16, 297-334. Below 0 where items contradict each other more than they agree.

    Args:
        points: by submission and item.
    """
    count, items = points.shape
    if count < 2:
        return Figure(None, _FEW)
    if items < 2:
        return Figure(None, "it takes two criteria")
    totals = points.sum(axis=1)
    if np.ptp(totals) <= _ALIKE:
        return Figure(None, "all scores are equal")
    apart = points.var(axis=0, ddof=1).sum() / totals.var(ddof=1)
    return Figure(float(items / (items - 1) * (1 - apart)))


def alpha_interval(alpha: float, count: int, items: int, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Return the interval that holds alpha of all who might have been in the round.

    Feldt (1965), Psychometrika 30, 357-370; Feldt, Woodruff and Salih (1987), Applied Psychological Measurement 11,
    93-103: ``(1 - alpha) / (1 - estimate)`` has an F distribution with ``n - 1`` and ``(n - 1)(k - 1)`` degrees of
    freedom, for normal scores and items that vary alike.

    Args:
        alpha: the estimate.
        count: submissions, n; 2 at least.
        items: k; 2 at least.
        confidence: from 0 to 1.
    """
    tail = (1 - confidence) / 2
    degrees = (count - 1, (count - 1) * (items - 1))
    low, high = (1 - (1 - alpha) * float(fdtri(*degrees, share)) for share in (1 - tail, tail))
    return low, high


def reliability(points: Floats) -> Reliability:
    """Return alpha, its interval and the standard error of measurement, ``s · √(1 - alpha)``.

    No reliability is below 0: where alpha is, the error is that of one of 0, the whole deviation ``s``.

    Args:
        points: by submission and item.
    """
    alpha = cronbach_alpha(points)
    if alpha.value is None:
        return Reliability(alpha, None, Figure(None, alpha.why_not))
    deviation = float(points.sum(axis=1).std(ddof=1))
    error = deviation * float(np.sqrt(np.clip(1 - alpha.value, 0, 1)))
    return Reliability(alpha, alpha_interval(alpha.value, *points.shape), Figure(error))


def discriminations(points: Floats, totals: Floats) -> list[Figure]:
    """Return each item's correlation with the total without it.

    "Corrected item-total correlation", Nunnally and Bernstein (1994), Psychometric Theory: Pearson's r,
    with the item taken out of the total, which it would else correlate with for being part of it.

    Args:
        points: by submission and item.
        totals: by submission.
    """
    if len(totals) < 3:
        return [Figure(None, "it takes three submissions")] * points.shape[1]
    return [_correlation(item, totals - item) for item in points.T]


def quarters(passes: NDArray[np.bool_], totals: Floats) -> list[Quarters] | None:
    """Return how often the best and the weakest quarter pass each test; ``None`` where there are no such quarters.

    Upper and lower groups go back to Kelley (1939), Journal of Educational Psychology 30, 17-24. All who have the
    score at a quartile belong to its group, so that no order among equals decides.

    Args:
        passes: by submission and test.
        totals: by submission.
    """
    if len(totals) < _QUARTERED:
        return None
    low, high = np.quantile(totals, [0.25, 0.75])
    if high - low <= _ALIKE:
        return None
    top, bottom = totals >= high - _ALIKE, totals <= low + _ALIKE
    counts = zip(passes[top].sum(axis=0), passes[bottom].sum(axis=0), strict=True)
    return [Quarters(int(best), int(top.sum()), int(weakest), int(bottom.sum())) for best, weakest in counts]


def alike(scores: Sequence[float], margin: float) -> list[tuple[int, int]]:
    """Return for each score the first and the last that it differs from by no more than the margin.

    Args:
        scores: the highest first.
        margin: points.
    """
    rising = np.asarray(scores, dtype=np.float64)[::-1]
    reach = margin + _ALIKE
    first = len(rising) - np.searchsorted(rising, rising + reach, side="right")[::-1]
    last = len(rising) - 1 - np.searchsorted(rising, rising - reach, side="left")[::-1]
    return [(int(low), int(high)) for low, high in zip(first, last, strict=True)]


_FEW = "it takes two submissions"
_QUARTERED = 8
"""Submissions from which on a quarter is more than one person."""


def _correlation(item: Floats, rest: Floats) -> Figure:
    if np.ptp(item) <= _ALIKE:
        return Figure(None, "everyone earned the same")
    if np.ptp(rest) <= _ALIKE:
        return Figure(None, "the rest is the same for everyone")
    item, rest = item - item.mean(), rest - rest.mean()
    return Figure(float(np.clip(item @ rest / np.sqrt((item @ item) * (rest @ rest)), -1, 1)))
