"""``grader cohort`` as staff run it, and its text and JSON."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from rich.cells import cell_len

from grader.cli import main
from grader.cli.cohorts import write_cohort
from grader.cohort.analysis import analyse
from grader.cohort.reading import read_round
from grader.cohort.rendering import as_text
from grader.errors import ExitCode
from tests.cohort.conftest import SMALL, Folder, assessment, fill, report
from tests.pages.hostile import CONTROLS, TEXT

LARGE = assessment({"knn": 10, "em": 10})


def run(*arguments: str | Path) -> tuple[int, str, str]:
    done = CliRunner().invoke(main, ["cohort", *map(str, arguments)])
    return done.exit_code, done.stdout, done.stderr


def refuse_constant(constant: str) -> None:
    raise AssertionError(f"{constant} is not JSON")


def test_the_text_is_read_in_a_minute(folder: Folder) -> None:
    fill(folder, 40, LARGE)
    folder.refuse("broken.zip")
    folder.fault("unlucky.zip")
    code, stdout, stderr = run(folder.root)
    assert (code, stderr) == (ExitCode.PASSED, f"grader: written to {folder.root / 'cohort.html'}\n")
    assert stdout.startswith("Take-home: 40 submissions\nMedian ")
    for form in (
        r"quartiles [\d.]+ and [\d.]+, from [\d.]+ to [\d.]+\n\d+ passed, \d+ did not \(pass mark 60\)\n",
        r"alpha +0\.\d\d \(95 % interval 0\.\d\d to 0\.\d\d\)\n",
        r"error +[\d.]+ points: a score holds within ±[\d.]+, a difference within ±[\d.]+\n",
        r"ranking +\d+ of 39 neighbours differ by more than [\d.]+ points\n",
        r"pass mark +\d+ submissions within [\d.]+ points of it\n +[\d.]+ +(not )?passed +candidate \d{4}\n",
        r"Criteria that tell most.*\n(  +-?\d\.\d\d +\d+% +Criterion \d of .*\n){5}\n",
        r"Criteria that tell least.*\n(  +-?\d\.\d\d +\d+% +Criterion \d of .*\n){5}\n",
        r"everybody passes: \d+ of 40\n",
        r"1 submission refused, cannot be read\n  broken\.zip: is no archive\n",
        r"1 submission not scored, through a fault of ours\n  unlucky\.zip: the engine is gone\n",
    ):
        assert re.search(form, stdout), form
    assert "Few submissions" not in stdout
    assert stdout.count("\n") < 90
    assert (folder.root / "cohort.html").read_text().startswith("<!doctype html>")


def test_json_has_all_of_it_and_fits_what_the_text_says(folder: Folder) -> None:
    fill(folder, 40, LARGE)
    code, stdout, _ = run(folder.root, "--format", "json")
    data = json.loads(stdout, parse_constant=refuse_constant)
    assert (code, data["schema_version"], data["assessment"], data["pass_mark"]) == (0, 1, "Take-home", 60)
    told = data["round"]
    assert [len(told[name]) for name in ("ranking", "criteria", "tests")] == [40, 20, 40]
    assert f"alpha      {told['reliability']['alpha']['value']:.2f} " in run(folder.root)[1]
    assert set(told["ranking"][0]) == {
        *("rank", "name", "source", "folder", "score", "passed", "problems", "low", "high", "alike", "is_near_mark"),
    }
    assert stdout.isascii()


@pytest.mark.parametrize("count", [1, 2, 3, 7, 8, 29])
@pytest.mark.parametrize("kind", ["varied", "equal"])
def test_small_and_constant_rounds_have_no_figure_that_is_no_number(folder: Folder, count: int, kind: str) -> None:
    if kind == "varied":
        fill(folder, count, SMALL)
    else:
        for number in range(count):
            folder.add(report([True] * 10, name=f"n{number}"))
    code, stdout, _ = run(folder.root)
    assert code == ExitCode.PASSED
    assert "figures below are rough" in stdout
    page = (folder.root / "cohort.html").read_text()
    for text in (stdout, page):
        assert not re.search(r"\b(nan|NaN|inf|None)\b", text.partition("</style>")[2] or text)
    assert "Few submissions" in page
    data = json.loads(run(folder.root, "--format", "json")[1], parse_constant=refuse_constant)
    alpha = data["round"]["reliability"]["alpha"]
    assert (alpha["value"] is None) == bool(alpha["why_not"])
    if kind == "equal" or count == 1:
        reason = "it takes two submissions" if count == 1 else "all scores are equal"
        assert f"alpha  none: {reason}" in stdout
        assert reason in page


def test_a_round_without_a_score_has_no_page(folder: Folder) -> None:
    folder.refuse("broken")
    code, stdout, stderr = run(folder.root)
    assert (code, stderr) == (ExitCode.PASSED, "")
    assert stdout.startswith("No submission was scored\n")
    assert "broken: is no archive" in stdout
    assert json.loads(run(folder.root, "--format", "json")[1])["round"] is None
    assert not (folder.root / "cohort.html").exists()
    assert write_cohort(folder.root) is None


def test_a_batch_writes_the_page_too(folder: Folder) -> None:
    fill(folder, 5, SMALL)
    assert write_cohort(folder.root) == folder.root / "cohort.html"
    page = (folder.root / "cohort.html").read_bytes()
    run(folder.root)
    assert (folder.root / "cohort.html").read_bytes() == page, "and the same one"


def test_a_page_elsewhere_leads_to_the_reports_all_the_same(folder: Folder, tmp_path: Path) -> None:
    entry = folder.add(report([True] * 10))
    elsewhere = tmp_path / "a b" / "round.html"
    elsewhere.parent.mkdir()
    assert run(folder.root, "--output", elsewhere)[0] == ExitCode.PASSED
    assert f'href="../results/{entry.folder}/report.html"' in elsewhere.read_text()
    assert not (folder.root / "cohort.html").exists()


@pytest.mark.parametrize("arguments", [[], ["--format", "json"]])
def test_a_wrong_folder_is_told_with_the_cure(tmp_path: Path, arguments: list[str]) -> None:
    code, stdout, stderr = run(tmp_path, *arguments)
    assert (code, stdout) == (ExitCode.USAGE, "")
    assert "should hold results.jsonl" in stderr
    assert "grader batch" in stderr
    assert run(tmp_path / "nowhere")[0] == ExitCode.USAGE


@pytest.mark.parametrize("width", [60, 100])
def test_hostile_names_are_shown_and_not_obeyed(folder: Folder, width: int) -> None:
    names = [f"{TEXT}[bold red]{number}" for number in range(3)]
    fill(folder, 12, assessment({"knn": 3, "em": 2}, title=f"T{CONTROLS}"), names=names)
    folder.refuse(TEXT, message=f"message {TEXT}{'x' * 100_000}")
    found = read_round(folder.root)
    text = as_text(found, analyse(found), width=width)
    assert all(character == "\n" or character.isprintable() for character in text)
    assert len(text) < 20_000
    assert max(map(cell_len, text.splitlines())) <= width
    assert json.loads(run(folder.root, "--format", "json")[1])["refused"][0]["name"] == TEXT


def test_colour_tells_nothing_alone(folder: Folder) -> None:
    fill(folder, 12, SMALL)
    found = read_round(folder.root)
    colored = as_text(found, analyse(found), color=True)
    assert "\x1b[" in colored
    plain = re.sub(r"\x1b\[[0-9;]*m", "", colored)
    assert plain.split() == as_text(found, analyse(found)).split()
