"""Marks in the reports: those that belong there, all or none, and the same each time."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from grader.batch.results import latest, read_entries
from grader.errors import ExitCode
from grader.gradebook.applying import Marks, write
from grader.gradebook.book import Book
from grader.gradebook.database import BookError
from grader.gradebook.marked import marked_notebooks
from grader.gradebook.reading import Scored, places, read_scored
from grader.interview.pack import InterviewPack
from grader.report.data import as_json, schema
from tests.gradebook.conftest import ANSWERS, NOON, QUESTIONS, Round, cell, put, report, written_to

NO_PACKS: Mapping[str, InterviewPack] = {}


def marked(book: Book, candidate: str = "ada", random: float = 20, cost: float = 60) -> None:
    book.mark(cell(book, "random", candidate).grade, "eve", random, NOON)
    book.mark(cell(book, "cost", candidate).grade, "eve", cost, NOON)


def folded(book: Book, scored: Scored) -> Any:
    return Marks(marked_notebooks(book)).folded(scored)


def test_marks_and_comments_are_in_the_report(book: Book) -> None:
    made = report(lost=["ties"])
    put(book, made)
    marked(book)
    book.mark(cell(book, "random").grade, "mallory", 30, NOON)
    book.comment(cell(book, "random").remark, "mallory", "Name the seed.", NOON)
    found = folded(book, Scored("ada", made))
    random, cost = (answer.mark for answer in found.report.written[0].answers)
    assert (random.earned, random.comment, random.markers) == (25, "Name the seed.", ("eve", "mallory"))
    assert (cost.earned, cost.comment, cost.markers) == (60, "", ("eve",))
    score = found.report.score
    assert (score.code, score.written, score.total, score.provisional) == (70, 85, 73, False)
    assert found.missing == 0


def test_what_was_not_answered_earns_nothing_and_needs_no_mark(book: Book) -> None:
    made = report(answers={})
    put(book, made)
    found = folded(book, Scored("ada", made))
    assert [(a.mark.earned, a.mark.comment, a.mark.markers) for a in found.report.written[0].answers] == [
        (0, "not answered", ()),
        (0, "not answered", ()),
    ]
    assert (found.report.score.total, found.report.score.provisional, found.missing) == (80, False, 0)


def test_what_is_not_marked_yet_leaves_the_score_provisional(book: Book) -> None:
    made = report()
    put(book, made)
    book.mark(cell(book, "random").grade, "eve", 40, NOON)
    found = folded(book, Scored("ada", made))
    assert (found.missing, found.report.score.provisional, found.report.score.total) == (1, True, 100)
    assert found.report.written[0].answers[0].mark.earned == 40


def test_a_mark_for_an_earlier_text_does_not_count(book: Book) -> None:
    put(book, report())
    marked(book)
    later = report(answers=ANSWERS | {"random": "Another."})
    put(book, later)
    found = folded(book, Scored("ada", later))
    assert [answer.mark is None for answer in found.report.written[0].answers] == [True, False]
    assert found.missing == 1


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"answers": ANSWERS | {"random": "Another."}}, "its answers about knn are not those"),
        ({"source": "def other(): ..."}, "its submission is not the one"),
        ({"name": "bob"}, "its submission is not the one"),
        ({"questions": QUESTIONS[:1]}, ""),
    ],
)
def test_marks_are_not_put_where_they_do_not_belong(book: Book, changes: dict[str, Any], why: str) -> None:
    put(book, report())
    other = report(**changes)
    if not why:  # fewer questions, each with the answer that was marked
        assert folded(book, Scored("ada", other)).missing == 1
        return
    name = changes.get("name", "ada")
    with pytest.raises(BookError, match=why) as caught:
        folded(book, Scored(name, other))
    assert "grader gradebook add" in caught.value.cure
    assert caught.value.exit_code is ExitCode.USAGE


def test_a_folder_of_one_report_has_its_files_rewritten_and_no_others(book: Book, tmp_path: Path) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    made = report()
    folder = written_to(tmp_path / "ada", made)
    (folder / "junit.xml").unlink()
    (folder / "notes.txt").write_text("mine")
    names = sorted(path.name for path in folder.iterdir())
    put(book, made)
    marked(book)
    (place,) = places([folder])
    done = write(folded(book, read_scored(place)), NO_PACKS)
    assert done.is_changed
    assert sorted(path.name for path in folder.iterdir()) == names
    table = json.loads((folder / "report.json").read_bytes())
    jsonschema.validate(table, schema())
    assert (table["score"], table["provisional"], table["written"]["score"]) == (96, False, 80)
    assert "96" in (folder / "report.txt").read_text()
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert not write(folded(book, read_scored(place)), NO_PACKS).is_changed
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    marked(book, cost=30)
    assert write(folded(book, read_scored(place)), NO_PACKS).is_changed
    assert json.loads((folder / "report.json").read_bytes())["score"] == 90


def test_a_report_by_another_name_is_rewritten_alone(book: Book, tmp_path: Path) -> None:
    made = report()
    path = tmp_path / "ada.json"
    path.write_text(as_json(made))
    (tmp_path / "report.html").write_text("another's")
    put(book, made)
    marked(book)
    write(folded(book, read_scored(places([path])[0])), NO_PACKS)
    assert json.loads(path.read_bytes())["score"] == 96
    assert (tmp_path / "report.html").read_text() == "another's"
    assert sorted(each.name for each in tmp_path.iterdir() if each.is_file()) == ["ada.json", "report.html"]


def test_a_batch_keeps_what_was_there_and_names_the_new_last(book: Book, results: Round) -> None:
    made = report()
    old = results.keep(made)
    put(book, made)
    marked(book)
    (place,) = places([results.root])
    assert write(folded(book, read_scored(place)), NO_PACKS).is_changed
    (entry,) = latest(read_entries(results.root))
    assert (entry.key, entry.score, entry.written) == (old.key, 96, "marked")
    assert entry.folder.startswith(f"{old.folder}-")
    kept, new = results.root / old.folder, results.root / entry.folder
    assert sorted(path.relative_to(kept) for path in kept.rglob("*")) == sorted(
        path.relative_to(new) for path in new.rglob("*")
    )
    assert (new / "submission/knn.py").read_bytes() == (kept / "submission/knn.py").read_bytes()
    assert json.loads((kept / "report.json").read_bytes())["provisional"]
    (again,) = places([results.root])
    assert not write(folded(book, read_scored(again)), NO_PACKS).is_changed
    marked(book, cost=0)
    assert write(folded(book, read_scored(again)), NO_PACKS).is_changed
    (entry,) = latest(read_entries(results.root))
    assert (entry.score, len(read_entries(results.root))) == (84, 3)
    assert entry.folder.startswith(f"{old.folder}-")


def test_a_file_that_cannot_be_written_leaves_all_as_it_was(
    book: Book, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = report()
    folder = written_to(tmp_path / "ada", made)
    put(book, made)
    marked(book)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    real = Path.write_bytes

    def full(path: Path, content: bytes) -> int:
        if "junit.xml" in path.name:
            raise OSError(28, "No space left on device")
        return real(path, content)

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(BookError, match="No space left") as caught:
        write(folded(book, read_scored(places([folder])[0])), NO_PACKS)
    assert caught.value.exit_code is ExitCode.FAULT
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


@pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="no OpenSSH")
def test_a_signature_that_fits_no_more_goes_or_is_made_anew(book: Book, tmp_path: Path) -> None:
    from grader.signing import fault_of, read_public_key, write_signature

    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    made = report()
    folder = written_to(tmp_path / "ada", made)
    path, signature = folder / "report.json", folder / "report.json.sig"
    write_signature(path, path.read_bytes(), key)
    put(book, made)
    marked(book)
    scored = read_scored(places([folder])[0])
    assert write(folded(book, scored), NO_PACKS).lost_signature
    assert not signature.exists()
    assert not write(folded(book, read_scored(places([folder])[0])), NO_PACKS, key).is_changed
    assert fault_of(path.read_bytes(), signature, read_public_key(key.with_suffix(".pub"))) == ""
