"""Renders the verdict on a suite. Pure functions from a ``Validation`` to text."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from grader.report.console import new_console, text_of
from grader.report.text import number, one_line, printable
from grader.validation.judging import Standing, Validation

SCHEMA_VERSION = 1
_SHOWN_ENTRIES = 20


def as_text(validations: Sequence[Validation], *, width: int = 110, color: bool = False) -> str:
    """Return verdicts as text for a terminal.

    Args:
        validations: what to render.
        width: columns.
        color: with ANSI colours; nothing is told by colour alone.
    """
    console = new_console(width, color)
    for validation in validations:
        _validation(console, validation)
    _ending(console, validations)
    return text_of(console)


def as_json(validations: Sequence[Validation]) -> str:
    """Return verdicts as JSON text, ASCII only."""
    data = {
        "schema_version": SCHEMA_VERSION,
        "holds": all(validation.holds for validation in validations),
        "assignments": [_data(validation) for validation in validations],
    }
    return json.dumps(data, indent=2, allow_nan=False) + "\n"


def _validation(console: Console, validation: Validation) -> None:
    assignment = validation.assignment
    verdict = Text(f"{assignment.name}: {assignment.title}  ", style="bold")
    verdict.append("HOLDS" if validation.holds else "DOES NOT HOLD", "bold green" if validation.holds else "bold red")
    console.print(verdict)
    console.print(Padding(_counts(validation), (0, 0, 1, 2)))
    console.print(Padding(_criteria(validation), (0, 0, 1, 2)))
    console.print(Padding(_matrix(validation), (0, 0, 1, 2)))
    _paragraph(console, "Mutants that survived", [_mutant(s.id, s.note) for s in validation.survivors])
    _paragraph(console, "Tests that no wrong solution needs", list(validation.idle_tests))
    _paragraph(console, "Results that differ from seed to seed", _flaky(validation))


def _ending(console: Console, validations: Sequence[Validation]) -> None:
    """All that is wrong, and the verdict: together at the end, since logs are often cut to their last lines."""
    problems = [f"{v.assignment.name}: {problem}" for v in validations for problem in v.problems]
    if problems:
        console.print(Text(f"What is wrong ({len(problems)})", "bold red"))
    for problem in problems:
        console.print(Padding(Text(printable(problem)), (0, 0, 0, 2)))
    console.print(Text("THE GATE DOES NOT HOLD" if problems else "All suites hold", "bold"))


def _counts(validation: Validation) -> Table:
    table = Table(box=None, show_header=False, padding=(0, 1), pad_edge=False)
    right, mistakes = validation.right, validation.mistakes
    table.add_row("hidden tests", str(len(validation.tests)))
    table.add_row(
        "right solutions", f"{_well(right)} of {len(right)} score 100{_allowed(right)}, {_seeds(validation)}"
    )
    table.add_row("trivial solutions", f"{_well(validation.trivial)} of {len(validation.trivial)} score 0")
    table.add_row("mistakes", f"{_well(mistakes)} of {len(mistakes)} lose what they declare, and nothing else")
    if validation.kill_rate is not None:
        total, alive = len(validation.mutants), len(validation.survivors)
        listed = f"; {len(validation.equivalent)} more are listed as equivalent" if validation.equivalent else ""
        table.add_row("mutants", f"{total - alive} of {total} killed ({validation.kill_rate:.1%}){listed}")
    return table


def _allowed(right: Sequence[Standing]) -> str:
    """Who of the right solutions lost something that it may lose."""
    lost = [f"{s.specimen.id}: {', '.join(s.lost)}" for s in right if s.lost and not s.problem]
    return f" or lose what they may ({'; '.join(lost)})" if lost else ""


def _seeds(validation: Validation) -> str:
    count = len(validation.seeds)
    return f"with {count} seed{'s' if count > 1 else ''}"


def _criteria(validation: Validation) -> Table:
    """How much each criterion is exercised; its number is its column in the matrix."""
    table = Table(box=None, padding=(0, 1), pad_edge=False, header_style="dim")
    for title in ("", "criterion", "points", "tests", "mistakes", "mutants"):
        table.add_column(title, justify="left" if title == "criterion" else "right")
    for place, criterion in enumerate(validation.assignment.criteria, 1):
        table.add_row(
            str(place),
            criterion.id,
            number(criterion.points),
            str(sum(owner == criterion.id for owner in validation.tests.values())),
            str(sum(criterion.id in standing.lost for standing in validation.mistakes)),
            str(sum(criterion.id in standing.lost for standing in validation.mutants)),
        )
    return table


def _matrix(validation: Validation) -> Table:
    """Mistakes by criteria: x is lost and declared, ! is lost against the declaration, - is kept against it."""
    table = Table(box=None, padding=(0, 0), pad_edge=False, header_style="dim")
    table.add_column("mistake", overflow="ellipsis", no_wrap=True)
    criteria = validation.assignment.criteria
    for place in range(1, len(criteria) + 1):
        table.add_column(f"{place:>3}", justify="right", width=3)
    for standing in validation.mistakes:
        table.add_row(standing.specimen.id, *(_mark(standing, criterion.id) for criterion in criteria))
    return table


def _mark(standing: Standing, criterion: str) -> str:
    declared = criterion in standing.specimen.loses
    if criterion in standing.lost:
        return "x" if declared else "!"
    return "-" if declared else "·"


def _flaky(validation: Validation) -> list[str]:
    standings = [*validation.right, *validation.mistakes]
    return [f"{standing.specimen}: {name}" for standing in standings for name in standing.flaky]


def _mutant(name: str, diff: str) -> str:
    changed = [line for line in diff.splitlines() if line[:1] in "+-" and not line.startswith(("+++", "---"))]
    return "\n".join([name, *(f"{line[0]} {line[1:].strip()}" for line in changed)])


def _paragraph(console: Console, title: str, entries: Sequence[str]) -> None:
    if not entries:
        return
    console.print(Text(f"{title} ({len(entries)})", style="bold"))
    for entry in entries[:_SHOWN_ENTRIES]:
        console.print(Padding(Text(printable(entry)), (0, 0, 0, 2)))
    if (more := len(entries) - _SHOWN_ENTRIES) > 0:
        console.print(Padding(Text(f"… {more} more; --format json has them all"), (0, 0, 0, 2)))
    console.print()


def _well(standings: Sequence[Standing]) -> int:
    return sum(not standing.problem for standing in standings)


def _data(validation: Validation) -> dict[str, Any]:
    rate = validation.kill_rate
    return {
        "name": validation.assignment.name,
        "version": validation.assignment.version,
        "holds": validation.holds,
        "problems": list(validation.problems),
        "seeds": list(validation.seeds),
        "tests": dict(validation.tests),
        "right": [_standing(standing) for standing in validation.right],
        "trivial": [_standing(standing) for standing in validation.trivial],
        "mistakes": [_standing(standing) for standing in validation.mistakes],
        "mutants": [_standing(standing) for standing in validation.mutants],
        "equivalent_mutants": [_standing(standing) for standing in validation.equivalent],
        "kill_rate": None if rate is None else round(rate, 4),
        "survivors": [specimen.id for specimen in validation.survivors],
        "idle_tests": list(validation.idle_tests),
        "unexercised_criteria": list(validation.unexercised),
    }


def _standing(standing: Standing) -> dict[str, Any]:
    return {
        "id": standing.specimen.id,
        "kind": standing.specimen.kind.value,
        "note": standing.specimen.note,
        "declares": sorted(standing.specimen.loses),
        "runs": standing.runs,
        "lost": {criterion: list(seeds) for criterion, seeds in standing.lost.items()},
        "failing": {name: one_line(message) for name, message in standing.failing.items()},
        "flaky": list(standing.flaky),
        "problem": standing.problem,
    }
