"""SIGKILL at any moment loses no mark, and running the same again completes it."""

from __future__ import annotations

import json
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from grader.batch.results import latest, read_entries
from grader.gradebook.book import Book, Candidate
from grader.gradebook.marked import MarkedNotebook, marked_notebooks
from tests.gradebook.conftest import ANSWERS, NOON, Round, cell, put, report, written_to
from tests.gradebook.killed import given

ROOT = Path(__file__).resolve().parents[2]
NAMES = [f"candidate {number}" for number in range(6)]
TRIES = 6


def run(what: str, course: Path, url: str | None, tasks: Sequence[tuple[int, Path]]) -> list[tuple[int, str]]:
    """Run each task in a process that is killed at its moment; return how each ended, and what people gave then."""
    command = [sys.executable, "-m", "tests.gradebook.killed", what, str(course), url or "-"]
    told = [f"{moment}={results}" for moment, results in tasks]
    done = subprocess.run([*command, *told], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    lines = done.stdout.splitlines()
    ends = [(int(code), marks) for code, marks in pairwise(lines) if marks.startswith("[")]
    assert len(ends) == len(tasks)
    return ends


def moments(what: str, course: Path, results: Path) -> int:
    """How many moments the work has, undisturbed."""
    command = [sys.executable, "-m", "tests.gradebook.killed", what, str(course), "-", f"0={results}"]
    return int(subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout.split()[0])


def drawn(count: int, seed: int) -> list[int]:
    """Moments all over the work, the first and the last among them."""
    rng = random.Random(seed)
    return sorted({1, count, *(rng.randint(1, count) for _ in range(TRIES))})


def test_a_re_score_that_is_killed_loses_no_mark_and_is_completed(
    tmp_path: Path, url: str | None, results: Round
) -> None:
    first = [report(name) for name in NAMES]
    course, expected = tmp_path / "course", tmp_path / "expected"
    for name in NAMES:
        results.keep(report(name, lost=["ties"], answers=ANSWERS | {"cost": f"Other {name}"}))
    for place, address in ((course, url), (expected, None)):
        with Book(place, address) as book:
            put(book, *first)
            for number, name in enumerate(NAMES):
                book.mark(cell(book, "random", name).grade, "eve", number, NOON)
                book.mark(cell(book, "cost", name).grade, "mallory", number + 5, NOON)
                book.comment(cell(book, "criterion-ties", name).remark, "eve", f"comment {number}", NOON)
            before = json.dumps(given(marked_notebooks(book)))
    count = moments("add", expected, results.root)
    ends = run("add", course, url, [(moment, results.root) for moment in (*drawn(count, seed=1), 0)])
    assert [marks for _, marks in ends] == [before] * len(ends)
    assert (ends[0][0], ends[-1][0]) == (-signal.SIGKILL, 0)
    # What one process has done is less to do for the next, which may end before its moment.
    assert sum(code == -signal.SIGKILL for code, _ in ends) >= 2
    with Book(course, url) as book, Book(expected) as other:
        assert anonymous(book) == anonymous(other)
        assert all(each.is_flagged for each in marked_notebooks(book))


def anonymous(book: Book) -> list[MarkedNotebook]:
    """All that is in a gradebook but for the ids, which each has of its own."""
    return [replace(each, candidate=Candidate("", each.candidate.name)) for each in marked_notebooks(book)]


@pytest.mark.parametrize("kind", ["batch", "alone"])
def test_applying_that_is_killed_is_completed_by_the_next_run(tmp_path: Path, kind: str) -> None:
    made = [report(name) for name in NAMES[:2]]
    pristine = tmp_path / "pristine"
    if kind == "alone":
        written_to(pristine, made[0])
    else:
        for each, kept in zip(made, [Round(pristine)] * 2, strict=True):
            kept.keep(each)
    course, expected = tmp_path / "course", tmp_path / "expected"
    with Book(course) as book:
        put(book, *made)
        for name in NAMES[:2]:
            for question in ("random", "cost"):
                book.mark(cell(book, question, name).grade, "eve", 20, NOON)
    shutil.copytree(pristine, expected)
    places = {moment: tmp_path / f"{moment}" for moment in drawn(moments("apply", course, expected), seed=2)}
    for place in places.values():
        shutil.copytree(pristine, place)
    tasks = [(at, place) for moment, place in places.items() for at in (moment, 0)]
    ends = [code for code, _ in run("apply", course, None, tasks)]
    assert ends == [-signal.SIGKILL, 0] * len(places)
    for place in places.values():
        assert reports(place) == reports(expected)


def reports(folder: Path) -> dict[str, bytes]:
    """The reports that count now, by name."""
    if (folder / "report.json").is_file():
        folders = {"": folder}
    else:
        folders = {entry.name: folder / entry.folder for entry in latest(read_entries(folder))}
    return {
        f"{name}/{path.name}": path.read_bytes()
        for name, each in folders.items()
        for path in each.iterdir()
        if path.is_file() and not path.name.startswith(".")
    }


def test_two_processes_write_at_once_and_lose_nothing(tmp_path: Path, url: str | None, results: Round) -> None:
    made = [report(name) for name in NAMES]
    for name in NAMES:
        results.keep(report(name, lost=["ties"]))
    course = tmp_path / "course"
    with Book(course, url) as book:
        put(book, *made)
        grades = {name: cell(book, "random", name).grade for name in NAMES}
        command = [sys.executable, "-m", "tests.gradebook.killed", "add", str(course), url or "-"]
        command += [f"0={results.root}"] * 3
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as adding:
            assert adding.stdout is not None
            lines = [adding.stdout.readline()]  # the first time is over: the others are about to begin
            for rounds in range(15):
                for number, name in enumerate(NAMES):
                    book.mark(grades[name], "eve", number + rounds, NOON)
            lines += adding.stdout.readlines()
        assert [line.strip() for line in lines].count("0") == 3
        for number, name in enumerate(NAMES):
            found = cell(book, "random", name)
            assert (found.manual, found.needs) == (number + 14, False)
            assert cell(book, "criterion-ties", name).auto == 30


def test_processes_that_open_a_new_gradebook_at_once_share_it(tmp_path: Path, url: str | None) -> None:
    count = 3
    code = (
        "import sys; from pathlib import Path; from grader.gradebook.book import Book\n"
        "with Book(Path(sys.argv[1]), sys.argv[2] or None) as book: print(book.candidate('ada').id)"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "course"), url or ""]
    opened = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(count)]
    ids = {process.communicate(timeout=120)[0] for process in opened}
    assert [process.returncode for process in opened] == [0] * count
    assert len(ids) == 1
