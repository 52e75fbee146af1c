"""Interrupts, in this process and in those that we start: all end with their sandboxes removed.

An interrupt is remembered as well as raised. Code that has no business with it may swallow the exception: numpy's
modules do while they are imported, as Cython writes them, and CPython does in callbacks of its garbage collection.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection

_STOP = threading.Event()
_HELD = threading.Event()
_OBEYS = threading.Event()
_AT_WORK = threading.Event()
_LOOK_SECONDS = 0.1
_USUAL = (signal.default_int_handler, signal.SIG_DFL)


def obey(line: Connection) -> None:
    """Prepare this process: Ctrl-C is the parent's, which stops all by closing its end of the line.

    Args:
        line: nothing is ever sent on it; it ends when the parent closes it, or is gone.
    """
    _STOP.clear()
    _OBEYS.set()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(signal, "pthread_kill"):
        signal.signal(signal.SIGUSR1, signal.SIG_IGN)
        threading.Thread(target=_watch, args=(line,), daemon=True).start()


def check_stopped(*ignored: object) -> None:
    """Raise KeyboardInterrupt if this process has been told to stop; takes what a callback is given."""
    if _STOP.is_set():
        raise KeyboardInterrupt


@contextmanager
def undisturbed() -> Iterator[None]:
    """Short work that an interrupt waits for: without it, what has just been made could be lost hold of.

    Raises:
        KeyboardInterrupt: on leaving, if this process has been told to stop meanwhile.
    """
    if threading.current_thread() is not threading.main_thread():  # signals strike there alone
        yield
        return
    _HELD.set()
    try:
        yield
    finally:
        _HELD.clear()
    check_stopped()


@contextmanager
def interrupts_remembered() -> Iterator[None]:
    """Ctrl-C, and SIGTERM likewise, raise KeyboardInterrupt, and again at the next ``check_stopped`` if it got lost.

    Signals that whoever started this process has ignored stay ignored.
    """
    _STOP.clear()
    numbers = [signal.SIGINT] if sys.platform == "win32" else [signal.SIGINT, signal.SIGTERM]
    ours = threading.current_thread() is threading.main_thread()  # elsewhere whoever started us handles signals
    heeded = [number for number in numbers if ours and signal.getsignal(number) in _USUAL]
    before = {number: signal.signal(number, _interrupt) for number in heeded}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        _STOP.clear()


def _interrupt(number: int, frame: object) -> None:
    _STOP.set()
    _strike()


def _strike(*ignored: object) -> None:
    if not _HELD.is_set():
        check_stopped()


@contextmanager
def interruptible() -> Iterator[None]:
    """Work that ends early, with its sandboxes removed, when all is stopped or this process is terminated."""
    if not _OBEYS.is_set() or not hasattr(signal, "pthread_kill"):
        yield
        return
    terminated = False

    def terminate(*ignored: object) -> None:
        nonlocal terminated
        if not terminated:
            terminated = True
            _STOP.set()
            _strike()

    try:
        signal.signal(signal.SIGUSR1, _strike)
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


def _watch(line: Connection) -> None:
    """Once the other end is closed, or its process gone, wake the main thread from whatever it waits for."""
    parent = os.getppid()
    line.poll(None)
    _STOP.set()
    signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGUSR1)
    # A pool's process that waits for work does not notice that nobody is left to give it any.
    while os.getppid() == parent or _AT_WORK.is_set():
        time.sleep(_LOOK_SECONDS)
    os._exit(1)
