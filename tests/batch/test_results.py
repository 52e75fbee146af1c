"""The results of a round: whole or not there, and never outside of their folder."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.batch.results import (
    FAULT,
    REFUSED,
    RESULTS_FILE,
    SCORED,
    Entry,
    ResultsError,
    ResultsFolder,
    folder_of,
    latest,
    place_of,
    read_entries,
)


def entry(
    name: str = "ada", *, key: str = "k" * 64, status: str = SCORED, score: float = 50, **changes: object
) -> Entry:
    made = Entry(
        key=key, name=name, source=f"{name}.zip", status=status, folder=folder_of(name, "a" * 64, key).as_posix(),
        submission_sha256="a" * 64, bank_sha256="b" * 64, grader_version="0.1.0", seed=1, sandbox="none", score=score,
        passed=score >= 60, assignments={"toy": score}, attempts=1, seconds=1.0, finished="2026-01-02T03:04:05+00:00",
    )  # fmt: skip
    return replace(made, **changes)  # type: ignore[arg-type]


LISTED = json.dumps({"schema_version": 1} | {name: [] for name in entry().__dict__})
FILES = {"report.json": b"{}", "submission/toy.py": b"x = 1\n"}


@given(st.text(max_size=200), st.text("0123456789abcdef", min_size=64, max_size=64))
def test_no_name_leads_out_of_the_folder(name: str, digest: str) -> None:
    path = folder_of(name, digest, "k" * 64)
    assert len(path.parts) == 3
    assert path.parts[0] == "submissions"
    assert not any(part.startswith(".") or part in ("", "..") for part in path.parts)
    assert path.as_posix().isascii()
    assert len(path.parts[1]) < 80


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "..", "C:\\x", "/", "a\0b", "ü" * 300, "-rf", "con:ads", "\u202e"]
)
def test_hostile_names_are_kept_apart_and_inside(tmp_path: Path, name: str) -> None:
    folder = ResultsFolder(tmp_path / "results")
    folder.keep(entry(name), FILES)
    [kept] = read_entries(tmp_path / "results")
    assert kept.name == name
    assert (tmp_path / "results" / kept.folder / "submission" / "toy.py").read_bytes() == b"x = 1\n"
    assert [path.name for path in tmp_path.iterdir()] == ["results"]


def test_what_was_kept_is_read_back(tmp_path: Path) -> None:
    folder = ResultsFolder(tmp_path)
    entries = [entry("ada"), entry("bob", status=REFUSED, folder="", message="no zip"), entry("eve", status=FAULT)]
    for each in entries:
        folder.keep(each, FILES if each.status == SCORED else {})
    assert folder.entries() == entries
    assert [folder.holds(each) for each in entries] == [True, True, False]


def test_a_line_that_was_cut_off_is_no_line_and_spoils_no_other(tmp_path: Path) -> None:
    folder = ResultsFolder(tmp_path)
    folder.keep(entry("ada"), FILES)
    whole = (tmp_path / RESULTS_FILE).read_bytes()
    for length in range(1, len(whole)):
        (tmp_path / RESULTS_FILE).write_bytes(whole + whole[:length])
        folder.keep(entry("bob"), FILES)
        names = [each.name for each in folder.entries()]
        assert names[0] == "ada"
        assert names[-1] == "bob"
        assert len(names) == 2 or (length == len(whole) - 1 and len(names) == 3), "a whole line lacks its end only"


def test_reports_of_a_killed_run_are_replaced(tmp_path: Path) -> None:
    folder = ResultsFolder(tmp_path)
    made = entry()
    for place in (tmp_path / made.folder, (tmp_path / made.folder).with_name(f".{Path(made.folder).name}.partial")):
        place.mkdir(parents=True)
        (place / "half").write_text("x")
    folder.keep(made, FILES)
    assert sorted(p.name for p in (tmp_path / made.folder).iterdir()) == ["report.json", "submission"]
    assert [p.name for p in (tmp_path / made.folder).parent.iterdir()] == [Path(made.folder).name]


def test_what_lost_its_reports_is_done_again(tmp_path: Path) -> None:
    folder = ResultsFolder(tmp_path)
    folder.keep(entry(), FILES)
    (tmp_path / entry().folder / "report.json").unlink()
    assert not folder.holds(entry())


def test_the_last_grading_counts(tmp_path: Path) -> None:
    again = entry("ada", key="l" * 64, score=90, submission_sha256="c" * 64)
    entries = [entry("bob"), entry("ada", status=REFUSED), entry("ada", score=10), again]
    assert [(each.name, each.score) for each in latest(entries)] == [("ada", 90), ("bob", 50)]


@pytest.mark.parametrize("line", ['{"schema_version": 2}', "[]", "{}", '{"schema_version": 1, "key": "x"}', LISTED])
def test_lines_of_others_are_refused_or_passed_over(tmp_path: Path, line: str) -> None:
    (tmp_path / RESULTS_FILE).write_text(f"{line}\n")
    if isinstance(json.loads(line), dict):
        with pytest.raises(ResultsError, match="line 1"):
            read_entries(tmp_path)
    else:
        assert read_entries(tmp_path) == []


@pytest.mark.parametrize("folder", ["submissions/../../elsewhere", "/etc", ".."])
def test_reports_lie_in_the_results(tmp_path: Path, folder: str) -> None:
    assert place_of(tmp_path, entry()) == tmp_path / entry().folder
    with pytest.raises(ResultsError, match="names a folder elsewhere"):
        place_of(tmp_path, entry(folder=folder))


def test_a_folder_without_results_is_none(tmp_path: Path) -> None:
    with pytest.raises(ResultsError, match=r"should hold results\.jsonl"):
        read_entries(tmp_path)


def test_a_round_has_one_seed(tmp_path: Path) -> None:
    folder = ResultsFolder(tmp_path)
    assert folder.seed(None, 11) == 11
    assert folder.seed(None, 12) == 11
    assert folder.seed(13, 12) == 13
    assert folder.seed(None, 14) == 11
    (tmp_path / "round.json").write_text("x")
    with pytest.raises(ResultsError, match="seed"):
        folder.seed(None, 15)


def test_two_runs_do_not_write_to_one_folder(tmp_path: Path) -> None:
    first, second = ResultsFolder(tmp_path), ResultsFolder(tmp_path)
    with first.locked(), pytest.raises(ResultsError, match="another grader batch"), second.locked():
        pytest.fail("both write")
    with second.locked(), pytest.raises(ResultsError, match="another grader batch"), first.locked():
        pytest.fail("both write")
