"""The command that looks at a whole round."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

import click

from grader.cli.options import format_option, terminal
from grader.endings import debug_option
from grader.publishing import MissingPackageError, check_pages
from grader.writing import write_whole

if TYPE_CHECKING:
    from grader.cohort.analysis import Analysis

PAGE = "cohort.html"

_EXIT_CODES = """\b
Exit codes:
  0    the round was read, whatever it tells
  2    wrong usage, or a folder without results
"""


@click.command(epilog=_EXIT_CODES, short_help="Say what a whole round tells of its submissions and of the tests.")
@click.argument("results", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help=f"Write the page here; its links lead to the reports in RESULTS.  [default: RESULTS/{PAGE}]",
)
@format_option
@debug_option
def cohort(results: Path, output: Path | None, form: str) -> None:
    """Say what the round in RESULTS, a folder of grader batch, tells; and write it as a page.

    How scores are spread and how exact they are, which differences in the ranking mean nothing, who is too near to
    the pass mark to be decided by the score alone, which criteria tell submissions apart and which tests are odd.
    For staff only.

    \b
    Examples:
      grader cohort results/
      grader cohort results/ --format json
    """
    check_packages()
    from grader.cohort import rendering
    from grader.cohort.analysis import analyse
    from grader.cohort.reading import read_round

    found = read_round(results)
    told = analyse(found)
    if told is not None:
        page = results / PAGE if output is None else output
        _write(told, results, page)
        click.echo(f"grader: written to {page}", err=True)
    if form == "json":
        click.echo(rendering.as_json(found, told), nl=False)
    else:
        click.echo(rendering.as_text(found, told, **terminal()), nl=False, color=True)


def write_cohort(results: Path) -> Path | None:
    """Write the page of a round into its folder and return its path; ``None`` where no submission was scored.

    Args:
        results: the folder of a batch.

    Raises:
        MissingPackageError: what the page is made with is not installed.
        ResultsError: it is no such folder.
        GraderError: the page cannot be written.
    """
    check_packages()
    from grader.cohort.analysis import analyse
    from grader.cohort.reading import read_round

    told = analyse(read_round(results))
    if told is None:
        return None
    page = results / PAGE
    _write(told, results, page)
    return page


def load_page() -> None:
    """Import what a round's page is made with, and compile it: for when there is nothing better to do."""
    from grader.cohort import analysis, reading  # noqa: F401 - loaded ahead
    from grader.pages.cohort_page import compile_page

    compile_page()


def check_packages() -> None:
    """See that what a round's page is made with is installed.

    Raises:
        MissingPackageError: it is not.
    """
    check_pages()
    if importlib.util.find_spec("scipy") is None:
        raise MissingPackageError(
            "the figures of a round are made with scipy, which should be installed, but is not",
            cure="pip install 'takehome-grader[staff]'",
        )


def _write(told: Analysis, results: Path, page: Path) -> None:
    from grader.pages.cohort_page import cohort_page

    way = PurePath(os.path.relpath(results.resolve(), page.resolve().parent)).as_posix()
    write_whole(page, cohort_page(told, way).encode())
