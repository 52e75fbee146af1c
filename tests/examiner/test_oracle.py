"""The oracle: right answers in any honest form pass; odd ones fail with a message and never break a test."""

from __future__ import annotations

import contextlib
import math
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.examiner.conversation import SubjectLost
from grader.examiner.oracle import (
    TooMuch,
    array,
    assert_at_most,
    assert_close,
    assert_same,
    cpu_growth,
    cpu_ratio,
    growth_exponent,
    mapping,
    number,
    pair,
    shown,
)
from grader.examiner.subject import RemoteObject
from grader.models import Timing

STEADY = settings(max_examples=300, deadline=None, derandomize=True)
HANDLE: Any = RemoteObject(SimpleNamespace(), 1, "Model", ("fit",))  # type: ignore[arg-type]
"""Any object that is not data arrives as one of these."""


class Unshowable:
    """In process, as public suites run, an answer can be anything."""

    def __repr__(self) -> str:
        raise RuntimeError("no")


def itself() -> list[Any]:
    knot: list[Any] = []
    knot.append(knot)
    return knot


def deep(depth: int) -> Any:
    value: Any = 1.0
    for _ in range(depth):
        value = [value]
    return value


def complaint(check: Callable[[], object]) -> str:
    """Return the message of an ``AssertionError``; anything else passes through and fails the test.

    Without what pytest adds to it: where this runs, it has rewritten the oracle's assertions.
    """
    with pytest.raises(AssertionError) as caught:
        check()
    message = str(caught.value).partition("\nassert ")[0]
    assert message
    assert "\n" not in message
    assert len(message) < 700
    return message


# number


@pytest.mark.parametrize(
    "value",
    [2, 2.0, np.int8(2), np.uint64(2), np.float16(2), np.float64(2), np.longdouble(2), np.array(2), np.array(2.0)],
)
def test_any_real_number_is_a_number(value: object) -> None:
    found = number(value)
    assert type(found) is float
    assert found == 2


NO_NUMBERS = [
    None,
    True,
    np.bool_(True),
    np.array(True),
    "2",
    b"2",
    np.str_("2"),
    2j,
    np.complex128(2),
    np.array(2j),
    [2],
    (2,),
    {2},
    {"a": 2},
    np.array([2]),
    np.array([[2.0]]),
    np.array([]),
    np.array("2"),
    np.array(2, dtype=object).reshape(1),
    np.array(None),
    np.datetime64("2020-01-01"),
    np.timedelta64(2, "s"),
    np.void(b"ab"),
    HANDLE,
    object(),
    float,
]


@pytest.mark.parametrize("value", NO_NUMBERS, ids=range(len(NO_NUMBERS)))
def test_what_is_no_number_is_refused_and_shown(value: object) -> None:
    message = complaint(lambda: number(value, name="score(X, y)"))
    assert message.startswith("score(X, y) should be a number, but is ")
    alone = value[()] if isinstance(value, np.ndarray) and value.ndim == 0 else value
    assert shown(alone) in message


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, np.float32("nan"), np.array(np.inf)])
def test_a_number_is_finite_unless_it_need_not_be(value: object) -> None:
    assert "should be finite" in complaint(lambda: number(value))
    assert not math.isfinite(number(value, finite=False))


@pytest.mark.parametrize("value", [10**400, -(10**400), 10**5000, np.longdouble("1e4000")], ids=range(4))
def test_a_number_beyond_floats_is_refused(value: object) -> None:
    complaint(lambda: number(value))


# array


@pytest.mark.parametrize(
    "value",
    [
        [[1, 2], [3, 4]],
        ((1, 2), (3, 4)),
        [np.array([1, 2]), (3.0, 4)],
        np.array([[1, 2], [3, 4]]),
        np.array([[1, 2], [3, 4]], dtype="f4"),
        np.array([[1, 2], [3, 4]], dtype=">f8"),
        np.array([[1, 2], [3, 4]], dtype=object),
        np.asfortranarray([[1.0, 2], [3, 4]]),
        np.array([[1, 3], [2, 4]]).T,
        [[np.array(1), np.float32(2)], [np.int8(3), 4]],
    ],
    ids=range(10),
)
@pytest.mark.parametrize(("kind", "dtype"), [("float", np.float64), ("int", np.int64)])
def test_numbers_in_any_container_become_a_plain_array(value: Any, kind: Any, dtype: type) -> None:
    found = array(value, shape=(2, 2), kind=kind)
    assert (type(found), found.dtype) == (np.ndarray, dtype)
    assert found.tolist() == [[1, 2], [3, 4]]


def test_an_array_shares_no_memory_with_the_answer() -> None:
    for kind in ("float", "label"):
        answer = np.zeros(3)
        found = array(answer, shape=(3,), kind=kind)  # type: ignore[arg-type]
        found[0] = 5
        assert answer[0] == 0


@pytest.mark.parametrize(
    ("value", "shape"),
    [
        ([1, 2], (3,)),
        ([1, 2], (2, 1)),
        ([[1], [2]], (2,)),
        ([], (1,)),
        ([[]], (0,)),
        (np.array(1.0), (1,)),
        (np.zeros((2, 3)), (3, 2)),
        (np.zeros((2, 3)), (None, None, None)),
        (np.zeros((2, 3)), (None, 2)),
        (np.zeros((0, 3)), (3, 0)),
    ],
)
def test_another_shape_is_refused_with_the_right_one(value: Any, shape: tuple[int | None, ...]) -> None:
    for kind in ("float", "int", "label"):
        message = complaint(lambda kind=kind: array(value, shape=shape, kind=kind))
        assert "should have shape (" in message
        assert str(np.shape(value)) in message


@pytest.mark.parametrize("shape", [(2, 3), (None, 3), (2, None), (None, None)])
def test_none_stands_for_any_length_of_an_axis(shape: tuple[int | None, ...]) -> None:
    assert array(np.zeros((2, 3)), shape=shape).shape == (2, 3)


NO_ARRAYS = [
    None,
    1.0,
    True,
    "12",
    b"12",
    {1, 2},
    {"a": 1},
    range(2),
    HANDLE,
    object(),
    [[1, 2], [3]],
    [1, [2]],
    [np.zeros(2), np.zeros(3)],
    [None, 1.0],
    [HANDLE, 1],
    [object(), object()],
    [{}, {}],
    [1j, 2],
    ["1", "2"],
    [b"1", b"2"],
    [1, "2"],
    [1, b"2"],
    [10**400, 1],
    [2**70, 1],
    [10**5000, 1],
    [np.datetime64("2020-01-01")] * 2,
    np.array([1j, 2]),
    np.array(["1", "2"]),
    np.array([None, 1]),
    np.array([HANDLE, 1], dtype=object),
    np.array([[1], [1, 2]], dtype=object),
    np.array(["2020-01-01"] * 2, dtype="M8[D]"),
    np.array([1, 2], dtype="m8[s]"),
    np.zeros(2, dtype="V3"),
    np.zeros(2, dtype=[("a", "f8"), ("b", "i4")]),
    itself(),
    deep(100),
    deep(100_000),
]


@pytest.mark.parametrize("value", NO_ARRAYS, ids=range(len(NO_ARRAYS)))
@pytest.mark.parametrize("kind", ["float", "int"])
def test_what_holds_no_numbers_is_refused(value: Any, kind: Any) -> None:
    message = complaint(lambda: array(value, shape=(2,), kind=kind, name="predict(X)"))
    assert message.startswith("predict(X) should ")


@pytest.mark.parametrize("dtype", ["c8", "c16", "U3", "S3", "M8[s]", "V4", "f8,i4", "O", "?", "f4", "i8"])
@pytest.mark.parametrize("kind", ["float", "int", "label"])
def test_an_array_without_elements_is_taken_or_refused_quietly(dtype: str, kind: Any) -> None:
    """Its dtype says nothing: ``[]`` is float64 too."""
    with contextlib.suppress(AssertionError):
        assert array(np.zeros((0, 2), dtype=dtype), shape=(0, 2), kind=kind).shape == (0, 2)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_an_array_is_finite_unless_it_need_not_be(bad: float) -> None:
    assert "should be finite" in complaint(lambda: array([1, bad], shape=(2,)))
    assert array([1, bad], shape=(2,), finite=False)[0] == 1
    assert "whole" in complaint(lambda: array([1, bad], shape=(2,), kind="int", finite=False))


@pytest.mark.parametrize("value", [[0.5], [1 + 1e-9], [-0.1], np.array([2.5], dtype="f2")])
def test_fractions_are_no_whole_numbers(value: Any) -> None:
    assert "whole numbers" in complaint(lambda: array(value, shape=(1,), kind="int"))


@pytest.mark.parametrize("value", [2**63 - 1, -(2**63), 2**53 + 1])
def test_whole_numbers_keep_every_digit(value: int) -> None:
    assert array([value], shape=(1,), kind="int").tolist() == [value]


@pytest.mark.parametrize(
    "value",
    [[1e300], [-1e300], [2.0**63], [2**63], np.array([2**64 - 1], dtype="u8"), np.array([1e30], dtype="f4")],
    ids=range(6),
)
def test_whole_numbers_beyond_int64_are_refused_not_wrapped(value: Any) -> None:
    """A label of -1 must not come out of one of 2**64 - 1."""
    complaint(lambda: array(value, shape=(1,), kind="int"))


def test_numbers_beyond_float64_are_refused() -> None:
    complaint(lambda: array(np.array([np.longdouble("1e4000")]), shape=(1,)))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ([1, 2], [1, 2]),
        (["a", "ä"], ["a", "ä"]),
        ([True, False], [True, False]),
        ([b"a", b"b"], [b"a", b"b"]),
        (np.array(["x", "y"], dtype=object), ["x", "y"]),
        (np.array([1.5, 2]), [1.5, 2]),
    ],
)
def test_labels_stay_as_they_are(value: Any, expected: list[object]) -> None:
    assert array(value, shape=(2,), kind="label").tolist() == expected


@pytest.mark.parametrize("value", [[None, 1], [HANDLE, 1], np.array([None, "a"]), [[1], [2, 3]], None, "ab", HANDLE])
def test_labels_are_plain_data(value: Any) -> None:
    complaint(lambda: array(value, shape=(2,), kind="label"))


def test_numbers_among_names_do_not_turn_into_names() -> None:
    """numpy makes strings of both; ``[1, "a"]`` would equal ``["1", "a"]``."""
    complaint(lambda: array([1, "a"], shape=(2,), kind="label"))


# pair and mapping


@pytest.mark.parametrize("value", [(1, 2), [1, 2]])
def test_a_pair_is_a_tuple_or_list_of_two(value: Any) -> None:
    assert pair(value) == (1, 2)


@pytest.mark.parametrize("value", [(), (1,), [1, 2, 3]])
def test_a_pair_has_two_parts(value: Any) -> None:
    assert f"has {len(value)} parts" in complaint(lambda: pair(value, name="kneighbors(Q)"))


@pytest.mark.parametrize("value", [None, 1, "ab", b"ab", {1, 2}, {1: 2, 3: 4}, np.zeros(2), HANDLE, object()])
def test_what_is_no_sequence_is_no_pair(value: Any) -> None:
    message = complaint(lambda: pair(value, name="kneighbors(Q)"))
    assert message.startswith("kneighbors(Q) should be a pair, but is ")


@pytest.mark.parametrize("value", [{"a": 1, "b": None, "c": 3}, OrderedDict(b=None, a=1), {1: 2, "a": 1, "b": None}])
def test_a_mapping_gives_the_keys_that_were_asked_for(value: Any) -> None:
    found = mapping(value, keys=["a", "b"])
    assert found == {"a": 1, "b": None}
    assert type(found) is dict


def test_a_mapping_names_the_keys_that_are_missing() -> None:
    message = complaint(lambda: mapping({"a": 1}, keys=["a", "b", "c"], name="summary()"))
    assert message == "summary() should have the keys ['a', 'b', 'c'], but ['b', 'c'] are missing"


@pytest.mark.parametrize("value", [None, 1, "ab", ["a", "b"], [("a", 1)], {"a", "b"}, np.zeros(2), HANDLE])
def test_what_is_no_dict_is_no_mapping(value: Any) -> None:
    assert "should be a dict, but is " in complaint(lambda: mapping(value, keys=["a"]))


# comparisons


@pytest.mark.parametrize(
    ("actual", "expected"),
    [
        (1.0, 1.0),
        ([1, 2], [1 + 1e-9, 2 - 1e-9]),
        ([math.nan, 1], [math.nan, 1]),
        ([math.inf, -math.inf], [math.inf, -math.inf]),
        ([], []),
        (np.zeros((2, 0)), np.zeros((2, 0))),
    ],
)
def test_close_numbers_pass(actual: Any, expected: Any) -> None:
    assert_close(actual, expected)


@pytest.mark.parametrize(
    ("actual", "expected", "says"),
    [
        (1.0, 2.0, "should be 2, but is 1"),
        ([1, 2.5, 3], [1, 2, 3], "should be 2 at (1,), but is 2.5 (1 of 3 values differ"),
        ([[1, 2], [3, 9]], [[1, 5], [3, 4]], "should be 4 at (1, 1), but is 9 (2 of 4"),
        ([1, math.nan], [1, 2], "should be 2 at (1,), but is nan"),
        ([1, 2], [1, math.nan], "should be nan at (1,), but is 2"),
        ([math.inf, 1], [math.inf, 2], "should be 2 at (1,), but is 1"),
        ([-math.inf, 1], [math.inf, 1], "should be inf at (0,), but is -inf"),
        ([math.inf, 1], [1, 1], "should be 1 at (0,), but is inf"),
        (0.0, 1e-12, "should be 1e-12, but is 0"),
        ([1, 2], [1, 2, 3], "should have shape (3,), but has (2,)"),
        (1.0, [1.0], "should have shape (1,), but has ()"),
    ],
)
def test_numbers_apart_fail_and_the_worst_place_is_named(actual: Any, expected: Any, says: str) -> None:
    assert f"coef_ {says}" in complaint(lambda: assert_close(actual, expected, name="coef_"))


@pytest.mark.parametrize(
    ("gap", "rtol", "atol", "close"),
    [(0.9, 0, 1, True), (1.1, 0, 1, False), (9, 0.1, 0, True), (11, 0.1, 0, False), (10.5, 0.1, 1, True)],
)
def test_tolerances_are_absolute_plus_relative_to_the_expected(
    gap: float, rtol: float, atol: float, close: bool
) -> None:
    for actual in (100 + gap, 100 - gap):
        if close:
            assert_close(actual, 100, rtol=rtol, atol=atol)
        else:
            complaint(lambda actual=actual: assert_close(actual, 100, rtol=rtol, atol=atol))


@pytest.mark.parametrize(
    ("actual", "expected"),
    [
        ([1, 2], [1, 2]),
        (["a"], ["a"]),
        ([], []),
        ([[1.0, 2]], [[1, 2]]),
        (np.array(["a"], dtype=object), ["a"]),
        (1, 1),
    ],
)
def test_the_same_labels_pass(actual: Any, expected: Any) -> None:
    assert_same(actual, expected)


@pytest.mark.parametrize(
    ("actual", "expected", "says"),
    [
        ([1, 2, 3], [1, 5, 6], "should be 5 at (1,), but is 2 (2 of 3 differ)"),
        (["a", "b"], ["a", "c"], "should be 'c' at (1,), but is 'b' (1 of 2 differ)"),
        ([[0, 1]], [[0, 2]], "should be 2 at (0, 1), but is 1"),
        (["1"], [1], "should be 1 at (0,), but is '1'"),
        ([1.5], [1], "should be 1 at (0,), but is 1.5"),
        ([1], [1, 2], "should have shape (2,), but has (1,)"),
        (np.array([1, "a"], dtype=object), np.array([1, "b"], dtype=object), "should be 'b' at (1,), but is 'a'"),
        (np.array(["a", "b"]), np.array(["a", "c"], dtype=object), "should be 'c' at (1,), but is 'b'"),
        (1, 2, "should be 2"),
    ],
    ids=range(9),
)
def test_other_labels_fail_and_the_first_place_is_named(actual: Any, expected: Any, says: str) -> None:
    assert f"predict(X) {says}" in complaint(lambda: assert_same(actual, expected, name="predict(X)"))


def test_a_long_label_is_cut_in_the_message() -> None:
    complaint(lambda: assert_same(["x" * 100_000], ["y" * 100_000]))


# shown


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (None, "NoneType None"),
        ("a\nb", r"str 'a\nb'"),
        (np.zeros((2, 3)), "float64 array of shape (2, 3): [[0. 0. 0.] [0. 0. 0.]]"),
        (HANDLE, "RemoteObject <Model in the sandbox>"),
    ],
)
def test_an_answer_is_shown_with_its_type(value: object, says: str) -> None:
    assert shown(value) == says


@pytest.mark.parametrize(
    "value",
    [
        "x" * 10**6,
        list(range(10**5)),
        np.zeros((1000, 1000)),
        np.array(["x" * 10**5]),
        "\n" * 500,
        10**5000,
        [10**5000],
        itself(),
        deep(100_000),
        Unshowable(),
        [Unshowable()],
        np.array([Unshowable()], dtype=object),
        np.array([10**5000], dtype=object),
        np.zeros((1,) * 32),
    ],
    ids=range(14),
)
def test_showing_never_raises_and_never_takes_more_than_a_line(value: object) -> None:
    text = shown(value)
    assert text
    assert "\n" not in text
    assert len(text) <= 400


# speed


class Worked:
    """A subject whose stopwatch reads what it is told to."""

    def __init__(self, *seconds: float) -> None:
        self.seconds = iter(seconds)
        self.timings: Sequence[Timing] = ()

    def keep_timings(self, timings: Sequence[Timing]) -> None:
        self.timings = list(timings)

    @contextlib.contextmanager
    def stopwatch(self) -> Iterator[SimpleNamespace]:
        watch = SimpleNamespace(cpu_seconds=0.0)
        yield watch
        watch.cpu_seconds = next(self.seconds)


def test_a_ratio_of_cpu_times_is_that_of_the_smallest() -> None:
    """Whatever disturbs a measurement only ever adds to it."""
    done: list[tuple[object, int]] = []
    candidate, reference = Worked(9, 4, 6), Worked(2, 8, 3)
    ratio = cpu_ratio(lambda subject, turn: done.append((subject, turn)), candidate, reference, rounds=3)
    assert ratio == 2
    assert done == [(subject, turn) for turn in range(3) for subject in (reference, candidate)]
    assert candidate.timings == [Timing(0, 4, 2)]


def test_growth_is_that_of_the_smallest_times_and_the_reference_is_kept_beside() -> None:
    done: list[tuple[object, int]] = []
    candidate, reference = Worked(4, 1, 9, 4, 16, 40), Worked(2, 1, 2, 3, 4, 5)
    slope = cpu_growth(lambda *asked: done.append(asked), candidate, reference, [10, 20, 40], rounds=2)
    assert slope == pytest.approx(2)
    assert candidate.timings == [Timing(10, 1, 1), Timing(20, 4, 2), Timing(40, 16, 4)]
    assert done == [(subject, n) for n in (10, 20, 40) for subject in (candidate, reference) for _ in range(2)]


def test_what_was_timed_is_kept_though_the_work_is_lost_later() -> None:
    candidate = Worked(1, 1)

    def work(subject: object, size: int) -> None:
        if size > 10:
            raise SubjectLost

    with pytest.raises(SubjectLost):
        cpu_growth(work, candidate, Worked(1, 1), [10, 20], rounds=1)
    assert candidate.timings == [Timing(10, 1, 1)]


@pytest.mark.parametrize(
    ("seconds", "rounds"), [((90, 90, 90), 2), ((30, 30, 30), 3), ((1, 1, 1), 2), ((90, 1, 1), 2), ((90, 20, 20), 3)]
)
def test_rounds_end_where_the_limit_is_far(seconds: tuple[float, ...], rounds: int) -> None:
    """The first round alone decides nothing: what is done once may fall into it."""
    done: list[object] = []
    cpu_ratio(lambda subject, turn: done.append(subject), Worked(*seconds), Worked(1, 1, 1), limit=20, rounds=3)
    assert len(done) == 2 * rounds


def test_a_reference_too_fast_to_measure_gives_a_finite_ratio() -> None:
    assert math.isfinite(cpu_ratio(lambda *_: None, Worked(0.5), Worked(0.0), rounds=1))


@pytest.mark.parametrize("power", [0, 1, 2, 3])
def test_growth_is_the_exponent_of_a_power_law(power: int) -> None:
    sizes = [100, 200, 400, 800]
    assert growth_exponent(sizes, [1e-3 * size**power for size in sizes]) == pytest.approx(power)


def test_growth_of_times_too_small_to_measure_is_none() -> None:
    assert growth_exponent([1, 10, 100], [0, 0, 0]) == pytest.approx(0)


@pytest.mark.parametrize("measured", [-1, 0, 4.99, 5])
def test_what_is_measured_may_be_as_much_as_its_limit(measured: float) -> None:
    assert_at_most(measured, 5, name="the ratio")


@pytest.mark.parametrize("measured", [5.01, 1e9, math.inf, math.nan])
def test_what_is_above_its_limit_or_no_number_is_too_much(measured: float) -> None:
    """CPU times come from the sandbox: what cannot be compared does not pass."""
    with pytest.raises(TooMuch) as caught:
        assert_at_most(measured, 5, name="the ratio")
    assert str(caught.value) == "the ratio should be at most 5, but is more"
    assert repr(caught.value.measured) == repr(measured)


# odd answers fail a test and never break it

LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(-(10**400), 10**400),
    st.floats(),
    st.complex_numbers(),
    st.text(max_size=5),
    st.binary(max_size=5),
    st.just(HANDLE),
    st.builds(
        lambda dtype, shape, content: np.ndarray(tuple(shape), dtype, content * 8).copy(),
        st.sampled_from(["?", "i1", "u8", "f2", "f4", "f8", "c8", "c16", "S3", "M8[s]", "m8[s]", "V5", "f4,i4"]),
        st.lists(st.integers(0, 2), max_size=3),
        st.binary(min_size=16, max_size=16).map(lambda raw: bytes(b & 1 for b in raw)) | st.just(b"\xff" * 16),
    ),
    st.builds(lambda items: np.array([*items, None], dtype=object), st.lists(st.integers() | st.text(), max_size=2)),
    st.sampled_from(["f2", "f8", "u8", "i8"]).map(lambda name: np.dtype(name).type(1)),
)
ODD = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.lists(inner, max_size=3).map(tuple),
        st.dictionaries(st.text(max_size=3) | st.integers(), inner, max_size=3),
        st.sets(st.integers() | st.text(max_size=3), max_size=3),
    ),
    max_leaves=6,
)
SHAPES = st.lists(st.none() | st.integers(0, 3), max_size=3).map(tuple)


@STEADY
@given(ODD, st.booleans())
def test_number_gives_a_float_or_an_assertion_error(value: Any, finite: bool) -> None:
    with contextlib.suppress(AssertionError):
        found = number(value, finite=finite)
        assert type(found) is float
        assert math.isfinite(found) or not finite


@STEADY
@given(ODD, SHAPES, st.sampled_from(["float", "int", "label"]), st.booleans())
def test_array_gives_an_array_or_an_assertion_error(value: Any, shape: Any, kind: Any, finite: bool) -> None:
    try:
        found = array(value, shape=shape, kind=kind, finite=finite)
    except AssertionError:
        return
    assert type(found) is np.ndarray
    assert found.dtype != object
    assert kind == "label" or found.dtype == {"float": np.float64, "int": np.int64}[kind]


@STEADY
@given(ODD)
def test_pair_and_mapping_give_their_parts_or_an_assertion_error(value: Any) -> None:
    with contextlib.suppress(AssertionError):
        assert len(pair(value)) == 2
    with contextlib.suppress(AssertionError):
        assert set(mapping(value, keys=["a"])) == {"a"}
    assert shown(value)


@STEADY
@given(st.lists(st.floats(), min_size=1, max_size=4), st.lists(st.floats(), min_size=1, max_size=4))
def test_comparing_any_floats_passes_or_gives_an_assertion_error(actual: list[float], expected: list[float]) -> None:
    for compare in (assert_close, assert_same):
        with contextlib.suppress(AssertionError):
            compare(actual, expected)


@pytest.mark.parametrize("check", [number, lambda v: array(v, shape=(1,)), pair, lambda v: mapping(v, keys=["a"])])
@pytest.mark.parametrize("value", [Unshowable(), [Unshowable()], (Unshowable(),)])
def test_an_answer_that_cannot_be_shown_is_refused_all_the_same(check: Callable[[Any], object], value: Any) -> None:
    complaint(lambda: check(value))
