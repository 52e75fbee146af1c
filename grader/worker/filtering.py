"""A system-call filter for the forks: no socket, no tracing, nothing that outlives a process.

A seccomp filter in classic BPF (seccomp(2)); forbidden calls fail with EPERM. In a container it comes on top of the
engine's own profile, which lets through what a submission has no use for: sockets of the hypervisor, System V
objects, port numbers that stay taken for a minute. Without a container it is stricter: see ``_ON_THE_HOST``.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
import sys

from grader.worker.kernel import PR_SET_DUMPABLE, PR_SET_NO_NEW_PRIVS, PR_SET_PDEATHSIG, PR_SET_SECCOMP, prctl

_MODE_FILTER = 2
_LOAD_WORD, _RETURN = 0x20, 0x06
_JUMP_EQUAL, _JUMP_AT_LEAST, _JUMP_ANY_BIT, _AND = 0x15, 0x35, 0x45, 0x54
_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000
_NUMBER_OFFSET, _ARCHITECTURE_OFFSET, _ARGUMENTS_OFFSET = 0, 4, 16
_X32_BIT = 0x40000000
_CLONE_THREAD, _CLONE_FILES = 0x00010000, 0x00000400
_O_TMPFILE = 0x00400000
_SOCK_STREAM, _SOCK_TYPES = 1, 0xF
_SOCKET_REQUESTS, _REQUEST_KINDS = 0x8900, 0xFF00
_F_SETOWN, _F_SETOWN_EX = 8, 15

_ABSENT = None
_Numbers = tuple[int | None, int | None]

_FORBIDDEN: dict[str, _Numbers] = {
    # name: number on x86-64, number on aarch64
    "socket": (41, 198),
    "sendmsg": (46, 211),  # carries open files, which outlive their process on the way
    "sendmmsg": (307, 269),
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
    # space that no limit of a process counts, and writing that no count of the kernel's shows
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "splice": (275, 76),
    "tee": (276, 77),
    "vmsplice": (278, 75),
}

_ON_THE_HOST: dict[str, _Numbers] = {
    # another process: there is no container to count them in
    "fork": (57, _ABSENT),
    "vfork": (58, _ABSENT),
    "execve": (59, 221),
    "execveat": (322, 281),
    # what Landlock does not cover: modes, owners, times and attributes of files
    "chmod": (90, _ABSENT),
    "fchmod": (91, 52),
    "fchmodat": (268, 53),
    "fchmodat2": (452, 452),
    "chown": (92, _ABSENT),
    "fchown": (93, 55),
    "lchown": (94, _ABSENT),
    "fchownat": (260, 54),
    "utime": (132, _ABSENT),
    "utimes": (235, _ABSENT),
    "futimesat": (261, _ABSENT),
    "utimensat": (280, 88),
    "setxattr": (188, 5),
    "lsetxattr": (189, 6),
    "fsetxattr": (190, 7),
    "setxattrat": (463, 463),
    "removexattr": (197, 14),
    "lremovexattr": (198, 15),
    "fremovexattr": (199, 16),
    "removexattrat": (466, 466),
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    "inotify_init": (253, _ABSENT),
    "inotify_init1": (294, 26),
    "fanotify_init": (300, 262),
    # the host's System V objects, by number, and its queues
    "shmat": (30, 196),
    "shmctl": (31, 195),
    "semop": (65, 193),
    "semtimedop": (220, 192),
    "semctl": (66, 191),
    "msgsnd": (69, 189),
    "msgrcv": (70, 188),
    "msgctl": (71, 187),
    "mq_unlink": (241, 181),
    # the host's Unix sockets, which a datagram socket of a pair would reach
    "connect": (42, 203),
    "bind": (49, 200),
    # space that no limit of a process counts
    "fallocate": (285, 47),
    # other processes of the same user; see _own_signals
    "tkill": (200, 130),
    "pidfd_send_signal": (424, 424),
    "setpriority": (141, 140),
    "ioprio_set": (251, 30),
    "sched_setparam": (142, 118),
    "sched_setscheduler": (144, 119),
    "sched_setaffinity": (203, 122),
    "sched_setattr": (314, 274),
    "kcmp": (312, 272),
    "migrate_pages": (256, 238),
    "move_pages": (279, 239),
    "process_madvise": (440, 440),
    "process_mrelease": (448, 448),
    # the kernel's log, and what is mounted
    "syslog": (103, 116),
    "statmount": (457, 457),
    "listmount": (458, 458),
}
"""What is forbidden too where the forks run on the host itself, as a user that may have other processes and files."""

_UNKNOWN_ON_THE_HOST: dict[str, _Numbers] = {"clone3": (435, 435), "openat2": (437, 437)}
"""Their arguments cannot be seen by a filter; libraries fall back to the older call when these are not there."""

_CLONE, _PRLIMIT, _OPEN, _OPENAT = (56, 220), (302, 261), (2, _ABSENT), (257, 56)
_SOCKETPAIR, _IOCTL, _PRCTL, _FCNTL = (53, 199), (16, 29), (157, 167), (72, 25)
_SIGNALLING: dict[str, _Numbers] = {
    "kill": (62, 129),
    "tgkill": (234, 131),
    "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240),
}
"""What signals a process, which the first argument names."""

_ARCHITECTURES = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1)}
"""AUDIT_ARCH of linux/audit.h, and the column of the tables above."""

_Instruction = tuple[int, int, int, int]


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_void_p))


def can_filter() -> bool:
    """Whether there is a filter for this system."""
    return sys.platform == "linux" and platform.machine() in _ARCHITECTURES


def forbid_system_calls(*, on_the_host: bool = False) -> None:
    """Install the filter in this process and all that it starts; does nothing on other systems.

    Args:
        on_the_host: nothing else contains this process: forbid what a container would.

    Raises:
        OSError: the kernel refused.
    """
    if not can_filter():
        return
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    prctl(PR_SET_SECCOMP, _MODE_FILTER, ctypes.byref(_PROGRAMS[on_the_host]))
    if on_the_host:
        code = ctypes.create_string_buffer(_own_signals(platform.machine(), os.getpid()))
        prctl(PR_SET_SECCOMP, _MODE_FILTER, ctypes.byref(_program(code)))


def _instructions(machine: str, *, on_the_host: bool) -> bytes:
    """The filter: another architecture or ABI is refused whole, then each forbidden call."""
    architecture, column = _ARCHITECTURES[machine]
    program: list[_Instruction] = [
        (_LOAD_WORD, 0, 0, _ARCHITECTURE_OFFSET),
        (_JUMP_EQUAL, 1, 0, architecture),
        (_RETURN, 0, 0, _ERRNO | errno.ENOSYS),
        (_LOAD_WORD, 0, 0, _NUMBER_OFFSET),
        (_JUMP_AT_LEAST, 0, 1, _X32_BIT),
        (_RETURN, 0, 0, _ERRNO | errno.EPERM),
    ]
    refused = [(numbers[column], errno.EPERM) for numbers in _FORBIDDEN.values()]
    if on_the_host:
        refused += [(numbers[column], errno.EPERM) for numbers in _ON_THE_HOST.values()]
        refused += [(numbers[column], errno.ENOSYS) for numbers in _UNKNOWN_ON_THE_HOST.values()]
    for number, error in refused:
        if number is not None:
            program += [(_JUMP_EQUAL, 0, 1, number), (_RETURN, 0, 0, _ERRNO | error)]
    if on_the_host:
        # Threads with the same open files, and no processes.
        program += _checked(_CLONE[column], 0, [(_JUMP_ANY_BIT, 1, 0, _CLONE_FILES)], goes_on=True)
        program += _checked(_CLONE[column], 0, [(_JUMP_ANY_BIT, 1, 0, _CLONE_THREAD)])
        # A file without a name takes space that nobody sees.
        program += _checked(_OPEN[column], 1, [(_JUMP_ANY_BIT, 0, 1, _O_TMPFILE)], errno.EOPNOTSUPP)
        program += _checked(_OPENAT[column], 2, [(_JUMP_ANY_BIT, 0, 1, _O_TMPFILE)], errno.EOPNOTSUPP)
        # Its own limits, and nobody else's.
        program += _checked(_PRLIMIT[column], 0, [(_JUMP_EQUAL, 1, 0, 0)])
        # Two ends that know each other only, and no questions to them about the host's network.
        stream = [(_AND, 0, 0, _SOCK_TYPES), (_JUMP_EQUAL, 1, 0, _SOCK_STREAM)]
        program += _checked(_SOCKETPAIR[column], 1, stream)
        network = [(_AND, 0, 0, _REQUEST_KINDS), (_JUMP_EQUAL, 0, 1, _SOCKET_REQUESTS)]
        program += _checked(_IOCTL[column], 1, network)
        # No signals by way of an open file.
        for command in (_F_SETOWN, _F_SETOWN_EX):
            program += _checked(_FCNTL[column], 1, [(_JUMP_EQUAL, 0, 1, command)], goes_on=True)
        # It dies with the worker, and can be looked at from there.
        for option in (PR_SET_PDEATHSIG, PR_SET_DUMPABLE):
            program += _checked(_PRCTL[column], 0, [(_JUMP_EQUAL, 0, 1, option)], goes_on=True)
    program.append((_RETURN, 0, 0, _ALLOW))
    return _packed(program)


def _own_signals(machine: str, pid: int) -> bytes:
    """A second filter: signals to this process, or to its group, which is its own. The strictest filter decides.

    It asks nothing of the architecture: the first filter does.
    """
    _, column = _ARCHITECTURES[machine]
    program: list[_Instruction] = [(_LOAD_WORD, 0, 0, _NUMBER_OFFSET)]
    for numbers in _SIGNALLING.values():
        program += _checked(numbers[column], 0, [(_JUMP_EQUAL, 2, 0, pid), (_JUMP_EQUAL, 1, 0, 0)])
    program.append((_RETURN, 0, 0, _ALLOW))
    return _packed(program)


def _packed(program: list[_Instruction]) -> bytes:
    return b"".join(struct.pack("<HBBI", *instruction) for instruction in program)


def _program(code: ctypes.Array[ctypes.c_char]) -> _Program:
    return _Program((len(code) - 1) // 8, ctypes.cast(code, ctypes.c_void_p))  # the buffer ends with a zero byte


def _checked(
    number: int | None,
    argument: int,
    check: list[_Instruction],
    error: int = errno.EPERM,
    *,
    goes_on: bool = False,
) -> list[_Instruction]:
    """Refuse a call where the check of the lower half of an argument comes to the instruction that follows it.

    Args:
        number: of the call; ``None`` if this machine has none.
        argument: which one, from 0.
        check: instructions that end with a jump over the refusal.
        error: what a refused call gives.
        goes_on: another check of the same call follows.
    """
    if number is None:
        return []
    load = (_LOAD_WORD, 0, 0, _ARGUMENTS_OFFSET + 8 * argument)
    refusal = (_RETURN, 0, 0, _ERRNO | error)
    ending = (_LOAD_WORD, 0, 0, _NUMBER_OFFSET) if goes_on else (_RETURN, 0, 0, _ALLOW)
    return [(_JUMP_EQUAL, 0, 3 + len(check), number), load, *check, refusal, ending]


if can_filter():
    _CODES = {
        stricter: ctypes.create_string_buffer(_instructions(platform.machine(), on_the_host=stricter))
        for stricter in (False, True)
    }
    _PROGRAMS = {stricter: _program(code) for stricter, code in _CODES.items()}
