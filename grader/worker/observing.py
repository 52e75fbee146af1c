"""Notes what a submission does that solving the task does not need.

Evidence for a person, never points: the notes come from the fork itself, which may be lying.
"""

from __future__ import annotations

import importlib
import linecache
import os
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import numpy as np

from grader.worker.importing import FOLDER

_WATCHED = (
    "open",
    "os.",
    "subprocess.",
    "socket.",
    "ctypes.",
    "gc.",
    "sys._getframe",
    "sys._current_frames",
    "sys.setprofile",
    "sys.settrace",
    "sys.addaudithook",
    "mmap.",
    "shutil.",
    "signal.",
    "code.__new__",
    "builtins.input",
    "exec",
    "import",
    "pty.",
    "resource.",
    "syslog.",
    "glob.",
    "tempfile.",
)
_LIBRARIES = tuple(os.path.dirname(str(module.__file__)) + os.sep for module in (os, np))
_NOTES_LIMIT = 24
_FRAMES_LOOKED_AT = 40

Note = Callable[[list[Any]], None]


class Observer:
    """Sends a note for each new kind of event at each line of the submission."""

    def __init__(self, send: Note) -> None:
        self.send = send
        self.pid = os.getpid()
        self.busy = False
        self.seen: set[tuple[str, str, int]] = set()

    def install(self) -> None:
        """Watch from now on; cannot be undone in this process."""
        sys.addaudithook(self._hook)

    def _hook(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self.busy or not event.startswith(_WATCHED) or os.getpid() != self.pid:
            return
        self.busy = True
        try:
            self._look(event, arguments)
        finally:
            self.busy = False

    def _look(self, event: str, arguments: tuple[Any, ...]) -> None:
        frame = sys._getframe(2)
        place = _place(frame, event)
        if place is None or len(self.seen) >= _NOTES_LIMIT:
            return
        if event == "open" and _is_quoted(frame, arguments[0]):
            return
        key = (event, *place)
        if key not in self.seen:
            self.seen.add(key)
            first = arguments[0] if arguments else ""
            detail = first if isinstance(first, str) else type(first).__name__
            self.send([event, str(detail)[:200], *place])


def _is_quoted(frame: FrameType | None, path: object) -> bool:
    """Whether a file is opened only because a warning or a traceback quotes a line of Python's or numpy's source."""
    if not isinstance(path, str) or not path.startswith(_LIBRARIES):
        return False
    while frame is not None and not frame.f_code.co_filename.startswith(FOLDER):
        if frame.f_code is linecache.updatecache.__code__:
            return True
        frame = frame.f_back
    return False


def _place(frame: FrameType | None, event: str) -> tuple[str, int] | None:
    """File and line of the submission that led to an event.

    Importing opens files and runs code on behalf of nobody. So only importlib may stand between the submission and
    an import, nothing between it and ``exec``, and anything but importlib between it and the rest.
    """
    for _ in range(_FRAMES_LOOKED_AT):
        if frame is None:
            return None
        name = frame.f_code.co_filename
        if name.startswith(FOLDER):
            return name.removeprefix(FOLDER), frame.f_lineno
        is_importing = name.startswith("<frozen importlib") or name == importlib.__file__
        if event == "exec" or is_importing != (event == "import"):
            return None
        frame = frame.f_back
    return None
