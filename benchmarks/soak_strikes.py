"""The disturbed run of ``soak.py``: what is taken away from the batch, when, and what that came to."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from soak_order import TOLD_SECONDS, Order, SoakError, say
from soak_processes import END_SECONDS, LOOK_SECONDS, adopt_orphans, end, most_memory_kib, stop

from grader.errors import ExitCode
from grader.worker.accounting import descendants

MOST_RESUMED = 5


@dataclass
class Event:
    """Something that happens to the round once it has so many lines.

    Attributes:
        lines: of ``results.jsonl``.
        what: happens, for people.
        strike: does it; is given the batch's main process.
    """

    lines: int
    what: str
    strike: Callable[[subprocess.Popen[bytes]], None]


@dataclass
class Tally:
    """What happened to the round.

    Attributes:
        kills: of the batch's main process.
        engine_restarts: that were ordered.
        killed_workers: of the cluster.
        killed_pids: processes of those workers.
        missed: what should have happened and did not.
        runs: of the command.
        resumed: runs that ended with exit code 3 after the engine's restart.
        main_process_kib: most memory of the main process of any run, up to a moment before its end.
        largest_process_kib: the same of any process that a run has waited for, the main process among them.
    """

    kills: int = 0
    engine_restarts: int = 0
    killed_workers: int = 0
    killed_pids: set[int] = field(default_factory=set)
    missed: list[str] = field(default_factory=list)
    runs: int = 0
    resumed: int = 0
    main_process_kib: int = 0
    largest_process_kib: int = 0


def disturbed(root: Path, bank: Path, order: Order) -> Tally:
    """Run the batch until all is done, whatever happens on the way."""
    tally = Tally()
    results = root / "results"
    command = [sys.executable, "-m", "grader", "batch", str(root / "round"), "--output", str(results)]
    command += ["--bank", str(bank), "--sandbox", order.sandbox, "--seed", str(order.seed)]
    command += ["--jobs", str(order.jobs)] if order.jobs else []
    with ExitStack() as cleanup:
        workers: list[subprocess.Popen[bytes]] = []
        if order.cluster:
            address, workers = cleanup.enter_context(dask_cluster(order.cluster, root / "dask"))
            command += ["--scheduler", address]
        events = planned(order, tally, workers)
        with (root / "batch.log").open("ab") as log:
            while not run_once(command, log, results, events, order, tally):
                pass
    tally.missed += [f"the round was over before this: {event.what}" for event in events]
    if tally.kills + len(events) < order.kills:
        tally.missed.append(f"{tally.kills} of {order.kills} kills met the main process alive")
    return tally


def planned(order: Order, tally: Tally, workers: Sequence[subprocess.Popen[bytes]]) -> list[Event]:
    """Return what will happen to the round, in its order."""

    def kill(process: subprocess.Popen[bytes]) -> None:
        os.kill(process.pid, signal.SIGKILL)  # counted once it has ended by that

    def restart(process: subprocess.Popen[bytes]) -> None:
        adopt_orphans(False)  # an engine that stays behind is not ours
        done = subprocess.run(order.engine_restart, shell=True, stdout=sys.stderr, check=False)
        adopt_orphans()
        if done.returncode:
            raise SoakError(f"{order.engine_restart!r} ended with {done.returncode}")
        tally.engine_restarts += 1

    def kill_worker(process: subprocess.Popen[bytes]) -> None:
        tally.killed_pids |= {workers[0].pid, *descendants(workers[0].pid)}
        for pid in tally.killed_pids:
            end(pid, signal.SIGKILL)
        tally.killed_workers += 1

    count = order.submissions
    events = [Event(count // 2, "a worker is killed", kill_worker)] if order.kill_worker else []
    events += [Event(count // 2, "the engine is restarted", restart)] if order.engine_restart else []
    points = [max(1, count * (number + 1) // (order.kills + 1)) for number in range(order.kills)]
    events += [Event(lines, "the main process is killed", kill) for lines in points]
    return sorted(events, key=lambda event: event.lines)


def run_once(
    command: Sequence[str], log: Any, results: Path, events: list[Event], order: Order, tally: Tally
) -> bool:
    """Run the batch until it ends, and let happen what is due; return whether the round is over."""
    process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
    tally.runs += 1
    told = time.monotonic()
    try:
        while not (found := os.wait4(process.pid, os.WNOHANG))[0]:
            tally.main_process_kib = max(tally.main_process_kib, most_memory_kib(process.pid))
            lines = lines_in(results)
            if events and lines >= events[0].lines:
                say(f"{lines} of {order.submissions}: {events[0].what}")
                events.pop(0).strike(process)
            elif time.monotonic() - told > TOLD_SECONDS:
                told = time.monotonic()
                say(f"{lines} of {order.submissions} graded")
            time.sleep(LOOK_SECONDS)
        process.returncode = os.waitstatus_to_exitcode(found[1])
    finally:
        stop(process)
    tally.largest_process_kib = max(tally.largest_process_kib, found[2].ru_maxrss)
    if process.returncode == ExitCode.FAULT and tally.engine_restarts and tally.resumed < MOST_RESUMED:
        tally.resumed += 1
        say("the batch ended with exit code 3 after the engine's restart; the same command goes on")
        return False
    if process.returncode == -signal.SIGKILL and tally.kills < order.kills:
        tally.kills += 1
        return False
    if process.returncode:
        log.flush()
        told_last = Path(log.name).read_text(errors="replace")[-2000:]
        raise SoakError(f"{' '.join(command)} ended with {process.returncode}:\n{told_last}")
    return True


def lines_in(results: Path) -> int:
    """Gradings that are over."""
    path = results / "results.jsonl"
    return path.read_bytes().count(b"\n") if path.is_file() else 0


@contextmanager
def dask_cluster(count: int, folder: Path) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """Start a scheduler and workers of one thread each, on loopback alone; yield its address and the workers."""
    folder.mkdir()
    file = folder / "scheduler.json"
    scheduler = ["-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard"]
    scheduler += ["--no-show", "--scheduler-file", str(file)]
    worker = ["-m", "distributed.cli.dask_worker", "--scheduler-file", str(file), "--host", "127.0.0.1"]
    worker += ["--nworkers", "1", "--nthreads", "1", "--no-dashboard", "--memory-limit", "0"]
    with ExitStack() as cleanup:
        log = cleanup.enter_context((folder / "log").open("wb"))

        def started(*arguments: str, **more: str) -> subprocess.Popen[bytes]:
            command, environment = [sys.executable, *arguments], os.environ | more
            process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True)
            cleanup.callback(stop, process)
            return process

        serving = started(*scheduler, TMPDIR=str(folder))  # it leaves Dask's scratch space there
        address = waited_for(lambda: serving.poll() is not None or address_in(file))
        if not isinstance(address, str):
            raise SoakError(f"no Dask scheduler started:\n{(folder / 'log').read_text()[-2000:]}")
        places = [str(folder / f"worker-{number}") for number in range(count)]
        yield address, [started(*worker, "--local-directory", place) for place in places]


def address_in(file: Path) -> str:
    """Return a scheduler's address; empty until it is written."""
    try:
        return str(json.loads(file.read_text())["address"])
    except (FileNotFoundError, ValueError):
        return ""


def waited_for(condition: Callable[[], Any]) -> Any:
    """Ask again until the answer is true, and return it."""
    deadline = time.monotonic() + END_SECONDS
    while not (found := condition()) and time.monotonic() < deadline:
        time.sleep(LOOK_SECONDS)
    return found
