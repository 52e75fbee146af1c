"""Runs the public tests against the working folder as scoring runs the hidden ones: same worker, same protocol."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from grader.candidate.answering import Answering, find_answers
from grader.candidate.folder import Folder
from grader.candidate.modules import Found, find_modules
from grader.errors import SuiteError
from grader.examiner.seeding import hash_seed_of
from grader.models import Assignment, Frame, Outcome, TestResult
from grader.sandbox import SandboxProvider
from grader.stopping import undisturbed

if TYPE_CHECKING:
    from grader.examiner.host import Host

PUBLIC_SUITE = "test_public.py"
_TO_DO = "raised NotImplementedError"

Progress = Callable[[Assignment, TestResult], None]


@dataclass(frozen=True)
class Checked:
    """What the public tests of one assignment showed.

    Attributes:
        assignment: which.
        results: one for each public test; empty if none could be run.
        problem: why nothing of it can work, one line; empty if there is no such reason.
        paths: where its modules are, relative to the folder.
    """

    assignment: Assignment
    results: tuple[TestResult, ...]
    problem: str
    paths: tuple[str, ...]

    @property
    def passed(self) -> int:
        """How many public tests passed."""
        return sum(result.outcome is Outcome.PASSED for result in self.results)


@dataclass(frozen=True)
class Check:
    """Where a candidate stands.

    Attributes:
        title: of the take-home.
        version: of the take-home.
        assignments: those that were checked.
        problems: what is wrong with the folder, one clear line each.
        notes: what is left out of the modules that will be handed in, and what is odd about the answers.
        unlimited: what is not limited on this machine and will be in scoring; empty if all is as there.
        seconds: how long it took.
        answers: what was answered to written questions, by assignment.
    """

    title: str
    version: str
    assignments: tuple[Checked, ...]
    problems: tuple[str, ...]
    notes: tuple[str, ...]
    unlimited: str
    seconds: float
    answers: tuple[Answering, ...] = ()

    @property
    def passes(self) -> bool:
        """Whether every public test was run and passed, and nothing is wrong."""
        return not self.problems and all(c.results and c.passed == len(c.results) for c in self.assignments)


def is_to_do(result: TestResult) -> bool:
    """Whether a test came to a place that still says ``raise NotImplementedError``."""
    return result.message.startswith(_TO_DO)


def check(
    folder: Folder,
    names: Sequence[str] = (),
    *,
    provider: SandboxProvider | None = None,
    progress: Progress = lambda assignment, result: None,
) -> Check:
    """Run the public tests of a working folder.

    Args:
        folder: where the candidate works.
        names: of assignments; all of them if none is given.
        provider: starts workers; chosen by what this machine can do if not given.
        progress: is told each result as it is known.

    Raises:
        BankError: there is no such assignment, or a file of the packet is wrong; the message names it.
        SandboxError: no worker can be started.
    """
    started = time.monotonic()
    chosen = folder.narrowed(names)
    found = find_modules(folder, names)
    answers = find_answers(folder, names)
    with closing(provider or local_provider()) as opened, _host(folder, found, opened) as host:
        checked = tuple(_checked(folder, assignment, found, host, progress) for assignment in chosen)
    return Check(
        title=folder.assessment.title,
        version=folder.assessment.version,
        assignments=checked,
        problems=(*folder.problems(), *found.problems),
        notes=(*found.notes, *(line for each in answers for line in each.problems)),
        unlimited="" if can_fork() else "memory and processes are not limited on this machine; in scoring they are",
        seconds=time.monotonic() - started,
        answers=answers,
    )


def can_fork() -> bool:
    """Whether the worker that scores can run here: on Linux, with all that it needs of Python."""
    return sys.platform == "linux" and all(hasattr(os, name) for name in ("fork", "pidfd_open"))


def local_provider() -> SandboxProvider:
    """Return what starts workers on this machine, without a sandbox: the code is the candidate's own."""
    if can_fork():
        from grader.sandbox.process import ProcessProvider

        return ProcessProvider()
    from grader.sandbox.spawned import SpawnedProvider

    return SpawnedProvider()


@contextmanager
def _host(folder: Folder, found: Found, provider: SandboxProvider) -> Iterator[Host]:
    """What runs the candidate's modules; it starts while pytest and numpy are imported."""
    memory_bytes = max(assignment.limits.memory_bytes for assignment in folder.assessment.assignments)
    hash_seed = hash_seed_of(_seed(folder))
    with ExitStack() as cleanup:
        with undisturbed():
            sandbox = provider.launch(found.modules, memory_bytes=memory_bytes, hash_seed=hash_seed)
            cleanup.callback(sandbox.close)
        from grader.examiner.host import Host

        host = Host(provider, found.modules, memory_bytes=memory_bytes, hash_seed=hash_seed, sandbox=sandbox)
        cleanup.callback(host.close)
        yield host


def _checked(folder: Folder, assignment: Assignment, found: Found, host: Host, progress: Progress) -> Checked:
    from grader.examiner.examination import examine
    from grader.examiner.plugin import Hosts

    there = [name for name in assignment.modules if name in found.modules]
    paths = tuple(found.paths[name] for name in there)
    if missing := [f"{name}.py" for name in assignment.modules if name not in there]:
        problem = f"there is no {', '.join(missing)} that could be taken, so nothing was run"
        return Checked(assignment, (), problem, paths)
    suite = folder.root / assignment.name
    if not (suite / PUBLIC_SUITE).is_file():
        problem = f"{assignment.name}/{PUBLIC_SUITE} is missing; take it from the packet again"
        return Checked(assignment, (), problem, paths)
    try:
        examined = examine(
            assignment,
            suite,
            "",
            Hosts(host),
            seed=_seed(folder),
            progress=lambda result: progress(assignment, result),
            files=[PUBLIC_SUITE],
        )
    except SuiteError as error:
        problem = f"{error}; if {PUBLIC_SUITE} was changed, take it from the packet again"
        return Checked(assignment, (), problem.replace("hidden", "public"), paths)
    results = tuple(_in_cells(result, found) for result in examined.results)
    return Checked(assignment, results, examined.problem, paths)


def _in_cells(result: TestResult, found: Found) -> TestResult:
    """The result with the lines of notebooks told by cell, as their author sees them."""
    return replace(result, frames=tuple(_in_cell(frame, found) for frame in result.frames))


def _in_cell(frame: Frame, found: Found) -> Frame:
    module = frame.file.removesuffix(".py")
    lines = found.cells.get(module, ())
    cell, line = lines[frame.line - 1] if 0 < frame.line <= len(lines) else (0, 0)
    return replace(frame, file=f"{module}.ipynb, cell {cell}", line=line) if cell else frame


def _seed(folder: Folder) -> int:
    return folder.packet.seed if folder.packet is not None else 0
