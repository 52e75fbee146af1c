"""The submission as a hidden test sees it: names, calls and results that read like ordinary Python.

Nothing here runs a candidate's code. Every operation is one message to the sandbox and one back.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

from grader.models import Frame, Timing


class Requests(Protocol):
    """What carries a request to the sandbox.

    Attributes:
        timings: what the test has timed.
    """

    timings: tuple[Timing, ...]

    def request(self, operation: str, *arguments: object) -> list[Any]:
        """Return the answer; raises what the submission raised."""

    def cpu_seconds(self) -> float:
        """Return the CPU time of the test's processes so far."""


class CandidateError(Exception):
    """What the submission raised. Each one is also an instance of the nearest built-in class.

    Attributes:
        type_name: name of its class in the submission.
        text: its message.
        frames: the submission's own lines, outermost first.
    """

    type_name: str = ""
    text: str = ""
    frames: tuple[Frame, ...] = ()

    def __init__(self, type_name: str, text: str, frames: tuple[Frame, ...]) -> None:
        self.type_name, self.text, self.frames = type_name, text, frames

    def __str__(self) -> str:
        return f"{self.type_name}: {self.text}" if self.text else self.type_name


@dataclass(frozen=True)
class Call:
    """What one call gave.

    Attributes:
        result: what it returned.
        arguments: the positional arguments as the call left them.
        keywords: the keyword arguments as the call left them.
    """

    result: Any
    arguments: tuple[Any, ...]
    keywords: dict[str, Any]


class RemoteObject:
    """An object that stays in the sandbox."""

    __slots__ = ("_callables", "_number", "_requests", "_type_name")

    def __init__(self, requests: Requests, number: int, type_name: str, callables: tuple[str, ...]) -> None:
        object.__setattr__(self, "_requests", requests)
        object.__setattr__(self, "_number", number)
        object.__setattr__(self, "_type_name", type_name)
        object.__setattr__(self, "_callables", frozenset(callables))

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        if name in self._callables:
            return RemoteMethod(self, name)
        return self._requests.request("get", self, name)[0]

    def __setattr__(self, name: str, value: object) -> None:
        self._requests.request("set", self, name, value)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._requests.request("call", self, args, kwargs, False)[0]

    def __repr__(self) -> str:
        return f"<{self._type_name} in the sandbox>"


class RemoteMethod:
    """Something callable by name on an object in the sandbox; asking for it costs nothing."""

    __slots__ = ("name", "target")

    def __init__(self, target: RemoteObject, name: str) -> None:
        self.target = target
        self.name = name

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return self.target._requests.request("get", self, name)[0]

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.target._requests.request("call", self, args, kwargs, False)[0]

    def __repr__(self) -> str:
        return f"<{self.name} of {self.target!r}>"


class RemoteStopwatch:
    """CPU time of the submission in seconds, set when the block is left."""

    cpu_seconds = 0.0


class Subject:
    """The ``candidate`` and ``reference`` fixtures: modules by name, and what goes beyond a plain call."""

    def __init__(self, requests: Requests) -> None:
        self._requests = requests
        self._modules: dict[str, RemoteObject] = {}

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        if name not in self._modules:
            self._modules[name] = self._requests.request("import", name)[0]
        return self._modules[name]

    def call(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Call:
        """Call ``function`` and return its result together with what became of the arguments."""
        result, arguments, keywords = self._requests.request("call", function, args, kwargs, True)
        return Call(result, tuple(arguments), dict(keywords))

    def generator_state(self) -> str:
        """Return a digest of the states of the global generators of numpy and ``random``."""
        return str(self._requests.request("state")[0])

    @contextmanager
    def stopwatch(self) -> Iterator[RemoteStopwatch]:
        """Measure the CPU time that the submission uses while the block runs, from outside of it."""
        watch = RemoteStopwatch()
        before = self._requests.cpu_seconds()
        yield watch
        watch.cpu_seconds = self._requests.cpu_seconds() - before

    def keep_timings(self, timings: Sequence[Timing]) -> None:
        """Have the report show what was timed."""
        self._requests.timings = tuple(timings)


def candidate_error(type_name: str, base: str, text: str, frames: tuple[Frame, ...]) -> CandidateError:
    """Return the exception that stands for one of the submission's.

    Args:
        type_name: name of its class there.
        base: name of the nearest built-in class; what is not an ordinary exception becomes ``Exception``.
        text: its message.
        frames: the submission's own lines.
    """
    known = getattr(builtins, base, None)
    bases: tuple[type, ...] = (CandidateError,)
    if isinstance(known, type) and issubclass(known, Exception) and known is not Exception:
        bases = (CandidateError,) if issubclass(known, (*_STEERING, *_UNBUILDABLE)) else (CandidateError, known)
    kind = type("CandidateError", bases, {"__init__": CandidateError.__init__, "__str__": CandidateError.__str__})
    error: CandidateError = kind(type_name, text, frames)
    return error


_UNBUILDABLE = (BaseExceptionGroup, ExceptionGroup)
_STEERING = (StopIteration, StopAsyncIteration)
"""What would end a loop of the hidden test early; it arrives as a plain ``CandidateError``."""
