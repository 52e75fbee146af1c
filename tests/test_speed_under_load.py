"""Speed is judged by CPU time against the reference: what else the machine does makes no difference."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.bank import Bank
from grader.validation.specimens import load_specimens
from grader.validation.trials import Trial, endings_of, without_speed

BANK = Bank(Path(__file__).resolve().parents[1])
NAMES = [assignment.name for assignment in BANK.assessment.assignments]
BUSY = "import numpy as np\nwhile True:\n    np.linalg.svd(np.ones((200, 200)))\n"


@pytest.fixture(scope="module")
def load() -> Iterator[None]:
    """A busy process for each core."""
    command = [sys.executable, "-c", BUSY]
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1"}
    busy = [subprocess.Popen(command, env=environment) for _ in range(os.cpu_count() or 1)]
    yield
    for process in busy:
        process.kill()
        process.wait()


@pytest.mark.docker
@pytest.mark.xdist_group("load")
@pytest.mark.usefixtures("load")
@pytest.mark.parametrize("name", NAMES)
def test_on_a_busy_machine_whole_arrays_pass_and_loops_do_not(name: str) -> None:
    assignment = BANK.assignment(name)
    speed = frozenset(criterion.id for criterion in assignment.criteria) - without_speed(assignment)
    kept = load_specimens(BANK, assignment)
    quick = [kept.reference, *[variant for variant in kept.variants if not variant.loses & speed][::3]]
    slow = [mistake for mistake in kept.mistakes if mistake.loses == speed][:1]
    assert len(quick) >= 3
    assert slow
    lost = {}
    for specimen in quick + slow:
        endings = endings_of(BANK, Trial(assignment, specimen, 5, speed), "docker")
        lost[specimen.id] = [test for test, ending in endings.items() if ending.outcome != "PASSED"]
    assert {name for name, tests in lost.items() if tests} == {mistake.id for mistake in slow}, lost
