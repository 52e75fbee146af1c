"""The pipeline: what was handed in goes in, a report comes out.

Stateless; takes and returns plain data, so that the same function serves one file, a pool and a cluster.
"""

from __future__ import annotations

import hashlib
import platform
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from grader import __version__, integrity
from grader.bank import Bank
from grader.models import Assessment, Assignment, Examination, Provenance, Report, Submission, TestResult
from grader.sandbox import SandboxFacts, SandboxProvider
from grader.scoring import score

if TYPE_CHECKING:
    from grader.examiner.host import Host
    from grader.examiner.plugin import Hosts

Progress = Callable[[Assignment, TestResult], None]


@dataclass(frozen=True)
class Clock:
    """The one seam for time."""

    monotonic: Callable[[], float] = time.monotonic
    now: Callable[[], datetime] = lambda: datetime.now(UTC)


def grade(
    submission: Submission,
    bank: Bank,
    assessment: Assessment,
    provider: SandboxProvider,
    *,
    seed: int,
    progress: Progress = lambda assignment, result: None,
    clock: Clock | None = None,
) -> Report:
    """Examine a submission and return its report.

    Args:
        submission: the modules, as bytes.
        bank: suites and references.
        assessment: which of the bank's assignments count, and how much.
        provider: where the submission runs.
        seed: all hidden inputs are drawn from it.
        progress: is told each result as it is known.
        clock: for tests.

    Raises:
        SuiteError: a hidden suite is broken.
        SandboxError: the sandbox was lost through no fault of the submission.
        BankError: rubric and suite do not fit together.
    """
    clock = clock or Clock()
    started, began = clock.now(), clock.monotonic()
    memory_bytes = max(assignment.limits.memory_bytes for assignment in assessment.assignments)
    references = {name: source for a in assessment.assignments for name, source in bank.reference(a).items()}
    with opened_hosts(provider, submission.modules, references, memory_bytes, hash_seed_of(seed)) as hosts:
        examinations = {
            assignment.name: _examine(assignment, submission, bank, hosts, seed, progress)
            for assignment in assessment.assignments
        }
        facts = hosts.candidate.facts()
    observed = [finding for examination in examinations.values() for finding in examination.findings]
    return Report(
        assessment=assessment.title,
        submission=submission,
        score=score(assessment, examinations),
        findings=integrity.findings(submission.modules, observed),
        provenance=_provenance(bank, examinations, facts, seed, started, clock.monotonic() - began),
        missing=_missing(assessment, submission),
    )


def hash_seed_of(seed: int) -> int:
    """Return the PYTHONHASHSEED of the sandboxes of a run: it follows from the run's seed."""
    return int.from_bytes(hashlib.sha256(f"hash {seed}".encode()).digest()[:4], "little")


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
        # The sandbox starts while numpy, pytest and the suite are imported: from here on both take their time.
        sandbox = provider.launch(submission, memory_bytes=memory_bytes, hash_seed=hash_seed)
        cleanup.callback(sandbox.close)
        from grader.examiner.host import Host
        from grader.examiner.plugin import Hosts

        candidate = Host(provider, submission, memory_bytes=memory_bytes, hash_seed=hash_seed, sandbox=sandbox)
        reference, stand_in = (
            Host(provider, references, memory_bytes=memory_bytes, hash_seed=hash_seed) for _ in range(2)
        )
        cleanup.callback(_close_all, [candidate, reference, stand_in])
        yield Hosts(candidate, reference, stand_in)


def _examine(
    assignment: Assignment, submission: Submission, bank: Bank, hosts: Hosts, seed: int, progress: Progress
) -> Examination:
    from grader.examiner.examination import examine

    absent = [f"{module}.py" for module in assignment.modules if module not in submission.modules]
    return examine(
        assignment,
        bank.suite(assignment.name),
        bank.suite_sha256(assignment.name),
        None if absent else hosts,
        seed=seed,
        problem=f"{', '.join(absent)} was not handed in" if absent else "",
        progress=lambda result: progress(assignment, result),
    )


def _close_all(hosts: Sequence[Host]) -> None:
    """Remove all sandboxes side by side: each removal waits for the engine."""
    with ThreadPoolExecutor(len(hosts)) as pool:
        for done in [pool.submit(host.close) for host in hosts]:
            done.result()


def _missing(assessment: Assessment, submission: Submission) -> tuple[str, ...]:
    wanted = [module for assignment in assessment.assignments for module in assignment.modules]
    return tuple(f"{module}.py" for module in wanted if module not in submission.modules)


def _provenance(
    bank: Bank,
    examinations: dict[str, Examination],
    facts: SandboxFacts,
    seed: int,
    started: datetime,
    seconds: float,
) -> Provenance:
    import numpy

    return Provenance(
        grader_version=__version__,
        bank_sha256=bank.sha256,
        suites_sha256={name: examination.suite_sha256 for name, examination in examinations.items()},
        seed=seed,
        sandbox=facts.kind,
        engine=facts.engine,
        image=facts.image,
        python=facts.python,
        numpy=facts.numpy,
        examiner_python=platform.python_version(),
        examiner_numpy=numpy.__version__,
        started=started.isoformat(timespec="seconds"),
        seconds=seconds,
    )
