"""The suite of ``benchmarks/batch.py`` as one of otter-grader: a file for each test, graded by ``otter run``."""

from __future__ import annotations

import json
import os
import sys
import time
from functools import partial
from pathlib import Path

import nbformat
from by_nbgrader import KERNEL, calls, run
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
    modules = os.pathsep.join([str(ROOT), str(suite)])
    call = partial(run, folder, otter, PYTHONPATH=modules)
    call("generate", "-t", "tests", "-o", "autograder.zip", "--no-environment", "--no-requirements")
    names = sorted(path.name for path in handed.iterdir())
    for name in names:
        source = (handed / name / "knn.py").read_text()
        notebook = new_notebook(cells=[new_code_cell(source)], metadata=KERNEL)
        nbformat.write(notebook, folder / f"{name}.ipynb")
        (folder / f"results-{name}").mkdir()
    started = time.perf_counter()
    for name in names:
        call("run", "-a", "autograder.zip", "-o", f"results-{name}", "--no-logo", f"{name}.ipynb")
    seconds = time.perf_counter() - started
    for name in names:
        check(folder / f"results-{name}" / "results.json", len(list((folder / "tests").iterdir())))
    return seconds


def check(results: Path, points: int) -> None:
    """See that otter-grader has found every test passed."""
    tests = json.loads(results.read_text())["tests"]
    found = sum(test.get("score", 0) for test in tests)
    if found != points:
        sys.exit(f"otter-grader should give {points} points, but gives {found}: {json.dumps(tests)[-2000:]}")
