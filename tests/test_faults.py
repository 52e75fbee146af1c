"""Faults of ours, injected: nobody's score is wrong, the exit code says whose fault it was, nothing is left."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from grader.publishing import FILES
from tests.conftest import Grader, ToyBank

STAGES = 16
STEP_SECONDS = 0.1
WRITTEN = tuple(FILES)
"""What ``--output`` has written, in this order, each whole."""


def run_with(limit: Callable[[], None], *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run the command with a limit that the kernel keeps."""
    command = [sys.executable, "-m", "grader", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, preexec_fn=limit)


def test_a_report_that_cannot_be_written_is_our_failure(toy_bank: ToyBank, tmp_path: Path) -> None:
    """As on a full disk: the kernel refuses to write on. What was there before stays."""
    results = tmp_path / "results"
    results.mkdir()
    (results / "report.json").write_text("an earlier report")
    command = ("score", toy_bank.reference, "--bank", toy_bank.root, "--sandbox", "none", "--output", results)
    done = run_with(lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000)), *command)
    assert done.returncode == 3, done.stderr
    assert "could not be written" in done.stderr
    assert "choose another --output" in done.stderr
    assert [(path.name, path.read_text()) for path in results.iterdir()] == [("report.json", "an earlier report")]
    assert run_with(lambda: None, *command).returncode == 0
    assert {path.name for path in results.iterdir()} == set(WRITTEN)


def test_an_examiner_without_memory_scores_nobody(toy_bank: ToyBank) -> None:
    toy_bank.write(
        "tests/hidden/toy/test_memory.py",
        """
        import numpy as np
        import pytest

        @pytest.mark.criterion("mean")
        def test_of_a_large_table(candidate):
            X = np.ones((10, 1_000_000_000))
            assert candidate.toy.mean(X[:, :3]).shape == (3,)
        """,
    )
    gigabytes = 4 * 2**30
    done = run_with(
        lambda: resource.setrlimit(resource.RLIMIT_AS, (gigabytes, gigabytes)),
        *("score", toy_bank.reference, "--bank", toy_bank.root, "--sandbox", "none"),
    )
    assert (done.returncode, done.stdout) == (3, ""), done.stderr
    assert "MemoryError" in done.stderr


def test_memory_that_was_short_for_a_moment_costs_nobody_anything(grader: Grader, toy_bank: ToyBank) -> None:
    toy_bank.write(
        "tests/hidden/toy/test_memory.py",
        """
        import pytest

        attempts = []

        @pytest.mark.criterion("mean")
        def test_that_finds_no_memory_at_first(candidate):
            attempts.append(candidate.toy.mean([[1.0]]))
            if len(attempts) == 1:
                raise MemoryError
        """,
    )
    done = grader("score", toy_bank.reference, "--bank", toy_bank.root, "--sandbox", "none")
    assert done.returncode == 0, done.stdout
    assert "Score 100 of 100" in done.stdout


def test_a_clock_that_jumps_changes_nothing(grader: Grader, toy_bank: ToyBank, tmp_path: Path) -> None:
    """Forth by a year and back again, at each look."""
    (tmp_path / "sitecustomize.py").write_text(
        "import itertools, time\n"
        "real, signs = time.time, itertools.cycle([1, -1])\n"
        "time.time = lambda: real() + next(signs) * 3.2e7\n"
    )
    looping = toy_bank.submission("def mean(X):\n    while True:\n        pass\n")
    for folder, score in ((toy_bank.reference, 100), (looping, 0)):
        command = ("score", folder, "--bank", toy_bank.root, "--sandbox", "none", "--format", "json")
        done = grader(*command, env={"PYTHONPATH": str(tmp_path)})
        told = json.loads(done.stdout)
        assert told["score"] == score
        assert 0 < told["provenance"]["seconds"] < 150


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_a_run_may_be_ended_at_any_stage(toy_bank: ToyBank, tmp_path: Path, sent: signal.Signals) -> None:
    """From the first import to the last line: no traceback, nothing half-written, no folder left."""
    temporary, results = tmp_path / "temporary", tmp_path / "results"
    temporary.mkdir()
    begun = "import sys, grader.__main__ as entry; sys.stderr.write('begun\\n'); entry.main()"
    command = ["score", toy_bank.reference, "--bank", toy_bank.root, "--sandbox", "none", "--output", results]
    endings = set()
    for stage in range(1, STAGES):
        with subprocess.Popen(
            [sys.executable, "-c", begun, *map(str, command)],
            env=os.environ | {"TMPDIR": str(temporary)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stderr is not None
            assert process.stderr.readline() == "begun\n"
            time.sleep(stage * STEP_SECONDS)
            process.send_signal(sent)
            stdout, stderr = process.communicate(timeout=60)
        endings.add(process.returncode)
        # What strikes in a callback of the garbage collector's is told by CPython itself, and lost.
        assert "Traceback" not in stderr.partition("Exception ignored")[0], (stage, stderr)
        assert bool(stdout) == (process.returncode == 0), (stage, stdout)
        names = {path.name for path in results.iterdir()} if results.exists() else set()
        assert names in [set(WRITTEN[:count]) for count in range(len(WRITTEN) + 1)], stage
        assert not list(temporary.iterdir()), stage
    assert endings <= {0, 130} | ({-signal.SIGTERM} if sent == signal.SIGTERM else set())
    assert 130 in endings


def test_an_interrupt_in_generated_code_exits_130_too(tmp_path: Path) -> None:
    """An import is full of such code; a signal that comes then made the process die of SIGINT instead."""
    (tmp_path / "interrupted.py").write_text(
        "import grader.__main__, grader.cli\n"
        "grader.cli.main = lambda prog_name: exec('raise KeyboardInterrupt')\n"
        "grader.__main__.main()\n"
    )
    done = subprocess.run([sys.executable, "-m", "interrupted"], cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (130, "grader: interrupted\n")
