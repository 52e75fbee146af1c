"""Pages of HTML from reports: the staff's own, and one that may be sent to the candidate.

Whatever a page shows may come from a stranger and is read in a staff browser: all text goes through ``_cleaned`` and
Jinja's escaping, and the page's own policy forbids scripts, styles of others and every request.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from grader.interview.pack import InterviewPack
from grader.models import Report
from grader.pages import charts
from grader.pages.cohort import Cohort
from grader.pages.view import view_of
from grader.report.data import unasked_answers
from grader.report.spread import told as spread_told
from grader.report.text import number, one_line, printable
from grader.report.written import state as written_state
from grader.report.written import told as written_told

_TEXT_CHARACTERS = 2000
_ANSWER_CHARACTERS = 40_000


def staff_page(report: Report, packs: Mapping[str, InterviewPack] | None = None, cohort: Cohort | None = None) -> str:
    """Return the report for staff.

    Args:
        report: what is shown.
        packs: questions for an interview by assignment.
        cohort: scores that this one is compared with.
    """
    return rendered(
        "staff.html.j2",
        title=f"{report.submission.name}: {number(report.score.total)} of 100",
        report=report,
        view=view_of(report, packs or {}),
        titles=_Titles({a.assignment.name: a.assignment.title for a in report.score.assignments}),
        cohort=cohort,
        told=(*written_told(report), *spread_told(report)),
        unasked=unasked_answers(report),
    )


class _Titles(dict[str, str]):
    """Titles of assignments by name; one that is not known is called by its name."""

    def __missing__(self, name: str) -> str:
        return name


def candidate_page(report: Report) -> str:
    """Return the report that may be sent to the candidate.

    It has criteria, points and what a right solution does; nothing that a hidden test asks, expects or is called, no
    text of an exception, and no question of an interview.
    """
    return rendered("candidate.html.j2", title=report.assessment, report=report)


def rendered(template: str, *, style: str = "", script: str = "", **values: Any) -> str:
    """Return a page of ours.

    Args:
        template: file of it, beside this module.
        style: file of what it adds to the style that all pages have.
        script: file of its script; the page's policy allows that one and no other.
        values: what the template shows.
    """
    styles = asset("style.css") + (asset(style) if style else "")
    text = asset(script) if script else ""
    return (
        _environment()
        .get_template(template)
        .render(
            style=Markup(styles),
            style_digest=_digest(styles),
            script=Markup(text),
            script_digest=_digest(text),
            **values,
        )
    )


def compile_pages() -> None:
    """Compile the pages of reports ahead, so that processes that are forked from this one need not."""
    compile_templates("staff.html.j2", "candidate.html.j2")


def compile_templates(*names: str) -> None:
    """Compile templates ahead.

    Args:
        names: their files, beside this module.
    """
    for name in names:
        _environment().get_template(name)


@cache
def asset(file: str) -> str:
    """Return the text of a file beside this module."""
    return (resources.files("grader.pages") / file).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    """The digest by which a policy of content knows what stands between two tags."""
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("grader.pages", "."),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_cleaned,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "number": number,
        "line": one_line,
        "seconds": charts.seconds_text,
        "mib": lambda count: f"{count / 2**20:.0f} MiB",
        "percent": lambda share: f"{100 * share:.0f} %",
        "coded": _coded,
        "state": written_state,
        "joined": lambda parts, glue: glue.join(parts),  # Jinja's own would escape them, and leave them uncleaned
        "suffixed": lambda module: f"{module}.py",
        "whole": lambda text: escape(printable(text[:_ANSWER_CHARACTERS])),
    }
    environment.globals |= {
        "skills_chart": charts.skills_chart,
        "growth_chart": charts.growth_chart,
        "cohort_chart": charts.cohort_chart,
        "round_chart": charts.round_chart,
    }
    return environment


def _coded(text: str) -> Markup:
    """Text of a bank's author, with what stands between backticks as code."""
    parts = [escape(printable(part)) for part in text.split("`")]
    if len(parts) % 2 == 0:
        return escape(printable(text))
    return Markup("".join(f"<code>{part}</code>" if n % 2 else part for n, part in enumerate(parts)))


def _cleaned(value: Any) -> Any:
    """What Jinja writes: text without what a browser would obey, and not too much of it."""
    if not isinstance(value, str) or isinstance(value, Markup):
        return value
    text = (
        value if len(value) <= _TEXT_CHARACTERS else f"{value[:_TEXT_CHARACTERS]}\n… {len(value)} characters in all"
    )
    return printable(text)
