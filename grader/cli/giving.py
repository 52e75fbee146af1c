"""Commands for staff before and beside scoring: release, inspect."""

from __future__ import annotations

from pathlib import Path

import click

from grader.bank import find_bank
from grader.cli.options import assignment_names, bank_option, format_option
from grader.endings import debug_option


@click.command(short_help="Write the packet that candidates get.")
@click.argument("names", nargs=-1, metavar="[NAME]...", shell_complete=assignment_names)
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    default="takehome.zip",
    show_default=True,
    help="The packet to write.",
)
@click.option("--variant", metavar="ID", default="", help="Draw this candidate's own numbers from ID.")
@bank_option
@debug_option
def release(names: tuple[str, ...], output: Path, variant: str, bank: Path | None) -> None:
    """Write the packet that candidates get: briefs, stubs, public tests, questions and the program itself.

    All assignments of the take-home, or those NAMEd. The finished packet is searched for anything that is not meant
    for candidates, and refused if it holds any. The same input gives the same bytes.

    \b
    Examples:
      grader release
      grader release knn em --output packets/ada.zip --variant ada
    """
    from grader.release.releasing import release as write

    released = write(find_bank(bank), names, output, variant)
    click.echo(f"wrote {released.path}: {released.size_bytes / 1024:.0f} KB, SHA-256 {released.sha256[:16]}")
    for name in released.files:
        click.echo(f"  {name}")
    seed = f" Score it with: grader score submission.zip --variant {variant}" if variant else ""
    click.echo(f"nothing of the hidden half is in it.{seed}")


@click.command()
@click.argument("submission", type=click.Path(path_type=Path))
@bank_option
@format_option
@debug_option
def inspect(submission: Path, bank: Path | None, form: str) -> None:
    """Show what a SUBMISSION holds, without running or scoring it.

    \b
    Examples:
      grader inspect submission.zip
      grader inspect submission.zip --format json
    """
    from grader import inspecting

    chosen = find_bank(bank)
    stubs, questions = inspecting.stubs_of(chosen), inspecting.questions_of(chosen)
    found = inspecting.inspect(submission, chosen.assessment, stubs, questions)
    click.echo(inspecting.as_json(found) if form == "json" else inspecting.as_text(found), nl=False)
