"""What counts as a submission, and what it is called."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.bank import Bank
from grader.batch.discovery import Handed, handed_in, name_of
from grader.errors import SubmissionError
from grader.manifest import Manifest
from grader.models import Submission
from tests.conftest import ToyBank


def found(bank: ToyBank, *paths: Path) -> list[tuple[str, str]]:
    return [(handed.name, handed.source) for handed in handed_in(paths, Bank(bank.root).assessment)]


def touch(root: Path, *names: str) -> Path:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    return root


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (["ada.zip", "bob.zip"], [("ada", "round/ada.zip"), ("bob", "round/bob.zip")]),
        (["toy.py"], [("round", "round")]),
        (["toy/toy.py"], [("round", "round")]),
        (["ada/toy.py", "bob/toy/toy.py"], [("ada", "round/ada"), ("bob", "round/bob")]),
        (["ada/submission.zip"], [("ada", "round/ada/submission.zip")]),
        (["ada/1.zip", "ada/2.zip"], [("ada-1", "round/ada/1.zip"), ("ada-2", "round/ada/2.zip")]),
        (["ada.zip", "notes.txt", ".hidden/toy.py", "__MACOSX/toy.py", "other/x.py"], [("ada", "round/ada.zip")]),
        (["ada.ZIP"], [("ada", "round/ada.ZIP")]),
    ],
)
def test_a_round_is_what_lies_in_its_folder(
    toy_bank: ToyBank, tmp_path: Path, files: list[str], expected: list[tuple[str, str]]
) -> None:
    assert found(toy_bank, touch(tmp_path / "round", *files)) == expected


def test_files_are_taken_in_the_order_in_which_they_are_given(toy_bank: ToyBank, tmp_path: Path) -> None:
    touch(tmp_path, "b.zip", "a.zip", "toy.py")
    assert found(toy_bank, tmp_path / "b.zip", tmp_path / "a.zip", tmp_path / "toy.py", tmp_path / "b.zip") == [
        ("b", "b.zip"), ("a", "a.zip"), ("toy", "toy.py")
    ]  # fmt: skip


def test_nothing_to_score_is_refused(toy_bank: ToyBank, tmp_path: Path) -> None:
    with pytest.raises(SubmissionError, match="should hold submissions"):
        found(toy_bank, touch(tmp_path / "round", "notes.txt"))


def test_a_submission_of_a_variant_is_called_by_it() -> None:
    handed = Handed(Path("x.zip"), "x", "x.zip")
    manifest = Manifest("Toy", "1", "candidate-17", "1", "3", "2", "", {})
    told = Submission("x.zip", "", {}, {}, manifest=manifest)
    assert name_of(handed, told) == "candidate-17"
    assert name_of(handed, Submission("x.zip", "", {}, {})) == "x"
