"""The command that finds modules of a round that are alike."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import click

from grader.cli.options import Progress, bank_option, cores, format_option
from grader.endings import debug_option

_EXIT_CODES = """\b
Exit codes:
  0    compared, whatever was found
  2    wrong usage, or a folder that is none of results
"""
_PACKAGES = ("copydetect", "numpy")
_PAGE_PACKAGES = ("jinja2", "pygal", "pygments")


@click.command(epilog=_EXIT_CODES, short_help="Find submissions of a round whose modules are alike.")
@click.argument("results", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option(
    "--archive",
    "archives",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    multiple=True,
    metavar="RESULTS",
    help="Compare with this earlier round too; may be repeated. Earlier rounds are not compared with each other.",
)
@bank_option
@click.option(
    "--threshold",
    type=click.FloatRange(0.05, 1.0),
    default=0.6,
    show_default=True,
    help="Share of a module, names and spacing left aside, that has to be found in another one.",
)
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True, help="Pairs shown at most.")
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Also write a page with the pairs side by side here, such as similar.html.",
)
@format_option
@click.option("--quiet", is_flag=True, help="No progress on stderr.")
@debug_option
def similar(
    results: Path,
    archives: tuple[Path, ...],
    bank: Path | None,
    threshold: float,
    limit: int,
    output: Path | None,
    form: str,
    quiet: bool,
) -> None:
    """Find modules that are alike among the submissions of a round, whose RESULTS a grader batch has written.

    New names, other comments and moved functions do not hide it. What everybody was given does not count. What is
    found is evidence for a person to look at, and never changes a score. Nothing of a submission is run.

    \b
    Examples:
      grader similar results
      grader similar results --archive results-of-spring --output similar.html
    """
    from grader.bank import find_bank

    chosen = find_bank(bank)
    _check_packages(with_page=output is not None)
    from grader.similarity import rendering
    from grader.similarity.comparing import compare
    from grader.similarity.handed_in import read_round

    progress = Progress(quiet)
    found = compare(read_round(results, archives), chosen, threshold, limit, progress.say, cores())
    if output is not None:
        from grader.pages.similar_page import similar_page
        from grader.writing import write_whole

        write_whole(output, similar_page(found).encode())
    click.echo(rendering.as_json(found) if form == "json" else rendering.as_text(found), nl=False)


def _check_packages(with_page: bool) -> None:
    """See that what modules are compared with is installed."""
    from grader.publishing import MissingPackageError

    needed = (*_PACKAGES, *(_PAGE_PACKAGES if with_page else ()))
    missing = [package for package in needed if importlib.util.find_spec(package) is None]
    if missing:
        raise MissingPackageError(
            f"modules are compared with {' and '.join(missing)}, which should be installed, but is not",
            cure="pip install 'takehome-grader[similarity]'",
        )
