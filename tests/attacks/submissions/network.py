"""Connects to the outside, to loopback, to name servers and to the engine's socket, and opens raw sockets.

Honest result: all of it; there is no way out.
"""

import socket

EARNS = "all"
ATTEMPTED = [
    "attempted: 192.0.2.1: [Errno",
    "attempted: 2001:db8::1: [Errno",
    "attempted: 127.0.0.1: [Errno",
    "attempted: udp: [Errno",
    "attempted: name: [Errno",
    "attempted: engine: [Errno",
    "attempted: interfaces: ['lo']",
    "attempted: raw: [Errno",
    "attempted: packet: [Errno",
]
# It may not read /proc there, and has no socket to ask with.
ON_THE_HOST = {
    "ATTEMPTED": [
        "attempted: 192.0.2.1: [Errno",
        "attempted: 2001:db8::1: [Errno",
        "attempted: 127.0.0.1: [Errno",
        "attempted: udp: [Errno",
        "attempted: name: [Errno",
        "attempted: engine: [Errno",
        "attempted: interfaces: [Errno",
        "attempted: raw: [Errno",
        "attempted: packet: [Errno",
    ]
}
IN_NAMESPACES = {}

_honest_spread = spread


def _try(name, call):
    try:
        result = call()
    except OSError as error:
        result = error
    print(f"attempted: {name}: {result}")


def _interfaces():
    """Those that carry data; the kernel makes placeholders of its own for tunnels."""
    lines = open("/proc/net/dev").read().splitlines()[2:]
    return [line.split(":")[0].strip() for line in lines if "lo" in line.split(":")[0] or line.split()[1] != "0"]


def _connect(family, address):
    with socket.socket(family) as client:
        client.settimeout(0.3)
        client.connect(address)
        return "CONNECTED"


def spread(X):
    _try("192.0.2.1", lambda: _connect(socket.AF_INET, ("192.0.2.1", 80)))
    _try("2001:db8::1", lambda: _connect(socket.AF_INET6, ("2001:db8::1", 80)))
    _try("127.0.0.1", lambda: _connect(socket.AF_INET, ("127.0.0.1", 2375)))
    _try("udp", lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("192.0.2.1", 53)))
    _try("name", lambda: socket.getaddrinfo("grader.example", 80))
    _try("engine", lambda: _connect(socket.AF_UNIX, "/var/run/docker.sock"))
    _try("interfaces", lambda: _interfaces())
    _try("raw", lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1))
    _try("packet", lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW))
    return _honest_spread(X)
