"""From a folder of results to a table; what cannot be compared is left out and told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from grader.batch.results import ResultsError
from grader.cohort.reading import is_inside, read_round
from grader.report.data import as_json
from tests.cohort.conftest import Folder, assessment, report

ALL, NONE = [True] * 10, [False] * 10


def edited(*place: str | int, value: Any) -> bytes:
    """A report with something else at one place."""
    table = json.loads(as_json(report(ALL)))
    inner = table
    for step in place[:-1]:
        inner = inner[step]
    inner[place[-1]] = value
    return json.dumps(table).encode()


def test_a_round_is_a_table_of_points_and_passes(folder: Folder) -> None:
    folder.add(report([True, False, True, True, False, False, True, True, False, True]))
    found = read_round(folder.root)
    (member,), rubric = found.members, found.rubric
    assert rubric is not None
    assert [round(criterion.points, 2) for criterion in rubric.criteria] == [16.67, 16.67, 16.67, 25, 25]
    assert [round(points, 2) for points in member.earned] == [8.33, 16.67, 0, 25, 12.5]
    assert member.passes == (True, False, True, True, False, False, True, True, False, True)
    assert [round(test.points, 2) for test in rubric.tests] == [8.33] * 6 + [12.5] * 4
    assert [test.criterion for test in rubric.tests] == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]
    assert (member.score, member.passed, rubric.pass_mark) == (62.5, True, 60)
    assert rubric.criteria[3].assignment == "The em"


def test_weights_decide_what_a_criterion_is_worth(folder: Folder) -> None:
    table = json.loads(as_json(report(ALL)))
    table["assignments"][0]["weight"] = 3
    folder.add(report(ALL), files={"report.json": json.dumps(table).encode()})
    rubric = read_round(folder.root).rubric
    assert rubric is not None
    assert [criterion.points for criterion in rubric.criteria] == pytest.approx([25, 25, 25, 12.5, 12.5], abs=1e-3)


def test_a_test_that_did_not_run_is_not_passed(folder: Folder) -> None:
    folder.add(report(ALL, missing=("em",)))
    (member,) = read_round(folder.root).members
    assert member.passes == (True,) * 6 + (False,) * 4
    assert member.problems == ("The em",)
    assert member.score == 50


def test_only_the_last_grading_of_a_submission_counts(folder: Folder) -> None:
    first = folder.add(report(NONE))
    folder.add(report(ALL), source=first.source, submission_sha256=first.submission_sha256)
    assert [member.score for member in read_round(folder.root).members] == [100]


def test_what_is_not_scored_is_no_zero(folder: Folder) -> None:
    folder.add(report(ALL))
    folder.refuse("broken")
    folder.fault("unlucky")
    found = read_round(folder.root)
    assert [member.score for member in found.members] == [100]
    assert [(entry.name, entry.why) for entry in found.refused] == [("broken", "is no archive")]
    assert [(entry.name, entry.why) for entry in found.faults] == [("unlucky", "the engine is gone")]


@pytest.mark.parametrize(
    "other",
    [
        report(ALL, name="other", bank="c" * 64),
        report(ALL, assessment({"knn": 3, "em": 2}, title="Another"), name="other"),
        report(ALL, assessment({"knn": 3, "em": 2}, mark=50), name="other"),
        report(ALL[:6], assessment({"knn": 3}), name="other"),
    ],
    ids=["bank", "take-home", "pass mark", "assignments"],
)
def test_what_was_scored_by_something_else_is_left_out(folder: Folder, other: Any) -> None:
    folder.add(other)
    for name in ("ada", "grace"):
        folder.add(report(ALL, name=name))
    found = read_round(folder.root)
    assert [member.name for member in found.members] == ["ada", "grace"]
    assert [(entry.name, "than most" in entry.why) for entry in found.left_out] == [("other", True)]


def test_of_two_as_large_the_later_is_the_round(folder: Folder) -> None:
    folder.add(report(ALL, name="a"))
    folder.add(report(ALL, name="b", bank="c" * 64))
    assert [member.name for member in read_round(folder.root).members] == ["b"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b'{"schema_version": 1}',
        edited("score", value=99),
        edited("score", value="NaN"),
        edited("pass_mark", value=-1),
        edited("pass_mark", value=float("nan")),
        edited("assignments", value=[]),
        edited("assignments", 0, "weight", value=0),
        edited("assignments", 0, "criteria", 0, "skill", value="<script>"),
        edited("assignments", 0, "criteria", 0, "skill", value=[]),
        edited("assignments", 0, "criteria", 0, "tests", value=[]),
        edited("assignments", 0, "criteria", 0, "tests", 0, "outcome", value=None),
        edited("assignments", 0, "criteria", 0, "tests", 0, "id", value=None),
        edited("assignments", 0, "criteria", 1, "id", value="c0"),
        edited("assignments", 1, "name", value="knn"),
        edited("provenance", "bank_sha256", value=None),
    ],
)
def test_a_report_that_was_edited_is_left_out_or_another(folder: Folder, content: bytes) -> None:
    """Whatever it says, it is no member beside those that were not touched, and none of them is lost."""
    for name in ("ada", "grace"):
        folder.add(report(ALL, name=name))
    folder.add(report(ALL, name="odd"), files={"report.json": content})
    found = read_round(folder.root)
    names = [member.name for member in found.members]
    assert names[:2] == ["ada", "grace"]
    assert [entry.name for entry in found.left_out] == ([] if "odd" in names else ["odd"])
    assert "odd" not in names or b'"outcome": null' in content, "a test of no known outcome is one not passed"


def test_a_report_that_is_gone_is_left_out(folder: Folder) -> None:
    entry = folder.add(report(ALL))
    (folder.root / entry.folder / "report.json").unlink()
    found = read_round(folder.root)
    assert (found.members, found.rubric) == ((), None)
    assert "cannot be read" in found.left_out[0].why


@pytest.mark.parametrize(
    "place", ["/etc", "../elsewhere", "a/../../b", "", "a\\b", "javascript:1", "a\x00b", "\ud800"]
)
def test_nothing_is_read_outside_of_the_results(folder: Folder, place: str, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "report.json").write_text(as_json(report(ALL)))
    folder.add(report(ALL), folder=place, files={})
    found = read_round(folder.root)
    assert not is_inside(place)
    assert found.members == ()
    assert "below the results" in found.left_out[0].why


def test_a_folder_of_no_batch_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ResultsError, match=r"should hold results\.jsonl"):
        read_round(tmp_path)
