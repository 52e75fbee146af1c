"""What a test's fork gives up before the submission's first line runs."""

from __future__ import annotations

import math
import os
import resource
import signal
import sys
from pathlib import Path
from typing import Any

from grader.worker import privileges
from grader.worker.filtering import forbid_system_calls
from grader.worker.jail import Jail
from grader.worker.printing import unbuffered

_FILE_BYTES = 64 * 1024 * 1024
_OPEN_FILES = 128
_PROCESSES = 48
_DROPPED_LIMITS = {
    "RLIMIT_MSGQUEUE": 0,
    "RLIMIT_CORE": 0,
    "RLIMIT_FSIZE": _FILE_BYTES,
    "RLIMIT_NOFILE": _OPEN_FILES,
}


def confine(
    channel: int, output: int, uid: int | None, home: Path, limits: dict[str, Any], jail: Jail | None = None
) -> int:
    """Leave everything behind that this process was forked with.

    Args:
        channel: descriptor of the way to the zygote; the only one kept beside the standard three.
        output: descriptor that takes what is printed.
        uid: user and group to become; ``None`` where the sandbox has no users to give.
        home: the one folder to write in.
        limits: ``memory_bytes`` (address space beyond what is mapped now), ``cpu_seconds`` (of the whole test).
        jail: what holds this process where no container does.

    Returns:
        The descriptor of the channel, which may have moved.
    """
    os.setsid()
    if jail is not None:
        jail.show()
    channel = _keep_only(channel, output, [] if jail is None else jail.descriptors)
    _first_to_die()
    _limit(limits, has_own_user=uid is not None)
    os.umask(0o077)
    os.chdir(home)
    if uid is not None:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        if jail is None:
            os.setresuid(uid, uid, uid)
        else:
            privileges.become(uid)
    sys.stdout, sys.stderr = unbuffered(1), unbuffered(2)
    os.environ["HOME"] = os.environ["TMPDIR"] = str(home)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if jail is None:
        forbid_system_calls()
    else:
        jail.enter()
    return channel


def _keep_only(channel: int, output: int, more: list[int]) -> int:
    """Put the channel at 3, nothing at 0, the output at 1 and 2, and close the rest but those that are named."""
    high = os.dup2(channel, 100)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(output, 2)
    os.dup2(output, 1)
    os.dup2(nothing, 0)
    os.dup2(high, 3, inheritable=False)
    start = 4
    for descriptor in sorted(more):
        os.closerange(start, descriptor)
        start = descriptor + 1
    os.closerange(start, os.sysconf("SC_OPEN_MAX"))
    return 3


def _first_to_die() -> None:
    """When memory runs out, the kernel is to take this process and not the zygote."""
    if sys.platform == "linux":
        with open("/proc/self/oom_score_adj", "wb", buffering=0) as stream:
            stream.write(b"1000")


def _limit(limits: dict[str, Any], *, has_own_user: bool) -> None:
    wanted = dict(_DROPPED_LIMITS)
    wanted["RLIMIT_CPU"] = math.ceil(limits["cpu_seconds"])
    if (mapped := _mapped_bytes()) is not None:
        wanted["RLIMIT_AS"] = mapped + limits["memory_bytes"]
    if has_own_user:
        # The count is of all processes of a user: with a shared one it would hit what is not ours.
        wanted["RLIMIT_NPROC"] = _PROCESSES
    for name, value in wanted.items():
        number = getattr(resource, name, None)
        if number is not None:
            _, hard = resource.getrlimit(number)
            # A hard limit on CPU time kills without a word; the soft one, a second before, says SIGXCPU.
            upper = value + 1 if name == "RLIMIT_CPU" else value
            upper = upper if hard == resource.RLIM_INFINITY else min(upper, hard)
            resource.setrlimit(number, (min(value, upper), upper))


def _mapped_bytes() -> int | None:
    try:
        with open("/proc/self/statm", "rb", buffering=0) as stream:
            return int(stream.read().split()[0]) * resource.getpagesize()
    except OSError:
        return None
