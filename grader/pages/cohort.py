"""How one score compares with those of a cohort."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Cohort:
    """Scores of submissions to the same take-home, scored by the same bank.

    Attributes:
        scores: out of 100, one at least.
        left_out: how many reports were not comparable.
    """

    scores: Sequence[float]
    left_out: int = 0

    @property
    def median(self) -> float:
        """The median score."""
        return median(self.scores)

    def below(self, score: float) -> int:
        """Return how many scored less."""
        return sum(other < score for other in self.scores)

    def equal(self, score: float) -> int:
        """Return how many scored the same."""
        return sum(other == score for other in self.scores)
