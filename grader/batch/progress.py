"""How far a round is, on stderr: a bar on a terminal, else a line every ten seconds."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from grader.batch.results import FAULT, Entry
from grader.batch.round import Tally
from grader.report.text import one_line

_LINE_SECONDS = 10.0

Told = Callable[[Entry | None, Tally], None]


@contextmanager
def shown_round(quiet: bool) -> Iterator[Told]:
    """Yield what a round tells of its progress.

    Args:
        quiet: show nothing but faults.
    """
    if quiet or not sys.stderr.isatty():
        yield _Lines(quiet)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[rate]}"))
    with Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True), transient=True) as bar:
        yield _Bar(bar)


class Rate:
    """How many are done in a second, of those that took work."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self.began = clock()

    def text(self, tally: Tally) -> str:
        """Return the rate, and the time that is left where that can be told."""
        worked = tally.scored + tally.refused + tally.faults
        seconds = self.clock() - self.began
        if not worked or seconds <= 0:
            return ""
        rate = worked / seconds
        return f"{rate:.2g} a second, {_minutes((tally.total - tally.done) / rate)} left"


class _Bar:
    def __init__(self, bar: Progress) -> None:
        self.bar = bar
        self.task = bar.add_task("grading", total=None, rate="")
        self.rate = Rate()

    def __call__(self, entry: Entry | None, tally: Tally) -> None:
        self.bar.update(
            self.task, total=tally.total, completed=tally.done, rate=self.rate.text(tally).partition(",")[0]
        )
        if entry is not None and entry.status == FAULT:
            self.bar.console.print(_fault(entry), markup=False)


class _Lines:
    def __init__(self, quiet: bool) -> None:
        self.quiet = quiet
        self.rate = Rate()
        self.last = self.rate.began

    def __call__(self, entry: Entry | None, tally: Tally) -> None:
        if entry is not None and entry.status == FAULT:
            click.echo(_fault(entry), err=True)
        now = self.rate.clock()
        if self.quiet or (now - self.last < _LINE_SECONDS and tally.done < tally.total):
            return
        self.last = now
        click.echo(f"grader: {tally.done} of {tally.total} done, {self.rate.text(tally) or 'all kept'}", err=True)


def _fault(entry: Entry) -> str:
    return f"grader: {one_line(entry.name, 60)} was not scored: {one_line(entry.message)}"


def _minutes(seconds: float) -> str:
    whole = round(seconds)
    return f"{whole // 60}:{whole % 60:02d}"
