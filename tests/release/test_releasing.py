"""The packet: what is in it, that the same input gives the same bytes, and what is refused."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from grader import __version__
from grader.archive import unzipped
from grader.bank import Bank, read_assessment
from grader.errors import BankError, ExitCode
from grader.packet import read_packet, sha256
from grader.release.releasing import ReleaseError, hidden_seed, release
from grader.written.form import as_notebook
from tests.conftest import ROOT, ToyBank
from tests.release.conftest import add_public_files

WHEEL = f"takehome_grader-{__version__}-py3-none-any.whl"
TOY_FILES = ["README.md", "answers.md", "assignment.toml", "test_public.py", "toy.py"]


def released(bank: Bank, output: Path, *names: str, variant: str = "") -> dict[str, bytes]:
    """Release, and return the files of the packet by name without the folder around them."""
    release(bank, names, output, variant)
    return {name.removeprefix("takehome/"): content for name, content in unzipped(output.read_bytes()).items()}


def test_a_packet_holds_what_candidates_may_see_and_nothing_else(bank: Bank, tmp_path: Path) -> None:
    (bank.root / "assignments/toy/notes.md").write_text("not for candidates")
    made = release(bank, [], tmp_path / "takehome.zip")
    names = ["README.md", "assessment.toml", "packet.json", WHEEL, *(f"toy/{name}" for name in TOY_FILES)]
    content = made.path.read_bytes()
    assert sorted(unzipped(content)) == sorted(made.files) == sorted(f"takehome/{name}" for name in names)
    assert (made.size_bytes, made.sha256, made.variant) == (len(content), sha256(content), "")


def test_public_files_are_as_they_are_in_the_bank(bank: Bank, tmp_path: Path) -> None:
    files = released(bank, tmp_path / "takehome.zip")
    for name in ("assessment.toml", *(f"toy/{name}" for name in TOY_FILES)):
        assert files[name] == (bank.root / "assignments" / name).read_bytes()


def test_the_packet_says_what_it_is(bank: Bank, tmp_path: Path) -> None:
    files = released(bank, tmp_path / "takehome.zip", variant="ada")
    packet = read_packet(files["packet.json"])
    assert (packet.assessment, packet.version, packet.variant) == ("Toy take-home", "1", "ada")
    assert packet.grader_version == __version__
    assert packet.files == {n: sha256(c) for n, c in files.items() if n not in ("packet.json", WHEEL)}
    assert packet.seed == int(hashlib.sha256(b"public Toy take-home 1 ada").hexdigest()[:8], 16)


def test_questions_are_given_out_where_there_are_some(bank: Bank, tmp_path: Path) -> None:
    assert b"`answers.md`" in released(bank, tmp_path / "with.zip")["README.md"]
    (bank.root / "assignments/toy/answers.md").unlink()
    files = released(bank, tmp_path / "without.zip")
    assert "toy/answers.md" not in files
    assert b"answers.md" not in files["README.md"]


def test_both_forms_of_the_questions_are_given_out(asking: ToyBank, tmp_path: Path) -> None:
    files = released(Bank(asking.root), tmp_path / "takehome.zip")
    for name in ("toy/answers.md", "toy/questions.ipynb"):
        assert files[name] == (asking.root / "assignments" / name).read_bytes()
    assert read_packet(files["packet.json"]).files["toy/questions.ipynb"] == sha256(files["toy/questions.ipynb"])
    text = " ".join(files["README.md"].decode().split())
    assert "`answers.md` and `questions.ipynb` in a folder hold questions" in text
    assert "answer in one of the two, not in both" in text
    assert "points are theirs" not in text


def test_the_points_of_written_answers_are_told_and_kept(asking: ToyBank, tmp_path: Path) -> None:
    asking.add_other()
    add_public_files(asking, "other")
    listed = asking.root / "assignments/assessment.toml"
    listed.write_text(listed.read_text().replace("pass_mark = 60", "pass_mark = 60\nwritten_points = 12.5"))
    files = released(Bank(asking.root), tmp_path / "all.zip")
    assert "12.5 of the 100 points are theirs" in " ".join(files["README.md"].decode().split())
    files = released(Bank(asking.root), tmp_path / "some.zip", "toy")
    assert b"written_points = 12.5" in files["assessment.toml"]
    (tmp_path / "toy").mkdir()
    for name in ("assessment.toml", "toy/assignment.toml"):
        (tmp_path / name).write_bytes(files[name])
    assert read_assessment(tmp_path).written_points == 12.5


def rewritten(change: Callable[[list[dict[str, Any]]], object]) -> Callable[[bytes], bytes]:
    """What a change of its cells makes of a notebook that was released."""

    def rewrite(content: bytes) -> bytes:
        cells = json.loads(content)["cells"]
        change(cells)
        return as_notebook(cells)

    return rewrite


@pytest.mark.parametrize(
    "change",
    [
        rewritten(lambda cells: cells[1].update(source="## 1. Outliers (100 points)\n\nWhat else?")),
        rewritten(lambda cells: cells[1].update(source="## 1. Another title (100 points)\n\nWhat else?")),
        rewritten(lambda cells: cells[2].update(source="An answer")),
        rewritten(lambda cells: cells[2]["metadata"]["nbgrader"].update(points=50)),
        rewritten(lambda cells: cells[2]["metadata"]["nbgrader"].update(grade_id="others")),
        rewritten(lambda cells: cells[2]["metadata"]["nbgrader"].update(grade=False)),
        rewritten(lambda cells: cells[1]["metadata"]["nbgrader"].update(locked=False)),
        rewritten(lambda cells: cells[1].update(id="another")),
        rewritten(lambda cells: cells.pop()),
        rewritten(lambda cells: cells.reverse()),
    ],
)
def test_a_notebook_that_asks_something_else_is_refused(
    asking: ToyBank, tmp_path: Path, change: Callable[[bytes], bytes]
) -> None:
    path = asking.root / "assignments/toy/questions.ipynb"
    path.write_bytes(change(path.read_bytes()))
    refused(asking, tmp_path, r"assignments/toy/questions\.ipynb is not what .*solutions/toy/questions\.ipynb asks")


def refused(bank: ToyBank, tmp_path: Path, pattern: str) -> None:
    with pytest.raises(BankError, match=pattern) as told:
        release(Bank(bank.root), [], tmp_path / "takehome.zip")
    assert "grader questions toy" in told.value.cure
    assert not (tmp_path / "takehome.zip").exists()


@pytest.mark.parametrize("content", [b"{}", b"", b"null", b'{"cells": []}'])
def test_a_notebook_that_is_none_is_refused(asking: ToyBank, tmp_path: Path, content: bytes) -> None:
    (asking.root / "assignments/toy/questions.ipynb").write_bytes(content)
    refused(asking, tmp_path, r"assignments/toy/questions\.ipynb (holds|should be)")


def test_a_text_that_asks_something_else_is_refused(asking: ToyBank, tmp_path: Path) -> None:
    path = asking.root / "assignments/toy/answers.md"
    path.write_text(path.read_text().replace("one outlier", "two outliers"))
    refused(asking, tmp_path, r"assignments/toy/answers\.md is not what .*solutions/toy/questions\.ipynb asks")


@pytest.mark.parametrize("name", ["answers.md", "questions.ipynb"])
def test_questions_that_were_not_released_are_refused(asking: ToyBank, tmp_path: Path, name: str) -> None:
    (asking.root / "assignments/toy" / name).unlink()
    refused(asking, tmp_path, rf"assignments/toy/{name}, the written questions, is missing")


def test_a_notebook_without_a_source_is_refused(asking: ToyBank, tmp_path: Path) -> None:
    (asking.root / "solutions/toy/questions.ipynb").unlink()
    with pytest.raises(BankError, match=r"assignments/toy/questions\.ipynb has no source"):
        release(Bank(asking.root), [], tmp_path / "takehome.zip")


def test_a_module_may_not_be_called_as_the_notebook_is(asking: ToyBank, tmp_path: Path) -> None:
    """Its own notebook would be taken for the questions, or the questions for it."""
    for folder in ("assignments/toy", "solutions/toy/reference"):
        (asking.root / folder / "toy.py").rename(asking.root / folder / "questions.py")
    listed = asking.root / "assignments/toy/assignment.toml"
    listed.write_text(listed.read_text().replace('["toy"]', '["questions"]'))
    with pytest.raises(BankError, match="none of its modules may be called questions"):
        release(Bank(asking.root), [], tmp_path / "takehome.zip")


def test_the_readme_begins_with_three_commands(bank: Bank, tmp_path: Path) -> None:
    text = released(bank, tmp_path / "takehome.zip")["README.md"].decode()
    assert text.startswith("# Toy take-home\n")
    first_block = text.split("```")[1]
    assert first_block.strip().splitlines() == [
        f"python3 -m pip install ./{WHEEL}",
        "grader start work",
        "cd work && grader check",
    ]
    assert "| A toy | `toy/` | `toy.py` | 100 % |" in text
    assert "60 pass" in text
    assert "$" not in text


def test_some_assignments_alone_have_a_list_of_their_own(public_bank: ToyBank, tmp_path: Path) -> None:
    public_bank.add_other()
    add_public_files(public_bank, "other")
    listed = public_bank.root / "assignments/assessment.toml"
    listed.write_text(listed.read_text().replace('"Toy take-home"', r'"A \"toy\" \\ σ"').replace("= 60", "= 62.5"))
    release(Bank(public_bank.root), ["other"], tmp_path / "takehome.zip")
    with zipfile.ZipFile(tmp_path / "takehome.zip") as archive:
        archive.extractall(tmp_path)
    assert sorted(path.name for path in (tmp_path / "takehome").iterdir() if path.is_dir()) == ["other"]
    found = read_assessment(tmp_path / "takehome")
    assert (found.title, found.version, found.pass_mark) == ('A "toy" \\ σ', "1", 62.5)
    assert found.weights == {"other": 3.0}


def test_all_assignments_by_name_are_the_take_home(bank: Bank, tmp_path: Path) -> None:
    release(bank, ["toy", "toy"], tmp_path / "named.zip")
    release(bank, [], tmp_path / "all.zip")
    assert (tmp_path / "named.zip").read_bytes() == (tmp_path / "all.zip").read_bytes()


def test_the_same_input_gives_the_same_bytes(bank: Bank, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    release(bank, [], tmp_path / "first.zip", "ada")
    other = tmp_path / "elsewhere" / "bank"
    before = os.umask(0o077)
    try:
        shutil.copytree(bank.root, other, copy_function=shutil.copyfile)
        for path in other.rglob("*"):
            os.utime(path, (1e9, 1e9))
        monkeypatch.chdir(other)
        release(Bank(other), [], Path("second.zip"), "ada")
    finally:
        os.umask(before)
    assert (other / "second.zip").read_bytes() == (tmp_path / "first.zip").read_bytes()


def test_nothing_of_the_machine_is_in_the_archive(bank: Bank, tmp_path: Path) -> None:
    release(bank, [], tmp_path / "takehome.zip")
    with zipfile.ZipFile(tmp_path / "takehome.zip") as archive:
        entries = archive.infolist()
    assert [entry.filename for entry in entries] == sorted(entry.filename for entry in entries)
    assert {(e.date_time, e.external_attr >> 16, e.create_system) for e in entries} == {
        ((1980, 1, 1, 0, 0, 0), 0o100644, 3)
    }


def test_variants_differ_in_their_numbers_alone(bank: Bank, tmp_path: Path) -> None:
    ada = released(bank, tmp_path / "ada.zip", variant="ada")
    bob = released(bank, tmp_path / "bob.zip", variant="bob")
    assert {name for name in ada if ada[name] != bob[name]} == {"packet.json"}
    assert read_packet(ada["packet.json"]).seed != read_packet(bob["packet.json"]).seed


def test_the_hidden_seed_needs_the_bank() -> None:
    assert hidden_seed("ada", "b4") == int(hashlib.sha256(b"hidden b4 ada").hexdigest()[:8], 16)
    assert len({hidden_seed(variant, bank) for variant in ("ada", "bob", "") for bank in ("b4", "b5")}) == 6


@pytest.mark.parametrize("variant", ["a b", "a/b", "é", "a" * 65, "a\n", "\0"])
def test_what_is_no_variant_is_refused(bank: Bank, tmp_path: Path, variant: str) -> None:
    with pytest.raises(ReleaseError, match="a variant should be at most 64 letters, digits and") as told:
        release(bank, [], tmp_path / "takehome.zip", variant)
    assert told.value.exit_code == ExitCode.USAGE
    assert "\n" not in str(told.value)
    with pytest.raises(ReleaseError):
        hidden_seed(variant, "b4")
    assert not (tmp_path / "takehome.zip").exists()


@pytest.mark.parametrize("variant", ["a", "ada.l@example.org", "round_2-17", "7" * 64])
def test_ids_of_many_kinds_are_variants(variant: str) -> None:
    assert 0 <= hidden_seed(variant, "b4") < 2**32


@pytest.mark.parametrize(
    ("name", "what"),
    [("README.md", "the brief"), ("toy.py", "the stub"), ("test_public.py", "the public tests")],
)
def test_what_candidates_need_has_to_be_there(bank: Bank, tmp_path: Path, name: str, what: str) -> None:
    (bank.root / "assignments/toy" / name).unlink()
    with pytest.raises(BankError, match=f"{name}, {what}, is missing"):
        release(bank, [], tmp_path / "takehome.zip")
    assert not (tmp_path / "takehome.zip").exists()


def test_a_solved_stub_is_refused_however_it_is_laid_out(public_bank: ToyBank, tmp_path: Path) -> None:
    solved = (
        (public_bank.reference / "toy.py").read_text().replace("(X, dtype=float)", "(\n        X, dtype=float\n    )")
    )
    public_bank.write("assignments/toy/toy.py", f"# Fill in.\n{solved}")
    with pytest.raises(BankError, match=r"toy\.py should be a stub, but does what the reference solution does"):
        release(Bank(public_bank.root), [], tmp_path / "takehome.zip")


def test_a_stub_that_is_no_python_is_refused(public_bank: ToyBank, tmp_path: Path) -> None:
    public_bank.write("assignments/toy/toy.py", "def mean(X:\n")
    with pytest.raises(BankError, match=r"toy\.py .* is not valid Python"):
        release(Bank(public_bank.root), [], tmp_path / "takehome.zip")


def test_a_brief_that_is_no_text_is_refused(bank: Bank, tmp_path: Path) -> None:
    (bank.root / "assignments/toy/README.md").write_bytes("# Größe".encode("latin-1"))
    with pytest.raises(BankError, match=r"README\.md, the brief, should be UTF-8 text"):
        release(bank, [], tmp_path / "takehome.zip")


def test_a_name_that_is_unknown_is_refused(bank: Bank, tmp_path: Path) -> None:
    with pytest.raises(BankError, match="did you mean 'toy'"):
        release(bank, ["tory"], tmp_path / "takehome.zip")


def test_an_archive_that_is_there_is_replaced(bank: Bank, tmp_path: Path) -> None:
    output = tmp_path / "takehome.zip"
    output.write_text("older")
    release(bank, [], output)
    assert zipfile.is_zipfile(output)


@pytest.mark.parametrize("output", ["missing/takehome.zip", "folder"])
def test_where_nothing_can_be_written_nothing_is(bank: Bank, tmp_path: Path, output: str) -> None:
    (tmp_path / "out" / "folder").mkdir(parents=True)
    with pytest.raises(ReleaseError, match=r"could not be written"):
        release(bank, [], tmp_path / "out" / output)
    assert [path.name for path in (tmp_path / "out").rglob("*")] == ["folder"]


def test_the_default_bank_is_fit_to_be_given_out(tmp_path: Path) -> None:
    bank = Bank(ROOT)
    files = released(bank, tmp_path / "takehome.zip")
    assignments = bank.assessment.assignments
    assert len(files) == 4 + 6 * len(assignments)
    assert all(f"| {a.title} | `{a.name}/` |" in files["README.md"].decode() for a in assignments)
    assert len(files["README.md"].decode().splitlines()) < 70


@pytest.mark.parametrize("name", [assignment.name for assignment in Bank(ROOT).assessment.assignments])
def test_written_questions_have_the_form_that_is_marked(name: str) -> None:
    text = (ROOT / "assignments" / name / "answers.md").read_text(encoding="utf-8")
    heads = re.findall(r"^## (\d)\. .+ \((\d+) points\)$", text, flags=re.MULTILINE)
    assert [number for number, _ in heads] == [str(1 + place) for place in range(len(heads))]
    assert 3 <= len(heads) <= 4
    assert sum(int(points) for _, points in heads) == 100
    assert text.startswith(f"# {Bank(ROOT).assignment(name).title}: written questions\n")
    assert text.count("\n<!-- Your answer: replace this line. -->\n") == text.count("\n## ") == len(heads)
