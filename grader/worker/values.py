"""Values: what the examiner and a test's fork say to each other inside the tunnel.

A message is a header of two lengths, a msgpack body, and the raw bytes of the arrays that the body refers to. No
pickle: only data of listed types is built on arrival, and every length is checked before anything is allocated.
Both sides use this module; the examiner treats every byte of a reply as hostile.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgpack
import numpy as np

HEADER = struct.Struct("<IIQ")
"""Number of the request, length of the body in bytes, length of all buffers together in bytes."""

BODY_LIMIT = 4 * 1024 * 1024
BUFFERS_LIMIT = 128 * 1024 * 1024
DEPTH_LIMIT = 24
AXES_LIMIT = 16
TEXT_WIDTH_LIMIT = 4096
ITEMS_LIMIT = 1_000_000
KEYS_LIMIT = 4096
"""How many dict keys and set members a message may carry, each with what is in it: when hashes collide, each is
compared with all before."""

ARRAY, SCALAR, TUPLE, SET, COMPLEX, BIG_INT, OBJECTS, HANDLE, DICT = range(1, 10)

_PLAIN_DTYPES = frozenset(
    ["|b1", "|i1", "<i2", "<i4", "<i8", "|u1", "<u2", "<u4", "<u8", "<f2", "<f4", "<f8", "<c8", "<c16"]
)
_JOINED_BYTES = 64 * 1024
"""Buffers up to this size go in one piece with the rest: a copy costs less than a system call."""

_LARGEST_CODE_POINT = 0x10FFFF
_SURROGATES = (0xD800, 0xDFFF)


class MalformedMessage(Exception):
    """Bytes that are no message of this protocol, or go beyond its limits."""


class NotData(Exception):
    """An object that cannot travel as data and for which no handle was offered."""


@dataclass(frozen=True)
class Handle:
    """Names an object that stays in the sandbox.

    Attributes:
        id: number of the object within one test.
        name: attribute of that object which is meant instead; empty for the object itself.
        description: type name, and the names of what can be called on it; ``None`` when told before.
    """

    id: int
    name: str = ""
    description: tuple[str, tuple[str, ...]] | None = None


Bytes = bytes | bytearray | memoryview
Refer = Callable[[object], Handle]
Resolve = Callable[[Handle], Any]


def dumps(number: int, value: object, refer: Refer) -> list[bytes | memoryview]:
    """Return the pieces of a message that carries ``value``, in order; as few as make sense to send.

    Args:
        number: which request it is or answers; 0 for a note that answers none.
        value: anything; what is not data goes through ``refer``.
        refer: gives a handle for an object, or raises ``NotData``.

    Raises:
        NotData: from ``refer``, or the value is too large for the limits.
    """
    encoder = _Encoder(refer)
    body = msgpack.packb([encoder.encode(value, 0), [len(b) for b in encoder.buffers]], unicode_errors="replace")
    total = sum(len(buffer) for buffer in encoder.buffers)
    if len(body) > BODY_LIMIT or total > BUFFERS_LIMIT:
        raise NotData(f"{len(body) + total} bytes are more than one message may carry")
    head = HEADER.pack(number, len(body), total) + body
    if total <= _JOINED_BYTES:
        return [b"".join([head, *encoder.buffers])]
    return [head, *encoder.buffers]


def announced(header: bytes | bytearray | memoryview) -> tuple[int, int, int]:
    """Return the number of a message and the lengths of its body and of its buffers.

    Raises:
        MalformedMessage: they go beyond the limits.
    """
    number, body, total = HEADER.unpack(header)
    if body > BODY_LIMIT or total > BUFFERS_LIMIT:
        raise MalformedMessage(f"a message of {body + total} bytes is over the limit")
    return number, body, total


def loads(body: Bytes, buffers: Bytes, resolve: Resolve) -> Any:
    """Return the value that a message carries.

    Args:
        body: the msgpack part.
        buffers: the raw bytes of all arrays, one after the other.
        resolve: turns a handle into what stands for it on this side.

    Returns:
        Plain data; arrays share no memory with ``buffers`` and are writable.

    Raises:
        MalformedMessage: whatever is wrong with it.
    """
    decoder = _Decoder(memoryview(buffers), resolve)
    try:
        value, sizes = decoder.unpack(body, 0)
        decoder.place(sizes)
        return decoder.decode(value, 0)
    except MalformedMessage:
        raise
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError, struct.error) as error:
        raise MalformedMessage(f"{type(error).__name__}: {error}"[:200]) from error
    except msgpack.exceptions.UnpackException as error:
        raise MalformedMessage(f"not msgpack: {error}"[:200]) from error


class _Encoder:
    def __init__(self, refer: Refer) -> None:
        self.refer = refer
        self.buffers: list[memoryview] = []
        self.keys = 0

    def encode(self, value: Any, depth: int) -> Any:
        if depth > DEPTH_LIMIT:
            raise NotData("nested too deeply")
        if value is None or value is True or value is False:
            return value
        kind = type(value)
        if kind is float or kind is str:
            return value
        if isinstance(value, str):
            return str.__str__(value)
        if isinstance(value, np.generic):
            return self._array(value, SCALAR, depth)
        if isinstance(value, np.ndarray):
            return self._array(value, ARRAY, depth)
        return self._builtin(value, depth)

    def _builtin(self, value: Any, depth: int) -> Any:
        if isinstance(value, int):
            encoded = _integer(int(value))
            return self._handle(value) if encoded is None else encoded
        if isinstance(value, float):
            return float(value)
        if isinstance(value, (bytes, bytearray)):
            return bytes(value)
        if isinstance(value, complex):
            return msgpack.ExtType(COMPLEX, struct.pack("<dd", value.real, value.imag))
        if isinstance(value, (list, range, tuple)) and len(value) > ITEMS_LIMIT:
            raise NotData(f"a list of over {ITEMS_LIMIT} items")
        if isinstance(value, (list, range)):
            return [self.encode(item, depth + 1) for item in value]
        if isinstance(value, tuple):
            return self._extension(TUPLE, [self.encode(item, depth + 1) for item in value])
        if isinstance(value, (set, frozenset, dict)):
            self.keys += sum(map(_weight, value))
            if self.keys > KEYS_LIMIT:
                raise NotData(f"dicts and sets of over {KEYS_LIMIT} keys")
        if isinstance(value, (set, frozenset)):
            return self._extension(SET, [self.encode(item, depth + 1) for item in value])
        if isinstance(value, dict):
            flat = [self.encode(part, depth + 1) for item in value.items() for part in item]
            return self._extension(DICT, flat)
        return self._handle(value)

    def _array(self, original: Any, code: int, depth: int) -> Any:
        value = np.asarray(original)
        if value.dtype == np.longdouble:
            value = value.astype(np.float64)
        if value.dtype == object:
            return self._objects(value, original, depth)
        name = value.dtype.newbyteorder("<").str
        if not _is_listed(name) or value.ndim > AXES_LIMIT:
            return self._handle(original)
        plain = np.ascontiguousarray(value, dtype=np.dtype(name))
        if value.dtype.kind == "U" and not _is_text(plain.reshape(-1).view("<u4")):
            return self._handle(original)
        self.buffers.append(plain.reshape(-1).view(np.uint8).data)
        return self._extension(code, [name, list(value.shape), len(self.buffers) - 1])

    def _objects(self, value: Any, original: object, depth: int) -> Any:
        """An object array goes over as its shape and its items, if all of them are plain scalars."""
        items = value.ravel().tolist()
        if value.ndim > AXES_LIMIT or len(items) > ITEMS_LIMIT or not all(_is_plain(item) for item in items):
            return self._handle(original)
        encoded = [self.encode(item, depth + 1) for item in items]
        return self._extension(OBJECTS, [list(value.shape), encoded])

    def _handle(self, value: object) -> Any:
        handle = self.refer(value)
        return self._extension(HANDLE, [handle.id, handle.name, handle.description])

    @staticmethod
    def _extension(code: int, content: object) -> Any:
        return msgpack.ExtType(code, msgpack.packb(content, unicode_errors="replace"))


class _Decoder:
    def __init__(self, buffers: memoryview, resolve: Resolve) -> None:
        self.buffers = buffers
        self.resolve = resolve
        self.pieces: dict[int, memoryview] = {}
        self.keys = 0

    @staticmethod
    def unpack(body: Bytes, depth: int) -> Any:
        """Unpack one level; nested extensions stay packed until ``decode`` reaches them."""
        if depth > DEPTH_LIMIT:
            raise MalformedMessage("nested too deeply")
        # An element takes at least one byte, so no count can be larger than what is left of the body; the
        # smaller limit keeps a header that lies from reserving memory for elements that are not there.
        count = min(len(body), ITEMS_LIMIT)
        return msgpack.unpackb(
            body, ext_hook=msgpack.ExtType, max_array_len=count, max_map_len=0, strict_map_key=True
        )

    def place(self, sizes: Any) -> None:
        """Cut the buffers; their sizes have to add up exactly."""
        if type(sizes) is not list or not all(type(size) is int and size >= 0 for size in sizes):
            raise MalformedMessage("the list of buffer sizes is not one")
        if sum(sizes) != len(self.buffers):
            raise MalformedMessage(f"buffers of {len(self.buffers)} bytes where {sum(sizes)} were announced")
        start = 0
        for index, size in enumerate(sizes):
            self.pieces[index] = self.buffers[start : start + size]
            start += size

    def decode(self, value: Any, depth: int) -> Any:
        if depth > DEPTH_LIMIT:
            raise MalformedMessage("nested too deeply")
        if isinstance(value, msgpack.ExtType):
            return self._extension(value, depth)
        if type(value) is list:
            return [self.decode(item, depth + 1) for item in value]
        if isinstance(value, (msgpack.Timestamp, dict)):
            raise MalformedMessage(f"{type(value).__name__} is not part of the protocol")
        return value

    def _extension(self, value: msgpack.ExtType, depth: int) -> Any:
        code, data = value
        if code == COMPLEX:
            return complex(*struct.unpack("<dd", data))
        if code == BIG_INT:
            if len(data) > 128:
                raise MalformedMessage("an integer of over 128 bytes")
            return int.from_bytes(data, "little", signed=True)
        content = self.unpack(data, depth)
        if type(content) is not list:
            raise MalformedMessage("an extension without a list in it")
        if code in (ARRAY, SCALAR):
            array = self._array(*content)
            return array[()] if code == SCALAR and array.ndim == 0 else array
        if code == HANDLE:
            return self.resolve(_handle(*content))
        if code == OBJECTS:
            shape, items = content
            return self._objects(shape, self.decode(items, depth))
        return self._collection(code, self.decode(content, depth))

    def _array(self, name: Any, shape: Any, index: Any) -> Any:
        if type(name) is not str or not _is_listed(name):
            raise MalformedMessage(f"{str(name)[:40]!r} is not a dtype of the protocol")
        # Each buffer once: many arrays of one buffer would multiply what the message weighs.
        piece = self.pieces.pop(index, None) if type(index) is int else None
        if piece is None:
            raise MalformedMessage("an array without a buffer of its own")
        dtype = np.dtype(name)
        if _count(shape) * dtype.itemsize != len(piece):
            raise MalformedMessage(f"{len(piece)} bytes do not make a {name} array of shape {shape}")
        array = np.frombuffer(piece, dtype=dtype).reshape(shape).copy()
        if dtype.kind == "U" and not _is_text(np.frombuffer(piece, dtype="<u4")):
            raise MalformedMessage("a string array holds what is not text")
        return array

    @staticmethod
    def _objects(shape: Any, items: Any) -> Any:
        if type(items) is not list or _count(shape) != len(items):
            raise MalformedMessage("items and shape of an object array do not match")
        scalars = (bool, int, float, str, type(None), np.generic)
        if not all(isinstance(item, scalars) for item in items):
            raise MalformedMessage("an object array may hold plain scalars only")
        array = np.empty(len(items), dtype=object)
        array[:] = items
        return array.reshape(shape)

    def _collection(self, code: int, items: list[Any]) -> Any:
        if code == TUPLE:
            return tuple(items)
        self.keys += sum(map(_weight, items[::2] if code == DICT else items))
        if self.keys > KEYS_LIMIT:
            raise MalformedMessage(f"dicts and sets of over {KEYS_LIMIT} keys")
        if code == SET:
            return set(map(_hashable, items))
        if code == DICT and len(items) % 2 == 0:
            return dict(zip(map(_hashable, items[::2]), items[1::2], strict=True))
        raise MalformedMessage(f"extension {code} is not part of the protocol")


def _integer(value: int) -> Any:
    if -(2**63) <= value < 2**64:
        return value
    if value.bit_length() > 1000:
        return None
    return msgpack.ExtType(BIG_INT, value.to_bytes(value.bit_length() // 8 + 1, "little", signed=True))


def _is_listed(name: str) -> bool:
    if name in _PLAIN_DTYPES:
        return True
    width = name[2:]
    return name[:2] in ("<U", "|S") and width.isdecimal() and len(width) < 5 and 0 < int(width) <= TEXT_WIDTH_LIMIT


def _count(shape: Any) -> int:
    if type(shape) is not list or len(shape) > AXES_LIMIT:
        raise MalformedMessage("a shape that is not one")
    if not all(type(size) is int and 0 <= size <= BUFFERS_LIMIT for size in shape):
        raise MalformedMessage("a shape that is not one")
    return math.prod(shape)


def _is_text(code_points: Any) -> bool:
    bad = (code_points > _LARGEST_CODE_POINT) | ((code_points >= _SURROGATES[0]) & (code_points <= _SURROGATES[1]))
    return not bad.any()


def _is_plain(item: object) -> bool:
    """Whether an item of an object array goes over as it is."""
    if isinstance(item, np.generic) and not isinstance(item, str):
        return item.dtype == np.longdouble or _is_listed(item.dtype.newbyteorder("<").str)
    if isinstance(item, int):
        return int(item).bit_length() <= 1000
    return isinstance(item, (float, str, type(None)))


def _weight(key: object) -> int:
    """What comparing a key may cost: one for each scalar in it, and one for itself."""
    return 1 + sum(map(_weight, key)) if isinstance(key, (tuple, set, frozenset)) else 1


def _hashable(key: Any) -> Any:
    """A set that is a key or a member was a frozen one."""
    if type(key) is tuple:
        return tuple(map(_hashable, key))
    return frozenset(key) if type(key) is set else key


def _handle(number: Any, name: Any, description: Any) -> Handle:
    if type(number) is not int or not 0 <= number < 2**31 or type(name) is not str or len(name) > 200:
        raise MalformedMessage("a handle that is not one")
    if description is None:
        return Handle(number, name)
    type_name, callables = description
    texts = [type_name, *callables]
    if len(texts) > 1000 or not all(type(text) is str and len(text) <= 200 for text in texts):
        raise MalformedMessage("a handle with a description that is not one")
    return Handle(number, name, (type_name, tuple(callables)))
