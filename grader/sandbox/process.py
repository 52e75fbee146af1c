"""No sandbox at all: the worker as a plain subprocess. It contains nothing; for trusted code only."""

from __future__ import annotations

import os
import select
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import grader
from grader.errors import SandboxError
from grader.sandbox import Loss, Sandbox, SandboxFacts, SandboxProvider
from grader.sandbox.leftovers import FOLDER_PREFIX, owner
from grader.sandbox.session import Stream, WorkerLost, WorkerSession
from grader.sandbox.stem import Offshoot

_CLOSE_SECONDS = 5.0
_PIECE_BYTES = 256 * 1024

WorkerProcess = subprocess.Popen[bytes] | Offshoot


class ProcessProvider:
    """Starts workers as subprocesses of this one."""

    kind = "none"
    proved: tuple[str, ...] = ()

    def launch(self, modules: Mapping[str, bytes], *, memory_bytes: int, hash_seed: int) -> Sandbox:
        """See ``SandboxProvider``."""
        return ProcessSandbox(modules, hash_seed)

    def again(self) -> Callable[[], SandboxProvider]:
        """See ``SandboxProvider``."""
        return ProcessProvider

    def grow(self, hash_seed: int) -> bool:
        """Each worker starts by itself."""
        return False

    def renew(self) -> None:
        """Nothing is shared."""

    def close(self) -> None:
        """Nothing is shared."""


class ProcessSandbox:
    """A worker in a process group of its own, with a temporary folder that goes when it does."""

    kind = "none"

    def __init__(self, modules: Mapping[str, bytes], hash_seed: int) -> None:
        self.modules = modules
        self.folder = tempfile.mkdtemp(prefix=f"{FOLDER_PREFIX}{owner()}-")
        self.errors = tempfile.TemporaryFile()  # noqa: SIM115 - open until this is closed
        self.process = self.spawn(
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.errors,
            env=clean_environment(hash_seed) | {"PYTHONPATH": os.pathsep.join(self.path())},
            cwd=self.folder,
            start_new_session=True,
        )
        self._session: WorkerSession | None = None

    def spawn(self, **options: Any) -> WorkerProcess:
        """Start a worker.

        Args:
            options: those of ``subprocess.Popen``.
        """
        return subprocess.Popen([sys.executable, "-m", "grader.worker", self.folder], **options)

    def path(self) -> list[str]:
        """Return where its Python looks for modules, beside the usual places."""
        return [str(Path(grader.__file__).resolve().parents[1])]

    def session(self) -> WorkerSession:
        """See ``Sandbox``."""
        if self._session is None:
            session = WorkerSession(PipeStream(self.process))
            try:
                session.start(self.modules)
            except WorkerLost as error:
                raise SandboxError(f"the worker did not start: {error} {self._last_words()}".strip()) from error
            self._session = session
        return self._session

    def facts(self) -> SandboxFacts:
        """See ``Sandbox``."""
        told = self.session().facts
        return SandboxFacts(self.kind, "none", "", str(told.get("python", "")), str(told.get("numpy", "")))

    def loss(self) -> Loss:
        """Without a container nothing tells a crash of ours from one that the submission caused."""
        return Loss(is_ours=False, reason=f"the worker ended with code {self.process.poll()}")

    def close(self) -> None:
        """See ``Sandbox``."""
        if self.errors.closed:
            return
        if self.process.poll() is None:
            WorkerSession(PipeStream(self.process)).quit()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()
        try:
            self.process.wait(_CLOSE_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.errors.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _last_words(self) -> str:
        """The last line that the worker itself wrote to stderr; what a submission prints never comes here."""
        size = os.fstat(self.errors.fileno()).st_size
        lines = os.pread(self.errors.fileno(), 4096, max(0, size - 4096)).decode(errors="replace").split("\n")
        return next((line.strip() for line in reversed(lines) if line.strip()), "")


class PipeStream(Stream):
    """A worker's stdin and stdout."""

    def __init__(self, process: WorkerProcess) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self.sink, self.source = process.stdin.fileno(), process.stdout.fileno()
        self._piece = memoryview(bytearray(_PIECE_BYTES))
        os.set_blocking(self.sink, False)
        os.set_blocking(self.source, False)

    def send(self, data: memoryview) -> int:
        """See ``Stream``."""
        try:
            return os.write(self.sink, data)
        except BlockingIOError:
            return 0

    def receive(self) -> bytes | None:
        """See ``Stream``."""
        try:
            count = os.readv(self.source, [self._piece])
        except BlockingIOError:
            return b""
        return bytes(self._piece[:count]) or None

    def wait(self, *, writable: bool, seconds: float) -> None:
        """See ``Stream``."""
        select.select([self.source], [self.sink] if writable else [], [], max(0.0, seconds))

    def close(self) -> None:
        """The process owns the descriptors."""


def clean_environment(hash_seed: int) -> dict[str, str]:
    """Return an environment with nothing of the caller's but where programs and libraries are found.

    Args:
        hash_seed: PYTHONHASHSEED.
    """
    kept = {key: os.environ[key] for key in ("PATH", "LD_LIBRARY_PATH", "SYSTEMROOT") if key in os.environ}
    return kept | {
        "PYTHONHASHSEED": str(hash_seed),
        "PYTHONSAFEPATH": "1",
        "PYTHONNOUSERSITE": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "LANG": "C.UTF-8",
    }
