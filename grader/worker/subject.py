"""Answers the examiner's requests with the submission's objects, in the process of one test."""

from __future__ import annotations

import builtins
import hashlib
import importlib
import linecache
import mmap
import random
import socket
import sys
import threading
import traceback
from collections.abc import Callable
from typing import Any

import numpy as np

from grader.worker import values
from grader.worker.importing import FOLDER
from grader.worker.observing import Observer
from grader.worker.values import Handle

_MESSAGE_CHARACTERS = 2000
_FRAMES = 12
_CALLABLES = 200
_RESERVE_BYTES = 4 * 1024 * 1024


class Subject:
    """Holds the submission's objects and does with them what the examiner asks."""

    def __init__(self, channel: socket.socket, modules: dict[str, bytes]) -> None:
        self.channel = channel
        self.modules = modules
        self.objects: list[object] = []
        self.numbers: dict[int, int] = {}
        self.failed_imports: dict[str, BaseException] = {}
        self.reserve = mmap.mmap(-1, _RESERVE_BYTES)  # counts for the limit, and costs nothing until it is given up
        self.sending = threading.Lock()
        self.observer = Observer(self._note)
        self._operations: dict[str, Callable[..., list[Any]]] = {
            "import": self._import,
            "get": self._get,
            "set": self._set,
            "call": self._call,
            "state": self._generator_state,
        }

    def serve(self, imports: list[str]) -> None:
        """Answer requests until the channel is closed.

        Args:
            imports: modules that will be asked for; imported at once, while the examiner is still busy elsewhere.
        """
        self.observer.install()
        for name in imports:
            try:
                self._import(name)
            except BaseException as error:
                self.failed_imports[name] = error
        while (request := self._receive()) is not None:
            self._answer(*request)

    def _answer(self, number: int, body: bytearray, buffers: bytearray) -> None:
        try:
            operation, arguments = values.loads(body, buffers, self._resolve)
            del body, buffers
            answer = ["value", self._operations[operation](*arguments)]
            pieces = values.dumps(number, answer, self._refer)
        except BaseException as error:
            # Whatever the submission raises, SystemExit and its own BaseExceptions included, is an answer; there has
            # to be memory to give it.
            if not self.reserve.closed:
                self.reserve.close()
            pieces = values.dumps(number, ["raised", _described(error)], self._refer)
        self._send(pieces)

    def _import(self, name: str) -> list[Any]:
        if name not in self.modules:
            raise ModuleNotFoundError(f"{name}.py was not handed in", name=name)
        if name in self.failed_imports:
            raise self.failed_imports[name]
        return [importlib.import_module(name)]

    def _get(self, target: object, name: str) -> list[Any]:
        return [getattr(target, name)]

    def _set(self, target: object, name: str, value: object) -> list[Any]:
        setattr(target, name, value)
        return [None]

    def _call(
        self,
        target: Callable[..., Any],
        arguments: list[Any],
        keywords: dict[str, Any],
        wants_arguments: bool,
    ) -> list[Any]:
        result = target(*arguments, **keywords)
        return [result, arguments, keywords] if wants_arguments else [result]

    def _generator_state(self) -> list[Any]:
        name, keys, *rest = np.random.get_state(legacy=True)
        state = repr((name, np.asarray(keys).tobytes(), rest, random.getstate()))
        return [hashlib.sha256(state.encode()).hexdigest()]

    def _refer(self, value: object) -> Handle:
        """Give an object its number; the same object always gets the same."""
        number = self.numbers.get(id(value))
        if number is not None:
            return Handle(number)
        number = len(self.objects)
        self.objects.append(value)
        self.numbers[id(value)] = number
        return Handle(number, description=(type(value).__name__[:200], _callables(value)))

    def _resolve(self, handle: Handle) -> object:
        target = self.objects[handle.id]
        return getattr(target, handle.name) if handle.name else target

    def _receive(self) -> tuple[int, bytearray, bytearray] | None:
        header = self._read(values.HEADER.size)
        if header is None:
            return None
        number, body_length, buffers_length = values.announced(header)
        body, buffers = self._read(body_length), self._read(buffers_length)
        return None if body is None or buffers is None else (number, body, buffers)

    def _read(self, length: int) -> bytearray | None:
        data = bytearray(length)
        view = memoryview(data)
        while view:
            count = self.channel.recv_into(view)
            if count == 0:
                return None
            view = view[count:]
        return data

    def _send(self, pieces: list[bytes | memoryview]) -> None:
        with self.sending:
            for piece in pieces:
                self.channel.sendall(piece)

    def _note(self, content: list[Any]) -> None:
        """Tell of an event at once, since the next line may end this process."""
        pieces = values.dumps(0, ["seen", content], self._refer)
        if self.sending.acquire(blocking=False):
            try:
                for piece in pieces:
                    self.channel.sendall(piece)
            finally:
                self.sending.release()


def _callables(value: object) -> tuple[str, ...]:
    """Public names of what can be called on a value, without running any of its code where that can be helped."""
    if isinstance(value, type(sys)):
        found = [name for name, item in vars(value).items() if callable(item)]
    else:
        found = [
            name
            for owner in type(value).__mro__[:-1]
            for name, item in vars(owner).items()
            if callable(item) or isinstance(item, (classmethod, staticmethod))
        ]
    public = dict.fromkeys(name for name in found if not name.startswith("_") and len(name) <= 100)
    return tuple(public)[:_CALLABLES]


def _described(error: BaseException) -> dict[str, Any]:
    """What the examiner may know of an exception: names, text and the submission's own lines."""
    bases = [cls.__name__ for cls in type(error).__mro__ if getattr(builtins, cls.__name__, None) is cls]
    return {
        "type": type(error).__name__[:100],
        "base": bases[0],
        "message": _text(error)[:_MESSAGE_CHARACTERS],
        "frames": _own_frames(error),
    }


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except BaseException as second:
        return f"(its message cannot be had: {type(second).__name__})"


def _own_frames(error: BaseException) -> list[list[Any]]:
    """File, line, function and source line of the submission's frames, outermost first."""
    found = []
    for frame, line in traceback.walk_tb(error.__traceback__):
        path = frame.f_code.co_filename
        if path.startswith(FOLDER):
            source = linecache.getline(path, line, frame.f_globals).strip()
            found.append([path.removeprefix(FOLDER), line, frame.f_code.co_name[:100], source[:200]])
    return found[-_FRAMES:]
