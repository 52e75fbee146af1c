"""Sends answers nested thousands deep, extensions within extensions, and array headers that announce millions.

Honest result: all but those tests. The examiner neither recurses nor reserves memory for what is not there.
"""

import os
import struct
import sys
import time

import msgpack

EARNS = (
    "all but test_spread_is_the_root_of_the_mean_squared_distance, test_column_means, test_extremes_of_every_part,"
    " test_the_smallest_gap_needs_no_table_of_all_pairs"
)
ATTEMPTED = ["attempted: lists", "attempted: extensions", "attempted: headers", "attempted: an integer"]
SAYS = "what came back is no answer"


def _send(body):
    frame = sys._getframe()
    while frame.f_code.co_name != "_answer":
        frame = frame.f_back
    data = struct.pack("<IIQ", frame.f_locals["number"], len(body), 0) + body
    while data:
        data = data[os.write(3, data) :]
    time.sleep(0.2)


def spread(X):
    print("attempted: lists 100,000 deep")
    _send(b"\x92\x92\xa5value\x91" + b"\x91" * 100_000 + b"\xc0\x90")


def column_means(X):
    print("attempted: extensions 60 deep")
    item = msgpack.packb([0.0])
    for _ in range(60):
        item = msgpack.packb([msgpack.ExtType(3, item)])
    _send(b"\x92\x92\xa5value" + item + b"\x90")


def extremes(x):
    print("attempted: headers of a million each")
    _send(b"\x92\x92\xa5value\x91" + b"\xdd\x00\x0f\x42\x40" * 500 + b"\xc0" * 2_000_000)


def smallest_gap(x):
    print("attempted: an integer of 4 MB")
    _send(msgpack.packb([["value", [msgpack.ExtType(6, b"\x7f" * 4_000_000)]], []]))
