"""For processes of our own that start sandboxes: they end with whoever started them, and tidy up first."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection

_STOP: threading.Event | None = None
_AT_WORK = threading.Event()
_LOOK_SECONDS = 0.1


def obey(line: Connection) -> None:
    """Prepare this process: Ctrl-C is the parent's, which stops all by closing its end of the line.

    Args:
        line: nothing is ever sent on it; it ends when the parent closes it, or is gone.
    """
    global _STOP
    _STOP = threading.Event()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(signal, "pthread_kill"):
        signal.signal(signal.SIGUSR1, signal.SIG_IGN)
        threading.Thread(target=_watch, args=(line, _STOP), daemon=True).start()


def check_stopped(*ignored: object) -> None:
    """Raise KeyboardInterrupt if this process has been told to stop; takes what a handler or a callback is given."""
    if _STOP is not None and _STOP.is_set():
        raise KeyboardInterrupt


@contextmanager
def interruptible() -> Iterator[None]:
    """Work that ends early, with its sandboxes removed, when all is stopped or this process is terminated."""
    if _STOP is None or not hasattr(signal, "pthread_kill"):
        yield
        return
    terminated = False

    def terminate(*ignored: object) -> None:
        nonlocal terminated
        if not terminated:
            terminated = True
            raise KeyboardInterrupt

    try:
        signal.signal(signal.SIGUSR1, check_stopped)
        signal.signal(signal.SIGTERM, terminate)
        check_stopped()
        _AT_WORK.set()
        yield
    finally:
        _AT_WORK.clear()
        signal.signal(signal.SIGUSR1, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        if terminated:  # by now without a sandbox; a pool would swallow an exception and wait for more work
            os._exit(128 + signal.SIGTERM)


def _watch(line: Connection, stop: threading.Event) -> None:
    """Once the other end is closed, or its process gone, wake the main thread from whatever it waits for."""
    parent = os.getppid()
    line.poll(None)
    stop.set()
    signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGUSR1)
    # A pool's process that waits for work does not notice that nobody is left to give it any.
    while os.getppid() == parent or _AT_WORK.is_set():
        time.sleep(_LOOK_SECONDS)
    os._exit(1)
