"""The command that serves the page on which written answers are marked by hand."""

from __future__ import annotations

import getpass
import html
import sys
import tempfile
import threading
import webbrowser
from contextlib import ExitStack
from pathlib import Path

import click

from grader.cli.gradebook import course_option, db_option, existing
from grader.endings import debug_option
from grader.errors import ExitCode, GraderError
from grader.gradebook.packages import check_packages
from grader.report.text import one_line

_EXIT_CODES = """\b
Exit codes:
  0    ended by Ctrl-C; every mark is saved
  2    wrong usage, or a gradebook or port that cannot be had
  3    our own failure
"""
_MARKER_LENGTH = 64


class MarkingError(GraderError):
    """There is nobody to mark."""

    exit_code = ExitCode.USAGE


@click.command(epilog=_EXIT_CODES, short_help="Mark written answers by hand, in a browser.")
@course_option
@db_option
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=0,
    metavar="N",
    help="Port of 127.0.0.1 to listen on.  [default: one that is free]",
)
@click.option("--marker", metavar="NAME", help="Who marks; each has marks of their own.  [default: the user's name]")
@click.option("--blind", is_flag=True, help="Show neither who was marked nor what was scored automatically.")
@click.option("--no-browser", is_flag=True, help="Open no browser; print the address only.")
@debug_option
def mark(course: Path, db: str | None, port: int, marker: str | None, blind: bool, no_browser: bool) -> None:
    """Mark written answers by hand, in a browser on this machine.

    The address that is printed lets in whoever opens it: keep it to yourself. Marks and comments are saved when they
    are entered. Nothing that a candidate wrote is run, rendered as HTML, or fetched.

    \b
    Examples:
      grader mark
      grader mark --marker ada --blind
    """
    check_packages("jupyter_server", "tornado", "jinja2", "markdown_it")
    who = _who(marker)
    # Loading what it is made with takes seconds.
    from grader.marking.desk import Desk
    from grader.marking.server import serve

    with existing(course, db) as book, ExitStack() as stack:

        def ready(address: str) -> None:
            click.echo(f"Open {address}; Ctrl-C ends")
            sys.stdout.flush()
            if not no_browser:
                folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="grader-mark-"))
                _open(address, Path(folder))

        serve(Desk(book=book, marker=who, is_blind=blind, say=_say), port, ready)
    click.echo("grader: ended; every mark that was entered is saved", err=True)


def _who(name: str | None) -> str:
    """The marker's name, as the gradebook keeps it.

    Raises:
        MarkingError: there is none.
    """
    if name is None:
        try:
            name = getpass.getuser()
        except (KeyError, OSError) as error:  # a container may run as a user without a name
            raise _nameless("this user has none") from error
    cleaned = one_line(name, _MARKER_LENGTH)
    if not cleaned:
        raise _nameless("it is empty")
    return cleaned


def _nameless(found: str) -> MarkingError:
    return MarkingError(f"the marker should have a name, but {found}", cure="give --marker NAME")


def _say(text: str) -> None:
    click.echo(f"grader: {text}", err=True)


def _open(address: str, folder: Path) -> None:
    """Open the address in a browser, by way of a file: other users see what programs are started with."""
    page = folder / "mark.html"
    page.write_text(
        f'<!DOCTYPE html><meta charset="utf-8"><title>grader mark</title>'
        f'<meta http-equiv="refresh" content="0; url={html.escape(address)}">',
        encoding="utf-8",
    )
    # Some browsers return when they are closed.
    threading.Thread(target=webbrowser.open, args=(page.as_uri(),), daemon=True).start()
