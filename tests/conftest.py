"""What the grader's own tests share: small banks, and whether there is a Docker engine."""

from __future__ import annotations

import functools
import gc
import json
import os
import re
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from grader.sandbox import SandboxProvider
from grader.sandbox.choosing import choose
from tests.browser import browser, opener

__all__ = ["browser", "opener"]

ROOT = Path(__file__).resolve().parents[1]
REQUIRE_DOCKER = "GRADER_REQUIRE_DOCKER"

LOCAL_KINDS = ("bubblewrap", "embedded")
"""Sandboxes that need no engine."""

GROWN = "embedded, grown"
"""The embedded sandbox with workers that share their start, as in a round."""


def chosen(kind: str, *hash_seeds: int) -> SandboxProvider:
    """Make sandboxes of a kind, ``GROWN`` included, whose workers then share the start of these hash seeds."""
    if kind != GROWN:
        return choose(kind, lambda text: None)
    made = choose("embedded", lambda text: None)
    for hash_seed in hash_seeds:
        assert made.grow(hash_seed)
    return made


_REMOVAL_SECONDS = 5.0

collect_ignore = ["hidden", "attacks/bank", "attacks/submissions"]

ASSESSMENT = """\
    title = "Toy take-home"
    version = "1"
    pass_mark = 60

    [[assignments]]
    name = "toy"
    weight = 1
"""

ASSIGNMENT = """\
    title = "A toy"
    version = "1"
    modules = ["toy"]

    [limits]
    call_seconds = 1
    test_seconds = 3
    total_seconds = 60
    memory_mb = 256

    [[criteria]]
    id = "mean"
    title = "Means"
    points = 60
    skill = "correctness"
    expects = "returns the mean of each column"

    [[criteria]]
    id = "bad_input"
    title = "Bad input"
    points = 40
    skill = "input validation"
    expects = "refuses empty input with a ValueError"
"""

SUITE = '''\
    """The toy's hidden suite. CANARY-SUITE"""

    import numpy as np
    import pytest

    from grader.examiner.oracle import array, assert_close


    @pytest.mark.criterion("mean")
    def test_means_of_columns(candidate, rng):
        """The mean of each column is returned."""
        X = rng.normal(size=(20, 3))
        assert_close(array(candidate.toy.mean(X), shape=(3,)), X.mean(axis=0), rtol=1e-9)


    @pytest.mark.criterion("mean")
    def test_mean_of_one_row_is_the_row(candidate, rng):
        """With one row the mean is that row."""
        X = rng.normal(size=(1, 4))
        assert_close(array(candidate.toy.mean(X), shape=(4,)), X[0], rtol=1e-9)


    @pytest.mark.criterion("bad_input")
    def test_empty_input_is_refused(candidate):
        """Empty input is a ValueError; good input is not."""
        array(candidate.toy.mean(np.ones((2, 2))), shape=(2,))
        with pytest.raises(ValueError):
            candidate.toy.mean(np.ones((0, 2)))
'''

REFERENCE = '''\
    """The toy's reference. CANARY-REFERENCE"""

    import numpy as np


    def mean(X):
        X = np.asarray(X, dtype=float)
        if X.shape[0] == 0:
            raise ValueError("X has no rows")
        return X.mean(axis=0)
'''


STUB = '''\
    """A toy: fill in the body."""


    def mean(X):
        """Return the mean of each column."""
        raise NotImplementedError
'''

VARIANT = '''\
    """Column by column, in plain Python."""


    def mean(X):
        rows = [list(map(float, row)) for row in X]
        if not rows:
            raise ValueError("nothing to average")
        return [sum(column) / len(column) for column in zip(*rows)]
'''

MISTAKES = """\
    [[mistakes]]
    id = "across-rows"
    wrong = "The mean of each row is returned."
    find = "axis=0"
    replace = "axis=1"
    loses = ["mean"]

    [[mistakes]]
    id = "empty-accepted"
    wrong = "Empty input gives NaN."
    find = "if X.shape[0] == 0:"
    replace = "if False:"
    loses = ["bad_input"]
"""


def question_notebook() -> str:
    """The source of two written questions, as nbgrader has it."""
    asked = (
        ("chance", "What is random", 60, "Where does *chance* enter?", "- 60 points: CANARY-SCHEME nowhere"),
        ("cost", "Cost", 40, "What does `mean` cost?\n\nAnd why?", "- 40 points: CANARY-SCHEME one pass"),
    )
    cells = [question_cell("introduction", "# A toy: written questions")]
    for number, (name, title, points, text, scheme) in enumerate(asked, 1):
        cells.append(question_cell(f"{name}-question", f"## {number}. {title} ({points} points)\n\n{text}"))
        cells.append(question_cell(name, scheme, grade=True, solution=True, locked=False, points=points))
    kernel = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    return json.dumps({"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5})


def question_cell(name: str, source: str, **changes: Any) -> dict[str, Any]:
    """A cell of Markdown with nbgrader's metadata: locked, unless it is changed."""
    told = {"cell_type": "markdown", "grade": False, "grade_id": name, "locked": True, "schema_version": 3}
    told |= {"solution": False, "task": False} | changes
    return {"cell_type": "markdown", "id": name, "metadata": {"nbgrader": told}, "source": source}


class ToyBank:
    """A bank in a folder, with one assignment that can be changed file by file."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.write("assignments/assessment.toml", ASSESSMENT)
        self.write("assignments/toy/assignment.toml", ASSIGNMENT)
        self.write("tests/hidden/toy/test_toy.py", SUITE)
        self.write("solutions/toy/reference/toy.py", REFERENCE)

    def complete(self) -> ToyBank:
        """Add what a suite is proved on."""
        self.write("assignments/toy/toy.py", STUB)
        self.write("solutions/toy/variants/plain.py", VARIANT)
        self.write("solutions/toy/mistakes.toml", MISTAKES)
        return self

    def add_other(self) -> ToyBank:
        """Add a second assignment, ``other``, that is like the first and weighs three times as much."""
        listed = self.root / "assignments" / "assessment.toml"
        listed.write_text(listed.read_text() + '\n[[assignments]]\nname = "other"\nweight = 3\n')
        for folder, old, new in (
            ("assignments", "toy/assignment.toml", "other/assignment.toml"),
            ("tests/hidden", "toy/test_toy.py", "other/test_toy.py"),
            ("solutions", "toy/reference/toy.py", "other/reference/other.py"),
        ):
            text = (self.root / folder / old).read_text()
            self.write(
                f"{folder}/{new}", text.replace('["toy"]', '["other"]').replace("candidate.toy", "candidate.other")
            )
        return self

    def add_questions(self, name: str = "toy", written_points: float = 20) -> ToyBank:
        """Add written questions to an assignment: ``chance``, of 60 points, and ``cost``, of 40."""
        self.write(f"solutions/{name}/questions.ipynb", question_notebook())
        listed = self.root / "assignments" / "assessment.toml"
        text = re.sub(r"^written_points = .*\n", "", listed.read_text(), flags=re.MULTILINE)
        listed.write_text(text.replace("pass_mark = ", f"written_points = {written_points:g}\npass_mark = ", 1))
        return self

    def write(self, name: str, text: str) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text), encoding="utf-8")
        return path

    def submission(self, text: str, name: str = "handed_in") -> Path:
        """Write a toy.py to hand in; return its folder."""
        return self.write(f"{name}/toy.py", text).parent

    @property
    def reference(self) -> Path:
        return self.root / "solutions" / "toy" / "reference"


@pytest.fixture
def toy_bank(tmp_path: Path) -> ToyBank:
    return ToyBank(tmp_path / "bank")


Grader = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def grader(tmp_path: Path) -> Grader:
    """Run the command as a user would: in a process and a folder of its own."""
    folder = tmp_path / "cwd"
    folder.mkdir()

    def run(
        *arguments: str | Path, env: dict[str, str] | None = None, timeout: float = 180
    ) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "grader", *map(str, arguments)]
        environment = {key: value for key, value in os.environ.items() if key != "GRADER_BANK"} | (env or {})
        with subprocess.Popen(
            command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as process:
            STARTED.add(process.pid)
            try:
                stdout, stderr = process.communicate(timeout=timeout)
            finally:
                process.kill()
        return subprocess.CompletedProcess(command, process.returncode, stdout, stderr)

    return run


STARTED = {os.getpid()}
"""Processes whose containers are this test run's; others may be grading on the same engine."""


@functools.cache
def engine_answers() -> bool:
    docker = pytest.importorskip("docker")
    try:
        api = docker.APIClient(version="auto", timeout=10, **docker.utils.kwargs_from_env())
    except docker.errors.DockerException:
        answers = False
    else:
        api.close()
        answers = True
    with warnings.catch_warnings():
        # A client that failed to connect leaves its socket to the collector, which would blame whatever runs then.
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()
    return answers


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    needing = [item for item in items if item.get_closest_marker("docker")]
    if not needing or engine_answers():
        return
    if os.environ.get(REQUIRE_DOCKER):
        pytest.exit(f"{len(needing)} tests need a Docker engine and {REQUIRE_DOCKER} is set, but none answers", 3)
    for item in needing:
        item.add_marker(pytest.mark.skip(reason="no Docker engine answers"))


def own_containers(*, running: bool = False) -> list[str]:
    """List the containers that this test run has made and that are still there, or those that run by now."""
    import docker

    with closing(docker.APIClient(version="auto", **docker.utils.kwargs_from_env())) as api:
        ours = api.containers(all=not running, filters={"label": "grader.owner"})
        return [entry["Id"] for entry in ours if int(entry["Labels"]["grader.owner"].split(":")[1]) in STARTED]


@pytest.fixture
def containers() -> Callable[..., list[str]]:
    """See ``own_containers``."""
    return own_containers


def wait_for(condition: Callable[[], Any], seconds: float = 60.0) -> Any:
    """Ask again until the answer is true, and return it."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.02)
    return found


def is_alive(pid: int) -> bool:
    """Whether a process is there and has not ended (proc(5), state Z)."""
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


def gone(look: Callable[[], list[str]]) -> list[str]:
    """Look again until nothing is left, for a few seconds: the engine removes a container in its own time."""
    deadline = time.monotonic() + _REMOVAL_SECONDS
    while (left := look()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return left


TIMES = ("seconds", "cpu_seconds", "started", "measured_times", "memory_bytes", "timings")


def without_times(report: str) -> dict[str, object]:
    """A report without what may differ between two runs with one seed."""

    def strip(value: object) -> object:
        if isinstance(value, dict):
            return {k: strip(v) for k, v in value.items() if k not in TIMES}
        return [strip(item) for item in value] if isinstance(value, list) else value

    stripped = strip(json.loads(report))
    assert isinstance(stripped, dict)
    return stripped
