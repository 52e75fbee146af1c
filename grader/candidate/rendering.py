"""Says where a candidate stands. Pure functions from a ``Check`` to text."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from grader.candidate.checking import Check, Checked, is_to_do
from grader.models import Assignment, Criterion, Outcome, TestResult
from grader.report.console import new_console, text_of
from grader.report.text import first_lines, number, one_line

SCHEMA_VERSION = 1
_MESSAGE_LINES = 6
_OUTPUT_LINES = 8
_SHOWN_CALLS = 4
_STYLES = {"passes": "green", "to do": "dim", "fails": "red", "untested": "dim"}


def as_text(check: Check, *, width: int = 80, color: bool = False) -> str:
    """Return a check as text for a terminal.

    Args:
        check: what to render.
        width: columns.
        color: with ANSI colours; nothing is told by colour alone.
    """
    console = new_console(width, color)
    for checked in check.assignments:
        _assignment(console, checked)
    for problem in check.problems:
        console.print(Text(f"Problem: {one_line(problem)}", style="red"))
    for note in check.notes:
        console.print(Text(f"Note: {one_line(note)}"))
    if check.unlimited:
        console.print(Text(f"Note: {check.unlimited}"))
    for line in filter(None, (answering.as_text() for answering in check.answers)):
        console.print(Text(f"Written questions, {one_line(line)}"))
    _summary(console, check)
    return text_of(console)


def as_json(check: Check) -> str:
    """Return a check as JSON text, ASCII only."""
    data = {
        "schema_version": SCHEMA_VERSION,
        "assessment": check.title,
        "version": check.version,
        "passes": check.passes,
        "assignments": [_data(checked) for checked in check.assignments],
        "problems": list(check.problems),
        "notes": list(check.notes),
        "questions": [
            {"assignment": each.assignment, "answered": each.answered, "asked": each.asked, "path": each.path}
            for each in check.answers
        ],
        "unlimited": check.unlimited,
        "seconds": round(check.seconds, 3),
    }
    return json.dumps(data, indent=2, allow_nan=False) + "\n"


def state_of(results: Sequence[TestResult]) -> str:
    """Return one word on a criterion's public tests: passes, fails, to do or untested."""
    if not results:
        return "untested"
    lost = [result for result in results if result.outcome is not Outcome.PASSED]
    if not lost:
        return "passes"
    return "to do" if all(map(is_to_do, lost)) else "fails"


def _summary(console: Console, check: Check) -> None:
    tests = sum(len(checked.results) for checked in check.assignments)
    passed = sum(checked.passed for checked in check.assignments)
    line = Text(f"{passed} of {tests} public tests pass.", style="bold")
    line.append(" They are a sample: hidden tests cover the whole of each brief and decide the points.", "not bold")
    console.print(line)


def _assignment(console: Console, checked: Checked) -> None:
    assignment = checked.assignment
    reached = sum(c.points for c in assignment.criteria if state_of(_of(checked, c)) == "passes")
    title = Text(f"{assignment.title}, {', '.join(checked.paths) or assignment.name}: ", style="bold")
    title.append(f"public tests pass for {number(reached)} of 100 points", style="not bold")
    console.print(title)
    if checked.problem:
        console.print(Padding(Text(one_line(checked.problem), style="red"), (0, 0, 0, 2)))
    console.print(Padding(_criteria(checked), (0, 0, 0, 2)))
    for criterion in assignment.criteria:
        for result in _of(checked, criterion):
            if result.outcome is not Outcome.PASSED and not is_to_do(result):
                _failure(console, assignment, criterion, result)
    _facts(console, checked)
    console.print()


def _criteria(checked: Checked) -> Table:
    table = Table(box=None, padding=(0, 1), pad_edge=False, header_style="dim")
    for title, right in (("public", False), ("criterion", False), ("points", True), ("skill", False)):
        table.add_column(title, justify="right" if right else "left")
    for criterion in checked.assignment.criteria:
        state = state_of(_of(checked, criterion))
        points = number(criterion.points)
        table.add_row(Text(state, style=_STYLES[state]), criterion.title, points, Text(criterion.skill, style="dim"))
    return table


def _failure(console: Console, assignment: Assignment, criterion: Criterion, result: TestResult) -> None:
    facts = Table(box=None, show_header=False, padding=(0, 1), pad_edge=False)
    facts.add_column(width=9, style="dim")
    facts.add_column(ratio=1, overflow="fold")
    facts.add_row("test", Text(f"{assignment.name}/{result.id}", style="bold"))
    if result.calls:
        facts.add_row("called", Text("\n".join(one_line(call) for call in result.calls[-_SHOWN_CALLS:])))
    facts.add_row("came back", Text(first_lines(result.message, _MESSAGE_LINES), style="red"))
    if result.frames:
        frame = result.frames[-1]
        place = f"{frame.file}, line {frame.line}" if ", cell " in frame.file else f"{frame.file}:{frame.line}"
        facts.add_row("at", Text(one_line(f"{place} in {frame.function}: {frame.source}")))
    facts.add_row("the test", Text(one_line(result.requirement, 500)))
    facts.add_row("brief", Text(one_line(criterion.expects, 500)))
    if result.output.strip():
        facts.add_row("printed", Text(first_lines(result.output, _OUTPUT_LINES)))
    console.print(Padding(Text(f"{criterion.title}, {number(criterion.points)} points", style="bold"), (1, 0, 0, 2)))
    console.print(Padding(facts, (0, 0, 0, 4)))


def _facts(console: Console, checked: Checked) -> None:
    """Speed and memory of the candidate's own code, without a verdict."""
    done = [result for result in checked.results if not is_to_do(result)]
    if not done:
        return
    slowest = max(done, key=lambda result: result.cpu_seconds)
    total = sum(result.cpu_seconds for result in done)
    line = f"CPU time {total:.2f} s, of which {slowest.id.partition('::')[2]} {slowest.cpu_seconds:.2f} s"
    if most := max(result.memory_bytes for result in done):
        line += f"; at most {most / 2**20:.0f} MB of memory, Python and numpy included"
    console.print(Padding(Text(line, style="dim"), (1, 0, 0, 2)))


def _of(checked: Checked, criterion: Criterion) -> list[TestResult]:
    return [result for result in checked.results if result.criterion == criterion.id]


def _data(checked: Checked) -> dict[str, Any]:
    return {
        "name": checked.assignment.name,
        "title": checked.assignment.title,
        "paths": list(checked.paths),
        "problem": checked.problem,
        "criteria": [
            {
                "id": criterion.id,
                "title": criterion.title,
                "skill": criterion.skill,
                "points": criterion.points,
                "expects": criterion.expects,
                "state": state_of(_of(checked, criterion)),
                "public_tests": [_test(result) for result in _of(checked, criterion)],
            }
            for criterion in checked.assignment.criteria
        ],
    }


def _test(result: TestResult) -> dict[str, Any]:
    return {
        "id": result.id,
        "outcome": result.outcome.value,
        "requirement": result.requirement,
        "calls": list(result.calls),
        "message": result.message,
        "frames": [asdict(frame) for frame in result.frames],
        "output": result.output,
        "cpu_seconds": round(result.cpu_seconds, 4),
        "memory_bytes": result.memory_bytes,
    }
