"""What the figures are taken to say: who is near the mark, which differences hold, which tests are odd."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from grader.cohort.analysis import Analysis, Suspicion, analyse
from grader.cohort.reading import read_round
from tests.cohort.conftest import SMALL, Folder, assessment, fill, passes_of, report

LARGE = assessment({"knn": 10, "em": 10})


def analysed(folder: Folder) -> Analysis:
    told = analyse(read_round(folder.root))
    assert told is not None
    return told


def ladder(folder: Folder, *counts: int) -> Analysis:
    """Submissions that pass the first so many of ten tests."""
    for number, count in enumerate(counts):
        folder.add(report([test < count for test in range(10)], name=f"n{number}"))
    return analysed(folder)


def test_equals_share_a_rank(folder: Folder) -> None:
    told = ladder(folder, 10, 4, 4, 0)
    assert [(standing.member.name, standing.rank) for standing in told.standings] == [
        *(("n0", 1), ("n1", 2), ("n2", 2), ("n3", 4)),
    ]


def test_bands_and_the_pass_mark_follow_from_the_error(folder: Folder) -> None:
    fill(folder, 60, LARGE)
    told = analysed(folder)
    margin = told.reliability.score_margin
    assert margin is not None
    for standing in told.standings:
        score = standing.member.score
        assert standing.low == pytest.approx(max(score - margin, 0))
        assert standing.high == pytest.approx(min(score + margin, 100))
        assert standing.is_near_mark == (abs(score - 60) < margin)
    assert 0 < len(told.near_mark) < 60
    assert {standing.member.passed for standing in told.near_mark} == {True, False}


def test_ranks_that_cannot_be_told_apart_are_those_within_the_error_of_a_difference(folder: Folder) -> None:
    fill(folder, 40, LARGE)
    told = analysed(folder)
    margin = told.reliability.difference_margin
    assert margin is not None
    for standing in told.standings:
        near = [o.rank for o in told.standings if abs(o.member.score - standing.member.score) <= margin + 1e-9]
        assert standing.alike == (min(near), max(near))
    scores = [standing.member.score for standing in told.standings]
    wide = [(a, b) for a, b in pairwise(scores) if a - b > margin]
    assert [(gap.above.member.score, gap.below.member.score) for gap in told.gaps] == wide


def test_a_wide_gap_is_one(folder: Folder) -> None:
    rng = np.random.default_rng(1)
    for number in range(20):
        able = 0.95 if number < 10 else 0.05
        folder.add(report((rng.random(40) < able).tolist(), LARGE, name=f"n{number}"))
    (gap,) = analysed(folder).gaps
    assert gap.below.rank == 11
    assert gap.points > 50


def test_points_of_all_criteria_add_up_to_the_scores(folder: Folder) -> None:
    fill(folder, 30, LARGE)
    told = analysed(folder)
    assert sum(each.share * each.criterion.points for each in told.criteria) == pytest.approx(
        told.distribution.mean, abs=0.01
    )
    assert sum(each.shares.mean * each.points for each in told.skills) == pytest.approx(
        told.distribution.mean, abs=0.01
    )
    assert sum(each.share * each.test.points for each in told.tests) == pytest.approx(
        told.distribution.mean, abs=0.01
    )


def test_a_test_is_correlated_with_the_score_without_it(folder: Folder) -> None:
    passes = passes_of(25, 10)
    for number, row in enumerate(passes):
        folder.add(report(row.tolist(), name=f"n{number:02}"))
    points = np.array([100 / 12] * 6 + [12.5] * 4)
    totals = passes @ points
    for number, each in enumerate(analysed(folder).tests):
        rest = totals - passes[:, number] * points[number]
        expected = np.corrcoef(passes[:, number], rest)[0, 1]
        assert each.discrimination.value == pytest.approx(expected, abs=1e-4)
        assert each.passed == passes[:, number].sum()


def test_odd_tests_are_found(folder: Folder) -> None:
    passes = passes_of(40, 40)
    strong = passes[:, 3:].sum(axis=1) > np.median(passes[:, 3:].sum(axis=1))
    passes[:, 0], passes[:, 1], passes[:, 2] = True, False, ~strong
    for number, row in enumerate(passes):
        folder.add(report(row.tolist(), LARGE, name=f"n{number:02}"))
    told = analysed(folder)
    ids = {kind: [each.test.id for each in told.suspects(kind)] for kind in Suspicion}
    assert ids[Suspicion.EVERYBODY] == ["test_knn.py::test_c0_t1"]
    assert ids[Suspicion.NOBODY] == ["test_knn.py::test_c0_t2"]
    assert "test_knn.py::test_c1_t1" in ids[Suspicion.REVERSED]
    (reversed_one,) = (each for each in told.tests if each.test.id == "test_knn.py::test_c1_t1")
    assert reversed_one.discrimination.value is not None
    assert reversed_one.discrimination.value < -0.4


def test_one_submission_makes_no_test_odd(folder: Folder) -> None:
    told = ladder(folder, 5)
    assert not [each for each in told.tests if each.suspicion]


def test_criteria_are_ordered_by_what_they_tell(folder: Folder) -> None:
    fill(folder, 30, LARGE)
    told = analysed(folder)
    values = [each.discrimination.value or 0 for each in told.telling()]
    assert values == sorted(values, reverse=True)
    assert len(values) == 20


def test_reliability_is_told_without_those_of_whom_something_could_not_be_run(folder: Folder) -> None:
    fill(folder, 33, LARGE)
    told = analysed(folder)
    assert told.whole_count == 30
    assert told.whole is not None
    assert told.whole.alpha != told.reliability.alpha


def test_seeds_are_counted(folder: Folder) -> None:
    for number in range(4):
        folder.add(report([True] * 10, name=f"n{number}", seed=number // 2))
    assert analysed(folder).seeds == 2


@pytest.mark.parametrize(
    ("counts", "reason"),
    [((6,), "it takes two submissions"), ((6, 6, 6, 6), "all scores are equal")],
)
def test_where_there_is_no_error_nothing_hangs_on_it(folder: Folder, counts: tuple[int, ...], reason: str) -> None:
    told = ladder(folder, *counts)
    assert told.reliability.error.why_not == reason
    assert not told.near_mark
    assert not told.gaps
    assert {(standing.low, standing.alike) for standing in told.standings} == {(None, None)}


@pytest.mark.parametrize(("count", "rough"), [(2, True), (29, True), (30, False)])
def test_few_submissions_give_rough_figures(folder: Folder, count: int, rough: bool) -> None:
    fill(folder, count, SMALL)
    assert analysed(folder).is_rough is rough


def test_a_round_without_a_score_tells_nothing(folder: Folder) -> None:
    folder.refuse("broken")
    assert analyse(read_round(folder.root)) is None
