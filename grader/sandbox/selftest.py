"""Before the first submission, a sandbox shows that it holds: what it has to refuse is attempted inside."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from grader.errors import SandboxError
from grader.sandbox.session import WorkerLost, WorkerSession

_MEMORY_BYTES = 256 * 1024 * 1024

REFUSED = (
    *("network", "reading outside", "writing outside", "making files outside", "changing files outside"),
    *("signals", "limits of others", "tracing", "memory", "processes"),
)
"""What has to be refused; the attempts are in ``grader.worker.proving``."""


def prove(session: WorkerSession, cure: str, targets: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what was attempted in a sandbox and refused: all of ``REFUSED``.

    Args:
        session: with its worker; no test is running.
        cure: what to do where the proof fails.
        targets: what the attempts are aimed at, see ``grader.worker.proving``.

    Raises:
        SandboxError: something was not refused, or could not be tried.
    """
    try:
        found = session.prove(targets, _MEMORY_BYTES)
    except WorkerLost as error:
        raise SandboxError(f"the sandbox could not be proved: {error}", cure=cure) from error
    if allowed := [name for name in REFUSED if not found.get(name)]:
        raise SandboxError(f"the sandbox does not hold: it allowed {', '.join(allowed)}", cure=cure)
    return REFUSED


@contextmanager
def on_the_host() -> Iterator[dict[str, Any]]:
    """Targets for a sandbox that shares this machine's files and processes: a file of this user, and this process."""
    with tempfile.NamedTemporaryFile(prefix="grader-foreign-") as foreign:
        foreign.write(b"not for a submission")
        foreign.flush()
        folders = [str(Path(foreign.name).parent), str(Path.home()), "/"]
        yield {"secret": foreign.name, "foreign": foreign.name, "folders": folders, "pids": [os.getpid()]}
