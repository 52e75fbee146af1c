"""What a confined process attempts so that its sandbox can be believed: each attempt has to be refused."""

from __future__ import annotations

import mmap
import os
import resource
import socket
import stat
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import msgpack

from grader.worker.kernel import ptrace
from grader.worker.protocol import PROOF_LENGTH

Target = TypeVar("Target")

_PTRACE_ATTACH = 16
_MANY_PROCESSES = 256


def prove(channel: int, targets: dict[str, Any], memory_bytes: int) -> NoReturn:
    """Attempt what a submission must not be able to do, tell what came of it, and end.

    Nothing of it does harm where it succeeds.

    Args:
        channel: descriptor to tell it on: a length and a msgpack map from attempt to how it was refused, which is
            empty where it was not.
        targets: what does not belong to the sandbox: ``secret`` (a file not to be read), ``foreign`` (one not to be
            written or changed), ``folders`` (in which nothing is to be made) and ``pids`` (of processes).
        memory_bytes: more than this cannot be had.
    """
    foreign, folders, pids = Path(targets["foreign"]), targets["folders"], [os.getppid(), *targets["pids"]]
    attempts: dict[str, Callable[[], object]] = {
        "network": lambda: _each([socket.AF_INET, socket.AF_INET6, socket.AF_UNIX], _open_socket),
        "reading outside": Path(targets["secret"]).read_bytes,
        "writing outside": lambda: _write(foreign),
        "making files outside": lambda: _each(folders, _make),
        "changing files outside": lambda: foreign.chmod(stat.S_IMODE(foreign.stat().st_mode)),
        "signals": lambda: _each(pids, lambda pid: os.kill(pid, 0)),
        "limits of others": lambda: _each(pids, _set_limit),
        "tracing": lambda: _each(pids, lambda pid: ptrace(_PTRACE_ATTACH, pid)),
        "memory": lambda: mmap.mmap(-1, 2 * memory_bytes).close(),
        "processes": _start_many,
    }
    found = {name: _refusal(attempt) for name, attempt in attempts.items()}
    data = msgpack.packb(found)
    with socket.socket(fileno=channel) as sink:
        sink.sendall(PROOF_LENGTH.pack(len(data)) + data)
    os._exit(0)


def _refusal(attempt: Callable[[], object]) -> str:
    try:
        attempt()
    except (OSError, MemoryError) as error:
        return f"{type(error).__name__}: {error}"
    return ""


def _open_socket(family: int) -> None:
    socket.socket(family).close()


def _write(path: Path) -> None:
    with path.open("r+b"):
        pass


def _make(folder: str) -> None:
    """Make a file, a folder and a link where they do not belong, and remove them; all have to be refused."""
    path = Path(folder, f"made-by-a-submission-{os.getpid()}")
    ways: list[tuple[Callable[[], None], Callable[[], None]]] = [
        (path.touch, path.unlink),
        (path.mkdir, path.rmdir),
        (lambda: path.symlink_to("/"), path.unlink),
    ]
    _each(ways, _make_and_remove)


def _make_and_remove(way: tuple[Callable[[], None], Callable[[], None]]) -> None:
    make, remove = way
    make()
    remove()


def _set_limit(pid: int) -> None:
    """Set a limit to what it is."""
    resource.prlimit(pid, resource.RLIMIT_CPU, resource.prlimit(pid, resource.RLIMIT_CPU))


def _each(targets: list[Target], act: Callable[[Target], object]) -> None:
    """Do something to each target; raise if all have refused."""
    for target in targets:
        try:
            act(target)
        except OSError as error:
            refusal = error
        else:
            return
    raise refusal


def _start_many() -> None:
    """Start a process, and then threads, which count like processes and cost less, that wait until this one ends."""
    if os.fork() == 0:
        os._exit(0)
    waiting = threading.Lock()
    waiting.acquire()
    try:
        for _ in range(_MANY_PROCESSES):
            threading.Thread(target=waiting.acquire, daemon=True).start()
    except RuntimeError as error:
        raise OSError(str(error)) from error
