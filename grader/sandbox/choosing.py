"""Which kind of sandbox a run gets."""

from __future__ import annotations

import os
from collections.abc import Callable

from grader.errors import SandboxError
from grader.sandbox import SandboxProvider

KINDS = ("auto", "docker", "bubblewrap", "embedded", "none")


def choose(kind: str, say: Callable[[str], None], runtime: str = "") -> SandboxProvider:
    """Return what makes the sandboxes of a run.

    Args:
        kind: one of ``KINDS``; ``"auto"`` takes Docker where it is to be had, else bubblewrap, else the embedded
            sandbox, and never ``"none"``.
        say: is told what takes long, and what was chosen where Docker is not to be had.
        runtime: what runs Docker's containers; whoever names one wants Docker and no other kind.

    Raises:
        SandboxError: there is none to be had; the message says why and the cure.
    """
    if kind == "none":
        from grader.sandbox.process import ProcessProvider

        return ProcessProvider()
    from grader.sandbox.docker import RUNTIME_VARIABLE

    if kind == "auto" and (runtime or os.environ.get(RUNTIME_VARIABLE)):
        kind = "docker"
    refused: list[SandboxError] = []
    for name in _MAKERS if kind == "auto" else [kind]:
        why = "; ".join(map(str, refused))
        try:
            provider = _MAKERS[name](why, say, runtime)
        except SandboxError as error:
            refused.append(error)
            continue
        if refused:
            say(f"the {name} sandbox is used, because {why}")
        return provider
    reasons = "; ".join(map(str, refused))
    raise SandboxError(f"no sandbox, so nothing was scored: {reasons}", cure=refused[-1].cure) from refused[-1]


def _docker(why: str, say: Callable[[str], None], runtime: str) -> SandboxProvider:
    from grader.sandbox.docker import DockerProvider

    return DockerProvider(say, runtime=runtime)


def _bubblewrap(why: str, say: Callable[[str], None], runtime: str) -> SandboxProvider:
    from grader.sandbox.bubblewrap import BubblewrapProvider

    return BubblewrapProvider(why)


def _embedded(why: str, say: Callable[[str], None], runtime: str) -> SandboxProvider:
    from grader.sandbox.embedded import EmbeddedProvider

    return EmbeddedProvider(why)


_MAKERS = {"docker": _docker, "bubblewrap": _bubblewrap, "embedded": _embedded}
"""In the order in which ``"auto"`` tries them. A maker takes why no earlier one will do."""
