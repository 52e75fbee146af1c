"""The report as Markdown, for a pull request or a chat: the verdict, the points, and what was lost.

What a stranger may have written stands in code spans only, which no reader of Markdown interprets.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from grader.models import AssignmentScore, CriterionScore, Outcome, Report, TestResult
from grader.report.spread import told as spread_told
from grader.report.text import number, one_line
from grader.report.written import rows as written_rows
from grader.report.written import told as written_told

_SHOWN_TESTS = 3
_SHOWN_FINDINGS = 10
_MESSAGE_CHARACTERS = 200


def as_markdown(report: Report) -> str:
    """Return the report as GitHub's kind of Markdown."""
    score = report.score
    verdict = "passed" if score.passed else "not passed"
    lines = [
        f"# {_plain(report.assessment)}: {code(report.submission.name)}",
        "",
        f"**Score {number(score.total)} of 100, {verdict}** (pass mark {number(score.pass_mark)})",
    ]
    if told := (*written_told(report), *spread_told(report)):
        lines += ["", *(f"- {_plain(line)}" for line in told)]
    for entry in score.assignments:
        lines += _assignment(entry)
    lines += ["", "## Skills", "", *_table(("skill", "earned", "of"), _skills(report))]
    if report.written:
        rows = (tuple(map(_plain, row)) for row in written_rows(report))
        lines += ["", "## Written answers", "", *_table(("assignment", "question", "earned"), rows)]
    lines += ["", "## Integrity", "", *_findings(report)]
    lines += ["", *_provenance(report)]
    return "\n".join(lines) + "\n"


def code(text: str, characters: int = 80) -> str:
    """Return text as a code span: whatever is in it is shown as it is, in a table too.

    Args:
        text: from anybody.
        characters: to show at most.
    """
    shown = one_line(text, characters) or " "
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", shown)), default=0))
    inside = shown.replace("|", "\\|")  # a table ends its cells before it looks for spans
    return f"{fence} {inside} {fence}" if "`" in shown else f"{fence}{inside}{fence}"


def _assignment(entry: AssignmentScore) -> list[str]:
    lines = ["", f"## {_plain(entry.assignment.title)}: {number(entry.score)} of 100", ""]
    if entry.problem:
        lines += [code(entry.problem, _MESSAGE_CHARACTERS), ""]
    rows = (
        (_plain(c.criterion.title), number(c.earned), number(c.criterion.points), c.criterion.skill)
        for c in entry.criteria
    )
    lines += _table(("criterion", "earned", "of", "skill"), rows)
    lost = [line for criterion in entry.criteria for line in _losses(criterion)]
    return lines + (["", *lost] if lost and not entry.problem else [])


def _losses(entry: CriterionScore) -> Iterator[str]:
    lost = [result for result in entry.results if result.outcome is not Outcome.PASSED]
    if not lost:
        return
    missing = number(entry.criterion.points - entry.earned)
    yield f"- **{_plain(entry.criterion.title)}**, {missing} points lost: {_plain(entry.criterion.expects)}"
    for result in lost[:_SHOWN_TESTS]:
        yield f"  - {_loss(result)}"
    if len(lost) > _SHOWN_TESTS:
        yield f"  - and {len(lost) - _SHOWN_TESTS} tests more"


def _loss(result: TestResult) -> str:
    came_back = f"came back {code(result.message or result.outcome.value, _MESSAGE_CHARACTERS)}"
    if not result.frames:
        return came_back
    frame = result.frames[-1]
    return f"{came_back} at {code(f'{frame.file}:{frame.line}')}"


def _skills(report: Report) -> Iterator[tuple[str, str, str]]:
    for skill in report.score.skills:
        yield skill.skill, number(skill.earned), number(skill.points)


def _findings(report: Report) -> Iterator[str]:
    if not report.findings:
        yield "Nothing found."
        return
    yield f"{len(report.findings)} findings to look at; they cost no points."
    yield ""
    for finding in report.findings[:_SHOWN_FINDINGS]:
        place = f"{finding.module}:{finding.line}" if finding.line else finding.module
        yield f"- {code(f'{place} {finding.detail}'.strip(), _MESSAGE_CHARACTERS)} ({_plain(finding.kind)})"
    if len(report.findings) > _SHOWN_FINDINGS:
        yield f"- and {len(report.findings) - _SHOWN_FINDINGS} more in the JSON report"


def _provenance(report: Report) -> Iterator[str]:
    told = report.provenance
    where = "no sandbox" if told.sandbox == "none" else _plain(told.sandbox)
    yield (
        f"Seed {told.seed}, {where}, Python {_plain(told.python)}, numpy {_plain(told.numpy)},"
        f" grader {_plain(told.grader_version)}, bank {code(told.bank_sha256[:12])},"
        f" submission {code(report.submission.sha256[:12])}"
    )


def _table(head: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> list[str]:
    rule = ("---" if name not in ("earned", "of") else "---:" for name in head)
    return [f"| {' | '.join(cells)} |" for cells in (head, tuple(rule), *rows)]


def _plain(text: str) -> str:
    """Text of our own or a bank's author's, with what Markdown would interpret escaped."""
    return re.sub(r"([\\`*_{}\[\]<>|#])", r"\\\1", one_line(text, 500))
