"""The command that compares reports."""

from __future__ import annotations

from pathlib import Path

import click

from grader.cli.options import format_option
from grader.endings import debug_option
from grader.errors import ExitCode

_EXIT_CODES = """\b
Exit codes:
  0    no difference in points or outcomes
  1    there is one
  2    wrong usage, or a file that is no report
"""


@click.command(epilog=_EXIT_CODES, short_help="Say what changed from one report to another.")
@click.argument("old", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.argument("new", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@format_option
@debug_option
def diff(old: Path, new: Path, form: str) -> None:
    """Say what changed from the JSON report OLD to NEW: two submissions, two versions of a suite, or two runs.

    \b
    Examples:
      grader diff monday/report.json friday/report.json
      grader diff old.json new.json --format json
    """
    from grader.report import difference
    from grader.report.reading import read_report

    found = difference.difference(read_report(old), read_report(new))
    click.echo(difference.as_json(found) if form == "json" else difference.as_text(found), nl=False)
    click.get_current_context().exit(ExitCode.PASSED if found.is_none else ExitCode.BELOW_PASS_MARK)
