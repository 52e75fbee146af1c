"""The sandbox for machines without a container engine: Landlock, a system-call filter and limits, nothing installed.

The worker is a process of this machine and trusted; each test's fork is held by ``grader.worker.jail``: no network,
no file but Python, numpy and a folder of its own, no process beside it, no signal out. Where this is root, each fork
becomes a user that nobody else is.
"""

from __future__ import annotations

import platform
import sys
from collections.abc import Callable, Mapping
from functools import partial
from importlib.util import find_spec
from pathlib import Path

from grader.errors import SandboxError
from grader.sandbox import Loss, Sandbox, SandboxFacts, SandboxProvider
from grader.sandbox.process import ProcessSandbox
from grader.sandbox.selftest import on_the_host, prove
from grader.sandbox.session import WorkerSession
from grader.worker import landlock
from grader.worker.filtering import can_filter

_CURE = "use Docker (`grader doctor` tells more), or a machine with Linux 6.12 or later; as root 6.2 will do"
_START = "from grader.worker.zygote import main; main()"


class EmbeddedProvider:
    """Starts workers whose forks are held by the kernel's own means.

    Args:
        why: why it is this kind of sandbox; empty if it was asked for.

    Raises:
        SandboxError: this system has not what it takes.
    """

    kind = "embedded"

    def __init__(self, why: str = "") -> None:
        if not can_filter() or not landlock.version():
            raise SandboxError(
                f"the embedded sandbox needs Landlock, and {platform.system()} {platform.release()} on"
                f" {platform.machine()} has none",
                cure=_CURE,
            )
        self.why = why
        self.proved: tuple[str, ...] = ()

    def launch(self, modules: Mapping[str, bytes], *, memory_bytes: int, hash_seed: int) -> Sandbox:
        """See ``SandboxProvider``."""
        return EmbeddedSandbox(self, modules, hash_seed)

    def again(self) -> Callable[[], SandboxProvider]:
        """See ``SandboxProvider``."""
        return partial(EmbeddedProvider, self.why)

    def close(self) -> None:
        """Nothing is shared."""


class EmbeddedSandbox(ProcessSandbox):
    """A worker that jails its forks."""

    kind = "embedded"

    def __init__(self, provider: EmbeddedProvider, modules: Mapping[str, bytes], hash_seed: int) -> None:
        self.provider = provider
        super().__init__(modules, hash_seed)

    def command(self) -> list[str]:
        """See ``ProcessSandbox``."""
        return [sys.executable, "-S", "-c", f"import sys; sys.argv.append('host'); {_START}"]

    def path(self) -> list[str]:
        """Return where numpy, msgpack and the worker are: without ``site``, Python finds its own library only."""
        places = [
            Path(spec.origin).parents[1]
            for name in ("grader", "numpy", "msgpack")
            if (spec := find_spec(name)) and spec.origin
        ]
        return list(dict.fromkeys(map(str, places)))

    def session(self) -> WorkerSession:
        """See ``Sandbox``."""
        if self._session is None:
            try:
                session = super().session()
            except SandboxError as error:
                raise SandboxError(f"the embedded sandbox cannot be had: {error}", cure=_CURE) from error
            if not self.provider.proved:
                with on_the_host() as targets:
                    self.provider.proved = prove(session, _CURE, targets)
        assert self._session is not None
        return self._session

    def facts(self) -> SandboxFacts:
        """See ``Sandbox``."""
        told = self.session().facts
        engine = f"Landlock {landlock.version()} on {told.get('system', '')}"
        python, numpy = str(told.get("python", "")), str(told.get("numpy", ""))
        return SandboxFacts(self.kind, engine, "", python, numpy, self.provider.proved, self.provider.why)

    def loss(self) -> Loss:
        """See ``Sandbox``."""
        code = self.process.poll()
        if code is None:
            return Loss(is_ours=False, reason="the worker no longer answers")
        # No fork may signal the worker, so that it was the machine's kernel or somebody on it.
        return Loss(is_ours=code < 0, reason=f"the worker ended with code {code}")
