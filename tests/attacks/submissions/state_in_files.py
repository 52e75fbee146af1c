"""Leaves files for a later test: deep trees of mode 000, odd names, links, pipes, sockets, extended attributes.

Honest result: all of it, and a later test finds nothing.
"""

import os
import socket
import tempfile
import time

EARNS = "all"
ATTEMPTED = ["attempted: left", "found later: [] []"]

_honest_summary, _honest_gap = summary, smallest_gap
_HOME = tempfile.gettempdir()


def _try(call, *arguments):
    try:
        call(*arguments)
    except OSError:
        pass


def summary(label, x):
    os.chdir(_HOME)
    if os.path.lexists("deep"):
        return _honest_summary(label, x)
    _try(os.mkfifo, "pipe")
    try:
        socket.socket(socket.AF_UNIX).bind("socket")
    except OSError as error:
        print("no socket:", error)
    _try(os.symlink, "/etc/passwd", "link")
    _try(os.symlink, "loop", "loop")
    for name in (b"-rf", b"..\xff", b"\n", b".hidden", b"x" * 255, ".wiped-0".encode()):
        with open(name, "w") as stream:
            stream.write(label)
        try:
            os.setxattr(name, "user.kept", label.encode())
        except OSError:
            pass
    os.makedirs(".wiped-1/.wiped-2/.wiped-1")
    os.close(os.open("shut", os.O_CREAT | os.O_WRONLY, 0))
    os.mkdir("deep")
    os.chdir("deep")
    depth = 0
    while depth < 1500 and time.process_time() < 0.3:  # where all folders above are looked at, it gets slow
        os.mkdir("d")
        os.chdir("d")
        depth += 1
    with open("bottom", "w") as stream:
        stream.write(label)
    for _ in range(depth):
        os.chdir("..")
        _try(os.chmod, "d", 0)
    os.chdir(_HOME)
    _try(os.chmod, "deep", 0)
    print("attempted: left", len(os.listdir(_HOME)), "entries,", depth, "deep")
    return _honest_summary(label, x)


def smallest_gap(x):
    writable = []
    for folder, folders, _ in os.walk("/"):
        if folder == "/":
            folders[:] = [name for name in folders if name not in ("proc", "sys", "opt", "usr")]
        if folder not in (_HOME, "/dev/mqueue") and os.access(folder, os.W_OK):
            writable.append(folder)
    print("found later:", os.listdir(_HOME), writable)
    return _honest_gap(x)
