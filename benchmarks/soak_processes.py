"""The processes below ``soak.py``: watched, told to end, and none out of sight."""

from __future__ import annotations

import ctypes
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

from soak_order import SoakError, say

from grader.worker.accounting import descendants

LOOK_SECONDS = 0.1
END_SECONDS = 60.0
_PR_SET_CHILD_SUBREAPER = 36


def adopt_orphans(yes: bool = True) -> None:
    """Become the parent of all descendants that lose theirs (prctl(2)), so that none gets out of sight, or stop."""
    if not sys.platform.startswith("linux"):
        raise SoakError("soak.py should run on Linux, where it can see what is left of processes")
    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, int(yes), 0, 0, 0):
        raise SoakError(f"prctl: {os.strerror(ctypes.get_errno())}")


def reap_orphans() -> None:
    """Let go of adopted processes that have ended: till then their owner's mark looks as if it were in use."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return


def command_of(pid: int) -> str:
    """Return the beginning of a process's command line; empty if it is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text(errors="replace").replace("\0", " ")[:100]
    except OSError:
        return ""


def most_memory_kib(pid: int) -> int:
    """Return the most memory that a process has had (proc(5), VmHWM); wait4(2) counts its children's in."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(errors="replace")
    except OSError:
        return 0
    found = re.search(r"^VmHWM:\s+(\d+) kB$", status, re.MULTILINE)
    return int(found[1]) if found else 0


def stop(process: subprocess.Popen[bytes]) -> None:
    """End a process that still runs; it has the time to remove what it made."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            say(f"{process.args!r} did not end when it was told to")
            process.kill()
            process.wait()


def end_descendants() -> None:
    """Kill whatever is left below this process."""
    for pid in descendants(os.getpid()):
        end(pid, signal.SIGKILL)


def end(pid: int, number: int) -> None:
    """Send a signal to a process that may be gone."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return
