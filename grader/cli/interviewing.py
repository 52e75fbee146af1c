"""The command that prepares an interview."""

from __future__ import annotations

from pathlib import Path

import click

from grader.cli.options import bank_option, terminal
from grader.endings import debug_option
from grader.errors import BankError

_EXIT_CODES = """\b
Exit codes:
  0    the questions were printed
  2    wrong usage, a file that is no report, a bank without questions for it
"""


@click.command(epilog=_EXIT_CODES, short_help="Print the questions for an interview about a scored submission.")
@click.argument("report", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@bank_option
@click.option(
    "--minutes",
    type=click.IntRange(14, 240),
    default=45,
    show_default=True,
    help="For the interview, 5 to open and 5 to close included.",
)
@click.option("--format", "form", type=click.Choice(["text", "json", "markdown"]), default="text", show_default=True)
@debug_option
def interview(report: Path, bank: Path | None, minutes: int, form: str) -> None:
    """Print the questions for an interview about the submission of a JSON REPORT, those first that would tell most.

    It opens with something that was won, goes on with what was lost, and says for each question what one hears from
    somebody who made a slip and from somebody who does not know it. For staff only.

    \b
    Examples:
      grader interview results/report.json
      grader interview results/report.json --minutes 30
      grader interview results/report.json --format markdown > interview.md
    """
    from grader.bank import find_bank
    from grader.interview import rendering
    from grader.interview.pack import packs
    from grader.interview.planning import plan
    from grader.report.reading import read_report
    from grader.report.text import one_line

    kept, chosen = read_report(report), find_bank(bank)
    found = packs(chosen, chosen.assessment)
    without = [one_line(name, 60) for name in kept.assignments if name not in found]
    if len(without) == len(kept.assignments):
        raise BankError(
            f"{chosen.root} has no interview questions for {one_line(', '.join(without))}",
            cure="write solutions/<name>/interview.toml, or give the bank that the report was made with: --bank DIR",
        )
    if without:
        click.echo(f"grader: the bank has no interview questions for {one_line(', '.join(without))}", err=True)
    if kept.provenance.get("bank_sha256") != chosen.sha256:
        click.echo("grader: the report was made with another bank, or another version: criteria may differ", err=True)
    planned = plan(kept, found, minutes)
    if form == "json":
        click.echo(rendering.as_json(kept, planned), nl=False)
    elif form == "markdown":
        click.echo(rendering.as_markdown(kept, planned), nl=False)
    else:
        click.echo(rendering.as_text(kept, planned, **terminal()), nl=False, color=True)
