"""Examiners that have loaded everything once, and fork for each submission.

One process, started afresh, imports what examining takes, collects the hidden suites and proves the sandbox. For each
submission it forks: the child starts the submission's own sandbox, waits for its turn, examines and is gone with all
that it knew. So many examine at a time as there are turns; a few more start their sandboxes ahead of need.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import traceback
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from multiprocessing.connection import Connection, Pipe, wait
from typing import TYPE_CHECKING, Any, cast

from grader.bank import Bank
from grader.errors import SandboxError
from grader.examiner.seeding import hash_seed_of
from grader.examining import Examined, Task, hosts_for
from grader.models import Assessment, Report, Submission
from grader.publishing import Publisher
from grader.sandbox import SandboxFacts, SandboxProvider
from grader.stopping import check_stopped, interruptible, obey

if TYPE_CHECKING:
    from grader.examiner.examination import CollectedSuite

KILLED = "a process that examined was killed"
_CURE = "try fewer at once: --jobs 1"


@dataclass(frozen=True)
class Plan:
    """What the examiners of a round have in common.

    Attributes:
        bank: suites and references.
        assessment: which of the bank's assignments count.
        again: makes a provider of sandboxes.
        publisher: makes the files of reports.
        jobs: how many submissions are examined at a time.
        ahead: how many more have their sandboxes started.
    """

    bank: Bank
    assessment: Assessment
    again: Callable[[], SandboxProvider]
    publisher: Publisher
    jobs: int
    ahead: int


@dataclass(frozen=True)
class Answer:
    """What became of one submission: a report, or what of ours went wrong.

    Attributes:
        number: that it was handed over with.
        report: its report.
        files: of the report, by name.
        failure: why there is none.
    """

    number: int
    report: Report | None
    files: Mapping[str, bytes] = field(default_factory=dict)
    failure: Exception | None = None


class Examiners:
    """A round's examiners; they start when there is something to examine.

    Args:
        plan: what they have in common.

    Attributes:
        capacity: how many submissions they take at a time.
        waiting: how many answers are due.
    """

    def __init__(self, plan: Plan) -> None:
        context = multiprocessing.get_context("spawn")  # not forked: the caller may have threads
        self._told, self._line = context.Pipe(duplex=False)
        self._caller, self._theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(self._told, self._theirs, plan))
        self.capacity = plan.jobs + plan.ahead
        self.waiting = 0

    def examine(self, number: int, submission: Submission, seed: int) -> None:
        """Hand over a submission; its answer comes in its own time.

        Args:
            number: of the answer.
            submission: what was handed in.
            seed: its hidden inputs are drawn from it.

        Raises:
            SandboxError: the examiners are gone.
        """
        if self._process.pid is None:
            self._process.start()
            self._theirs.close()
            self._told.close()
        self._talk(lambda: self._caller.send((number, submission, seed)))
        self.waiting += 1

    def answer(self, seconds: float | None = None) -> Answer | None:
        """Return the next answer; ``None`` if there is none in time.

        Args:
            seconds: how long to wait; ``None`` for as long as it takes.

        Raises:
            SandboxError: the sandbox cannot be had, or the examiners are gone.
            SuiteError: a hidden suite cannot be collected.
        """
        if not self._talk(lambda: self._caller.poll(seconds)):
            return None
        found: Answer | Exception = self._talk(self._caller.recv)
        if isinstance(found, Exception):
            raise found
        self.waiting -= 1
        return found

    def close(self) -> None:
        """End all of them; what they were at is ended, and its sandboxes removed."""
        self._line.close()
        if self._process.pid is not None:
            self._process.join()
        for connection in (self._caller, self._told, self._theirs):
            connection.close()

    def _talk(self, say: Callable[[], Any]) -> Any:
        try:
            return say()
        except (EOFError, BrokenPipeError, ConnectionResetError) as error:
            raise SandboxError("the process that forks examiners was killed", cure=_CURE) from error


def _serve(line: Connection, caller: Connection, plan: Plan) -> None:
    """What the process does that forks."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the caller's, which stops all by closing its end of the line
    try:
        with closing(plan.again()) as provider:
            first = _first(line, caller)
            if first is None:
                return
            grown = hash_seed_of(first[2])
            provider.grow(grown)
            facts = _proved(provider, plan, grown)
            _with_suites(plan, facts, lambda suites: _Forks(line, caller, plan, provider, suites, first, grown).run())
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return  # nobody is left to tell
    except Exception as error:
        error.add_note("".join(traceback.format_exception(error)))
        caller.send(error)


def _first(line: Connection, caller: Connection) -> tuple[int, Submission, int] | None:
    """Wait for the first submission, since its seed tells how sandboxes start; ``None`` if all is over before."""
    if line in wait([line, caller]):
        return None
    handed: tuple[int, Submission, int] = caller.recv()
    return handed


def _proved(provider: SandboxProvider, plan: Plan, hash_seed: int) -> SandboxFacts:
    """Prove the sandbox once, for all forks: they inherit what was found. Return what a report says of it."""
    memory_bytes = max(assignment.limits.memory_bytes for assignment in plan.assessment.assignments)
    with closing(provider.launch({}, memory_bytes=memory_bytes, hash_seed=hash_seed)) as sandbox:
        _load(plan)  # while it starts
        return sandbox.facts()


def _load(plan: Plan) -> None:
    """Import what all forks will need."""
    import numpy.random  # noqa: F401 - loaded once, for all forks

    from grader import grade  # noqa: F401 - likewise
    from grader.examiner import examination, host, plugin  # noqa: F401 - likewise

    plan.publisher.load()


def _with_suites(plan: Plan, facts: SandboxFacts, work: Callable[[list[CollectedSuite]], None]) -> None:
    from grader.examiner.examination import CollectedSuite, with_collected

    bank = plan.bank
    suites = [CollectedSuite(a, bank.suite(a.name), bank.suite_sha256(a.name)) for a in plan.assessment.assignments]

    def collected() -> None:
        _rehearse(plan, facts, suites)
        gc.collect()
        gc.freeze()  # what is there is shared: a collection in a fork would copy it
        work(suites)

    with_collected(suites, collected)


def _rehearse(plan: Plan, facts: SandboxFacts, suites: list[CollectedSuite]) -> None:
    """Report on the references, and run none: what is loaded or computed on the way is there for all forks."""
    from grader.grade import report_of

    references = {name: text for suite in suites for name, text in plan.bank.reference(suite.assignment).items()}
    paths = {name: f"{name}.py" for name in references}
    task = Task(Submission("references", "", references, paths), plan.bank, plan.assessment, 0)
    examinations = {suite.assignment.name: suite.run(None, seed=0) for suite in suites}
    plan.publisher.files(report_of(task, lambda: Examined(examinations, facts)))


@dataclass
class _Child:
    """A forked examiner, as its parent sees it."""

    pid: int
    number: int
    is_ready: bool = False
    is_examining: bool = False


class _Forks:
    """The examiners that are alive, and whose turn it is."""

    def __init__(
        self,
        line: Connection,
        caller: Connection,
        plan: Plan,
        provider: SandboxProvider,
        suites: list[CollectedSuite],
        first: tuple[int, Submission, int],
        grown: int,
    ) -> None:
        self.line = line
        self.caller = caller
        self.plan = plan
        self.provider = provider
        self.suites = suites
        self.last_hash_seed = grown
        self.grown = {grown}
        self.waiting: deque[tuple[int, Submission, int]] = deque([first])
        self.children: dict[Connection, _Child] = {}

    def run(self) -> None:
        """Fork, give turns and pass answers on, until the caller is done."""
        while True:
            while self.waiting and len(self.children) < self.plan.jobs + self.plan.ahead:
                self._fork(*self.waiting.popleft())
            self._give_turns()
            for ready in wait([self.line, self.caller, *self.children]):
                if ready is self.line:
                    self._stop()
                    return
                if ready is self.caller:
                    self.waiting.append(self.caller.recv())
                else:
                    self._hear(cast(Connection, ready))

    def _grow(self, hash_seed: int) -> None:
        """Have sandboxes share their start where two in a row have the same hash seed; not all need have it."""
        if hash_seed in {self.last_hash_seed, *self.grown} and self.provider.grow(hash_seed):
            self.grown.add(hash_seed)
            _proved(self.provider, self.plan, hash_seed)
        self.last_hash_seed = hash_seed

    def _fork(self, number: int, submission: Submission, seed: int) -> None:
        self._grow(hash_seed_of(seed))
        mine, theirs = Pipe()
        pid = os.fork()
        if pid == 0:
            _child(self.line, theirs, self.plan, self.provider, self.suites, submission, seed)
        theirs.close()
        self.children[mine] = _Child(pid, number)

    def _give_turns(self) -> None:
        examining = sum(child.is_examining for child in self.children.values())
        for channel, child in self.children.items():
            if examining < self.plan.jobs and child.is_ready and not child.is_examining:
                child.is_examining = True
                examining += 1
                try:
                    channel.send(None)
                except (BrokenPipeError, ConnectionResetError):
                    continue  # it was killed, and will be heard of

    def _hear(self, channel: Connection) -> None:
        child = self.children[channel]
        try:
            told = channel.recv()
        except (EOFError, ConnectionResetError):
            told = Answer(child.number, None, failure=SandboxError(KILLED, cure=_CURE))
        if told is None:
            child.is_ready = True
            return
        del self.children[channel]
        channel.close()
        os.waitpid(child.pid, 0)
        self.caller.send(replace(told, number=child.number))

    def _stop(self) -> None:
        """All children see the end of the line themselves, and remove their sandboxes."""
        for channel, child in self.children.items():
            os.waitpid(child.pid, 0)
            channel.close()


def _child(
    line: Connection,
    parent: Connection,
    plan: Plan,
    provider: SandboxProvider,
    suites: list[CollectedSuite],
    submission: Submission,
    seed: int,
) -> None:
    """What a forked examiner does; never returns."""
    status = 1
    try:
        obey(line)
        provider.renew()
        task = Task(submission, plan.bank, plan.assessment, seed)
        with interruptible(), closing(provider), hosts_for(task, provider) as hosts:
            parent.send(None)
            parent.recv()

            def examine() -> Examined:
                found = {}
                for suite in suites:
                    check_stopped()
                    problem = task.problem(suite.assignment)
                    found[suite.assignment.name] = suite.run(None if problem else hosts, seed=seed, problem=problem)
                return Examined(found, hosts.candidate.facts())

            from grader.grade import report_of

            report = report_of(task, examine)
        parent.send(Answer(0, report, plan.publisher.files(report)))
        status = 0
    except (KeyboardInterrupt, EOFError, BrokenPipeError, ConnectionResetError):
        status = 0  # the caller has stopped us, or is gone
    except Exception as error:
        error.add_note("".join(traceback.format_exception(error)))
        parent.send(Answer(0, None, failure=error))
    finally:
        os._exit(status)
