"""A session with a worker that was taken over: whatever it sends, the examiner goes on and never waits forever."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable

import msgpack
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.sandbox.session import ForkGone, ForkLimits, Late, WorkerLost, WorkerSession
from grader.worker.protocol import HEADER, RECORD_LIMIT, Kind

FACTS = {
    "status": None,
    "out_of_memory": False,
    "cpu_seconds": 0.5,
    "output_bytes": 3,
    "excess": "",
    "memory_bytes": 40_000_000,
}


class ScriptedStream:
    """Takes everything, and gives the pieces it was made with; then it is at its end or silent."""

    def __init__(self, pieces: Iterable[bytes], *, ends: bool = True) -> None:
        self.pieces = deque(pieces)
        self.ends = ends
        self.sent = bytearray()

    def send(self, data: memoryview) -> int:
        self.sent += data
        return len(data)

    def receive(self) -> bytes | None:
        if self.pieces:
            return self.pieces.popleft()
        return None if self.ends else b""

    def wait(self, *, writable: bool, seconds: float) -> None:
        """Time does not pass here."""

    def close(self) -> None:
        """Nothing to close."""


def record(kind: int, payload: bytes = b"") -> bytes:
    return HEADER.pack(kind, len(payload)) + payload


def packed(kind: int, value: object) -> bytes:
    return record(kind, msgpack.packb(value))


def test_records_may_come_in_any_pieces() -> None:
    whole = packed(Kind.READY, {"python": "3"}) + record(Kind.REPLY, b"abc") + record(Kind.REPLY, b"def")
    session = WorkerSession(ScriptedStream([whole[i : i + 1] for i in range(len(whole))]))
    session.start({"toy": b""})
    assert session.facts == {"python": "3"}
    assert session.receive(5, time.monotonic() + 1) == b"abcde"


def test_what_came_before_the_end_of_a_fork_is_still_read() -> None:
    session = WorkerSession(ScriptedStream([record(Kind.REPLY, b"abc") + record(Kind.GONE)], ends=False))
    assert session.receive(3, time.monotonic() + 1) == b"abc"
    with pytest.raises(ForkGone):
        session.receive(1, time.monotonic() + 1)


def test_a_deadline_that_has_passed_is_late_and_keeps_what_came() -> None:
    session = WorkerSession(ScriptedStream([record(Kind.REPLY, b"ab")], ends=False))
    assert session.receive(1, time.monotonic() + 1) == b"a"
    with pytest.raises(Late):
        session.receive(2, time.monotonic())
    assert session.receive(1, time.monotonic()) == b"b"


def test_the_end_of_a_test_gives_output_and_facts() -> None:
    session = WorkerSession(ScriptedStream([record(Kind.OUTPUT, b"hey") + packed(Kind.ENDED, FACTS)]))
    facts = session.end()
    assert (facts.output, facts.output_bytes, facts.cpu_seconds, facts.status) == (b"hey", 3, 0.5, None)


@pytest.mark.parametrize(
    "said",
    [
        b"",
        record(Kind.ENDED, b"\xc1"),
        packed(Kind.ENDED, []),
        packed(Kind.ENDED, {}),
        packed(Kind.ENDED, FACTS | {"status": "x"}),
        packed(Kind.ENDED, FACTS | {"cpu_seconds": None}),
        packed(Kind.ENDED, FACTS | {"memory_bytes": float("inf")}),
        packed(Kind.TIME, 1.0),
        record(99),
        HEADER.pack(Kind.ENDED, RECORD_LIMIT + 1),
        HEADER.pack(Kind.REPLY, 2**32 - 1),
    ],
)
def test_facts_that_are_none_are_a_lost_worker(said: bytes) -> None:
    session = WorkerSession(ScriptedStream([record(Kind.OUTPUT), said]))
    with pytest.raises(WorkerLost):
        session.end()


def test_answers_that_nobody_asked_for_are_a_lost_worker() -> None:
    session = WorkerSession(ScriptedStream([packed(Kind.TIME, 1.0) * 100], ends=False))
    with pytest.raises(WorkerLost, match="nobody asked"):
        session.receive(1, time.monotonic() + 1)


def test_a_flood_is_bounded() -> None:
    piece = record(Kind.REPLY, bytes(RECORD_LIMIT)) * 8
    session = WorkerSession(ScriptedStream([piece] * 200, ends=False))
    with pytest.raises(WorkerLost, match="more than anybody asked for"):
        session.receive(2**31, time.monotonic() + 60)


def test_a_new_test_sees_nothing_of_the_old_one() -> None:
    session = WorkerSession(ScriptedStream([record(Kind.REPLY, b"old") + record(Kind.GONE)], ends=False))
    assert session.receive(1, time.monotonic() + 1) == b"o"
    session.begin(ForkLimits(1, 1.0, 1))
    with pytest.raises(Late):
        session.receive(1, time.monotonic())


@settings(max_examples=300, deadline=None)
@given(st.lists(st.binary(max_size=60), max_size=20))
def test_any_bytes_give_a_result_or_a_lost_worker(pieces: list[bytes]) -> None:
    for ask in (WorkerSession.end, WorkerSession.cpu_seconds):
        try:
            ask(WorkerSession(ScriptedStream(pieces)))
        except WorkerLost:
            continue
