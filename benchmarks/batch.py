"""Submissions per second of ``grader batch`` against bare pytest by two processes, side by side in one run.

The suite is 15 tests of the k-NN assignment. A is ``grader batch`` on N submissions, each kind of sandbox in turn; B
is ``pytest`` on the same tests with the solution imported in process, one process for each submission and two at a
time: no sandbox, no limits. nbgrader, where it is installed, and otter-grader, where ``otter`` is on the path, run
the same tests too, on a few of the submissions. With ``--growth`` the number of submissions grows tenfold instead,
and memory is told.

    python benchmarks/batch.py [--submissions N] [--rounds N] [--sandbox KIND]… [--growth] [--format text|json]
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import click

ROOT = Path(__file__).resolve().parents[1]
KINDS = ("docker", "embedded")
FILES = ("test_neighbours.py", "test_metrics.py", "test_partial_fit.py")
CRITERIA = {"neighbours": 40, "metrics": 30, "partial_fit": 30}
GROWTH = (10, 100, 1000)
AUTOGRADED = 8
"""How many submissions others are given: they take seconds for each."""


@click.command()
@click.option("--submissions", default=60, show_default=True, type=click.IntRange(2))
@click.option("--rounds", default=3, show_default=True, type=click.IntRange(1), help="How often all run in turn.")
@click.option("--sandbox", "kinds", multiple=True, default=KINDS, show_default=True, help="May be repeated.")
@click.option(
    "--growth", is_flag=True, help=f"Grade {', '.join(map(str, GROWTH))} submissions; tell time and memory."
)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def main(submissions: int, rounds: int, kinds: tuple[str, ...], growth: bool, form: str) -> None:
    """Print submissions per second, and their ratios to those of bare pytest and others."""
    with tempfile.TemporaryDirectory() as temporary:
        root = Path(temporary)
        bank = small_bank(root / "bank")
        figures = grown(root, bank, kinds[0]) if growth else compared(root, bank, submissions, rounds, kinds)
    if form == "json":
        click.echo(json.dumps(figures))
        return
    for name, value in figures.items():
        click.echo(f"{name:<34} {value}")


def compared(root: Path, bank: Path, count: int, rounds: int, kinds: tuple[str, ...]) -> dict[str, object]:
    """Run all in turn, and return medians and ratios."""
    handed = handed_in(root / "round", count)
    rates: dict[str, list[float]] = {name: [] for name in (*kinds, "bare_pytest")}
    few = handed_in(root / "few", min(count, AUTOGRADED))
    others = installed_others()
    rates |= {name: [] for name in others}
    warm = handed_in(root / "warm", 2)
    for kind in kinds:
        graded(warm, bank, root / f"warm-{kind}", kind)  # builds the image where it is missing
    for turn in range(rounds):
        for kind in kinds:
            seconds, _ = graded(handed, bank, root / f"{kind}-{turn}", kind)
            rates[kind].append(count / seconds)
        rates["bare_pytest"].append(count / bare(handed, bank))
        for name, by in others.items():
            rates[name].append(len(list(few.iterdir())) / by(few, bank, root / f"{name}-{turn}"))
        told = ", ".join(f"{name} {values[-1]:.2f}" for name, values in rates.items())
        click.echo(f"turn {turn + 1}: {told} submissions a second", err=True)
    medians = {name: statistics.median(values) for name, values in rates.items()}
    figures: dict[str, object] = {
        "benchmark": "batch",
        "submissions": count,
        "rounds": rounds,
        "cores": os.cpu_count(),
    }
    figures |= {f"{name}_per_second": round(value, 2) for name, value in medians.items()}
    return figures | {
        f"{a}_to_{b}": round(medians[a] / medians[b], 2) for a in kinds for b in ("bare_pytest", *others)
    }


def installed_others() -> dict[str, Callable[[Path, Path, Path], float]]:
    """Return how others grade the submissions of a folder, if they are installed; each returns its wall time."""
    if not importlib.util.find_spec("nbformat"):
        return {}
    import by_nbgrader
    import by_otter

    found: dict[str, Callable[[Path, Path, Path], float]] = {}
    if importlib.util.find_spec("nbgrader"):
        found["nbgrader"] = by_nbgrader.autograded
    if otter := shutil.which("otter"):
        found["otter"] = partial(by_otter.graded, otter=otter)
    return found


def grown(root: Path, bank: Path, kind: str) -> dict[str, object]:
    """Grade more and more submissions, and return time and the most memory of any one process."""
    figures: dict[str, object] = {"benchmark": "batch growth", "sandbox": kind}
    for count in GROWTH:
        seconds, memory = graded(handed_in(root / f"round-{count}", count), bank, root / f"results-{count}", kind)
        figures[f"{count}_seconds"] = round(seconds, 1)
        figures[f"{count}_per_second"] = round(count / seconds, 2)
        figures[f"{count}_main_process_mib"] = round(memory / 1024)
        click.echo(f"{count}: {seconds:.1f} s, {memory / 1024:.0f} MiB", err=True)
    return figures


def small_bank(root: Path) -> Path:
    """Make a bank of 15 tests of the k-NN assignment."""
    for folder in ("assignments/knn", "solutions/knn/reference"):
        shutil.copytree(ROOT / folder, root / folder)
    (root / "assignments" / "assessment.toml").write_text(
        'title = "Benchmark"\nversion = "1"\npass_mark = 60\n\n[[assignments]]\nname = "knn"\nweight = 1\n'
    )
    path = root / "assignments" / "knn" / "assignment.toml"
    head, *criteria = path.read_text().split("[[criteria]]")
    kept = [
        re.sub(r"points = \d+", f"points = {points}", text)
        for name, points in CRITERIA.items()
        for text in criteria
        if f'id = "{name}"' in text
    ]
    path.write_text("[[criteria]]".join([head, *kept]))
    suite = root / "tests" / "hidden" / "knn"
    suite.mkdir(parents=True)
    for name in FILES:
        shutil.copy(ROOT / "tests" / "hidden" / "knn" / name, suite)
    return root


def handed_in(folder: Path, count: int) -> Path:
    """Write so many submissions that differ in a comment."""
    source = (ROOT / "solutions" / "knn" / "reference" / "knn.py").read_text()
    for number in range(count):
        (folder / f"c{number:05}").mkdir(parents=True)
        (folder / f"c{number:05}" / "knn.py").write_text(f"{source}\n# {number}\n")
    return folder


def graded(handed: Path, bank: Path, results: Path, kind: str) -> tuple[float, int]:
    """Wall time of a batch, and the most memory of its main process in KiB."""
    command = [sys.executable, "-m", "grader", "batch", str(handed), "--output", str(results), "--bank", str(bank)]
    started = time.perf_counter()
    process = subprocess.Popen([*command, "--sandbox", kind, "--quiet"], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    told = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stdout.close()
    expected = f"{len(list(handed.iterdir()))} passed"
    if process.returncode or expected not in told:
        sys.exit(f"{' '.join(command)} ended with {process.returncode}:\n{told[-2000:]}")
    return seconds, usage.ru_maxrss


def bare(handed: Path, bank: Path) -> float:
    """Wall time of a pytest process for each submission, two at a time."""
    suite = bank / "tests" / "hidden" / "knn"
    command = [
        *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--import-mode=importlib"),
        *("-c", os.devnull, f"--rootdir={bank}", str(suite)),
    ]

    def run(folder: Path) -> None:
        more = {"PYTHONPATH": str(folder), "OPENBLAS_NUM_THREADS": "1"}
        done = subprocess.run(command, env=os.environ | more, capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(f"bare pytest ended with {done.returncode}:\n{done.stdout[-2000:]}")

    started = time.perf_counter()
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(run, sorted(handed.iterdir())))
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
