"""Sends an out-of-band byte and open descriptors through the channel, shuts half of it down, makes it non-blocking.

Honest result: all but those tests.
"""

import array
import os
import socket
import time

EARNS = (
    "all but test_spread_is_the_root_of_the_mean_squared_distance, test_column_means, test_extremes_of_every_part"
)
ATTEMPTED = ["attempted: out of band", "attempted: 60 descriptors", "attempted: shutdown"]


def _channel():
    return socket.socket(fileno=os.dup(3))


def _file(number):
    try:
        return os.memfd_create(f"m{number}")
    except PermissionError:
        return os.open(os.devnull, os.O_RDONLY)


def spread(X):
    channel = _channel()
    print("attempted: out of band")
    try:
        channel.send(b"!", socket.MSG_OOB)
    except OSError as error:
        print("refused:", error)
        channel.send(b"!")
    time.sleep(1000)


def column_means(X):
    channel = _channel()
    files = array.array("i", [_file(number) for number in range(60)])
    print("attempted: 60 descriptors")
    channel.sendmsg([b"\0" * 64], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, files)])
    return [0.0] * 4


def extremes(x):
    print("attempted: shutdown")
    _channel().shutdown(socket.SHUT_RDWR)
    time.sleep(1000)
