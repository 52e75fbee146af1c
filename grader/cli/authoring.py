"""Commands for staff who write assignments: new, validate."""

from __future__ import annotations

import os
from contextlib import closing
from pathlib import Path

import click

from grader.bank import ENVIRONMENT_VARIABLE, find_bank
from grader.cli.options import (
    SEEDS,
    Progress,
    assignment_names,
    bank_option,
    cores,
    format_option,
    one_thread_for_numpy,
    sandbox_option,
    terminal,
    warn_of_no_sandbox,
)
from grader.endings import debug_option
from grader.errors import ExitCode
from grader.sandbox.choosing import choose

_EXIT_CODES = """\b
Exit codes:
  0    all suites hold
  1    a suite does not hold
  2    wrong usage, or a bank that is wrong
  3    our own failure (no sandbox, a broken hidden test, a bug)
  130  interrupted
"""


@click.command(short_help="Lay out a new assignment.")
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


@click.command(epilog=_EXIT_CODES, short_help="Prove that a suite's verdicts can be trusted.")
@click.argument("names", nargs=-1, metavar="[NAME]...", shell_complete=assignment_names)
@bank_option
@sandbox_option
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
@click.option("--seed", type=click.IntRange(0, SEEDS - 1), default=0, show_default=True, help="The first seed.")
@click.option("--jobs", type=click.IntRange(1), help="Run so many trials at once.  [default: one for each core]")
@click.option("--no-cache", is_flag=True, help="Run everything anew, and keep nothing.")
@format_option
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
    warn_of_no_sandbox(sandbox)
    one_thread_for_numpy()
    # Once: an image is built before trials need it all at a time, and none of them falls back to another kind.
    with closing(choose(sandbox, Progress(quiet).say)) as provider:
        kind = provider.kind
    runner = TrialRunner(chosen, kind, jobs or cores(), None if no_cache else TrialCache(default_folder()))
    try:
        with shown_progress(quiet) as progress:
            verdicts = [prove(chosen, name, runner, effort, progress(name)) for name in dict.fromkeys(wanted)]
    finally:
        runner.close()
    if form == "json":
        click.echo(rendering.as_json(verdicts), nl=False)
    else:
        click.echo(rendering.as_text(verdicts, **terminal()), nl=False, color=True)
    click.get_current_context().exit(
        ExitCode.PASSED if all(verdict.holds for verdict in verdicts) else ExitCode.BELOW_PASS_MARK
    )
