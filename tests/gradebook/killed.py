"""Runs work in processes of its own, each of which is killed by SIGKILL at a moment of its own.

Moments are counted, not timed: each statement and each commit of the database, each file that is written or moved
into its place. Processes are forked once all is imported, since importing takes seconds.

Arguments: what to do (``add`` or ``apply``), course, URL or ``-``, and for each process ``MOMENT=FOLDER``, the
results that it works on. After each, what people gave is printed as JSON.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from sqlalchemy import event

from grader.gradebook import adding
from grader.gradebook.applying import Marks, write
from grader.gradebook.book import Book
from grader.gradebook.database import alembic_head
from grader.gradebook.marked import MarkedNotebook, marked_notebooks
from grader.gradebook.reading import places, read_scored
from grader.publishing import Publisher


class Countdown:
    """Kills this process at one moment; counts them all where that is 0."""

    def __init__(self, at: int) -> None:
        self.at = at
        self.count = 0

    def tick(self, *ignored: object) -> None:
        self.count += 1
        if self.count == self.at:
            os.kill(os.getpid(), signal.SIGKILL)


def count_files(countdown: Countdown) -> None:
    for name in ("write_bytes", "replace", "unlink"):
        real = getattr(Path, name)

        def counted(path: Path, *arguments: object, _real: Callable[..., object] = real, **named: object) -> object:
            countdown.tick()
            done = _real(path, *arguments, **named)
            countdown.tick()
            return done

        setattr(Path, name, counted)


def work(what: str, course: Path, url: str | None, results: Path, at: int) -> None:
    """Do it, and print how many moments there were."""
    countdown = Countdown(at)
    with Book(course, url) as book:
        event.listen(book.gradebook.engine, "after_cursor_execute", countdown.tick)
        event.listen(book.gradebook.engine, "commit", countdown.tick)
        count_files(countdown)
        if what == "add":
            adding.add(book, [read_scored(place) for place in places([results])])
        else:
            marks = Marks(marked_notebooks(book))
            for place in places([results]):
                write(marks.folded(read_scored(place)), {})
    print(countdown.count, flush=True)


def look(course: Path, url: str | None) -> None:
    with Book(course, url) as book:
        print(json.dumps(given(marked_notebooks(book))), flush=True)


def given(notebooks: Sequence[MarkedNotebook]) -> list[list[object]]:
    """All that people gave."""
    return [
        [each.candidate.name, cell.name, [[g.marker, g.score, g.comment] for g in cell.given], cell.manual]
        for each in notebooks
        for cell in each.cells
    ]


def forked(do: Callable[[], object]) -> int:
    """Do it in a process of its own, and return how that ended."""
    child = os.fork()
    if child == 0:
        do()
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def main(what: str, course: str, url: str, *tasks: str) -> None:
    place, address = Path(course), None if url == "-" else url
    alembic_head()
    Publisher().load()
    for task in tasks:
        moment, _, results = task.partition("=")
        print(forked(partial(work, what, place, address, Path(results), int(moment))), flush=True)
        forked(partial(look, place, address))


if __name__ == "__main__":
    main(*sys.argv[1:])
