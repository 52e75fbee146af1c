"""Runs the hidden suite of one assignment and returns an outcome for every test that it holds."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path

import pytest

from grader.errors import GraderError, SuiteError
from grader.examiner.plugin import CollectingPlugin, ExaminerPlugin, Hosts, Progress
from grader.models import Assignment, Examination, Outcome, TestResult

_NEEDLESS = (
    *("cacheprovider", "terminal", "logging", "junitxml", "pastebin", "stepwise", "doctest", "faulthandler"),
    *("legacypath", "setuponly", "setupplan"),
    # They look for what nobody closed or caught, in a full collection of garbage after each suite.
    *("unraisableexception", "threadexception"),
)


def examine(
    assignment: Assignment,
    suite: Path,
    suite_sha256: str,
    hosts: Hosts | None,
    *,
    seed: int,
    problem: str = "",
    progress: Progress = lambda result: None,
    criteria: Collection[str] | None = None,
    until_lost: bool = False,
    files: Sequence[str] = (),
) -> Examination:
    """Run a suite against a submission.

    Args:
        assignment: whose suite it is.
        suite: folder of the hidden tests.
        suite_sha256: of that folder, for the record.
        hosts: where submission and reference run; ``None`` if there is nothing to run, and all is ``NOT_RUN``.
        seed: all inputs are drawn from it.
        problem: why nothing can be run, for the report.
        progress: is told each result as it is known.
        criteria: run the tests of these only; ``None`` for all.
        until_lost: stop at the first test that does not pass; those after it are ``NOT_RUN``.
        files: run these of the folder only, and take nothing else that lies there for a part of the suite.

    Raises:
        SuiteError: the suite is broken; nobody is scored by it.
        SandboxError: the sandbox was lost through no fault of the submission.
        KeyboardInterrupt: somebody pressed Ctrl-C.
    """
    plugin = ExaminerPlugin(assignment, hosts, seed, progress, criteria, until_lost=until_lost)
    with _private_environment(suite):
        status = pytest.main(_arguments(suite, files), plugins=[plugin])
    _check(plugin, status, suite)
    return _examination(plugin, suite_sha256, problem)


class CollectedSuite:
    """A suite that pytest has collected and that can be run, once in a process: fork one for each run.

    Args:
        assignment: whose suite it is.
        suite: folder of the hidden tests.
        suite_sha256: of that folder, for the record.
    """

    def __init__(self, assignment: Assignment, suite: Path, suite_sha256: str) -> None:
        self.assignment = assignment
        self.suite = suite
        self.suite_sha256 = suite_sha256
        self.plugin = CollectingPlugin(assignment)

    def run(self, hosts: Hosts | None, *, seed: int, problem: str = "") -> Examination:
        """Run the suite against a submission; as ``examine``, but for the collection, which is over.

        Args:
            hosts: where submission and reference run; ``None`` if there is nothing to run.
            seed: all inputs are drawn from it.
            problem: why nothing can be run, for the report.

        Raises:
            SuiteError: the suite is broken; nobody is scored by it.
            SandboxError: the sandbox was lost through no fault of the submission.
            KeyboardInterrupt: this process was told to stop.
        """
        with contextlib.redirect_stdout(io.StringIO()):
            self.plugin.run_collected(hosts, seed)
        _check(self.plugin, pytest.ExitCode.OK, self.suite)
        return _examination(self.plugin, self.suite_sha256, problem)


def with_collected(suites: Sequence[CollectedSuite], work: Callable[[], None]) -> None:
    """Collect suites, then do ``work``, in which each of them can be run.

    Each is collected within the run of the one before, since pytest ends what it has collected with its run.

    Args:
        suites: to collect.
        work: what to do when all are.

    Raises:
        SuiteError: a suite cannot be collected.
    """
    if not suites:
        work()
        return
    first, *others = suites
    failure: list[BaseException] = []

    def go_on() -> None:
        _forget_modules(first.suite)
        try:
            with_collected(others, work)
        except BaseException as error:  # pytest would take it for one of its own
            failure.append(error)

    first.plugin.once_collected = go_on
    with _private_environment(first.suite):
        status = pytest.main(_arguments(first.suite, ()), plugins=[first.plugin])
    if failure:
        raise failure[0]
    _check(first.plugin, status, first.suite)


def _examination(plugin: ExaminerPlugin, suite_sha256: str, problem: str) -> Examination:
    results = tuple(plugin.results.get(plan.id, plan) for plan in plugin.planned)
    problem = problem or _import_problem(results, plugin.assignment)
    findings = tuple(dict.fromkeys(plugin.findings))
    return Examination(plugin.assignment.name, results, suite_sha256, problem, findings)


def _arguments(suite: Path, files: Sequence[str]) -> list[str]:
    """The same run on every machine: nothing of the caller's configuration or plugins counts."""
    fixed = ["-c", os.devnull, f"--rootdir={suite}", f"--confcutdir={suite}", "--import-mode=importlib"]
    fixed += ["--capture=no", "--strict-markers", "-W", "ignore::pytest.PytestAssertRewriteWarning"]
    for name in _NEEDLESS:
        fixed += ["-p", f"no:{name}"]
    return [*fixed, "--noconftest", *(str(suite / name) for name in files)] if files else [*fixed, str(suite)]


@contextlib.contextmanager
def _private_environment(suite: Path) -> Iterator[None]:
    """pytest without the caller's plugins and options; what a suite prints stays out of our output."""
    mine = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_ADDOPTS": "", "PYTEST_PLUGINS": ""}
    # Where these are set, pytest compares whole answers line by line, which a long answer makes last for minutes.
    absent = ("CI", "BUILD_NUMBER")
    before = {key: os.environ.get(key) for key in (*mine, *absent)}
    os.environ.update(mine)
    for key in absent:
        os.environ.pop(key, None)
    path, printed = list(sys.path), io.StringIO()
    try:
        with contextlib.redirect_stdout(printed):
            yield
    finally:
        sys.path[:] = path
        _forget_modules(suite)
        for key, value in before.items():
            if value is None:
                os.environ.pop(key, None)
            else:
                os.environ[key] = value


def _forget_modules(suite: Path) -> None:
    """Another suite may have files of the same names."""
    for name, module in list(sys.modules.items()):
        if Path(getattr(module, "__file__", None) or "").is_relative_to(suite):
            del sys.modules[name]


def _check(plugin: ExaminerPlugin, status: int | pytest.ExitCode, suite: Path) -> None:
    """Raise what went wrong with the run itself."""
    fault = plugin.fault
    if isinstance(fault, (GraderError, KeyboardInterrupt)):
        raise fault
    if fault is not None:
        raise SuiteError(f"the hidden suite {suite.name} broke the examiner: {fault!r}") from fault
    if plugin.collection_errors:
        raise SuiteError(f"the hidden suite {suite.name} cannot be collected: {plugin.collection_errors[0]}")
    if status == pytest.ExitCode.INTERRUPTED:
        raise KeyboardInterrupt
    if not plugin.planned:
        raise SuiteError(f"the hidden suite {suite.name} holds no test")
    if status not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.NO_TESTS_COLLECTED):
        raise SuiteError(f"pytest ended with status {status} on the hidden suite {suite.name}")


def _import_problem(results: tuple[TestResult, ...], assignment: Assignment) -> str:
    """If no test got past importing the modules, say why."""
    if any(result.outcome is Outcome.PASSED for result in results):
        return ""
    imports = [result for result in results if _failed_to_import(result)]
    if not imports or len(imports) < len([r for r in results if r.outcome is not Outcome.NOT_RUN]):
        return ""
    modules = ", ".join(f"{name}.py" for name in assignment.modules)
    return f"{modules} cannot be imported: {imports[0].message.removeprefix('raised ')}"


def _failed_to_import(result: TestResult) -> bool:
    if result.frames and all(frame.function == "<module>" for frame in result.frames):
        return True
    return result.message.startswith(("raised SyntaxError", "raised IndentationError", "raised TabError"))
