"""Waits without end and uses no CPU time, so that a limit on CPU time alone never ends it; stops itself in another.

Honest result: all but those two tests.
"""

import os
import signal
import time

EARNS = "all but test_spread_is_the_root_of_the_mean_squared_distance, test_column_means"
ATTEMPTED = ["attempted: sleep", "attempted: SIGSTOP"]
SAYS = "no answer within"


def spread(X):
    print("attempted: sleep")
    for number in range(1, 65):
        try:
            signal.signal(number, signal.SIG_IGN)
        except (OSError, ValueError):
            pass
    time.sleep(1000)


def column_means(X):
    print("attempted: SIGSTOP")
    os.kill(os.getpid(), signal.SIGSTOP)
