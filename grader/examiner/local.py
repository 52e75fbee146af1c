"""A pytest plugin for plain ``pytest``: the fixtures of a suite, with the modules imported in process.

For editors, debuggers and authors at work. It contains nothing and protects nothing: scores come from the
examiner, which runs the same tests against a sandbox.
"""

from __future__ import annotations

import copy
import hashlib
import importlib
import random
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from grader.examiner.seeding import derived
from grader.models import Timing
from grader.packet import PACKET_FILE, read_packet


@dataclass(frozen=True)
class LocalCall:
    """What one call gave: its result, and its arguments as the call left them."""

    result: Any
    arguments: tuple[Any, ...]
    keywords: dict[str, Any]


class LocalStopwatch:
    """CPU time of this process in seconds, set when the block is left."""

    cpu_seconds = 0.0


class LocalCandidate:
    """Modules by name, imported here: ``candidate.knn`` is ``import knn``."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return importlib.import_module(name)

    def call(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> LocalCall:
        """Call ``function`` on copies of the arguments; return its result and what became of them."""
        args, kwargs = copy.deepcopy((args, kwargs))
        result = function(*args, **kwargs)
        return LocalCall(result, args, kwargs)

    def generator_state(self) -> str:
        """Return a digest of the states of the global generators of numpy and ``random``."""
        name, keys, *rest = np.random.get_state(legacy=True)
        state = repr((name, np.asarray(keys).tobytes(), rest, random.getstate()))
        return hashlib.sha256(state.encode()).hexdigest()

    @contextmanager
    def stopwatch(self) -> Iterator[LocalStopwatch]:
        """Measure the CPU time of this process while the block runs."""
        watch = LocalStopwatch()
        before = time.process_time()
        yield watch
        watch.cpu_seconds = time.process_time() - before

    def keep_timings(self, timings: Sequence[Timing]) -> None:
        """Do without: plain pytest writes no report that could show them."""


@pytest.fixture
def candidate(request: pytest.FixtureRequest) -> LocalCandidate:
    """The modules under test: those beside the test file come first, however pytest was started."""
    folder = str(request.path.parent)
    if folder not in sys.path:
        sys.path.insert(0, folder)
    return LocalCandidate()


@pytest.fixture
def reference(candidate: LocalCandidate) -> LocalCandidate:
    """What speed is compared with; in process there is only the code under test itself."""
    return candidate


@pytest.fixture
def rng(request: pytest.FixtureRequest) -> np.random.Generator:
    """A generator seeded as ``grader check`` does it: by the packet, where the tests came in one, and the test."""
    folder = request.path.parent
    test = f"{request.path.name}::{request.node.nodeid.partition('::')[2]}"
    return np.random.default_rng(derived(_packet_seed(folder.parent), folder.name, test, "inputs"))


def _packet_seed(folder: Path) -> int:
    path = folder / PACKET_FILE
    return read_packet(path.read_bytes(), str(path)).seed if path.is_file() else 0


def pytest_configure(config: pytest.Config) -> None:
    """Declare the markers that suites use."""
    config.addinivalue_line("markers", "criterion(id): the criterion of assignment.toml that a test belongs to")
    config.addinivalue_line("markers", "limits(call_seconds=…): a limit of this test's own")
