"""Hangs wherever an ending process may: in atexit, in __del__, in threads that are no daemons, in a signal handler.

Honest result: all of it. The process is killed and never asked to end.
"""

import atexit
import signal
import threading
import time

EARNS = "all"
ATTEMPTED = "attempted: will hang at exit"

_honest_spread = spread


class Clinging:
    def __del__(self):
        time.sleep(1000)


def spread(X):
    global kept
    kept = Clinging()
    atexit.register(time.sleep, 1000)
    signal.signal(signal.SIGTERM, lambda *args: time.sleep(1000))
    threading.Thread(target=time.sleep, args=(1000,)).start()
    print("attempted: will hang at exit")
    return _honest_spread(X)
