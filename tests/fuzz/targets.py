"""What is fuzzed: each target takes any bytes, and raises where a stranger's bytes do what they must not.

A target is a function and some inputs that go far into it. It returns whether its input was taken to the end; errors
that the code promises for bad input are none here.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import msgpack
import numpy as np

from grader.errors import SubmissionError
from grader.examiner.conversation import Conversation, SubjectLost
from grader.examiner.subject import CandidateError
from grader.sandbox.session import ForkGone, ForkLimits, Late, WorkerLost, WorkerSession
from grader.submission import MODULE_LIMIT, read_archive
from grader.worker.protocol import HEADER as RECORD
from grader.worker.protocol import PROOF_LENGTH, Kind
from grader.worker.values import HEADER, Handle, MalformedMessage, NotData, announced, dumps, loads
from grader.written.answers import ANSWER_LIMIT, answers_of, without_outputs
from grader.written.questions import read_questions
from tests.sandbox.test_session import FACTS, ScriptedStream, packed, record
from tests.test_submission import ASSESSMENT, HOSTILE, STORED, Entry, archive
from tests.written.sources import answered, cell, notebook, source

CRASHES = Path(__file__).with_name("crashes")
"""Inputs that broke something once, in a folder for each target."""

MESSAGE_LIMIT = 1000
QUESTIONS = read_questions(source(), "source")


@dataclass(frozen=True)
class Target:
    """Something that is fed bytes.

    Attributes:
        feed: takes them, and returns whether they were good.
        seeds: inputs to begin with.
    """

    feed: Callable[[bytes], bool]
    seeds: list[bytes]


def feed_archive(data: bytes) -> bool:
    """Intake: modules that were asked for, within the limits, or one clear line."""
    wanted = {module for assignment in ASSESSMENT.assignments for module in assignment.modules}
    try:
        submission = read_archive("submission.zip", data, ASSESSMENT)
    except SubmissionError as error:
        refusal = str(error)
    else:
        refusal = ""
        assert submission.modules
        assert set(submission.modules) <= wanted
        assert all(len(source) <= MODULE_LIMIT for source in submission.modules.values())
        assert all(len(content) <= MODULE_LIMIT + 1 for content in submission.notebooks.values())
        for name in {*submission.answers, *submission.notebooks}:
            feed_answers(submission.answers.get(name), submission.notebooks.get(name))
    assert not refusal or refusal.isprintable()
    assert len(refusal) < MESSAGE_LIMIT
    return not refusal


def feed_notebook(data: bytes) -> bool:
    """A notebook of answers: text that can be kept, and remarks for a terminal."""
    feed_answers(None, without_outputs(data))
    return feed_answers(data.decode("utf-8", "replace"), data)


def feed_answers(text: str | None, notebook: bytes | None) -> bool:
    """What was answered, if anything."""
    found = answers_of(text, notebook, QUESTIONS)
    json.dumps([dict(found.texts), found.rest], ensure_ascii=False).encode("utf-8")
    assert found.texts.keys() <= {question.id for question in QUESTIONS}
    assert all(len(written) <= ANSWER_LIMIT for written in (*found.texts.values(), found.rest))
    assert all(remark.isprintable() and len(remark) < MESSAGE_LIMIT for remark in found.remarks)
    return bool(found.texts)


def feed_message(data: bytes) -> bool:
    """The decoder: plain data that can be sent again, or a malformed message."""
    try:
        _, body_length, buffers_length = announced(data[: HEADER.size].ljust(HEADER.size, b"\0"))
        content = data[HEADER.size :]
        value = loads(content[:body_length], content[body_length:][:buffers_length], _as_it_is)
    except MalformedMessage:
        return False
    try:
        pieces = b"".join(dumps(1, value, _again))
    except NotData:
        return True
    _, body_length, _ = announced(pieces[: HEADER.size])
    content = pieces[HEADER.size :]
    loads(content[:body_length], content[body_length:], _as_it_is)
    return True


def feed_session(data: bytes) -> bool:
    """Records: a worker that says anything is lost, or late, or believed; nothing else comes of it."""
    session, lost = WorkerSession(ScriptedStream(_cut(data))), 0
    for ask in (
        lambda: session.start({}),
        lambda: session.begin(ForkLimits(1, 1.0, 1)),
        lambda: session.receive(4, time.monotonic() + 1),
        session.cpu_seconds,
        session.end,
        lambda: session.prove({}, 1),
    ):
        try:
            ask()
        except (WorkerLost, ForkGone, Late):
            lost += 1
    return lost == 0


def feed_conversation(data: bytes) -> bool:
    """Answers of a fork: data, an exception of the submission's, or the end of the test."""
    session = WorkerSession(ScriptedStream([record(Kind.REPLY, data), record(Kind.GONE)]))
    session.begin(ForkLimits(1, 1.0, 1))
    conversation, answered = Conversation(session, lambda name: 1.0, 1.0), 0
    for operation in ("import", "state"):
        try:
            conversation.request(operation)
        except SubjectLost:
            break
        except CandidateError:
            pass
        answered += 1
    assert all(len(finding.detail) <= MESSAGE_LIMIT for finding in conversation.findings)
    return answered > 0


def _cut(data: bytes) -> Iterator[bytes]:
    """The records one by one, as a worker sends them; what is none goes last."""
    while len(data) >= RECORD.size:
        end = RECORD.size + RECORD.unpack_from(data)[1]
        yield data[:end]
        data = data[end:]
    yield data


def _as_it_is(handle: Handle) -> Handle:
    return handle


def _again(value: object) -> Handle:
    if isinstance(value, Handle):
        return value
    raise NotData("not a handle")


def _message(value: object, number: int = 1) -> bytes:
    return b"".join(dumps(number, value, _again))


_VALUES = (
    [None, True, -1, 2**63, 2**70, 0.5, 1j, "text", b"bytes", (1, (2,)), {1, "a"}, {"key": [1, {}], (1, 2): 3}],
    [np.arange(6.0).reshape(2, 3), np.float32(1), np.array(["a", "bc"]), np.array([1, "x", None], dtype=object)],
    [Handle(3, "", ("Model", ("fit", "predict"))), Handle(3, "fit")],
)
_RAISED = {"type": "Odd", "base": "ValueError", "message": "no", "frames": [("knn.py", 3, "fit", "x = 1")]}
_ANSWERS = (
    ["value", [Handle(1, "", ("module", ("fit",)))]],
    ["value", [np.ones(3), [1.0, 2.0]]],
    ["raised", _RAISED],
    ["raised", _RAISED | {"base": "UnicodeDecodeError"}],
)

_END = record(Kind.OUTPUT, b"out") + packed(Kind.ENDED, FACTS)
_PROOF = msgpack.packb({"network": "refused"})
_TALK = (
    packed(Kind.READY, {"python": "3", "is_init": True})
    + record(Kind.REPLY, b"1234")
    + packed(Kind.TIME, 0.25)
    + _END
    + record(Kind.REPLY, PROOF_LENGTH.pack(len(_PROOF)) + _PROOF)
    + _END.replace(packed(Kind.ENDED, FACTS), packed(Kind.ENDED, FACTS | {"status": -9, "excess": "too much"}))
)
"""What a worker says to all that ``feed_session`` asks."""

TARGETS = {
    "archive": Target(
        feed_archive,
        [
            archive(Entry(b"knn.py", b"x = 1")),
            archive(Entry(b"a/knn.py", b"x = 1", STORED), Entry(b"a/linear_regression.py", b"y = 2", STORED)),
            archive(
                Entry(HOSTILE.replace("\0", "").encode(), b""),
                Entry(b"knn/knn.py", b"x" * 300),
                Entry(b"__MACOSX/._knn.py", b""),
            ),
        ],
    ),
    "notebook": Target(
        feed_notebook,
        [
            notebook(answered(one_outlier="It pulls.", weights="When sizes differ.")),
            notebook([*answered(weights="x"), cell("weights", "y", 40), cell("other", "\ufeff", 1)]),
        ],
    ),
    "message": Target(feed_message, [_message(value) for value in _VALUES]),
    "session": Target(feed_session, [_TALK, _TALK.replace(record(Kind.OUTPUT, b"out"), record(Kind.OUTPUT))]),
    "conversation": Target(
        feed_conversation,
        [
            *map(_message, _ANSWERS),
            _message(["seen", ["ctypes", "imported", "knn.py", 1]], 0)
            + _message(_ANSWERS[1])
            + _message(_ANSWERS[0], 2),
        ],
    ),
}
