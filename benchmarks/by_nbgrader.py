"""The suite of ``benchmarks/batch.py`` as an assignment of nbgrader: a cell for each test, graded by its command."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_notebook

ASSIGNMENT = "knn"
KERNEL = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
FIRST = """\
import sys
from types import SimpleNamespace
sys.path.insert(0, {suite!r})
import numpy as np
candidate = SimpleNamespace(knn=SimpleNamespace(KNNClassifier=KNNClassifier))
"""


def autograded(handed: Path, bank: Path, course: Path) -> float:
    """Wall time of ``nbgrader autograde`` on all submissions; it takes one after the other.

    Args:
        handed: with a folder for each submission.
        bank: with the suite.
        course: folder to be made.
    """
    suite = bank / "tests" / "hidden" / ASSIGNMENT
    path = f"{ASSIGNMENT}/{ASSIGNMENT}.ipynb"
    tests = list(calls(suite))
    nbformat.write(made(suite, tests), written(course / "source" / path))
    nbgrader = partial(run, course, sys.executable, "-m", "nbgrader")
    nbgrader("generate_assignment", ASSIGNMENT, "--create")
    released = nbformat.read(course / "release" / path, nbformat.NO_CONVERT)
    for folder in sorted(handed.iterdir()):
        released.cells[0].source = (folder / f"{ASSIGNMENT}.py").read_text()
        nbformat.write(released, written(course / "submitted" / folder.name / path))
    started = time.perf_counter()
    nbgrader("autograde", ASSIGNMENT, "--create")
    seconds = time.perf_counter() - started
    check(course, {folder.name for folder in handed.iterdir()}, len(tests))
    return seconds


def calls(suite: Path) -> Iterator[tuple[str, str]]:
    """Yield the name of each test, and code that imports and calls it."""
    for path in sorted(suite.glob("test_*.py")):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                given = {"candidate": "candidate", "rng": "np.random.default_rng(0)"}
                arguments = ", ".join(given[argument.arg] for argument in node.args.args)
                yield node.name, f"from {path.stem} import {node.name}\n{node.name}({arguments})"


def made(suite: Path, tests: list[tuple[str, str]]) -> nbformat.NotebookNode:
    """Return the notebook of the instructor: the solution's cell, and one for each test."""
    stub = "### BEGIN SOLUTION\nclass KNNClassifier: ...\n### END SOLUTION"
    cells = [cell("solution", stub, solution=True), cell("first", FIRST.format(suite=str(suite)))]
    cells += [cell(name, code, grade=True) for name, code in tests]
    return new_notebook(cells=cells, metadata=KERNEL)


def cell(name: str, source: str, *, solution: bool = False, grade: bool = False) -> nbformat.NotebookNode:
    """Return a cell with what nbgrader keeps of it."""
    told = {
        "schema_version": 3,
        "grade_id": name,
        "solution": solution,
        "grade": grade,
        "locked": not solution,
        "task": False,
    }
    if grade:
        told["points"] = 1
    return new_code_cell(source, id=name.replace("_", "-")[:64], metadata={"nbgrader": told})


def written(path: Path) -> Path:
    """Make the folder of a file."""
    path.parent.mkdir(parents=True)
    return path


def run(folder: Path, program: str, *arguments: str, **environment: str) -> None:
    """Run a program in a folder, with those that lie beside it on the path; it has to succeed."""
    path = os.pathsep.join([str(Path(program).parent), os.environ["PATH"]])
    more = os.environ | {"PATH": path} | environment
    done = subprocess.run([program, *arguments], cwd=folder, env=more, capture_output=True, text=True, check=False)
    if done.returncode:
        told = (done.stdout + done.stderr)[-2000:]
        sys.exit(f"{program} {' '.join(arguments)} ended with {done.returncode}:\n{told}")


def check(course: Path, names: set[str], points: int) -> None:
    """See that nbgrader has graded all submissions, and all are right."""
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        found = {one.student.id: one.score for one in gradebook.assignment_submissions(ASSIGNMENT)}
    if found != dict.fromkeys(names, points):
        sys.exit(f"nbgrader should give {points} points to each of {sorted(names)}, but gives {found}")
