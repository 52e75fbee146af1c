"""Leaves threads that compute and that write rubbish to the channel and the output after the call has returned.

Honest result: all but extremes, whose second call meets the rubbish.
"""

import os
import threading
import time

EARNS = "all but test_extremes_of_every_part"
ATTEMPTED = "attempted: threads"

_honest_extremes = extremes


def _rubbish():
    time.sleep(0.02)
    while True:
        os.write(3, b"\xff" * 16)
        print("rubbish")
        time.sleep(0.001)


def extremes(x):
    for _ in range(4):
        threading.Thread(target=_rubbish).start()
    print("attempted: threads", threading.active_count())
    answer = _honest_extremes(x)
    if len(x) == 50:
        time.sleep(0.1)
    return answer
