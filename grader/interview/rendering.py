"""The plan of an interview as text, as Markdown and as JSON. What a report quotes of a stranger is never obeyed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import accumulate
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from grader.interview.pack import Deeper, FollowUp, ModelQuestion
from grader.interview.planning import CLOSING_MINUTES, OPENING_MINUTES, Item, Kind, Plan
from grader.report.console import new_console, text_of
from grader.report.markdown import code
from grader.report.reading import KeptLoss, KeptReport
from grader.report.text import number, one_line, printable

SCHEMA_VERSION = 1
_STAFF_ONLY = "Staff only, never for candidates: it tells what hidden tests found, and what good answers hold."
_SHOWN_SPARE = 4
_SHOWN_UNASKED = 10
_LABEL_WIDTH = 9
_QUOTED_CHARACTERS = 240
_SPARE = "If there is time"
_MARKUP = re.compile(r"([\\`*_{}\[\]<>|#])")
_AT_LINE_START = re.compile(r"^(\d*)([-+=~]|[.)](?=\s|$))", re.MULTILINE)


@dataclass(frozen=True)
class _Line:
    """A labelled line of a question.

    Attributes:
        label: in front of it.
        text: of the bank's author, or a stranger's.
        is_quoted: whether a stranger may have written it.
    """

    label: str
    text: str
    is_quoted: bool = False


def as_text(report: KeptReport, plan: Plan, *, width: int = 100, color: bool = False) -> str:
    """Return the plan as text for a terminal.

    Args:
        report: that the plan is made for.
        plan: what to ask.
        width: columns.
        color: with ANSI colours; nothing is told by colour alone.
    """
    console = new_console(width, color)
    verdict = "PASSED" if report.passed else "NOT PASSED"
    console.print(Text(f"Interview: {one_line(report.name, 60)}", style="bold"))
    head = Text(f"Score {number(report.score)} of 100  ", style="bold")
    console.print(head.append(verdict, style="bold green" if report.passed else "bold red"))
    console.print(Text(_STAFF_ONLY))
    console.print(Text(_agenda(plan)))
    for place, (item, start) in enumerate(zip(plan.items, _starts(plan), strict=True), start=1):
        console.print()
        console.print(_heading(f"{place}. {_title(item)}", f"minutes {start} to {start + item.minutes}"))
        _question(console, item)
    if plan.spare:
        console.print()
        console.print(Text(_SPARE, style="bold underline"))
    for item in plan.spare[:_SHOWN_SPARE]:
        console.print()
        console.print(_heading(_title(item), f"{item.minutes} minutes"))
        _question(console, item)
    for note in _notes(plan):
        console.print()
        console.print(Text(note))
    return text_of(console)


def as_markdown(report: KeptReport, plan: Plan) -> str:
    """Return the plan as GitHub's kind of Markdown."""
    verdict = "passed" if report.passed else "not passed"
    lines = [f"# Interview: {code(report.name)}", "", f"**Score {number(report.score)} of 100, {verdict}.**", ""]
    lines += [f"**{_STAFF_ONLY}**", "", _agenda(plan)]
    for place, (item, start) in enumerate(zip(plan.items, _starts(plan), strict=True), start=1):
        lines += ["", f"## {place}. {_prose(_title(item))} (minutes {start} to {start + item.minutes})"]
        lines += _markdown(item)
    if plan.spare:
        lines += ["", f"## {_SPARE}"]
    for item in plan.spare[:_SHOWN_SPARE]:
        lines += ["", f"### {_prose(_title(item))} ({item.minutes} minutes)", *_markdown(item)]
    for note in _notes(plan):
        lines += ["", _prose(note)]
    return "\n".join(lines) + "\n"


def as_json(report: KeptReport, plan: Plan) -> str:
    """Return the plan as JSON text, ASCII only, with all that did not fit."""
    data: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "submission": report.name,
        "score": report.score,
        "passed": report.passed,
        "minutes": plan.minutes,
        "opening_minutes": OPENING_MINUTES,
        "closing_minutes": CLOSING_MINUTES,
        "questions": [
            {"starts_minute": start, **_data(item)} for item, start in zip(plan.items, _starts(plan), strict=True)
        ],
        "spare": [_data(item) for item in plan.spare],
        "unasked": [{"assignment": name, "criterion": id_} for name, id_ in plan.unasked],
    }
    return json.dumps(data, indent=2, allow_nan=False) + "\n"


def _agenda(plan: Plan) -> str:
    asking, count = sum(item.minutes for item in plan.items), len(plan.items)
    questions = "1 question" if count == 1 else f"{count} questions"
    return (
        f"{plan.minutes} minutes: {OPENING_MINUTES} to open, {asking} for {questions},"
        f" {CLOSING_MINUTES} to close with theirs."
    )


def _starts(plan: Plan) -> Sequence[int]:
    """The minute in which each question begins."""
    return list(accumulate((item.minutes for item in plan.items), initial=OPENING_MINUTES))[:-1]


def _title(item: Item) -> str:
    if item.criterion is None:
        return one_line(f"{item.assignment_title}, the model: {item.topic}")
    again = ", once more" if item.kind is Kind.AGAIN else ""
    return one_line(f"{item.assignment_title}: {item.criterion.title}{again}")


def _lines(item: Item) -> Iterator[_Line]:
    """All that stands below a question's heading, but for the question and the answers."""
    if item.kind is Kind.WON:
        yield _Line("won", f"{number(item.earned)} of {number(item.points)} points; this goes deeper")
    elif item.kind is Kind.LOST:
        lost = f"{number(item.points - item.earned)} of {number(item.points)} points"
        yield _Line("lost", f"{lost}, in {len(item.losses)} of {item.tests} tests")
        yield from _evidence(item.losses)
    elif item.kind is Kind.AGAIN:
        yield _Line("if", "the first answer leaves open whether it was a slip or a gap")
    elif item.nothing:
        yield _Line("lost", "all of it: nothing of the assignment earned points, so this asks about the model")
        yield _Line("because", item.nothing, is_quoted=True)
    if item.why and item.kind is not Kind.AGAIN:
        yield _Line("at work", item.why)


def _evidence(losses: Sequence[KeptLoss]) -> Iterator[_Line]:
    """One lost test: the first that leads to a line of theirs, else the first."""
    for loss in sorted(losses, key=lambda loss: not loss.place)[:1]:
        yield _Line("expected", loss.requirement, is_quoted=True)
        yield _Line("came back", loss.message, is_quoted=True)
        if loss.place:
            yield _Line("at", f"{loss.place}: {loss.source}", is_quoted=True)


def _answers(question: FollowUp | Deeper | ModelQuestion) -> tuple[_Line, _Line]:
    """What to listen for."""
    if isinstance(question, FollowUp):
        return _Line("slip", question.slip), _Line("gap", question.gap)
    return _Line("strong", question.good), _Line("weak", question.weak)


def _notes(plan: Plan) -> Iterator[str]:
    """What is said last: how much is not shown."""
    more = len(plan.spare) - _SHOWN_SPARE
    if more > 0:
        yield f"{more} more are left: --format json lists them all."
    if plan.unasked:
        named = ", ".join(one_line(f"{name}.{id_}", 60) for name, id_ in plan.unasked[:_SHOWN_UNASKED])
        rest = len(plan.unasked) - _SHOWN_UNASKED
        yield f"Lost, but the bank has no question about it: {named}{f' and {rest} more' if rest > 0 else ''}."


def _heading(title: str, minutes: str) -> Text:
    return Text(title, style="bold").append(f"  {minutes}", style="not bold dim")


def _question(console: Console, item: Item) -> None:
    table = Table(box=None, show_header=False, padding=(0, 1), pad_edge=False)
    table.add_column(width=_LABEL_WIDTH, style="dim")
    table.add_column(ratio=1, overflow="fold")
    for line in _lines(item):
        text = one_line(line.text, _QUOTED_CHARACTERS) if line.is_quoted else printable(line.text)
        table.add_row(Text(line.label), Text(text))
    table.add_row(Text("ask"), Text(printable(item.question.ask), style="bold"))
    for line in _answers(item.question):
        table.add_row(Text(line.label), Text(printable(line.text)))
    console.print(Padding(table, (0, 0, 0, 3)))


def _markdown(item: Item) -> Iterator[str]:
    yield ""
    for line in _lines(item):
        text = code(line.text, _QUOTED_CHARACTERS) if line.is_quoted else _prose(line.text)
        yield f"- {line.label}: {text}"
    yield from ("", *(f"> {line}" for line in _prose(item.question.ask).split("\n")), "")
    for line in _answers(item.question):
        yield f"- **{line.label}**: {_prose(line.text)}"


def _prose(text: str) -> str:
    """An author's text: code in backticks stays code, line breaks stay, all else is shown as it is."""
    parts = re.split(r"`([^`\n]+)`", printable(text))
    shown = (code(part, len(part)) if n % 2 else _MARKUP.sub(r"\\\1", part) for n, part in enumerate(parts))
    return _AT_LINE_START.sub(r"\1\\\2", "".join(shown)).replace("\n", "\\\n")


def _data(item: Item) -> dict[str, Any]:
    return {
        "kind": item.kind.value,
        "minutes": item.minutes,
        "assignment": item.assignment,
        "criterion": item.criterion.id if item.criterion is not None else None,
        "topic": item.topic or None,
        "skill": item.criterion.skill if item.criterion is not None else None,
        "earned": item.earned if item.criterion is not None else None,
        "points": item.points if item.criterion is not None else None,
        "nothing_earned": item.nothing,
        "losses": [asdict(loss) for loss in item.losses],
        "why": item.why,
        "ask": item.question.ask,
        "listen_for": {line.label: line.text for line in _answers(item.question)},
    }
