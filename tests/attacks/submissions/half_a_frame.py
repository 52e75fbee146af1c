"""Announces an answer, sends half of it and waits; in another test it closes the channel instead.

Honest result: all but those two tests; the wait ends with the limit of a call.
"""

import os
import struct
import sys
import time

EARNS = "all but test_spread_is_the_root_of_the_mean_squared_distance, test_column_means"
ATTEMPTED = ["attempted: half a frame", "attempted: close"]


def spread(X):
    frame = sys._getframe()
    while frame.f_code.co_name != "_answer":
        frame = frame.f_back
    os.write(3, struct.pack("<IIQ", frame.f_locals["number"], 1000, 1 << 20) + bytes(500))
    print("attempted: half a frame")
    time.sleep(1000)


def column_means(X):
    print("attempted: close all descriptors")
    os.closerange(0, 1000)
    time.sleep(1000)
