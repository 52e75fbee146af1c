"""What a candidate waits for: ``grader check`` on the untouched packet, and one saved function under ``--watch``.

Each is run in turn with plain pytest on the same public tests, in one process and without isolation; medians and
their ratios are printed.

    python benchmarks/check.py [--pairs N] [--format text|json]
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from grader.bank import Bank
from grader.candidate.starting import start
from grader.release.releasing import release

ROOT = Path(__file__).resolve().parents[1]
CHECK = [sys.executable, "-m", "grader", "check"]
PYTEST = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--import-mode=importlib"]
LAST_LINE = "each brief and decide the points."
ONE_THREAD = os.environ | {"OPENBLAS_NUM_THREADS": "1"}


@click.command()
@click.option("--pairs", default=7, show_default=True, type=click.IntRange(1), help="How often all run in turn.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def main(pairs: int, form: str) -> None:
    """Print medians and their ratios."""
    with tempfile.TemporaryDirectory() as scratch:
        packet, work = Path(scratch) / "takehome.zip", Path(scratch) / "work"
        release(Bank(ROOT), (), packet)
        start(packet, work)
        figures = measured(work, pairs)
    if form == "json":
        click.echo(json.dumps(figures))
        return
    for name, value in figures.items():
        click.echo(f"{name:<28} {value}")


def measured(work: Path, pairs: int) -> dict[str, float]:
    """Medians of all, in seconds, and what they are over plain pytest."""
    everything = [*PYTEST, *map(str, sorted(work.glob("*/test_public.py")))]
    one = [*PYTEST, str(work / "knn" / "test_public.py")]
    took: dict[str, list[float]] = {name: [] for name in ("check", "pytest", "watch", "pytest_knn")}
    for command in (CHECK, everything):
        seconds(command, work)
    with watching(work) as saved:
        for turn in range(pairs):
            took["check"].append(seconds(CHECK, work))
            took["pytest"].append(seconds(everything, work))
            took["watch"].append(saved(turn))
            took["pytest_knn"].append(seconds(one, work))
    medians = {name: statistics.median(times) for name, times in took.items()}
    figures = {f"{name}_seconds": round(median, 3) for name, median in medians.items()}
    figures["check_ratio"] = round(medians["check"] / medians["pytest"], 3)
    figures["watch_ratio"] = round(medians["watch"] / medians["pytest_knn"], 3)
    return figures


def seconds(command: list[str], folder: Path) -> float:
    """Wall time of a command; stubs fail, so that it ends with 1."""
    began = time.perf_counter()
    done = subprocess.run(command, cwd=folder, env=ONE_THREAD, capture_output=True, text=True, check=False)
    elapsed = time.perf_counter() - began
    if done.returncode != 1:
        sys.exit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return elapsed


@contextmanager
def watching(work: Path) -> Iterator[Callable[[int], float]]:
    """Yield what saves a changed function and returns how long it takes until the new result is there."""
    module = work / "knn" / "knn.py"
    stub = module.read_text(encoding="utf-8")
    with subprocess.Popen(
        [*CHECK, "knn", "--watch", "--quiet"], cwd=work, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        lines = process.stdout

        def until_told() -> None:
            while LAST_LINE not in lines.readline():
                assert process.poll() is None, "grader check --watch has ended"

        def saved(turn: int) -> float:
            time.sleep(1)  # until it waits again
            changed = f'raise NotImplementedError("turn {turn}")'
            module.write_text(stub.replace("raise NotImplementedError", changed, 1), encoding="utf-8")
            began = time.perf_counter()
            until_told()
            elapsed = time.perf_counter() - began
            module.write_text(stub, encoding="utf-8")
            until_told()
            return elapsed

        until_told()
        yield saved
        process.terminate()


if __name__ == "__main__":
    main()
