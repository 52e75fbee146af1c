"""Putting the worker's process into the state that every fork is to inherit."""

from __future__ import annotations

import gc
import importlib
import os
import signal
import sys
from pathlib import Path

from grader.worker.jail import PACKAGES
from grader.worker.kernel import PR_SET_CHILD_SUBREAPER, prctl

_PRELOADED = (
    *("numpy.random", "numpy.linalg", "numpy.typing"),
    *("array", "bisect", "cmath", "collections.abc", "contextlib", "copy", "dataclasses", "decimal", "enum"),
    *("fractions", "functools", "heapq", "itertools", "logging", "numbers", "operator", "random", "re"),
    *("statistics", "string", "textwrap", "typing", "warnings"),
)
"""What numpy and honest submissions often import late; here it costs once and not in every test."""


def prepare() -> None:
    """Put this process into the state that every fork is to inherit."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if os.getpid() != 1 and sys.platform == "linux":
        _adopt_orphans()
    load()


def load() -> None:
    """Import what forks will need, and have no collection of garbage copy it."""
    for name in _PRELOADED:
        importlib.import_module(name)
    gc.freeze()
    gc.enable()


def _adopt_orphans() -> None:
    """Become the parent of whatever a test leaves behind, as init is by nature (prctl(2), PR_SET_CHILD_SUBREAPER)."""
    prctl(PR_SET_CHILD_SUBREAPER, 1)


def forget_packages() -> None:
    """Find the standard library only: what is installed beside numpy on this machine is not there for a submission.

    Forks cannot read it anyway, but would be told so by an error that is none of importing.
    """
    library = [path for path in sys.path if Path(path).name not in PACKAGES]
    given = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    sys.path[:] = [path for path in library if path not in given]
    os.environ.pop("PYTHONPATH", None)
    sys.path_importer_cache.clear()
