"""Progress of trials on stderr: a bar where it is a terminal, else a line every ten seconds."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from grader.validation import proving
from grader.validation.trials import Result

_LINE_SECONDS = 10


@contextmanager
def shown_progress(quiet: bool) -> Iterator[Callable[[str], proving.Progress]]:
    """Yield what makes the progress of an assignment, given its name.

    Args:
        quiet: show nothing.
    """
    if quiet:
        yield lambda name: proving.Progress()
        return
    if not sys.stderr.isatty():
        yield _Line
        return
    columns = (TextColumn("grader: {task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        yield lambda name: _Bar(bars, bars.add_task(f"{name}, trials", total=0))


class _Bar(proving.Progress):
    """A bar that grows with what is expected."""

    def __init__(self, bars: Progress, task: TaskID) -> None:
        self.bars, self.task, self.total = bars, task, 0

    def expect(self, trials: int) -> None:
        self.total += trials
        self.bars.update(self.task, total=self.total)

    def done(self, result: Result) -> None:
        self.bars.advance(self.task)


class _Line(proving.Progress):
    """A line for each part of the work, and one now and then while it lasts."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.total = self.known = 0
        self.told = time.monotonic()

    def expect(self, trials: int) -> None:
        if trials:
            self.total += trials
            self._tell()

    def done(self, result: Result) -> None:
        self.known += 1
        if time.monotonic() - self.told >= _LINE_SECONDS:
            self._tell()

    def _tell(self) -> None:
        self.told = time.monotonic()
        print(f"grader: {self.name}, {self.known} of {self.total} trials", file=sys.stderr, flush=True)
