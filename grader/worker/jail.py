"""What holds a fork where no container does: the stricter filter, a count of what it writes, and Landlock."""

from __future__ import annotations

import os
import signal
import stat
import sys
import sysconfig
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import msgpack
import numpy as np

from grader.worker import landlock
from grader.worker.filtering import can_filter, forbid_system_calls
from grader.worker.kernel import PR_SET_DUMPABLE, PR_SET_PDEATHSIG, prctl

DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")
READABLE = ("/etc/localtime", "/usr/share/zoneinfo", "/etc/ld.so.cache")
PACKAGES = ("site-packages", "dist-packages")
_SYSTEM_LIBRARIES = (Path("/usr/lib"), Path("/usr/lib64"), Path("/lib"), Path("/lib64"))
_OWNER = 0
"""Of what the system's packages put there."""

_NEEDED_LANDLOCK = 3
"""What it does for files is whole from then on (Linux 6.2); signals are the filter's."""


class Jail:
    """Keeps forks away from everything but Python, numpy and a folder to write in.

    Args:
        in_namespaces: this process sees no other files and processes in any case.

    Raises:
        OSError: the kernel cannot do it; the message says what is missing.
    """

    def __init__(self, *, in_namespaces: bool) -> None:
        if not can_filter():
            raise OSError("there is no system-call filter for this kind of machine")
        self.rules: landlock.Ruleset | None = None
        if in_namespaces:
            prctl(PR_SET_DUMPABLE, 0)  # the forks have the same user, and are to see nothing of it in /proc
        elif landlock.version() < _NEEDED_LANDLOCK:
            raise OSError(
                f"this kernel has version {landlock.version()} of Landlock, and version {_NEEDED_LANDLOCK} is needed"
                " (Linux 6.2)"
            )
        else:
            self.rules = landlock.Ruleset(readable(), standard_library(), map(Path, DEVICES))

    @property
    def descriptors(self) -> list[int]:
        """Descriptors that a fork has to keep until it has entered."""
        return [] if self.rules is None else [self.rules.descriptor]

    def open_up(self, home: Path) -> None:
        """Let the forks from now on write in a folder; those of tests that have ended are gone."""
        if self.rules is not None:
            self.rules.open_up(home)

    def show(self) -> None:
        """Let the worker look at this process; the first that a fork does."""
        prctl(PR_SET_DUMPABLE, 1)

    def enter(self) -> None:
        """Restrict this process for good.

        Raises:
            OSError: the kernel refused.
        """
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)  # whatever becomes of the worker, nothing outlives it
        if self.rules is not None:
            self.rules.enter()
            os.close(self.rules.descriptor)
        forbid_system_calls(on_the_host=True)


@cache
def readable() -> tuple[Path, ...]:
    """Files and folders that Python and numpy are read from, and nothing else that is installed beside them."""
    packages = (Path(np.__file__).parent, Path(msgpack.__file__).parent, Path(np.__file__).parents[1] / "numpy.libs")
    found = [*map(Path, READABLE), Path(__file__).parent, *packages]
    libraries = standard_library()
    for folder in libraries:
        found += (entry for entry in folder.iterdir() if entry.name not in PACKAGES)
    for folder in {library.parent for library in loaded_libraries()}:
        if not any(folder.is_relative_to(library) for library in libraries):
            found += _rules_for(folder)
    return tuple(found)


def _rules_for(folder: Path) -> list[Path]:
    """Return the shared libraries of a folder, or the folder itself where it holds what the system put there."""
    status, names = folder.stat(), os.listdir(folder)
    if (
        any(folder.is_relative_to(place) for place in _SYSTEM_LIBRARIES)
        and status.st_uid == _OWNER
        and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
        and not any(name.startswith("python") or name in PACKAGES for name in names)
    ):
        return [folder]
    return [path for name in names if ".so" in (path := folder / name).suffixes]


def standard_library() -> list[Path]:
    """Folders of the standard library: the importer lists them."""
    outside_of_environments = {"platbase": sys.base_exec_prefix}
    names = {sysconfig.get_path(name, vars=outside_of_environments) for name in ("stdlib", "platstdlib")}
    return [folder for name in names if (folder := Path(name).resolve()).is_dir()]


def loaded_libraries() -> set[Path]:
    """Shared libraries that this process has loaded (proc(5), /proc/PID/maps)."""
    with open("/proc/self/maps", encoding="utf-8", errors="replace") as stream:
        names = {line.split(maxsplit=5)[5].strip() for line in stream if ".so" in line}
    return {path for name in names if (path := Path(name)).is_absolute() and not {*path.parts} & {*PACKAGES}}


@dataclass(frozen=True)
class Census:
    """What a fork may take where no container counts it.

    Attributes:
        size: bytes on disk, whether or not they still have a name.
        entries: files and folders.
        hidden: files without a name that are mapped; what they hold cannot be seen.
        threads: how many.
    """

    size: int
    entries: int
    hidden: int
    threads: int

    def excess(self, pid: int, workplace: Path) -> str:
        """Say what a fork has taken too much of; empty if nothing.

        Args:
            pid: of the fork.
            workplace: where it can write.
        """
        process = Path(f"/proc/{pid}")
        try:
            status = (process / "status").read_text().splitlines()
            if "Seccomp:\t0" in status:
                return ""  # not yet confined, so that nothing of the submission runs in it
            mapped = (process / "maps").read_text(errors="replace").splitlines()
            unnamed = _unnamed_bytes(process / "fd")
        except (FileNotFoundError, ProcessLookupError):
            return ""  # it has ended
        except PermissionError:
            return "it hid from the worker"
        if int(next(line.split()[1] for line in status if line.startswith("Threads:"))) > self.threads:
            return "it started more threads than a test may"
        # What is called /dev/zero there is shared memory, which counts as address space.
        hidden = {line.split()[4] for line in mapped if line.endswith("(deleted)") and "/dev/zero" not in line}
        if len(hidden) > self.hidden or _takes_more(workplace, self.entries, self.size - unnamed):
            return "it wrote more to disk than a test may"
        return ""


def _unnamed_bytes(descriptors: Path) -> int:
    """Bytes on disk of the files that a process holds open and that have no name any more."""
    size = 0
    for name in os.listdir(descriptors):
        try:
            found = os.stat(descriptors / name)
        except FileNotFoundError:
            continue
        if stat.S_ISREG(found.st_mode) and found.st_nlink == 0:
            size += found.st_blocks * 512
    return size


def _takes_more(folder: Path, entries: int, size: int) -> bool:
    """Whether there is more below a folder than so many files and folders, or bytes, or than can be seen."""
    waiting = [folder]
    while waiting and entries >= 0 and size >= 0:
        try:
            with os.scandir(waiting.pop()) as found:
                for entry in found:
                    entries -= 1
                    size -= entry.stat(follow_symlinks=False).st_blocks * 512
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(Path(entry.path))
                    if entries < 0:
                        break
        except (FileNotFoundError, NotADirectoryError):
            continue  # gone while we looked
        except OSError:
            return True  # too deep to be looked into, or closed to us: nobody needs that
    return entries < 0 or size < 0
