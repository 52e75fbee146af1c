"""The worker's own process: forks once per test, relays bytes, measures, kills, wipes.

It never imports the submission, never unpacks what a fork says and never keeps what it relays: the two buffers
that the bytes of a test pass through are empty in every fork (MADV_WIPEONFORK), so that no test finds in its memory
what an earlier one was asked.
"""

from __future__ import annotations

import contextlib
import mmap
import os
import platform
import secrets
import select
import signal
import socket
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgpack
import numpy as np

from grader.worker import accounting, fork, wiping
from grader.worker.compiling import compiled
from grader.worker.importing import MemoryImporter
from grader.worker.jail import Census, Jail
from grader.worker.preparing import forget_packages, prepare
from grader.worker.privileges import fresh_uid
from grader.worker.protocol import OUTPUT_LIMIT, RECORD_LIMIT, Kind
from grader.worker.records import BrokenProtocol, Records

_DISCARD_BYTES = 64 * 1024
_LAST_MOMENT_MILLISECONDS = 200
_REAPING_MILLISECONDS = 1
_MADV_WIPEONFORK = 18
_CENSUS_MILLISECONDS = 50
_CENSUS = Census(size=64 * 1024 * 1024, entries=4096, hidden=8, threads=48)
"""The container's limits, of ``/tmp`` and of processes, where there is no container."""


@dataclass
class Fork:
    """One test's process, as the zygote sees it."""

    pid: int
    uid: int | None
    pidfd: int
    channel: socket.socket
    output: int
    home: Path
    oom_kills: int
    cpu_before: float
    cpu_seconds: float = 0.0
    status: int | None = None
    memory_bytes: int = 0
    output_open: bool = True
    output_kept: int = 0
    output_bytes: int = 0
    gone_told: bool = False
    counted: float = field(default_factory=time.monotonic)
    excess: str = ""


class Zygote:
    """Serves one examiner over two file descriptors until it says ``QUIT`` or goes away.

    Args:
        source: descriptor to read records from.
        sink: descriptor to write records to.
        workplace: where forks may write; a folder that belongs to this process.
        jail: what holds the forks where no container does.
    """

    def __init__(self, source: int, sink: int, workplace: Path, jail: Jail | None = None) -> None:
        self.source = source
        self.records = Records(source, sink)
        self.workplace = workplace
        self.is_init = os.getpid() == 1
        self.drops_privileges = (self.is_init or jail is not None) and os.geteuid() == 0
        self.jail = jail
        self.relayed = _unforked_buffer(RECORD_LIMIT)
        self.printed = _unforked_buffer(OUTPUT_LIMIT + _DISCARD_BYTES)
        self.modules: dict[str, bytes] = {}
        self.codes: dict[str, bytes] = {}
        self.fork: Fork | None = None
        self.last_uid = fresh_uid()

    def serve(self) -> None:
        """Answer records until ``QUIT`` or end of file; leaves no fork behind."""
        self.records.send(Kind.READY, msgpack.packb(self._facts()))
        try:
            while self._serve_one():
                pass
        finally:
            if self.fork is not None:
                self._end()

    def _serve_one(self) -> bool:
        """Handle whatever is ready; False once the examiner is done."""
        current = self.fork
        if current is None:
            return self._record()
        poll = select.poll()
        poll.register(self.source, select.POLLIN)
        if current.output_open:
            poll.register(current.output, select.POLLIN)
        if not current.gone_told:
            poll.register(current.channel, select.POLLIN)
            poll.register(current.pidfd, select.POLLIN)
        ready = dict(poll.poll(self._until_counted()))
        self._count(current)
        if current.output in ready:
            self._take_output(current)
        if current.channel.fileno() in ready:
            self._relay_reply(current)
        elif current.pidfd in ready:
            self._tell_gone(current)
        if self.source in ready:
            return self._record()
        return True

    def _record(self) -> bool:
        header = self.records.header()
        if header is None:
            return False
        kind, length = header
        if kind == Kind.DATA:
            self._relay_request(length)
            return True
        payload = self.records.payload(kind, length)
        if payload is None or kind == Kind.QUIT:
            return False
        if kind == Kind.LOAD:
            self.modules = msgpack.unpackb(payload)
            self.codes = compiled(self.modules, self._new_uid(), self.workplace, self.jail)
        elif kind == Kind.BEGIN:
            self._begin(msgpack.unpackb(payload))
        elif kind == Kind.CLOCK:
            self.records.send(Kind.TIME, msgpack.packb(self._cpu_seconds()))
        elif kind == Kind.END:
            self._end()
        else:
            raise BrokenProtocol(f"unknown record {kind}")
        return True

    def _begin(self, limits: dict[str, Any]) -> None:
        if self.fork is not None:
            raise BrokenProtocol("BEGIN within a test")
        ours, theirs = socket.socketpair()
        reading, writing = os.pipe()
        uid = self._new_uid()
        oom_kills = accounting.container_oom_kills() if self.is_init else 0
        cpu_before = self._container_cpu_seconds() or 0.0
        home = self.workplace if self.is_init else _private_folder(self.workplace, uid)
        if self.jail is not None:
            self.jail.open_up(home)
        pid = os.fork()
        if pid == 0:
            importer = MemoryImporter(self.modules, self.codes)
            fork.run(theirs.detach(), writing, uid, home, importer, limits, self.jail)
        theirs.close()
        os.close(writing)
        ours.setblocking(False)
        os.set_blocking(reading, False)
        self.fork = Fork(pid, uid, os.pidfd_open(pid), ours, reading, home, oom_kills, cpu_before)

    def _new_uid(self) -> int | None:
        """A user that no process had before; ``None`` where there is none to give."""
        self.last_uid += 1
        return self.last_uid if self.drops_privileges else None

    def _end(self) -> None:
        """Kill everything that runs, reap it, wipe what it wrote, and tell the facts."""
        current = self.fork
        if current is None:
            raise BrokenProtocol("END without a test")
        cpu_seconds = self._cpu_seconds()
        # Its channel closes a moment before the process is gone.
        ended_itself = _has_ended(current.pidfd, _LAST_MOMENT_MILLISECONDS if current.gone_told else 0)
        self._kill_all(current)
        self._take_output(current)
        oom = self.is_init and accounting.container_oom_kills() > current.oom_kills
        self.fork = None
        current.channel.close()
        os.close(current.output)
        os.close(current.pidfd)
        self._wipe(current)
        self.records.send(Kind.OUTPUT, self.printed[: current.output_kept])
        self.printed[: current.output_kept] = bytes(current.output_kept)
        facts = {
            "status": current.status if ended_itself or current.status != -signal.SIGKILL else None,
            "out_of_memory": oom,
            "cpu_seconds": cpu_seconds,
            "memory_bytes": current.memory_bytes,
            "output_bytes": current.output_bytes,
            "excess": current.excess,
        }
        self.records.send(Kind.ENDED, msgpack.packb(facts))

    def _kill_all(self, current: Fork) -> None:
        """SIGKILL to all that the test started, until nothing is left to reap."""
        while True:
            self._kill()
            try:
                # Only init's signal reaches all at once: elsewhere one may be born while the others are listed.
                pid, status, usage = os.wait4(-1, 0 if self.is_init else os.WNOHANG)
            except ChildProcessError:
                return
            if pid == current.pid:
                current.status = os.waitstatus_to_exitcode(status)
                current.memory_bytes = usage.ru_maxrss * 1024
            elif pid == 0 and (current.status is not None or not _has_ended(current.pidfd, _REAPING_MILLISECONDS)):
                time.sleep(_REAPING_MILLISECONDS / 1000)

    def _kill(self) -> None:
        if self.is_init:
            with contextlib.suppress(ProcessLookupError):
                os.kill(-1, signal.SIGKILL)
            return
        for pid in accounting.descendants(os.getpid()):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)

    def _wipe(self, current: Fork) -> None:
        if current.uid is None or current.home != self.workplace:
            wiping.empty(self.workplace)  # and not its home alone: as the same user a test may write beside it
            return
        # Root without CAP_DAC_OVERRIDE cannot enter a fork's folders; the fork's own uid can.
        os.seteuid(current.uid)
        try:
            wiping.empty(current.home)
        finally:
            os.seteuid(0)

    def _relay_request(self, length: int) -> None:
        if length > RECORD_LIMIT:
            raise BrokenProtocol(f"a record of {length} bytes")
        piece = self.relayed[:length]
        self.records.read_into(piece)
        current = self.fork
        if current is None or current.gone_told:
            return
        sent = 0
        while sent < length:
            try:
                sent += current.channel.send(piece[sent:])
            except BlockingIOError:
                if not self._wait_until_writable(current):
                    return
            except (BrokenPipeError, ConnectionResetError):
                return

    def _wait_until_writable(self, current: Fork) -> bool:
        """Wait for a fork to read on; False when it has ended."""
        poll = select.poll()
        poll.register(current.channel, select.POLLOUT)
        if current.output_open:
            poll.register(current.output, select.POLLIN)
        poll.register(current.pidfd, select.POLLIN)
        ready = dict(poll.poll(self._until_counted()))
        self._count(current)
        if current.output in ready:
            self._take_output(current)
        return current.pidfd not in ready

    def _relay_reply(self, current: Fork) -> None:
        try:
            count = current.channel.recv_into(self.relayed)
        except BlockingIOError:
            return
        except ConnectionResetError:
            count = 0
        if count == 0:
            # Closed without a word: whether the process lives on makes no difference to the test.
            self._tell_gone(current)
        else:
            self.records.send(Kind.REPLY, self.relayed[:count])

    def _tell_gone(self, current: Fork) -> None:
        current.gone_told = True
        self.records.send(Kind.GONE, b"")

    def _take_output(self, current: Fork) -> None:
        """Keep the first bytes that the test printed, count the rest."""
        while True:
            room = OUTPUT_LIMIT - current.output_kept
            start, end = (current.output_kept, OUTPUT_LIMIT) if room else (OUTPUT_LIMIT, len(self.printed))
            try:
                count = os.readv(current.output, [self.printed[start:end]])
            except BlockingIOError:
                return
            if count == 0:
                current.output_open = False
                return
            current.output_bytes += count
            current.output_kept += count if room else 0
            if not room:
                return

    def _until_counted(self) -> int | None:
        return None if self.jail is None else _CENSUS_MILLISECONDS

    def _count(self, current: Fork) -> None:
        """Where no container limits what a test takes, end it when that is too much."""
        now = time.monotonic()
        if self.jail is None or now < current.counted + _CENSUS_MILLISECONDS / 1000:
            return
        if not current.excess and (excess := _CENSUS.excess(current.pid, self.workplace)):
            current.excess = excess
            os.kill(current.pid, signal.SIGKILL)
        current.counted = time.monotonic()

    def _cpu_seconds(self) -> float:
        """CPU time of the test's processes so far; never less than it was before."""
        current = self.fork
        if current is None:
            return 0.0
        used = self._container_cpu_seconds()
        if used is None:
            used = accounting.tree_cpu_seconds(current.pid)
        else:
            used -= current.cpu_before
        current.cpu_seconds = max(current.cpu_seconds, used)
        return current.cpu_seconds

    def _container_cpu_seconds(self) -> float | None:
        return accounting.container_cpu_seconds() if self.is_init else None

    def _facts(self) -> dict[str, Any]:
        return {
            "python": platform.python_version(),
            "numpy": np.__version__,
            "system": f"{platform.system()} {platform.release()} {platform.machine()}",
            "is_init": self.is_init,
            "drops_privileges": self.drops_privileges,
            **(accounting.container_limits() if self.is_init else {}),
        }


def _unforked_buffer(size: int) -> memoryview:
    """Return zeroed memory whose contents no fork inherits: there it is zero again (madvise(2), Linux 4.14)."""
    memory = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    memory.madvise(_MADV_WIPEONFORK)
    return memoryview(memory)


def _private_folder(parent: Path, uid: int | None) -> Path:
    folder = parent / secrets.token_hex(8)
    folder.mkdir(mode=0o700)
    if uid is not None:
        os.chown(folder, uid, uid)
    return folder


def _has_ended(pidfd: int, wait_milliseconds: int) -> bool:
    poll = select.poll()
    poll.register(pidfd, select.POLLIN)
    return bool(poll.poll(wait_milliseconds))


def main() -> None:
    """Serve the examiner at stdin and stdout.

    Arguments: a folder to work in; and what is around this process where it is no container and the submission is not
    trusted: ``namespaces``, or ``nothing``.
    """
    workplace, *around = sys.argv[1:] or ["/tmp"]
    work(workplace, around)


def work(workplace: str, around: list[str]) -> None:
    """Serve the examiner at stdin and stdout; see ``main`` for the arguments."""
    source, sink = os.dup(0), os.dup(1)
    with open(os.devnull, "r+b") as nothing:
        os.dup2(nothing.fileno(), 0)
        os.dup2(2, 1)
    prepare()
    jail = Jail(in_namespaces=around == ["namespaces"]) if around else None
    zygote = Zygote(source, sink, Path(workplace), jail)
    if jail is not None:
        forget_packages()
    zygote.serve()
