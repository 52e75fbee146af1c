"""A process that has loaded what workers need, and forks one for each submission; it never holds a submission itself.

The worker that it forks is what it would be if it had been started afresh: a session of its own, no descriptor but
the standard three, a folder of its own. It lives until its stdin ends or it is killed, whatever becomes of this one.
"""

from __future__ import annotations

import contextlib
import os
import select
import socket
import sys
import traceback
from dataclasses import dataclass
from typing import NoReturn

from grader.worker import zygote
from grader.worker.jail import readable
from grader.worker.preparing import load

WAY_LIMIT = 4096
"""Bytes of a request: the folder of a worker (PATH_MAX of linux/limits.h)."""

_DESCRIPTORS = 4


@dataclass
class _Offshoot:
    """A worker that was forked, and where its end is told."""

    pid: int
    pidfd: int
    teller: socket.socket


class Stem:
    """Forks workers until nobody is left to ask for one.

    Args:
        requests: a socket of whole messages: the folder of a worker, with its stdin, stdout and stderr, and a socket
            on which its pidfd is sent, and its exit status once it has ended.
        around: see ``grader.worker.zygote.main``.
    """

    def __init__(self, requests: socket.socket, around: list[str]) -> None:
        self.requests = requests
        self.around = around
        self.offshoots: dict[int, _Offshoot] = {}
        self.is_asked = True

    def serve(self) -> None:
        """Fork, and tell of those that have ended; returns once nobody can ask and none is left."""
        poll = select.poll()
        poll.register(self.requests, select.POLLIN)
        while self.is_asked or self.offshoots:
            for descriptor, _ in poll.poll():
                if descriptor in self.offshoots:
                    poll.unregister(descriptor)
                    self._tell_ended(self.offshoots.pop(descriptor))
                elif (offshoot := self._fork()) is not None:
                    self.offshoots[offshoot.pidfd] = offshoot
                    poll.register(offshoot.pidfd, select.POLLIN)
                elif not self.is_asked:
                    poll.unregister(self.requests)

    def _fork(self) -> _Offshoot | None:
        message, given, _, _ = socket.recv_fds(self.requests, WAY_LIMIT, _DESCRIPTORS)
        if not message or len(given) != _DESCRIPTORS:
            self.is_asked = bool(message)
            return None
        *standard, telling = given
        pid = os.fork()
        if pid == 0:
            _work(os.fsdecode(message), standard, self.around)
        for descriptor in standard:
            os.close(descriptor)
        offshoot = _Offshoot(pid, os.pidfd_open(pid), socket.socket(fileno=telling))
        with contextlib.suppress(OSError):  # whoever asked is gone; the worker sees the end of its stdin
            socket.send_fds(offshoot.teller, [b"forked"], [offshoot.pidfd])
        return offshoot

    def _tell_ended(self, offshoot: _Offshoot) -> None:
        _, status = os.waitpid(offshoot.pid, 0)
        with contextlib.suppress(OSError):  # nobody wants to know
            offshoot.teller.send(b"%d" % os.waitstatus_to_exitcode(status))
        offshoot.teller.close()
        os.close(offshoot.pidfd)


def _work(folder: str, standard: list[int], around: list[str]) -> NoReturn:
    """What a forked worker does; never returns."""
    code = 1
    try:
        os.setsid()
        _keep_only(standard)
        os.chdir(folder)
        zygote.work(folder, around)
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


def _keep_only(standard: list[int]) -> None:
    """Put what was given at 0, 1 and 2, and close all others: other workers' among them."""
    high = [os.dup2(descriptor, 100 + target) for target, descriptor in enumerate(standard)]
    for target, descriptor in enumerate(high):
        os.dup2(descriptor, target)
    os.closerange(3, os.sysconf("SC_OPEN_MAX"))


def main() -> None:
    """Serve whoever holds the other end of stdin; arguments as of ``grader.worker.zygote.main``, but the folder."""
    requests = socket.socket(fileno=os.dup(0))
    with open(os.devnull, "rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    load()
    readable()
    Stem(requests, sys.argv[1:]).serve()
