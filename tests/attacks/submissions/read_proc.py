"""Reads what /proc tells of every process: working folder, environment, descriptors, command line, memory map.

Honest result: all of it. Another user's process gives its command line and nothing else.
"""

import os

EARNS = "all"
ATTEMPTED = ["attempted: read /proc of", "['1/cwd', '1/environ', '1/fd', '1/maps', '1/root', '1/stack', '1/syscall']"]
# It may not list /proc there, and of what it knows the name it may see its own working folder only.
ON_THE_HOST = {
    "ATTEMPTED": [
        "attempted: read /proc of ['self']",
        "['1/cmdline', '1/cwd', '1/environ', '1/fd', '1/maps', '1/root', '1/stack', '1/syscall']",
    ]
}
IN_NAMESPACES = {}

_honest_spread = spread


def _touch(path):
    try:
        os.readlink(path)
    except OSError as error:
        if isinstance(error, PermissionError):
            raise
    if os.path.isdir(path):
        return os.listdir(path)
    with open(path, "rb") as stream:
        return stream.read(1 << 16)


def _pids():
    try:
        return sorted(name for name in os.listdir("/proc") if name.isdecimal())
    except PermissionError:
        return ["1", str(os.getppid()), "self"]


def spread(X):
    refused, seen = [], {}
    for pid in _pids():
        for part in ("cmdline", "cwd", "environ", "fd", "maps", "root", "stack", "syscall"):
            try:
                seen[f"{pid}/{part}"] = _touch(f"/proc/{pid}/{part}")
            except PermissionError:
                refused.append(f"{pid}/{part}")
            except OSError:
                pass
    print("attempted: read /proc of", sorted({key.partition("/")[0] for key in seen}))
    print("refused:", [name for name in refused if name.startswith("1/")])
    print("command:", seen.get("1/cmdline"))
    print("environment of this process:", seen.get(f"{os.getpid()}/environ"))
    return _honest_spread(X)
