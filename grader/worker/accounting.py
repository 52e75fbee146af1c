"""What the kernel knows of the processes of a test: CPU time, kills for lack of memory, who descends from whom."""

from __future__ import annotations

import contextlib
import os
import time

_CPU_FILES = (
    ("/sys/fs/cgroup/cpu.stat", b"usage_usec ", 1e6),
    ("/sys/fs/cgroup/cpuacct/cpuacct.usage", b"", 1e9),
)
"""Where a container's CPU time is counted, cgroup v2 and v1: file, key, units in a second."""

_PIECE_BYTES = 4096
_LISTS_CHILDREN = os.path.exists("/proc/thread-self/children")

_OOM_FILES = (
    ("/sys/fs/cgroup/memory.events", b"oom_kill "),
    ("/sys/fs/cgroup/memory/memory.oom_control", b"oom_kill "),
)


_LIMIT_FILES = {
    "memory_limit": ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"),
    "pids_limit": ("/sys/fs/cgroup/pids.max", "/sys/fs/cgroup/pids/pids.max"),
}
"""Where a container's limits stand, cgroup v2 and v1."""


def container_limits() -> dict[str, int | None]:
    """Bytes and processes that this container may have; ``None`` where there is no limit, or none to be seen."""
    return {name: next(filter(None, map(_limit, paths)), None) for name, paths in _LIMIT_FILES.items()}


def container_cpu_seconds() -> float | None:
    """CPU time of this container without this process; ``None`` where no cgroup of its own tells.

    Only the cgroup counts processes that have ended without anybody waiting for them.
    """
    for path, key, unit in _CPU_FILES:
        if (count := _count(path, key)) is not None:
            return count / unit - time.process_time()
    return None


def container_oom_kills() -> int:
    """How many processes of this container the kernel has killed for lack of memory."""
    for path, key in _OOM_FILES:
        if (count := _count(path, key)) is not None:
            return count
    return 0


def tree_cpu_seconds(pid: int) -> float:
    """CPU seconds of a process and those below it, as far as /proc still has them."""
    return sum(_process_seconds(member) for member in (pid, *descendants(pid)))


def descendants(root: int) -> list[int]:
    """Return the pids below ``root``, nearest first; those that begin or end meanwhile may be missing."""
    found = _children(root)
    for pid in found:
        found.extend(_children(pid))
    return found


def _children(parent: int) -> list[int]:
    """Children of a process, of all its threads (proc(5), /proc/PID/task/TID/children)."""
    found: list[int] = []
    with contextlib.suppress(OSError):
        for thread in os.listdir(f"/proc/{parent}/task"):
            found += map(int, _read(f"/proc/{parent}/task/{thread}/children").split())
        return found
    return found if _LISTS_CHILDREN else _children_by_parents(parent)


def _children_by_parents(parent: int) -> list[int]:
    """The same on kernels that do not list children."""
    pids = [int(name) for name in os.listdir("/proc") if name.isdecimal()]
    return [pid for pid in pids if (fields := _stat_fields(pid)) and int(fields[1]) == parent]


def _limit(path: str) -> int | None:
    with contextlib.suppress(OSError, ValueError):
        return int(_read(path))  # no number: "max"
    return None


def _count(path: str, key: bytes) -> int | None:
    """The number behind a key in a file of the kernel's."""
    with contextlib.suppress(OSError):
        for line in _read(path).splitlines():
            if line.startswith(key):
                return int(line.removeprefix(key))
    return None


def _process_seconds(pid: int) -> float:
    """CPU seconds of a process with all its threads, and of the children it has waited for."""
    fields = _stat_fields(pid)
    if not fields:
        return 0.0
    waited_for = (int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK")
    try:
        # The kernel's encoding of another process's CPU clock, as clock_getcpuclockid(3) gives it.
        own = time.clock_gettime((~pid << 3) | 2)
    except OSError:
        own = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return own + waited_for


def _stat_fields(pid: int) -> list[bytes]:
    """Fields of /proc/PID/stat from the state on (proc(5)): 1 is the parent, 11 to 14 are the times in ticks."""
    try:
        text = _read(f"/proc/{pid}/stat")
    except OSError:
        return []
    return text.rpartition(b")")[2].split()


def _read(path: str) -> bytes:
    """The whole of a small file of the kernel's; many times for each test, so without the layers of ``open``.

    Raises:
        OSError: it is not there.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        pieces = []
        while piece := os.read(descriptor, _PIECE_BYTES):
            pieces.append(piece)
        return b"".join(pieces)
    finally:
        os.close(descriptor)
