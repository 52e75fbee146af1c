"""The pytest plugin of the examiner: fixtures, one outcome for every test, and whose fault each failure was."""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

import numpy as np
import pytest
from _pytest.runner import runtestprotocol

from grader.errors import GraderError, SuiteError
from grader.examiner.calls import described
from grader.examiner.conversation import WALL_FACTOR, Conversation, Loss
from grader.examiner.host import Aftermath, Host
from grader.examiner.patience import Patience
from grader.examiner.seeding import derived
from grader.examiner.subject import Subject
from grader.examiner.verdict import Fault, Verdict, verdict
from grader.models import Assignment, Finding, Outcome, TestResult, Timing
from grader.sandbox.session import ForkLimits
from grader.stopping import check_stopped

Progress = Callable[[TestResult], None]


@dataclass(frozen=True)
class Hosts:
    """The two sides of a test, and who takes the submission's place where a test's soundness is in doubt.

    Candidates have no reference at home: there the submission is compared with itself, and what breaks a test is
    taken for its fault.

    Attributes:
        candidate: runs the submission.
        reference: runs the reference, for comparisons of speed; ``None`` where there is none.
        stand_in: runs the reference as if it had been handed in; ``None`` where there is none.
    """

    candidate: Host
    reference: Host | None = None
    stand_in: Host | None = None


class ExaminerPlugin:
    """Runs one assignment's suite and keeps its results.

    Args:
        assignment: what is examined.
        hosts: where submission and reference run; ``None`` to collect the tests and run none.
        seed: of the run; each test's generators are seeded by it and the test's id.
        progress: is told each result.
        criteria: run the tests of these only; ``None`` for all.
        until_lost: stop at the first test that does not pass.
    """

    def __init__(
        self,
        assignment: Assignment,
        hosts: Hosts | None,
        seed: int,
        progress: Progress,
        criteria: Collection[str] | None = None,
        *,
        until_lost: bool = False,
    ) -> None:
        self.assignment = assignment
        self.hosts = hosts
        self.seed = seed
        self.progress = progress
        self.criteria = criteria
        self.until_lost = until_lost
        self.patience = Patience(assignment.limits)
        self.planned: list[TestResult] = []
        self.results: dict[str, TestResult] = {}
        self.findings: list[Finding] = []
        self.collection_errors: list[str] = []
        self.fault: BaseException | None = None
        self.needs_reference = False
        self._attempt: _Attempt | None = None

    @pytest.fixture
    def candidate(self) -> Subject:
        """The submission."""
        assert self._attempt is not None
        return self._attempt.subject("candidate")

    @pytest.fixture
    def reference(self) -> Subject:
        """The reference solution, in a sandbox of its own."""
        assert self._attempt is not None
        return self._attempt.subject("reference")

    @pytest.fixture
    def rng(self, request: pytest.FixtureRequest) -> np.random.Generator:
        """A generator seeded by the run's seed and the test's id."""
        return np.random.default_rng(derived(self.seed, self.assignment.name, request.node.nodeid, "inputs"))

    def pytest_configure(self, config: pytest.Config) -> None:
        """Declare the marks."""
        config.addinivalue_line("markers", "criterion(id): the criterion that a test belongs to")
        config.addinivalue_line("markers", "limits(call_seconds): a limit of this test's own")

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Keep why a file of the suite could not be collected."""
        if report.failed:
            self.collection_errors.append(f"{report.nodeid}: {report.longreprtext.strip().splitlines()[-1]}")

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Leave out the tests of criteria that nobody asked for."""
        if self.criteria is not None:
            items[:] = [item for item in items if _planned(item).criterion in self.criteria]

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Write down every test that the suite holds, before any code of a candidate runs."""
        self.planned = [_planned(item) for item in session.items]
        self.needs_reference = any(_uses(item, "reference") for item in session.items)

    def pytest_runtestloop(self, session: pytest.Session) -> bool | None:
        """Run nothing where there is nothing to run."""
        return True if self.hosts is None else None

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item, nextitem: pytest.Item | None) -> bool:
        """Run one test and write down its outcome."""
        check_stopped()
        plan = _planned(item)
        if self.patience.is_exhausted:
            message = f"the {self.assignment.limits.total_seconds:g} s of CPU time for this assignment were used up"
            result = replace(plan, message=message)
        else:
            try:
                result = self._examine(item, nextitem, plan)
            except GraderError as error:
                self.fault = error
                raise pytest.exit.Exception(str(error)) from error
        self.results[item.nodeid] = result
        self.progress(result)
        if self.until_lost and result.outcome is not Outcome.PASSED:
            item.session.shouldfail = f"{result.id} did not pass"
        return True

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> pytest.TestReport:
        """Keep what the test raised; the first phase that raises decides.

        The report is a bare one: pytest's own would take longer to format a failure than most tests take.
        """
        if call.excinfo is not None and self._attempt is not None and self._attempt.error is None:
            self._attempt.error = call.excinfo.value
        assert call.when != "collect"
        outcome: Literal["passed", "failed"] = "passed" if call.excinfo is None else "failed"
        return pytest.TestReport(item.nodeid, item.location, {}, outcome, None, call.when)

    def pytest_internalerror(self, excinfo: pytest.ExceptionInfo[BaseException]) -> bool:
        """Take pytest's own failures for ours, without printing them."""
        self.fault = self.fault or excinfo.value
        return True

    def _examine(self, item: pytest.Item, nextitem: pytest.Item | None, plan: TestResult) -> TestResult:
        started = time.monotonic()
        attempt, found = self._run(item, nextitem, stand_in=False)
        if found.fault is Fault.UNCLEAR and isinstance(attempt.error, MemoryError):
            # On our side: the machine may have been short of memory for a moment, which no answer is to blame for.
            attempt, found = self._run(item, nextitem, stand_in=False)
        seconds = time.monotonic() - started
        aftermath = attempt.aftermath.get("candidate", Aftermath(None))
        self.patience.charge(
            max(aftermath.cpu_seconds, attempt.waited_seconds),
            answered=attempt.answered,
            timed_out=attempt.asked if found.outcome is Outcome.TIMEOUT else None,
        )
        self.findings.extend(attempt.findings)
        if found.fault is Fault.UNCLEAR:
            found = self._ask_reference(item, nextitem, found)
        if found.fault is Fault.OURS:
            raise SuiteError(
                f"the hidden test {plan.id} is broken: {found.message}",
                cure="mend the test; nobody was scored by it",
            )
        return replace(
            plan,
            outcome=found.outcome,
            seconds=seconds,
            cpu_seconds=aftermath.cpu_seconds,
            message=found.message,
            frames=found.frames,
            output=aftermath.output,
            measured=found.measured,
            calls=attempt.calls if found.outcome is not Outcome.PASSED else (),
            memory_bytes=aftermath.memory_bytes,
            timings=attempt.timings,
        )

    def _fork_limits(self, item: pytest.Item) -> ForkLimits:
        """What a test's process may use. The examiner's own limits come first; the kernel's stand behind them."""
        limits = self.assignment.limits
        seed = derived(self.seed, self.assignment.name, item.nodeid, "globals") % 2**32
        return ForkLimits(limits.memory_bytes, limits.test_seconds + 1, seed, self.assignment.modules)

    def _ask_reference(self, item: pytest.Item, nextitem: pytest.Item | None, found: Verdict) -> Verdict:
        """A test that broke on an answer is sound if it passes for the reference: then the answer was unusable."""
        assert self.hosts is not None
        if self.hosts.stand_in is None or self._run(item, nextitem, stand_in=True)[1].outcome is Outcome.PASSED:
            return Verdict(Fault.CANDIDATE, Outcome.FAILED, f"what came back could not be used ({found.message})")
        return replace(found, fault=Fault.OURS)

    def _run(self, item: pytest.Item, nextitem: pytest.Item | None, *, stand_in: bool) -> tuple[_Attempt, Verdict]:
        assert self.hosts is not None
        mark = item.get_closest_marker("limits")
        own = mark.kwargs.get("call_seconds") if mark is not None else None
        self._attempt = attempt = _Attempt(
            self.hosts,
            self.assignment,
            self._fork_limits(item),
            partial(self.patience.call_seconds, own=own),
            stand_in,
        )
        try:
            if isinstance(item, pytest.Function):
                item._initrequest()  # fixtures anew, also for the second run of an item
            runtestprotocol(item, log=False, nextitem=nextitem)
        finally:
            self._attempt = None
            attempt.end()
        if nextitem is not None and _uses(nextitem, "candidate") and not stand_in:
            self.hosts.candidate.prepare(self._fork_limits(nextitem))
        if self.needs_reference and self.hosts.reference is not None:
            # Not before the first test has run: until then the submission's own sandbox needs the engine.
            self.hosts.reference.launch()
        if isinstance(attempt.error, GraderError):
            raise attempt.error
        return attempt, verdict(attempt.error, attempt.loss)


class CollectingPlugin(ExaminerPlugin):
    """Collects one assignment's suite, and runs it later.

    Attributes:
        once_collected: is called when the suite is collected, while pytest still holds it.
    """

    def __init__(self, assignment: Assignment) -> None:
        super().__init__(assignment, None, 0, lambda result: None)
        self.once_collected: Callable[[], None] = lambda: None
        self.items: list[pytest.Item] = []

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Have others use what was collected, instead of running it."""
        self.items = session.items
        if not self.collection_errors:
            self.once_collected()
        return True

    def run_collected(self, hosts: Hosts | None, seed: int) -> None:
        """Run what was collected, as pytest's own loop would; once in a process.

        Args:
            hosts: where submission and reference run; ``None`` to run nothing.
            seed: all inputs are drawn from it.
        """
        self.hosts, self.seed = hosts, seed
        if hosts is None:
            return
        try:
            for item, following in zip(self.items, [*self.items[1:], None], strict=True):
                item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        except pytest.exit.Exception:
            assert self.fault is not None  # it says why


class _Attempt:
    """One run of one test: the processes that it has begun and what became of them."""

    def __init__(
        self,
        hosts: Hosts,
        assignment: Assignment,
        limits: ForkLimits,
        call_seconds: Callable[[str], float],
        stand_in: bool,
    ) -> None:
        self.hosts = hosts
        self.assignment = assignment
        self.limits = limits
        self.call_seconds = call_seconds
        self.stand_in = stand_in
        self.error: BaseException | None = None
        self.conversations: dict[str, Conversation] = {}
        self.aftermath: dict[str, Aftermath] = {}

    def subject(self, role: str) -> Subject:
        """Return the door to the process of a role; begins it if need be."""
        if role == "reference" and self.hosts.reference is None:
            role = "candidate"
        if role not in self.conversations:
            self.conversations[role] = self._begin(role)
        return Subject(self.conversations[role])

    def _begin(self, role: str) -> Conversation:
        limits = self.assignment.limits
        is_candidate = role == "candidate" and not self.stand_in
        call_seconds = self.call_seconds if is_candidate else lambda function: limits.test_seconds
        return self._host(role).begin(self.limits, call_seconds, limits.test_seconds)

    def end(self) -> None:
        """End the processes and learn what the kernel says of them."""
        for role, conversation in self.conversations.items():
            self.aftermath[role] = self._host(role).end(conversation)
        trouble = self.aftermath.get("reference", Aftermath(None)).loss
        if trouble is not None and not isinstance(self.error, GraderError):
            self.error = SuiteError(f"the reference was lost in a hidden test: {trouble.message}")

    @property
    def loss(self) -> Loss | None:
        """Why the submission's process was lost, if it was."""
        return self.aftermath.get("candidate", Aftermath(None)).loss

    @property
    def waited_seconds(self) -> float:
        """What waiting for the submission counts for: less than the same time of computing."""
        conversation = self.conversations.get("candidate")
        return 0.0 if conversation is None else conversation.waited_seconds / WALL_FACTOR

    @property
    def asked(self) -> str:
        """What the submission was asked last."""
        conversation = self.conversations.get("candidate")
        return "" if conversation is None else conversation.asked

    @property
    def answered(self) -> set[str]:
        """What the submission has given an answer to."""
        conversation = self.conversations.get("candidate")
        return set() if conversation is None else conversation.answered

    @property
    def calls(self) -> tuple[str, ...]:
        """What the submission was asked last, as code."""
        conversation = self.conversations.get("candidate")
        return () if conversation is None else described(conversation.calls)

    @property
    def timings(self) -> tuple[Timing, ...]:
        """What the test has timed."""
        conversation = self.conversations.get("candidate")
        return () if conversation is None else conversation.timings

    @property
    def findings(self) -> list[Finding]:
        """What was observed of the submission."""
        conversation = self.conversations.get("candidate")
        return [] if conversation is None or self.stand_in else conversation.findings

    def _host(self, role: str) -> Host:
        chosen = self.hosts.reference if role == "reference" else self.hosts.stand_in if self.stand_in else None
        return chosen or self.hosts.candidate


def _planned(item: pytest.Item) -> TestResult:
    mark = item.get_closest_marker("criterion")
    criterion = str(mark.args[0]) if mark is not None and mark.args else ""
    requirement = inspect.getdoc(getattr(item, "obj", None)) or ""
    return TestResult(item.nodeid, criterion, " ".join(requirement.split()), Outcome.NOT_RUN, message="not run")


def _uses(item: pytest.Item, fixture: str) -> bool:
    return fixture in getattr(item, "fixturenames", ())
