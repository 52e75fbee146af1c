"""Opens what /proc tells of the worker, by its number and by ways around: links, open folders, its threads.

Honest result: all of it. To another user the worker's command line and state are told, and nothing else.
"""

import os

EARNS = "all"
ATTEMPTED = ["attempted: 5 ways", "secrets: []", "public: ['cmdline', 'stat', 'status']"]
# Nothing of /proc may be read there.
ON_THE_HOST = {"ATTEMPTED": ["attempted: 5 ways", "secrets: []", "public: []"]}
IN_NAMESPACES = {}

_honest_spread = spread
SECRETS = ("mem", "environ", "maps", "smaps", "auxv", "io", "stack", "syscall", "fd", "map_files", "cwd", "root")
PUBLIC = ("cmdline", "stat", "status")


def _is_had(path, folder):
    try:
        os.close(os.open(path, os.O_RDONLY | os.O_NONBLOCK, dir_fd=folder))
    except OSError:
        return False
    return True


def spread(X):
    parent = os.getppid()
    ways = [
        (f"/proc/{parent}", None),
        (f"/proc/{parent}/task/{parent}", None),
        (f"/proc/self/root/proc/self/../{parent}", None),
        (f"{parent}", os.open("/proc", os.O_PATH)),
        (f"../{parent}", os.open("/proc/self", os.O_PATH | os.O_DIRECTORY)),
    ]
    had = {name: any(_is_had(f"{way}/{name}", folder) for way, folder in ways) for name in (*SECRETS, *PUBLIC)}
    print("attempted:", len(ways), "ways")
    print("secrets:", [name for name in SECRETS if had[name]])
    print("public:", [name for name in PUBLIC if had[name]])
    return _honest_spread(X)
