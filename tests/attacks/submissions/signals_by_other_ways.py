"""Asks by every call that sends signals whether it may signal the worker, the examiner and whoever else runs.

It finds them by trying all numbers, and sends signal 0, which does nothing; a pipe is to send SIGURG, which all
ignore. Honest result: all of it, and nothing is granted.
"""

import ctypes
import fcntl
import os
import platform
import signal
import struct

EARNS = "all"
ATTEMPTED = ["attempted: the worker True", "granted: []"]

_honest_spread = spread
_NUMBERS = {"x86_64": (200, 234, 129, 297), "aarch64": (130, 131, 138, 240)}
_TKILL, _TGKILL, _QUEUE, _QUEUE_TO_THREAD = _NUMBERS[platform.machine()]
_INFORMATION = struct.pack("=3i", 0, 0, -1).ljust(128, b"\0")


def _others():
    found = []
    for pid in range(1, 1 << 16):
        try:
            os.getsid(pid)
            found.append(pid)
        except OSError:
            pass
    return sorted({*found, os.getppid()} - {os.getpid()})


def _call(*arguments):
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.syscall(*arguments) < 0:
        raise OSError(ctypes.get_errno(), "refused")


def _by_group(pid):
    group = os.getpgid(pid)
    if group > 1:  # 1 stands for everybody, and 0 for its own
        os.killpg(group, 0)
    else:
        raise PermissionError


def _by_pidfd(pid):
    descriptor = os.pidfd_open(pid)
    try:
        signal.pidfd_send_signal(descriptor, 0)
    finally:
        os.close(descriptor)


def _by_pipe(pid):
    reading, writing = os.pipe()
    fcntl.fcntl(reading, fcntl.F_SETOWN, pid)
    fcntl.fcntl(reading, fcntl.F_SETSIG, signal.SIGURG)
    fcntl.fcntl(reading, fcntl.F_SETFL, os.O_ASYNC | os.O_NONBLOCK)
    os.write(writing, b"x")


WAYS = {
    "kill": lambda pid: os.kill(pid, 0),
    "killpg": _by_group,
    "tkill": lambda pid: _call(_TKILL, pid, 0),
    "tgkill": lambda pid: _call(_TGKILL, pid, pid, 0),
    "rt_sigqueueinfo": lambda pid: _call(_QUEUE, pid, 0, _INFORMATION),
    "rt_tgsigqueueinfo": lambda pid: _call(_QUEUE_TO_THREAD, pid, pid, 0, _INFORMATION),
    "pidfd_send_signal": _by_pidfd,
}


def spread(X):
    others, granted = _others(), []
    for name, way in WAYS.items():
        for pid in others:
            try:
                way(pid)
                granted.append(f"{name} {pid}")
            except OSError:
                pass
    try:
        _by_pipe(os.getppid())
    except OSError as error:
        print(error)
    print("attempted: the worker", os.getppid() in others, "and", len(others) - 1, "others")
    print("granted:", granted)
    return _honest_spread(X)
