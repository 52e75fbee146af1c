"""What the figures of a round say: of each submission, of each criterion, of each test."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from grader.cohort.reading import Member, Round, Rubric, RubricCriterion, RubricTest
from grader.cohort.statistics import (
    Distribution,
    Figure,
    Floats,
    Quarters,
    Reliability,
    alike,
    discriminations,
    distribution,
    quarters,
    reliability,
)
from grader.models import SKILLS, SkillScore

ROUGH_BELOW = 30
"""Submissions below which figures of criteria and tests are rough."""


class Suspicion(StrEnum):
    """Why a test is worth a look."""

    EVERYBODY = "everybody passes"
    NOBODY = "nobody passes"
    REVERSED = "the best fail more often"


@dataclass(frozen=True)
class CriterionFigures:
    """How hard a criterion is, and how well it tells submissions apart.

    Attributes:
        criterion: itself.
        share: mean share of its points that was earned.
        discrimination: correlation of its points with those of the rest.
    """

    criterion: RubricCriterion
    share: float
    discrimination: Figure


@dataclass(frozen=True)
class TestFigures:
    """The same for a test.

    Attributes:
        test: itself.
        criterion: that it belongs to.
        passed: how many pass it.
        share: of all who pass it.
        discrimination: correlation of passing it with the points of the rest.
        quarters: how often the best and the weakest pass it; ``None`` where the round has no quarters.
        suspicion: why it is worth a look; ``None`` if it is not.
    """

    test: RubricTest
    criterion: RubricCriterion
    passed: int
    share: float
    discrimination: Figure
    quarters: Quarters | None
    suspicion: Suspicion | None


@dataclass(frozen=True)
class Standing:
    """A submission's place in the ranking.

    Attributes:
        member: the submission.
        rank: 1 for the best; equals share a rank.
        low: lower end of where its score may lie (95 %); ``None`` where the error is not known.
        high: upper end.
        alike: first and last rank that cannot be told from its own; ``None`` where the error is not known.
        is_near_mark: whether the pass mark lies within its error.
    """

    member: Member
    rank: int
    low: float | None
    high: float | None
    alike: tuple[int, int] | None
    is_near_mark: bool


@dataclass(frozen=True)
class Gap:
    """Two neighbours in the ranking whose scores differ by more than the error of a difference."""

    above: Standing
    below: Standing

    @property
    def points(self) -> float:
        """How far they are apart."""
        return self.above.member.score - self.below.member.score


@dataclass(frozen=True)
class SkillFigures:
    """What the round shows of a skill.

    Attributes:
        skill: its name.
        points: of the 100 of the whole.
        shares: what each submission earned of them.
    """

    skill: str
    points: float
    shares: Distribution


@dataclass(frozen=True)
class Analysis:
    """All that a round tells.

    Attributes:
        round: that it is about.
        rubric: that its members were scored by.
        distribution: of the scores.
        passed: how many pass.
        reliability: of the scores.
        whole: reliability among those of whom every assignment could be run; ``None`` if these are all, or too few.
        whole_count: how many those are.
        criteria: in the rubric's order.
        tests: in the rubric's order.
        standings: the best first.
        gaps: between neighbours in the ranking that the scores do tell apart.
        skills: that the rubric has.
        seeds: how many different ones there are.
    """

    round: Round
    rubric: Rubric
    distribution: Distribution
    passed: int
    reliability: Reliability
    whole: Reliability | None
    whole_count: int
    criteria: tuple[CriterionFigures, ...]
    tests: tuple[TestFigures, ...]
    standings: tuple[Standing, ...]
    gaps: tuple[Gap, ...]
    skills: tuple[SkillFigures, ...]
    seeds: int

    @property
    def is_rough(self) -> bool:
        """Whether there are too few submissions for figures that hold."""
        return len(self.standings) < ROUGH_BELOW

    @property
    def passing(self) -> list[float]:
        """Scores of those who pass."""
        return [standing.member.score for standing in self.standings if standing.member.passed]

    @property
    def failing(self) -> list[float]:
        """Scores of those who do not."""
        return [standing.member.score for standing in self.standings if not standing.member.passed]

    @property
    def skill_means(self) -> list[SkillScore]:
        """The skills as a submission would have them that earned what the round did on average."""
        return [SkillScore(each.skill, each.points * each.shares.mean, each.points) for each in self.skills]

    @property
    def near_mark(self) -> list[Standing]:
        """Those for whom the pass mark lies within the error, the best first."""
        return [standing for standing in self.standings if standing.is_near_mark]

    def suspects(self, suspicion: Suspicion) -> list[TestFigures]:
        """Return the tests that are worth a look for one reason."""
        return [figures for figures in self.tests if figures.suspicion is suspicion]

    def telling(self) -> list[CriterionFigures]:
        """Return the criteria that have a discrimination, the highest first."""
        known = [figures for figures in self.criteria if figures.discrimination.value is not None]
        return sorted(known, key=lambda figures: -(figures.discrimination.value or 0))


def analyse(found: Round) -> Analysis | None:
    """Return what a round tells; ``None`` where no submission was scored.

    Args:
        found: as it was read.
    """
    rubric, members = found.rubric, found.members
    if rubric is None:
        return None
    earned = np.array([member.earned for member in members], dtype=np.float64)
    passes = np.array([member.passes for member in members], dtype=np.bool_)
    exact = reliability(earned)
    whole = [not member.problems for member in members]
    standings = _standings(members, rubric.pass_mark, exact)
    return Analysis(
        round=found,
        rubric=rubric,
        distribution=distribution([member.score for member in members]),
        passed=sum(member.passed for member in members),
        reliability=exact,
        whole=reliability(earned[whole]) if 2 <= sum(whole) < len(members) else None,
        whole_count=sum(whole),
        criteria=_criteria(rubric, earned),
        tests=_tests(rubric, earned, passes),
        standings=standings,
        gaps=_gaps(standings, exact),
        skills=_skills(rubric, earned),
        seeds=len({member.seed for member in members}),
    )


def _criteria(rubric: Rubric, earned: Floats) -> tuple[CriterionFigures, ...]:
    shares = earned.mean(axis=0) / [criterion.points for criterion in rubric.criteria]
    told = discriminations(earned, earned.sum(axis=1))
    return tuple(
        CriterionFigures(criterion, min(float(share), 1.0), figure)
        for criterion, share, figure in zip(rubric.criteria, shares, told, strict=True)
    )


def _tests(rubric: Rubric, earned: Floats, passes: NDArray[np.bool_]) -> tuple[TestFigures, ...]:
    totals = earned.sum(axis=1)
    told = discriminations(passes * np.array([test.points for test in rubric.tests]), totals)
    known = quarters(passes, totals)
    split: Sequence[Quarters | None] = [None] * len(rubric.tests) if known is None else known
    passed = passes.sum(axis=0)
    return tuple(
        TestFigures(
            test=test,
            criterion=rubric.criteria[test.criterion],
            passed=int(count),
            share=float(count / len(passes)),
            discrimination=figure,
            quarters=parts,
            suspicion=_suspicion(int(count), len(passes), parts),
        )
        for test, count, figure, parts in zip(rubric.tests, passed, told, split, strict=True)
    )


def _suspicion(passed: int, count: int, parts: Quarters | None) -> Suspicion | None:
    if count >= 2 and passed == count:
        return Suspicion.EVERYBODY
    if count >= 2 and passed == 0:
        return Suspicion.NOBODY
    return Suspicion.REVERSED if parts is not None and parts.is_reversed else None


def _standings(members: Sequence[Member], mark: float, exact: Reliability) -> tuple[Standing, ...]:
    ordered = sorted(members, key=lambda member: (-member.score, member.name, member.source))
    ranks: list[int] = []
    for place, member in enumerate(ordered, 1):
        is_equal = place > 1 and member.score == ordered[place - 2].score
        ranks.append(ranks[-1] if is_equal else place)
    score, difference = exact.score_margin, exact.difference_margin
    if score is None or difference is None:
        return tuple(
            Standing(member, rank, None, None, None, False) for member, rank in zip(ordered, ranks, strict=True)
        )
    reach = alike([member.score for member in ordered], difference)
    return tuple(
        Standing(
            member=member,
            rank=rank,
            low=max(member.score - score, 0.0),
            high=min(member.score + score, 100.0),
            alike=(ranks[first], ranks[last]),
            is_near_mark=abs(member.score - mark) < score,
        )
        for member, rank, (first, last) in zip(ordered, ranks, reach, strict=True)
    )


def _gaps(standings: Sequence[Standing], exact: Reliability) -> tuple[Gap, ...]:
    margin = exact.difference_margin
    if margin is None:
        return ()
    gaps = (Gap(above, below) for above, below in pairwise(standings))
    return tuple(gap for gap in gaps if gap.points > margin + 1e-9)


def _skills(rubric: Rubric, earned: Floats) -> tuple[SkillFigures, ...]:
    found = []
    for skill in SKILLS:
        of = [criterion.skill == skill for criterion in rubric.criteria]
        if any(of):
            points = sum(criterion.points for criterion in rubric.criteria if criterion.skill == skill)
            shares = np.minimum(earned[:, of].sum(axis=1) / points, 1)
            found.append(SkillFigures(skill, points, distribution(shares.tolist())))
    return tuple(found)
