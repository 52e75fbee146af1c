"""Attaches the shared memory of other processes by trying all its numbers, for which nothing has to be opened before.

It reads nothing and removes nothing; semaphores and message queues are only asked for. Honest result: all of it.
"""

import ctypes

EARNS = "all"
ATTEMPTED = "attempted: attached []"
# The objects are the machine's there, so that not even their number is told.
ON_THE_HOST = {"ATTEMPTED": ["attempted: attached []", "told: {'shmctl': -1, 'semctl': -1, 'msgctl': -1}"]}

_honest_spread = spread
_READ_ONLY, _INFORMATION = 0o10000, 3


def spread(X):
    libc = ctypes.CDLL(None)
    libc.shmat.restype = ctypes.c_ssize_t
    buffer, attached = ctypes.create_string_buffer(1024), []
    for generation in range(64):
        for index in range(256):
            number = generation << 15 | index
            address = libc.shmat(number, None, _READ_ONLY)
            if address != -1:
                libc.shmdt(ctypes.c_void_p(address))
                attached.append(number)
    told = {
        "shmctl": libc.shmctl(0, _INFORMATION, buffer),
        "semctl": libc.semctl(0, 0, _INFORMATION, buffer),
        "msgctl": libc.msgctl(0, _INFORMATION, buffer),
    }
    print("attempted: attached", attached)
    print("told:", told)
    return _honest_spread(X)
