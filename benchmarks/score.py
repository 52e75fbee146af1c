"""Scoring in a sandbox against bare pytest in one process, side by side in one run.

A is ``grader score`` on the k-NN reference, in each kind of sandbox, cold but for Docker's image; B is ``pytest`` on
the same hidden tests with the reference imported in process, as graders without isolation do it. All run in turn;
medians and their ratios are printed. Below: what a start, one test and one small call cost in each kind.

    python benchmarks/score.py [--pairs N] [--assignment NAME] [--sandbox KIND]… [--format text|json]
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import click

ROOT = Path(__file__).resolve().parents[1]
KINDS = ("docker", "bubblewrap", "embedded")
TESTS = 40
CALLS = 200


@click.command()
@click.option("--pairs", default=7, show_default=True, type=click.IntRange(1), help="How often A and B run in turn.")
@click.option("--assignment", default="knn", show_default=True)
@click.option("--sandbox", "kinds", multiple=True, default=KINDS, show_default=True, help="May be repeated.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def main(pairs: int, assignment: str, kinds: tuple[str, ...], form: str) -> None:
    """Print medians, their ratios, and the costs of a start, a test and a call."""
    reference = ROOT / "solutions" / assignment / "reference"
    score = [sys.executable, "-m", "grader", "score", str(reference), "--assignment", assignment, "--bank", str(ROOT)]
    bare = [
        *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--import-mode=importlib"),
        *("-c", os.devnull, f"--rootdir={ROOT}", str(ROOT / "tests" / "hidden" / assignment)),
    ]
    in_process = {"PYTHONPATH": str(reference), "OPENBLAS_NUM_THREADS": "1"}
    ours: dict[str, list[float]] = {kind: [] for kind in kinds}
    theirs = []
    for kind in kinds:
        seconds([*score, "--sandbox", kind], {})  # builds the image where it is missing
    seconds(bare, in_process)
    for turn in range(pairs):
        for kind in kinds:
            ours[kind].append(seconds([*score, "--sandbox", kind], {}))
        theirs.append(seconds(bare, in_process))
        told = ", ".join(f"{kind} {ours[kind][-1]:.2f} s" for kind in kinds)
        click.echo(f"turn {turn + 1}: {told}, bare pytest {theirs[-1]:.2f} s", err=True)
    median_theirs = statistics.median(theirs)
    figures: dict[str, object] = {
        "benchmark": "score",
        "assignment": assignment,
        "pairs": pairs,
        "bare_pytest_seconds": round(median_theirs, 3),
    }
    for kind in kinds:
        median_ours = statistics.median(ours[kind])
        figures |= {f"{kind}_seconds": round(median_ours, 3), f"{kind}_ratio": round(median_ours / median_theirs, 3)}
        figures |= {f"{kind}_{name}": value for name, value in overheads(kind).items()}
    if form == "json":
        click.echo(json.dumps(figures))
        return
    for name, value in figures.items():
        click.echo(f"{name:<28} {value}")


def seconds(command: list[str], more: dict[str, str]) -> float:
    """Wall time of a command that has to succeed."""
    started = time.perf_counter()
    done = subprocess.run(command, env=os.environ | more, capture_output=True, text=True, check=False)
    elapsed = time.perf_counter() - started
    if done.returncode:
        sys.exit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return elapsed


def overheads(kind: str) -> dict[str, float]:
    """Milliseconds for a start, for a test's fork, import and end, and for one small call."""
    from grader.examiner.host import Host
    from grader.examiner.subject import Subject
    from grader.sandbox.choosing import choose
    from grader.sandbox.session import ForkLimits

    provider = choose(kind, lambda text: None)
    limits = ForkLimits(2**30, 60, 1)
    host = Host(provider, {"toy": b"def same(x):\n    return x\n"}, memory_bytes=2**30, hash_seed=1)
    tests, calls, starts = [], [], []
    try:
        starts.append(timed(lambda: host.facts()))
        for _ in range(TESTS):
            started = time.perf_counter()
            conversation = host.begin(limits, lambda function: 10, 60)
            module = Subject(conversation).toy
            module.same(1)
            forked = time.perf_counter() - started
            calls += [timed(lambda: module.same(1)) for _ in range(CALLS // TESTS * 4)]  # noqa: B023
            tests.append(forked + timed(lambda: host.end(conversation)))  # noqa: B023
    finally:
        host.close()
        provider.close()
    return {
        "start_ms": round(1000 * starts[0], 1),
        "per_test_ms": round(1000 * statistics.median(tests), 2),
        "per_call_ms": round(1000 * statistics.median(calls), 3),
    }


def timed(work: Callable[[], object]) -> float:
    """Wall time of one call in seconds."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
