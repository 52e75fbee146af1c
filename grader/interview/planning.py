"""Which questions to ask about one scored submission, in which order, and how many of them fit into the time.

The rules, which need no knowledge of the questions themselves:

1. It opens with something that was won, the criterion that counts most: a candidate who begins on firm ground says
   more later, and the interviewer hears how they talk about what they know. Where there is time for one question
   only, that is spent on what was lost.
2. Each lost criterion comes next, with its first question, by the points lost in the whole take-home. What was lost
   in part counts half as much again: slip or gap is open there, while what was lost in whole has mostly been told by
   the score. Each question about an assignment makes the next one about it count less, so that no assignment takes
   all the time.
3. An assignment that earned nothing (missing, not importable, untouched) tells nothing by its criteria. In their
   place stands one of its questions about the model, where the bank has any; more of them come last of all.
4. Then come, mixed by what they count: the second questions about lost criteria, for half of the first; deeper
   questions about won criteria, for part of their points; questions about the model. One more question about the
   same skill, or of the same kind, counts less, and a topic comes twice only when nothing else is left.

A question is taken if it fits into what is left of the time, so a short one may close the plan. A second question
follows its first. Equals stand in the order of report and file: the same report gives the same plan.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from math import inf

from grader.interview.pack import CriterionQuestions, Deeper, FollowUp, InterviewPack, ModelQuestion
from grader.models import Criterion
from grader.report.reading import ROUNDING, KeptCriterion, KeptLoss, KeptReport

OPENING_MINUTES = 5
CLOSING_MINUTES = 5
LOST_MINUTES = 4
WON_MINUTES = 4
MODEL_MINUTES = 3
SHORTEST_MINUTES = OPENING_MINUTES + LOST_MINUTES + CLOSING_MINUTES

_PARTLY = 1.5
_SECOND = 0.5
_DEEPER = 0.75
_MODEL_POINTS = 6.0
"""What a question about a model counts, in points of its assignment."""
_SAME_ASSIGNMENT = 0.7
_SAME_SKILL = 0.7
_SAME_KIND = 0.8
_SKILL_OF_TOPIC = {
    "over-fitting": "overfitting and tuning",
    "tuning": "overfitting and tuning",
    "updating": "incremental update",
}
"""Topics that have another name among the skills."""
_FIRST, _THEN, _LAST = range(3)


class Kind(StrEnum):
    """Why a question is asked."""

    LOST = "lost"
    AGAIN = "lost, second question"
    WON = "won"
    MODEL = "model"


_MINUTES = {Kind.LOST: LOST_MINUTES, Kind.AGAIN: LOST_MINUTES, Kind.WON: WON_MINUTES, Kind.MODEL: MODEL_MINUTES}


@dataclass(frozen=True)
class Item:
    """One question with its reason.

    Attributes:
        kind: why it is asked.
        assignment: its name.
        assignment_title: for people.
        question: what to ask and what to listen for.
        criterion: that it is about; ``None`` for a question about the model.
        topic: of a question about the model, else empty.
        why: the criterion matters at work; empty for a question about the model.
        earned: points of the criterion.
        points: that could be had for it.
        tests: of the criterion.
        losses: those of them that were lost.
        nothing: why the assignment earned nothing, where that is the reason to ask; else empty.
    """

    kind: Kind
    assignment: str
    assignment_title: str
    question: FollowUp | Deeper | ModelQuestion
    criterion: Criterion | None = None
    topic: str = ""
    why: str = ""
    earned: float = 0.0
    points: float = 0.0
    tests: int = 0
    losses: tuple[KeptLoss, ...] = ()
    nothing: str = ""

    @property
    def minutes(self) -> int:
        """What it takes."""
        return _MINUTES[self.kind]

    @property
    def skill(self) -> str:
        """What it is about, for variety: the criterion's skill, or the topic by the skill's name."""
        return self.criterion.skill if self.criterion else _SKILL_OF_TOPIC.get(self.topic, self.topic)


@dataclass(frozen=True)
class Plan:
    """The questions of one interview.

    Attributes:
        minutes: that it takes, opening and closing included.
        items: what to ask, in order.
        spare: what did not fit, in the order in which it would tell.
        unasked: lost criteria, by assignment and id, that the bank has no questions about.
    """

    minutes: int
    items: tuple[Item, ...]
    spare: tuple[Item, ...]
    unasked: tuple[tuple[str, str], ...]


class _Said:
    """What is planned already, counted."""

    def __init__(self, items: Sequence[Item]) -> None:
        self.assignments = Counter(item.assignment for item in items)
        self.skills = Counter(item.skill for item in items)
        self.kinds = Counter(item.kind for item in items)
        self.topics = {item.topic for item in items if item.topic}


@dataclass(frozen=True)
class _Candidate:
    """A question that could come next, and what it counts by itself."""

    item: Item
    worth: float

    def rank(self, said: _Said) -> tuple[int, bool, float]:
        """What decides who comes next, the smallest first."""
        item = self.item
        worth = self.worth * _SAME_ASSIGNMENT ** said.assignments[item.assignment]
        if item.kind is Kind.LOST:
            return _FIRST, False, -worth
        turn = _THEN
        if item.nothing:
            turn = _LAST if said.assignments[item.assignment] else _FIRST
        worth *= _SAME_SKILL ** said.skills[item.skill] * _SAME_KIND ** said.kinds[item.kind]
        return turn, item.topic in said.topics, -worth


def plan(report: KeptReport, packs: Mapping[str, InterviewPack], minutes: int) -> Plan:
    """Return the questions for an interview about a submission, by the rules above.

    Args:
        report: what was scored. Criteria that the packs do not know are left out.
        packs: questions by assignment.
        minutes: for all of it; from ``SHORTEST_MINUTES``.
    """
    left = minutes - OPENING_MINUTES - CLOSING_MINUTES
    candidates = list(_candidates(report, packs))
    opener = _opener(candidates, left)
    items = _taken(candidates, opener, left - sum(item.minutes for item in opener))
    spare = _taken(candidates, [*opener, *items], inf)
    told = list(_reasons_told_once([*opener, *_seconds_after_firsts(items), *spare]))
    asked = len(told) - len(spare)
    return Plan(
        minutes=minutes,
        items=tuple(told[:asked]),
        spare=tuple(told[asked:]),
        unasked=tuple(_unasked(report, packs)),
    )


def _opener(candidates: list[_Candidate], minutes: int) -> list[Item]:
    """Take out what was won and counts most, if there is time for another question after it."""
    won = [candidate for candidate in candidates if candidate.item.kind is Kind.WON]
    if not won or minutes < WON_MINUTES + LOST_MINUTES:
        return []
    best = max(won, key=lambda candidate: candidate.worth)
    candidates.remove(best)
    return [best.item]


def _taken(candidates: list[_Candidate], before: Sequence[Item], minutes: float) -> list[Item]:
    """Take out what comes next, again and again, for so many minutes."""
    taken: list[Item] = []
    while fitting := [candidate for candidate in candidates if candidate.item.minutes <= minutes]:
        said = _Said([*before, *taken])
        best = min(fitting, key=lambda candidate: candidate.rank(said))
        candidates.remove(best)
        taken.append(best.item)
        minutes -= best.item.minutes
    return taken


def _seconds_after_firsts(items: Sequence[Item]) -> Iterator[Item]:
    seconds = {(i.assignment, i.criterion): i for i in items if i.kind is Kind.AGAIN}
    for item in items:
        if item.kind is not Kind.AGAIN:
            yield item
        if item.kind is Kind.LOST and (item.assignment, item.criterion) in seconds:
            yield seconds[item.assignment, item.criterion]


def _reasons_told_once(items: Sequence[Item]) -> Iterator[Item]:
    """The items, with why an assignment earned nothing at the first of its questions only."""
    told: set[str] = set()
    for item in items:
        yield replace(item, nothing="") if item.assignment in told else item
        told.add(item.assignment)


def _candidates(report: KeptReport, packs: Mapping[str, InterviewPack]) -> Iterator[_Candidate]:
    weight = sum(assignment.weight for assignment in report.assignments.values())
    for name, assignment in report.assignments.items():
        if name not in packs:
            continue
        share, pack = assignment.weight / weight, packs[name]
        nothing = _nothing(report, name) if pack.questions else ""
        if not nothing:
            yield from _about_criteria(report, pack, share)
        for question in pack.questions:
            item = Item(Kind.MODEL, name, pack.assignment.title, question, topic=question.topic, nothing=nothing)
            yield _Candidate(item, share * _MODEL_POINTS)


def _nothing(report: KeptReport, name: str) -> str:
    """Why an assignment earned nothing: its problem, or what its first lost test told; empty if it earned."""
    of_it = [criterion for (assignment, _), criterion in report.criteria.items() if assignment == name]
    if any(criterion.earned > ROUNDING for criterion in of_it):
        return ""
    messages = (loss.message for criterion in of_it for loss in criterion.losses if loss.message)
    return report.assignments[name].problem or next(messages, "") or "no test passed"


def _about_criteria(report: KeptReport, pack: InterviewPack, share: float) -> Iterator[_Candidate]:
    rubric = {criterion.id: criterion for criterion in pack.assignment.criteria}
    for id_, questions in pack.criteria.items():
        found = report.criteria.get((pack.assignment.name, id_))
        if found is not None:
            yield from _about(pack, rubric[id_], questions, found, share)


def _about(
    pack: InterviewPack, criterion: Criterion, questions: CriterionQuestions, found: KeptCriterion, share: float
) -> Iterator[_Candidate]:
    def item(kind: Kind, question: FollowUp | Deeper) -> Item:
        return Item(
            *(kind, pack.assignment.name, pack.assignment.title, question, criterion, "", questions.why),
            *(found.earned, found.points, len(found.outcomes), found.losses),
        )

    if not _is_lost(found):
        yield _Candidate(item(Kind.WON, questions.won), share * found.points * _DEEPER)
        return
    lost = share * (found.points - found.earned) * (_PARTLY if found.earned > ROUNDING else 1)
    first, second = questions.lost
    yield _Candidate(item(Kind.LOST, first), lost)
    yield _Candidate(item(Kind.AGAIN, second), lost * _SECOND)


def _is_lost(criterion: KeptCriterion) -> bool:
    return criterion.points - criterion.earned > ROUNDING


def _unasked(report: KeptReport, packs: Mapping[str, InterviewPack]) -> Iterator[tuple[str, str]]:
    earning = {name for (name, _), criterion in report.criteria.items() if criterion.earned > ROUNDING}
    for (name, id_), criterion in report.criteria.items():
        known = packs[name].criteria if name in packs else {}
        if _is_lost(criterion) and id_ not in known and name in earning:
            yield name, id_
