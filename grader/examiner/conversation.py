"""One test's requests to the sandbox: limits, checks, and what the sandbox says that nobody asked."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from grader.examiner.calls import Asked
from grader.examiner.subject import RemoteMethod, RemoteObject, candidate_error
from grader.models import Finding, Frame, Outcome, Timing
from grader.sandbox.session import ForkGone, Late, WorkerLost, WorkerSession
from grader.stopping import check_stopped
from grader.worker import values
from grader.worker.values import Handle, MalformedMessage

WALL_FACTOR = 3.0
"""How much longer than its CPU limit a call may take on the clock: what waits is not what computes."""

_SHORTEST_WAIT = 0.05
_OBJECTS_LIMIT = 10_000
_NOTES_LIMIT = 64
_FRAMES_LIMIT = 20
_CALLS_KEPT = 8


class SubjectLost(BaseException):
    """The submission's process is of no more use to this test.

    Not an ``Exception``, so that no ``pytest.raises(Exception)`` takes it for an answer.
    """


@dataclass(frozen=True)
class Loss:
    """Why a test could not go on."""

    outcome: Outcome
    message: str


class Conversation:
    """Carries the requests of one test.

    Args:
        session: of the sandbox; a fork has begun in it.
        call_seconds: CPU seconds that one request may take, by the name that it calls or reads.
        test_seconds: CPU seconds of all requests together.

    Attributes:
        loss: set once the submission's process is lost; it stays so.
        worker_lost: the worker itself went with it.
        findings: what the worker observed.
        waited_seconds: how long the test has waited for answers, on the clock.
        asked: the name that the last request called or read.
        answered: names that gave an answer, an exception included.
        calls: the last requests, oldest first, with their arguments.
        timings: what the test has timed.
    """

    def __init__(self, session: WorkerSession, call_seconds: Callable[[str], float], test_seconds: float) -> None:
        self.session = session
        self.call_seconds = call_seconds
        self.test_seconds = test_seconds
        self.loss: Loss | None = None
        self.worker_lost = False
        self.findings: list[Finding] = []
        self.asked = ""
        self.answered: set[str] = set()
        self.calls: deque[Asked] = deque(maxlen=_CALLS_KEPT)
        self.timings: tuple[Timing, ...] = ()
        self._objects: dict[int, RemoteObject] = {}
        self._number = 0
        self.waited_seconds = 0.0

    def request(self, operation: str, *arguments: object) -> list[Any]:
        """Send one request and return its answer.

        Raises:
            CandidateError: what the submission raised.
            SubjectLost: there will be no answer; ``loss`` says why.
            TypeError: the test passed what cannot travel.
            KeyboardInterrupt: an interrupt got lost before.
        """
        check_stopped()
        self._check()
        self._number += 1
        try:
            pieces = values.dumps(self._number, [operation, list(arguments)], _refer)
        except values.NotData as error:
            raise TypeError(f"a hidden test passed what cannot travel: {error}") from error
        self.asked = _name_of(operation, arguments)
        self.calls.append((operation, arguments))
        started = time.monotonic()
        try:
            self.session.send(pieces)
            return self._answer(started)
        except (Late, ForkGone, WorkerLost, MalformedMessage) as error:
            self._lose(error)
            raise SubjectLost from None
        finally:
            self.waited_seconds += time.monotonic() - started

    def cpu_seconds(self) -> float:
        """Return the CPU time of the test's processes so far."""
        self._check()
        try:
            return self.session.cpu_seconds()
        except WorkerLost as error:
            self._lose(error)
            raise SubjectLost from None

    def _check(self) -> None:
        if self.loss is not None:
            raise SubjectLost

    def _answer(self, started: float) -> list[Any]:
        while True:
            number, body_length, buffers_length = values.announced(self._await(values.HEADER.size, started))
            body, buffers = self._await(body_length, started), self._await(buffers_length, started)
            answer = values.loads(body, buffers, self._resolve)
            if type(answer) is not list or len(answer) != 2:
                raise MalformedMessage("an answer that is not one")
            kind, content = answer
            if number == 0 and kind == "seen":
                self._note(content)
            elif number != self._number:
                raise MalformedMessage("an answer to another question")
            elif kind == "raised":
                self.answered.add(self.asked)
                raise _raised(content)
            elif kind == "value" and type(content) is list and content:
                self.answered.add(self.asked)
                return content
            else:
                raise MalformedMessage("an answer of an unknown kind")

    def _await(self, count: int, started: float) -> bytes:
        """Wait for bytes as long as the CPU limit allows, however busy the machine is."""
        limit = min(self.call_seconds(self.asked), max(0.0, self.test_seconds - self.waited_seconds))
        deadline = started + limit
        while True:
            try:
                return self.session.receive(count, deadline)
            except Late:
                now = time.monotonic()
                used = max(self.session.cpu_seconds() - self.waited_seconds, (now - started) / WALL_FACTOR)
                if used >= limit:
                    raise
                deadline = now + max(_SHORTEST_WAIT, limit - used)

    def _lose(self, error: Exception) -> None:
        self.worker_lost = isinstance(error, WorkerLost)
        if isinstance(error, Late):
            seconds = self.call_seconds(self.asked)
            self.loss = Loss(Outcome.TIMEOUT, f"{self.asked}: no answer within {seconds:.3g} s of CPU time")
        elif isinstance(error, ForkGone):
            self.loss = Loss(Outcome.CRASHED, "the process ended in the middle of a call")
        elif isinstance(error, MalformedMessage):
            self.loss = Loss(Outcome.FAILED, f"what came back is no answer: {error}")
            self.findings.append(Finding("forged-answer", "", 0, str(error)[:200], "examiner"))
        else:
            self.loss = Loss(Outcome.CRASHED, str(error))

    def _note(self, content: Any) -> None:
        if len(self.findings) >= _NOTES_LIMIT:
            raise MalformedMessage("too many notes")
        try:
            event, detail, module, line = content
            if not (type(event) is str and type(detail) is str and type(module) is str and type(line) is int):
                raise TypeError("a note of other types")
        except (TypeError, ValueError) as error:
            raise MalformedMessage(f"a note that is not one: {error}") from error
        self.findings.append(Finding(event[:60], module[:60], line, detail[:200], "worker"))

    def _resolve(self, handle: Handle) -> RemoteObject:
        known = self._objects.get(handle.id)
        if known is not None:
            return known
        if handle.description is None or len(self._objects) >= _OBJECTS_LIMIT:
            raise MalformedMessage("a handle of an object that was never told of")
        new = RemoteObject(self, handle.id, *handle.description)
        self._objects[handle.id] = new
        return new


def _name_of(operation: str, arguments: tuple[object, ...]) -> str:
    """What a request calls or reads, as the test names it; nothing of it comes from the submission."""
    if operation == "call":
        return arguments[0].name if isinstance(arguments[0], RemoteMethod) else "the result of a call"
    return " ".join([operation, *(argument for argument in arguments[:2] if isinstance(argument, str))])


def _refer(value: object) -> Handle:
    if isinstance(value, RemoteObject):
        return Handle(value._number)
    if isinstance(value, RemoteMethod):
        return Handle(value.target._number, value.name)
    raise values.NotData(f"a {type(value).__name__} is not data")


def _raised(content: Any) -> Exception:
    try:
        frames = tuple(
            Frame(_text(f)[:100], _whole(n), _text(name)[:100], _text(s)[:200]) for f, n, name, s in content["frames"]
        )
        texts = [_text(content[key]) for key in ("type", "base", "message")]
    except (KeyError, TypeError, ValueError) as error:
        raise MalformedMessage(f"an exception that is not one: {error}") from error
    type_name, base, message = texts
    return candidate_error(type_name[:100], base, message[:2000], frames[-_FRAMES_LIMIT:])


def _text(value: object) -> str:
    if type(value) is not str:
        raise TypeError("not a text")
    return value


def _whole(value: object) -> int:
    if type(value) is not int:
        raise TypeError("not a whole number")
    return value
