"""Makes no socket but pairs, whose ends can be named, connected elsewhere and asked for the machine's network cards.

It connects to where systems log to, and sends nothing. Honest result: all of it; nobody outside is reached, and the
card that is seen is a container's own.
"""

import ctypes
import fcntl
import os
import socket
import struct

EARNS = "all"
ATTEMPTED = ["attempted: connected to []", "its own name False", "cards: ['lo']"]
# Nothing is told of the machine's network there.
ON_THE_HOST = {"ATTEMPTED": ["attempted: connected to []", "its own name False", "cards: []"]}

_honest_spread = spread
_GET_NAME = 0x8910
PATHS = (
    *("/dev/log", "/run/systemd/journal/dev-log", "/run/systemd/journal/socket", "/run/systemd/notify"),
    *(f"/run/user/{os.getuid()}/systemd/notify", "/run/docker.sock", "/tmp/.X11-unix/X0"),
)


def _connects(kind, address):
    try:
        one, other = socket.socketpair(socket.AF_UNIX, kind)
        one.connect(address)
    except OSError:
        return False
    return True


def _reaches_itself():
    try:
        one, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        one.bind(f"\0attack-{os.getpid()}")
        ctypes.CDLL(None).connect(one.fileno(), bytes(2), 2)  # AF_UNSPEC: from now on it takes what others send
    except OSError:
        return False
    return _connects(socket.SOCK_DGRAM, one.getsockname())


def _cards():
    found = []
    channel = socket.socket(fileno=os.dup(3))
    for number in range(1, 100):
        try:
            name = fcntl.ioctl(channel, _GET_NAME, struct.pack("=16si20x", b"", number))
            found.append(name[:16].rstrip(b"\0").decode())
        except OSError:
            pass
    return found


def spread(X):
    kinds = (socket.SOCK_DGRAM, socket.SOCK_STREAM, socket.SOCK_SEQPACKET, socket.SOCK_RAW)
    print("attempted: connected to", [path for path in PATHS for kind in kinds if _connects(kind, path)])
    print("its own name", _reaches_itself())
    print("cards:", _cards())
    return _honest_spread(X)
