"""Points: shared equally by a criterion's tests, weighted by assignment, never above what was earned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.errors import BankError
from grader.models import (
    SKILLS,
    Answer,
    Assessment,
    Assignment,
    Criterion,
    Examination,
    Limits,
    Mark,
    Outcome,
    Question,
    Score,
    TestResult,
    Written,
)
from grader.scoring import score, with_written

LOST = [outcome for outcome in Outcome if outcome is not Outcome.PASSED]
STEADY = settings(max_examples=200, deadline=None, derandomize=True)

Rubric = Sequence[tuple[float, str, Sequence[Outcome]]]
"""One criterion each: points, skill, outcomes of its tests."""


def results(criterion: str, outcomes: Sequence[Outcome]) -> list[TestResult]:
    return [TestResult(f"test_it.py::test_{criterion}_{n}", criterion, "", o) for n, o in enumerate(outcomes)]


def assignment(name: str, rubric: Rubric) -> Assignment:
    criteria = tuple(Criterion(f"c{n}", f"C{n}", points, skill, "") for n, (points, skill, _) in enumerate(rubric))
    return Assignment(name, name, "1", (name,), criteria, Limits(1, 1, 1, 1))


def examination(name: str, rubric: Rubric) -> Examination:
    found = [result for n, (_, _, outcomes) in enumerate(rubric) for result in results(f"c{n}", outcomes)]
    return Examination(name, tuple(found), "0" * 64)


def scored(*rubrics: Rubric, weights: Sequence[float] = (), pass_mark: float = 60) -> Score:
    names = [f"a{n}" for n in range(len(rubrics))]
    shares = dict(zip(names, weights or [1] * len(names), strict=True))
    assignments = tuple(map(assignment, names, rubrics))
    assessment = Assessment("Take-home", "1", pass_mark, assignments, shares)
    return score(assessment, dict(zip(names, map(examination, names, rubrics), strict=True)))


def passed_of(count: int, total: int) -> list[Outcome]:
    return [Outcome.PASSED] * count + [Outcome.FAILED] * (total - count)


@pytest.mark.parametrize(
    ("count", "total", "earned"), [(0, 3, 0), (1, 3, 20), (2, 3, 40), (3, 3, 60), (1, 7, 60 / 7)]
)
def test_a_criterions_points_are_shared_equally_by_its_tests(count: int, total: int, earned: float) -> None:
    given_ = scored([(60, "correctness", passed_of(count, total)), (40, "speed", [Outcome.FAILED])])
    assert given_.assignments[0].criteria[0].earned == pytest.approx(earned)
    assert given_.total == round(earned, 2)


@pytest.mark.parametrize("outcome", LOST)
def test_nothing_but_passed_earns(outcome: Outcome) -> None:
    assert scored([(100, "correctness", [outcome, outcome])]).total == 0
    assert scored([(100, "correctness", [outcome, Outcome.PASSED])]).total == 50


def test_all_passed_is_100_and_nothing_passed_is_0() -> None:
    thirds = [100 / 3, 100 / 3, 100 / 3]
    assert scored([(points, "speed", passed_of(3, 3)) for points in thirds]).total == 100
    assert scored([(points, "speed", passed_of(0, 3)) for points in thirds]).total == 0


@pytest.mark.parametrize(
    ("weights", "total"),
    [((1, 1), 50), ((3, 1), 75), ((1, 3), 25), ((0.5, 0.5), 50), ((2, 1), 66.67), ((1e6, 1), 100)],
)
def test_assignments_count_by_the_proportion_of_their_weights(weights: tuple[float, float], total: float) -> None:
    whole, none = [(100, "speed", passed_of(1, 1))], [(100, "speed", passed_of(0, 1))]
    assert scored(whole, none, weights=weights).total == total


def test_an_assignment_is_scored_out_of_100_whatever_its_weight() -> None:
    found = scored([(100, "speed", passed_of(1, 4))], [(100, "speed", passed_of(3, 4))], weights=(9, 1))
    assert [entry.score for entry in found.assignments] == [25, 75]
    assert [entry.weight for entry in found.assignments] == [9, 1]


@pytest.mark.parametrize(
    ("passed", "of", "mark", "passes"),
    [
        (3, 5, 60, True),
        (2, 5, 60, False),
        (1, 3, 33.33, True),
        (1, 3, 33.34, False),
        (2, 3, 66.67, True),
        (2, 3, 66.68, False),
        (0, 1, 0, True),
        (1, 1, 100, True),
        (999, 1000, 100, False),
    ],
)
def test_the_pass_mark_is_compared_with_the_score_that_is_printed(
    passed: int, of: int, mark: float, passes: bool
) -> None:
    found = scored([(100, "correctness", passed_of(passed, of))], pass_mark=mark)
    assert (found.passed, found.pass_mark) == (passes, mark)


def test_the_total_is_rounded_once() -> None:
    """Of a third and a whole it is 66.67, as the skills say too, and not the mean of 33.33 and 100."""
    found = scored([(100, "speed", passed_of(1, 3))], [(100, "speed", passed_of(1, 1))], pass_mark=66.67)
    assert (found.total, found.passed) == (66.67, True)
    assert found.skills[0].earned == found.total


def test_points_too_many_to_add_exactly_still_pass_at_100() -> None:
    """Thirty criteria of a thirtieth each do not add to 100 in binary."""
    rubric = [(100 / 30, "speed", passed_of(7, 7)) for _ in range(30)]
    assert scored(rubric, pass_mark=100).passed


def test_a_result_that_is_missing_is_not_earned() -> None:
    """The examination lists what did not report as NOT_RUN, and it counts among the shares."""
    found = scored([(100, "speed", [Outcome.PASSED, Outcome.NOT_RUN, Outcome.NOT_RUN, Outcome.NOT_RUN])])
    assert found.total == 25


def test_a_test_of_no_known_criterion_is_the_banks_mistake() -> None:
    rubric = [(100, "speed", passed_of(1, 1))]
    entry = assignment("toy", rubric)
    odd = Examination("toy", (*results("c0", passed_of(1, 1)), *results("nonsense", passed_of(1, 1))), "")
    with pytest.raises(BankError, match=r"test_nonsense_0 of toy names the criterion 'nonsense'.*it has c0"):
        score(Assessment("t", "1", 60, (entry,), {"toy": 1}), {"toy": odd})


def test_a_criterion_without_a_test_is_the_banks_mistake() -> None:
    with pytest.raises(BankError, match="a0: no hidden test belongs to the criterion c1"):
        scored([(60, "speed", passed_of(1, 1)), (40, "speed", [])])


def test_results_stay_with_their_criterion_in_order() -> None:
    first, second = results("c0", passed_of(1, 2)), results("c1", passed_of(2, 2))
    rubric = [(60, "speed", first), (40, "speed", second)]
    entry = assignment("toy", rubric)  # type: ignore[arg-type]
    mixed = Examination("toy", (second[0], first[0], second[1], first[1]), "", problem="odd")
    found = score(Assessment("t", "1", 60, (entry,), {"toy": 1}), {"toy": mixed}).assignments[0]
    assert [list(criterion.results) for criterion in found.criteria] == [first, second]
    assert found.problem == "odd"


def test_skills_share_the_total_by_weight() -> None:
    found = scored(
        [(60, "correctness", passed_of(1, 2)), (40, "speed", passed_of(1, 1))],
        [(100, "correctness", passed_of(1, 1))],
        weights=(1, 3),
    )
    assert [(s.skill, s.earned, s.points) for s in found.skills] == [("correctness", 82.5, 90), ("speed", 10, 10)]


def test_skills_come_in_their_own_order_and_only_where_there_are_points() -> None:
    found = scored([(50, "speed", passed_of(1, 1)), (50, "correctness", passed_of(0, 1))])
    assert [entry.skill for entry in found.skills] == ["correctness", "speed"]


def test_every_skill_that_is_shown_has_points() -> None:
    """A share of earned by possible can always be taken."""
    found = scored([(100, "speed", passed_of(1, 1))], [(100, "correctness", passed_of(1, 1))], weights=(1e6, 1))
    assert all(entry.points > 0 for entry in found.skills)


@st.composite
def rubrics(draw: st.DrawFn) -> list[tuple[float, str, list[Outcome]]]:
    """Criteria of one assignment that sum to 100, with their tests' outcomes."""
    parts = draw(st.lists(st.integers(1, 50), min_size=1, max_size=6))
    skills = draw(st.lists(st.sampled_from(SKILLS), min_size=len(parts), max_size=len(parts)))
    outcomes = st.lists(st.sampled_from(list(Outcome)), min_size=1, max_size=7)
    return [(100 * part / sum(parts), skill, draw(outcomes)) for part, skill in zip(parts, skills, strict=True)]


WEIGHTS = st.floats(0.1, 100)


@STEADY
@given(st.lists(st.tuples(rubrics(), WEIGHTS), min_size=1, max_size=4), st.floats(0, 100))
def test_no_score_leaves_0_to_100_and_skills_add_up_to_the_total(
    entries: list[tuple[Rubric, float]], mark: float
) -> None:
    found = scored(*(r for r, _ in entries), weights=[w for _, w in entries], pass_mark=mark)
    assert 0 <= found.total <= 100
    assert found.passed == (found.total >= mark)
    assert all(0 <= entry.score <= 100 for entry in found.assignments)
    assert all(0 <= skill.earned <= skill.points <= 100 for skill in found.skills)
    rounding = 0.005 * (len(found.skills) + len(found.assignments) + 1) + 1e-9
    assert sum(skill.earned for skill in found.skills) == pytest.approx(found.total, abs=rounding)
    assert sum(skill.points for skill in found.skills) == pytest.approx(100, abs=rounding)


@STEADY
@given(st.lists(st.tuples(rubrics(), WEIGHTS), min_size=1, max_size=3), st.data())
def test_one_more_test_passed_never_costs_a_point(entries: list[tuple[Rubric, float]], data: st.DataObject) -> None:
    rubric = data.draw(st.sampled_from([r for r, _ in entries]))
    outcomes = data.draw(st.sampled_from([list(outcomes) for _, _, outcomes in rubric]))
    place = data.draw(st.integers(0, len(outcomes) - 1))
    better = [Outcome.PASSED if n == place else outcome for n, outcome in enumerate(outcomes)]
    improved = [(p, s, better if list(o) == outcomes else o) for p, s, o in rubric]
    weights = [w for _, w in entries]
    before = scored(*(r for r, _ in entries), weights=weights)
    after = scored(*(improved if r is rubric else r for r, _ in entries), weights=weights)
    assert after.total >= before.total
    pairs = zip(before.assignments, after.assignments, strict=True)
    assert all(new.score >= old.score for old, new in pairs)
    assert all(new.earned >= old.earned for old, new in zip(before.skills, after.skills, strict=True))


@STEADY
@given(rubrics(), WEIGHTS)
def test_the_score_of_one_assignment_alone_is_the_total(rubric: Rubric, weight: float) -> None:
    found = scored(rubric, weights=[weight])
    assert found.total == found.assignments[0].score


def test_scoring_changes_nothing_that_it_is_given() -> None:
    entry = assignment("toy", [(100, "speed", passed_of(1, 2))])
    assessment = Assessment("t", "1", 60, (entry,), {"toy": 1})
    told = {"toy": examination("toy", [(100, "speed", passed_of(1, 2))])}
    before = replace(told["toy"])
    assert score(assessment, told) == score(assessment, told)
    assert told == {"toy": before}


def written(*earned: float | None, weight: float = 1, points: float = 50) -> Written:
    answers = (
        Answer(Question(f"q{n}", "", points, ""), "x", None if each is None else Mark(each))
        for n, each in enumerate(earned)
    )
    return Written("a0", weight, tuple(answers))


HALF: Rubric = [(100, "speed", passed_of(1, 2))]


def of_80(*parts: Written, pass_mark: float = 60) -> Score:
    return with_written(replace(scored(HALF, pass_mark=pass_mark), written_points=20), parts)


def test_marks_count_as_much_as_the_take_home_says() -> None:
    found = of_80(written(50, 25))
    assert (found.code, found.written, found.total, found.provisional) == (50, 75, 55, False)


def test_assignments_weigh_as_they_do_for_the_code() -> None:
    assert of_80(written(50, 50, weight=3), written(0, 0, weight=1)).written == 75


def test_points_of_questions_count_by_their_own_sum() -> None:
    assert of_80(written(10, 5, points=10)).written == 75


def test_where_nothing_is_asked_the_code_makes_up_all_points() -> None:
    found = of_80()
    assert (found.total, found.written_points, found.provisional) == (50, 0, False)


@pytest.mark.parametrize("parts", [[written(50, None)], [written(50, 50), written(None)]])
def test_a_mark_that_is_missing_leaves_the_score_provisional(parts: list[Written]) -> None:
    found = of_80(*parts)
    assert (found.total, found.written, found.provisional) == (50, None, True)


def test_marks_decide_the_verdict_both_ways() -> None:
    assert of_80(written(50, 50), pass_mark=60).passed
    assert not of_80(written(0, 0), pass_mark=50).passed
    assert of_80(written(None), pass_mark=50).passed


def test_marks_folded_in_twice_give_the_same_and_can_be_taken_back() -> None:
    once = of_80(written(50, 25))
    assert with_written(once, [written(50, 25)]) == once
    assert with_written(once, [written(50, None)]) == of_80(written(None))


def test_answers_that_do_not_count_change_nothing() -> None:
    plain = scored(HALF)
    assert with_written(plain, [written(50, 50)]) == plain
    assert not plain.provisional


def test_all_points_are_reached_by_all_marks() -> None:
    full = scored([(100, "speed", passed_of(2, 2))])
    assert with_written(replace(full, written_points=20), [written(50, 50)]).total == 100
