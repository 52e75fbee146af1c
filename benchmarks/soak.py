"""A round of solutions, mistakes and cheats through ``grader batch``, with kills on the way: is every score right?

The bank is the small one of ``benchmarks/batch.py`` and, beside it, the toy that the cheats of ``tests/attacks``
are written for. Each kind of submission is graded once alone, as ``grader score`` does it; those of a kind differ in
a comment. Then ``grader batch`` grades all of them, while its main process, a worker of its cluster or the container
engine is taken away from it. At the end each report has to have the score and the outcomes of its kind, none may be
there twice or in part, and no process, container or temporary folder may be left. A test that timed out alone and
crashed in the round, or the like, is noted and no problem: a cheat may be stopped by either of two limits.

    python benchmarks/soak.py [--submissions N] [--sandbox KIND] [--kills N] [--engine-restart COMMAND]
        [--cluster N [--kill-worker]] [--jobs N] [--seed SEED] [--bank-all-tests] [--format text|json]

Needs Linux. What others leave on the same engine meanwhile is taken for ours.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import click
from soak_left import checked, containers, differences, left_behind
from soak_order import Order, say
from soak_processes import adopt_orphans, end_descendants
from soak_round import graded_alone, handed_in, soak_bank
from soak_strikes import Tally, disturbed

from grader.batch.results import FAULT, REFUSED, SCORED, Entry, latest, read_entries
from grader.cli.options import SEEDS, one_thread_for_numpy
from grader.sandbox.choosing import KINDS

MOST_MAIN_PROCESS_MIB = 300


@click.command()
@click.option("--submissions", default=1000, show_default=True, type=click.IntRange(2))
@click.option("--sandbox", default="embedded", show_default=True, type=click.Choice(KINDS))
@click.option("--kills", default=5, show_default=True, type=click.IntRange(0), help="kill -9 of the main process.")
@click.option("--engine-restart", default="", metavar="COMMAND", help="Run this by the shell about half-way.")
@click.option("--cluster", default=0, metavar="N", type=click.IntRange(0), help="Have N Dask workers here do it.")
@click.option("--kill-worker", is_flag=True, help="kill -9 one of them with its children about half-way.")
@click.option("--jobs", type=click.IntRange(1), help="As of grader batch.  [default: one for each core]")
@click.option("--seed", default=7, show_default=True, type=click.IntRange(0, SEEDS - 1))
@click.option("--bank-all-tests", "all_tests", is_flag=True, help="All tests of the k-NN assignment, not 15.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def main(form: str, **options: Any) -> None:
    """Print figures of a round that was disturbed; exit with 1 and a list if anything is not as it should be.

    \b
    Examples:
      python benchmarks/soak.py
      python benchmarks/soak.py --sandbox docker --engine-restart 'systemctl restart docker'
      python benchmarks/soak.py --kills 0 --cluster 3 --kill-worker
    """
    order = Order(**options)
    if order.kill_worker and order.cluster < 2:
        raise click.UsageError("--kill-worker needs --cluster with two workers or more")
    if order.cluster and order.jobs is not None:
        raise click.UsageError("--jobs is for a round without --cluster")
    adopt_orphans()
    with ExitStack() as cleanup:
        root = Path(cleanup.enter_context(tempfile.TemporaryDirectory(prefix="soak-")))
        root.chmod(0o711)  # a sandbox's user has to get to its own folder in there
        cleanup.callback(end_descendants)
        figures, problems, notes = soaked(root, order)
    if form == "json":
        click.echo(json.dumps({"figures": figures, "problems": problems, "notes": notes}))
    else:
        for name, value in figures.items():
            click.echo(f"{name:<26} {value}")
        click.echo("\n".join(["", f"{len(problems)} problems:", *problems]) if problems else "\nall as it should be")
        if notes:
            click.echo("\n".join(["", f"{len(notes)} tests lost otherwise than alone:", *notes]))
    sys.exit(bool(problems))


def soaked(root: Path, order: Order) -> tuple[dict[str, object], list[str], list[str]]:
    """Make, grade and disturb the round; return figures, what is not as it should be, and what is worth a note."""
    bank = soak_bank(root / "bank", order.all_tests)
    kinds = handed_in(root / "round", order.submissions)
    temporary = root / "temporary"
    temporary.mkdir()
    temporary.chmod(0o1777)
    os.environ["TMPDIR"] = str(temporary)
    one_thread_for_numpy()
    containers_before = containers(order.sandbox)

    began = time.monotonic()
    expected = graded_alone(bank, order, {kind.label: kind for kind in kinds.values()})
    alone, began = time.monotonic() - began, time.monotonic()
    tally = disturbed(root, bank, order)
    seconds = time.monotonic() - began
    say("looking for what differs and what is left")

    results = root / "results"
    entries = read_entries(results)
    left, cleared = left_behind(temporary, order.sandbox, containers_before, tally.killed_pids)
    differing, notes = differences(results, latest(entries), kinds, expected)
    problems = [*checked(results, entries, set(kinds)), *differing, *tally.missed]
    problems += [f"left behind: {what} {one}" for what, found in left.items() for one in found]
    if (most := tally.main_process_kib / 1024) >= MOST_MAIN_PROCESS_MIB:
        problems.append(f"the main process should take less than {MOST_MAIN_PROCESS_MIB} MiB, but took {most:.0f}")
    figures = {
        **figures_of(order, tally, entries),
        "kinds": len(expected),
        "cheats": sum(kind.label.startswith("cheat-") for kind in kinds.values()),
        "alone_seconds": round(alone, 1),
        "round_seconds": round(seconds, 1),
        "per_second": round(order.submissions / seconds, 2),
        "differing_scores": sum(": score " in problem for problem in differing),
        "differing_submissions": len({problem.partition(":")[0] for problem in differing}),
        "lost_otherwise": len({note.partition(":")[0] for note in notes}),
        **{f"left_{what}": len(found) for what, found in left.items()},
        "cleared_by_doctor": cleared,
    }
    return figures, problems, notes


def figures_of(order: Order, tally: Tally, entries: list[Entry]) -> dict[str, object]:
    """Return what was asked for, what happened, and what became of the submissions."""
    counts = Counter(entry.status for entry in latest(entries))
    return {
        "benchmark": "soak",
        "submissions": order.submissions,
        "tests_of_knn": "all" if order.all_tests else "15",
        "sandbox": order.sandbox,
        "seed": order.seed,
        "cores": os.cpu_count(),
        "workers": order.cluster,
        "kills": tally.kills,
        "engine_restarts": tally.engine_restarts,
        "killed_workers": tally.killed_workers,
        "runs": tally.runs,
        "resumed": tally.resumed,
        "main_process_mib": round(tally.main_process_kib / 1024),
        "largest_process_mib": round(tally.largest_process_kib / 1024),
        "lines": len(entries),
        **{status: counts[status] for status in (SCORED, REFUSED, FAULT)},
        "tried_again": sum(entry.attempts > 1 for entry in entries),
    }


if __name__ == "__main__":
    main()
