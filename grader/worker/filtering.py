"""A system-call filter for the forks: no socket, no tracing, nothing that outlives a process.

A seccomp filter in classic BPF (seccomp(2)); forbidden calls fail with EPERM. It comes on top of the container's own
profile, which lets through what a submission has no use for: sockets of the hypervisor, System V objects, port
numbers that stay taken for a minute.
"""

from __future__ import annotations

import ctypes
import errno
import platform
import struct
import sys

_PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS, _MODE_FILTER = 22, 38, 2
_LOAD_WORD, _JUMP_EQUAL, _JUMP_AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000
_NUMBER_OFFSET, _ARCHITECTURE_OFFSET = 0, 4
_X32_BIT = 0x40000000

_FORBIDDEN = {
    # name: number on x86-64, number on aarch64
    "socket": (41, 198),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "shmget": (29, 194),
    "semget": (64, 190),
    "msgget": (68, 186),
    "mq_open": (240, 180),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "mount": (165, 40),
    "unshare": (272, 97),
    "setns": (308, 268),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),
    "pidfd_getfd": (438, 438),
}
_ARCHITECTURES = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1)}
"""AUDIT_ARCH of linux/audit.h, and the column of the table above."""


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_void_p))


def forbid_system_calls() -> None:
    """Install the filter in this process and all that it starts; does nothing on other systems.

    Raises:
        OSError: the kernel refused.
    """
    if sys.platform != "linux" or platform.machine() not in _ARCHITECTURES:
        return
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)
    _prctl(_PR_SET_SECCOMP, _MODE_FILTER, ctypes.byref(_PROGRAM))


def _prctl(option: int, *arguments: object) -> None:
    padded = [*arguments, 0, 0, 0, 0][:4]
    if _LIBC.prctl(option, *padded):
        raise OSError(ctypes.get_errno(), f"prctl({option})")


def _instructions(machine: str) -> bytes:
    """The filter: another architecture or ABI is refused whole, then each forbidden call."""
    architecture, column = _ARCHITECTURES[machine]
    numbers = [pair[column] for pair in _FORBIDDEN.values()]
    refuse = len(numbers) + 1  # how many instructions after the first check of the number the refusal stands
    program = [
        (_LOAD_WORD, 0, 0, _ARCHITECTURE_OFFSET),
        (_JUMP_EQUAL, 1, 0, architecture),
        (_RETURN, 0, 0, _ERRNO | errno.ENOSYS),
        (_LOAD_WORD, 0, 0, _NUMBER_OFFSET),
        (_JUMP_AT_LEAST, refuse, 0, _X32_BIT),
        *((_JUMP_EQUAL, refuse - 1 - index, 0, number) for index, number in enumerate(numbers)),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _ERRNO | errno.EPERM),
    ]
    return b"".join(struct.pack("<HBBI", *instruction) for instruction in program)


if sys.platform == "linux" and platform.machine() in _ARCHITECTURES:
    _LIBC = ctypes.CDLL(None, use_errno=True)
    _CODE = ctypes.create_string_buffer(_instructions(platform.machine()))
    _PROGRAM = _Program(len(_CODE.raw) // 8, ctypes.cast(_CODE, ctypes.c_void_p))
