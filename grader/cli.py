"""The command line."""

from __future__ import annotations

import importlib
import os
import secrets
import sys
import threading
from contextlib import closing
from pathlib import Path
from typing import Any

import click

from grader import __version__
from grader.bank import ENVIRONMENT_VARIABLE, find_bank, narrowed
from grader.endings import GraderGroup, debug_option
from grader.errors import ExitCode
from grader.models import Assignment, Report, TestResult
from grader.report.files import make_folder, write_whole
from grader.sandbox.choosing import KINDS, choose
from grader.submission import read_submission

_EXIT_CODES = """\b
Exit codes:
  0    scored, at or above the pass mark
  1    scored, below it
  2    wrong usage, or a submission or bank that cannot be read
  3    our own failure (no sandbox, a broken hidden test, a bug): nobody was scored
  130  interrupted
"""
_VALIDATE_EXIT_CODES = """\b
Exit codes:
  0    all suites hold
  1    a suite does not hold
  2    wrong usage, or a bank that is wrong
  3    our own failure (no sandbox, a broken hidden test, a bug)
  130  interrupted
"""
_LARGEST_SEED = 2**32


@click.group(cls=GraderGroup, epilog=_EXIT_CODES, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="grader")
def main() -> None:
    """Score machine-learning take-homes.

    The hidden tests run here; the candidate's code runs in a sandbox and never meets them.
    """


_bank_option = click.option(
    "--bank",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help=f"Folder with assignments/, solutions/ and tests/hidden/.  [default: ${ENVIRONMENT_VARIABLE}, else here]",
)
_sandbox_option = click.option(
    "--sandbox",
    type=click.Choice(KINDS),
    default="auto",
    show_default=True,
    help="Where the submission runs. 'auto' is Docker; where no engine answers 'bubblewrap', which has to be"
    " installed; else 'embedded': Linux's own means, nothing installed. 'none' contains nothing: for code that you"
    " trust.",
)
_format_option = click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True
)


@main.command(epilog=_EXIT_CODES)
@click.argument("submission", type=click.Path(path_type=Path))
@click.option("--assignment", "names", multiple=True, metavar="NAME", help="Score this one only; may be repeated.")
@_bank_option
@_sandbox_option
@_format_option
@click.option(
    "--output", type=click.Path(path_type=Path, file_okay=False), help="Also write report.json and report.txt here."
)
@click.option(
    "--seed",
    type=click.IntRange(0, _LARGEST_SEED - 1),
    help="Draw the hidden inputs from this seed; the report records it.  [default: a fresh one]",
)
@click.option(
    "--jobs", type=click.IntRange(1), help="Examine so many assignments at once.  [default: one for each core]"
)
@click.option(
    "--docker-runtime",
    metavar="NAME",
    default="",
    help="Run containers by this runtime, such as runsc.",
)
@click.option("--quiet", is_flag=True, help="No progress on stderr.")
@debug_option
def score(
    submission: Path,
    names: tuple[str, ...],
    bank: Path | None,
    sandbox: str,
    form: str,
    output: Path | None,
    seed: int | None,
    jobs: int | None,
    docker_runtime: str,
    quiet: bool,
) -> None:
    """Score one SUBMISSION: a zip archive, a folder or one .py file.

    \b
    Examples:
      grader score submission.zip
      grader score submission.zip --format json --output results/
      grader score knn.py --assignment knn --seed 7
    """
    chosen = find_bank(bank)
    assessment = narrowed(chosen.assessment, names)
    handed_in = read_submission(submission, assessment)
    if docker_runtime and sandbox not in ("auto", "docker"):
        raise click.UsageError(f"--docker-runtime goes with --sandbox docker, not with {sandbox}")
    if output is not None:
        make_folder(output)
    progress = _Progress(quiet)
    _warn_of_no_sandbox(sandbox)
    _one_thread_for_numpy()
    provider = choose(sandbox, progress.say, docker_runtime)
    try:
        from grader.grade import grade

        if seed is None:
            seed = secrets.randbelow(_LARGEST_SEED)
        report = grade(
            handed_in, chosen, assessment, provider, seed=seed, jobs=jobs or _cores(), progress=progress.test
        )
    finally:
        progress.done()
        provider.close()
    _write(report, form, output)
    click.get_current_context().exit(ExitCode.PASSED if report.score.passed else ExitCode.BELOW_PASS_MARK)


@main.command(name="list")
@_bank_option
@debug_option
def list_assignments(bank: Path | None) -> None:
    """List the assignments of a bank with their criteria and points.

    \b
    Example:
      grader list --bank ../our-bank
    """
    chosen = find_bank(bank)
    assessment = chosen.assessment
    click.echo(f"{assessment.title} (version {assessment.version}, pass mark {assessment.pass_mark:g})")
    for assignment in assessment.assignments:
        modules = ", ".join(f"{module}.py" for module in assignment.modules)
        click.echo(
            f"\n{assignment.name}: {assignment.title}, {modules}, weight {assessment.weights[assignment.name]:g}"
        )
        for criterion in assignment.criteria:
            click.echo(f"  {criterion.points:>4g}  {criterion.id:<24} {criterion.skill}")


@main.command()
@click.argument("name")
@click.option(
    "--bank",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help=f"The bank's folder; an empty one will do.  [default: ${ENVIRONMENT_VARIABLE}, else here]",
)
@click.option("--title", default="", help="For people.  [default: made from NAME]")
@debug_option
def new(name: str, bank: Path | None, title: str) -> None:
    """Lay out a new assignment called NAME, which `grader validate NAME` then leads from red to green.

    Brief, stub, public tests, reference, hidden suite and mistakes: each file says what to write there, and which one
    comes next.

    \b
    Examples:
      grader new gradient_boosting
      grader new kmeans --title "k-means" --bank ../our-bank
    """
    from grader.scaffold import lay_out

    root = bank or Path(os.environ.get(ENVIRONMENT_VARIABLE) or Path.cwd())
    for path in lay_out(root, name, title=title):
        click.echo(f"wrote {os.path.relpath(path)}")
    where = f" --bank {os.path.relpath(root)}" if bank is not None else ""
    click.echo(f"next: assignments/{name}/README.md, then: grader validate {name}{where}")


@main.command(epilog=_VALIDATE_EXIT_CODES)
@click.argument("names", nargs=-1, metavar="[NAME]...")
@_bank_option
@_sandbox_option
@click.option(
    "--seeds", type=click.IntRange(1), default=3, show_default=True, help="Try right solutions with so many seeds."
)
@click.option(
    "--mistake-seeds",
    type=click.IntRange(1),
    default=1,
    show_default=True,
    help="Try mistakes with so many seeds.",
)
@click.option(
    "--mutants",
    type=click.IntRange(0),
    default=100,
    show_default=True,
    help="Make so many mutants of each reference; a large number makes all, 0 none.",
)
@click.option(
    "--seed", type=click.IntRange(0, _LARGEST_SEED - 1), default=0, show_default=True, help="The first seed."
)
@click.option("--jobs", type=click.IntRange(1), help="Run so many trials at once.  [default: one for each core]")
@click.option("--no-cache", is_flag=True, help="Run everything anew, and keep nothing.")
@_format_option
@click.option("--quiet", is_flag=True, help="No progress on stderr.")
@debug_option
def validate(
    names: tuple[str, ...],
    bank: Path | None,
    sandbox: str,
    seeds: int,
    mistake_seeds: int,
    mutants: int,
    seed: int,
    jobs: int | None,
    no_cache: bool,
    form: str,
    quiet: bool,
) -> None:
    """Prove that the verdicts of hidden suites can be trusted; all suites of the take-home, or those NAMEd.

    The reference and every variant have to score 100 with every seed, solutions that do nothing 0; each mistake has
    to lose the criteria that it declares and no other; 95 % of the mutants of the reference have to lose something.
    Results are kept and used again until something changes that they depend on.

    \b
    Examples:
      grader validate
      grader validate knn --seeds 20 --mutants 500
      grader validate --bank ../our-bank --format json > validation.json
    """
    from grader.validation import rendering
    from grader.validation.cache import TrialCache, default_folder
    from grader.validation.progress import shown_progress
    from grader.validation.proving import Effort, prove
    from grader.validation.trials import TrialRunner

    chosen = find_bank(bank)
    wanted = names or tuple(assignment.name for assignment in chosen.assessment.assignments)
    chosen.check_names(wanted)
    effort = Effort(tuple(range(seed, seed + seeds)), tuple(range(seed, seed + mistake_seeds)), mutants)
    _warn_of_no_sandbox(sandbox)
    _one_thread_for_numpy()
    # Once: an image is built before trials need it all at a time, and none of them falls back to another kind.
    with closing(choose(sandbox, _Progress(quiet).say)) as provider:
        kind = provider.kind
    runner = TrialRunner(chosen, kind, jobs or _cores(), None if no_cache else TrialCache(default_folder()))
    try:
        with shown_progress(quiet) as progress:
            verdicts = [prove(chosen, name, runner, effort, progress(name)) for name in dict.fromkeys(wanted)]
    finally:
        runner.close()
    if form == "json":
        click.echo(rendering.as_json(verdicts), nl=False)
    else:
        click.echo(rendering.as_text(verdicts, **_terminal()), nl=False, color=True)
    click.get_current_context().exit(
        ExitCode.PASSED if all(verdict.holds for verdict in verdicts) else ExitCode.BELOW_PASS_MARK
    )


@main.command(short_help="Tell what is missing on this machine, with the cure.")
@_bank_option
@debug_option
def doctor(bank: Path | None) -> None:
    """Tell what is there, what is missing and the cure; clear what a killed run left behind.

    Exits with 0 if submissions can be scored here, else with 3.
    """
    from grader.doctor import examine_machine

    healthy = True
    for finding in examine_machine(bank, lambda text: click.echo(f"  {text}", err=True)):
        healthy = healthy and (finding.is_well or not finding.is_needed)
        click.echo(f"{'ok     ' if finding.is_well else 'MISSING'}  {finding.what}: {finding.found}")
        if finding.cure:
            click.echo(f"         cure: {finding.cure}")
    click.get_current_context().exit(ExitCode.PASSED if healthy else ExitCode.FAULT)


class _Progress:
    """Progress on stderr: a line that counts where it is a terminal, else only what takes long."""

    def __init__(self, quiet: bool) -> None:
        self.quiet = quiet
        self.counts = not quiet and sys.stderr.isatty()
        self.tests = 0
        self.is_open = False

    def say(self, text: str) -> None:
        if not self.quiet:
            self.done()
            click.echo(f"grader: {text}", err=True)

    def test(self, assignment: Assignment, result: TestResult) -> None:
        if self.tests == 0:
            # What the report is made with is imported while we wait for the sandbox anyway.
            threading.Thread(target=importlib.import_module, args=["grader.report.terminal"], daemon=True).start()
        self.tests += 1
        if self.counts:
            click.echo(f"\r\x1b[Kgrader: {assignment.name}, {self.tests} tests run", err=True, nl=False)
            self.is_open = True

    def done(self) -> None:
        if self.is_open:
            click.echo("\r\x1b[K", err=True, nl=False)
            self.is_open = False


def _one_thread_for_numpy() -> None:
    """Keep the examiners' linear algebra from waiting in threads for what never comes; before numpy is imported."""
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")


def _cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _warn_of_no_sandbox(kind: str) -> None:
    if kind == "none":
        click.echo("grader: --sandbox none contains nothing: the submission runs with all your rights", err=True)


def _write(report: Report, form: str, output: Path | None) -> None:
    from grader.report.data import as_json

    if output is not None:
        from grader.report.terminal import render

        write_whole(output / "report.json", as_json(report))
        write_whole(output / "report.txt", render(report))
    if form == "json":
        click.echo(as_json(report), nl=False)
        return
    from grader.report.terminal import render

    click.echo(render(report, **_terminal()), nl=False, color=True)


def _terminal() -> dict[str, Any]:
    """Width and colour for what goes to stdout."""
    terminal = sys.stdout.isatty()
    width = min(max(os.get_terminal_size().columns, 60), 120) if terminal else 100
    return {"width": width, "color": terminal and "NO_COLOR" not in os.environ}
