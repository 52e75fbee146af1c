"""Compiles the submission once, in a process of its own, so that not every test has to.

Compiling runs nothing of it, but a compiler fed by a stranger may crash or eat memory: hence a confined fork. What
comes back is kept as bytes and only ever unmarshalled in the forks of tests, which run the submission anyway.
"""

from __future__ import annotations

import marshal
import os
import select
import signal
import socket
import struct
import time
from pathlib import Path
from typing import NoReturn

from grader.worker.confinement import confine
from grader.worker.importing import FOLDER
from grader.worker.jail import Jail

_LENGTH = struct.Struct("<Q")
_SECONDS = 5.0
_MEMORY_BYTES = 512 * 1024 * 1024
_CODE_LIMIT = 32 * 1024 * 1024


def compiled(modules: dict[str, bytes], uid: int | None, home: Path, jail: Jail | None = None) -> dict[str, bytes]:
    """Return the marshalled code of those modules that compile; the others fail when they are imported.

    Args:
        modules: sources by name.
        uid: user for the process that compiles, or ``None``.
        home: where that process may write.
        jail: what holds it where no container does.
    """
    ours, theirs = socket.socketpair()
    pid = os.fork()
    if pid == 0:
        _compile_all(modules, theirs.detach(), uid, home, jail)
    theirs.close()
    try:
        data = _read_all(ours)
    finally:
        ours.close()
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    return _cut(data, list(modules))


def _compile_all(modules: dict[str, bytes], channel: int, uid: int | None, home: Path, jail: Jail | None) -> NoReturn:
    try:
        silent = os.open(os.devnull, os.O_WRONLY)
        limits = {"memory_bytes": _MEMORY_BYTES, "cpu_seconds": _SECONDS}
        channel = confine(channel, silent, uid, home, limits, jail)
        with socket.socket(fileno=channel) as sink:
            for name, source in modules.items():
                sink.sendall(_framed(_code_of(name, source)))
    finally:
        os._exit(0)


def _code_of(name: str, source: bytes) -> bytes:
    try:
        return marshal.dumps(compile(source, f"{FOLDER}{name}.py", "exec", dont_inherit=True))
    except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError):
        return b""  # told when a test imports it


def _framed(data: bytes) -> bytes:
    return _LENGTH.pack(len(data)) + data


def _read_all(source: socket.socket) -> bytes:
    """Everything until the other end closes, as far as time and size allow."""
    deadline, data = time.monotonic() + _SECONDS, bytearray()
    poll = select.poll()
    poll.register(source, select.POLLIN)
    while len(data) <= _CODE_LIMIT and (left := deadline - time.monotonic()) > 0 and poll.poll(left * 1000):
        piece = source.recv(1 << 16)
        if not piece:
            break
        data += piece
    return bytes(data)


def _cut(data: bytes, names: list[str]) -> dict[str, bytes]:
    """Code by name; whatever is missing or cut off is left out."""
    found, start = {}, 0
    for name in names:
        if len(data) < start + _LENGTH.size:
            break
        (length,) = _LENGTH.unpack_from(data, start)
        start += _LENGTH.size
        if 0 < length <= len(data) - start:
            found[name] = data[start : start + length]
        start += length
    return found
