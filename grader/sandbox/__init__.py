"""Where a submission runs: one interface, one module per kind.

A sandbox returns facts; it knows nothing of tests or points.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from grader.sandbox.session import WorkerSession


@dataclass(frozen=True)
class SandboxFacts:
    """What a report says about where a submission ran.

    Attributes:
        kind: ``"docker"``, ``"bubblewrap"``, ``"embedded"`` or ``"none"``.
        engine: name and version of what contains it.
        image: id of the image; empty where there is none.
        python: version of Python inside.
        numpy: version of numpy inside.
        proved: what a process in this sandbox has attempted before any submission ran, and was refused.
        why: why it is this kind and no other; empty if it was asked for.
    """

    kind: str
    engine: str
    image: str
    python: str
    numpy: str
    proved: tuple[str, ...] = ()
    why: str = ""


@dataclass(frozen=True)
class Loss:
    """Why a worker went away.

    Attributes:
        is_ours: the submission cannot be blamed for it.
        reason: for staff, one line.
        out_of_memory: the kernel killed the worker for lack of memory.
    """

    is_ours: bool
    reason: str
    out_of_memory: bool = False


class Sandbox(Protocol):
    """One sandbox with one worker in it; never used for a second submission."""

    def session(self) -> WorkerSession:
        """Return the conversation with the worker, once it is ready.

        Raises:
            SandboxError: the sandbox could not be had.
        """

    def facts(self) -> SandboxFacts:
        """Return what a report says about this sandbox; after ``session``."""

    def loss(self) -> Loss:
        """Find out why the worker went away."""

    def close(self) -> None:
        """End and remove it; safe to call more than once and while it is still starting."""


class SandboxProvider(Protocol):
    """Makes sandboxes of one kind.

    Attributes:
        kind: of sandbox.
        proved: what was attempted in the first of them, and refused.
    """

    kind: str
    proved: tuple[str, ...]

    def launch(self, modules: Mapping[str, bytes], *, memory_bytes: int, hash_seed: int) -> Sandbox:
        """Begin to start a sandbox and return at once.

        Args:
            modules: the submission: sources by module name.
            memory_bytes: what one test may use; the sandbox allows for the worker beside it.
            hash_seed: PYTHONHASHSEED of the worker, so that a run can be replayed.
        """

    def grow(self, hash_seed: int) -> bool:
        """Have the workers of a hash seed share their start from now on, in processes forked from this one too.

        Returns:
            Whether something changed by it: the next sandbox proves itself anew.

        Raises:
            SandboxError: it cannot be had.
        """

    def again(self) -> Callable[[], SandboxProvider]:
        """Return what makes a provider like this one in another process: it can be pickled."""

    def renew(self) -> None:
        """Take connections of its own: called in a process that was forked, after which both go on."""

    def close(self) -> None:
        """Let go of what the sandboxes share."""
