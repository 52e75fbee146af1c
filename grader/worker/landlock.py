"""Landlock through ctypes: which files a process may touch, and whom it may signal (landlock(7)).

There is no kept package for it, and it is three system calls, with the same numbers on every architecture.
"""

from __future__ import annotations

import os
import stat
import struct
import sys
from collections.abc import Iterable
from pathlib import Path

from grader.worker.kernel import PR_SET_NO_NEW_PRIVS, checked, prctl, syscall

_CREATE, _ADD_RULE, _RESTRICT = 444, 445, 446
_ASK_VERSION, _PATH_BENEATH = 1, 1

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR, _REMOVE_DIR, _REMOVE_FILE = (1 << bit for bit in range(6))
_MAKE_DIR, _MAKE_REG = 1 << 7, 1 << 8
_TRUNCATE = 1 << 14
_FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 5: 16}
"""How many rights on files there are, from each version of the interface on."""

_BIND_AND_CONNECT = 0b11
_UNIX_SOCKETS_AND_SIGNALS = 0b11

SCOPES_SIGNALS = 6
"""The version from which on a process can be kept from signalling others (Linux 6.12)."""

_OF_FILES = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE
"""Rights that make sense for a file; the others are of folders."""


def version() -> int:
    """Return the version of the kernel's interface; 0 where there is none."""
    if sys.platform != "linux":
        return 0
    return max(0, syscall(_CREATE, None, 0, _ASK_VERSION))


class Ruleset:
    """What a process may still do with files once it has entered; nothing else, to no file.

    Args:
        readable: files and folders that may be read; what is not there is passed over.
        listable: folders of which the names may be read, of all below too.
        usable: devices and files that may be read and written.

    Raises:
        OSError: the kernel refused.
    """

    def __init__(self, readable: Iterable[Path], listable: Iterable[Path], usable: Iterable[Path]) -> None:
        found = version()
        self.handled = (1 << max(count for since, count in _FILE_RIGHTS.items() if since <= found)) - 1
        network = _BIND_AND_CONNECT if found >= 4 else 0
        scopes = _UNIX_SOCKETS_AND_SIGNALS if found >= SCOPES_SIGNALS else 0
        attributes = struct.pack("=QQQ", self.handled, network, scopes)
        size = 24 if found >= SCOPES_SIGNALS else 16 if found >= 4 else 8
        self.descriptor = checked(syscall(_CREATE, attributes, size, 0), "Landlock")
        for path in readable:
            self._allow(path, _READ_FILE | _READ_DIR)
        for path in listable:
            self._allow(path, _READ_DIR)
        for path in usable:
            self._allow(path, _READ_FILE | _WRITE_FILE)

    def open_up(self, folder: Path) -> None:
        """Let those who enter from now on make, read, write and remove files and folders in ``folder``."""
        everything = _READ_FILE | _READ_DIR | _WRITE_FILE | _TRUNCATE | _MAKE_REG | _MAKE_DIR
        self._allow(folder, everything | _REMOVE_FILE | _REMOVE_DIR)

    def enter(self) -> None:
        """Restrict this process, and all that it starts, for good.

        Raises:
            OSError: the kernel refused.
        """
        prctl(PR_SET_NO_NEW_PRIVS, 1)
        checked(syscall(_RESTRICT, self.descriptor, 0), "Landlock")

    def _allow(self, path: Path, rights: int) -> None:
        try:
            descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
        except OSError:
            return
        try:
            is_folder = stat.S_ISDIR(os.fstat(descriptor).st_mode)
            rights &= self.handled if is_folder else self.handled & _OF_FILES
            rule = struct.pack("=Qi", rights, descriptor)
            checked(syscall(_ADD_RULE, self.descriptor, _PATH_BENEATH, rule, 0), "Landlock")
        finally:
            os.close(descriptor)
