"""Values: what one side sends the other gets, and hostile bytes are refused before they cost anything."""

from __future__ import annotations

import contextlib
import enum
import math
import struct
import tracemalloc
from collections import OrderedDict, namedtuple
from collections.abc import Callable
from typing import Any

import msgpack
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grader.worker.values import (
    ARRAY,
    AXES_LIMIT,
    BIG_INT,
    BODY_LIMIT,
    BUFFERS_LIMIT,
    COMPLEX,
    DEPTH_LIMIT,
    DICT,
    HANDLE,
    HEADER,
    KEYS_LIMIT,
    OBJECTS,
    SCALAR,
    SET,
    TEXT_WIDTH_LIMIT,
    TUPLE,
    Handle,
    MalformedMessage,
    NotData,
    announced,
    dumps,
    loads,
)

DTYPES = ["?", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", "c8", "c16", "U1", "U7", "S1", "S5"]
STEADY = settings(max_examples=250, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
Pair = namedtuple("Pair", "first second")


class Colour(enum.IntEnum):
    RED = 3


class Ledger:
    """Gives handles like the fork does, and remembers for what."""

    def __init__(self) -> None:
        self.objects: list[object] = []

    def refer(self, value: object) -> Handle:
        self.objects.append(value)
        return Handle(len(self.objects), "", (type(value).__name__, ("fit", "predict")))


def no_handles(value: object) -> Handle:
    raise NotData(f"no handle for a {type(value).__name__}")


def unresolved(handle: Handle) -> Handle:
    return handle


def parts(value: object, refer: Callable[[object], Handle] = no_handles) -> tuple[bytes, bytes]:
    """Return body and buffers of the message that carries a value, cut as its header says."""
    stream = b"".join(dumps(7, value, refer))
    number, body_length, buffers_length = announced(stream[: HEADER.size])
    body, buffers = stream[HEADER.size :][:body_length], stream[HEADER.size + body_length :]
    assert (number, len(body), len(buffers)) == (7, body_length, buffers_length)
    return body, buffers


def through(value: object, refer: Callable[[object], Handle] = no_handles) -> Any:
    """Send a value and receive it."""
    return loads(*parts(value, refer), unresolved)


def same(first: Any, second: Any) -> bool:
    """Equal with types and, for arrays and floats, bit by bit."""
    if isinstance(first, np.ndarray) and isinstance(second, np.ndarray):
        if first.dtype == object:
            alike = zip(first.ravel().tolist(), second.ravel().tolist(), strict=True)
            return first.shape == second.shape and second.dtype == object and all(same(a, b) for a, b in alike)
        return (first.dtype, first.shape, first.tobytes()) == (second.dtype, second.shape, second.tobytes())
    if type(first) is not type(second):
        return False
    if isinstance(first, (list, tuple)):
        return len(first) == len(second) and all(map(same, first, second))
    if isinstance(first, dict):
        return same(list(first.items()), list(second.items()))
    if isinstance(first, float) and not isinstance(first, np.generic):
        return struct.pack("<d", first) == struct.pack("<d", second)
    if isinstance(first, complex) and not isinstance(first, np.generic):
        return struct.pack("<dd", first.real, first.imag) == struct.pack("<dd", second.real, second.imag)
    if isinstance(first, np.generic):
        return first.tobytes() == second.tobytes()
    return bool(first == second)


TEXT = st.text(st.characters(codec="utf-8"), max_size=12)
HASHABLE = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(2**70), 2**70), TEXT, st.binary(max_size=8)),
    lambda inner: st.one_of(st.lists(inner, max_size=3).map(tuple)),
    max_leaves=5,
)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**200), 2**200),
    st.integers(-300, 300),
    st.sampled_from([2**63 - 1, 2**63, 2**64 - 1, 2**64, -(2**63), -(2**63) - 1, 2**999, -(2**999)]),
    st.floats(),
    st.complex_numbers(),
    TEXT,
    st.binary(max_size=20),
)


@st.composite
def arrays(draw: st.DrawFn) -> np.ndarray[Any, Any]:
    """Arrays of each dtype in any layout: empty, without axes, transposed, strided, read-only."""
    dtype = np.dtype(draw(st.sampled_from(DTYPES)))
    shape = tuple(draw(st.lists(st.integers(0, 4), max_size=4)))
    count = math.prod(shape)
    if dtype.kind == "U":
        width = dtype.itemsize // 4
        texts = draw(st.lists(st.text(st.characters(codec="utf-8"), max_size=width), min_size=count, max_size=count))
        array = np.array(texts, dtype=dtype).reshape(shape)
    else:
        size = count * dtype.itemsize
        content = draw(st.binary(min_size=size, max_size=size))
        content = bytes(b & 1 for b in content) if dtype.kind == "b" else content
        array = np.ndarray(shape, dtype, content).copy()
    match draw(st.sampled_from(["plain", "transposed", "reversed", "fortran", "read-only"])):
        case "transposed":
            array = array.T
        case "reversed" if array.ndim:
            array = array[::-1]
        case "fortran":
            array = np.asfortranarray(array).reshape(array.shape, order="A")
        case "read-only":
            array.setflags(write=False)
    return array


VALUES = st.recursive(
    st.one_of(SCALARS, arrays(), arrays().filter(lambda a: a.size and a.dtype.kind != "U").map(lambda a: a.flat[0])),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.lists(inner, max_size=4).map(tuple),
        st.dictionaries(HASHABLE, inner, max_size=4),
        st.sets(HASHABLE, max_size=4),
    ),
    max_leaves=12,
)


# There and back


@STEADY
@given(VALUES)
def test_data_arrives_as_it_was_sent(value: Any) -> None:
    assert same(value, through(value))


@STEADY
@given(arrays(), st.sampled_from([">", "<", "="]))
def test_arrays_arrive_in_native_order_whatever_they_had(array: np.ndarray[Any, Any], order: str) -> None:
    swapped = array.astype(array.dtype.newbyteorder(order))
    arrived = through(swapped)
    assert arrived.dtype.isnative
    assert arrived.tobytes() == array.astype(array.dtype.newbyteorder("=")).tobytes()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(), (0,), (3, 0, 2), (1,) * AXES_LIMIT])
def test_every_dtype_keeps_its_shape_even_where_there_is_nothing_in_it(dtype: str, shape: tuple[int, ...]) -> None:
    arrived = through(np.zeros(shape, dtype=dtype))
    assert (arrived.shape, arrived.dtype) == (shape, np.dtype(dtype))


@pytest.mark.parametrize("code", ["f2", "f4", "f8", ">f4", ">f8"])
def test_the_bits_of_a_nan_survive(code: str) -> None:
    """Payload and sign included, also where the bytes are swapped on the way."""
    dtype = np.dtype(code)
    bits = np.arange(1, 9, dtype=f"u{dtype.itemsize}") | np.array(0x7D << (dtype.itemsize * 8 - 8)).astype(
        f"u{dtype.itemsize}"
    )
    bits = np.concatenate([bits | (0x7FF << (dtype.itemsize * 8 - 12)), bits | (0xFFF << (dtype.itemsize * 8 - 12))])
    bits = bits.astype(f"u{dtype.itemsize}")
    values = bits.view(f"f{dtype.itemsize}").astype(dtype) if dtype.isnative else bits.byteswap().view(dtype)
    assert np.isnan(values).all()
    arrived = through(values)
    assert arrived.view(bits.dtype).tolist() == bits.tolist()


def test_an_array_that_arrives_is_writable_and_shares_nothing() -> None:
    body, buffers = parts(np.arange(4.0))
    memory = bytearray(buffers)
    arrived = loads(body, memory, unresolved)
    arrived[0] = 9
    memory[:] = bytes(len(memory))
    assert arrived.tolist() == [9, 1, 2, 3]


@pytest.mark.parametrize(
    ("sent", "arrives"),
    [
        (Colour.RED, 3),
        (np.str_("ärger"), "ärger"),
        (range(3), [0, 1, 2]),
        (Pair(1, 2), (1, 2)),
        (OrderedDict(b=1, a=2), {"b": 1, "a": 2}),
        (bytearray(b"ab"), b"ab"),
        (frozenset([1, 2]), {1, 2}),
        (np.float64("1.5"), np.float64(1.5)),
        (np.bool_(True), np.bool_(True)),
        (np.bytes_(b"ab"), np.bytes_(b"ab")),
    ],
)
def test_relatives_of_plain_types_arrive_as_those(sent: object, arrives: object) -> None:
    arrived = through(sent)
    assert type(arrived) is type(arrives)
    assert arrived == arrives


def test_subclasses_and_masked_arrays_arrive_as_plain_arrays() -> None:
    for array in (np.ma.array([1.0, 2.0]), np.array([[1.0, 2.0]]).view(np.recarray)):
        assert type(through(array)) is np.ndarray


@pytest.mark.parametrize("shape", [(), (0,), (2,), (2, 2), (0, 3)])
def test_object_arrays_of_plain_scalars_travel(shape: tuple[int, ...]) -> None:
    array = np.empty(math.prod(shape), dtype=object)
    array[:] = [1, "ä", None, 2.5][: len(array)]
    assert same(array.reshape(shape), through(array.reshape(shape)))


LEFT_BEHIND = [
    object(),
    print,
    len,
    Ledger,
    Ledger(),
    math,
    iter([]),
    memoryview(b"x"),
    2**1200,
    np.datetime64("2020-01-01"),
    np.array(["2020-01-01"], dtype="M8[D]"),
    np.zeros(2, dtype=[("a", "f8"), ("b", "i4")]),
    np.zeros(2, dtype="V4"),
    np.zeros(2, dtype="c32") if hasattr(np, "complex256") else object(),
    np.zeros((1,) * (AXES_LIMIT + 1)),
    np.zeros(1, dtype=f"U{TEXT_WIDTH_LIMIT + 1}"),
    np.array([object()], dtype=object),
    np.array([[1], [1, 2]], dtype=object),
]


@pytest.mark.parametrize("value", LEFT_BEHIND, ids=lambda value: type(value).__name__)
def test_what_is_not_data_stays_and_a_handle_goes(value: object) -> None:
    ledger = Ledger()
    arrived = through(["model", value], ledger.refer)
    assert arrived == ["model", Handle(1, "", (type(value).__name__, ("fit", "predict")))]
    assert ledger.objects == [value] or ledger.objects[0] is value
    with pytest.raises(NotData):
        through(value)


def test_handles_travel_within_data_and_name_attributes() -> None:
    handles = [Handle(3, "fit"), Handle(0), Handle(2**31 - 1, "x" * 200, ("T", ()))]
    queue = iter(handles)
    assert through({"a": [object(), (object(),)], "b": object()}, lambda _: next(queue)) == {
        "a": [handles[0], (handles[1],)],
        "b": handles[2],
    }


def nested(depth: int, wrap: Callable[[Any], Any], inner: Any = 1) -> Any:
    for _ in range(depth):
        inner = wrap(inner)
    return inner


WRAPS: dict[str, Callable[[Any], Any]] = {
    "list": lambda value: [value],
    "tuple": lambda value: (value,),
    "dict": lambda value: {"left": value},
    "mixed": lambda value: [({"a": (value, [])},)],
}
ODD_BUT_HONEST: dict[str, Any] = {
    "a set of frozen sets": {frozenset({1}), frozenset({2, 3})},
    "a dict by frozen sets": {frozenset({1, 2}): "pair"},
    "a tuple with a frozen set as a key": {(1, frozenset({2})): 3},
    "an object array with a huge number": np.array([2**1200, 1], dtype=object),
    "an object array with a date": np.array([np.datetime64("2020-01-01"), 1], dtype=object),
    "an object array with an odd record": np.array([np.void(b"ab"), 1], dtype=object),
    "half a character": "caf\udce9",
    "an array with half a character": np.array(["caf\udce9"]),
    "an array of arrays at the limit": nested(DEPTH_LIMIT, WRAPS["list"], np.arange(2)),
    "a long list of small numbers": [0] * 1_200_000,
    "many keys": {n: n for n in range(KEYS_LIMIT)},
    "more keys than may be": {n: n for n in range(KEYS_LIMIT + 1)},
    "a list in itself": (lambda knot: [knot.append(knot), knot][1])([]),
    "a long text": "x" * (BODY_LIMIT + 1),
}
for _name, _wrap in WRAPS.items():
    for _depth in (6, 12, 13, DEPTH_LIMIT - 1, DEPTH_LIMIT, DEPTH_LIMIT + 1, 500):
        ODD_BUT_HONEST[f"{_name} nested {_depth} deep"] = nested(_depth, _wrap)
        ODD_BUT_HONEST[f"{_name} nested {_depth} deep around a float"] = nested(_depth, _wrap, 1.5)


@pytest.mark.parametrize("name", ODD_BUT_HONEST)
def test_what_one_side_sends_the_other_never_refuses(name: str) -> None:
    """A message that its own side has let pass must not look like a forgery to the other: it would be reported."""
    ledger = Ledger()
    try:
        body, buffers = parts(ODD_BUT_HONEST[name], ledger.refer)
    except NotData:
        return
    loads(body, buffers, unresolved)


@pytest.mark.parametrize("name", ["a set of frozen sets", "a dict by frozen sets"])
def test_frozen_sets_may_be_keys_and_members(name: str) -> None:
    """Groups of indices are honest keys."""
    value = ODD_BUT_HONEST[name]
    assert through(value) == value


@pytest.mark.parametrize("wrap", ["list", "tuple", "dict"])
def test_nesting_as_deep_as_the_limit_travels(wrap: str) -> None:
    """A tree of nested tuples or dicts is honest data."""
    value = nested(DEPTH_LIMIT - 1, WRAPS[wrap])
    assert through(value) == value


@pytest.mark.parametrize("count", [BODY_LIMIT + 1, BUFFERS_LIMIT + 1])
def test_what_is_too_large_is_not_sent(count: int) -> None:
    with pytest.raises(NotData):
        dumps(1, np.zeros(count, dtype="u1") if count > BUFFERS_LIMIT else b"x" * count, no_handles)


# What is refused


def ext(code: int, content: object) -> msgpack.ExtType:
    return msgpack.ExtType(code, msgpack.packb(content))


def message(value: object, *sizes: int) -> bytes:
    return bytes(msgpack.packb([value, list(sizes)]))


def refused(body: bytes, buffers: bytes = b"") -> str:
    with pytest.raises(MalformedMessage) as caught:
        loads(body, buffers, unresolved)
    assert str(caught.value)
    assert len(str(caught.value)) < 400
    return str(caught.value)


def array_of(name: object, shape: object, index: object = 0, code: int = ARRAY) -> msgpack.ExtType:
    return ext(code, [name, shape, index])


@pytest.mark.parametrize(
    ("body", "buffers"),
    [
        (BODY_LIMIT + 1, 0),
        (2**32 - 1, 0),
        (0, BUFFERS_LIMIT + 1),
        (0, 2**64 - 1),
    ],
)
def test_a_header_that_announces_too_much_is_refused(body: int, buffers: int) -> None:
    with pytest.raises(MalformedMessage):
        announced(HEADER.pack(1, body, buffers))


def test_a_header_within_the_limits_is_read() -> None:
    assert announced(HEADER.pack(2**32 - 1, BODY_LIMIT, BUFFERS_LIMIT)) == (2**32 - 1, BODY_LIMIT, BUFFERS_LIMIT)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xc1",
        b"\x92\x01",
        msgpack.packb([1, []]) + b"\0",
        msgpack.packb([1, []])[:-1],
        msgpack.packb(1),
        msgpack.packb([]),
        msgpack.packb([1]),
        msgpack.packb([1, [], 2]),
        msgpack.packb("ab"),
        msgpack.packb(None),
        msgpack.packb([1, None]),
        msgpack.packb([1, b""]),
        msgpack.packb(msgpack.ExtType(5, b"")),
        b"\x92\xa1\xff\x90",
        b"\xdd\xff\xff\xff\xff",
        b"\xdf\xff\xff\xff\xff",
        b"\xdb\xff\xff\xff\xff",
        b"\xc9\xff\xff\xff\xff\x01",
        b"\x91" * 5000,
    ],
)
def test_what_is_no_message_is_refused(body: bytes) -> None:
    refused(body)


@pytest.mark.parametrize("value", [{}, {"a": 1}, [{}], [[{}]], {1: 2}])
def test_raw_maps_are_refused(value: object) -> None:
    """Dicts travel as pairs, so that msgpack builds none before their keys were counted."""
    refused(message(value))
    refused(message(ext(TUPLE, [value])))


@pytest.mark.parametrize("data", [b"\0" * 4, b"\0" * 8, b"\0" * 12, b"\xff" * 12, b"", b"abc"])
def test_timestamps_are_refused(data: bytes) -> None:
    raw = b"\xc7" + bytes([len(data)]) + b"\xff" + data
    refused(b"\x92" + raw + b"\x90")
    refused(b"\x92\x91" + raw + b"\x90")


@pytest.mark.parametrize("code", [0, DICT + 1, 50, 127])
def test_unknown_extensions_are_refused(code: int) -> None:
    refused(message(ext(code, [])))
    refused(message(ext(code, [1, 2])))


@pytest.mark.parametrize("code", [-2, -128])
def test_negative_extensions_are_refused(code: int) -> None:
    refused(b"\x92\xd4" + struct.pack("b", code) + b"\0\x90")


@pytest.mark.parametrize("code", [ARRAY, SCALAR, TUPLE, SET, OBJECTS, HANDLE, DICT])
@pytest.mark.parametrize("content", [None, 1, "text", b"bytes", {}, {"a": 1}, 1.5])
def test_an_extension_without_a_list_is_refused(code: int, content: object) -> None:
    refused(message(ext(code, content)))


@pytest.mark.parametrize("code", [ARRAY, SCALAR, OBJECTS, HANDLE])
@pytest.mark.parametrize("content", [[], [1], [1, 2, 3, 4], [None] * 3])
def test_an_extension_with_the_wrong_parts_is_refused(code: int, content: object) -> None:
    refused(message(ext(code, content), 0))


@pytest.mark.parametrize("data", [b"", b"\0" * 8, b"\0" * 15, b"\0" * 17])
def test_a_complex_number_of_another_length_is_refused(data: bytes) -> None:
    refused(message(msgpack.ExtType(COMPLEX, data)))


def test_an_integer_that_is_too_long_is_refused() -> None:
    assert loads(message(msgpack.ExtType(BIG_INT, b"\1" * 128)), b"", unresolved) > 2**1000
    refused(message(msgpack.ExtType(BIG_INT, b"\1" * 129)))


@pytest.mark.parametrize(
    ("sizes", "length"),
    [([], 1), ([1], 0), ([1], 2), ([1, 1], 1), ([2**64 - 1], 8), ([-1, 2], 1), ([True], 1), (["1"], 1), ([1.0], 1)],
)
def test_buffers_that_do_not_add_up_are_refused(sizes: list[object], length: int) -> None:
    refused(msgpack.packb([None, sizes]), bytes(length))


@pytest.mark.parametrize(
    "name",
    [
        *("|O", "O", "object", "<O8", "O8", "|O8", "<M8[ns]", "<m8[s]", "|V8", "|V0", "<f16", "<c32", "f8", "=f8"),
        *(">f8", "<f8,<f8", "<f8 ", "<F8", "<i3", "<U0", "|S0", "<U", "|S", "<U-1", "<U4097", "|S99999", "<S4"),
        *("|U4", "<U1e2", "<U1,O", "<U+1", "<U1_0", "<U٣", "", "x" * 5000, None, 1, b"<f8", ["<f8"], ["a", "O"]),
    ],
)
def test_a_dtype_that_is_not_listed_is_refused(name: object) -> None:
    """``object`` above all: its buffer would be taken for pointers."""
    for code in (ARRAY, SCALAR):
        refused(message(array_of(name, [1], code=code), 8), bytes(8))


@pytest.mark.parametrize(
    "shape",
    [
        [2],
        [],
        [0],
        [1, 2],
        [-1],
        [-1, -1],
        [-1, 0],
        [2**63],
        [2**64 - 1],
        [2**32, 2**32],
        [2**62, 4],
        [1] * (AXES_LIMIT + 1),
        [True],
        [1.0],
        ["1"],
        [None],
        [[1]],
        None,
        1,
        "1",
        b"\1",
        {},
    ],
)
def test_a_shape_that_does_not_fit_its_bytes_is_refused(shape: object) -> None:
    for name in ("<f8", "<U2", "|S8"):
        refused(message(array_of(name, shape), 24), bytes(24))


def test_a_shape_with_no_room_and_huge_sides_is_refused_or_empty() -> None:
    body = message(array_of("<f8", [0, *[BUFFERS_LIMIT] * 3]), 0)
    with contextlib.suppress(MalformedMessage):
        assert loads(body, b"", unresolved).size == 0


@pytest.mark.parametrize("index", [1, -1, 2**40, True, None, "0", 0.0])
def test_an_array_without_a_buffer_is_refused(index: object) -> None:
    refused(message(array_of("|u1", [1], index), 1), b"\0")


def test_a_buffer_serves_one_array_only() -> None:
    """Else a short message could ask for the same megabytes a thousand times."""
    piece = bytes(200_000)
    body = message([array_of("|u1", [len(piece)])] * 400, len(piece))
    tracemalloc.start()
    try:
        refused(body, piece)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 16_000_000


@pytest.mark.parametrize("code_point", [0x110000, 0xFFFFFFFF, 0x80000000, 0xD800, 0xDFFF])
def test_code_points_beyond_unicode_are_refused(code_point: int) -> None:
    for characters in ([code_point, 0x41], [0x41, code_point]):
        content = struct.pack("<2I", *characters)
        refused(message(array_of("<U2", [1]), 8), content)
        refused(message(array_of("<U1", [2]), 8), content)
        refused(message(array_of("<U2", [], code=SCALAR), 8), content)


def test_the_last_code_point_is_accepted() -> None:
    arrived = loads(message(array_of("<U1", [1]), 4), struct.pack("<I", 0x10FFFF), unresolved)
    assert arrived.tolist() == ["\U0010ffff"]


@pytest.mark.parametrize(
    ("shape", "items"),
    [
        ([2], [1]),
        ([1], []),
        ([-1], [1]),
        ([2**63], []),
        (None, []),
        ([1], None),
        ([1], 5),
        ([1], "a"),
        ([1], [[1]]),
        ([1], [b"x"]),
        ([1], [ext(TUPLE, [1])]),
        ([1], [ext(HANDLE, [1, "", None])]),
        ([1], [msgpack.ExtType(COMPLEX, bytes(16))]),
        ([1], [array_of("|u1", [1])]),
    ],
)
def test_an_object_array_of_anything_but_scalars_in_its_shape_is_refused(shape: object, items: object) -> None:
    refused(message(ext(OBJECTS, [shape, items]), 1), b"\0")


def wrapped(depth: int, code: int | None) -> bytes:
    value: object = 1
    for _ in range(depth):
        value = [value] if code is None else ext(code, [value] if code in (TUPLE, SET) else [1, value])
    return message(value)


@pytest.mark.parametrize("code", [None, TUPLE, SET, DICT, OBJECTS])
@pytest.mark.parametrize("depth", [DEPTH_LIMIT + 2, 100, 900])
def test_nesting_beyond_the_limit_is_refused(code: int | None, depth: int) -> None:
    refused(wrapped(depth, code))


@pytest.mark.parametrize("code", [TUPLE, SET, DICT])
def test_lists_within_extensions_are_no_way_around_the_limit(code: int) -> None:
    value: object = 1
    for _ in range(DEPTH_LIMIT):
        value = [[ext(code, [7, [value]] if code == DICT else [[value]])]]
    refused(message(value))


@pytest.mark.parametrize("items", [[[1]], [ext(TUPLE, [[1]])], [ext(DICT, [])], [array_of("|u1", [1])]])
def test_members_that_cannot_be_hashed_are_refused(items: list[object]) -> None:
    refused(message(ext(SET, items), 1), b"\0")
    refused(message(ext(DICT, [*items, 1]), 1), b"\0")


def test_a_dict_with_half_a_pair_is_refused() -> None:
    refused(message(ext(DICT, [1, 2, 3])))


def big(number: int) -> msgpack.ExtType:
    return msgpack.ExtType(BIG_INT, number.to_bytes(12, "little", signed=True))


@pytest.mark.parametrize("code", [SET, DICT])
@pytest.mark.parametrize("parts", [1, 2, 50])
def test_colliding_keys_beyond_the_limit_are_refused_however_they_are_spread(code: int, parts: int) -> None:
    """Multiples of 2**61 - 1 all have the hash 0: each one costs as much as all before it."""
    colliding = [big(n * (2**61 - 1)) for n in range(KEYS_LIMIT + parts)]
    groups = [colliding[n::parts] for n in range(parts)]
    contents = [group if code == SET else [x for key in group for x in (key, 0)] for group in groups]
    assert "keys" in refused(message([ext(code, content) for content in contents]))


@pytest.mark.parametrize("number", [-1, 2**31, 2**63, True, None, "1", 1.0])
def test_a_handle_with_a_bad_number_is_refused(number: object) -> None:
    refused(message(ext(HANDLE, [number, "", None])))


@pytest.mark.parametrize("name", [None, 1, b"fit", "x" * 201, ["fit"]])
def test_a_handle_with_a_bad_name_is_refused(name: object) -> None:
    refused(message(ext(HANDLE, [1, name, None])))


@pytest.mark.parametrize(
    "description",
    [
        1,
        "",
        [],
        ["T"],
        ["T", [], []],
        [1, []],
        [None, []],
        [b"T", []],
        ["T", None],
        ["T", 1],
        ["T", [1]],
        ["T", [b"fit"]],
        ["T", [["fit"]]],
        ["x" * 201, []],
        ["T", ["x" * 201]],
        ["T", ["f"] * 1000],
    ],
)
def test_a_handle_with_a_bad_description_is_refused(description: object) -> None:
    refused(message(ext(HANDLE, [1, "", description])))


def test_what_a_handle_stands_for_takes_its_place() -> None:
    told = message([ext(HANDLE, [5, "", ["Model", ["fit"]]]), ext(HANDLE, [5, "fit", None])])
    assert loads(told, b"", lambda handle: (handle.id, handle.name)) == [(5, ""), (5, "fit")]


def test_a_refusal_by_what_resolves_handles_passes() -> None:
    def refuse(handle: Handle) -> object:
        raise MalformedMessage("never told of")

    with pytest.raises(MalformedMessage, match="never told of"):
        loads(message(ext(HANDLE, [1, "", None])), b"", refuse)


# Nothing else can come of it, and it costs little

SMALL_MESSAGE_BYTES = 100_000_000
"""A message of a few kilobytes may cost what msgpack reserves for lists that a lying header nests: 80 MB of
addresses, never touched. What it may not do is to grow with what it claims."""

HOSTILE_BITS = st.one_of(
    SCALARS,
    st.sampled_from(["|O", "<f8", "|u1", "<U1", "<U4096"]),
    st.builds(msgpack.ExtType, st.integers(0, 11), st.binary(max_size=24)),
    st.integers(0, 2**64 - 1),
).filter(lambda value: not isinstance(value, complex) and not (isinstance(value, int) and abs(value) >= 2**63))
HOSTILE = st.recursive(
    HOSTILE_BITS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.builds(ext, st.integers(0, 10), st.lists(inner, max_size=4)),
        st.builds(
            array_of,
            st.sampled_from(["<f8", "|u1", "<U1", "|S3", "|b1", "|O"]),
            st.lists(st.integers(-2, 2**40) | st.integers(0, 3), max_size=4),
            st.integers(-1, 3),
            st.sampled_from([ARRAY, SCALAR]),
        ),
    ),
    max_leaves=10,
)


def survives(body: bytes, buffers: bytes) -> None:
    """A value or a refusal; everything else is a bug."""
    with contextlib.suppress(MalformedMessage):
        loads(body, buffers, unresolved)


@STEADY
@given(st.binary(max_size=200), st.binary(max_size=20))
def test_arbitrary_bytes_give_a_value_or_a_refusal(body: bytes, buffers: bytes) -> None:
    survives(body, buffers)
    survives(b"\x92" + body + b"\x91" + bytes([len(buffers)]), buffers)


@STEADY
@given(HOSTILE, st.lists(st.integers(0, 12), max_size=3), st.binary(min_size=36, max_size=36))
def test_well_formed_nonsense_gives_a_value_or_a_refusal(value: object, sizes: list[int], pool: bytes) -> None:
    survives(message(value, *sizes), pool[: sum(sizes)])


@STEADY
@given(VALUES, st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=5))
def test_changed_messages_give_a_value_or_a_refusal(value: object, changes: list[tuple[float, int]]) -> None:
    body, buffers = parts(value)
    changed = bytearray(body)
    for place, byte in changes:
        changed[int(place * len(changed))] = byte
    survives(bytes(changed), buffers)


@STEADY
@given(VALUES, st.floats(0, 1, exclude_max=True))
def test_truncated_messages_are_refused(value: object, share: float) -> None:
    body, buffers = parts(value)
    refused(body[: int(share * len(body))], buffers)
    refused(body + b"\0", buffers)
    refused(body, buffers + b"\0")


@pytest.mark.parametrize(
    "body",
    [
        (b"\xdd" + struct.pack(">I", 60_000)) * 1000 + bytes(60_000),
        b"\x92" + (b"\xdc\xff\xff" * 1000) + bytes(70_000),
        b"\xdd\x00\x0f\x42\x40" + b"\xdd\x00\x0f\x42\x40" * 12_000,
        b"\x92\xdf\x00\x0f\x42\x40" + bytes(60_000),
        b"\xc6\x7f\xff\xff\xff" + bytes(1000),
        b"\xc9\x7f\xff\xff\xff\x05" + bytes(1000),
        message([array_of("<f8", [2**20, 2**20])], 0),
        message([array_of("|u1", [BUFFERS_LIMIT])], BUFFERS_LIMIT),
        message([array_of("<U4096", [100_000])], 0),
        message([ext(OBJECTS, [[BUFFERS_LIMIT], []])]),
        message([ext(OBJECTS, [[0, BUFFERS_LIMIT, BUFFERS_LIMIT], []])]),
        wrapped(DEPTH_LIMIT, TUPLE) + bytes(50_000),
        message(msgpack.ExtType(TUPLE, b"\xdd\xff\xff\xff\xff" + bytes(60_000))),
    ],
    ids=range(13),
)
def test_a_small_message_cannot_make_a_large_claim(body: bytes) -> None:
    tracemalloc.start()
    try:
        survives(body, b"")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < SMALL_MESSAGE_BYTES
