"""Points: pure arithmetic on outcomes and rubric."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from grader.errors import BankError
from grader.models import (
    SKILLS,
    Assessment,
    Assignment,
    AssignmentScore,
    CriterionScore,
    Examination,
    Outcome,
    Score,
    SkillScore,
    TestResult,
    Written,
)


def score(assessment: Assessment, examinations: Mapping[str, Examination]) -> Score:
    """Return the points by criterion, by assignment, by skill and in all.

    Each criterion's points are shared equally by its tests. A result that is missing is not earned.

    Args:
        assessment: rubrics and weights.
        examinations: by assignment name.

    Raises:
        BankError: a test names no criterion of its assignment, or a criterion has no test.
    """
    assignments = tuple(
        _assignment_score(assignment, assessment.weights[assignment.name], examinations[assignment.name])
        for assignment in assessment.assignments
    )
    weight = sum(entry.weight for entry in assignments)
    total = sum(sum(c.earned for c in entry.criteria) * entry.weight for entry in assignments) / weight
    # Rounded once, and before it is compared, so that what is printed and what is decided are the same number.
    total = round(total, 2)
    return Score(
        total=total,
        passed=total >= assessment.pass_mark,
        pass_mark=assessment.pass_mark,
        assignments=assignments,
        skills=_skills(assignments),
        code=total,
        written_points=assessment.written_points,
    )


def with_written(score: Score, written: Sequence[Written]) -> Score:
    """Return the score with what people gave for the written answers; as it was while one that counts has no mark.

    Where no question is asked, as in a part of a take-home, the code makes up all points.

    Args:
        score: of the code.
        written: the written part of each assignment that has questions.
    """
    marked = [entry for entry in written if entry.answers]
    marks = [answer.mark for entry in marked for answer in entry.answers]
    if not marks:  # where nothing is asked, nothing is waited for
        score = replace(score, written_points=0.0)
    if not score.written_points or None in marks:
        return replace(score, total=score.code, passed=score.code >= score.pass_mark, written=None)
    weight = sum(entry.weight for entry in marked)
    points = sum(entry.weight * _share(entry) for entry in marked) / weight
    points = round(points, 2)
    total = combined(score.code, score.written_points, points)
    return replace(score, total=total, passed=total >= score.pass_mark, written=points)


def combined(code: float, written_points: float, written: float | None) -> float:
    """Return the whole score, out of 100.

    Args:
        code: score of the code, out of 100.
        written_points: how many of the 100 points the written answers make up.
        written: score of the written answers, out of 100; ``None`` if they do not count yet.
    """
    return code if written is None else round((code * (100 - written_points) + written * written_points) / 100, 2)


def _share(entry: Written) -> float:
    """What was earned of an assignment's questions, out of 100."""
    earned = sum(answer.mark.earned for answer in entry.answers if answer.mark is not None)
    return 100 * earned / sum(answer.question.points for answer in entry.answers)


def _assignment_score(assignment: Assignment, weight: float, examination: Examination) -> AssignmentScore:
    grouped = _by_criterion(assignment, examination.results)
    criteria = tuple(
        CriterionScore(criterion, _earned(criterion.points, grouped[criterion.id]), tuple(grouped[criterion.id]))
        for criterion in assignment.criteria
    )
    total = round(sum(entry.earned for entry in criteria), 2)
    return AssignmentScore(assignment, total, weight, criteria, examination.problem)


def _by_criterion(assignment: Assignment, results: Sequence[TestResult]) -> dict[str, list[TestResult]]:
    grouped: dict[str, list[TestResult]] = {criterion.id: [] for criterion in assignment.criteria}
    for result in results:
        if result.criterion not in grouped:
            raise BankError(
                f"the hidden test {result.id} of {assignment.name} names the criterion {result.criterion!r},"
                f" which assignment.toml does not have; it has {', '.join(grouped)}"
            )
        grouped[result.criterion].append(result)
    empty = [name for name, members in grouped.items() if not members]
    if empty:
        raise BankError(f"{assignment.name}: no hidden test belongs to the criterion {', '.join(empty)}")
    return grouped


def _earned(points: float, results: Sequence[TestResult]) -> float:
    passed = sum(result.outcome is Outcome.PASSED for result in results)
    return points * passed / len(results)


def _skills(assignments: Sequence[AssignmentScore]) -> tuple[SkillScore, ...]:
    """Points by skill, out of the total of 100 as the weights share it."""
    weight = sum(entry.weight for entry in assignments)
    earned = dict.fromkeys(SKILLS, 0.0)
    points = dict.fromkeys(SKILLS, 0.0)
    for entry in assignments:
        for criterion in entry.criteria:
            skill, share = criterion.criterion.skill, entry.weight / weight
            earned[skill] += criterion.earned * share
            points[skill] += criterion.criterion.points * share
    scores = (SkillScore(skill, round(earned[skill], 2), round(points[skill], 2)) for skill in SKILLS)
    return tuple(entry for entry in scores if entry.points)
