"""Which kind of sandbox a run gets."""

from __future__ import annotations

from collections.abc import Callable

from grader.errors import SandboxError
from grader.sandbox import SandboxProvider

KINDS = ("auto", "docker", "none")


def choose(kind: str, say: Callable[[str], None]) -> SandboxProvider:
    """Return what makes the sandboxes of a run.

    Args:
        kind: one of ``KINDS``; ``"auto"`` takes the safest that works here, never ``"none"``.
        say: is told what takes long.

    Raises:
        SandboxError: there is none to be had; the message says why and the cure.
    """
    if kind == "none":
        from grader.sandbox.process import ProcessProvider

        return ProcessProvider()
    from grader.sandbox.docker import DockerProvider

    try:
        return DockerProvider(say)
    except SandboxError as error:
        raise SandboxError(f"no sandbox, so nothing was scored: {error}", cure=error.cure) from error
