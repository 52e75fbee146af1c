"""The connection to a container's worker, as the engine's attach gives it."""

from __future__ import annotations

import contextlib
import select
import socket
import ssl
import struct
from typing import Any

from grader.sandbox.session import Stream

_PIECE_BYTES = 256 * 1024
_STDOUT, _STDERR = 1, 2
_MULTIPLEX = struct.Struct(">BxxxL")


class AttachedStream(Stream):
    """The engine's attach connection: bytes there, multiplexed frames back."""

    def __init__(self, attached: Any) -> None:
        self.attached = attached
        self.socket: socket.socket = getattr(attached, "_sock", attached)
        self.socket.setblocking(False)
        self.stderr = bytearray()
        self._raw = bytearray()
        self._piece = memoryview(bytearray(_PIECE_BYTES))

    def send(self, data: memoryview) -> int:
        """See ``Stream``."""
        try:
            return self.socket.send(data)
        except (BlockingIOError, ssl.SSLWantWriteError, ssl.SSLWantReadError):
            return 0

    def receive(self) -> bytes | None:
        """See ``Stream``."""
        try:
            count = self.socket.recv_into(self._piece)
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return b""
        except OSError:
            return None
        if not count:
            return None
        self._raw += self._piece[:count]
        return self._stdout()

    def wait(self, *, writable: bool, seconds: float) -> None:
        """See ``Stream``."""
        poll = select.poll()
        poll.register(self.socket, select.POLLIN | (select.POLLOUT if writable else 0))
        poll.poll(max(0.0, seconds) * 1000)

    def close(self) -> None:
        """See ``Stream``."""
        with contextlib.suppress(OSError):
            self.attached.close()
            self.socket.close()

    def _stdout(self) -> bytes:
        """Take the whole frames out of what has come; keep the last of what went to stderr."""
        found = bytearray()
        start = 0
        while len(self._raw) - start >= _MULTIPLEX.size:
            stream, length = _MULTIPLEX.unpack_from(self._raw, start)
            end = start + _MULTIPLEX.size + length
            if len(self._raw) < end:
                break
            piece = memoryview(self._raw)[start + _MULTIPLEX.size : end]
            if stream == _STDOUT:
                found += piece
            else:
                self.stderr = (self.stderr + piece)[-4096:]
            piece.release()
            start = end
        del self._raw[:start]
        return bytes(found)
