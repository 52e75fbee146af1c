"""The sandbox for machines without a container engine: Landlock, a system-call filter and limits, nothing installed.

The worker is a process of this machine and trusted; each test's fork is held by ``grader.worker.jail``: no network,
no file but Python, numpy and a folder of its own, no process beside it, no signal out. Where this is root, each fork
becomes a user that nobody else is.
"""

from __future__ import annotations

import platform
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

from grader.errors import SandboxError
from grader.sandbox import Sandbox
from grader.sandbox.local import LocalProvider, LocalSandbox, started
from grader.worker import landlock
from grader.worker.filtering import can_filter


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

    def launch(self, modules: Mapping[str, bytes], *, memory_bytes: int, hash_seed: int) -> Sandbox:
        """See ``SandboxProvider``."""
        return EmbeddedSandbox(self, modules, hash_seed)


class EmbeddedSandbox(LocalSandbox):
    """A worker that shares this machine's files and processes, and keeps its forks away from them."""

    def spawn(self, **options: Any) -> subprocess.Popen[bytes]:
        """See ``ProcessSandbox``."""
        return subprocess.Popen([sys.executable, *started(self.folder, "nothing")], **options)
