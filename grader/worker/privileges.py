"""Becoming a user that owns nothing, and keeping the one privilege that this takes."""

from __future__ import annotations

import os
import secrets
import struct

from grader.worker.kernel import PR_SET_KEEPCAPS, capset, prctl

_FIRST_UID = 200_000
_UIDS = 1_000_000
_VERSION_3 = 0x20080522
_CAP_DAC_READ_SEARCH = 2


def fresh_uid() -> int:
    """Return a user that nobody is: above those of accounts, and drawn so that two runs do not share it."""
    return _FIRST_UID + secrets.randbelow(_UIDS)


def become(uid: int) -> None:
    """Become another user, without any capability but that to read what its user could not.

    Python itself may lie in a folder that is closed to others, such as root's home. Which files may be read at all
    is for Landlock to say, which the caller has to enter next.

    Args:
        uid: user to become; the caller is root.

    Raises:
        OSError: the kernel refused.
    """
    prctl(PR_SET_KEEPCAPS, 1)
    os.setresuid(uid, uid, uid)
    bit = 1 << _CAP_DAC_READ_SEARCH
    header = struct.pack("=Ii", _VERSION_3, 0)
    data = struct.pack("=6I", bit, bit, 0, 0, 0, 0)  # effective, permitted, inheritable; capabilities 32 and up
    capset(header, data)
    prctl(PR_SET_KEEPCAPS, 0)
