"""The suite of ``benchmarks/batch.py`` as one of otter-grader: a file for each test, graded by ``otter run``."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import nbformat
from by_nbgrader import calls
from nbformat.v4 import new_code_cell, new_notebook

ROOT = Path(__file__).resolve().parents[1]
TEST = """\
OK_FORMAT = False
from types import SimpleNamespace
import numpy as np
from otter.test_files import test_case
name, points = {name!r}, 1

@test_case(points=1)
def test(KNNClassifier):
    candidate = SimpleNamespace(knn=SimpleNamespace(KNNClassifier=KNNClassifier))
    {imported}
    {called}
"""


def graded(handed: Path, bank: Path, folder: Path, otter: str) -> float:
    """Wall time of ``otter run`` for each submission, one after the other, as it is done on one machine.

    Args:
        handed: with a folder for each submission.
        bank: with the suite.
        folder: to be made.
        otter: the command.
    """
    suite = bank / "tests" / "hidden" / "knn"
    (folder / "tests").mkdir(parents=True)
    for name, code in calls(suite):
        imported, called = code.splitlines()
        (folder / "tests" / f"{name}.py").write_text(TEST.format(name=name, imported=imported, called=called))
    run(
        folder,
        suite,
        otter,
        "generate",
        "-t",
        "tests",
        "-o",
        "autograder.zip",
        "--no-environment",
        "--no-requirements",
    )
    names = sorted(path.name for path in handed.iterdir())
    for name in names:
        source = (handed / name / "knn.py").read_text()
        kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
        notebook = new_notebook(cells=[new_code_cell(source)], metadata={"kernelspec": kernel})
        nbformat.write(notebook, folder / f"{name}.ipynb")
        (folder / f"results-{name}").mkdir()
    started = time.perf_counter()
    for name in names:
        run(
            folder, suite, otter, "run", "-a", "autograder.zip", "-o", f"results-{name}", "--no-logo", f"{name}.ipynb"
        )
    seconds = time.perf_counter() - started
    for name in names:
        check(folder / f"results-{name}" / "results.json", len(list((folder / "tests").iterdir())))
    return seconds


def run(folder: Path, suite: Path, otter: str, *arguments: str) -> None:
    """Run a command of otter-grader's, which has to succeed."""
    path = os.pathsep.join([str(Path(otter).parent), os.environ["PATH"]])
    environment = os.environ | {"PATH": path, "PYTHONPATH": os.pathsep.join([str(ROOT), str(suite)])}
    done = subprocess.run(
        [otter, *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(
            f"{otter} {' '.join(arguments)} ended with {done.returncode}:\n{(done.stdout + done.stderr)[-2000:]}"
        )


def check(results: Path, points: int) -> None:
    """See that otter-grader has found every test passed."""
    tests = json.loads(results.read_text())["tests"]
    found = sum(test.get("score", 0) for test in tests)
    if found != points:
        sys.exit(f"otter-grader should give {points} points, but gives {found}: {json.dumps(tests)[-2000:]}")
