"""A conversation with one worker, whatever sandbox it lives in.

The worker and all that it relays are hostile here: lengths are checked before they are believed, what was not
asked for is an error, and every wait ends.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Protocol

import msgpack

from grader.worker.protocol import HEADER, OUTPUT_LIMIT, PROOF_LENGTH, RECORD_LIMIT, Kind

_PIECE_BYTES = 128 * 1024
_START_SECONDS = 60.0
_ANSWER_SECONDS = 10.0
_PROOF_SECONDS = 20.0
_LONGEST_SECONDS = 1e9
_MOST_BYTES = 2**50
_UNREAD_LIMIT = 160 * 1024 * 1024


class WorkerLost(Exception):
    """The worker went away, stopped answering or broke the protocol."""


class ForkGone(Exception):
    """The process of the current test has ended."""


class Late(Exception):
    """The deadline passed before the answer came."""


class Stream(Protocol):
    """Bytes to and from a worker. Nothing here blocks but ``wait``."""

    def send(self, data: memoryview) -> int:
        """Send what fits now and return how many bytes; raises ``OSError`` when the other end is gone."""

    def receive(self) -> bytes | None:
        """Return what is there now, ``b""`` if nothing is, ``None`` at the end of the stream."""

    def wait(self, *, writable: bool, seconds: float) -> None:
        """Wait until something can be read (or, if ``writable``, written), or the time is over."""

    def close(self) -> None:
        """Close this end."""


@dataclass(frozen=True)
class ForkLimits:
    """What one test's process may use.

    Attributes:
        memory_bytes: address space beyond that of a process with numpy loaded.
        cpu_seconds: CPU time after which the kernel ends the process.
        seed: for the global generators of numpy and ``random`` in that process.
        imports: modules of the submission to import at once, before they are asked for.
    """

    memory_bytes: int
    cpu_seconds: float
    seed: int
    imports: tuple[str, ...] = ()


@dataclass(frozen=True)
class ForkFacts:
    """What the worker says of a test's process, once nothing of it is left.

    Attributes:
        status: exit code, or minus the signal, if the process ended by itself; ``None`` if it had to be ended.
        out_of_memory: the kernel killed for lack of memory during the test.
        cpu_seconds: of all its processes together.
        output: the first bytes that it printed.
        output_bytes: how many bytes it printed in all.
        excess: what it had taken too much of, so that the worker ended it; empty if nothing.
        memory_bytes: the most that it had in memory at a time, Python and numpy included; 0 where nobody knows.
    """

    status: int | None
    out_of_memory: bool
    cpu_seconds: float
    output: bytes
    output_bytes: int
    excess: str = ""
    memory_bytes: int = 0


class WorkerSession:
    """Speaks the records of docs/protocol.md over a stream."""

    def __init__(self, stream: Stream) -> None:
        self.stream = stream
        self.facts: dict[str, Any] = {}
        self._incoming = bytearray()
        self._tunnel = bytearray()
        self._control: deque[tuple[int, bytes]] = deque()
        self._fork_gone = False

    def start(self, modules: Mapping[str, bytes]) -> None:
        """Hand over the submission and wait for the worker to be ready.

        Raises:
            WorkerLost: it did not come up.
        """
        self._send(Kind.LOAD, msgpack.packb(dict(modules)))
        facts = self._answer(Kind.READY, _START_SECONDS)
        self.facts = {str(key)[:40]: value for key, value in _unpacked(facts, dict).items()}

    def prove(self, targets: Mapping[str, Any], memory_bytes: int) -> dict[str, str]:
        """Have a fork attempt what no submission may do; return how each attempt was refused, empty if it was not.

        Args:
            targets: see ``grader.worker.proving``.
            memory_bytes: that a fork may use.

        Raises:
            WorkerLost: the attempts came to no end.
        """
        self._fork_gone = False
        limits = asdict(ForkLimits(memory_bytes, _PROOF_SECONDS, 0))
        self._send(Kind.BEGIN, msgpack.packb(limits | {"prove": dict(targets)}))
        deadline = time.monotonic() + _PROOF_SECONDS
        try:
            (length,) = PROOF_LENGTH.unpack(self.receive(PROOF_LENGTH.size, deadline))
            found = _unpacked(self.receive(min(length, RECORD_LIMIT), deadline), dict)
        except (ForkGone, Late) as error:
            said = self.end().output.decode(errors="replace").strip()
            raise WorkerLost(f"the sandbox could not be tried: {said or type(error).__name__}") from error
        self.end()
        return {str(name): str(refusal)[:200] for name, refusal in found.items()}

    def begin(self, limits: ForkLimits) -> None:
        """Have the worker fork for a test."""
        self._tunnel.clear()
        self._fork_gone = False
        self._send(Kind.BEGIN, msgpack.packb(asdict(limits)))

    def send(self, pieces: Iterable[bytes | memoryview]) -> None:
        """Send bytes to the test's process."""
        for piece in pieces:
            view = memoryview(piece)
            for start in range(0, len(view), _PIECE_BYTES):
                self._send(Kind.DATA, view[start : start + _PIECE_BYTES])

    def receive(self, count: int, deadline: float) -> bytes:
        """Return exactly ``count`` bytes from the test's process.

        Args:
            count: how many.
            deadline: on the clock of ``time.monotonic``.

        Raises:
            Late: they were not there by then; what came stays for the next call.
            ForkGone: the process ended before.
            WorkerLost: the worker did.
        """
        while len(self._tunnel) < count:
            if self._fork_gone:
                raise ForkGone
            if time.monotonic() >= deadline:
                raise Late
            self._pump(deadline - time.monotonic())
        data = bytes(memoryview(self._tunnel)[:count])
        del self._tunnel[:count]
        return data

    def cpu_seconds(self) -> float:
        """Return the CPU time of the test's processes so far, as the worker measures it from outside."""
        self._send(Kind.CLOCK, b"")
        return _seconds(_unpacked(self._answer(Kind.TIME, _ANSWER_SECONDS), (int, float)))

    def end(self) -> ForkFacts:
        """Have the test's process killed and its traces wiped; return what the worker knows of it."""
        self._send(Kind.END, b"")
        output = self._answer(Kind.OUTPUT, _ANSWER_SECONDS)
        facts = _unpacked(self._answer(Kind.ENDED, _ANSWER_SECONDS), dict)
        self._tunnel.clear()
        try:
            status = facts["status"]
            return ForkFacts(
                status=None if status is None else int(status),
                out_of_memory=bool(facts["out_of_memory"]),
                cpu_seconds=_seconds(facts["cpu_seconds"]),
                output=output[:OUTPUT_LIMIT],
                output_bytes=int(facts["output_bytes"]),
                excess=str(facts["excess"])[:100],
                memory_bytes=min(max(int(facts["memory_bytes"]), 0), _MOST_BYTES),
            )
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise WorkerLost(f"the worker's facts make no sense: {error}") from error

    def quit(self) -> None:
        """Tell the worker to end, if it still listens."""
        try:
            self.stream.send(memoryview(HEADER.pack(Kind.QUIT, 0)))
        except OSError:
            return

    def _answer(self, kind: Kind, seconds: float) -> bytes:
        deadline = time.monotonic() + seconds
        while not self._control:
            if time.monotonic() >= deadline:
                raise WorkerLost(f"the worker did not answer within {seconds:.0f} s (waiting for {kind.name})")
            self._pump(deadline - time.monotonic())
        found, payload = self._control.popleft()
        if found != kind:
            raise WorkerLost(f"the worker sent record {found} where {kind.name} was due")
        return payload

    def _send(self, kind: Kind, payload: bytes | memoryview) -> None:
        pending = memoryview(HEADER.pack(kind, len(payload)) + bytes(payload))
        deadline = time.monotonic() + _START_SECONDS
        while pending:
            try:
                sent = self.stream.send(pending)
            except OSError as error:
                raise WorkerLost(f"the worker is gone: {error}") from error
            pending = pending[sent:]
            if pending:
                if time.monotonic() >= deadline:
                    raise WorkerLost("the worker does not take what it is sent")
                self._pump(0.1, writable=True)

    def _pump(self, seconds: float, *, writable: bool = False) -> None:
        """Take in what is there, waiting up to ``seconds`` for it."""
        data = self.stream.receive()
        if data == b"":
            self.stream.wait(writable=writable, seconds=seconds)
            data = self.stream.receive()
        if data is None:
            raise WorkerLost("the worker is gone")
        self._incoming += data
        while self._take_record():
            pass

    def _take_record(self) -> bool:
        if len(self._incoming) < HEADER.size:
            return False
        kind, length = HEADER.unpack_from(self._incoming)
        if length > RECORD_LIMIT:
            raise WorkerLost(f"the worker announced a record of {length} bytes")
        end = HEADER.size + length
        if len(self._incoming) < end:
            return False
        payload = bytes(memoryview(self._incoming)[HEADER.size : end])
        del self._incoming[:end]
        if kind == Kind.REPLY:
            self._tunnel += payload
            if len(self._tunnel) > _UNREAD_LIMIT:
                raise WorkerLost("the worker sent more than anybody asked for")
        elif kind == Kind.GONE:
            self._fork_gone = True
        elif len(self._control) < 8:
            self._control.append((kind, payload))
        else:
            raise WorkerLost("the worker sent answers that nobody asked for")
        return True


def _seconds(value: float) -> float:
    seconds = float(value)
    if not 0 <= seconds < _LONGEST_SECONDS:
        raise WorkerLost(f"the worker measured {seconds} s of CPU time")
    return seconds


def _unpacked(payload: bytes, kind: type | tuple[type, ...]) -> Any:
    try:
        value = msgpack.unpackb(payload)
    except (ValueError, msgpack.exceptions.UnpackException) as error:
        raise WorkerLost(f"the worker's answer is not msgpack: {error}") from error
    if not isinstance(value, kind):
        raise WorkerLost("the worker's answer is not of the kind that was due")
    return value
