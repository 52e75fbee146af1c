"""Examines a submission, assignment by assignment: one after the other, or side by side in processes of their own."""

from __future__ import annotations

import multiprocessing
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import TYPE_CHECKING, Any, cast

from grader.bank import Bank
from grader.errors import SandboxError
from grader.examiner.seeding import hash_seed_of
from grader.models import Assessment, Assignment, Examination, Submission, TestResult
from grader.sandbox import SandboxFacts, SandboxProvider
from grader.stopping import check_stopped, interruptible, obey, undisturbed

if TYPE_CHECKING:
    from grader.examiner.host import Host
    from grader.examiner.plugin import Hosts

Progress = Callable[[Assignment, TestResult], None]


@dataclass(frozen=True)
class Task:
    """What is examined, and by what.

    Attributes:
        submission: the modules, as bytes.
        bank: suites and references.
        assessment: which of the bank's assignments count.
        seed: all hidden inputs are drawn from it.
    """

    submission: Submission
    bank: Bank
    assessment: Assessment
    seed: int

    def absent(self, assignment: Assignment) -> list[str]:
        """Return the modules of an assignment that were not handed in."""
        return [module for module in assignment.modules if module not in self.submission.modules]

    def problem(self, assignment: Assignment) -> str:
        """Return why nothing of an assignment can be run; empty if there is no such reason."""
        absent = ", ".join(f"{module}.py" for module in self.absent(assignment))
        return f"{absent} was not handed in" if absent else ""


@dataclass(frozen=True)
class Examined:
    """What an examination showed.

    Attributes:
        examinations: by assignment, in the order of the assessment.
        facts: of the sandbox.
    """

    examinations: Mapping[str, Examination]
    facts: SandboxFacts


def examine_all(task: Task, provider: SandboxProvider, jobs: int, progress: Progress) -> Examined:
    """Run the hidden suites of all assignments.

    Args:
        task: what is examined.
        provider: where the submission runs.
        jobs: how many assignments at once; each beyond the first costs a process and sandboxes of its own.
        progress: is told each result as it is known.

    Raises:
        SuiteError: a hidden suite is broken.
        SandboxError: a sandbox was lost through no fault of the submission.
    """
    assignments = task.assessment.assignments
    jobs = min(jobs, sum(not task.absent(assignment) for assignment in assignments))
    if jobs > 1:
        return _side_by_side(task, provider.again(), jobs, progress)
    with hosts_for(task, provider) as hosts:
        found = {a.name: _examine(task, a, hosts, progress) for a in assignments}
        return Examined(found, hosts.candidate.facts())


@contextmanager
def opened_hosts(
    provider: SandboxProvider,
    submission: Mapping[str, bytes],
    references: Mapping[str, bytes],
    memory_bytes: int,
    hash_seed: int,
) -> Iterator[Hosts]:
    """Start the submission's sandbox at once, the others on demand; remove them all at the end.

    Args:
        provider: where sandboxes come from.
        submission: sources by module name.
        references: those of the reference solutions.
        memory_bytes: the most that any test may use.
        hash_seed: PYTHONHASHSEED inside.

    Raises:
        SandboxError: on leaving, if a sandbox cannot be removed.
    """
    with ExitStack() as cleanup:
        with undisturbed():
            sandbox = provider.launch(submission, memory_bytes=memory_bytes, hash_seed=hash_seed)
            cleanup.callback(sandbox.close)
        # It starts, and proves itself, while numpy and pytest are imported: both take their time.
        with ThreadPoolExecutor(1) as beside:
            started = beside.submit(sandbox.session)
            from grader.examiner.host import Host
            from grader.examiner.plugin import Hosts
        started.result()
        check_stopped()  # an import may have swallowed the interrupt

        candidate = Host(provider, submission, memory_bytes=memory_bytes, hash_seed=hash_seed, sandbox=sandbox)
        reference, stand_in = (
            Host(provider, references, memory_bytes=memory_bytes, hash_seed=hash_seed) for _ in range(2)
        )
        cleanup.callback(_close_all, [candidate, reference, stand_in])
        yield Hosts(candidate, reference, stand_in)


@contextmanager
def hosts_for(task: Task, provider: SandboxProvider) -> Iterator[Hosts]:
    """Start the sandbox of a task's submission, and the reference's on demand; remove them all at the end.

    Raises:
        SandboxError: a sandbox cannot be had or removed.
    """
    assignments = task.assessment.assignments
    memory_bytes = max(assignment.limits.memory_bytes for assignment in assignments)
    references = {name: source for a in assignments for name, source in task.bank.reference(a).items()}
    with opened_hosts(provider, task.submission.modules, references, memory_bytes, hash_seed_of(task.seed)) as hosts:
        yield hosts


def _examine(task: Task, assignment: Assignment, hosts: Hosts, progress: Progress) -> Examination:
    from grader.examiner.examination import examine

    problem = task.problem(assignment)
    return examine(
        assignment,
        task.bank.suite(assignment.name),
        task.bank.suite_sha256(assignment.name),
        None if problem else hosts,
        seed=task.seed,
        problem=problem,
        progress=lambda result: progress(assignment, result),
    )


def _close_all(hosts: Sequence[Host]) -> None:
    """Remove all sandboxes side by side: each removal waits for the engine."""
    with ThreadPoolExecutor(len(hosts)) as pool:
        for done in [pool.submit(host.close) for host in hosts]:
            done.result()


def _side_by_side(task: Task, again: Callable[[], SandboxProvider], jobs: int, progress: Progress) -> Examined:
    """Examine in processes of their own, each of which takes the next assignment when it is done with one."""
    by_name = {assignment.name: assignment for assignment in task.assessment.assignments}
    waiting = list(by_name)
    found: dict[str, Examination] = {}
    facts: SandboxFacts | None = None
    with _processes(task, again, jobs) as lanes:
        busy = set(lanes)

        def feed(lane: Connection) -> None:
            with _killed_is_ours():
                lane.send(waiting.pop(0) if waiting else None)

        for lane in lanes:
            feed(lane)
        while len(found) < len(by_name):
            check_stopped()
            for ready in wait(busy):
                lane = cast(Connection, ready)
                kind, value = _received(lane)
                if kind == "result":
                    progress(by_name[value[0]], value[1])
                elif kind == "done":
                    examination, facts = value
                    found[examination.assignment] = examination
                    if not waiting:
                        busy.remove(lane)  # it ends now
                    feed(lane)
                else:
                    raise value
    assert facts is not None
    return Examined({name: found[name] for name in by_name}, facts)


@contextmanager
def _processes(task: Task, again: Callable[[], SandboxProvider], jobs: int) -> Iterator[list[Connection]]:
    """Processes that examine, by the connections to them; on leaving they remove their sandboxes and are gone."""
    context = multiprocessing.get_context("spawn")  # not forked: the caller may have threads
    line, told = context.Pipe(duplex=False)
    processes: list[SpawnProcess] = []
    lanes: list[Connection] = []
    try:
        for _ in range(jobs):
            mine, theirs = context.Pipe()
            with theirs:
                lanes.append(mine)
                process = context.Process(target=_lane, args=(line, theirs, again, task))
                process.start()
                processes.append(process)
        yield lanes
    finally:
        told.close()
        for process in processes:
            process.join()
        for connection in (line, *lanes):
            connection.close()


def _received(lane: Connection) -> tuple[str, Any]:
    with _killed_is_ours():
        kind, value = lane.recv()
    return kind, value


@contextmanager
def _killed_is_ours() -> Iterator[None]:
    try:
        yield
    except (EOFError, BrokenPipeError, ConnectionResetError) as error:
        raise SandboxError("a process that examined was killed", cure="try one at a time: --jobs 1") from error


def _lane(line: Connection, caller: Connection, again: Callable[[], SandboxProvider], task: Task) -> None:
    """What such a process does: examine what it is told until there is no more."""
    obey(line)
    by_name = {assignment.name: assignment for assignment in task.assessment.assignments}

    def told(assignment: Assignment, result: TestResult) -> None:
        check_stopped()
        caller.send(("result", (assignment.name, result)))

    try:
        with interruptible(), closing(again()) as provider, hosts_for(task, provider) as hosts:
            while (name := caller.recv()) is not None:
                examination = _examine(task, by_name[name], hosts, told)
                caller.send(("done", (examination, hosts.candidate.facts())))
    except (KeyboardInterrupt, EOFError, BrokenPipeError, ConnectionResetError):
        return  # the caller has stopped us, or is gone
    except Exception as error:
        error.add_note("".join(traceback.format_exception(error)))
        caller.send(("failed", error))
