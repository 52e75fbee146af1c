"""What is known is named by all that decided it, and what cannot be read is not known."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from grader.models import Assignment, Criterion, Limits, Outcome
from grader.validation.cache import Ending, TrialCache, default_folder, key_of

ASSIGNMENT = Assignment(
    "toy", "A toy", "1", ("toy",), (Criterion("a", "A", 100, "correctness", "is right"),), Limits(1, 2, 3, 2**28)
)
ENDINGS = {
    "test_toy.py::test_one": Ending("a", Outcome.PASSED, "", 0.25),
    "test_toy.py::test_two": Ending("a", Outcome.CRASHED, "died of «SIGSEGV»", 0.0),
}


def test_what_is_put_is_got_in_the_same_order(tmp_path: Path) -> None:
    cache = TrialCache(tmp_path / "not" / "yet")
    assert cache.get("abc") is None
    cache.put("abc", ENDINGS)
    found = cache.get("abc")
    assert found == ENDINGS
    assert list(found) == list(ENDINGS)
    assert [path.suffix for path in tmp_path.rglob("*") if path.is_file()] == [".json"]


@pytest.mark.parametrize("text", ["", "{", "[]", "3", '{"a": 1}', '{"a": [1, 2]}', '{"a": ["c", "NO", "", 0]}'])
def test_a_damaged_file_is_not_known(tmp_path: Path, text: str) -> None:
    cache = TrialCache(tmp_path)
    cache.put("abc", ENDINGS)
    (path,) = tmp_path.rglob("*.json")
    path.write_text(text)
    assert cache.get("abc") is None


def test_a_folder_that_cannot_be_written_costs_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    cache = TrialCache(tmp_path / "file")
    cache.put("abc", ENDINGS)
    assert cache.get("abc") is None


@pytest.mark.parametrize(
    "changed",
    [
        {"assignment": replace(ASSIGNMENT, version="2")},
        {"assignment": replace(ASSIGNMENT, limits=Limits(1, 2, 3, 2**29))},
        {"suite_sha256": "cd"},
        {"sources": [{"toy": b"a"}, {"toy": b"c"}]},
        {"sources": [{"toy": b"b"}, {"toy": b"a"}]},
        {"sources": [{"toy": b"a", "other": b""}, {"toy": b"b"}]},
        {"settings": (8, "docker")},
        {"settings": (7, "none")},
    ],
)
def test_whatever_decides_a_trial_changes_its_name(changed: dict[str, Any]) -> None:
    given: dict[str, Any] = {
        "assignment": ASSIGNMENT,
        "suite_sha256": "ab",
        "sources": [{"toy": b"a"}, {"toy": b"b"}],
        "settings": (7, "docker"),
    }
    assert key_of(**given) == key_of(**given)
    assert key_of(**given) != key_of(**(given | changed))


def test_the_folder_is_named_by_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRADER_CACHE", "/somewhere")
    assert default_folder() == Path("/somewhere")
    monkeypatch.delenv("GRADER_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", "/caches")
    assert default_folder() == Path("/caches/takehome-grader/trials")
