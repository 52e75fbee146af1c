"""Starts a command as a user that nobody is, who finds some files and folders at ``/tmp`` and may read them there.

Run by root as a script: ``unprivileged.py UID PATH... -- COMMAND``. The first path becomes ``/tmp/0``, and so on, in
a mount namespace that ends with the command: Python may lie where no other user is let in, such as root's home.
"""

from __future__ import annotations

import ctypes
import os
import stat
import sys

STAGE = "/tmp"

_CLONE_NEWNS = 0x00020000
_MS_BIND, _MS_REC, _MS_PRIVATE = 0x1000, 0x4000, 0x40000


def main(uid: int, paths: list[str], command: list[str]) -> None:
    """Replace this process by the command.

    Raises:
        OSError: this process may not mount, or the command cannot be started.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    _check(libc.unshare(_CLONE_NEWNS), "root may make no mount namespace here")
    _check(libc.mount(None, b"/", None, _MS_REC | _MS_PRIVATE, None), "root may not mount here")
    # Opened before the stage hides those that lie there.
    opened = [os.open(path, os.O_PATH) for path in paths]
    _check(libc.mount(b"tmpfs", STAGE.encode(), b"tmpfs", 0, b"mode=755"), "root may not mount here")
    for number, descriptor in enumerate(opened):
        place = f"{STAGE}/{number}"
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            os.mkdir(place)
        else:
            os.close(os.open(place, os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC))
        source = f"/proc/self/fd/{descriptor}".encode()
        _check(
            libc.mount(source, place.encode(), None, _MS_BIND | _MS_REC, None), f"{paths[number]} cannot be mounted"
        )
    os.chdir("/")
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
    os.execv(command[0], command)


def _check(result: int, what: str) -> None:
    if result != 0:
        raise OSError(ctypes.get_errno(), f"{what}: {os.strerror(ctypes.get_errno())}")


if __name__ == "__main__":
    end = sys.argv.index("--")
    try:
        main(int(sys.argv[1]), sys.argv[2:end], sys.argv[end + 1 :])
    except OSError as error:
        sys.exit(str(error))
