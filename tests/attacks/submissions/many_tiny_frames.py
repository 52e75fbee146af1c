"""Sends its answer byte by byte, and before it hundreds of notes which are padded as far as a message may go.

Honest result: all but the test with the notes; a slow answer is an answer.
"""

import os
import struct
import sys
import time

import msgpack

EARNS = "all but test_column_means"
ATTEMPTED = ["attempted: byte by byte", "attempted: padded notes"]


def _number():
    frame = sys._getframe()
    while frame.f_code.co_name != "_answer":
        frame = frame.f_back
    return frame.f_locals["number"]


def spread(X):
    value = float(((X - X.mean(axis=0)) ** 2).sum(axis=1).mean() ** 0.5)
    body = msgpack.packb([["value", [value]], []])
    print("attempted: byte by byte")
    for byte in struct.pack("<IIQ", _number(), len(body), 0) + body:
        os.write(3, bytes([byte]))
        time.sleep(0.001)
    time.sleep(1000)


def column_means(X):
    sizes = [0] * 900_000
    body = msgpack.packb([["seen", ["open", "x", "toy.py", 1]], sizes])
    print("attempted: padded notes", len(body))
    for _ in range(100):
        data = struct.pack("<IIQ", 0, len(body), 0) + body
        while data:
            data = data[os.write(3, data) :]
    return [0.0] * 4
