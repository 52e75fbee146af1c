"""Makes processes and more by the numbers of the calls, with flags that are put where a filter may not look.

Honest result: all of it. Where children are allowed, they end at once; the rest is refused.
"""

import ctypes
import errno
import os
import platform
import signal
import struct

EARNS = "all"
ATTEMPTED = [
    "clone: a child",
    "clone beside it: a child",
    "clone with a bit too high: a child",
    "execve: ENOENT",
    "execveat: ENOENT",
    "memfd_create: EPERM",
    "open_by_handle_at: EPERM",
    "io_uring_setup: EPERM",
    "userfaultfd: EPERM",
    "fork of x32: refused",
]
# There it may have no children, no other program and no files without a name.
ON_THE_HOST = {
    "ATTEMPTED": [
        "clone: EPERM",
        "clone beside it: EPERM",
        "clone with a bit too high: EPERM",
        "clone3: ENOSYS",
        "execve: EPERM",
        "execveat: EPERM",
        "memfd_create: EPERM",
        "open_by_handle_at: EPERM",
        "io_uring_setup: EPERM",
        "userfaultfd: EPERM",
        "fork of x32: refused",
    ]
}

_honest_spread = spread
_NUMBERS = {"x86_64": (56, 435, 59, 322, 319, 304, 425, 323), "aarch64": (220, 435, 221, 281, 279, 265, 425, 282)}
_CLONE, _CLONE3, _EXECVE, _EXECVEAT, _MEMFD, _OPEN_BY_HANDLE, _IO_URING, _USERFAULTFD = _NUMBERS[platform.machine()]
_FORK, _VFORK, _X32 = 57, 58, 0x40000000
_PARENT, _THREAD, _HERE = 0x8000, 0x10000, -100


def _call(number, *arguments):
    libc = ctypes.CDLL(None, use_errno=True)
    result = libc.syscall(number, *[ctypes.c_ulong(item) if isinstance(item, int) else item for item in arguments])
    return errno.errorcode[ctypes.get_errno()] if result < 0 else result


def _try(name, number, *arguments):
    result = _call(number, *arguments)
    print("attempted:", f"{name}:", result if isinstance(result, str) else "had")


def _try_to_fork(name, number, *arguments):
    """Return whether there was a child."""
    result = _call(number, *arguments)
    if result == 0:
        os._exit(0)
    print("attempted:", f"{name}:", result if isinstance(result, str) else "a child")
    return not isinstance(result, str)


def spread(X):
    child = int(signal.SIGCHLD)
    forks = _try_to_fork("clone", _CLONE, child, 0, 0, 0, 0)
    _try_to_fork("clone beside it", _CLONE, _PARENT | child, 0, 0, 0, 0)
    _try_to_fork("clone with a bit too high", _CLONE, _THREAD << 32 | child, 0, 0, 0, 0)
    _try_to_fork("clone3", _CLONE3, struct.pack("=8Q", 0, 0, 0, 0, child, 0, 0, 0), 64)
    if platform.machine() == "x86_64":
        _try_to_fork("fork", _FORK)
        if not forks:  # such a child writes to the stack of this one
            _try_to_fork("vfork", _VFORK)
        print("attempted: fork of x32:", "HAD" if _try_to_fork("x32", _X32 | _FORK) else "refused")
    else:
        print("attempted: fork of x32: refused, as it is not there")
    _try("execve", _EXECVE, b"/nonexistent", None, None)
    _try("execveat", _EXECVEAT, _HERE, b"/nonexistent", None, None, 0)
    _try("memfd_create", _MEMFD, b"kept", 0)
    _try("open_by_handle_at", _OPEN_BY_HANDLE, _HERE, struct.pack("=Ii8s", 8, 1, b""), 0)
    _try("io_uring_setup", _IO_URING, 8, bytes(120))
    _try("userfaultfd", _USERFAULTFD, 1)
    return _honest_spread(X)
