"""Commands for marks by hand: gradebook add, export, apply, agreement."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from grader.bank import find_bank
from grader.cli.options import Progress, bank_option, format_option
from grader.endings import GraderGroup, debug_option
from grader.errors import ExitCode
from grader.gradebook.packages import check_packages
from grader.report.text import one_line

if TYPE_CHECKING:
    from grader.gradebook.applying import Folded, Marks
    from grader.gradebook.book import Book
    from grader.gradebook.reading import Place
    from grader.interview.pack import InterviewPack

_EXIT_CODES = """\b
Exit codes:
  0    done
  2    wrong usage, or something that cannot be read or does not fit the gradebook
  3    our own failure: the database or a file could not be written
  130  interrupted; run the same again
"""
_PROGRESS_SECONDS = 1.0
_LINE_SECONDS = 10.0
_SHOWN = 20

course_option = click.option(
    "--course",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("gradebook"),
    show_default=True,
    help="Folder of the gradebook: its database and the notebooks to mark.",
)
db_option = click.option(
    "--db",
    metavar="URL",
    envvar="GRADER_DB",
    help="Database instead of the folder's own, such as postgresql://user@host/name.  [default: $GRADER_DB]",
)
_reports = click.argument(
    "reports", type=click.Path(path_type=Path, exists=True), nargs=-1, required=True, metavar="RESULTS_OR_REPORT..."
)
_name_option = click.option("--name", default="", help="Of the candidate, where one report is given.")


@click.group(cls=GraderGroup, short_help="Keep marks by hand: add reports, apply marks, compare markers, export.")
def gradebook() -> None:
    """Keep marks by hand in nbgrader's gradebook: SQLite in a folder, or PostgreSQL.

    Reports go in with add, people mark with `grader mark`, and apply brings the marks back into the reports. Nothing
    of a submission is run.

    \b
    Examples:
      grader gradebook add results/
      grader mark
      grader gradebook apply results/
    """


@click.command(epilog=_EXIT_CODES, short_help="Put reports in; again after a re-score, without losing a mark.")
@_reports
@_name_option
@course_option
@db_option
@bank_option
@click.option("--quiet", is_flag=True, help="No progress on stderr.")
@debug_option
def add(reports: tuple[Path, ...], name: str, course: Path, db: str | None, bank: Path | None, quiet: bool) -> None:
    """Put the submissions of folders of grader batch, or of single reports, into the gradebook.

    Adding again after a re-score keeps every mark and comment that a person gave; what changed since is flagged, and
    an answer whose text changed is to be marked again.

    \b
    Examples:
      grader gradebook add results/
      grader gradebook add ada/report.json --name ada
    """
    check_packages()
    chosen = find_bank(bank)
    from grader.gradebook import adding
    from grader.gradebook.reading import places, read_scored

    found = places(reports, name)
    told = _Counter(2 * len(found), quiet)
    with _going_on(), _opened(course, db) as book:
        tally = adding.add(book, (read_scored(place) for place in found), chosen, told)
    told.done()
    parts = [f"{tally.added} added", f"{tally.changed} changed", f"{tally.flagged} flagged"]
    click.echo(f"{', '.join(parts)}, {_counted(tally.to_mark, 'answer')} to mark")


@click.command(epilog=_EXIT_CODES, short_help="Write it out as CSV or JSON.")
@course_option
@db_option
@click.option("--format", "form", type=click.Choice(["csv", "json"]), default="csv", show_default=True)
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="Write here.  [default: stdout]")
@debug_option
def export(course: Path, db: str | None, form: str, output: Path | None) -> None:
    """Write the gradebook out: as CSV a row for each candidate and assignment, as JSON every mark and comment.

    \b
    Examples:
      grader gradebook export --output marks.csv
      grader gradebook export --format json
    """
    check_packages()
    from grader.gradebook.exporting import as_csv, as_json
    from grader.gradebook.marked import marked_notebooks
    from grader.writing import write_whole

    with existing(course, db) as book:
        notebooks = marked_notebooks(book)
    text = as_json(notebooks) if form == "json" else as_csv(notebooks)
    if output is None:
        click.echo(text.encode(), nl=False)
    else:
        write_whole(output, text.encode())


@click.command(epilog=_EXIT_CODES, short_help="Bring the marks back into the reports.")
@_reports
@_name_option
@course_option
@db_option
@bank_option
@click.option("--require-all", is_flag=True, help="Write nothing and exit with 2 if an answer is not marked yet.")
@click.option(
    "--sign",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="KEY",
    help="Sign each report.json with this private key of OpenSSH.",
)
@click.option("--quiet", is_flag=True, help="No progress on stderr.")
@debug_option
def apply(
    reports: tuple[Path, ...],
    name: str,
    course: Path,
    db: str | None,
    bank: Path | None,
    require_all: bool,
    sign: Path | None,
    quiet: bool,
) -> None:
    """Fold the marks into the reports that they belong to, and into the summary of a whole round.

    A score stays provisional as long as an answer is not marked; such answers are counted. A report whose submission
    or answers are not those that were marked is refused, and then nothing is written.

    \b
    Examples:
      grader gradebook apply results/
      grader gradebook apply ada/report.json --name ada --require-all
    """
    check_packages()
    chosen = find_bank(bank)
    from grader.gradebook.applying import Marks
    from grader.gradebook.marked import marked_notebooks
    from grader.gradebook.reading import places, read_scored
    from grader.interview.pack import packs
    from grader.publishing import check_pages
    from grader.signing import check_private_key

    check_pages()
    if sign is not None:
        check_private_key(sign)
    with _going_on(), ExitStack() as stack:
        for results in dict.fromkeys(place.results for place in places(reports, name)):
            _lock(stack, results)
        found = places(reports, name)  # once more: a batch may have added some until then
        told = _Counter(2 * len(found), quiet)
        with existing(course, db) as book:
            marks = Marks(marked_notebooks(book))
        missing = []
        for count, place in enumerate(found, 1):
            folded = marks.folded(read_scored(place))
            missing += [(folded.scored.name, folded.missing)] if folded.missing else []
            told(count)
        if not (require_all and missing):
            _apply(found, marks, packs(chosen, chosen.assessment), sign, told)
    told.done()
    for who, count in missing[:_SHOWN]:
        verb = "is" if count == 1 else "are"
        click.echo(f"{_counted(count, 'answer')} of {one_line(who, 60)} {verb} not marked yet", err=True)
    if len(missing) > _SHOWN:
        click.echo(f"and of {len(missing) - _SHOWN} more", err=True)
    if require_all and missing:
        click.echo("grader: nothing was written, since answers are not marked yet", err=True)
        click.get_current_context().exit(ExitCode.USAGE)


@click.command(epilog=_EXIT_CODES, short_help="Say how well markers agree.")
@click.option("--assignment", default="", metavar="NAME", help="Look at this one only.")
@course_option
@db_option
@format_option
@debug_option
def agreement(assignment: str, course: Path, db: str | None, form: str) -> None:
    """Say how well people agree who marked the same answers: weighted kappa, and where they differ most.

    \b
    Examples:
      grader gradebook agreement
      grader gradebook agreement --assignment knn --format json
    """
    check_packages("sklearn")
    from grader.gradebook import rendering
    from grader.gradebook.agreement import agreement as agreement_of
    from grader.gradebook.agreement import rated
    from grader.gradebook.marked import marked_notebooks

    with existing(course, db) as book:
        found = agreement_of(rated(marked_notebooks(book), assignment))
    click.echo(rendering.as_json(found) if form == "json" else rendering.as_text(found), nl=False)


gradebook.add_section("Commands", add, apply, agreement, export)


class _Counter:
    """Progress on stderr, of what takes longer than a second."""

    def __init__(self, total: int, quiet: bool, clock: Callable[[], float] = time.monotonic) -> None:
        self.total = total
        self.progress = Progress(quiet)
        self.clock = clock
        self.began = clock()
        self.last = self.began
        self.is_open = False

    def __call__(self, count: int) -> None:
        now = self.clock()
        if self.progress.counts and now - self.began > _PROGRESS_SECONDS:
            click.echo(f"\r\x1b[Kgrader: {100 * count // max(self.total, 1)} % done", err=True, nl=False)
            self.is_open = True
        elif not self.progress.counts and now - self.last > _LINE_SECONDS:
            self.last = now
            self.progress.say(f"{100 * count // max(self.total, 1)} % done")

    def done(self) -> None:
        if self.is_open:
            click.echo("\r\x1b[K", err=True, nl=False)
            self.is_open = False


@contextmanager
def _going_on() -> Iterator[None]:
    """Say what an interruption means here."""
    try:
        yield
    except KeyboardInterrupt:
        click.echo("grader: interrupted; no mark is lost: run the same again to complete it", err=True)
        click.get_current_context().exit(ExitCode.INTERRUPTED)


def _opened(course: Path, db: str | None) -> Book:
    from grader.gradebook.book import Book

    return Book(course, db)


def existing(course: Path, db: str | None) -> Book:
    """Open a gradebook that is there: who mistypes its name wants no empty one.

    Args:
        course: its folder.
        db: its database, where that is not in the folder.

    Raises:
        UsageError: there is none in the folder.
    """
    from grader.gradebook.database import FILE

    if db is None and not (course / FILE).is_file():
        raise click.UsageError(
            f"{course} should hold a gradebook, {FILE}, but does not: make one with grader gradebook add, or give"
            " --course or --db"
        )
    return _opened(course, db)


def _lock(stack: ExitStack, results: Path | None) -> None:
    from grader.batch.results import ResultsFolder

    if results is not None:
        stack.enter_context(ResultsFolder(results).locked())


def _apply(
    found: Sequence[Place],
    marks: Marks,
    packs: Mapping[str, InterviewPack],
    key: Path | None,
    told: Callable[[int], Any],
) -> None:
    from grader.batch.results import ResultsFolder
    from grader.cli.batching import write_summary
    from grader.gradebook.applying import write
    from grader.gradebook.reading import read_scored

    changed, provisional = 0, 0
    for count, place in enumerate(found, len(found) + 1):
        folded: Folded = marks.folded(read_scored(place))
        applied = write(folded, packs, key)
        changed += applied.is_changed
        provisional += folded.report.score.provisional
        if applied.lost_signature:
            click.echo(
                f"grader: the signature of {place.path} did not fit the report with marks and is left out:"
                " sign again with --sign KEY",
                err=True,
            )
        told(count)
    for results in dict.fromkeys(place.results for place in found):
        if results is not None:
            write_summary(ResultsFolder(results), None)
    texts = [_counted(len(found), "report"), f"{changed} changed", f"{provisional} provisional"]
    click.echo(", ".join(texts))


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
