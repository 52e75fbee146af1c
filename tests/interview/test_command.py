"""``grader interview`` as staff run it, on a report that ``grader score`` has written."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from grader.bank import Bank
from grader.cli import main
from grader.cli.interviewing import interview
from grader.errors import ExitCode
from grader.interview.planning import CLOSING_MINUTES, OPENING_MINUTES, SHORTEST_MINUTES
from tests.conftest import Grader, ToyBank
from tests.interview.test_pack import FILE, PACK

MIDDLING = """\
    import numpy as np


    def mean(X):
        if len(X) == 1:
            raise RuntimeError("one row\\x1b[2J")
        return np.asarray(X).mean(axis=0)
"""
OTHER = (
    PACK.replace("mean", "average")
    .replace('"average"', '"mean"')
    .replace('"speed"', '"tuning"')
    .replace("bad_input", "other_input")
    .replace('id = "other_input"', 'id = "bad_input"')
)


@pytest.fixture
def bank(toy_bank: ToyBank) -> ToyBank:
    toy_bank.add_other()
    toy_bank.write(FILE, PACK)
    toy_bank.write("solutions/other/interview.toml", OTHER)
    return toy_bank


@pytest.fixture
def told(bank: ToyBank, grader: Grader, tmp_path: Path) -> Path:
    """The report of a submission that loses one test of "mean", all of "bad_input", and an assignment."""
    folder = bank.submission(MIDDLING)
    scored = grader("score", folder, "--bank", bank.root, "--sandbox", "none", "--format", "json")
    assert scored.returncode == ExitCode.BELOW_PASS_MARK, scored.stderr
    path = tmp_path / "report.json"
    path.write_text(scored.stdout)
    return path


def run(*arguments: str | Path) -> tuple[int, str, str]:
    done = CliRunner().invoke(main, ["interview", *map(str, arguments)])
    return done.exit_code, done.stdout, done.stderr


def edited(path: Path, *place: str | int, value: Any) -> Path:
    table = json.loads(path.read_text())
    inner = table
    for step in place[:-1]:
        inner = inner[step]
    inner[place[-1]] = value
    path.write_text(json.dumps(table))
    return path


def test_a_scored_submission_s_interview(grader: Grader, bank: ToyBank, told: Path) -> None:
    done = grader("interview", told, "--bank", bank.root)
    assert (done.returncode, done.stderr) == (ExitCode.PASSED, "")
    assert done.stdout.startswith("Interview: handed_in\nScore 7.5 of 100  NOT PASSED\nStaff only")
    for form in (
        r"lost +30 of 60 points, in 1 of 2 tests\n +expected +With one row the mean is that row\.\n"
        r" +came back +raised RuntimeError: one row�\[2J\n +at +toy\.py:6: raise RuntimeError\(",
        r"lost +40 of 40 points, in 1 of 1 tests",
        r"because +other\.py was not handed in",
        r"ask +first of mean\n +slip +slip 3\n +gap +gap 3",
    ):
        assert re.search(form, done.stdout), form
    assert "first of average" not in done.stdout, "nothing is asked about criteria of what was not handed in"
    asks = re.findall(r"^ +ask +(.*)", done.stdout, re.M)
    assert asks[0] == "first of mean", "nothing was won, and lost in part tells most"

    data = json.loads(run(told, "--bank", bank.root, "--format", "json")[1])
    assert [question["ask"] for question in data["questions"] + data["spare"]] == asks
    text = run(told, "--bank", bank.root, "--format", "markdown")[1]
    assert text.startswith("# Interview: `handed_in`\n")
    assert [ask.replace("\\", "") for ask in re.findall(r"^> (.*)", text, re.M)] == asks
    assert "\x1b" not in done.stdout + text


def test_minutes_decide_how_much_is_planned(bank: ToyBank, told: Path) -> None:
    few, many = (
        json.loads(run(told, "--bank", bank.root, "--minutes", n, "--format", "json")[1]) for n in ("18", "60")
    )
    assert (len(few["questions"]), few["minutes"]) == (2, 18)
    assert len(many["questions"]) == len(few["questions"]) + len(few["spare"])
    assert many["spare"] == []


def test_minutes_that_leave_no_time_for_a_question_are_refused(bank: ToyBank, told: Path) -> None:
    code, stdout, stderr = run(told, "--bank", bank.root, "--minutes", str(SHORTEST_MINUTES - 1))
    assert (code, stdout) == (ExitCode.USAGE, "")
    assert f"{SHORTEST_MINUTES}<=x<=" in stderr
    assert run(told, "--bank", bank.root, "--minutes", str(SHORTEST_MINUTES))[0] == ExitCode.PASSED


def test_the_help_says_what_the_plan_does() -> None:
    (minutes,) = [p for p in interview.params if p.name == "minutes"]
    assert f"{OPENING_MINUTES} to open and {CLOSING_MINUTES} to close included" in str(vars(minutes)["help"])
    text = CliRunner().invoke(main, ["interview", "--help"]).stdout
    assert "Exit codes:" in text
    assert "grader interview results/report.json" in text


def test_assignments_without_questions_are_told_in_one_line(bank: ToyBank, told: Path) -> None:
    (bank.root / "solutions/other/interview.toml").unlink()
    code, stdout, stderr = run(told, "--bank", bank.root)
    assert (code, stderr) == (ExitCode.PASSED, "grader: the bank has no interview questions for other\n")
    assert "first of mean" in stdout


def test_a_bank_without_any_is_told_with_the_cure(bank: ToyBank, told: Path) -> None:
    for name in ("toy", "other"):
        (bank.root / f"solutions/{name}/interview.toml").write_text("# to be written\n")
    code, stdout, stderr = run(told, "--bank", bank.root)
    assert (code, stdout) == (ExitCode.USAGE, "")
    message, cure = stderr.splitlines()
    assert message.endswith("has no interview questions for toy, other")
    assert "interview.toml" in cure
    assert "--bank DIR" in cure


def test_another_bank_s_report_is_told_and_what_it_does_not_know_is_left_out(bank: ToyBank, told: Path) -> None:
    path = bank.root / "assignments/toy/assignment.toml"
    path.write_text(path.read_text().replace('id = "bad_input"', 'id = "empty"'))
    questions = bank.root / FILE
    questions.write_text(questions.read_text().replace('"bad_input"', '"empty"'))
    code, stdout, stderr = run(told, "--bank", bank.root)
    assert (code, len(stderr.splitlines())) == (ExitCode.PASSED, 1)
    assert "made with another bank" in stderr
    assert "first of mean" in stdout
    assert "first of bad_input" not in stdout
    assert "the bank has no question about it: toy.bad_input." in stdout


def test_questions_decide_no_score(bank: ToyBank) -> None:
    before = Bank(bank.root).sha256
    (bank.root / FILE).write_text("# none\n")
    assert Bank(bank.root).sha256 == before


def test_a_wrong_file_of_questions_is_told(bank: ToyBank, told: Path) -> None:
    (bank.root / FILE).write_text('[[criteria]]\nid = "meen"\n')
    code, stdout, stderr = run(told, "--bank", bank.root)
    assert (code, stdout) == (ExitCode.USAGE, "")
    assert "interview.toml" in stderr
    assert len(stderr.splitlines()) == 2


@pytest.mark.parametrize("content", ["", "{}", '{"schema_version": 1}', "hello"])
def test_what_is_no_report_is_told(bank: ToyBank, tmp_path: Path, content: str) -> None:
    path = tmp_path / "report.json"
    path.write_text(content)
    code, stdout, stderr = run(path, "--bank", bank.root)
    assert (code, stdout) == (ExitCode.USAGE, "")
    assert "grader score --format json" in stderr


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("weight",), 0),
        (("weight",), -1),
        (("weight",), "x"),
        (("problem",), []),
        (("criteria", 0, "earned"), 61),
        (("criteria", 0, "earned"), -1),
        (("criteria", 0, "earned"), 10**400),
        (("criteria", 0, "points"), "many"),
        (("criteria", 0, "tests", 1, "frames"), [None]),
        (("criteria", 0, "tests", 1, "frames"), [{"file": "toy.py"}]),
        (("criteria", 0, "tests", 1, "frames", 0, "line"), "six"),
    ],
)
def test_a_report_that_was_edited_is_refused_or_read(
    bank: ToyBank, told: Path, place: tuple[str | int, ...], value: object
) -> None:
    code, stdout, stderr = run(edited(told, "assignments", 0, *place, value=value), "--bank", bank.root)
    assert (code, stdout == "") in ((ExitCode.USAGE, True), (ExitCode.PASSED, False)), stderr
    assert "a bug in grader" not in stderr
    assert (code == ExitCode.USAGE) == (place != ("problem",))


def test_names_in_an_edited_report_are_quoted_harmlessly(bank: ToyBank, told: Path) -> None:
    edited(told, "assignments", 1, "name", value="../\x1b[2J" * 40)
    code, _, stderr = run(told, "--bank", bank.root)
    assert code == ExitCode.PASSED
    assert "\x1b" not in stderr
    assert len(stderr) < 400
