"""The pipeline: what was handed in goes in, a report comes out.

Stateless; takes and returns plain data, so that the same function serves one file, a pool and a cluster.
"""

from __future__ import annotations

import hashlib
import platform
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib import metadata

from grader import __version__, integrity
from grader.bank import Bank
from grader.examiner.seeding import derived
from grader.examining import Examined, Progress, Task, examine_all
from grader.models import Answer, Assessment, Examination, Provenance, Report, Submission, Written
from grader.sandbox import SandboxFacts, SandboxProvider
from grader.scoring import score, with_written
from grader.written.answers import answers_of


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
    jobs: int = 1,
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
        jobs: examine so many assignments at once, in processes and sandboxes of their own; 1 stays in this process.
        progress: is told each result as it is known.
        clock: for tests.

    Raises:
        SuiteError: a hidden suite is broken.
        SandboxError: the sandbox was lost through no fault of the submission.
        BankError: rubric and suite do not fit together.
    """
    task = Task(submission, bank, assessment, seed)
    return report_of(task, lambda: examine_all(task, provider, jobs, progress), clock)


def report_of(task: Task, examine: Callable[[], Examined], clock: Clock | None = None) -> Report:
    """Examine a submission and return its report.

    Args:
        task: what is examined, and by what.
        examine: does so, and raises what ``grade`` raises.
        clock: for tests.
    """
    clock = clock or Clock()
    started, began = clock.now(), clock.monotonic()
    examined = examine()
    submission, bank, assessment, seed = task.submission, task.bank, task.assessment, task.seed
    examinations = examined.examinations
    observed = [finding for examination in examinations.values() for finding in examination.findings]
    asked = written(bank, assessment, submission)
    return Report(
        assessment=assessment.title,
        submission=submission,
        score=with_written(score(assessment, examinations), asked),
        findings=integrity.findings(submission.modules, observed),
        provenance=_provenance(bank, examinations, examined.facts, seed, started, clock.monotonic() - began),
        missing=missing(assessment, submission),
        written=asked,
    )


def written(bank: Bank, assessment: Assessment, submission: Submission) -> tuple[Written, ...]:
    """Return what was answered to the questions of each assignment that has some; nobody has marked it.

    Raises:
        BankError: the questions of an assignment are wrong.
    """
    found = []
    for name in (assignment.name for assignment in assessment.assignments):
        if questions := bank.questions(name):
            given = answers_of(submission.answers.get(name), submission.notebooks.get(name), questions)
            answers = tuple(Answer(question, given.texts.get(question.id, "")) for question in questions)
            found.append(Written(name, assessment.weights[name], answers, given.rest, given.remarks))
    return tuple(found)


def inputs_sha256(seed: int, examination: Examination) -> str:
    """Return a digest of the seeds that the inputs of an assignment's tests are drawn from.

    It binds a report's seed to its suite against a slip of the hand; who computes it anew is found out by a
    signature only.
    """
    seeds = (derived(seed, examination.assignment, result.id, "inputs") for result in examination.results)
    return hashlib.sha256("\0".join(map(str, seeds)).encode()).hexdigest()


def missing(assessment: Assessment, submission: Submission) -> tuple[str, ...]:
    """Return the files that should have been handed in and were not."""
    wanted = [module for assignment in assessment.assignments for module in assignment.modules]
    return tuple(f"{module}.py" for module in wanted if module not in submission.modules)


@cache
def _numpy_version() -> str:
    """The examiner's; what is installed does not change while it runs, and is long to look up."""
    return metadata.version("numpy")


def _provenance(
    bank: Bank,
    examinations: Mapping[str, Examination],
    facts: SandboxFacts,
    seed: int,
    started: datetime,
    seconds: float,
) -> Provenance:
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
        proved=facts.proved,
        sandbox_why=facts.why,
        examiner_python=platform.python_version(),
        examiner_numpy=_numpy_version(),
        started=started.isoformat(timespec="seconds"),
        seconds=seconds,
        inputs_sha256={name: inputs_sha256(seed, examination) for name, examination in examinations.items()},
    )
