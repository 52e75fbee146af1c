"""What is found in a working folder, whatever a candidate did to it: one clear line, and the rest goes on."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grader.candidate import modules
from grader.candidate.folder import Folder
from grader.candidate.modules import Found, find_modules
from grader.candidate.notebooks import notebook_of
from grader.errors import BankError
from grader.packet import Packet, sha256
from grader.submission import MODULE_LIMIT
from tests.conftest import ToyBank

WORK = b'"""Mine."""\n\n\ndef mean(X):\n    return sum(X) / len(X)\n'


class Work:
    """A working folder with two assignments, ``toy`` and ``other``; the second is done."""

    def __init__(self, root: Path, bank: ToyBank) -> None:
        bank.complete().add_other()
        (bank.root / "assignments").rename(root)
        self.root = root
        self.write("toy/test_public.py", b"def test_it(candidate):\n    pass\n")
        self.write("toy/README.md", b"# A toy\n")
        stub = (root / "toy" / "toy.py").read_bytes()
        released = {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*.*")}
        released["other/other.py"] = stub
        self.packet = Packet("Toy take-home", "1", "", 7, "0", {n: sha256(c) for n, c in released.items()})
        self.write("other/other.py", WORK)

    def write(self, name: str, content: bytes) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    def move(self, old: str, new: str) -> None:
        target = self.root / new
        target.parent.mkdir(parents=True, exist_ok=True)
        (self.root / old).rename(target)

    def find(self, *names: str) -> Found:
        found = find_modules(Folder(self.root, self.packet), names)
        assert all(line and "\n" not in line for line in (*found.problems, *found.notes))
        if not names:
            assert found.modules["other"] == WORK
            assert found.paths["other"] == "other/other.py"
        assert set(found.modules) == set(found.paths)
        return found

    def problem(self) -> str:
        """The one problem that there is."""
        (line,) = self.find().problems
        return line


@pytest.fixture
def work(tmp_path: Path, toy_bank: ToyBank) -> Work:
    return Work(tmp_path / "work", toy_bank)


def test_untouched_stubs_are_found_and_no_problem(work: Work) -> None:
    found = work.find()
    assert found.modules["toy"] == (work.root / "toy" / "toy.py").read_bytes()
    assert found.paths == {"toy": "toy/toy.py", "other": "other/other.py"}
    assert found.problems == found.notes == ()


def test_a_folder_without_a_packet_does_as_well(work: Work) -> None:
    assert set(find_modules(Folder(work.root, None)).modules) == {"toy", "other"}


def test_those_of_named_assignments_are_found_alone(work: Work) -> None:
    (work.root / "other" / "other.py").unlink()
    assert set(work.find("toy").modules) == {"toy"}
    assert work.find("toy").problems == ()
    with pytest.raises(BankError, match="did you mean 'toy'"):
        work.find("tyo")


@pytest.mark.parametrize(
    "content", [WORK.replace(b"\n", b"\r\n"), b"\xef\xbb\xbf" + WORK, b"\xef\xbb\xbf\r\n" + WORK]
)
def test_line_ends_of_windows_and_a_byte_order_mark_are_fine(work: Work, content: bytes) -> None:
    work.write("toy/toy.py", content)
    found = work.find()
    assert found.modules["toy"] == content
    assert found.problems == ()


# --- not where it should be ---


def test_a_missing_module_is_told_with_what_to_do(work: Work) -> None:
    (work.root / "toy" / "toy.py").unlink()
    assert "toy" not in work.find().modules
    assert work.problem() == (
        "toy/toy.py is missing (or toy.ipynb): take the stub from the packet again, or go without"
    )


@pytest.mark.parametrize(
    "name",
    [
        *("toy/Toy.py", "toy/toy_final.py", "toy/toy (1).py", "toy/my_toy.ipynb", "toy/toy.py.txt", "toy/toi.txt"),
        *("toy/solution.py", "TOY.py", "toy/toy"),
    ],
)
def test_a_renamed_module_is_not_taken_but_its_name_is_told(work: Work, name: str) -> None:
    work.move("toy/toy.py", "x")
    work.move("x", name)
    work.write("toy/notes.md", b"toy")
    assert "toy" not in work.find().modules
    assert work.problem() == f"toy/toy.py is missing, but there is {name}: if that is it, rename it"


def test_files_of_the_packet_and_other_modules_are_no_renamed_ones(work: Work) -> None:
    (work.root / "toy" / "toy.py").unlink()
    work.write("toy/test_toy.py", b"")
    assert "go without" in work.problem()


@pytest.mark.parametrize("name", ["toy.py", "other/toy.py", "a/b/c/toy.py"])
def test_a_moved_module_is_taken_and_told(work: Work, name: str) -> None:
    work.move("toy/toy.py", name)
    assert work.problem() == f"toy/toy.py is missing; {name} is taken in its place: move it back"
    assert work.find().paths["toy"] == name


def test_of_two_moved_modules_neither_is_taken(work: Work) -> None:
    work.move("toy/toy.py", "old/toy.py")
    work.write("new/toy.py", WORK)
    assert "toy" not in work.find().modules
    assert work.problem() == "toy/toy.py is missing, but there are new/toy.py, old/toy.py: move the right one there"


@pytest.mark.parametrize("folder", [".venv", "env", "__pycache__", ".git", "lib/site-packages", ".ipynb_checkpoints"])
def test_environments_and_caches_are_not_searched(work: Work, folder: str) -> None:
    work.move("toy/toy.py", f"{folder}/toy.py")
    work.write("env/pyvenv.cfg", b"")
    assert "go without" in work.problem()


def test_a_deep_and_wide_folder_is_not_searched_for_ever(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(modules, "_SEARCHED_FILES", 5)
    for number in range(20):
        work.write(f"data/{number}.csv", b"")
    work.move("toy/toy.py", "zzz/toy.py")
    assert "toy" not in work.find().modules


def test_an_assignment_whose_folder_is_a_file_or_whose_module_is_a_folder_costs_that_module_alone(work: Work) -> None:
    (work.root / "toy" / "toy.py").unlink()
    (work.root / "toy" / "toy.py").mkdir()
    assert "toy/toy.py is missing" in work.problem()


def test_a_file_that_cannot_be_read_is_told(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path, *arguments: object, **more: object) -> object:
        if self.name == "toy.py":
            raise PermissionError(13, "Permission denied")
        return genuine(self, *arguments, **more)

    genuine = Path.open
    monkeypatch.setattr(Path, "open", refuse)
    assert work.problem() == "toy/toy.py cannot be read: Permission denied: see to its rights"


# --- what is in it ---


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"def f(:\n    pass\n", "is not valid Python: line 1: "),
        (b"x = 1\n\n\nif x\n", "is not valid Python: line 4: expected ':'"),
        (b"def f():\n\treturn 1\n        return 2\n", "line 3: "),
        (b"return 1\n", "line 1: 'return' outside function"),
        (b"x = '\\ud800'\nawait x\n", "line 2: "),
        (b"x = 1\x00\n", "null byte"),
        (b"x = " + b"(" * 500 + b")" * 500, "too many nested parentheses"),
        (b"x = " + b"-" * 200_000 + b"1", "nested too deeply"),
        (b"\n\nx = '\xe9'\n", "should be in UTF-8, but the byte 0xE9 in line 3 is not: save it as UTF-8"),
        (WORK.decode().encode("utf-16"), "should be in UTF-8, but is in UTF-16"),
        ("# coding: latin-1\nx = 'é'\n".encode("latin-1"), "but is in iso-8859-1, as it declares"),
        (b"# coding: klingon\nx = 1\n", "unknown encoding: klingon"),
        (b"", "is empty"),
        (b" \r\n\t", "is empty"),
    ],
)
def test_what_is_wrong_in_a_module_is_told_and_the_module_is_there(work: Work, content: bytes, says: str) -> None:
    work.write("toy/toy.py", content)
    line = work.problem()
    assert line.startswith("toy/toy.py ")
    assert says in line
    assert work.find().modules["toy"] == content


def test_a_declared_encoding_with_an_error_in_it_is_told_as_both(work: Work) -> None:
    work.write("toy/toy.py", "# coding: latin-1\nx = 'é\n".encode("latin-1"))
    encoding, syntax = work.find().problems
    assert "iso-8859-1" in encoding
    assert "line 2: unterminated string literal" in syntax


def test_code_that_python_warns_about_is_fine(work: Work) -> None:
    work.write("toy/toy.py", b"x = '\\d'\nassert (x, 1)\n")
    assert work.find().problems == ()


def test_a_module_that_is_too_large_is_not_taken(work: Work) -> None:
    work.write("toy/toy.py", b"#" * (MODULE_LIMIT + 1))
    assert "larger than the 1 MB" in work.problem()
    assert "toy" not in work.find().modules


@pytest.mark.parametrize(
    ("source", "beside"),
    [
        (b"import helping\n", "toy/helping.py"),
        (b"def f():\n    from helping.inner import g\n", "helping/inner.py"),
        (b"from . import helping\n", "toy/helping.py"),
        (b"from .helping import g\n", "toy/helping.py"),
        (b"import helping.inner as h\n", "helping.py"),
    ],
)
def test_an_import_of_a_file_that_stays_behind_is_told(work: Work, source: bytes, beside: str) -> None:
    work.write(beside, b"")
    work.write("toy/toy.py", source)
    assert work.problem() == (
        "toy/toy.py imports helping, which is not handed in: put what you need of it into toy/toy.py"
    )


def test_imports_of_what_is_installed_or_handed_in_are_fine(work: Work) -> None:
    (work.root / "random").mkdir()
    work.write("toy/toy.py", b"import random\nimport numpy as np\nimport other\nimport pandas\n")
    assert work.find().problems == ()


# --- notebooks ---


def notebook(*cells: str, **fields: object) -> bytes:
    code = [
        {"cell_type": "code", "id": f"c{n}", "metadata": {}, "outputs": [], "execution_count": None, "source": source}
        for n, source in enumerate(cells)
    ]
    table = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": code}
    return json.dumps(table | fields).encode()


def test_a_notebook_becomes_its_module(work: Work) -> None:
    stub = (work.root / "toy" / "toy.py").read_text(encoding="utf-8")
    (work.root / "toy" / "toy.py").unlink()
    work.write("toy/toy.ipynb", notebook_of(stub, "A toy"))
    found = work.find()
    assert found.paths["toy"] == "toy/toy.ipynb"
    assert ast.dump(ast.parse(found.modules["toy"])) == ast.dump(ast.parse(stub))
    assert found.problems == ()


def test_what_a_notebook_leaves_out_is_noted_with_its_cell(work: Work) -> None:
    (work.root / "toy" / "toy.py").unlink()
    work.write("toy/toy.ipynb", notebook("x = 1\n", "%%bash\nls\n", "y = 2\n!ls\n"))
    found = work.find()
    assert found.problems == ()
    assert len(found.notes) == 2
    assert found.notes[0].startswith("toy/toy.ipynb, cell 2: ")
    assert found.notes[1].startswith("toy/toy.ipynb, cell 3, line 2: ")
    assert all(note.endswith(" is left out") for note in found.notes)


@pytest.mark.parametrize("content", [b"", b"x = 1\n", b"[]", b"\xff\xfe", notebook("def f(:\n")])
def test_a_notebook_that_is_none_is_told_and_costs_that_module_alone(work: Work, content: bytes) -> None:
    (work.root / "toy" / "toy.py").unlink()
    work.write("toy/toy.ipynb", content)
    assert "toy.ipynb" in work.problem()
    assert "toy" not in work.find().modules


def test_a_notebook_that_is_too_large_is_told(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(modules, "NOTEBOOK_LIMIT", 2 * 1024**2)
    (work.root / "toy" / "toy.py").unlink()
    work.write("toy/toy.ipynb", notebook("x = 1\n") + b" " * 2 * 1024**2)
    assert work.problem() == "toy/toy.ipynb is larger than 2 MB: clear its outputs and save it again"


def test_beside_an_untouched_stub_the_notebook_counts(work: Work) -> None:
    work.write("toy/toy.ipynb", notebook("x = 1\n"))
    assert "toy/toy.py is an untouched stub, so the notebook counts" in work.problem()
    assert work.find().paths["toy"] == "toy/toy.ipynb"


def test_beside_a_module_that_was_worked_on_the_notebook_does_not_count(work: Work) -> None:
    work.write("toy/toy.py", WORK)
    work.write("toy/toy.ipynb", notebook("x = 1\n"))
    assert "toy/toy.py counts" in work.problem()
    assert work.find().modules["toy"] == WORK


# --- anything at all ---


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(content=st.binary() | st.text().map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_no_bytes_of_a_candidate_are_an_error_of_ours(work: Work, content: bytes) -> None:
    work.write("toy/toy.py", content)
    work.find()
