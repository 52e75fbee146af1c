"""Calls of the Linux kernel that Python has no name for."""

from __future__ import annotations

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1
PR_SET_DUMPABLE = 4
PR_SET_KEEPCAPS = 8
PR_SET_SECCOMP = 22
PR_SET_CHILD_SUBREAPER = 36
PR_SET_NO_NEW_PRIVS = 38
"""Options of prctl(2)."""


def prctl(option: int, *arguments: object) -> None:
    """Call prctl(2).

    Raises:
        OSError: the kernel refused.
    """
    padded = [*arguments, 0, 0, 0, 0][:4]
    checked(_LIBC.prctl(option, *padded), f"prctl({option})")


def syscall(number: int, *arguments: bytes | int | None) -> int:
    """Make a system call by its number; negative where it failed, and ``errno`` is set then."""
    as_c = [ctypes.c_long(item) if isinstance(item, int) else item for item in arguments]
    return int(_LIBC.syscall(ctypes.c_long(number), *as_c))


def capset(header: bytes, data: bytes) -> None:
    """Call capset(2).

    Raises:
        OSError: the kernel refused.
    """
    checked(_LIBC.capset(header, data), "capset")


def ptrace(request: int, pid: int) -> None:
    """Call ptrace(2) without an address and data.

    Raises:
        OSError: the kernel refused.
    """
    checked(_LIBC.ptrace(request, pid, None, None), "ptrace")


def checked(result: int, what: str) -> int:
    """Return the result of a call that did not fail.

    Raises:
        OSError: it did.
    """
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


if sys.platform == "linux":
    _LIBC = ctypes.CDLL(None, use_errno=True)
    _LIBC.syscall.restype = ctypes.c_long
