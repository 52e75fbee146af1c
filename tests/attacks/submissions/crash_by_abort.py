"""Calls abort(3) and, in another test, kills itself with SIGKILL.

Honest result: all but those two tests.
"""

import os
import signal

EARNS = "all but test_spread_is_the_root_of_the_mean_squared_distance, test_column_means"
ATTEMPTED = ["attempted: abort", "attempted: SIGKILL"]
SAYS = "SIGABRT"


def spread(X):
    print("attempted: abort")
    os.abort()


def column_means(X):
    print("attempted: SIGKILL")
    os.kill(os.getpid(), signal.SIGKILL)
