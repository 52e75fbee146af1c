"""Banks: a mistake of their author is told with the file's name, and what decides a score has a digest."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

import grader
from grader.bank import ENVIRONMENT_VARIABLE, Bank, find_bank, narrowed
from grader.errors import BankError, ExitCode
from tests.conftest import ASSESSMENT, ASSIGNMENT, ToyBank

ASSESSMENT_FILE = "assignments/assessment.toml"
ASSIGNMENT_FILE = "assignments/toy/assignment.toml"
TWO = ASSESSMENT + '\n[[assignments]]\nname = "other_toy"\nweight = 3\n'


def two_toys(bank: ToyBank) -> Bank:
    """Add a second assignment to a bank."""
    bank.write(ASSESSMENT_FILE, TWO)
    bank.write("assignments/other_toy/assignment.toml", ASSIGNMENT.replace('["toy"]', '["other_toy"]'))
    bank.write("tests/hidden/other_toy/test_it.py", "")
    bank.write("solutions/other_toy/reference/other_toy.py", "")
    return Bank(bank.root)


def complaint(bank: ToyBank) -> str:
    """Return what is said about a bank whose assessment cannot be read."""
    with pytest.raises(BankError) as caught:
        _ = Bank(bank.root).assessment
    assert caught.value.exit_code == ExitCode.USAGE
    assert "\n" not in str(caught.value)
    return str(caught.value)


# What a good bank holds


def test_an_assessment_is_read_as_it_is_written(toy_bank: ToyBank) -> None:
    assessment = two_toys(toy_bank).assessment
    assert (assessment.title, assessment.version, assessment.pass_mark) == ("Toy take-home", "1", 60)
    assert [entry.name for entry in assessment.assignments] == ["toy", "other_toy"]
    assert dict(assessment.weights) == {"toy": 1, "other_toy": 3}
    toy = assessment.assignments[0]
    assert toy.modules == ("toy",)
    assert [(c.id, c.points, c.skill) for c in toy.criteria] == [
        ("mean", 60, "correctness"),
        ("bad_input", 40, "input validation"),
    ]
    assert (toy.limits.call_seconds, toy.limits.test_seconds, toy.limits.total_seconds) == (1, 3, 60)
    assert toy.limits.memory_bytes == 256 * 1024 * 1024


def test_suite_and_reference_are_found(toy_bank: ToyBank) -> None:
    bank = Bank(toy_bank.root)
    assert bank.suite("toy") == toy_bank.root / "tests/hidden/toy"
    assert bank.reference(bank.assignment("toy")) == {"toy": (toy_bank.reference / "toy.py").read_bytes()}


# Mistakes name the file


@pytest.mark.parametrize("file", [ASSESSMENT_FILE, ASSIGNMENT_FILE])
@pytest.mark.parametrize("content", [b"title = ", b"\xff\xfe\x00", b'title = "a"\ntitle = "b"\n', b"=\n"])
def test_a_file_that_is_no_toml_is_named(toy_bank: ToyBank, file: str, content: bytes) -> None:
    (toy_bank.root / file).write_bytes(content)
    message = complaint(toy_bank)
    assert str(toy_bank.root / file) in message
    assert "TOML" in message


@pytest.mark.parametrize("file", [ASSESSMENT_FILE, ASSIGNMENT_FILE])
def test_a_missing_file_is_named(toy_bank: ToyBank, file: str) -> None:
    (toy_bank.root / file).unlink()
    assert f"{toy_bank.root / file} is missing" in complaint(toy_bank)


def test_a_file_where_a_folder_should_be_is_named(toy_bank: ToyBank) -> None:
    shutil.rmtree(toy_bank.root / "assignments/toy")
    toy_bank.write("assignments/toy", "")
    assert str(toy_bank.root / "assignments/toy") in complaint(toy_bank)


KEYS = [(ASSESSMENT_FILE, key) for key in ("title", "version", "pass_mark", "name", "weight")]
KEYS += [
    (ASSIGNMENT_FILE, key) for key in ("title", "version", "modules", "call_seconds", "test_seconds", "total_seconds")
]
KEYS += [(ASSIGNMENT_FILE, key) for key in ("memory_mb", "id", "title", "points", "skill", "expects")]
WRONG = ["true", "{ a = 1 }", "1979-05-27", "[[1]]"]


@pytest.mark.parametrize(("file", "key"), KEYS, ids=[f"{Path(file).stem}.{key}" for file, key in KEYS])
@pytest.mark.parametrize("wrong", [None, *WRONG])
def test_a_field_that_is_missing_or_of_the_wrong_type_is_named(
    toy_bank: ToyBank, file: str, key: str, wrong: str | None
) -> None:
    path = toy_bank.root / file
    new = "" if wrong is None else f"{key} = {wrong}"
    changed, count = re.subn(rf"(?m)^{key} = .*$", new, path.read_text(), count=1)
    assert count == 1
    path.write_text(changed)
    message = complaint(toy_bank)
    assert str(path) in message
    assert key in message


@pytest.mark.parametrize(
    ("file", "old", "new", "says"),
    [
        (ASSESSMENT_FILE, "[[assignments]]", "[assignments]", "assignments"),
        (ASSESSMENT_FILE, "[[assignments]]", "[[others]]", "assignments"),
        (ASSESSMENT_FILE, "weight = 1", "weight = 0", "weight"),
        (ASSESSMENT_FILE, "weight = 1", "weight = -2", "weight"),
        (ASSESSMENT_FILE, "weight = 1", "weight = nan", "weight"),
        (ASSESSMENT_FILE, "weight = 1", "weight = inf", "weight"),
        (ASSESSMENT_FILE, "pass_mark = 60", "pass_mark = 101", "pass_mark"),
        (ASSESSMENT_FILE, "pass_mark = 60", "pass_mark = -1", "pass_mark"),
        (ASSESSMENT_FILE, "pass_mark = 60", "pass_mark = nan", "pass_mark"),
        (ASSIGNMENT_FILE, "points = 60", "points = 59", "sum to 99"),
        (ASSIGNMENT_FILE, "points = 60", "points = 60.1", "sum to 100.1"),
        (ASSIGNMENT_FILE, "points = 60", "points = nan", "points"),
        (ASSIGNMENT_FILE, "points = 60", "points = inf", "points"),
        (ASSIGNMENT_FILE, "points = 60", "points = 0", "points"),
        (ASSIGNMENT_FILE, "points = 60", "points = -60", "points"),
        (ASSIGNMENT_FILE, 'id = "bad_input"', 'id = "mean"', "twice"),
        (ASSIGNMENT_FILE, 'skill = "correctness"', 'skill = "juggling"', "juggling"),
        (ASSIGNMENT_FILE, 'skill = "correctness"', 'skill = "Correctness"', "choose one of correctness"),
        (ASSIGNMENT_FILE, '["toy"]', "[]", "modules"),
        (ASSIGNMENT_FILE, '["toy"]', '["toy.py"]', "modules"),
        (ASSIGNMENT_FILE, '["toy"]', '["../toy"]', "modules"),
        (ASSIGNMENT_FILE, '["toy"]', "[1]", "modules"),
        (ASSIGNMENT_FILE, "[limits]", "[limit]", "limits"),
        (ASSIGNMENT_FILE, "call_seconds = 1", "call_seconds = 0", "limit"),
        (ASSIGNMENT_FILE, "test_seconds = 3", "test_seconds = -1", "limit"),
        (ASSIGNMENT_FILE, "total_seconds = 60", "total_seconds = nan", "total_seconds"),
        (ASSIGNMENT_FILE, "memory_mb = 256", "memory_mb = inf", "memory_mb"),
        (ASSIGNMENT_FILE, "memory_mb = 256", "memory_mb = nan", "memory_mb"),
        (ASSIGNMENT_FILE, "memory_mb = 256", "memory_mb = 0", "limit"),
    ],
)
def test_a_value_that_makes_no_sense_is_named(toy_bank: ToyBank, file: str, old: str, new: str, says: str) -> None:
    path = toy_bank.root / file
    assert path.read_text().count(old) == 1
    path.write_text(path.read_text().replace(old, new))
    message = complaint(toy_bank)
    assert str(path) in message
    assert says in message


def test_an_assessment_without_assignments_is_named(toy_bank: ToyBank) -> None:
    path = toy_bank.write(ASSESSMENT_FILE, ASSESSMENT.partition("[[")[0] + "assignments = []\n")
    assert str(path) in complaint(toy_bank)


def test_an_assignment_listed_twice_is_a_mistake(toy_bank: ToyBank) -> None:
    """The later weight would silently win."""
    path = toy_bank.write(ASSESSMENT_FILE, TWO.replace("other_toy", "toy"))
    message = complaint(toy_bank)
    assert str(path) in message
    assert "toy" in message


def test_two_assignments_cannot_ask_for_the_same_module(toy_bank: ToyBank) -> None:
    """One file would be taken for both, and one reference would replace the other."""
    two_toys(toy_bank)
    toy_bank.write("assignments/other_toy/assignment.toml", ASSIGNMENT)
    message = complaint(toy_bank)
    assert "toy" in message
    assert "assignments" in message


def test_points_may_be_fractions_that_sum_to_100(toy_bank: ToyBank) -> None:
    text = ASSIGNMENT.replace("points = 60", "points = 33.3").replace("points = 40", "points = 66.7")
    toy_bank.write(ASSIGNMENT_FILE, text)
    assert sum(c.points for c in Bank(toy_bank.root).assignment("toy").criteria) == pytest.approx(100)


@pytest.mark.parametrize("mark", ["0", "100", "59.5"])
def test_every_pass_mark_from_0_to_100_is_possible(toy_bank: ToyBank, mark: str) -> None:
    toy_bank.write(ASSESSMENT_FILE, ASSESSMENT.replace("pass_mark = 60", f"pass_mark = {mark}"))
    assert Bank(toy_bank.root).assessment.pass_mark == float(mark)


def test_a_missing_suite_is_named(toy_bank: ToyBank) -> None:
    (toy_bank.root / "tests/hidden/toy/test_toy.py").rename(toy_bank.root / "tests/hidden/toy/toy.py")
    with pytest.raises(BankError, match=re.escape(str(toy_bank.root / "tests/hidden/toy"))):
        Bank(toy_bank.root).suite("toy")


def test_a_missing_reference_is_named(toy_bank: ToyBank) -> None:
    bank = Bank(toy_bank.root)
    (toy_bank.reference / "toy.py").unlink()
    with pytest.raises(BankError, match=re.escape(str(toy_bank.reference / "toy.py"))):
        bank.reference(bank.assignment("toy"))


# Digests


DECIDING = {
    ASSESSMENT_FILE: ASSESSMENT.replace("= 60", "= 61"),
    ASSIGNMENT_FILE: ASSIGNMENT.replace("seconds = 60", "seconds = 61"),
    "tests/hidden/toy/test_toy.py": "# changed\n",
    "tests/hidden/toy/test_more.py": "",
    "tests/hidden/toy/conftest.py": "",
    "tests/hidden/toy/parts/oracle.py": "",
    "solutions/toy/reference/toy.py": "# changed\n",
    "solutions/toy/reference/beside.py": "",
}


@pytest.mark.parametrize("file", DECIDING)
def test_the_digest_of_a_bank_changes_with_all_that_decides_a_score(toy_bank: ToyBank, file: str) -> None:
    before = Bank(toy_bank.root).sha256
    toy_bank.write(file, DECIDING[file])
    assert Bank(toy_bank.root).sha256 != before


@pytest.mark.parametrize("file", [name for name in DECIDING if name.startswith("tests/hidden")])
def test_the_digest_of_a_suite_changes_with_its_files(toy_bank: ToyBank, file: str) -> None:
    before = Bank(toy_bank.root).suite_sha256("toy")
    toy_bank.write(file, DECIDING[file])
    assert Bank(toy_bank.root).suite_sha256("toy") != before


UNRELATED = [
    "README.md",
    "assignments/toy/README.md",
    "assignments/toy/toy.py",
    "solutions/toy/interview.toml",
    "solutions/toy/variants/other.py",
    "tests/test_other.py",
    "tests/hidden/elsewhere/test_it.py",
    "tests/hidden/toy/__pycache__/test_toy.cpython-311.pyc",
    "tests/hidden/toy/.DS_Store",
    "assignments/elsewhere/assignment.toml",
]


@pytest.mark.parametrize("file", UNRELATED)
def test_digests_do_not_change_with_what_decides_nothing(toy_bank: ToyBank, file: str) -> None:
    before = Bank(toy_bank.root).sha256, Bank(toy_bank.root).suite_sha256("toy")
    toy_bank.write(file, "anything")
    assert (Bank(toy_bank.root).sha256, Bank(toy_bank.root).suite_sha256("toy")) == before


def test_digests_do_not_depend_on_where_the_bank_lies(toy_bank: ToyBank, tmp_path: Path) -> None:
    copy = tmp_path / "a copy"
    shutil.copytree(toy_bank.root, copy)
    assert Bank(copy).sha256 == Bank(toy_bank.root).sha256
    assert Bank(copy).suite_sha256("toy") == Bank(toy_bank.root).suite_sha256("toy")


def test_a_renamed_suite_file_is_another_suite(toy_bank: ToyBank) -> None:
    before = Bank(toy_bank.root).suite_sha256("toy")
    folder = toy_bank.root / "tests/hidden/toy"
    (folder / "test_toy.py").rename(folder / "test_renamed.py")
    assert Bank(toy_bank.root).suite_sha256("toy") != before


# Which bank


def test_the_bank_that_is_named_wins_over_all_others(
    toy_bank: ToyBank, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = ToyBank(tmp_path / "other")
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, str(other.root))
    monkeypatch.chdir(other.root)
    assert find_bank(toy_bank.root).root == toy_bank.root.resolve()


def test_the_environment_names_the_bank_when_nobody_else_does(
    toy_bank: ToyBank, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = ToyBank(tmp_path / "other")
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, str(toy_bank.root))
    monkeypatch.chdir(other.root)
    assert find_bank(None).root == toy_bank.root.resolve()


@pytest.mark.parametrize("named", ["", None])
def test_the_current_folder_comes_next(toy_bank: ToyBank, monkeypatch: pytest.MonkeyPatch, named: str | None) -> None:
    monkeypatch.delenv(ENVIRONMENT_VARIABLE, raising=False)
    if named is not None:
        monkeypatch.setenv(ENVIRONMENT_VARIABLE, named)
    monkeypatch.chdir(toy_bank.root)
    assert find_bank(None).root == toy_bank.root.resolve()


def test_the_clone_that_the_program_lies_in_comes_last(
    toy_bank: ToyBank, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(ENVIRONMENT_VARIABLE, raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(grader, "__file__", str(toy_bank.root / "grader" / "__init__.py"))
    assert find_bank(None).root == toy_bank.root.resolve()


def test_without_any_bank_the_cure_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(ENVIRONMENT_VARIABLE, raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(grader, "__file__", str(tmp_path / "lib" / "grader" / "__init__.py"))
    with pytest.raises(BankError, match="no bank found") as caught:
        find_bank(None)
    assert "--bank" in caught.value.cure


@pytest.mark.parametrize("way", ["chosen", "environment"])
def test_a_named_folder_that_is_no_bank_is_an_error_and_nothing_else_is_tried(
    toy_bank: ToyBank, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    monkeypatch.chdir(toy_bank.root)
    wrong = tmp_path / "wrong"
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, str(wrong))
    with pytest.raises(BankError, match=re.escape(str(wrong))):
        find_bank(wrong if way == "chosen" else None)


def test_a_relative_bank_is_made_absolute(toy_bank: ToyBank, monkeypatch: pytest.MonkeyPatch) -> None:
    """The current folder may change before it is read."""
    monkeypatch.chdir(toy_bank.root.parent)
    assert find_bank(Path(toy_bank.root.name)).root.is_absolute()


# Some assignments only


def test_without_names_the_assessment_stays_whole(toy_bank: ToyBank) -> None:
    assessment = two_toys(toy_bank).assessment
    assert narrowed(assessment, []) == assessment


@pytest.mark.parametrize("names", [["other_toy"], ["other_toy", "other_toy"]])
def test_named_assignments_stay_with_their_weights(toy_bank: ToyBank, names: list[str]) -> None:
    chosen = narrowed(two_toys(toy_bank).assessment, names)
    assert [entry.name for entry in chosen.assignments] == ["other_toy"]
    assert dict(chosen.weights) == {"other_toy": 3}


def test_the_order_stays_that_of_the_assessment(toy_bank: ToyBank) -> None:
    chosen = narrowed(two_toys(toy_bank).assessment, ["other_toy", "toy"])
    assert [entry.name for entry in chosen.assignments] == ["toy", "other_toy"]


@pytest.mark.parametrize(("typed", "meant"), [("toi", "toy"), ("other-toy", "other_toy"), ("TOYS", None), ("", None)])
def test_an_unknown_assignment_gets_the_nearest_as_a_suggestion(
    toy_bank: ToyBank, typed: str, meant: str | None
) -> None:
    with pytest.raises(BankError) as caught:
        narrowed(two_toys(toy_bank).assessment, ["toy", typed])
    message = str(caught.value)
    assert repr(typed) in message
    assert "toy, other_toy" in message
    assert (f"did you mean {meant!r}?" in message) if meant else ("did you mean" not in message)
