"""Emptying a folder that a stranger filled: any depth, any mode, any name, no link followed."""

from __future__ import annotations

import errno
import itertools
import os
import stat
from collections.abc import Iterator
from pathlib import Path

_OPEN = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def empty(folder: Path) -> None:
    """Remove all that is in ``folder`` and belongs to this user.

    Nested folders are first moved up beside the others, so that neither recursion nor the length of a path limits
    how deep they may go. Nothing may be running that could still write there.

    Raises:
        OSError: something could not be removed.
    """
    top = os.open(folder, _OPEN)
    try:
        fresh_names = (f".wiped-{number}" for number in itertools.count())
        while names := os.listdir(top):
            for name in names:
                _remove(name, top, fresh_names)
    finally:
        os.close(top)


def _remove(name: str, top: int, fresh_names: Iterator[str]) -> None:
    if not stat.S_ISDIR(os.lstat(name, dir_fd=top).st_mode):
        os.unlink(name, dir_fd=top)
        return
    os.chmod(name, 0o700, dir_fd=top)
    inner = os.open(name, _OPEN, dir_fd=top)
    try:
        for child in os.listdir(inner):
            if stat.S_ISDIR(os.lstat(child, dir_fd=inner).st_mode):
                os.chmod(child, 0o700, dir_fd=inner)
                _move_up(child, inner, top, fresh_names)
            else:
                os.unlink(child, dir_fd=inner)
    finally:
        os.close(inner)
    os.rmdir(name, dir_fd=top)


def _move_up(child: str, inner: int, top: int, fresh_names: Iterator[str]) -> None:
    for fresh in fresh_names:
        try:
            os.rename(child, fresh, src_dir_fd=inner, dst_dir_fd=top)
        except OSError as error:
            if error.errno not in (errno.EEXIST, errno.ENOTEMPTY, errno.ENOTDIR):
                raise
        else:
            return
