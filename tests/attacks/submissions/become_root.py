"""Tries to become root or another test's user: setuid, a user namespace, a new root, a mount, a setuid program.

Honest result: all of it; the kernel refuses every one.
"""

import ctypes
import os

EARNS = "all"
ATTEMPTED = [
    "setuid 0 refused", "setresuid refused", "setgroups refused", "user namespace -1",
    "mount -1", "chroot refused", "setuid bit refused", "noexec refused", "uid kept True",
]

_honest_spread = spread


def _try(name, call):
    try:
        result = call()
    except OSError:
        result = "refused"
    print("attempted:", name, result)


def _set_bit():
    with open("/tmp/sh", "wb") as stream:
        stream.write(open("/bin/sh", "rb").read())
    os.chmod("/tmp/sh", 0o4755)
    os.execv("/tmp/sh", ["sh", "-c", "echo executed"])


def spread(X):
    before = os.getresuid()
    libc = ctypes.CDLL(None, use_errno=True)
    _try("setuid 0", lambda: os.setuid(0))
    _try("setresuid", lambda: os.setresuid(before[0] + 1, -1, -1))
    _try("setgroups", lambda: os.setgroups([0]))
    _try("user namespace", lambda: libc.unshare(0x10000000))
    _try("mount", lambda: libc.mount(b"none", b"/tmp", b"tmpfs", 0, b""))
    _try("chroot", lambda: os.chroot("/tmp"))
    _try("setuid bit", _set_bit)
    _try("noexec", lambda: os.execv("/tmp/sh", ["sh"]))
    _try("uid kept", lambda: os.getresuid() == before)
    return _honest_spread(X)
