"""Runs a suite against specimens: many at once, each in a sandbox of its own, and nothing twice."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing
from dataclasses import dataclass, replace

from grader.bank import Bank
from grader.errors import SandboxError
from grader.examiner.seeding import hash_seed_of
from grader.examining import opened_hosts
from grader.models import Assignment, Outcome
from grader.sandbox.choosing import choose
from grader.stopping import check_stopped, interruptible, obey
from grader.validation.cache import Ending, TrialCache, key_of
from grader.validation.specimens import Specimen

_MESSAGE_CHARACTERS = 300


@dataclass(frozen=True)
class Trial:
    """A suite to be run against a specimen.

    Attributes:
        assignment: whose suite it is; its limits are those of this trial.
        specimen: what takes the submission's place.
        seed: all inputs are drawn from it.
        criteria: the criteria whose tests are run; ``None`` for all.
        until_lost: end at the first test that does not pass.
    """

    assignment: Assignment
    specimen: Specimen
    seed: int
    criteria: frozenset[str] | None = None
    until_lost: bool = False


@dataclass(frozen=True)
class Result:
    """What a trial showed.

    Attributes:
        trial: which.
        endings: by test id, in the order of the suite; without the tests after the first loss, if it ended there.
    """

    trial: Trial
    endings: Mapping[str, Ending]

    @property
    def lost(self) -> frozenset[str]:
        """Criteria of which at least one test did not pass."""
        return frozenset(e.criterion for e in self.endings.values() if e.outcome is not Outcome.PASSED)

    @property
    def failures(self) -> dict[str, Ending]:
        """The tests that did not pass."""
        return {name: ending for name, ending in self.endings.items() if ending.outcome is not Outcome.PASSED}


class TrialRunner:
    """Runs trials in processes of their own, and remembers results by what went into them.

    Args:
        bank: suites and references.
        sandbox: kind, as in ``grader.sandbox.choosing``.
        jobs: how many at once.
        cache: what is known already; ``None`` to forget all.
    """

    def __init__(self, bank: Bank, sandbox: str, jobs: int, cache: TrialCache | None) -> None:
        self.bank = bank
        self.sandbox = sandbox
        self.cache = cache
        context = multiprocessing.get_context("spawn")  # not forked: the caller has threads
        told, self.line = context.Pipe(duplex=False)
        self.pool = ProcessPoolExecutor(jobs, mp_context=context, initializer=obey, initargs=(told,))

    def run(self, trials: Iterable[Trial], progress: Callable[[Result], None] = lambda result: None) -> list[Result]:
        """Return the results of trials, in their order.

        Args:
            trials: what to run.
            progress: is told each result as it is known.

        Raises:
            SuiteError: a hidden test is broken.
            SandboxError: a sandbox cannot be had or was lost.
        """
        found: dict[int, Result] = {}
        waiting: dict[Future[dict[str, Ending]], tuple[int, Trial]] = {}
        for number, trial in enumerate(trials):
            known = self.cache.get(self._key(trial)) if self.cache is not None else None
            if known is None:
                waiting[self.pool.submit(endings_of, self.bank, trial, self.sandbox)] = (number, trial)
            else:
                found[number] = Result(trial, known)
                progress(found[number])
        try:
            for future in as_completed(waiting):
                check_stopped()
                number, trial = waiting[future]
                found[number] = Result(trial, future.result())
                if self.cache is not None:
                    self.cache.put(self._key(trial), found[number].endings)
                progress(found[number])
        except BrokenProcessPool as error:
            raise SandboxError("a process that ran trials was killed", cure="try fewer at once: --jobs 1") from error
        return [found[number] for number in sorted(found)]

    def close(self) -> None:
        """End the processes; trials that still run are ended, and their sandboxes removed."""
        self.line.close()
        self.pool.shutdown(wait=True, cancel_futures=True)

    def _key(self, trial: Trial) -> str:
        return key_of(
            trial.assignment,
            self.bank.suite_sha256(trial.assignment.name),
            [self.bank.reference(trial.assignment), trial.specimen.modules],
            (
                trial.seed,
                sorted(trial.criteria) if trial.criteria is not None else None,
                trial.until_lost,
                self.sandbox,
            ),
        )


def without_speed(assignment: Assignment) -> frozenset[str]:
    """Return the criteria of an assignment that are not about speed."""
    return frozenset(c.id for c in assignment.criteria if c.skill != "speed")


def with_limits(assignment: Assignment, call_seconds: float) -> Assignment:
    """Return an assignment with shorter limits, for solutions that are thrown away when they hang."""
    limits = assignment.limits
    call_seconds = min(call_seconds, limits.call_seconds)
    shorter = replace(limits, call_seconds=call_seconds, test_seconds=min(2 * call_seconds, limits.test_seconds))
    return replace(assignment, limits=shorter)


def endings_of(bank: Bank, trial: Trial, sandbox: str) -> dict[str, Ending]:
    """Run one trial, with the examiner in this process, and return how each test ended.

    Args:
        bank: suite and reference.
        trial: what to run.
        sandbox: kind, as in ``grader.sandbox.choosing``.

    Raises:
        SuiteError: a hidden test is broken.
        SandboxError: a sandbox cannot be had or was lost.
    """
    from grader.examiner.examination import examine

    assignment, name = trial.assignment, trial.assignment.name
    with interruptible(), closing(choose(sandbox, lambda text: None)) as provider:
        memory_bytes, hash_seed = assignment.limits.memory_bytes, hash_seed_of(trial.seed)
        reference = bank.reference(assignment)
        with opened_hosts(provider, trial.specimen.modules, reference, memory_bytes, hash_seed) as hosts:
            examination = examine(
                assignment,
                bank.suite(name),
                "",
                hosts,
                seed=trial.seed,
                progress=check_stopped,
                criteria=trial.criteria,
                until_lost=trial.until_lost,
            )
    return {
        r.id: Ending(r.criterion, r.outcome, r.message[:_MESSAGE_CHARACTERS], r.cpu_seconds)
        for r in examination.results
        if not (trial.until_lost and r.outcome is Outcome.NOT_RUN)
    }
