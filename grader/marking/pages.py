"""The pages, from templates that escape whatever they are given."""

from __future__ import annotations

from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from grader.marking.rendering import as_written, rendered
from grader.report.text import number, one_line, printable


def page(template: str, **values: Any) -> str:
    """Return a page.

    Args:
        template: name of it, without its ending.
        values: what it shows; text is cleaned and escaped.
    """
    return _environment().get_template(f"{template}.html.j2").render(**values)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("grader.marking", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_cleaned,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "number": number,
        "line": one_line,
        "markdown": rendered,
        "as_written": as_written,
    }
    return environment


def _cleaned(value: Any) -> Any:
    return printable(value) if isinstance(value, str) and not isinstance(value, Markup) else value
