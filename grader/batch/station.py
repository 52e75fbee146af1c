"""What a worker of a Dask cluster holds to grade by: an unpacked bank, a proved sandbox. Nothing more, once it ends.

Dask's scheduler keeps the plugin of a run and gives it to each worker that is there or joins later, so that no
worker's end loses the bank. Only a worker that has proved its sandbox is granted what the run's tasks ask for.
"""

from __future__ import annotations

import asyncio
import tempfile
import threading
from collections.abc import Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

from distributed import Reschedule, Worker, WorkerPlugin, get_worker
from distributed.core import Status

from grader import __version__
from grader.archive import unzipped
from grader.bank import Bank, narrowed
from grader.errors import BankError, GraderError, SandboxError
from grader.models import Assessment, Report, Submission
from grader.publishing import Publisher, check_pages
from grader.sandbox import SandboxProvider
from grader.sandbox.choosing import choose
from grader.sandbox.leftovers import FOLDER_PREFIX, owner

THREADS_CURE = "start workers that do one thing at a time: dask worker ADDRESS --nworkers N --nthreads 1"


@dataclass(frozen=True)
class Orders:
    """What the workers of a run are told, once each.

    Attributes:
        run: names the run among all that a cluster has seen.
        archive: zip of what decides of the bank.
        bank_sha256: what the unpacked bank has to come to.
        names: of the assignments that count.
        sandbox: kind, ``"auto"`` included.
        runtime: what runs Docker's containers; empty for the usual one.
        publisher: makes the files of reports.
        grader_version: of the program that sent it.
    """

    run: str
    archive: bytes
    bank_sha256: str
    names: tuple[str, ...]
    sandbox: str
    runtime: str
    publisher: Publisher
    grader_version: str = __version__


@dataclass(frozen=True)
class Graded:
    """What comes back from a worker.

    Attributes:
        report: of the submission.
        files: of the report, by name.
    """

    report: Report
    files: Mapping[str, bytes]


def ready_for(run: str, kind: str) -> str:
    """Return the name of the resource that a worker has once it has proved a kind of sandbox for a run."""
    return f"{run}-{kind}"


def unable_for(run: str) -> str:
    """Return the name of the resource that a worker has once it has found that it cannot grade for a run."""
    return f"{run}-unable"


def grade_remotely(run: str, submission: Submission, seed: int) -> Graded:
    """Grade a submission on a worker.

    Args:
        run: whose bank and sandbox count.
        submission: what was handed in.
        seed: its hidden inputs are drawn from it.

    Raises:
        GraderError: what ``grade`` raises.
        Reschedule: this worker has lost its sandbox, or never had the run's orders; others may do better.
    """
    station = get_worker().plugins.get(run)
    if not isinstance(station, Station) or station.refusal is not None:
        raise Reschedule
    return station.grade(submission, seed)


@dataclass(frozen=True)
class _Equipment:
    """What one process grades with, for its life."""

    bank: Bank
    assessment: Assessment
    provider: SandboxProvider
    cleanup: ExitStack


class Station(WorkerPlugin):
    """A worker's bank and sandbox for one run.

    Args:
        orders: of the run.

    Attributes:
        refusal: why this worker takes no work of the run; ``None`` if it does.
    """

    def __init__(self, orders: Orders) -> None:
        self.orders = orders
        self.refusal: GraderError | None = None
        self._equipment: _Equipment | None = None
        self._is_over = False
        self._lock = threading.Lock()

    def __reduce__(self) -> tuple[type[Station], tuple[Orders]]:
        """Only what was ordered travels."""
        return Station, (self.orders,)

    async def setup(self, worker: Worker) -> None:
        """Unpack the bank and prove the sandbox, then let the scheduler know how that went."""
        self._worker = worker
        run = self.orders.run
        try:
            kind = await asyncio.to_thread(self._equip, worker.state.nthreads)
        except GraderError as error:
            self.refusal = error
            await worker.set_resources(**{unable_for(run): 1})
            return
        await worker.set_resources(**{ready_for(run, kind): 1})
        if worker.status == Status.running:
            # The scheduler looks again for whoever suits a task that waits when a worker goes on, not when one gains
            # resources.
            worker.status = Status.paused
            worker.status = Status.running

    def teardown(self, worker: Worker) -> None:
        """Let go of bank and sandbox, once the submission that is being graded is done."""
        threading.Thread(target=self._let_go).start()

    def grade(self, submission: Submission, seed: int) -> Graded:
        """Grade a submission; one at a time.

        Args:
            submission: what was handed in.
            seed: its hidden inputs are drawn from it.

        Raises:
            GraderError: what ``grade`` raises; after a SandboxError the worker takes more only if it proves itself.
            Reschedule: the run is over.
        """
        from grader.grade import grade

        with self._lock:
            if self._equipment is None:
                raise Reschedule
            bank, assessment, provider = self._equipment.bank, self._equipment.assessment, self._equipment.provider
            try:
                report = grade(submission, bank, assessment, provider, seed=seed)
            except SandboxError:
                self._prove_again(self._equipment)
                raise
            return Graded(report, self.orders.publisher.files(report))

    def _equip(self, threads: int) -> str:
        """Return the kind of sandbox that was proved."""
        orders = self.orders
        if __version__ != orders.grader_version:
            raise SandboxError(f"the worker should have grader {orders.grader_version}, but has {__version__}")
        if threads != 1:
            raise SandboxError(f"the worker should have one thread, but has {threads}", cure=THREADS_CURE)
        check_pages()
        with self._lock, ExitStack() as cleanup:
            folder = cleanup.enter_context(
                tempfile.TemporaryDirectory(prefix=f"{FOLDER_PREFIX}{owner()}-", ignore_cleanup_errors=True)
            )
            bank = unpacked(orders.archive, Path(folder), orders.bank_sha256)
            assessment = narrowed(bank.assessment, orders.names)
            provider = cleanup.enter_context(closing(choose(orders.sandbox, lambda text: None, orders.runtime)))
            _prove(provider, assessment)
            orders.publisher.load()
            if not self._is_over:
                self._equipment = _Equipment(bank, assessment, provider, cleanup.pop_all())
            return provider.kind

    def _prove_again(self, equipment: _Equipment) -> None:
        """See whether this one sandbox was lost, or all that could be had here."""
        try:
            with closing(equipment.provider.again()()) as afresh:
                _prove(afresh, equipment.assessment)
        except GraderError as error:
            self.refusal = error
            worker, run = self._worker, self.orders.run
            # Not through the worker: what waits here already still has to come up, to be sent on to others.
            worker.state.total_resources.update({ready_for(run, equipment.provider.kind): 0, unable_for(run): 1})
            tell, told = worker.scheduler.set_resources, worker.state.total_resources
            worker.loop.add_callback(tell, resources=told, worker=worker.contact_address)

    def _let_go(self) -> None:
        with self._lock:
            self._is_over = True
            if self._equipment is not None:
                self._equipment.cleanup.close()
                self._equipment = None


def refusal_of(run: str, dask_worker: Worker) -> GraderError | None:
    """Return why a worker takes no work of a run; Dask passes the worker."""
    station = dask_worker.plugins.get(run)
    return station.refusal if isinstance(station, Station) else None


def unpacked(archive: bytes, folder: Path, sha256: str) -> Bank:
    """Unpack a bank and see that it is the one that was sent.

    Args:
        archive: zip of it.
        folder: empty, and nobody else's.
        sha256: of the bank, as its sender has it.

    Raises:
        BankError: it is another one.
        SandboxError: it cannot be written.
    """
    root = folder.resolve()
    try:
        for name, content in unzipped(archive).items():
            path = (root / name).resolve()
            if not path.is_relative_to(root):
                raise BankError(f"the bank that was sent should stay in its folder, but holds {name!r}")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    except OSError as error:
        raise SandboxError(
            f"the bank could not be unpacked: {error}", cure="see to space in the temporary folder"
        ) from error
    bank = Bank(root)
    if bank.sha256 != sha256:
        raise BankError(f"the bank that arrived should have the digest {sha256[:12]}, but has {bank.sha256[:12]}")
    return bank


def _prove(provider: SandboxProvider, assessment: Assessment) -> None:
    memory_bytes = max(assignment.limits.memory_bytes for assignment in assessment.assignments)
    with closing(provider.launch({}, memory_bytes=memory_bytes, hash_seed=0)) as sandbox:
        sandbox.session()
