"""Workers that share their start: forked by one process that has numpy loaded, see ``grader.worker.stem``."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import subprocess
from collections.abc import Callable
from typing import IO

_TOLD_BYTES = 16
_TELLING_SECONDS = 5.0
_CLOSE_SECONDS = 5.0


class Stem:
    """A process that forks workers; processes that are forked from this one may ask it as well.

    Args:
        spawn: starts it with the descriptor that it is to have for stdin.

    Raises:
        OSError: it cannot be started.
    """

    def __init__(self, spawn: Callable[[int], subprocess.Popen[bytes]]) -> None:
        self.owner = os.getpid()
        self.requests, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self.process = spawn(theirs.fileno())

    def fork(self, folder: str, errors: IO[bytes]) -> Offshoot:
        """Ask for a worker and return at once.

        Args:
            folder: where its forks may write.
            errors: takes its stderr.

        Raises:
            OSError: the process is gone.
        """
        (reading, stdin), (stdout, writing) = os.pipe(), os.pipe()
        told, teller = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        offshoot = Offshoot(os.fdopen(stdin, "wb", 0), os.fdopen(stdout, "rb", 0), told)
        given = (reading, writing, errors.fileno(), teller.fileno())
        try:
            socket.send_fds(self.requests, [os.fsencode(folder)], given)
        except OSError:
            offshoot.forget()
            raise
        finally:
            os.close(reading)
            os.close(writing)
            teller.close()
        return offshoot

    def is_alive(self) -> bool:
        """Whether it can still be asked; for the process that has started it."""
        return self.process.poll() is None

    def close(self) -> None:
        """Let go of it; it ends once all have, for which this does not wait forever."""
        self.requests.close()
        if os.getpid() == self.owner:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(_CLOSE_SECONDS)


class Offshoot:
    """A worker that another process has forked, as far as a ``subprocess.Popen`` is needed of it.

    Args:
        stdin: to it.
        stdout: from it.
        told: gives a descriptor of the process, and its exit code at the end.
    """

    def __init__(self, stdin: IO[bytes], stdout: IO[bytes], told: socket.socket) -> None:
        self.stdin = stdin
        self.stdout = stdout
        self.returncode: int | None = None
        self._told = told
        self._pidfd: int | None = None

    def poll(self) -> int | None:
        """Return the exit code; ``None`` while it runs."""
        if self.returncode is None and self._is_forked(0.0) and _can_be_read(self._pidfd, 0.0):
            self._hear_the_end()
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Return the exit code once it has ended.

        Raises:
            TimeoutExpired: it had not by then.
        """
        if self.returncode is None:
            if not self._is_forked(timeout) or not _can_be_read(self._pidfd, timeout):
                raise subprocess.TimeoutExpired("worker", timeout or 0.0)
            self._hear_the_end()
        assert self.returncode is not None
        return self.returncode

    def kill(self) -> None:
        """End it by force. One that was not forked yet finds its stdin closed, and ends by itself."""
        if self.returncode is not None:
            return
        if self._is_forked(0.0) and self._pidfd is not None:
            signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)
        else:
            self._end(-signal.SIGKILL)

    def forget(self) -> None:
        """Let go of one that will not be forked."""
        self.stdin.close()
        self.stdout.close()
        self._end(-signal.SIGKILL)

    def _is_forked(self, seconds: float | None) -> bool:
        """Whether it is known that the process was forked; waits so long for it to be told."""
        if self._pidfd is None and _can_be_read(self._told.fileno(), seconds):
            _, given, _, _ = socket.recv_fds(self._told, _TOLD_BYTES, 1)
            if not given:
                self._end(-signal.SIGKILL)  # the stem was killed before it forked
                return True
            (self._pidfd,) = given
        return self._pidfd is not None

    def _hear_the_end(self) -> None:
        """Learn how the process ended that has ended; nobody knows where the stem was killed before it could see."""
        if self.returncode is None:
            told = self._told.recv(_TOLD_BYTES) if _can_be_read(self._told.fileno(), _TELLING_SECONDS) else b""
            self._end(int(told) if told else -signal.SIGKILL)

    def _end(self, code: int) -> None:
        self.returncode = code
        self._told.close()
        if self._pidfd is not None:
            os.close(self._pidfd)
            self._pidfd = None


def _can_be_read(descriptor: int | None, seconds: float | None) -> bool:
    """Whether there is something to read, or a process has ended, within so many seconds."""
    if descriptor is None:
        return True
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(None if seconds is None else seconds * 1000))
