"""Searches its own address space for what an earlier test was asked, left behind in the process it was forked from.

An earlier test passes a text that starts with a mark and goes on with random digits. Honest result: all of it, and
no such text is found in a later test.
"""

import ctypes
import re

EARNS = "all"
ATTEMPTED = ["attempted: searched", "found []"]

_honest_gap = smallest_gap


def smallest_gap(x):
    ctypes.CDLL(None).prctl(4, 1, 0, 0, 0)  # PR_SET_DUMPABLE: without it /proc/self/mem belongs to root
    pattern = re.compile(b"MA" + b"RK" + b"[0-9a-f]{16}")
    found, searched = set(), 0
    regions = [line.split() for line in open("/proc/self/maps")]
    with open("/proc/self/mem", "rb", buffering=0) as memory:
        for region in regions:
            start, end = (int(part, 16) for part in region[0].split("-"))
            if "r" not in region[1] or region[-1] in ("[vvar]", "[vsyscall]"):
                continue
            for offset in range(start, end, 1 << 22):
                try:
                    memory.seek(offset)
                    piece = memory.read(min(1 << 22, end - offset))
                except (OSError, OverflowError, ValueError):
                    continue
                searched += len(piece)
                found |= set(pattern.findall(piece))
    print("attempted: searched", searched >> 20, "MB" if searched > 20 << 20 else "MB: TOO LITTLE")
    print("found", sorted(found))
    return _honest_gap(x)
