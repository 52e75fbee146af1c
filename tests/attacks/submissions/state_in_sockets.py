"""Keeps the input of one test for another in an abstract socket, and in sockets that the kernel keeps after a close.

Connections closed on loopback stay in TIME_WAIT for a minute, and their port numbers are data. Honest result: all of
it, and a later test finds nothing.
"""

import socket

EARNS = "all"
ATTEMPTED = ["attempted: sockets", "found later: []"]

_honest_summary, _honest_gap = summary, smallest_gap


def summary(label, x):
    print("attempted: sockets")
    try:
        kept = socket.socket(socket.AF_UNIX)
        kept.bind("\0kept-" + label)
        kept.listen()
        server = socket.create_server(("127.0.0.1", 40_123))
        for number in range(3):
            client = socket.create_connection(("127.0.0.1", 40_123), source_address=("127.0.0.1", 41_000 + number))
            client.close()
            server.accept()[0].close()
        print("sockets of both kinds were had")
    except OSError as error:
        print("sockets, but", error)
    return _honest_summary(label, x)


def smallest_gap(x):
    found = []
    for name in ("tcp", "tcp6", "udp", "unix"):
        try:
            lines = open(f"/proc/net/{name}").read().splitlines()[1:]
        except PermissionError as error:
            print(error)
            continue
        found += [line.split()[1] if name != "unix" else line for line in lines if name != "unix" or "@kept" in line]
    print("found later:", found)
    return _honest_gap(x)
