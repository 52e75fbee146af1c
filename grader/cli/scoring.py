"""Commands for staff who score: score, list, doctor."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.bank import Bank, find_bank, narrowed
from grader.cli.options import (
    SEEDS,
    Progress,
    assignment_option,
    bank_option,
    cores,
    one_thread_for_numpy,
    runtime_option,
    sandbox_option,
    terminal,
    warn_of_no_sandbox,
)
from grader.endings import debug_option
from grader.errors import ExitCode
from grader.interview.pack import InterviewPack, packs
from grader.models import Assessment, Report, Submission
from grader.publishing import FILES, FORMS, MODULES, Publication, check_pages, read_cohort
from grader.repeating import LIMIT as REPEAT_LIMIT
from grader.repeating import repeated
from grader.report.files import make_folder
from grader.sandbox.choosing import choose
from grader.signing import SUFFIX, NotSignedError, check_private_key, write_signature
from grader.submission import read_submission
from grader.writing import write_whole

if TYPE_CHECKING:
    from grader.pages.cohort import Cohort

SCORE_EXIT_CODES = """\b
Exit codes:
  0    scored, at or above the pass mark
  1    scored, below it
  2    wrong usage, or a submission or bank that cannot be read
  3    our own failure (no sandbox, a broken hidden test, a bug); no score
  130  interrupted
"""


@click.command(epilog=SCORE_EXIT_CODES)
@click.argument("submission", type=click.Path(path_type=Path))
@assignment_option
@bank_option
@sandbox_option
@click.option(
    "--format",
    "form",
    type=click.Choice(FORMS),
    default="text",
    show_default=True,
    help="What goes to stdout; 'github' gives annotations of a workflow.",
)
@click.option(
    "--output", type=click.Path(path_type=Path, file_okay=False), help=f"Also write {', '.join(FILES)} here."
)
@click.option(
    "--cohort",
    type=click.Path(path_type=Path, exists=True),
    multiple=True,
    metavar="PATH",
    help="Compare in report.html with these reports: a report.json, or a folder with such files at any depth;"
    " may be repeated.",
)
@click.option(
    "--seed",
    type=click.IntRange(0, SEEDS - 1),
    help="Draw the hidden inputs from this seed; the report records it.  [default: a fresh one]",
)
@click.option(
    "--variant",
    metavar="ID",
    help="Draw the hidden inputs for this candidate, as `grader release --variant ID` did the public ones."
    "  [default: what the submission's manifest names]",
)
@click.option(
    "--repeat",
    type=click.IntRange(1, REPEAT_LIMIT),
    default=1,
    show_default=True,
    help="Score with so many seeds, which follow from the first, and tell how far apart the scores lie."
    " Verdict and exit code are those of the first.",
)
@click.option(
    "--sign",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="KEY",
    help="Sign report.json with this private key of OpenSSH: writes report.json.sig beside it. Needs --output.",
)
@click.option(
    "--jobs", type=click.IntRange(1), help="Examine so many assignments at once.  [default: one for each core]"
)
@runtime_option
@click.option("--quiet", is_flag=True, help="No progress on stderr.")
@debug_option
def score(
    submission: Path,
    names: tuple[str, ...],
    bank: Path | None,
    sandbox: str,
    form: str,
    output: Path | None,
    cohort: tuple[Path, ...],
    seed: int | None,
    variant: str | None,
    repeat: int,
    sign: Path | None,
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
      grader score submission.zip --repeat 5
      grader score submission.zip --output results/ --sign ~/.ssh/id_ed25519
    """
    chosen = find_bank(bank)
    assessment = narrowed(chosen.assessment, names)
    handed_in = read_submission(submission, assessment)
    if docker_runtime and sandbox not in ("auto", "docker"):
        raise click.UsageError(f"--docker-runtime goes with --sandbox docker, not with {sandbox}")
    if seed is not None and variant is not None:
        raise click.UsageError("--seed and --variant both choose the hidden inputs; give one of them")
    questions, compared = _prepare_output(chosen, assessment, output, cohort, sign)
    progress = Progress(quiet) if output is None else Progress(quiet, MODULES)
    warn_of_no_sandbox(sandbox)
    one_thread_for_numpy()
    provider = choose(sandbox, progress.say, docker_runtime)
    try:
        from grader.grade import grade

        def score_with(seed: int) -> Report:
            lanes = jobs or cores()
            return grade(handed_in, chosen, assessment, provider, seed=seed, jobs=lanes, progress=progress.test)

        first = _seed(chosen, handed_in, variant) if seed is None else seed
        report = repeated(score_with, first, repeat, progress.say)
    finally:
        progress.done()
        provider.close()
    _write(Publication(report, questions, compared), form, output, sign)
    click.get_current_context().exit(ExitCode.PASSED if report.score.passed else ExitCode.BELOW_PASS_MARK)


@click.command(name="list")
@bank_option
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


@click.command(short_help="Tell what is missing on this machine, with the cure.")
@bank_option
@debug_option
def doctor(bank: Path | None) -> None:
    """Tell what is there, what is missing and the cure; clear what a killed run left behind.

    Exits with 0 if submissions can be scored here, else with 3.

    \b
    Example:
      grader doctor
    """
    from grader.doctor import examine_machine

    healthy = True
    for finding in examine_machine(bank, lambda text: click.echo(f"  {text}", err=True)):
        healthy = healthy and (finding.is_well or not finding.is_needed)
        click.echo(f"{'ok     ' if finding.is_well else 'MISSING'}  {finding.what}: {finding.found}")
        if finding.cure:
            click.echo(f"         cure: {finding.cure}")
    click.get_current_context().exit(ExitCode.PASSED if healthy else ExitCode.FAULT)


def _seed(bank: Bank, handed_in: Submission, variant: str | None) -> int:
    """The seed of a candidate's variant; a fresh one for those who have none."""
    from grader.release.releasing import hidden_seed, seed_of_variant

    if variant:
        return hidden_seed(variant, bank.sha256)
    told = seed_of_variant(handed_in, bank.sha256) if variant is None else None
    return secrets.randbelow(SEEDS) if told is None else told


def _prepare_output(
    bank: Bank, assessment: Assessment, output: Path | None, cohort: tuple[Path, ...], key: Path | None
) -> tuple[Mapping[str, InterviewPack], Cohort | None]:
    """Find out before anything is scored what could keep the reports from being written."""
    if output is None:
        if key is not None:
            raise click.UsageError("--sign writes report.json.sig beside report.json, so it needs --output")
        if cohort:
            raise click.UsageError("--cohort is shown in report.html, so it needs --output")
        return {}, None
    if key is not None:
        check_private_key(key)
    compared = read_cohort(cohort, assessment.title, bank.sha256) if cohort else None
    questions = packs(bank, assessment)
    check_pages()
    make_folder(output)
    return questions, compared


def _write(made: Publication, form: str, output: Path | None, key: Path | None) -> None:
    """Write and show the report; that it could not be signed is told last, so that it is there all the same."""
    failure = None
    if output is not None:
        _forget_signature(output)
        for file, kind in FILES.items():
            write_whole(output / file, made.rendered(kind).encode())
        failure = None if key is None else _sign(made, output, key)
    _show(made, form)
    if failure is not None:
        raise failure


def _forget_signature(output: Path) -> None:
    """Remove what signed an earlier report, which is about to be replaced."""
    (output / f"report.json{SUFFIX}").unlink(missing_ok=True)


def _sign(made: Publication, output: Path, key: Path) -> NotSignedError | None:
    try:
        write_signature(output / "report.json", made.rendered("json").encode(), key)
    except NotSignedError as error:
        return error
    return None


def _show(made: Publication, form: str) -> None:
    if form == "text":
        from grader.report.terminal import render

        click.echo(render(made.report, **terminal()), nl=False, color=True)
    else:
        click.echo(made.rendered(form), nl=False)
