"""The sandbox for machines without a container engine: Landlock, a system-call filter and limits, nothing installed.

The worker is a process of this machine and trusted; each test's fork is held by ``grader.worker.jail``: no network,
no file but Python, numpy and a folder of its own, no process beside it, no signal out. Where this is root, each fork
becomes a user that nobody else is.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from grader.errors import SandboxError
from grader.sandbox import Sandbox
from grader.sandbox.local import LocalProvider, LocalSandbox, started, started_stem, worker_path
from grader.sandbox.process import WorkerProcess, clean_environment
from grader.sandbox.stem import Stem
from grader.worker import landlock
from grader.worker.filtering import can_filter

_AROUND = "nothing"
_MOST_STEMS = 4
"""Hash seeds of which the workers share their start; those of others start by themselves."""


class EmbeddedProvider(LocalProvider):
    """Starts workers whose forks are held by the kernel's own means.

    Args:
        why: why it is this kind of sandbox; empty if it was asked for.

    Raises:
        SandboxError: this system has not what it takes.
    """

    kind = "embedded"
    cure = "use Docker (`grader doctor` tells more), or a machine with Linux 6.2 or later"

    def __init__(self, why: str = "") -> None:
        if not can_filter() or not landlock.version():
            raise SandboxError(
                f"the embedded sandbox needs Landlock, and {platform.system()} {platform.release()} on"
                f" {platform.machine()} has none",
                cure=self.cure,
            )
        super().__init__(why)
        self.engine = f"Landlock {landlock.version()}"
        self.stems: dict[int, Stem] = {}

    def launch(self, modules: Mapping[str, bytes], *, memory_bytes: int, hash_seed: int) -> Sandbox:
        """See ``SandboxProvider``."""
        return EmbeddedSandbox(self, self.stems.get(hash_seed), modules, hash_seed)

    def grow(self, hash_seed: int) -> bool:
        """See ``SandboxProvider``."""
        known = self.stems.get(hash_seed)
        if known is None and len(self.stems) >= _MOST_STEMS:
            return False
        if known is not None:
            if known.is_alive():
                return False
            known.close()
        try:
            self.stems[hash_seed] = Stem(lambda requests: _stem(requests, hash_seed))
        except OSError as error:
            raise SandboxError(f"no worker can be started: {error}", cure=self.cure) from error
        self.proved = ()
        return True

    @contextmanager
    def targets(self) -> Iterator[dict[str, Any]]:
        """See ``LocalProvider``; and what workers are forked from, which has the same user where that is not root."""
        with super().targets() as targets:
            stems = [stem.process.pid for stem in self.stems.values()]
            yield targets | {"pids": [*targets["pids"], *stems]}

    def close(self) -> None:
        """Let go of what workers are forked from."""
        for stem in self.stems.values():
            stem.close()
        self.stems.clear()


class EmbeddedSandbox(LocalSandbox):
    """A worker that shares this machine's files and processes, and keeps its forks away from them."""

    def __init__(
        self, provider: EmbeddedProvider, stem: Stem | None, modules: Mapping[str, bytes], hash_seed: int
    ) -> None:
        self.stem = stem
        super().__init__(provider, modules, hash_seed)

    def spawn(self, **options: Any) -> WorkerProcess:
        """See ``ProcessSandbox``."""
        if self.stem is None:
            return subprocess.Popen([sys.executable, *started(self.folder, _AROUND)], **options)
        try:
            return self.stem.fork(self.folder, self.errors)
        except OSError as error:
            self.errors.close()
            os.rmdir(self.folder)
            raise SandboxError(f"the process that workers are forked from is gone: {error}") from error


def _stem(requests: int, hash_seed: int) -> subprocess.Popen[bytes]:
    environment = clean_environment(hash_seed) | {"PYTHONPATH": os.pathsep.join(worker_path())}
    return subprocess.Popen(
        [sys.executable, *started_stem(_AROUND)],
        stdin=requests,
        stdout=subprocess.DEVNULL,
        env=environment,
        cwd="/",
        start_new_session=True,
    )
