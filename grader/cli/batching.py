"""Commands for whole rounds: batch, impact."""

from __future__ import annotations

import secrets
import shlex
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.bank import Bank, find_bank, narrowed
from grader.cli.cohorts import check_packages, load_page, write_cohort
from grader.cli.options import (
    SEEDS,
    Progress,
    assignment_option,
    bank_option,
    cores,
    format_option,
    one_thread_for_numpy,
    runtime_option,
    sandbox_option,
    warn_of_no_sandbox,
)
from grader.endings import debug_option
from grader.errors import ExitCode
from grader.models import Assessment, Submission
from grader.publishing import Publisher
from grader.sandbox.choosing import choose
from grader.writing import write_whole

if TYPE_CHECKING:
    from grader.batch.discovery import Handed
    from grader.batch.results import Entry, ResultsFolder
    from grader.batch.round import Grading, Terms
    from grader.batch.summary import Summary

_EXIT_CODES = """\b
Exit codes:
  0    all that can be read is scored, at or above --fail-under if given
  1    a submission scored below --fail-under
  2    wrong usage, or there is nothing to score
  3    our own failure: not all could be scored, through a fault of ours
  130  interrupted; what is done is kept
"""
_IMPACT_EXIT_CODES = """\b
Exit codes:
  0    no verdict changes
  1    one does
  2    wrong usage
  3    our own failure: not all could be scored, through a fault of ours
  130  interrupted
"""
_MAX_FAILURES = 10


@click.command(epilog=_EXIT_CODES, short_help="Score a whole round of submissions, and go on where it stopped.")
@click.argument("submissions", type=click.Path(path_type=Path, exists=True), nargs=-1, required=True)
@click.option(
    "--output",
    "results",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    metavar="RESULTS",
    help="Folder of the results; what is in it already is not done again.",
)
@assignment_option
@bank_option
@sandbox_option
@click.option(
    "--jobs", type=click.IntRange(1), help="Examine so many submissions at once.  [default: one for each core]"
)
@click.option("--resume/--no-resume", default=True, show_default=True, help="Keep what is done already.")
@click.option(
    "--retries",
    type=click.IntRange(0),
    default=2,
    show_default=True,
    help="Try so often again what failed through a fault of ours.",
)
@click.option(
    "--max-failures",
    type=click.IntRange(0),
    default=_MAX_FAILURES,
    show_default=True,
    help="Stop after so many submissions that were not scored through a fault of ours; 0 never stops.",
)
@click.option(
    "--fail-under", type=click.FloatRange(0, 100), metavar="POINTS", help="Exit with 1 if one scores below this."
)
@click.option(
    "--seed",
    type=click.IntRange(0, SEEDS - 1),
    help="Draw all hidden inputs from this seed.  [default: that of the results, else a fresh one]",
)
@click.option(
    "--scheduler",
    metavar="ADDRESS",
    default="",
    help="Have the workers of this Dask scheduler do it; see docs/scale.md.",
)
@runtime_option
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "github", "markdown"]),
    default="text",
    show_default=True,
    help="What goes to stdout at the end.",
)
@click.option("--quiet", is_flag=True, help="No progress on stderr, but for faults.")
@debug_option
def batch(
    submissions: tuple[Path, ...],
    results: Path,
    names: tuple[str, ...],
    bank: Path | None,
    sandbox: str,
    jobs: int | None,
    resume: bool,
    retries: int,
    max_failures: int,
    fail_under: float | None,
    seed: int | None,
    scheduler: str,
    docker_runtime: str,
    form: str,
    quiet: bool,
) -> None:
    """Score a whole round: archives, modules, and folders that hold them.

    Each submission's reports are written as soon as they are known. Run the same again after whatever happened, and
    what is done is kept. A changed suite or seed grades anew and keeps what was found before beside it.

    \b
    Examples:
      grader batch round/ --output results/
      grader batch ada.zip bob.zip --output results/ --jobs 4 --fail-under 60
      grader batch round/ --output results/ --format github
    """
    from grader.batch.discovery import handed_in
    from grader.batch.results import ResultsFolder

    chosen = find_bank(bank)
    assessment = narrowed(chosen.assessment, names)
    handed = handed_in(submissions, assessment)
    check_packages()
    folder = ResultsFolder(results)
    otherwise = folder.seed(seed, secrets.randbelow(SEEDS))
    with folder.locked():
        try:
            with _grading(chosen, assessment, sandbox, jobs, docker_runtime, scheduler, quiet) as (kind, grading):
                terms = _terms(chosen, assessment, kind, _seeds(chosen, otherwise), retries, max_failures)
                # While the examiners start there is a core to spare.
                threading.Thread(target=load_page, daemon=True).start()
                _run(handed, terms, folder, folder.entries() if resume else [], grading, quiet)
        except KeyboardInterrupt:
            write_summary(folder, fail_under)
            click.echo(f"grader: interrupted; what is done is kept. To go on:\n  {_command_to_go_on()}", err=True)
            click.get_current_context().exit(ExitCode.INTERRUPTED)
        summary = write_summary(folder, fail_under)
    _show(summary, form, fail_under)
    click.get_current_context().exit(_exit_code(summary, fail_under))


@click.command(epilog=_IMPACT_EXIT_CODES, short_help="Tell whose pass or fail a changed suite would change.")
@click.argument("results", type=click.Path(path_type=Path, exists=True, file_okay=False))
@bank_option
@sandbox_option
@click.option(
    "--jobs", type=click.IntRange(1), help="Examine so many submissions at once.  [default: one for each core]"
)
@click.option(
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Keep the new results here, and go on where it stopped.  [default: nowhere]",
)
@format_option
@click.option("--quiet", is_flag=True, help="No progress on stderr, but for faults.")
@debug_option
def impact(
    results: Path, bank: Path | None, sandbox: str, jobs: int | None, output: Path | None, form: str, quiet: bool
) -> None:
    """Grade the submissions of RESULTS again with the bank as it is now, and tell whose verdict changes.

    Each with the seed that it was graded with. Nothing in RESULTS changes: this is for a suite's change before it is
    merged.

    \b
    Examples:
      grader impact results/
      grader impact results/ --bank ../our-bank --format json
    """
    from grader.batch import impacts
    from grader.batch.results import SCORED, ResultsFolder, latest, read_entries

    chosen = find_bank(bank)
    before = [entry for entry in latest(read_entries(results)) if entry.status == SCORED]
    assessment = narrowed(chosen.assessment, impacts.assignments_of(before, chosen.assessment))
    handed, seeds = impacts.handed_in_again(before, results)
    with tempfile.TemporaryDirectory(prefix="grader-impact-") as temporary:
        folder = ResultsFolder(output or Path(temporary))
        with folder.locked(), _grading(chosen, assessment, sandbox, jobs, "", "", quiet) as (kind, grading):
            terms = _terms(chosen, assessment, kind, lambda one, submission: seeds[one.path], 2, _MAX_FAILURES)
            _run(handed, terms, folder, folder.entries(), grading, quiet)
        found = impacts.impact_of(before, folder.entries())
    click.echo(impacts.as_json(found) if form == "json" else impacts.as_text(found), nl=False)
    code = ExitCode.FAULT if found.faults else ExitCode.BELOW_PASS_MARK if found.flips else ExitCode.PASSED
    click.get_current_context().exit(code)


@contextmanager
def _grading(
    bank: Bank,
    assessment: Assessment,
    sandbox: str,
    jobs: int | None,
    docker_runtime: str,
    scheduler: str,
    quiet: bool,
) -> Iterator[tuple[str, Grading]]:
    """Whoever examines, and in which kind of sandbox."""
    from grader.batch.examiners import Examiners, Plan
    from grader.interview.pack import packs

    publisher = Publisher(packs(bank, assessment))
    warn_of_no_sandbox(sandbox)
    if scheduler:
        from grader.batch.cluster import Cluster

        if jobs is not None:
            raise click.UsageError("--jobs is for this machine; with --scheduler there are as many as it has workers")
        say = Progress(quiet).say
        with closing(
            Cluster(scheduler, bank, assessment, sandbox, publisher, runtime=docker_runtime, say=say)
        ) as cluster:
            yield cluster.kind, cluster
        return
    one_thread_for_numpy()
    progress = Progress(quiet)
    with closing(choose(sandbox, progress.say, docker_runtime)) as provider:
        kind, again = provider.kind, provider.again()
    lanes = jobs or cores()
    with closing(Examiners(Plan(bank, assessment, again, publisher, lanes, ahead=lanes))) as examiners:
        yield kind, examiners


def _command_to_go_on() -> str:
    """The command as it was given, for a shell; without what would do everything again."""
    return shlex.join(["grader", *(word for word in sys.argv[1:] if word != "--no-resume")])


def _terms(
    bank: Bank,
    assessment: Assessment,
    kind: str,
    seed_of: Callable[[Handed, Submission], int],
    retries: int,
    max_failures: int,
) -> Terms:
    from grader.batch.round import Terms

    return Terms(bank, assessment, kind, seed_of, retries, max_failures)


def _seeds(bank: Bank, otherwise: int) -> Callable[[Handed, Submission], int]:
    """A candidate's own seed, where the packet was one candidate's; else that of the round."""
    from grader.release.releasing import seed_of_variant

    def seed_of(handed: Handed, submission: Submission) -> int:
        own = seed_of_variant(submission, bank.sha256)
        return otherwise if own is None else own

    return seed_of


def _run(
    handed: list[Handed],
    terms: Terms,
    folder: ResultsFolder,
    known: Sequence[Entry],
    grading: Grading,
    quiet: bool,
) -> None:
    from grader.batch.progress import shown_round
    from grader.batch.round import Round

    with shown_round(quiet) as told:
        Round(handed, terms, folder, known, told).run(grading)


def write_summary(folder: ResultsFolder, fail_under: float | None) -> Summary:
    """Write the files of a whole round anew, and return what they say.

    Args:
        folder: with its results.
        fail_under: score below which a submission is marked; ``None`` for the pass mark.
    """
    from grader.batch import summary

    found = summary.summary_of(folder.entries())
    for name, text in (
        ("summary.csv", summary.as_csv(found)),
        ("summary.json", summary.as_json(found)),
        ("summary.md", summary.as_markdown(found, fail_under)),
        ("junit.xml", summary.as_junit(found, fail_under)),
    ):
        write_whole(folder.root / name, text.encode())
    if found.entries:
        write_cohort(folder.root)
    return found


def _show(found: Summary, form: str, fail_under: float | None) -> None:
    from grader.batch import summary

    if form == "json":
        click.echo(summary.as_json(found), nl=False)
    elif form == "github":
        click.echo(summary.as_annotations(found, fail_under), nl=False)
    elif form == "markdown":
        click.echo(summary.as_markdown(found, fail_under), nl=False)
    else:
        click.echo(summary.as_text(found), nl=False)


def _exit_code(found: Summary, fail_under: float | None) -> ExitCode:
    from grader.batch.results import FAULT, SCORED
    from grader.batch.summary import is_below

    if found.of(FAULT):
        return ExitCode.FAULT
    if fail_under is not None and any(is_below(entry, fail_under) for entry in found.of(SCORED)):
        return ExitCode.BELOW_PASS_MARK
    return ExitCode.PASSED
