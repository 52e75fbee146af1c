"""Sends what is no message: lengths beyond the limits, wrong buffer sizes, object dtypes, negative and huge shapes.

Honest result: all but those tests, each told as "no answer". Nothing is allocated on the word of a header.
"""

import os
import struct
import sys

import msgpack

EARNS = (
    "all but test_spread_is_the_root_of_the_mean_squared_distance, test_column_means, test_extremes_of_every_part,"
    " test_the_smallest_gap_needs_no_table_of_all_pairs, test_summary_has_label_mean_and_median,"
    " test_mean_of_the_summary_moves_with_the_data, test_shuffling_leaves_the_global_generators_alone"
)
ATTEMPTED = ["attempted: length", "attempted: object dtype", "attempted: buffer sizes", "attempted: huge shape"]
SAYS = "what came back is no answer"


def _number():
    frame = sys._getframe()
    while frame.f_code.co_name != "_answer":
        frame = frame.f_back
    return frame.f_locals["number"]


def _send(body, buffers=b"", length=None):
    total = len(buffers) if length is None else length
    os.write(3, struct.pack("<IIQ", _number(), len(body), total) + body + buffers)


def _array(name, shape, sizes, buffers):
    extension = msgpack.ExtType(1, msgpack.packb([name, shape, 0]))
    _send(msgpack.packb([["value", [extension]], sizes]), buffers)


def spread(X):
    print("attempted: length of 2**63 bytes")
    _send(b"\xc0", length=2**63)


def column_means(X):
    print("attempted: object dtype")
    _array("|O", [4], [32], b"\x10" * 32)


def extremes(x):
    print("attempted: buffer sizes")
    _array("<f8", [2], [16, -16, 16], b"\0" * 16)


def smallest_gap(x):
    print("attempted: huge shape")
    _array("<f8", [0, 2**62, 2**62], [0], b"")


def summary(label, x):
    print("attempted: text that is none")
    _array("<U1", [1], [4], b"\xff\xff\xff\xff")


def shuffled(X, seed):
    print("attempted: a body that is no msgpack")
    _send(b"\xc1\xc1\xc1\xc1")
