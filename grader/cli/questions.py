"""The command that releases the written questions."""

from __future__ import annotations

from pathlib import Path

import click

from grader.bank import find_bank
from grader.cli.options import assignment_names, bank_option
from grader.endings import debug_option
from grader.errors import BankError
from grader.writing import write_whole

_EXIT_CODES = """\b
Exit codes:
  0    the files are what their sources ask
  2    wrong usage, a source that is wrong, or with --check files that differ
  3    our own failure (nbgrader is not installed, a bug)
"""


@click.command(epilog=_EXIT_CODES, short_help="Release the written questions, without their mark schemes.")
@click.argument("names", nargs=-1, metavar="[NAME]...", shell_complete=assignment_names)
@click.option("--check", is_flag=True, help="Write nothing; say which files are not what their sources ask.")
@bank_option
@debug_option
def questions(names: tuple[str, ...], check: bool, bank: Path | None) -> None:
    """Make what candidates get of the written questions: of all assignments of the take-home, or of those NAMEd.

    Of each solutions/NAME/questions.ipynb, which holds the mark schemes, nbgrader makes
    assignments/NAME/questions.ipynb, which does not; answers.md beside it asks the same without Jupyter. Nothing is
    executed. It needs the extra: pip install 'takehome-grader[marking]'

    \b
    Examples:
      grader questions
      grader questions knn em --bank ../our-bank
      grader questions --check
    """
    from grader.release.questions import differing, released_files

    chosen = find_bank(bank)
    files = released_files(chosen, names)
    changed = differing(chosen, files)
    if check and changed:
        shown = ", ".join(f"assignments/{name}" for name in changed)
        raise BankError(f"not what the sources ask, or missing: {shown}", cure="make them anew: grader questions")
    for name in changed:
        path = chosen.root / "assignments" / name
        write_whole(path, files[name], BankError)
        click.echo(f"wrote assignments/{name}")
    if not changed:
        click.echo(f"all {len(files)} files are what their sources ask")
