"""What several commands share: options, progress, and how wide and colourful the terminal is."""

from __future__ import annotations

import importlib
import os
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from grader.bank import ENVIRONMENT_VARIABLE
from grader.candidate.folder import find_folder
from grader.errors import GraderError
from grader.models import Assignment, TestResult
from grader.sandbox.choosing import KINDS

SEEDS = 2**32
"""How many seeds there are."""


def assignment_names(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    """Return the names that complete what was typed: of the working folder or bank here, none elsewhere."""
    try:
        known = find_folder(Path.cwd()).assessment.assignments
    except GraderError:
        return []
    return [assignment.name for assignment in known if assignment.name.startswith(incomplete)]


bank_option = click.option(
    "--bank",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help=f"Folder with assignments/, solutions/ and tests/hidden/.  [default: ${ENVIRONMENT_VARIABLE}, else here]",
)
sandbox_option = click.option(
    "--sandbox",
    type=click.Choice(KINDS),
    default="auto",
    show_default=True,
    help="Where the submission runs. 'auto' is Docker; where no engine answers 'bubblewrap', which has to be"
    " installed; else 'embedded': Linux's own means, nothing installed. 'none' contains nothing: for code that you"
    " trust.",
)
assignment_option = click.option(
    "--assignment",
    "names",
    multiple=True,
    metavar="NAME",
    shell_complete=assignment_names,
    help="Score this one only; may be repeated.",
)
runtime_option = click.option(
    "--docker-runtime", metavar="NAME", default="", help="Run containers by this runtime, such as runsc."
)
format_option = click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True
)


class Progress:
    """Progress on stderr: a line that counts where it is a terminal, else only what takes long.

    Args:
        quiet: say nothing.
        reports: modules that the report is made with; they are imported while we wait for the sandbox anyway.
    """

    def __init__(self, quiet: bool, reports: Sequence[str] = ("grader.report.terminal",)) -> None:
        self.reports = reports
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
            threading.Thread(target=_load, args=[self.reports], daemon=True).start()
        self.tests += 1
        if self.counts:
            click.echo(f"\r\x1b[Kgrader: {assignment.name}, {self.tests} tests run", err=True, nl=False)
            self.is_open = True

    def done(self) -> None:
        if self.is_open:
            click.echo("\r\x1b[K", err=True, nl=False)
            self.is_open = False


def _load(modules: Sequence[str]) -> None:
    for module in modules:
        importlib.import_module(module)


def one_thread_for_numpy() -> None:
    """Keep the examiners' linear algebra from waiting in threads for what never comes; before numpy is imported."""
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def warn_of_no_sandbox(kind: str) -> None:
    if kind == "none":
        click.echo("grader: --sandbox none contains nothing: the submission runs with all your rights", err=True)


def terminal(otherwise: int = 100) -> dict[str, Any]:
    """Width and colour for what goes to stdout.

    Args:
        otherwise: width where stdout is no terminal.
    """
    terminal = sys.stdout.isatty()
    width = min(max(os.get_terminal_size().columns, 60), 120) if terminal else otherwise
    return {"width": width, "color": terminal and "NO_COLOR" not in os.environ}
