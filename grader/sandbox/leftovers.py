"""Who made a container or folder, so that what a killed run left behind can be told from what is in use."""

from __future__ import annotations

import os
import re
import socket

FOLDER_PREFIX = "grader-"

_PID = re.compile("[0-9]{1,9}")


def owner() -> str:
    """Return a mark of this process: host, and pid with the time when it started."""
    pid = os.getpid()
    return f"{socket.gethostname()}:{pid}:{_started(pid)}"


def is_abandoned(mark: str, host: str) -> bool:
    """Whether the process that made a mark is gone.

    Args:
        mark: what ``owner`` returned there.
        host: name of this machine; of others nothing can be known, and theirs is left alone.
    """
    parts = mark.rsplit(":", 2)
    if len(parts) != 3 or parts[0] != host or not _PID.fullmatch(parts[1]):
        return False
    return _started(int(parts[1])) != parts[2]


def _started(pid: int) -> str:
    """Start time of a process in ticks since boot (proc(5), field 22); empty if there is none or no /proc."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as stream:
            return stream.read().rpartition(")")[2].split()[19]
    except OSError:
        return "" if os.path.isdir("/proc") or not _is_alive(pid) else "?"


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
