"""Assignments examined side by side: the same report as one after the other, and nothing left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from grader.bank import Bank
from grader.grade import grade
from grader.models import Assignment, Report, TestResult
from grader.report.data import as_json
from grader.sandbox.process import ProcessProvider
from grader.submission import read_submission
from grader.worker.accounting import descendants
from tests.conftest import STARTED, Grader, ToyBank, is_alive, wait_for, without_times

LOOPING = "import time\nwhile True:\n    time.sleep(0.01)\n"


def both(toy_bank: ToyBank, toy: str, other: str) -> Path:
    """Hand in both modules of a bank of two assignments."""
    folder = toy_bank.add_other().submission(toy)
    (folder / "other.py").write_text(other)
    return folder


def reports(toy_bank: ToyBank, folder: Path) -> tuple[list[Report], list[list[str]]]:
    """Grade one after the other, then side by side; return the reports, and what was told on the way."""
    bank = Bank(toy_bank.root)
    submission = read_submission(folder, bank.assessment)
    found, told = [], []
    for jobs in (1, 2):
        names: list[str] = []

        def progress(assignment: Assignment, result: TestResult, names: list[str] = names) -> None:
            names.append(f"{assignment.name} {result.id} {result.outcome.name}")

        found.append(
            grade(submission, bank, bank.assessment, ProcessProvider(), seed=3, jobs=jobs, progress=progress)
        )
        told.append(sorted(names))
    return found, told


def test_side_by_side_gives_the_same_report(toy_bank: ToyBank) -> None:
    right = (toy_bank.reference / "toy.py").read_text()
    found, told = reports(toy_bank, both(toy_bank, right, right.replace("axis=0", "axis=1")))
    one, two = (without_times(as_json(report)) for report in found)
    assert one == two
    assert [entry.assignment.name for entry in found[1].score.assignments] == ["toy", "other"]
    assert told[0] == told[1]
    assert len(told[0]) == 6


def test_what_was_not_handed_in_costs_no_process(toy_bank: ToyBank) -> None:
    toy_bank.add_other()
    found, told = reports(toy_bank, toy_bank.reference)
    assert without_times(as_json(found[0])) == without_times(as_json(found[1]))
    assert told[0] == told[1]


def test_a_broken_suite_is_our_failure_here_too(grader: Grader, toy_bank: ToyBank) -> None:
    right = (toy_bank.reference / "toy.py").read_text()
    folder = both(toy_bank, right, right)
    suite = toy_bank.root / "tests" / "hidden" / "other" / "test_toy.py"
    suite.write_text(suite.read_text().replace("import numpy as np", "import numpy as np\n\n1 / 0"))
    command = ("score", folder, "--bank", toy_bank.root, "--sandbox", "none")
    one, two = (grader(*command, "--jobs", jobs) for jobs in ("1", "2"))
    assert (two.returncode, two.stdout) == (3, "")
    assert two.stderr == one.stderr
    assert "ZeroDivisionError" in two.stderr


def test_debug_shows_where_it_broke_in_the_other_process(grader: Grader, toy_bank: ToyBank) -> None:
    right = (toy_bank.reference / "toy.py").read_text()
    folder = both(toy_bank, right, right)
    suite = toy_bank.root / "tests" / "hidden" / "other" / "test_toy.py"
    suite.write_text("")
    done = grader("score", folder, "--bank", toy_bank.root, "--sandbox", "none", "--jobs", "2", "--debug")
    assert done.returncode == 3
    assert "in _examine" in done.stderr


def test_a_process_that_is_killed_is_our_failure(toy_bank: ToyBank) -> None:
    folder = both(toy_bank, LOOPING, LOOPING)
    with started(folder, toy_bank, "--sandbox", "none") as process:
        lane = wait_for(lambda: examiners_of(process.pid))[0]
        os.kill(lane, signal.SIGKILL)
        stdout, stderr = process.communicate(timeout=60)
    assert (process.returncode, stdout) == (3, "")
    assert "a process that examined was killed" in stderr


@pytest.mark.docker
@pytest.mark.parametrize("to_group", [False, True])
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_run_that_is_ended_leaves_no_container_and_no_process(
    toy_bank: ToyBank, containers: Callable[..., list[str]], sent: signal.Signals, to_group: bool
) -> None:
    folder = both(toy_bank, LOOPING, LOOPING)
    with started(folder, toy_bank) as process:
        lanes = wait_for(lambda: len(found := examiners_of(process.pid)) == 2 and found)
        STARTED.update(lanes)
        wait_for(lambda: len(containers(running=True)) == 2)
        if to_group:
            os.killpg(process.pid, sent)
        else:
            process.send_signal(sent)
        stdout, stderr = process.communicate(timeout=60)
    assert process.returncode == (-9 if sent == signal.SIGKILL else 130), stderr
    assert not stdout
    wait_for(lambda: not containers())
    wait_for(lambda: not any(is_alive(lane) for lane in lanes))


def started(folder: Path, toy_bank: ToyBank, *options: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "grader", "score", str(folder), "--bank", str(toy_bank.root), "--jobs", "2"]
    return subprocess.Popen(
        [*command, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )


def examiners_of(pid: int) -> list[int]:
    """Processes of a run that examine."""
    return [p for p in descendants(pid) if b"spawn_main" in Path(f"/proc/{p}/cmdline").read_bytes()]
