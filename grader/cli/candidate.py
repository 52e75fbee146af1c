"""Commands for candidates: start, check, pack."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from grader.candidate.folder import Folder, find_folder
from grader.candidate.watching import check_watchfiles
from grader.cli.options import Progress, assignment_names, format_option, one_thread_for_numpy, terminal
from grader.endings import debug_option
from grader.errors import ExitCode, GraderError

_CHECK_EXIT_CODES = """\b
Exit codes:
  0    all public tests pass
  1    some do not, or something is wrong with the folder
  2    wrong usage, or no working folder
  3    a failure of ours
  130  interrupted
"""


@click.command(short_help="Make a working folder of the packet.")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), default="work", metavar="[DIR]")
@click.option("--notebook", is_flag=True, help="Give the stubs as Jupyter notebooks.")
@click.option(
    "--packet",
    type=click.Path(path_type=Path, exists=True),
    help="The packet, zipped or not.  [default: the one here]",
)
@debug_option
def start(folder: Path, notebook: bool, packet: Path | None) -> None:
    """Make a working folder DIR of the packet: briefs, stubs and public tests, in a git repository if git is there.

    \b
    Examples:
      grader start
      grader start work --notebook
      grader start work --packet ~/Downloads/takehome.zip
    """
    from grader.candidate import starting

    started = starting.start(packet or starting.find_packet(Path.cwd()), folder, notebook=notebook)
    click.echo(started.as_text(), nl=False)


@click.command(epilog=_CHECK_EXIT_CODES, short_help="Run the public tests: what passes, what fails, why.")
@click.argument("names", nargs=-1, metavar="[NAME]...", shell_complete=assignment_names)
@click.option(
    "--folder", type=click.Path(path_type=Path, file_okay=False, exists=True), help="Where you work.  [default: here]"
)
@click.option("--watch", is_flag=True, help="Check again whenever you save a file, and only what it touches.")
@click.option("--in-process", is_flag=True, help="Run the tests in this very process, so that breakpoint() works.")
@format_option
@click.option("--quiet", is_flag=True, help="No progress on stderr.")
@debug_option
def check(names: tuple[str, ...], folder: Path | None, watch: bool, in_process: bool, form: str, quiet: bool) -> None:
    """Run the public tests of all assignments, or of those NAMEd, the way that scoring runs the hidden ones.

    For each test that fails you see what was called, what came back and what the brief says. Points depend on hidden
    tests, which cover the whole of each brief.

    \b
    Examples:
      grader check
      grader check knn --watch
      grader check knn --in-process
    """
    place = find_folder(folder or Path.cwd())
    if in_process:
        if watch or form == "json":
            raise click.UsageError("--in-process goes with neither --watch nor --format json")
        _debug(place, names)
        return
    if watch:
        check_watchfiles()
    one_thread_for_numpy()
    passes = _check(place, names, form, quiet)
    if watch:
        _keep_checking(place, names, form, quiet)
    click.get_current_context().exit(ExitCode.PASSED if passes else ExitCode.BELOW_PASS_MARK)


@click.command(short_help="Write the file to hand in.")
@click.argument(
    "folder", type=click.Path(path_type=Path, file_okay=False, exists=True), required=False, metavar="[DIR]"
)
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The file to write.  [default: submission.zip in the working folder]",
)
@click.option("--no-check", is_flag=True, help="Do not run the public tests first.")
@click.option("--quiet", is_flag=True, help="No progress on stderr.")
@debug_option
def pack(folder: Path | None, output: Path | None, no_check: bool, quiet: bool) -> None:
    """Write the file to hand in, from the working folder DIR or the one you are in.

    Public tests that fail are told, and do not stop you.

    \b
    Examples:
      grader pack
      grader pack work --output submission.zip
    """
    from grader.candidate import packing

    place = find_folder(folder or Path.cwd())
    if not no_check:
        one_thread_for_numpy()
        _warn_of_failures(place, quiet)
    packed = packing.pack(place, output or _beside_the_work(place), now=datetime.now(UTC))
    click.echo(packed.as_text(), nl=False)


def _beside_the_work(place: Folder) -> Path:
    """Where the file to hand in goes by itself, said as seen from here."""
    here = Path.cwd().resolve()
    return (place.root.relative_to(here) if place.root.is_relative_to(here) else place.root) / "submission.zip"


def _check(place: Folder, names: tuple[str, ...], form: str, quiet: bool) -> bool:
    """Check once, and say what came of it; whether all is well."""
    from grader.candidate.checking import check as run

    progress = Progress(quiet)
    try:
        found = run(place, names, progress=progress.test)
    finally:
        progress.done()
    from grader.candidate import rendering

    if form == "json":
        click.echo(rendering.as_json(found), nl=False)
    else:
        click.echo(rendering.as_text(found, **terminal(80)), nl=False, color=True)
    return found.passes


def _keep_checking(place: Folder, names: tuple[str, ...], form: str, quiet: bool) -> None:
    from grader.candidate.watching import saved

    click.echo("grader: waiting for you to save a file; Ctrl-C ends this", err=True)
    for touched in saved(place):
        if chosen := tuple(name for name in touched if not names or name in names):
            click.echo(f"grader: saved in {', '.join(chosen)}", err=True)
            _check(place, chosen, form, quiet)


def _debug(place: Folder, names: tuple[str, ...]) -> None:
    """Plain pytest in this process."""
    import pytest

    from grader.candidate.checking import PUBLIC_SUITE

    suites = [str(place.root / assignment.name / PUBLIC_SUITE) for assignment in place.narrowed(names)]
    code = pytest.main(["--capture=no", "--tb=short", f"--rootdir={place.root}", "-p", "no:cacheprovider", *suites])
    click.get_current_context().exit(ExitCode.PASSED if code == 0 else ExitCode.BELOW_PASS_MARK)


def _warn_of_failures(place: Folder, quiet: bool) -> None:
    """Run the public tests before packing; nothing that they show, and no failure of ours, stops a candidate."""
    from grader.candidate.checking import check as run

    progress = Progress(quiet)
    try:
        found = run(place, progress=progress.test)
    except GraderError as error:
        click.echo(f"grader: the public tests could not be run ({error}); packing all the same", err=True)
        return
    finally:
        progress.done()
    tests = sum(len(checked.results) for checked in found.assignments)
    passed = sum(checked.passed for checked in found.assignments)
    click.echo(f"{passed} of {tests} public tests pass." + ("" if passed == tests else " See: grader check"))
