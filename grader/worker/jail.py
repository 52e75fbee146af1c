"""What holds a fork where no container does: Landlock, the stricter filter, and a count of what it writes."""

from __future__ import annotations

import os
import signal
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import msgpack
import numpy as np

from grader.worker import landlock
from grader.worker.filtering import can_filter, forbid_system_calls, prctl

_PR_SET_PDEATHSIG = 1
_DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")
_READABLE = ("/etc/localtime", "/usr/share/zoneinfo", "/etc/ld.so.cache")
_PACKAGES = ("site-packages", "dist-packages")
_ROOT_LANDLOCK = 3
"""With a user of its own for each fork, signals need no Landlock; what it does for files is whole from then on."""


class Jail:
    """Keeps forks away from everything but Python, numpy and a folder to write in.

    Args:
        workplace: where forks may write.
        has_own_user: each fork becomes a user that owns nothing else.

    Raises:
        OSError: the kernel cannot do it; the message says what is missing.
    """

    def __init__(self, workplace: Path, *, has_own_user: bool) -> None:
        needed = _ROOT_LANDLOCK if has_own_user else landlock.SCOPES_SIGNALS
        if landlock.version() < needed:
            raise OSError(
                f"this kernel has version {landlock.version()} of Landlock, and version {needed} is needed"
                f" ({'Linux 6.2' if has_own_user else 'Linux 6.12'})"
            )
        if not can_filter():
            raise OSError("there is no system-call filter for this kind of machine")
        devices = [Path(name) for name in _DEVICES]
        self.rules = landlock.Ruleset(_readable(), _searched(), devices, workplace)

    def enter(self) -> None:
        """Restrict this process for good.

        Raises:
            OSError: the kernel refused.
        """
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)  # whatever becomes of the worker, nothing outlives it
        self.rules.enter()
        forbid_system_calls(on_the_host=True)


def _readable() -> Iterator[Path]:
    """Files and folders that Python and numpy are read from, and nothing else that is installed beside them."""
    yield from map(Path, _READABLE)
    yield Path(__file__).parent
    yield from (Path(np.__file__).parent, Path(msgpack.__file__).parent)
    yield Path(np.__file__).parents[1] / "numpy.libs"
    for folder in _searched():
        yield from (entry for entry in folder.iterdir() if entry.name not in _PACKAGES)
    for folder in {library.parent for library in _libraries()}:
        yield from (entry for entry in folder.iterdir() if ".so" in entry.suffixes)


def _searched() -> list[Path]:
    """Folders of the standard library: the importer lists them."""
    names = {sysconfig.get_path(name) for name in ("stdlib", "platstdlib")}
    return [folder for name in names if (folder := Path(name).resolve()).is_dir()]


def _libraries() -> set[Path]:
    """Shared libraries that this process has loaded (proc(5), /proc/PID/maps)."""
    with open("/proc/self/maps", encoding="utf-8", errors="replace") as stream:
        names = {line.split(maxsplit=5)[5].strip() for line in stream if ".so" in line}
    return {path for name in names if (path := Path(name)).is_absolute() and not {*path.parts} & {*_PACKAGES}}


class Census:
    """What a fork has taken of a disk that no file system limits.

    Args:
        bytes_limit: of all that it has written, whether or not it is still there.
        entries_limit: of files and folders that are there.
    """

    def __init__(self, bytes_limit: int, entries_limit: int) -> None:
        self.bytes_limit = bytes_limit
        self.entries_limit = entries_limit

    def is_exceeded(self, pid: int, home: Path, printed: int) -> bool:
        """Whether a fork has taken more than it may.

        Args:
            pid: of the fork.
            home: where it can write.
            printed: bytes that it has written elsewhere.
        """
        return _written(pid) - printed > self.bytes_limit or _taken(home, self.entries_limit, self.bytes_limit)


def _written(pid: int) -> int:
    """Bytes that a process has written or has made dirty, its pipes included (proc(5), /proc/PID/io)."""
    try:
        text = Path(f"/proc/{pid}/io").read_text()
    except OSError:
        return 0
    counts = dict(line.split(": ") for line in text.splitlines())
    return max(int(counts.get("wchar", 0)), int(counts.get("write_bytes", 0)))


def _taken(home: Path, entries_limit: int, bytes_limit: int) -> bool:
    """Whether there are more files and folders below ``home``, or more bytes in them, than allowed or can be seen."""
    entries = size = 0
    waiting = [home]
    while waiting:
        try:
            with os.scandir(waiting.pop()) as found:
                for entry in found:
                    entries += 1
                    size += entry.stat(follow_symlinks=False).st_blocks * 512
                    if entries > entries_limit or size > bytes_limit:
                        return True
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(Path(entry.path))
        except (FileNotFoundError, NotADirectoryError):
            continue  # gone while we looked
        except OSError:
            return True  # too deep to be looked into, or closed to us: nobody needs that
    return False
