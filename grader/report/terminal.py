"""The terminal report: verdict first, then what was lost and why, then what to look at twice."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from grader.models import AssignmentScore, CriterionScore, Finding, Outcome, Report, TestResult
from grader.report.console import new_console, text_of
from grader.report.spread import told as spread_told
from grader.report.text import OUTCOME_WORDS, first_lines, number, one_line
from grader.report.written import rows as written_rows
from grader.report.written import told as written_told

_MESSAGE_LINES = 6
_OUTPUT_LINES = 4
_SHOWN_FINDINGS = 20


def render(report: Report, *, width: int = 100, color: bool = False) -> str:
    """Return the report as text for a terminal.

    Args:
        report: what to render.
        width: columns.
        color: with ANSI colours; nothing is told by colour alone.
    """
    console = new_console(width, color)
    _head(console, report)
    for entry in report.score.assignments:
        _assignment(console, entry)
    _skills(console, report)
    _written(console, report)
    _findings(console, report.findings)
    _provenance(console, report)
    return text_of(console)


def _head(console: Console, report: Report) -> None:
    score = report.score
    verdict = "PASSED" if score.passed else "NOT PASSED"
    line = Text(f"{report.assessment}: {one_line(report.submission.name, 60)}\n", style="bold")
    line.append(f"Score {number(score.total)} of 100", style="bold")
    line.append(f"  {verdict}", style="bold green" if score.passed else "bold red")
    line.append(f"  (pass mark {number(score.pass_mark)})", style="dim")
    console.print(line)
    for told in (*written_told(report), *spread_told(report)):
        console.print(Text(one_line(told)))


def _assignment(console: Console, entry: AssignmentScore) -> None:
    console.print()
    title = Text(entry.assignment.title, style="bold")
    title.append(f"  {number(entry.score)} of 100  (weight {number(entry.weight)})")
    console.print(title)
    if entry.problem:
        console.print(Padding(Text(one_line(entry.problem), style="red"), (0, 0, 0, 2)))
    table = Table(box=None, show_header=False, padding=(0, 1), pad_edge=False)
    table.add_column(width=7)
    table.add_column(ratio=1)
    table.add_column(justify="right")
    table.add_column()
    for criterion in entry.criteria:
        table.add_row(*_row(criterion))
    console.print(Padding(table, (0, 0, 0, 2)))
    if not entry.problem:
        for criterion in entry.criteria:
            _losses(console, criterion)


def _row(entry: CriterionScore) -> tuple[Text, Text, Text, Text]:
    passed = sum(result.outcome is Outcome.PASSED for result in entry.results)
    word, style = "partly", "yellow"
    if passed in (0, len(entry.results)):
        word, style = ("full", "green") if passed else ("none", "red")
    return (
        Text(word, style=style),
        Text(entry.criterion.title),
        Text(f"{number(entry.earned)} / {number(entry.criterion.points)}"),
        Text(entry.criterion.skill, style="dim"),
    )


def _losses(console: Console, entry: CriterionScore) -> None:
    lost = [result for result in entry.results if result.outcome is not Outcome.PASSED]
    if not lost:
        return
    missing = number(entry.criterion.points - entry.earned)
    console.print()
    console.print(Padding(Text(f"{entry.criterion.title}: {missing} points lost", style="bold"), (0, 0, 0, 2)))
    facts = Table(box=None, show_header=False, padding=(0, 1), pad_edge=False)
    facts.add_column(width=9)
    facts.add_column(ratio=1, overflow="fold")
    for result in lost:
        for label, fact in _facts(result):
            facts.add_row(Text(label, style="dim"), fact)
    console.print(Padding(facts, (0, 0, 0, 4)))


def _facts(result: TestResult) -> Iterator[tuple[str, Text]]:
    """What is known of a test that was lost."""
    heading = Text(f"{result.id}  ")
    heading.append(OUTCOME_WORDS[result.outcome], style="red")
    yield "test", heading
    yield "expected", Text(one_line(result.requirement, 500))
    if result.calls:
        yield "called", Text(one_line(result.calls[-1]))
    yield "came back", Text(first_lines(result.message, _MESSAGE_LINES))
    if result.measured is not None:
        yield "measured", Text(f"{result.measured:.3g}")
    if result.frames:
        frame = result.frames[-1]
        place = f"{frame.file}:{frame.line} in {frame.function}: {frame.source}"
        yield "at", Text(one_line(place))
    if result.output.strip():
        yield "printed", Text(first_lines(result.output, _OUTPUT_LINES))


def _skills(console: Console, report: Report) -> None:
    console.print()
    console.print(Text("Skills", style="bold"))
    table = Table(box=None, show_header=False, padding=(0, 1), pad_edge=False)
    table.add_column()
    table.add_column(justify="right")
    table.add_column(justify="right")
    for skill in report.score.skills:
        share = f"{skill.earned / skill.points:.0%}"
        table.add_row(skill.skill, f"{number(skill.earned)} / {number(skill.points)}", share)
    console.print(Padding(table, (0, 0, 0, 2)))


def _written(console: Console, report: Report) -> None:
    if not report.written:
        return
    console.print()
    console.print(Text("Written answers", style="bold"))
    table = Table(box=None, show_header=False, padding=(0, 1), pad_edge=False)
    table.add_column()
    table.add_column(ratio=1)
    table.add_column(justify="right")
    for assignment, question, state in written_rows(report):
        table.add_row(Text(assignment), Text(question), Text(state))
    console.print(Padding(table, (0, 0, 0, 2)))
    for entry in report.written:
        for remark in entry.remarks:
            console.print(Padding(Text(one_line(f"{entry.assignment}: {remark}"), style="dim"), (0, 0, 0, 2)))


def _findings(console: Console, findings: tuple[Finding, ...]) -> None:
    console.print()
    if not findings:
        console.print(Text("Integrity: nothing found"))
        return
    console.print(Text(f"Integrity: {len(findings)} findings to look at; they cost no points", style="bold"))
    for finding in findings[:_SHOWN_FINDINGS]:
        place = f"{finding.module}:{finding.line}" if finding.line else finding.module
        line = one_line(f"{place}  {finding.detail}  ({finding.kind}, seen by {finding.seen_by})", 200)
        console.print(Padding(Text(line.strip()), (0, 0, 0, 2)))
    if len(findings) > _SHOWN_FINDINGS:
        console.print(Padding(Text(f"and {len(findings) - _SHOWN_FINDINGS} more in the JSON report"), (0, 0, 0, 2)))


def _provenance(console: Console, report: Report) -> None:
    told = report.provenance
    console.print()
    where = {"none": "NO SANDBOX: this run contained nothing"}.get(told.sandbox, f"{told.sandbox} ({told.engine})")
    console.print(
        Text(
            f"Seed {told.seed} · {where} · Python {told.python}, numpy {told.numpy}"
            f" · grader {told.grader_version} · bank {told.bank_sha256[:12]}"
            f" · submission {report.submission.sha256[:12]} · {told.seconds:.1f} s",
            style="dim",
        )
    )
    if told.proved:
        console.print(Text(f"Refused when tried in this sandbox: {', '.join(told.proved)}", style="dim"))
    if told.sandbox_why:
        console.print(Text(one_line(f"Why {told.sandbox}: {told.sandbox_why}", 300), style="dim"))
