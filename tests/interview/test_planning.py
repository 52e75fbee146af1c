"""Which questions are asked: each rule of the plan by itself, on reports and packs made for it."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.interview import planning
from grader.interview.pack import TOPICS, CriterionQuestions, Deeper, FollowUp, InterviewPack, ModelQuestion
from grader.interview.planning import Item, Kind, Plan, plan
from grader.models import Assignment, Criterion, Limits
from grader.report.data import as_json
from grader.report.reading import KeptAssignment, KeptCriterion, KeptLoss, KeptReport, parse_report
from tests.report.test_data import report as made_report

SOME = parse_report(Path("report.json"), as_json(made_report()).encode())
LOSS = KeptLoss("does it", "did not", "knn.py:3", "x = 1")
Points = dict[str, tuple[float, float]]
"""Earned and possible points by criterion."""


def pack(name: str, criteria: Sequence[str], topics: Sequence[str] = (), skill: str = "correctness") -> InterviewPack:
    rubric = tuple(Criterion(id_, f"Title of {id_}", 1, skill, "x") for id_ in criteria)
    return InterviewPack(
        assignment=Assignment(name, f"Title of {name}", "1", (name,), rubric, Limits(1, 1, 1, 1)),
        criteria={
            id_: CriterionQuestions(
                id_,
                f"why of {id_}",
                (FollowUp(f"{id_} first", "slip", "gap"), FollowUp(f"{id_} second", "slip", "gap")),
                Deeper(f"{id_} deeper", "good", "weak"),
            )
            for id_ in criteria
        },
        questions=tuple(ModelQuestion(topic, f"{name} {topic}", "good", "weak") for topic in topics),
    )


def report(weights: dict[str, float] | None = None, problem: str = "", **assignments: Points) -> KeptReport:
    """A report; a problem is that of every assignment which earned nothing."""
    return replace(
        SOME,
        assignments={
            name: KeptAssignment((weights or {}).get(name, 1), "" if any(e for e, _ in points.values()) else problem)
            for name, points in assignments.items()
        },
        criteria={
            (name, id_): KeptCriterion(id_, earned, of, {"t": "x", "u": "x"}, (LOSS,) if earned < of else ())
            for name, points in assignments.items()
            for id_, (earned, of) in points.items()
        },
    )


def asked(items: Sequence[Item]) -> list[str]:
    return [item.question.ask for item in items]


def planned(told: KeptReport, *packs: InterviewPack, minutes: int = 45) -> Plan:
    return plan(told, {each.assignment.name: each for each in packs}, minutes)


ONE = {"won": (10.0, 10.0), "small": (8.0, 10.0), "large": (1.0, 10.0), "small_win": (5.0, 5.0)}


# 1. The opener


def test_it_opens_with_the_won_criterion_that_counts_most() -> None:
    found = planned(report(knn=ONE), pack("knn", list(ONE)))
    assert (found.items[0].kind, found.items[0].question.ask) == (Kind.WON, "won deeper")
    other = {"other_win": (9.0, 9.0), "lost": (0.0, 91.0)}
    heavier = report({"em": 3}, knn=ONE, em=other)
    assert asked(planned(heavier, pack("knn", list(ONE)), pack("em", list(other))).items)[0] == "other_win deeper"


def test_with_time_for_one_question_it_is_about_what_was_lost() -> None:
    found = planned(report(knn=ONE), pack("knn", list(ONE)), minutes=planning.SHORTEST_MINUTES)
    assert asked(found.items) == ["large first"]


def test_where_nothing_was_won_it_begins_with_what_was_lost() -> None:
    points = {"a": (1.0, 50.0), "b": (2.0, 50.0)}
    assert asked(planned(report(knn=points), pack("knn", list(points))).items)[0] == "a first"


# 2. What was lost


def test_lost_criteria_come_next_by_the_points_lost() -> None:
    found = planned(report(knn=ONE), pack("knn", list(ONE), TOPICS))
    assert [item.question.ask for item in found.items if item.kind is Kind.LOST] == ["large first", "small first"]
    kinds = [item.kind for item in found.items if item.kind is not Kind.AGAIN]
    assert kinds[:3] == [Kind.WON, Kind.LOST, Kind.LOST]
    large = found.items[1]
    assert (large.earned, large.points, large.tests, large.losses, large.why) == (1, 10, 2, (LOSS,), "why of large")


def test_points_count_in_the_share_of_their_assignment() -> None:
    told = report({"em": 3}, knn={"k": (5.0, 20.0)}, em={"e": (1.0, 10.0)})
    assert asked(planned(told, pack("knn", ["k"]), pack("em", ["e"])).items)[0] == "e first"
    told = report({"em": 1}, knn={"k": (5.0, 20.0)}, em={"e": (1.0, 10.0)})
    assert asked(planned(told, pack("knn", ["k"]), pack("em", ["e"])).items)[0] == "k first"


def test_what_was_lost_in_part_counts_half_as_much_again() -> None:
    points = {"whole": (0.0, 10.0), "part": (3.0, 10.0), "less": (3.5, 10.0)}
    lost = [i.question.ask for i in planned(report(knn=points), pack("knn", list(points))).items if i.losses]
    assert [ask for ask in lost if ask.endswith("first")] == ["part first", "whole first", "less first"]


def test_what_was_lost_is_spread_over_the_assignments() -> None:
    bad, mixed = {f"b{n}": (1.0, 11.0) for n in range(8)}, {"m": (1.0, 6.0), "w": (90.0, 90.0)}
    found = planned(report(knn=bad, em=mixed), pack("knn", list(bad)), pack("em", list(mixed)), minutes=34)
    asks = asked(found.items)
    assert "m first" in asks
    assert sum(ask.startswith("b") for ask in asks) < len(asks)
    only = planned(report(knn=bad), pack("knn", list(bad)), minutes=34)
    assert len(only.items) == len(asks), "it was not for want of others"


def test_a_loss_by_rounding_is_none() -> None:
    found = planned(report(knn={"a": (14.2857, 100 / 7)}), pack("knn", ["a"]))
    assert [item.kind for item in found.items] == [Kind.WON]


# 3. An assignment that earned nothing


@pytest.mark.parametrize("problem", ["knn.py is missing", ""])
def test_an_assignment_that_earned_nothing_is_one_question(problem: str) -> None:
    nothing = {f"n{number}": (0.0, 10.0) for number in range(10)}
    good = {f"g{number}": (10.0, 10.0) for number in range(9)} | {"lost": (9.0, 10.0)}
    packs = pack("knn", list(nothing)[:5], TOPICS), pack("em", list(good), TOPICS)
    found = planned(report(problem=problem, knn=nothing, em=good), *packs)
    (only,) = [item for item in found.items if item.assignment == "knn"]
    assert (only.kind, only.nothing) == (Kind.MODEL, problem or "did not")
    assert found.items.index(only) in (1, 2), "beside what was lost, before all others"
    rest = [item for item in found.spare if item.assignment == "knn"]
    assert {item.kind for item in rest} == {Kind.MODEL}
    assert [item.nothing for item in rest] == [""] * (len(TOPICS) - 1), "its reason is told once"
    assert found.spare[-len(rest) :] == tuple(rest), "more about it comes last of all"
    assert found.unasked == ()


def test_an_assignment_that_earned_nothing_is_asked_about_before_the_rest_however_little_it_weighs() -> None:
    good = {f"g{number}": (10.0, 10.0) for number in range(9)} | {"lost": (9.0, 10.0)}
    told = report({"knn": 0.01}, "missing", em=good, knn={"n": (0.0, 100.0)})
    found = planned(told, pack("knn", ["n"], TOPICS), pack("em", list(good), TOPICS))
    assert [(item.kind, item.assignment) for item in found.items[:3]] == [
        (Kind.WON, "em"), (Kind.LOST, "em"), (Kind.MODEL, "knn")
    ]  # fmt: skip


def test_where_everything_is_missing_the_models_are_asked_about() -> None:
    nothing = {"n": (0.0, 100.0)}
    packs = [pack(name, ["n"], TOPICS) for name in ("knn", "em")]
    found = planned(report(problem="missing", knn=nothing, em=nothing), *packs)
    assert {item.kind for item in found.items} == {Kind.MODEL}
    assert [item.assignment for item in found.items[:2]] == ["knn", "em"]
    assert len(found.items) == 35 // planning.MODEL_MINUTES


def test_without_questions_about_the_model_its_criteria_are_asked_about() -> None:
    found = planned(report(problem="missing", knn={"n": (0.0, 100.0)}), pack("knn", ["n"]))
    assert asked(found.items) == ["n first", "n second"]


# 4. The rest


def test_the_rest_is_a_mixture_of_all_kinds() -> None:
    points = {"lost": (40.0, 60.0), "w1": (20.0, 20.0), "w2": (20.0, 20.0)}
    found = planned(report(knn=points), pack("knn", list(points), TOPICS))
    assert {item.kind for item in found.items} == set(Kind)


def test_a_second_question_follows_its_first() -> None:
    found = planned(report(knn=ONE), pack("knn", list(ONE)), minutes=120)
    asks = asked(found.items)
    assert asks.index("large second") == asks.index("large first") + 1
    assert asks.index("small second") == asks.index("small first") + 1


@pytest.mark.parametrize(("lost", "won", "third"), [(10.0, 10.0, "b deeper"), (40.0, 20.0, "lost second")])
def test_a_second_question_counts_half_and_a_deeper_one_a_part(lost: float, won: float, third: str) -> None:
    points = {"a": (50.0, 50.0), "lost": (0.0, lost), "b": (won, won)}
    found = planned(report(knn=points), pack("knn", list(points)), minutes=10 + 3 * planning.LOST_MINUTES)
    assert asked(found.items) == ["a deeper", "lost first", third]


def test_a_second_question_comes_after_all_first_ones() -> None:
    points = {"large": (10.0, 60.0), "b": (19.0, 20.0), "c": (19.0, 20.0)}
    found = planned(report(knn=points), pack("knn", list(points)), minutes=10 + 3 * planning.LOST_MINUTES)
    assert asked(found.items) == ["large first", "b first", "c first"]
    assert asked(found.spare)[0] == "large second"


def test_where_nothing_was_lost_won_criteria_and_the_model_take_turns() -> None:
    points = {f"w{n}": (10.0, 10.0) for n in range(10)}
    packs = [pack(name, list(points), TOPICS) for name in ("knn", "em")]
    found = planned(report(knn=points, em=points), *packs)
    kinds = [item.kind for item in found.items]
    assert min(kinds.count(Kind.WON), kinds.count(Kind.MODEL)) >= 3
    assert {item.assignment for item in found.items} == {"knn", "em"}


def test_no_topic_comes_twice_while_there_is_another() -> None:
    nothing = {"n": (0.0, 100.0)}
    packs = [pack(name, ["n"], TOPICS[:3]) for name in ("knn", "em", "lr")]
    found = planned(report(problem="missing", knn=nothing, em=nothing, lr=nothing), *packs, minutes=120)
    topics = [item.topic for item in found.items]
    assert len(topics) == 9
    assert set(topics[:3]) == set(TOPICS[:3])


def test_a_topic_that_was_asked_about_waits_for_all_others() -> None:
    told = report({"em": 10}, knn={"k": (1.0, 1.0)}, em={"e": (1.0, 1.0)})
    found = planned(told, pack("em", ["e"], ["speed", "speed"]), pack("knn", ["k"], ["tuning"]), minutes=120)
    assert [(item.assignment, item.topic) for item in found.items if item.topic] == [
        ("em", "speed"), ("knn", "tuning"), ("em", "speed")
    ]  # fmt: skip


def test_skills_vary() -> None:
    """Of two won criteria with equal points that is taken whose skill was not asked about."""
    told = report(knn={"a": (40.0, 40.0), "b": (30.0, 30.0), "c": (30.0, 30.0)})
    made = pack("knn", ["a", "b", "c"])
    criteria = made.assignment.criteria
    skilled = (*criteria[:2], replace(criteria[2], skill="speed"))
    made = replace(made, assignment=replace(made.assignment, criteria=skilled))
    assert asked(planned(told, made).items) == ["a deeper", "c deeper", "b deeper"]


@pytest.mark.parametrize(
    ("topic", "skill"), [("tuning", "overfitting and tuning"), ("updating", "incremental update"), ("speed", "speed")]
)
def test_a_topic_and_a_skill_of_the_same_thing_are_one(topic: str, skill: str) -> None:
    told = report(knn={"a": (100.0, 100.0)})
    made = pack("knn", ["a"], [topic, "convergence"], skill=skill)
    assert [item.topic for item in planned(told, made).items] == ["", "convergence", topic]


# Time


def test_what_fits_is_planned_and_the_rest_is_spare() -> None:
    packs = pack("knn", list(ONE), TOPICS)
    all_of_it = 4 + 2 * 2 + len(TOPICS) - 2
    for minutes in range(planning.SHORTEST_MINUTES, 120):
        found = planned(report(knn=ONE), packs, minutes=minutes)
        taken, free = sum(item.minutes for item in found.items), minutes - 10
        assert taken <= free
        assert not any(item.minutes <= free - taken for item in found.spare), "nothing that fits is left out"
        assert len(found.items) + len(found.spare) == all_of_it
        assert found.minutes == minutes


def test_a_short_question_may_close_the_plan() -> None:
    points = {f"b{n}": (1.0, 10.0) for n in range(10)}
    found = planned(report(knn=points), pack("knn", list(points), TOPICS), minutes=10 + 4 + 4 + 3)
    assert [item.kind for item in found.items] == [Kind.LOST, Kind.LOST, Kind.MODEL]


def test_each_kind_has_its_minutes() -> None:
    found = planned(report(knn=ONE), pack("knn", list(ONE), TOPICS), minutes=240)
    assert {(item.kind, item.minutes) for item in found.items} == {
        (Kind.LOST, 4), (Kind.AGAIN, 4), (Kind.WON, 4), (Kind.MODEL, 3)
    }  # fmt: skip


# What is not known


def test_a_lost_criterion_without_questions_is_named() -> None:
    told = report(knn=ONE | {"unheard": (1.0, 5.0), "unheard_won": (5.0, 5.0)}, gone={"x": (1.0, 2.0)})
    found = planned(told, pack("knn", list(ONE)))
    assert found.unasked == (("knn", "unheard"), ("gone", "x"))


def test_questions_about_what_was_not_scored_are_left_out() -> None:
    found = planned(report(knn={"a": (1.0, 100.0)}), pack("knn", ["a", "b"]), pack("em", ["e"], TOPICS), minutes=200)
    assert asked(found.items) == ["a first", "a second"]
    assert found.spare == ()


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.data())
def test_every_question_that_there_is_comes_once_and_the_plan_is_the_same_again(data: st.DataObject) -> None:
    points = st.tuples(st.integers(0, 10).map(float), st.just(10.0))
    made = {
        name: data.draw(st.dictionaries(st.sampled_from("abcd").map(name.__add__), points, min_size=1), label=name)
        for name in ("knn", "em")
    }
    topics = data.draw(st.lists(st.sampled_from(TOPICS), unique=True))
    packs = [pack(name, list(criteria), topics) for name, criteria in made.items()]
    minutes = data.draw(st.integers(planning.SHORTEST_MINUTES, 90))
    told = report(knn=made["knn"], em=made["em"])
    found = planned(told, *packs, minutes=minutes)
    everything = [*found.items, *found.spare]
    assert len({(i.assignment, i.question.ask) for i in everything}) == len(everything)
    for before, after in pairwise(found.items):
        if after.kind is Kind.AGAIN:
            assert (before.kind, before.criterion) == (Kind.LOST, after.criterion)
    assert planned(told, *packs, minutes=minutes) == found
    random.Random(0).shuffle(packs)
    assert planned(told, *packs, minutes=minutes) == found, "the report gives the order"
