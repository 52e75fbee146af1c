"""What a report says against what it should say, place by place. Nothing of what it says is taken for granted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import isclose
from typing import Any

from grader.report.text import one_line

_NAMES = (("name",), ("id",), ("assignment", "criterion"), ("skill",))
_SHOWN = 60


def differences(said: Any, expected: Any, place: str = "", key: str = "") -> Iterator[tuple[str, str]]:
    """Yield what differs from what is expected: its key, and a line that names the place.

    Args:
        said: plain data of a report, whatever it may be.
        expected: plain data; what it does not mention may be anything.
        place: where both stand.
        key: that both stand under.
    """
    if isinstance(expected, dict) and isinstance(said, Mapping):
        for name, wanted in expected.items():
            yield from differences(said.get(name), wanted, place, name)
    elif (
        isinstance(expected, list) and isinstance(said, list) and all(isinstance(each, Mapping) for each in expected)
    ):
        yield from _differing_entries(said, expected, place, key)
    elif not alike(said, expected):
        told = f"{key.replace('_', ' ')} is {value(said)} in the report, but should be {value(expected)}"
        yield key, f"{place}: {told}" if place else told


def _differing_entries(said: list[Any], expected: list[Any], place: str, key: str) -> Iterator[tuple[str, str]]:
    """Entries go by their names; none may be missing, be there twice or be new."""
    names = [_name(entry) for entry in said]
    for entry in expected:
        name = _name(entry)
        inner = f"{place}, {name}" if place else name
        times = names.count(name)
        if times == 1:
            yield from differences(said[names.index(name)], entry, inner)
        else:
            yield key, f"{inner}: is {'missing in' if not times else f'{times} times in'} the report"
    wanted = {_name(entry) for entry in expected}
    for name in dict.fromkeys(name for name in names if name not in wanted):
        yield (
            key,
            f"{f'{place}, ' if place else ''}{name or f'an entry of {key}'}: is in the report, but should not be",
        )


def _name(entry: Any) -> str:
    if not isinstance(entry, Mapping):
        return ""
    found = next((keys for keys in _NAMES if entry.keys() >= set(keys)), ())
    return one_line(", ".join(str(entry[key]) for key in found), 2 * _SHOWN)


def alike(said: Any, expected: Any) -> bool:
    """Return whether a report says what is expected; numbers may differ by what rounding leaves."""
    if isinstance(expected, bool) or isinstance(said, bool):
        return said is expected
    if isinstance(expected, (int, float)) and isinstance(said, (int, float)):
        try:
            return isclose(said, expected, rel_tol=0, abs_tol=1e-6)
        except OverflowError:  # a whole number beyond any float
            return False
    return bool(said == expected)


def value(said: Any) -> str:
    """Return a value of a report on one line."""
    return "missing" if said is None else one_line(str(said), _SHOWN)
