"""No sandbox and no fork: a process for each test, on any system. It contains nothing; for one's own code.

Forking is left to Linux: on macOS a fork that uses the system's linear algebra may crash, and Windows has none.
"""

from __future__ import annotations

import os
import queue
import subprocess
import sys
import tempfile
import threading
from collections import deque
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import grader
from grader.errors import SandboxError
from grader.sandbox import Loss, Sandbox, SandboxFacts, SandboxProvider
from grader.sandbox.process import clean_environment
from grader.sandbox.session import ForkFacts, ForkGone, ForkLimits, Stream, WorkerLost, WorkerSession
from grader.worker.protocol import OUTPUT_LIMIT

_AHEAD = 3
"""How many processes start ahead of need: each takes a moment to load numpy."""

_LAST_MOMENT_SECONDS = 0.5
_PIECE_BYTES = 1 << 18
_OUTPUT_BYTES = 1 << 20


class SpawnedProvider:
    """Starts sandboxes that start a process for each test."""

    kind = "none"
    proved: tuple[str, ...] = ()

    def launch(self, modules: Mapping[str, bytes], *, memory_bytes: int, hash_seed: int) -> Sandbox:
        """See ``SandboxProvider``."""
        return SpawnedSandbox(modules, hash_seed)

    def again(self) -> Callable[[], SandboxProvider]:
        """See ``SandboxProvider``."""
        return SpawnedProvider

    def grow(self, hash_seed: int) -> bool:
        """Each worker starts by itself."""
        return False

    def renew(self) -> None:
        """Nothing is shared."""

    def close(self) -> None:
        """Nothing is shared."""


class SpawnedSandbox:
    """The processes of one submission's tests."""

    kind = "none"

    def __init__(self, modules: Mapping[str, bytes], hash_seed: int) -> None:
        self._session = SpawnedSession(modules, partial(Process, clean_environment(hash_seed)))

    def session(self) -> WorkerSession:
        """See ``Sandbox``."""
        return self._session

    def facts(self) -> SandboxFacts:
        """See ``Sandbox``."""
        told = self._session.facts
        return SandboxFacts(self.kind, "none", "", str(told.get("python", "")), str(told.get("numpy", "")))

    def loss(self) -> Loss:
        """Nothing tells a crash of ours from one that the submission caused."""
        return Loss(is_ours=False, reason="the process of the test no longer answers")

    def close(self) -> None:
        """See ``Sandbox``."""
        self._session.close()


class SpawnedSession(WorkerSession):
    """A session whose worker is another one for each test.

    Args:
        modules: the submission.
        start: starts a process.
    """

    def __init__(self, modules: Mapping[str, bytes], start: Callable[[], Process]) -> None:
        self.modules = modules
        self.start_process = start
        self.ahead = deque(start() for _ in range(_AHEAD))
        self.process = self.ahead[0]
        super().__init__(self.process.stream)

    def begin(self, limits: ForkLimits) -> None:
        """See ``WorkerSession``.

        Raises:
            SandboxError: no process can be had.
        """
        self.process = self.ahead.popleft()
        self.ahead.append(self.start_process())
        super().__init__(self.process.stream)
        try:
            self.start(self.modules)
        except WorkerLost as error:
            last_words = self.process.end().decode(errors="replace").strip().rpartition("\n")[2]
            raise SandboxError(f"the worker did not start: {error} {last_words}") from error
        super().begin(limits)

    def receive(self, count: int, deadline: float) -> bytes:
        """See ``WorkerSession``; here a process that ends is the test's own."""
        try:
            return super().receive(count, deadline)
        except WorkerLost as error:
            if self.process.has_ended():
                raise ForkGone from error
            raise

    def end(self) -> ForkFacts:
        """See ``WorkerSession``."""
        status = self.process.popen.poll()
        cpu_seconds = self._last_cpu_seconds() if status is None else 0.0
        printed = self.process.end()
        return ForkFacts(status, False, cpu_seconds, printed[:OUTPUT_LIMIT], len(printed))

    def close(self) -> None:
        """End all processes."""
        for process in {self.process, *self.ahead}:
            process.end()

    def _last_cpu_seconds(self) -> float:
        try:
            return self.cpu_seconds()
        except WorkerLost:
            return 0.0  # nobody is charged for it


class Process:
    """One process, and a file for what is printed there.

    Args:
        environment: of the process.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.output = tempfile.TemporaryFile()  # noqa: SIM115 - open until the end
        self.popen = subprocess.Popen(
            [sys.executable, "-c", "from grader.worker.alone import main; main()"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.output,
            env={**environment, "PYTHONPATH": str(Path(grader.__file__).resolve().parents[1])},
        )
        self.stream = ThreadedStream(self.popen)
        self.printed: bytes | None = None

    def has_ended(self) -> bool:
        """Whether the process is gone, or will be in a moment: its pipe closes first."""
        try:
            self.popen.wait(_LAST_MOMENT_SECONDS)
        except subprocess.TimeoutExpired:
            return False
        return True

    def end(self) -> bytes:
        """Kill it if need be, and return what was printed, up to a limit."""
        if self.printed is None:
            self.popen.kill()
            self.popen.wait()
            self.stream.close()
            self.output.seek(0)
            self.printed = self.output.read(_OUTPUT_BYTES)
            self.output.close()
        return self.printed


class ThreadedStream(Stream):
    """A process's stdin and stdout by blocking calls alone: Windows cannot wait for pipes."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self.sink, self.source = process.stdin, process.stdout
        self.pieces: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self.piece: bytes | None = None
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def send(self, data: memoryview) -> int:
        """See ``Stream``; the process takes what it is sent at once."""
        return os.write(self.sink.fileno(), data)

    def receive(self) -> bytes | None:
        """See ``Stream``."""
        self.wait(writable=False, seconds=0)
        if self.piece is None:
            return b""
        if not self.piece:
            return None
        piece, self.piece = self.piece, None
        return piece

    def wait(self, *, writable: bool, seconds: float) -> None:
        """See ``Stream``."""
        if self.piece is not None or writable:
            return
        try:
            self.piece = self.pieces.get(timeout=seconds) if seconds > 0 else self.pieces.get_nowait()
        except queue.Empty:
            return

    def close(self) -> None:
        """Close both ends, once the process is gone."""
        self.reader.join(_LAST_MOMENT_SECONDS)  # what the process has started may hold its pipe
        for pipe in (self.sink, self.source):
            try:
                pipe.close()
            except OSError:  # what was not yet sent has nobody to go to
                continue

    def _read(self) -> None:
        """Take in all that the process says; the last piece is empty."""
        while piece := os.read(self.source.fileno(), _PIECE_BYTES):
            self.pieces.put(piece)
        self.pieces.put(b"")
