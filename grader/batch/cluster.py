"""The workers of a Dask scheduler, on as many machines as there are: they grade, and this process keeps the results.

What travels: the bank to each worker once, each submission as bytes, its report back as data. Dask sends work on when
a worker is lost; what fails otherwise is told, and tried again by the round.
"""

from __future__ import annotations

import queue
import secrets
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from grader.archive import zipped
from grader.bank import Bank
from grader.batch.examiners import Answer
from grader.errors import ExitCode, GraderError, SandboxError
from grader.models import Assessment, Submission
from grader.publishing import Publisher
from grader.sandbox.choosing import KINDS
from grader.stopping import check_stopped

if TYPE_CHECKING:
    from distributed import Client, Future

    from grader.batch.station import Graded

CONNECT_SECONDS = 10.0
PATIENCE_SECONDS = 600.0
"""For workers to come, or to come back; a cluster that grows on demand takes minutes."""

_AHEAD = 2
_LOOK_SECONDS = 2.0
_STEP_SECONDS = 0.5
_FETCH_SECONDS = 60.0
_TOLD_WORKERS = 3


class ClusterError(GraderError):
    """A cluster cannot be used as it is."""

    exit_code = ExitCode.USAGE


@dataclass(frozen=True)
class _Workers:
    """Who is there.

    Attributes:
        threads: of each worker, by address.
        able: kind of sandbox that a worker has proved, by address.
        unable: addresses of those that take no work.
    """

    threads: Mapping[str, int]
    able: Mapping[str, str]
    unable: frozenset[str]


class Cluster:
    """A round's examiners on other machines; see ``Grading``.

    Args:
        address: of the scheduler; how the connection is secured is Dask's configuration.
        bank: suites and references.
        assessment: which of the bank's assignments count.
        sandbox: kind.
        publisher: makes the files of reports.
        runtime: what runs Docker's containers; empty for the usual one.
        say: is told what takes long, and which worker takes no work.
        patience_seconds: how long to wait while nobody can grade.

    Raises:
        ClusterError: it cannot be used as it is: a package is missing, a worker has several threads, kinds differ.
        SandboxError: nobody answers, or no worker can prove a sandbox.

    Attributes:
        kind: of sandbox, the same on all workers.
        capacity: how many submissions it takes at a time; grows and shrinks with the cluster.
        waiting: how many answers are due.
    """

    def __init__(
        self,
        address: str,
        bank: Bank,
        assessment: Assessment,
        sandbox: str,
        publisher: Publisher,
        *,
        runtime: str = "",
        say: Callable[[str], None] = lambda text: None,
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> None:
        self.address = address
        self.waiting = 0
        self.capacity = 1
        self._say = say
        self._patience_seconds = patience_seconds
        self._run = f"grader-{secrets.token_hex(8)}"
        self._futures: dict[int, Future[Graded]] = {}
        self._done: queue.SimpleQueue[int] = queue.SimpleQueue()
        self._told: set[str] = set()
        self._looked = self._seen_able = time.monotonic()
        self._client = _connected(address)
        try:
            self.kind = self._enlist(bank, assessment, sandbox, publisher, runtime)
        except BaseException:
            self.close()
            raise

    def examine(self, number: int, submission: Submission, seed: int) -> None:
        """Hand over a submission; its answer comes in its own time.

        Args:
            number: of the answer.
            submission: what was handed in.
            seed: its hidden inputs are drawn from it.
        """
        from grader.batch.station import grade_remotely, ready_for

        future = self._client.submit(
            grade_remotely,
            self._run,
            submission,
            seed,
            key=f"{self._run}-{number}",
            resources={ready_for(self._run, self.kind): 1},
            pure=False,
        )
        self._futures[number] = future
        self.waiting += 1
        future.add_done_callback(lambda _: self._done.put(number))

    def answer(self, seconds: float | None = None) -> Answer | None:
        """Return the next answer; ``None`` if there is none in time.

        Args:
            seconds: how long to wait; ``None`` for as long as it takes.

        Raises:
            SandboxError: the scheduler is gone, or nobody has been able to grade for too long.
        """
        end = None if seconds is None else time.monotonic() + seconds
        while True:
            check_stopped()
            self._see_to_workers()
            left = _STEP_SECONDS if end is None else end - time.monotonic()
            try:
                number = self._done.get(timeout=max(0.0, min(left, _STEP_SECONDS)))
            except queue.Empty:
                if left <= 0:
                    return None
                continue
            if (answer := self._taken(number)) is not None:
                return answer

    def close(self) -> None:
        """Take back what is not begun, and let the workers forget the bank; what is being graded ends there."""
        with suppress(OSError, ValueError, RuntimeError):  # where the scheduler is gone, so is all of it
            self._client.cancel(list(self._futures.values()), force=True)
            self._client.unregister_worker_plugin(self._run)
        self._futures.clear()
        self._client.close()

    def _enlist(self, bank: Bank, assessment: Assessment, sandbox: str, publisher: Publisher, runtime: str) -> str:
        """Return the kind of sandbox that the workers have proved."""
        from grader.batch.station import THREADS_CURE, Orders, Station

        threads = self._workers().threads
        if wrong := [address for address, count in threads.items() if count != 1]:
            raise ClusterError(
                f"the workers of {self.address} should have one thread each, but {len(wrong)} of {len(threads)} have"
                f" more: {wrong[0]} has {threads[wrong[0]]}",
                cure=THREADS_CURE,
            )
        self._say(f"{len(threads)} workers prove their sandboxes" if threads else "waiting for workers")
        names = tuple(assignment.name for assignment in assessment.assignments)
        orders = Orders(self._run, archive_of(bank), bank.sha256, names, sandbox, runtime, publisher)
        try:
            self._client.register_plugin(Station(orders), name=self._run)
        except (ImportError, AttributeError) as error:
            raise ClusterError(
                f"the workers of {self.address} should have this version of grader, but one has not: {error}",
                cure="install the same there as here: pip install 'takehome-grader[staff,cluster]'",
            ) from error
        kinds = sorted(set(self._first_able().values()), key=KINDS.index)
        if len(kinds) > 1:
            raise ClusterError(
                f"the workers should have the same kind of sandbox, but have {' and '.join(kinds)}",
                cure=f"choose one: --sandbox {kinds[0]}; workers without it take no work",
            )
        return kinds[0]

    def _first_able(self) -> Mapping[str, str]:
        while True:
            check_stopped()
            workers = self._workers()
            self._note(workers)
            if workers.able:
                return workers.able
            if workers.unable and len(workers.unable) == len(workers.threads):
                why = self._refusal(min(workers.unable))
                raise SandboxError(
                    f"none of the {len(workers.unable)} workers of {self.address} can grade: {why}", cure=why.cure
                )
            self._check_patience()
            time.sleep(_STEP_SECONDS)

    def _see_to_workers(self) -> None:
        if time.monotonic() - self._looked >= _LOOK_SECONDS:
            workers = self._workers()
            self._note(workers)
            if not workers.able:
                self._check_patience()

    def _note(self, workers: _Workers) -> None:
        """Remember how many can grade, and tell who cannot, and why."""
        self._looked = time.monotonic()
        if workers.able:
            self._seen_able = self._looked
            self.capacity = _AHEAD * len(workers.able)
        for address in sorted(workers.unable - self._told)[: max(0, _TOLD_WORKERS - len(self._told))]:
            self._say(f"the worker {address} takes no work: {self._refusal(address)}")
        self._told |= workers.unable

    def _check_patience(self) -> None:
        if time.monotonic() - self._seen_able > self._patience_seconds:
            raise SandboxError(
                f"no worker of {self.address} has been able to grade for {self._patience_seconds:g} seconds",
                cure="start workers, and run the same again: what is done is kept",
            )

    def _workers(self) -> _Workers:
        from grader.batch.station import ready_for, unable_for

        if self._client.status not in ("running", "connecting"):
            raise self._lost()
        try:
            told: Mapping[str, Any] = self._client.scheduler_info(n_workers=-1)["workers"]
        except (OSError, ValueError, RuntimeError) as error:
            raise self._lost() from error
        prefix = ready_for(self._run, "")
        resources = {address: {n for n, count in one["resources"].items() if count} for address, one in told.items()}
        unable = frozenset(address for address, names in resources.items() if unable_for(self._run) in names)
        able = {
            address: name.removeprefix(prefix)
            for address, names in resources.items()
            if address not in unable
            for name in names
            if name.startswith(prefix)
        }
        return _Workers({address: one["nthreads"] for address, one in told.items()}, able, unable)

    def _refusal(self, address: str) -> GraderError:
        from grader.batch.station import refusal_of

        found = self._client.run(refusal_of, self._run, workers=[address], on_error="return").get(address)
        return found if isinstance(found, GraderError) else SandboxError(f"it does not say why: {found}")

    def _taken(self, number: int) -> Answer | None:
        """An answer that has come in; ``None`` if its worker was lost before it was fetched: it will come again."""
        future = self._futures.get(number)
        if future is None:
            return None
        if future.status == "cancelled":
            raise self._lost()
        if future.status == "error":
            answer = Answer(number, None, failure=_failure(future.exception()))
        elif (graded := self._fetched(future)) is not None:
            answer = Answer(number, graded.report, graded.files)
        else:
            future.add_done_callback(lambda _: self._done.put(number))
            return None
        del self._futures[number]  # Dask keeps a result as long as somebody holds its future
        self.waiting -= 1
        return answer

    def _fetched(self, future: Future[Graded]) -> Graded | None:
        from distributed import CancelledError

        if future.status != "finished":
            return None
        try:
            return future.result(timeout=_FETCH_SECONDS)
        except TimeoutError:
            return None
        except CancelledError as error:
            raise self._lost() from error

    def _lost(self) -> SandboxError:
        return SandboxError(
            f"the scheduler at {self.address} was lost, with what it had taken",
            cure="start it again, and run the same: what is done is kept",
        )


def archive_of(bank: Bank) -> bytes:
    """Return a zip of what a worker needs of a bank: what decides a score, and nothing else.

    Raises:
        BankError: a part of it is missing.
    """
    files = dict(_read(bank.root, [bank.root / "assignments" / "assessment.toml"]))
    for assignment in bank.assessment.assignments:
        solution = bank.root / "solutions" / assignment.name / "reference"
        files |= _read(bank.root, (bank.root / "assignments" / assignment.name).glob("*.toml"))
        files |= _read(bank.root, [bank.questions_file(assignment.name)])
        files |= _read(bank.root, [*bank.suite(assignment.name).rglob("*"), *solution.rglob("*")])
    return zipped(files)


def _read(root: Path, paths: Iterable[Path]) -> Iterator[tuple[str, bytes]]:
    for path in paths:
        if path.is_file() and "__pycache__" not in path.parts:
            yield path.relative_to(root).as_posix(), path.read_bytes()


def _connected(address: str) -> Client:
    try:
        from distributed import Client
    except ImportError as error:
        raise ClusterError(
            f"--scheduler needs the package distributed, which should be installed, but is not: {error}",
            cure="pip install 'takehome-grader[staff,cluster]'",
        ) from error
    try:
        return Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
    except OSError as error:
        raise SandboxError(
            f"no Dask scheduler answers at {address} within {CONNECT_SECONDS:g} seconds",
            cure="start one (dask scheduler), or see to address, firewall and TLS: docs/scale.md",
        ) from error
    except (TypeError, ValueError) as error:
        raise ClusterError(
            f"--scheduler should be an address that Dask's configuration fits, such as tcp://10.0.0.1:8786,"
            f" but is {address}: {error}",
            cure="tls:// needs certificates in Dask's configuration: docs/scale.md",
        ) from error


def _failure(error: BaseException | None) -> Exception:
    """What a round is told of a task that has failed."""
    from distributed import KilledWorker

    if isinstance(error, KilledWorker):
        return SandboxError(
            f"{error.allowed_failures + 1} workers died while they graded it", cure="see the workers' logs"
        )
    return error if isinstance(error, Exception) else SandboxError(f"the worker was told to end: {error!r}")
