"""What changed from one report to another, from the JSON files alone."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.models import Outcome, Report
from grader.report.data import as_data, as_json
from grader.report.difference import Difference, as_text, difference
from grader.report.difference import as_json as difference_as_json
from grader.report.reading import ReportError, read_report
from tests.conftest import Grader
from tests.report.test_data import ODD, STEADY, report, result

WON, LOST = result(Outcome.PASSED), replace(result(Outcome.PASSED), outcome=Outcome.TIMEOUT)


def written(folder: Path, name: str, told: Report) -> Path:
    path = folder / name
    path.write_text(as_json(told))
    return path


def compared(folder: Path, old: Report, new: Report) -> Difference:
    return difference(*(read_report(written(folder, n, r)) for n, r in (("old.json", old), ("new.json", new))))


def test_a_report_does_not_differ_from_itself(tmp_path: Path) -> None:
    found = compared(tmp_path, report(WON), report(WON))
    assert found.is_none
    assert as_text(found) == "No difference: 100 of 100 in both\nthe same submission\n"


def test_times_and_messages_are_no_difference(tmp_path: Path) -> None:
    later = replace(LOST, seconds=9.0, message="another", output="more")
    assert compared(tmp_path, report(LOST), report(later)).is_none


def test_a_lost_test_is_named_with_its_criterion_and_points(tmp_path: Path) -> None:
    found = compared(tmp_path, report(WON), report(LOST))
    assert not found.is_none
    assert (found.old_score, found.new_score) == (100, 66.67)
    (criterion,) = found.criteria
    assert (criterion.assignment, criterion.id, criterion.old, criterion.new) == ("knn", "all", 100, 0)
    text = as_text(found)
    assert "knn, Everything: 100 to 0 points" in text
    assert "test_it.py::test_PASSED: PASSED to TIMEOUT" in text


def test_another_submission_suite_and_seed_are_told(tmp_path: Path) -> None:
    old = report(WON)
    provenance = replace(old.provenance, seed=8, suites_sha256={"knn": "9" * 64, "other": "1" * 64})
    new = replace(old, submission=replace(old.submission, sha256="c" * 64), provenance=provenance)
    text = as_text(compared(tmp_path, old, new))
    assert "another submission" in text
    assert "another hidden suite: knn" in text
    assert "another seed: 7 to 8" in text


def test_pass_or_fail_that_changes_is_said_first(tmp_path: Path) -> None:
    old = report(WON)
    new = replace(report(LOST), score=replace(report(LOST).score, total=10.0, passed=False))
    assert as_text(compared(tmp_path, old, new)).splitlines()[0] == "100 to 10 of 100; PASS OR FAIL CHANGES"


def test_a_test_that_only_one_suite_has_is_told(tmp_path: Path) -> None:
    found = compared(tmp_path, report(WON), report(WON, result(Outcome.FAILED)))
    assert "not in the suite to FAILED" in as_text(found)


def test_a_stranger_s_text_is_printable(tmp_path: Path) -> None:
    old = report(WON, text=ODD)
    odd = replace(LOST, id=f"test{ODD}")
    text = as_text(compared(tmp_path, old, report(odd, text=ODD)))
    assert "\x1b" not in text
    assert "\u202e" not in text


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", "null", '{"schema_version": 2}', '{"schema_version": 1}', "\0", "[" * 9999]
)
def test_what_is_no_report_is_refused_in_one_line(tmp_path: Path, content: str) -> None:
    path = tmp_path / "report.json"
    path.write_text(content)
    with pytest.raises(ReportError) as caught:
        read_report(path)
    assert "\n" not in str(caught.value)
    assert caught.value.cure


@STEADY
@given(st.data())
def test_an_edited_report_is_refused_or_compared(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    told: Any = json.loads(json.dumps(as_data(report(LOST))))
    place, depth = told, data.draw(st.integers(1, 5))
    for _ in range(depth):
        key = data.draw(st.sampled_from(sorted(place) if isinstance(place, dict) else list(range(len(place)))))
        if not isinstance(place[key], (dict, list)) or not place[key]:
            break
        parent, place = place, place[key]
    else:
        place, key = parent, key
    place[key] = data.draw(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.just([])
    )
    path = tmp_path_factory.getbasetemp() / "edited.json"
    path.write_text(json.dumps(told))
    try:
        edited = read_report(path)
    except ReportError:
        return
    found = difference(edited, edited)
    assert found.is_none
    assert as_text(found)
    assert json.loads(difference_as_json(found))["same"] is True


def test_the_command_says_it_and_ends_like_diff(grader: Grader, tmp_path: Path) -> None:
    old, new = written(tmp_path, "old.json", report(WON)), written(tmp_path, "new.json", report(LOST))
    assert grader("diff", old, old).returncode == 0
    done = grader("diff", old, new, "--format", "json")
    assert done.returncode == 1
    assert json.loads(done.stdout)["criteria"][0]["tests"] == [
        {"id": "test_it.py::test_PASSED", "old": "PASSED", "new": "TIMEOUT"}
    ]
    (tmp_path / "no.json").write_text("{}")
    done = grader("diff", old, tmp_path / "no.json")
    assert (done.returncode, done.stdout) == (2, "")
    assert "schema_version" in done.stderr
