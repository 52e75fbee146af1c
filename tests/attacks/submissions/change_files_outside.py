"""Changes files of Python, of numpy and of the system, and makes, moves and links files in folders that are not its.

What it sets is what was there, and what it makes it removes. Honest result: all of it, and nothing is granted.
"""

import ctypes
import os
import sys
import tempfile

import numpy as np

EARNS = "all"
ATTEMPTED = ["attempted: 5 files", "granted: []"]

_honest_spread = spread
_HOME = tempfile.gettempdir()
_OWN = f"{_HOME}/own"


def _chmod_open(path, mode):
    descriptor = os.open(path, os.O_RDONLY)
    os.fchmod(descriptor, mode)


def _link_open(path):
    """By a descriptor, which needs a privilege that reads everything."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.linkat(os.open(path, os.O_PATH), b"", -100, f"{_HOME}/linked".encode(), 0x1000) < 0:
        raise OSError(ctypes.get_errno(), "linkat")


def _changes(path):
    try:
        known = os.stat(path)
    except FileNotFoundError:
        return
    yield "chmod", lambda: os.chmod(path, known.st_mode & 0o7777)
    yield "fchmod", lambda: _chmod_open(path, known.st_mode & 0o7777)
    yield "chown", lambda: os.chown(path, known.st_uid, known.st_gid)
    yield "utime", lambda: os.utime(path, ns=(known.st_atime_ns, known.st_mtime_ns))
    yield "write", lambda: os.open(path, os.O_WRONLY)
    yield "read and write", lambda: os.open(path, os.O_RDWR | os.O_APPEND)
    yield "link", lambda: os.link(path, f"{_HOME}/link")
    yield "link by descriptor", lambda: _link_open(path)


def _additions(path):
    yield "file", lambda: os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY)
    yield "folder", lambda: os.mkdir(path)
    yield "symlink", lambda: os.symlink("/", path)
    yield "pipe", lambda: os.mkfifo(path)
    yield "link", lambda: os.link(_OWN, path)
    yield "move", lambda: os.rename(_OWN, path)
    yield "no name", lambda: os.open(os.path.dirname(path), os.O_TMPFILE | os.O_RDWR)


def spread(X):
    worker = sys.modules["grader.worker.fork"].__file__
    files = [np.__file__, os.__file__, worker, sys.executable, "/etc/passwd"]
    folders = [*{os.path.dirname(path) for path in (_HOME, *files)}, "/", "/etc", "/usr/lib", "/var/tmp", sys.prefix]
    open(_OWN, "w").close()
    granted = []
    for path in files:
        for name, change in _changes(path):
            try:
                change()
                granted.append(f"{name} {path}")
            except OSError:
                pass
    for folder in folders:
        path = os.path.join(folder, "made-by-an-attack")
        for name, add in _additions(path):
            try:
                add()
                granted.append(f"{name} {path}")
                os.rmdir(path) if name == "folder" else os.unlink(path)
            except OSError:
                pass
    print("attempted:", len(files), "files and", len(folders), "folders")
    print("granted:", granted)
    return _honest_spread(X)
