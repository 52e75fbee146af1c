"""What a fork may answer, and what the examiner makes of it."""

from __future__ import annotations

import builtins
import time
from collections import deque
from typing import Any

import msgpack
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.examiner.conversation import Conversation, SubjectLost
from grader.examiner.subject import CandidateError, RemoteObject, Subject, candidate_error
from grader.models import Outcome
from grader.sandbox.session import ForkGone, Late
from grader.worker import values
from grader.worker.values import Handle

THING = Handle(0, description=("Thing", ("method",)))


class ScriptedSession:
    """Answers requests with messages that the test has written."""

    def __init__(self, *answers: bytes, at_end: type[Exception] = ForkGone, cpu: float = 0.0) -> None:
        self.answers = deque(answers)
        self.waiting = b""
        self.sent: list[Any] = []
        self.at_end = at_end
        self.cpu = cpu

    def send(self, pieces: list[bytes]) -> None:
        whole = b"".join(bytes(piece) for piece in pieces)
        number, length, _ = values.announced(whole[: values.HEADER.size])
        body, buffers = whole[values.HEADER.size :][:length], whole[values.HEADER.size + length :]
        self.sent.append((number, values.loads(body, buffers, lambda handle: handle)))

    def receive(self, count: int, deadline: float) -> bytes:
        while len(self.waiting) < count:
            if not self.answers:
                raise self.at_end
            self.waiting += self.answers.popleft()
        data, self.waiting = self.waiting[:count], self.waiting[count:]
        return data

    def cpu_seconds(self) -> float:
        return self.cpu


def message(number: int, value: object) -> bytes:
    return b"".join(bytes(p) for p in values.dumps(number, value, lambda o: o if isinstance(o, Handle) else THING))


def conversation(*answers: bytes, **options: Any) -> Conversation:
    return Conversation(ScriptedSession(*answers, **options), lambda function: 5.0, 20.0)  # type: ignore[arg-type]


def test_a_call_is_one_request_and_one_answer() -> None:
    talk = conversation(message(1, ["value", [THING]]), message(2, ["value", [np.arange(3)]]))
    module = Subject(talk).toy
    assert isinstance(module, RemoteObject)
    assert module.method(4, key="x").tolist() == [0, 1, 2]
    session: Any = talk.session
    assert session.sent[1] == (2, ["call", [Handle(0, "method"), (4,), {"key": "x"}, False]])


def test_the_same_handle_is_the_same_object() -> None:
    talk = conversation(message(1, ["value", [THING]]), message(2, ["value", [Handle(0)]]))
    module = Subject(talk).toy
    assert module.method() is module


def test_a_method_is_passed_as_an_attribute_of_its_object() -> None:
    talk = conversation(message(1, ["value", [THING]]), message(2, ["value", [1, [2], {}]]))
    subject = Subject(talk)
    call = subject.call(subject.toy.method, 2)
    assert (call.result, call.arguments, call.keywords) == (1, (2,), {})


def test_what_cannot_travel_is_the_tests_mistake() -> None:
    talk = conversation(message(1, ["value", [THING]]))
    module = Subject(talk).toy
    with pytest.raises(TypeError, match="cannot travel"):
        module.method(object())


@pytest.mark.parametrize("base", ["ValueError", "KeyError", "MemoryError", "UnicodeDecodeError", "OSError"])
def test_an_exception_arrives_as_its_built_in_base(base: str) -> None:
    raised = {"type": "Mine", "base": base, "message": "why", "frames": [["toy.py", 3, "f", "raise Mine"]]}
    talk = conversation(message(1, ["raised", raised]))
    with pytest.raises(getattr(builtins, base)) as caught:
        talk.request("state")
    assert isinstance(caught.value, CandidateError)
    assert str(caught.value) == "Mine: why"
    assert caught.value.frames[0].line == 3


@pytest.mark.parametrize(
    "base",
    [
        "SystemExit",
        "KeyboardInterrupt",
        "GeneratorExit",
        "BaseException",
        "BaseExceptionGroup",
        "StopIteration",
        "int",
        "no",
    ],
)
def test_what_would_steer_the_examiner_arrives_as_a_plain_error(base: str) -> None:
    error = candidate_error("Mine", base, "why", ())
    assert type(error).__mro__[1:] == (CandidateError, Exception, BaseException, object)


def test_an_answer_to_another_question_is_no_answer() -> None:
    talk = conversation(message(7, ["value", [1]]))
    with pytest.raises(SubjectLost):
        talk.request("state")
    assert talk.loss is not None
    assert talk.loss.outcome is Outcome.FAILED
    assert [finding.kind for finding in talk.findings] == ["forged-answer"]


@pytest.mark.parametrize(
    "content",
    [
        None,
        [],
        ["value"],
        ["value", []],
        ["value", 3],
        ["other", [1]],
        ["raised", None],
        ["raised", {"type": 1, "base": "x", "message": "y", "frames": []}],
        ["raised", {"type": "a", "base": "x", "message": "y", "frames": [["f", "no", "g", "h"]]}],
        ["value", [Handle(5)]],
        ["value", [Handle(5, description=("T", ("m",) * 2000))]],
    ],
)
def test_a_malformed_answer_fails_the_test_and_nothing_else(content: object) -> None:
    talk = conversation(message(1, content))
    with pytest.raises(SubjectLost):
        talk.request("state")
    assert talk.loss is not None
    assert talk.loss.outcome is Outcome.FAILED


def test_notes_are_kept_beside_the_answer_and_bounded() -> None:
    note = message(0, ["seen", ["open", "/etc/passwd", "toy.py", 3]])
    talk = conversation(note * 2 + message(1, ["value", [1]]))
    assert talk.request("state") == [1]
    assert [(f.kind, f.detail, f.line) for f in talk.findings] == [("open", "/etc/passwd", 3)] * 2
    flood = conversation(note * 100 + message(1, ["value", [1]]))
    with pytest.raises(SubjectLost):
        flood.request("state")


def test_a_lost_process_stays_lost() -> None:
    """Whatever a hidden test catches, nothing more is asked and the loss decides."""
    talk = conversation()
    for _ in range(2):
        with pytest.raises(SubjectLost):
            talk.request("state")
    session: Any = talk.session
    assert len(session.sent) == 1
    assert talk.loss is not None
    assert talk.loss.outcome is Outcome.CRASHED


def test_no_except_exception_catches_a_lost_process() -> None:
    assert not issubclass(SubjectLost, Exception)


def test_a_busy_machine_does_not_make_a_call_late(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock passes the limit twice while the submission has used little CPU time; then it answers."""
    ticks = iter([0.0, 0.0, 6.0, 6.0, 9.0, 9.0, 9.0, 9.0])
    monkeypatch.setattr(time, "monotonic", lambda: next(ticks, 9.0))
    session = ScriptedSession(at_end=Late, cpu=1.0)
    talk = Conversation(session, lambda function: 5.0, 20.0)  # type: ignore[arg-type]
    answers = iter([b"", b"", message(1, ["value", [1]])])

    def receive(count: int, deadline: float) -> bytes:
        if len(session.waiting) < count:
            session.waiting = next(answers)
        if len(session.waiting) < count:
            raise Late
        data, session.waiting = session.waiting[:count], session.waiting[count:]
        return data

    session.receive = receive  # type: ignore[method-assign]
    assert talk.request("state") == [1]


@pytest.mark.parametrize(("cpu", "wall"), [(5.0, 6.0), (0.0, 16.0)])
def test_cpu_time_or_three_times_the_clock_make_a_call_late(
    monkeypatch: pytest.MonkeyPatch, cpu: float, wall: float
) -> None:
    ticks = iter([0.0, 0.0, wall, wall, wall])
    monkeypatch.setattr(time, "monotonic", lambda: next(ticks, wall))
    talk = conversation(at_end=Late, cpu=cpu)
    with pytest.raises(SubjectLost):
        talk.request("state")
    assert talk.loss is not None
    assert talk.loss.outcome is Outcome.TIMEOUT


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_a_lost_process_or_an_answer(noise: bytes) -> None:
    talk = conversation(noise)
    with pytest.raises((SubjectLost, CandidateError)):
        talk.request("state")


@settings(max_examples=300, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text() | st.binary(), lambda x: st.lists(x, max_size=4)
    )
)
def test_any_value_is_a_lost_process_or_an_answer(value: object) -> None:
    try:
        body = msgpack.packb([value, []])
    except OverflowError:
        return
    talk = conversation(values.HEADER.pack(1, len(body), 0) + body)
    try:
        assert talk.request("state")
    except (SubjectLost, CandidateError):
        return


def test_what_was_asked_and_what_answered_is_remembered_by_the_tests_own_words() -> None:
    """Limits shrink for functions that never answer: the names must not be the submission's to choose."""
    talk = conversation(
        message(1, ["value", [THING]]),
        message(2, ["raised", {"type": "E", "base": "ValueError", "message": "", "frames": []}]),
        at_end=Late,
        cpu=100.0,
    )
    module = Subject(talk).toy
    with pytest.raises(ValueError, match="E"):
        module.method()
    with pytest.raises(SubjectLost):
        _ = module.classes_
    assert talk.answered == {"import toy", "method"}
    assert talk.asked == "get classes_"
    assert talk.loss is not None
    assert talk.loss.message == "get classes_: no answer within 5 s of CPU time"
