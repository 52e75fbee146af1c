"""The worker's end of the records of ``grader.worker.protocol``: two descriptors, read and written to the end."""

from __future__ import annotations

import os

from grader.worker.protocol import HEADER, LOAD_LIMIT, RECORD_LIMIT, Kind


class BrokenProtocol(Exception):
    """The examiner sent what the worker does not understand."""


class Records:
    """Takes records from the examiner and sends it others.

    Args:
        source: descriptor to read from.
        sink: descriptor to write to.
    """

    def __init__(self, source: int, sink: int) -> None:
        self.source = source
        self.sink = sink

    def header(self) -> tuple[int, int] | None:
        """Return kind and length of the next record; ``None`` at the end of the stream."""
        data = self._exactly(HEADER.size)
        if data is None:
            return None
        kind, length = HEADER.unpack(data)
        return kind, length

    def payload(self, kind: int, length: int) -> bytes | None:
        """Return what follows a header; ``None`` at the end of the stream.

        Raises:
            BrokenProtocol: it is longer than a record of this kind may be.
        """
        if length > (LOAD_LIMIT if kind == Kind.LOAD else RECORD_LIMIT):
            raise BrokenProtocol(f"record {kind} of {length} bytes")
        return self._exactly(length)

    def read_into(self, target: memoryview) -> None:
        """Fill ``target`` with what follows a header.

        Raises:
            BrokenProtocol: the stream ended before.
        """
        filled = 0
        while filled < len(target):
            count = os.readv(self.source, [target[filled:]])
            if count == 0:
                raise BrokenProtocol("end of file within a record")
            filled += count

    def send(self, kind: Kind, payload: bytes | memoryview) -> None:
        """Send a record."""
        pieces = [memoryview(HEADER.pack(kind, len(payload))), memoryview(payload)]
        while pieces:
            count = os.writev(self.sink, pieces)
            while pieces and count >= len(pieces[0]):
                count -= len(pieces.pop(0))
            if pieces:
                pieces[0] = pieces[0][count:]

    def _exactly(self, length: int) -> bytes | None:
        data = b""
        while len(data) < length:
            piece = os.read(self.source, length - len(data))
            if not piece:
                return None
            data += piece
        return data
