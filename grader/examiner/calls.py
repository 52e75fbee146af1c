"""What a test asked of the submission, written as the code that would ask it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from grader.examiner.subject import RemoteMethod, RemoteObject

Asked = tuple[str, tuple[Any, ...]]
"""An operation of the protocol with its arguments."""

_SHOWN_ELEMENTS = 12
_SHOWN_ITEMS = 6
_SHOWN_CHARACTERS = 60
_LINE_CHARACTERS = 300


def described(asked: Iterable[Asked]) -> tuple[str, ...]:
    """Return requests as lines of code, without those that are none."""
    lines = (_line(operation, arguments) for operation, arguments in asked)
    return tuple(_shortened(line, _LINE_CHARACTERS) for line in lines if line)


def _line(operation: str, arguments: tuple[Any, ...]) -> str:
    if operation == "call":
        target, positional, keywords, _ = arguments
        inside = [*map(_argument, positional), *(f"{key}={_argument(value)}" for key, value in keywords.items())]
        return f"{_target(target)}({', '.join(inside)})"
    if operation == "get":
        return f"{_target(arguments[0])}.{arguments[1]}"
    if operation == "set":
        return f"{_target(arguments[0])}.{arguments[1]} = {_argument(arguments[2])}"
    return ""


def _target(value: object) -> str:
    """A method by the type of its object; what belongs to a module by its own name."""
    if isinstance(value, RemoteMethod):
        owner = value.target._type_name
        return value.name if owner == "module" else f"{owner}.{value.name}"
    return value._type_name if isinstance(value, RemoteObject) else "?"


def _argument(value: object) -> str:
    if isinstance(value, (RemoteObject, RemoteMethod)):
        return _target(value)
    if isinstance(value, np.ndarray):
        return _array(value)
    if isinstance(value, (list, tuple)) and len(value) > _SHOWN_ITEMS:
        return f"<{type(value).__name__} of {len(value)}>"
    if isinstance(value, np.generic):
        value = value.item()
    return _shortened(repr(value), _SHOWN_CHARACTERS)


def _array(value: np.ndarray[Any, Any]) -> str:
    if not 0 < value.size <= _SHOWN_ELEMENTS:
        return f"<{value.dtype} array of shape {value.shape}>"
    kind = "" if value.dtype in (np.float64, np.int64, np.bool_) else f", dtype={value.dtype.name!r}"
    return f"np.array({value.tolist()!r}{kind})"


def _shortened(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"
