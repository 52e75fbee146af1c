"""What ``soak.py`` finds when the round is over: what differs from grading alone, and what is left behind."""

from __future__ import annotations

import csv
import json
import os
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from pathlib import Path

from soak_processes import END_SECONDS, LOOK_SECONDS, command_of, reap_orphans
from soak_round import Kind, Verdict, verdict_of

from grader.batch.results import SCORED, Entry, latest
from grader.sandbox.leftovers import FOLDER_PREFIX, is_abandoned
from grader.worker.accounting import descendants

NO_ENGINE = {"DOCKER_HOST": "unix:///nonexistent/docker.sock"}


def checked(results: Path, entries: list[Entry], names: set[str]) -> Iterator[str]:
    """Yield what is missing, twice or half there."""
    last = latest(entries)
    yield from (f"{entry.name}: {entry.status}: {entry.message}" for entry in last if entry.status != SCORED)
    yield from (f"{name}: has no line" for name in sorted(names - {entry.name for entry in last}))
    yield from (f"{name}: was not handed in" for name in sorted({entry.name for entry in last} - names))
    keys = Counter(entry.key for entry in entries if entry.status == SCORED)
    yield from (f"{entry.name}: graded {keys[entry.key]} times" for entry in last if keys[entry.key] > 1)
    kept = {results / entry.folder for entry in last if entry.folder}
    found = set((results / "submissions").glob("*/*"))
    yield from (f"{path.relative_to(results)}: half written, or of no line" for path in sorted(found - kept))
    with (results / "summary.csv").open(newline="") as stream:
        rows = Counter(row["name"] for row in csv.DictReader(stream))
    if rows != Counter(names):
        yield f"summary.csv has {rows.total()} rows of {len(rows)} names, not one for each of {len(names)}"


def differences(
    results: Path, entries: Iterable[Entry], kinds: Mapping[str, Kind], expected: Mapping[str, Verdict]
) -> tuple[list[str], list[str]]:
    """Return where a report is not as that of its kind alone: as problems, or as notes where it earns alike."""
    problems: list[str] = []
    notes: list[str] = []
    for entry in entries:
        if entry.status != SCORED or entry.name not in kinds:
            continue
        try:
            found = verdict_of(json.loads((results / entry.folder / "report.json").read_bytes()))
        except (OSError, ValueError) as error:
            problems.append(f"{entry.name}: its report cannot be read: {error}")
            continue
        if entry.score != found.score:
            problems.append(f"{entry.name}: score {entry.score:g} in its line, {found.score:g} in its report")
        alone = expected[kinds[entry.name].label]
        told = notes if alone.earns_alike(found) else problems
        told += [f"{entry.name}: {difference}" for difference in alone.differences(found)]
    return problems, notes


def left_behind(
    temporary: Path, sandbox: str, containers_before: set[str], killed: set[int]
) -> tuple[dict[str, list[str]], int]:
    """Return processes, containers and folders that are left, and how many folders ``grader doctor`` had to clear.

    Args:
        temporary: the temporary folder of all that was started.
        sandbox: kind.
        containers_before: ids of those that were there.
        killed: processes of a killed worker, whose folders are for ``grader doctor`` to clear.
    """

    def folders() -> set[str]:
        return {path.name for path in temporary.iterdir()}

    def of_the_killed() -> set[str]:
        return {
            name
            for name in folders()
            for pid in killed
            if name.startswith(f"{FOLDER_PREFIX}{socket.gethostname()}:{pid}:")
        }

    def processes() -> list[str]:
        reap_orphans()
        return [f"{pid} {command_of(pid)}" for pid in descendants(os.getpid())]

    running = gone(processes)
    remaining = gone(lambda: sorted(containers(sandbox) - containers_before))
    found = gone(lambda: sorted(folders() - of_the_killed()))
    if to_clear := of_the_killed():
        environment = os.environ | ({} if sandbox in ("auto", "docker") else NO_ENGINE)
        subprocess.run([sys.executable, "-m", "grader", "doctor"], env=environment, capture_output=True, check=False)
        found += sorted(of_the_killed())
    return {"processes": running, "containers": remaining, "folders": found}, len(to_clear - of_the_killed())


def containers(sandbox: str) -> set[str]:
    """Ids of containers of this machine's graders that are gone."""
    if sandbox not in ("auto", "docker"):
        return set()
    from grader.sandbox.docker import LABEL, OWNER_LABEL, connect

    with closing(connect()) as api:
        all_of_them = api.containers(all=True, filters={"label": LABEL})
    host = socket.gethostname()
    return {one["Id"] for one in all_of_them if is_abandoned((one.get("Labels") or {}).get(OWNER_LABEL, ""), host)}


def gone(look: Callable[[], list[str]]) -> list[str]:
    """Look again until nothing is left; return what is left all the same."""
    deadline = time.monotonic() + END_SECONDS
    while (left := look()) and time.monotonic() < deadline:
        time.sleep(LOOK_SECONDS)
    return left
