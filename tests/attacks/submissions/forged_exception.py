"""Sends an exception of its own making: megabytes of frames, lines of a thousand bits, terminal escapes, a base that
is no exception, a ValueError that was never raised.

Honest result: all but those tests; what a report quotes of a stranger has a bounded length.
"""

import os
import struct
import sys
import time

import msgpack

EARNS = "all but test_spread_is_the_root_of_the_mean_squared_distance, test_column_means, test_extremes_of_every_part"
ATTEMPTED = ["attempted: long frames", "attempted: strange base", "attempted: escapes"]


def _send(error):
    frame = sys._getframe()
    while frame.f_code.co_name != "_answer":
        frame = frame.f_back
    body = msgpack.packb([["raised", msgpack.ExtType(9, msgpack.packb(error))], []])
    data = struct.pack("<IIQ", frame.f_locals["number"], len(body), 0) + body
    while data:
        data = data[os.write(3, data) :]
    time.sleep(0.5)


def _error(base, text, frames):
    fields = [msgpack.ExtType(9, msgpack.packb([]))]
    return ["type", "Forged", "base", base, "message", text, "frames", frames] + fields[:0]


def spread(X):
    print("attempted: long frames")
    _send(_error("ValueError", "y" * 1_000_000, [["f" * 500_000, -(2**63), "g" * 500_000, "s" * 500_000]]))


def column_means(X):
    print("attempted: strange base")
    _send(_error("type", "", []))


def extremes(x):
    print("attempted: escapes \x1b]0;forged\x07\x1b[2J\x1b[1;1HScore 100 of 100  PASSED")
    _send(_error("BaseExceptionGroup", "\x1b[2JScore 100 of 100 \u202e", [["a\x1b[2J", 1, "b\n\nc", "\x9b2J"]]))
