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
from grader.report.spread import told as spread_told
from grader.report.text import number, one_line, printable

_TEXT_CHARACTERS = 2000
_ANSWER_CHARACTERS = 40_000


def staff_page(report: Report, packs: Mapping[str, InterviewPack] | None = None, cohort: Cohort | None = None) -> str:
    """Return the report for staff.

    Args:
        report: what is shown.
        packs: questions for an interview by assignment.
        cohort: scores that this one is compared with.
    """
    return _render(
        "staff.html.j2",
        title=f"{report.submission.name}: {number(report.score.total)} of 100",
        report=report,
        view=view_of(report, packs or {}),
        cohort=cohort,
        spread=spread_told(report),
    )


def candidate_page(report: Report) -> str:
    """Return the report that may be sent to the candidate.

    It has criteria, points and what a right solution does; nothing that a hidden test asks, expects or is called, no
    text of an exception, and no question of an interview.
    """
    return _render("candidate.html.j2", title=report.assessment, report=report)


def _render(template: str, **values: Any) -> str:
    environment, style = _environment(), _style()
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return environment.get_template(template).render(style=Markup(style), style_digest=digest, **values)


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
        "joined": lambda parts, glue: glue.join(parts),  # Jinja's own would escape them, and leave them uncleaned
        "suffixed": lambda module: f"{module}.py",
        "whole": lambda text: escape(printable(text[:_ANSWER_CHARACTERS])),
    }
    environment.globals |= {
        "skills_chart": charts.skills_chart,
        "growth_chart": charts.growth_chart,
        "cohort_chart": charts.cohort_chart,
    }
    return environment


@cache
def _style() -> str:
    return (resources.files("grader.pages") / "style.css").read_text(encoding="utf-8")


def _coded(text: str) -> Markup:
    """Text of a bank's author, with what stands between backticks as code."""
    parts = [escape(printable(part)) for part in text.split("`")]
    if len(parts) % 2 == 0:
        return escape(printable(text))
    pieces = (Markup("<code>{}</code>").format(part) if n % 2 else part for n, part in enumerate(parts))
    return Markup("").join(pieces)


def _cleaned(value: Any) -> Any:
    """What Jinja writes: text without what a browser would obey, and not too much of it."""
    if not isinstance(value, str) or isinstance(value, Markup):
        return value
    text = (
        value if len(value) <= _TEXT_CHARACTERS else f"{value[:_TEXT_CHARACTERS]}\n… {len(value)} characters in all"
    )
    return printable(text)
