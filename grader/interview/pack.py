"""The questions that a bank has for an interview, read from ``solutions/<name>/interview.toml`` and checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from grader.bank import Bank, field_of, read_toml
from grader.errors import BankError
from grader.models import Assessment, Assignment

TOPICS = (
    "assumptions",
    "over-fitting",
    "convergence",
    "randomness",
    "data types",
    "missing data",
    "interpretability",
    "alternatives",
    "updating",
    "speed",
    "tuning",
)
_KEYS = ("criteria", "questions")
_LOST_QUESTIONS = 2
_FORM = (
    "each [[criteria]] has id, why, two [[criteria.lost]] with ask, slip, gap and one [criteria.won] with ask, good,"
    " weak; each [[questions]] has topic, ask, good, weak"
)


@dataclass(frozen=True)
class FollowUp:
    """A question about a criterion that was lost, whose answer tells a slip from a gap.

    Attributes:
        ask: the question, as it is spoken.
        slip: what is heard from somebody who knows it and overlooked something.
        gap: what is heard from somebody who does not know it.
    """

    ask: str
    slip: str
    gap: str


@dataclass(frozen=True)
class Deeper:
    """A question that goes on from what was right.

    Attributes:
        ask: the question, as it is spoken.
        good: what a strong answer has in it.
        weak: what a weak answer sounds like.
    """

    ask: str
    good: str
    weak: str


@dataclass(frozen=True)
class CriterionQuestions:
    """What to ask about one criterion.

    Attributes:
        id: of the criterion.
        why: it matters at work.
        lost: to ask where it was lost.
        won: to ask where it was won.
    """

    id: str
    why: str
    lost: tuple[FollowUp, FollowUp]
    won: Deeper


@dataclass(frozen=True)
class ModelQuestion:
    """A question about the model as such, whatever the submission does.

    Attributes:
        topic: one of ``TOPICS``.
        ask: the question, as it is spoken.
        good: what a strong answer has in it.
        weak: what a weak answer sounds like.
    """

    topic: str
    ask: str
    good: str
    weak: str


@dataclass(frozen=True)
class InterviewPack:
    """What a bank has to ask about one assignment.

    Attributes:
        assignment: that it is about.
        criteria: questions by criterion, in the rubric's order; a criterion may have none.
        questions: about the model, in the file's order.
    """

    assignment: Assignment
    criteria: Mapping[str, CriterionQuestions]
    questions: tuple[ModelQuestion, ...]

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to ask."""
        return not self.criteria and not self.questions


def packs(bank: Bank, assessment: Assessment) -> dict[str, InterviewPack]:
    """Return the questions for each assignment that a bank has some for, by its name.

    Raises:
        BankError: a file with questions is wrong; the message names it and the cure.
    """
    found = {}
    for assignment in assessment.assignments:
        path = bank.interview(assignment.name)
        pack = read_pack(path, assignment) if path is not None else None
        if pack is not None and not pack.is_empty:
            found[assignment.name] = pack
    return found


def read_pack(path: Path, assignment: Assignment) -> InterviewPack:
    """Return the questions of one file. It need not have any for every criterion.

    Raises:
        BankError: the file is missing or wrong; the message names it, what was found, and the cure.
    """
    table = read_toml(path)
    for key in sorted(table.keys() - set(_KEYS)):
        raise BankError(f"{path}: should hold [[criteria]] and [[questions]] only, but has {key!r}", cure=_FORM)
    read: dict[str, CriterionQuestions] = {}
    for number, entry in enumerate(_entries(table, "criteria", str(path)), start=1):
        questions = _criterion(entry, f"{path}: [[criteria]] {number}")
        _check_id(questions.id, read, assignment, path)
        read[questions.id] = questions
    return InterviewPack(
        assignment=assignment,
        criteria={c.id: read[c.id] for c in assignment.criteria if c.id in read},
        questions=tuple(
            _model_question(entry, f"{path}: [[questions]] {number}")
            for number, entry in enumerate(_entries(table, "questions", str(path)), start=1)
        ),
    )


def _check_id(name: str, read: Mapping[str, CriterionQuestions], assignment: Assignment, path: Path) -> None:
    known = [criterion.id for criterion in assignment.criteria]
    if name not in known:
        near = get_close_matches(name, known, n=1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        raise BankError(
            f"{path}: {assignment.name} has no criterion {name!r}: {hint}there are {', '.join(known)}",
            cure="name a criterion of assignment.toml, or remove the entry",
        )
    if name in read:
        raise BankError(
            f"{path}: the criterion {name!r} should have one entry, but has two", cure="put them into one"
        )


def _criterion(entry: Any, where: str) -> CriterionQuestions:
    name = _text(entry, "id", where)
    where = f"{where} ({name})"
    lost = _entries(entry, "lost", where)
    if len(lost) != _LOST_QUESTIONS:
        raise BankError(f"{where}: should have two [[criteria.lost]], but has {len(lost)}", cure=_FORM)
    first, second = (_follow_up(item, f"{where}, lost {n}") for n, item in enumerate(lost, start=1))
    won = field_of(entry, "won", dict, where, _FORM)
    return CriterionQuestions(name, _text(entry, "why", where), (first, second), _deeper(won, f"{where}, won"))


def _follow_up(entry: Any, where: str) -> FollowUp:
    return FollowUp(_text(entry, "ask", where), _text(entry, "slip", where), _text(entry, "gap", where))


def _deeper(entry: Any, where: str) -> Deeper:
    return Deeper(_text(entry, "ask", where), _text(entry, "good", where), _text(entry, "weak", where))


def _model_question(entry: Any, where: str) -> ModelQuestion:
    topic = _text(entry, "topic", where)
    if topic not in TOPICS:
        raise BankError(
            f"{where}: the topic should be one that is known, but is {topic!r}",
            cure=f"choose one of {', '.join(TOPICS)}",
        )
    asked = _deeper(entry, f"{where} ({topic})")
    return ModelQuestion(topic, asked.ask, asked.good, asked.weak)


def _entries(table: Any, key: str, where: str) -> list[Any]:
    """The entries of a list of tables; none where it is left out."""
    if isinstance(table, Mapping) and key not in table:
        return []
    entries: list[Any] = field_of(table, key, list, where, _FORM)
    return entries


def _text(entry: Any, key: str, where: str) -> str:
    """A text that is not empty, without white space around it and at the ends of its lines."""
    text = "\n".join(line.rstrip() for line in field_of(entry, key, str, where, _FORM).strip().splitlines())
    if not text:
        raise BankError(f"{where}: {key!r} should say something, but is empty", cure=_FORM)
    return text
