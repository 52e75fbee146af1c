"""Which kind of sandbox a run gets."""

from __future__ import annotations

import os
from collections.abc import Callable

from grader.errors import SandboxError
from grader.sandbox import SandboxProvider

KINDS = ("auto", "docker", "embedded", "none")


def choose(kind: str, say: Callable[[str], None], runtime: str = "") -> SandboxProvider:
    """Return what makes the sandboxes of a run.

    Args:
        kind: one of ``KINDS``; ``"auto"`` takes Docker where it is to be had, else the embedded sandbox, and never
            ``"none"``.
        say: is told what takes long, and what was chosen where Docker is not to be had.
        runtime: what runs Docker's containers; whoever names one wants Docker and no other kind.

    Raises:
        SandboxError: there is none to be had; the message says why and the cure.
    """
    if kind == "none":
        from grader.sandbox.process import ProcessProvider

        return ProcessProvider()
    if kind == "embedded":
        return _embedded()
    from grader.sandbox.docker import RUNTIME_VARIABLE, DockerProvider

    try:
        return DockerProvider(say, runtime=runtime)
    except SandboxError as error:
        if kind == "docker" or runtime or os.environ.get(RUNTIME_VARIABLE):
            raise SandboxError(f"no sandbox, so nothing was scored: {error}", cure=error.cure) from error
        provider = _embedded(str(error))
        say(f"Docker is not to be had ({error}); the embedded sandbox is used")
        return provider


def _embedded(why: str = "") -> SandboxProvider:
    from grader.sandbox.embedded import EmbeddedProvider

    try:
        return EmbeddedProvider(why)
    except SandboxError as error:
        docker = f"{why}; " if why else ""
        raise SandboxError(f"no sandbox, so nothing was scored: {docker}{error}", cure=error.cure) from error
