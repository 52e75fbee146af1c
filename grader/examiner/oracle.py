"""What hidden and public tests check answers with.

Whatever a submission returns is a claim, not a value: its type and shape are checked first, it is rebuilt as a
plain array of the examiner's own, and only then compared. Every function here raises ``AssertionError`` with a
message that says what was expected and what came back, so that an odd answer fails the test instead of breaking it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from grader.models import Timing

Kind = Literal["float", "int", "label"]

_SHOWN = 160
_FAR = 4.0
"""How many times above or below its limit a ratio of CPU times leaves no doubt."""

_TEXT_LIMIT = 4096
_SHORTEST_SECONDS = 1e-6
"""What clocks give as 0 took at least that."""


class Stopwatch(Protocol):
    """CPU time of a submission between entering and leaving a ``with`` block."""

    cpu_seconds: float


class Subject(Protocol):
    """Anything whose CPU time can be read: the ``candidate`` and ``reference`` fixtures."""

    def stopwatch(self) -> Any:
        """Return a context manager that yields a ``Stopwatch``."""

    def keep_timings(self, timings: Sequence[Timing]) -> None:
        """Have the report show what was timed."""


def shown(value: object) -> str:
    """Return a short, printable description of ``value``; never raises."""
    try:
        if isinstance(value, np.ndarray):
            head = f"{value.dtype} array of shape {value.shape}"
            body = np.array2string(value, threshold=12, edgeitems=3, precision=6)
            return _clipped(f"{head}: {body}")
        return _clipped(f"{type(value).__name__} {value!r}")
    except Exception:  # integers of thousands of digits, lists nested without end, and any __repr__ of a stranger's
        return f"a {type(value).__name__} that cannot be shown"


def number(value: object, *, name: str = "the result", finite: bool = True) -> float:
    """Return ``value`` as a float.

    Args:
        value: an int, a float, a numpy scalar or an array of one element without axes; not a bool.
        name: what to call it in a message.
        finite: refuse NaN and infinities.

    Raises:
        AssertionError: it is not a real number.
    """
    if isinstance(value, np.ndarray) and value.ndim == 0:
        value = value[()]
    is_number = isinstance(value, (int, float, np.integer, np.floating))
    is_number = is_number and not isinstance(value, (bool, np.timedelta64))  # numpy counts durations as integers
    assert is_number, f"{name} should be a number, but is {shown(value)}"
    result = _as_float(value, name)
    assert not finite or math.isfinite(result), f"{name} should be finite, but is {result}"
    return result


def array(
    value: object,
    *,
    shape: tuple[int | None, ...],
    kind: Kind = "float",
    name: str = "the result",
    finite: bool = True,
) -> NDArray[Any]:
    """Return ``value`` as a plain array of the shape that was asked for.

    Lists, tuples and arrays are welcome alike: a contract about values is not one about containers.

    Args:
        value: what came back.
        shape: expected shape; ``None`` stands for any length of that axis.
        kind: ``"float"`` gives float64 from any real numbers; ``"int"`` gives int64 and refuses fractions;
            ``"label"`` keeps the values as they are.
        name: what to call it in a message.
        finite: with ``"float"``, refuse NaN and infinities.

    Returns:
        An array that shares no memory with ``value``; dtype float64, int64 or that of the labels.

    Raises:
        AssertionError: it is not such an array.
    """
    assert isinstance(value, (np.ndarray, list, tuple)), f"{name} should be an array, but is {shown(value)}"
    plain = _plain(value, name)
    fits = plain.ndim == len(shape) and all(want in (None, got) for want, got in zip(shape, plain.shape, strict=True))
    assert fits, f"{name} should have shape {_shape_text(shape)}, but is {shown(plain)}"
    if kind == "label":
        return plain
    assert plain.size == 0 or plain.dtype.kind in "biuf", f"{name} should hold numbers, but is {shown(plain)}"
    if plain.size == 0:
        return np.zeros(plain.shape, dtype=np.int64 if kind == "int" else np.float64)
    if kind == "int":
        assert _is_whole(plain), f"{name} should hold whole numbers, but is {shown(plain)}"
        return plain.astype(np.int64)
    with np.errstate(over="ignore"):
        floats = plain.astype(np.float64)
    assert not finite or bool(np.all(np.isfinite(floats))), f"{name} should be finite, but is {shown(plain)}"
    return floats


def pair(value: object, *, name: str = "the result") -> tuple[Any, Any]:
    """Return the two parts of a result that is specified as a pair.

    Raises:
        AssertionError: it is not a tuple or list of length two.
    """
    assert isinstance(value, (tuple, list)), f"{name} should be a pair, but is {shown(value)}"
    assert len(value) == 2, f"{name} should be a pair, but has {len(value)} parts"
    return value[0], value[1]


def mapping(value: object, *, keys: Sequence[str], name: str = "the result") -> dict[str, Any]:
    """Return ``value`` as a dict that holds at least ``keys``.

    Raises:
        AssertionError: it is not a dict, or a key is missing.
    """
    assert isinstance(value, dict), f"{name} should be a dict, but is {shown(value)}"
    missing = [key for key in keys if key not in value]
    assert not missing, f"{name} should have the keys {list(keys)}, but {missing} are missing"
    return {key: value[key] for key in keys}


def assert_close(
    actual: ArrayLike, expected: ArrayLike, *, rtol: float = 1e-7, atol: float = 0.0, name: str = "the result"
) -> None:
    """Assert ``|actual - expected| <= atol + rtol * |expected|`` everywhere; NaN equals NaN.

    Args:
        actual: numbers that went through ``number`` or ``array``.
        expected: the same shape.
        rtol: relative tolerance, no unit.
        atol: absolute tolerance, in the unit of ``expected``.
        name: what to call it in a message.

    Raises:
        AssertionError: they differ by more; the message names the worst place.
    """
    got, want = np.asarray(actual, dtype=np.float64), np.asarray(expected, dtype=np.float64)
    assert got.shape == want.shape, f"{name} should have shape {want.shape}, but has {got.shape}"
    close = np.isclose(got, want, rtol=rtol, atol=atol, equal_nan=True)
    if close.all():
        return
    with np.errstate(invalid="ignore", over="ignore"):
        gap = np.where(close, -1.0, np.nan_to_num(np.abs(got - want), nan=np.inf))
    where = np.unravel_index(int(np.argmax(gap)), gap.shape)
    at = f" at {tuple(int(i) for i in where)}" if got.ndim else ""
    raise AssertionError(
        f"{name} should be {want[where]:.10g}{at}, but is {got[where]:.10g}"
        f" ({int((~close).sum())} of {close.size} values differ; rtol {rtol:g}, atol {atol:g})"
    )


def assert_same(actual: ArrayLike, expected: ArrayLike, *, name: str = "the result") -> None:
    """Assert that two arrays of labels or whole numbers are equal, element by element.

    Raises:
        AssertionError: shapes or values differ; the message names the first place.
    """
    got, want = np.asarray(actual), np.asarray(expected)
    assert got.shape == want.shape, f"{name} should have shape {want.shape}, but has {got.shape}"
    pairs = list(zip(got.ravel().tolist(), want.ravel().tolist(), strict=True))
    differs = [i for i, (a, b) in enumerate(pairs) if a != b]
    if not differs:
        return
    first = int(differs[0])
    where = tuple(int(i) for i in np.unravel_index(first, want.shape))
    raise AssertionError(
        f"{name} should be {_clipped(repr(pairs[first][1]))} at {where}, but is"
        f" {_clipped(repr(pairs[first][0]))} ({len(differs)} of {want.size} differ)"
    )


def cpu_ratio(
    work: Callable[[Any, int], None],
    candidate: Subject,
    reference: Subject,
    *,
    limit: float = math.inf,
    rounds: int = 5,
) -> float:
    """Return how much CPU time the candidate needs for each second of the reference's.

    Both do the same rounds in turn, so that a busy machine slows both alike; the ratio is of the smallest
    times, since whatever disturbs a measurement only ever adds to it.

    Args:
        work: called as ``work(subject, round)``; makes the calls to be timed, on fresh data each round.
        candidate: the subject under test.
        reference: the subject to compare with.
        limit: what the ratio will be judged by; far from it, on either side, fewer rounds do.
        rounds: how many times each works at most.
    """
    spent: dict[str, list[float]] = {"candidate": [], "reference": []}
    for turn in range(rounds):
        for label, subject in (("reference", reference), ("candidate", candidate)):
            spent[label].append(_cpu_seconds(work, subject, turn))
        least = Timing(0, min(spent["candidate"]), min(spent["reference"]))
        ratio = least.seconds / max(least.reference_seconds, _SHORTEST_SECONDS)
        # The first round alone may hold what is only ever done once.
        if turn > 0 and math.isfinite(limit) and not limit / _FAR < ratio < limit * _FAR:
            break
    candidate.keep_timings([least])
    return ratio


def cpu_growth(
    work: Callable[[Any, int], None],
    candidate: Subject,
    reference: Subject,
    sizes: Sequence[int],
    *,
    rounds: int = 3,
) -> float:
    """Return the exponent with which the candidate's CPU time grows with the size of its work.

    The reference does the same once for each round; it decides nothing, and the report draws it beside.

    Args:
        work: called as ``work(subject, size)``; makes the calls to be timed.
        candidate: the subject under test.
        reference: the subject to draw beside it.
        sizes: ascending, two at least.
        rounds: how many times each size is tried; the smallest time counts.
    """
    timings = []
    for size in sizes:
        least = [min(_cpu_seconds(work, subject, size) for _ in range(rounds)) for subject in (candidate, reference)]
        timings.append(Timing(size, *least))
        candidate.keep_timings(timings)
    return growth_exponent(sizes, [timing.seconds for timing in timings])


def _cpu_seconds(work: Callable[[Any, int], None], subject: Subject, argument: int) -> float:
    with subject.stopwatch() as watch:
        work(subject, argument)
    return float(watch.cpu_seconds)


def growth_exponent(sizes: Sequence[float], seconds: Sequence[float]) -> float:
    """Return the slope of log time over log size, by least squares: 1 is linear, 2 is quadratic."""
    slope, _ = np.polyfit(np.log(np.asarray(sizes)), np.log(np.maximum(np.asarray(seconds), _SHORTEST_SECONDS)), 1)
    return float(slope)


class TooMuch(AssertionError):
    """Something measured is above its limit.

    The measured value differs from run to run, so it travels beside the message and not in it.
    """

    def __init__(self, message: str, measured: float) -> None:
        super().__init__(message)
        self.measured = measured


def assert_at_most(measured: float, limit: float, *, name: str) -> None:
    """Assert that a ratio of CPU times or an exponent of growth does not exceed its limit.

    Args:
        measured: what ``cpu_ratio`` or ``growth_exponent`` gave.
        limit: the largest value that is right.
        name: what it is, for the message: "CPU time of predict over that of the reference".

    Raises:
        TooMuch: it does; the measured value is in ``measured``.
    """
    if not measured <= limit:  # what is no number is above every limit
        raise TooMuch(f"{name} should be at most {limit:g}, but is more", measured)


def _as_float(value: Any, name: str) -> float:
    try:
        return float(value)
    except OverflowError:
        raise AssertionError(f"{name} should be a number that fits a float, but is {shown(value)}") from None


def _plain(value: Any, name: str) -> NDArray[Any]:
    """Rebuild nested lists, tuples and object arrays of plain scalars as one array."""
    if isinstance(value, np.ndarray) and value.dtype != object:
        return np.array(value, copy=True)
    items = value.tolist() if isinstance(value, np.ndarray) else value
    # One long text among many short ones would make numpy reserve its length for each of them.
    try:
        is_short = _longest_text(items) <= _TEXT_LIMIT
        plain = np.array(items if is_short else [])
    except (ValueError, TypeError, OverflowError, RecursionError):
        raise AssertionError(f"{name} should be a regular array, but is {shown(value)}") from None
    assert is_short, f"{name} should hold short texts, but some are over {_TEXT_LIMIT} characters long"
    assert plain.dtype.kind in "biufUS", f"{name} should hold plain numbers or strings, but is {shown(value)}"
    if plain.dtype.kind in "US":  # numpy turns numbers among strings into strings
        leaves = np.array(items, dtype=object).ravel().tolist()
        one_kind = all(isinstance(leaf, str) for leaf in leaves) or all(isinstance(leaf, bytes) for leaf in leaves)
        assert one_kind, f"{name} should hold either numbers or strings, but is {shown(value)}"
    return plain


def _longest_text(items: Any) -> int:
    if isinstance(items, (list, tuple)):
        return max(map(_longest_text, items), default=0)
    return len(items) if isinstance(items, (str, bytes)) else 0


def _is_whole(plain: NDArray[Any]) -> bool:
    """Whether all values are whole and fit int64."""
    if plain.dtype.kind != "f":
        return plain.dtype.kind != "u" or bool(np.all(plain <= np.iinfo(np.int64).max))
    wide = plain.astype(np.longdouble)
    return bool(np.all((wide == np.floor(wide)) & (np.abs(wide) < 2.0**63)))


def _shape_text(shape: tuple[int | None, ...]) -> str:
    inner = ", ".join("any" if size is None else str(size) for size in shape)
    return f"({inner},)" if len(shape) == 1 else f"({inner})"


def _clipped(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
