"""``grader gradebook`` as staff run it."""

from __future__ import annotations

import csv
import importlib.util
import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from grader.batch.results import FAULT, ResultsFolder, latest, read_entries
from grader.cli import main
from grader.errors import ExitCode
from grader.gradebook.book import Book
from grader.report.data import as_data, as_json
from tests.conftest import ToyBank
from tests.gradebook.conftest import ANSWERS, NOON, Round, cell, report, written_to


class Desk:
    """Runs the commands on one course."""

    def __init__(self, course: Path, bank: Path) -> None:
        self.course = course
        self.bank = bank

    def __call__(self, command: str, *arguments: str | Path) -> tuple[int, str, str]:
        bank = ["--bank", str(self.bank)] if command in ("add", "apply") else []
        told = ["gradebook", command, *map(str, arguments), "--course", str(self.course), *bank]
        done = CliRunner().invoke(main, told, env={"GRADER_DB": None})
        return done.exit_code, done.stdout, done.stderr

    def mark(self, candidate: str = "ada", **scores: float) -> None:
        with Book(self.course) as book:
            for question, points in scores.items():
                book.mark(cell(book, question, candidate).grade, "eve", points, NOON)


@pytest.fixture
def desk(tmp_path: Path, toy_bank: ToyBank) -> Desk:
    return Desk(tmp_path / "course", toy_bank.root)


def test_from_a_round_to_its_final_scores(desk: Desk, results: Round) -> None:
    results.keep(report())
    results.keep(report("bob", answers={}))
    assert desk("add", results.root) == (0, "2 added, 0 changed, 0 flagged, 2 answers to mark\n", "")
    desk.mark(random=20)
    code, stdout, stderr = desk("apply", results.root)
    assert (code, stdout) == (0, "2 reports, 2 changed, 1 provisional\n")
    assert stderr == "1 answer of ada is not marked yet\n"
    desk.mark(cost=60)
    assert desk("apply", results.root) == (0, "2 reports, 1 changed, 0 provisional\n", "")
    scores = {entry.name: (entry.score, entry.written) for entry in latest(read_entries(results.root))}
    assert scores == {"ada": (96, "marked"), "bob": (80, "marked")}
    rows = csv.DictReader(io.StringIO((results.root / "summary.csv").read_text()))
    assert [(row["name"], row["score"], row["written"]) for row in rows] == [
        ("ada", "96", "marked"),
        ("bob", "80", "marked"),
    ]
    assert json.loads((results.root / "summary.json").read_text())["submissions"] == 2
    assert (results.root / "cohort.html").is_file()
    lines = (results.root / "results.jsonl").read_bytes()
    assert desk("apply", results.root) == (0, "2 reports, 0 changed, 0 provisional\n", "")
    assert (results.root / "results.jsonl").read_bytes() == lines


def test_require_all_writes_nothing_while_one_is_missing(desk: Desk, results: Round) -> None:
    results.keep(report())
    desk("add", results.root)
    before = {path: path.read_bytes() for path in results.root.rglob("*") if path.is_file() and path.name != ".lock"}
    code, stdout, stderr = desk("apply", results.root, "--require-all")
    assert (code, stdout) == (ExitCode.USAGE, "")
    assert stderr.startswith("2 answers of ada are not marked yet\n")
    assert {p: p.read_bytes() for p in results.root.rglob("*") if p.is_file() and p.name != ".lock"} == before
    desk.mark(random=20, cost=60)
    assert desk("apply", results.root, "--require-all")[0] == 0


def test_a_report_that_does_not_fit_stops_all(desk: Desk, tmp_path: Path) -> None:
    ada, bob = written_to(tmp_path / "ada", report()), written_to(tmp_path / "bob", report("bob"))
    desk("add", ada, bob)
    desk.mark(random=20, cost=60)
    (bob / "report.json").write_text(as_json(report("bob", answers=ANSWERS | {"cost": "Other."})))
    before = (ada / "report.json").read_bytes()
    code, _, stderr = desk("apply", ada, bob)
    assert code == ExitCode.USAGE
    assert "the marks do not belong to" in stderr
    assert "grader gradebook add" in stderr
    assert (ada / "report.json").read_bytes() == before


def test_a_name_goes_with_one_report(desk: Desk, tmp_path: Path) -> None:
    made = replace(report(), submission=replace(report().submission, manifest=None, name="submission.zip"))
    paths = [tmp_path / "first.json", tmp_path / "second.json"]
    for path in paths:
        path.write_text(as_json(made))
    assert desk("add", paths[0])[0] == 0
    assert desk("add", paths[0], "--name", "Ada Lovelace")[0] == 0
    assert desk("add", *paths, "--name", "Ada")[0] == ExitCode.USAGE
    rows = csv.DictReader(io.StringIO(desk("export")[1]))
    assert [row["name"] for row in rows] == ["Ada Lovelace", "submission"]
    assert desk("apply", paths[0], "--name", "Ada Lovelace") == (
        *(0, "1 report, 0 changed, 1 provisional\n", "2 answers of Ada Lovelace are not marked yet\n"),
    )


def test_a_scored_entry_counts_and_others_do_not(desk: Desk, results: Round) -> None:
    results.keep(report())
    entry = results.keep(report("unlucky"))
    ResultsFolder(results.root).keep(replace(entry, status=FAULT, folder="", message="the engine is gone"), {})
    assert desk("add", results.root)[1].startswith("1 added")


@pytest.mark.parametrize(
    ("at", "value"),
    [
        (("assignments", 0, "name"), "../../outside"),
        (("assignments", 0, "name"), 7),
        (("assignments", 0, "criteria", 0, "id"), "a" * 200),
        (("assignments", 0, "criteria", 0, "points"), "many"),
        (("written", "assignments", 0, "name"), ".."),
        (("written", "assignments", 0, "questions", 0, "id"), "x/y"),
        (("written", "assignments", 0, "questions", 1, "id"), "random"),
        (("written", "assignments", 0, "questions", 0, "answer"), ["not", "text"]),
        (("written", "assignments", 0, "questions", 0, "points"), 1e999),
    ],
)
def test_an_edited_report_reaches_no_path_and_no_table(desk: Desk, tmp_path: Path, at: Any, value: object) -> None:
    table: Any = as_data(report())
    inner = table
    for key in at[:-1]:
        inner = inner[key]
    inner[at[-1]] = value
    path = tmp_path / "report.json"
    path.write_text(json.dumps(table))
    code, stdout, stderr = desk("add", path)
    assert (code, stdout) == (ExitCode.USAGE, "")
    assert "a bug" not in stderr
    assert sorted(each.name for each in tmp_path.iterdir() if each.is_dir()) == ["bank", "course"]
    assert not (desk.course / "autograded").exists()


def test_what_holds_no_report_is_told(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    code, _, stderr = desk("add", tmp_path / "empty")
    assert code == ExitCode.USAGE
    assert "neither results.jsonl nor report.json" in stderr


@pytest.mark.parametrize("command", ["export", "agreement"])
def test_a_mistyped_course_is_not_made(desk: Desk, command: str) -> None:
    code, _, stderr = desk(command)
    assert code == ExitCode.USAGE
    assert "should hold a gradebook" in stderr
    assert not desk.course.exists()


def test_export_to_a_file_is_what_stdout_shows(desk: Desk, results: Round, tmp_path: Path) -> None:
    results.keep(report())
    desk("add", results.root)
    for form in ("csv", "json"):
        path = tmp_path / f"marks.{form}"
        assert desk("export", "--format", form, "--output", path) == (0, "", "")
        shown = CliRunner().invoke(main, ["gradebook", "export", "--course", str(desk.course), "--format", form])
        assert path.read_bytes() == shown.stdout_bytes


def test_agreement_says_that_few_answers_are_too_few(desk: Desk, results: Round) -> None:
    results.keep(report())
    desk("add", results.root)
    assert "marked by two people yet" in desk("agreement")[1]
    desk.mark(random=20)
    with Book(desk.course) as book:
        book.mark(cell(book, "random").grade, "mallory", 30, NOON)
    code, stdout, _ = desk("agreement", "--assignment", "knn")
    assert code == 0
    assert "too few answers" in stdout
    assert json.loads(desk("agreement", "--format", "json")[1])["answers"] == 1


def test_a_missing_package_is_told_with_its_cure(desk: Desk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    real = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "nbgrader" else real(name))
    code, _, stderr = desk("add", written_to(tmp_path / "ada", report()))
    assert code == ExitCode.USAGE
    assert "pip install 'takehome-grader[marking]'" in stderr


def test_the_database_is_named_by_the_environment(desk: Desk, results: Round, tmp_path: Path) -> None:
    results.keep(report())
    told = ["gradebook", "add", str(results.root), "--course", str(desk.course), "--bank", str(desk.bank)]
    done = CliRunner().invoke(main, told, env={"GRADER_DB": f"sqlite:///{tmp_path / 'elsewhere.db'}"})
    assert done.exit_code == 0
    assert (tmp_path / "elsewhere.db").is_file()
    assert [path.name for path in desk.course.iterdir()] == ["autograded"]
