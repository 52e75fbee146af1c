"""``grader pack``: what counts goes in, the rest is told with the reason, and intake reads what was packed."""

from __future__ import annotations

import json
import platform
import shutil
import subprocess
import sys
import zipfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import numpy as np
import pytest

from grader import __version__
from grader.candidate import answering, packing
from grader.candidate.folder import Folder
from grader.candidate.modules import find_modules
from grader.candidate.notebooks import notebook_of
from grader.candidate.packing import Packed, pack
from grader.errors import ExitCode, GraderError, SubmissionError
from grader.manifest import Manifest, read_manifest
from grader.packet import Packet, sha256
from grader.submission import MODULE_LIMIT, read_submission
from grader.written.answers import Answers, answers_in_notebook
from grader.written.form import as_notebook
from grader.written.questions import as_markdown, asked, read_questions
from tests.conftest import ToyBank
from tests.written.sources import answered, notebook, source

NOON = datetime(2031, 2, 3, 12, 0, 0, tzinfo=UTC)
DONE = b'"""Mine."""\n\n\ndef mean(X):\n    return sum(X) / len(X)\n'
QUESTIONS = b"# Questions\n\n## 1. Why? (100 points)\n\n<!-- Your answer: replace this line. -->\n"
ANSWERED = QUESTIONS.replace(b"<!-- Your answer: replace this line. -->", "Weil es größer ist.".encode())


class Work:
    """A working folder with two assignments, ``toy`` and ``other``, both as released."""

    def __init__(self, root: Path, bank: ToyBank) -> None:
        bank.complete().add_other()
        (bank.root / "assignments").rename(root)
        self.root = root
        self.write("other/other.py", (root / "toy" / "toy.py").read_bytes())
        for name in ("toy", "other"):
            self.write(f"{name}/answers.md", QUESTIONS)
            self.write(f"{name}/README.md", b"# Brief\n")
            self.write(f"{name}/test_public.py", b"def test_it(candidate):\n    pass\n")
        files = {path.relative_to(root).as_posix(): sha256(path.read_bytes()) for path in root.rglob("*.*")}
        self.packet = Packet("Toy take-home", "1", "ada-7", 7, __version__, files)
        self.write("packet.json", self.packet.as_json().encode())
        self.output = root / "submission.zip"

    def write(self, name: str, content: bytes) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    @property
    def folder(self) -> Folder:
        return Folder(self.root, self.packet)

    def pack(self, output: Path | None = None, now: datetime = NOON) -> Packed:
        return pack(self.folder, output or self.output, now=now)

    def refused(self, output: Path | None = None) -> GraderError:
        before = {path: path.read_bytes() for path in self.root.rglob("*") if path.is_file()}
        with pytest.raises(GraderError) as caught:
            self.pack(output)
        assert {path: path.read_bytes() for path in self.root.rglob("*") if path.is_file()} == before
        assert "\n" not in str(caught.value)
        return caught.value


@pytest.fixture
def work(tmp_path: Path, toy_bank: ToyBank) -> Work:
    return Work(tmp_path / "work", toy_bank)


def contents(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def manifest(path: Path) -> Manifest:
    read = read_manifest(contents(path)["manifest.json"])
    assert read is not None
    return read


def test_modules_and_answers_go_in_and_nothing_else(work: Work) -> None:
    work.write("toy/toy.py", DONE)
    work.write("toy/answers.md", ANSWERED)
    work.write("toy/scratch.py", b"x = 1\n")
    packed = work.pack()
    assert packed.files == ("manifest.json", "other.py", "toy.py", "toy/answers.md")
    held = contents(work.output)
    assert tuple(held) == packed.files
    assert held["toy.py"] == DONE
    assert held["toy/answers.md"] == ANSWERED
    assert packed.size_bytes == work.output.stat().st_size
    assert packed.sha256 == sha256(work.output.read_bytes())
    assert packed.problems == ()
    assert packed.notes == ("other/other.py is the stub as it was released",)


def test_intake_reads_what_was_packed(work: Work) -> None:
    work.write("toy/toy.py", DONE)
    work.write("toy/answers.md", ANSWERED)
    work.pack()
    submission = read_submission(work.output, work.folder.assessment)
    assert submission.modules["toy"] == DONE
    assert submission.answers == {"toy": ANSWERED.decode()}
    assert submission.manifest == manifest(work.output)
    assert submission.ignored == 0
    assert submission.remarks == ()


def test_the_manifest_says_where_and_when(work: Work) -> None:
    work.write("toy/answers.md", ANSWERED)
    work.pack(now=NOON.astimezone(timezone(timedelta(hours=5, minutes=30))))
    assert manifest(work.output) == Manifest(
        assessment="Toy take-home",
        version="1",
        variant="ada-7",
        grader_version=__version__,
        python=platform.python_version(),
        numpy=np.__version__,
        packed="2031-02-03T12:00:00Z",
        files={name: sha256(text) for name, text in contents(work.output).items() if name != "manifest.json"},
    )


def test_without_numpy_and_without_a_packet_there_is_a_manifest_all_the_same(
    work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(package: str) -> str:
        raise PackageNotFoundError(package)

    monkeypatch.setattr(packing, "version", missing)
    pack(Folder(work.root, None), work.output, now=NOON)
    read = manifest(work.output)
    assert (read.numpy, read.variant, read.assessment) == ("", "", "Toy take-home")


def test_the_bytes_differ_by_the_time_alone(work: Work, tmp_path: Path) -> None:
    """Neither the folder's place, nor the files' times and rights, nor an earlier archive make a difference."""
    copy = tmp_path / "elsewhere" / "copy"
    shutil.copytree(work.root, copy, copy_function=shutil.copyfile)
    (copy / "toy" / "toy.py").chmod(0o600)
    first, again = work.pack().sha256, work.pack().sha256
    other = pack(Folder(copy, work.packet), copy / "s.zip", now=NOON).sha256
    later = work.pack(now=NOON + timedelta(seconds=1))
    assert first == again == other != later.sha256
    with zipfile.ZipFile(work.output) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_notebooks_go_in_as_modules(work: Work) -> None:
    (work.root / "toy" / "toy.py").unlink()
    work.write("toy/toy.ipynb", notebook_of(DONE.decode(), "A toy"))
    packed = work.pack()
    assert "toy.py" in packed.files
    assert "def mean(X):" in contents(work.output)["toy.py"].decode()
    assert "toy/toy.ipynb" not in dict(packed.left_out)
    assert any(note.startswith("toy/toy.ipynb, cell ") for note in packed.notes)


def test_what_is_wrong_is_told_and_the_rest_is_packed(work: Work) -> None:
    work.write("toy/toy.py", b"def f(:\n")
    (work.root / "other" / "other.py").unlink()
    packed = work.pack()
    assert packed.files == ("manifest.json", "toy.py")
    assert ["is not valid Python" in packed.problems[0], "is missing" in packed.problems[1]] == [True, True]


def test_a_module_of_many_like_lines_is_accepted(work: Work) -> None:
    """Compressed, intake would take it for a zip bomb."""
    work.write("toy/toy.py", b"x = 1\n" * 100_000)
    assert work.pack().problems == ()


# --- what is left out ---


def test_everything_else_is_told_with_the_reason(work: Work) -> None:
    for name in (".git/config", "data/a/b.csv", "toy/__pycache__/x.pyc", ".gitignore", "toy/scratch.py"):
        work.write(name, b"")
    work.write("env/pyvenv.cfg", b"")
    work.write("toy/answers.md", ANSWERED)
    work.pack(work.root / "first.zip")
    left_out = dict(work.pack().left_out)
    assert left_out == {
        ".git/": "version control",
        ".gitignore": "version control",
        "assessment.toml": "from the packet",
        "data/": "not asked for",
        "env/": "virtual environment",
        "first.zip": "an archive",
        "other/README.md": "from the packet",
        "other/answers.md": "as released: no answers yet",
        "other/assignment.toml": "from the packet",
        "other/test_public.py": "from the packet",
        "packet.json": "from the packet",
        "toy/README.md": "from the packet",
        "toy/__pycache__/": "made by Python",
        "toy/assignment.toml": "from the packet",
        "toy/scratch.py": "not asked for",
        "toy/test_public.py": "from the packet",
    }


def test_a_notebook_that_does_not_count_is_left_out(work: Work) -> None:
    work.write("toy/toy.py", DONE)
    work.write("toy/toy.ipynb", notebook_of("x = 1\n", "A toy"))
    packed = work.pack()
    assert dict(packed.left_out)["toy/toy.ipynb"] == "not asked for"
    assert "are both there" in packed.problems[0]


# --- answers ---


@pytest.mark.parametrize("content", [QUESTIONS.replace(b"\n", b"\r\n"), b"\xef\xbb\xbf" + QUESTIONS])
def test_an_editor_that_changes_line_ends_answers_nothing(work: Work, content: bytes) -> None:
    work.write("toy/answers.md", content)
    assert work.pack().files == ("manifest.json", "other.py", "toy.py")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_answers_go_in_as_utf8_whatever_an_editor_made_of_them(work: Work, encoding: str) -> None:
    work.write("toy/answers.md", ANSWERED.decode().encode(encoding))
    assert work.pack().problems == ()
    assert contents(work.output)["toy/answers.md"] == ANSWERED


def test_answers_in_another_encoding_go_in_with_a_warning(work: Work) -> None:
    work.write("toy/answers.md", ANSWERED.decode().encode("latin-1"))
    assert work.pack().problems == (
        "toy/answers.md should be in UTF-8, but line 5 is not: what cannot be read is replaced",
    )
    assert "Weil es gr\ufffd\ufffder ist." in contents(work.output)["toy/answers.md"].decode()


def test_missing_answers_are_told(work: Work) -> None:
    (work.root / "toy" / "answers.md").unlink()
    assert work.pack().problems == ("toy/answers.md is missing: take it from the packet again, or go without",)


def test_answers_that_are_too_large_or_a_folder_are_left_out_and_told(work: Work) -> None:
    work.write("toy/answers.md", b"x" * (MODULE_LIMIT + 1))
    (work.root / "other" / "answers.md").unlink()
    (work.root / "other" / "answers.md").mkdir()
    packed = work.pack()
    assert packed.files == ("manifest.json", "other.py", "toy.py")
    assert "toy/answers.md is larger than 1 MB" in packed.problems[0]
    assert "other/answers.md cannot be read" in packed.problems[1]


# --- answers in a notebook ---


RELEASED = as_notebook(answered())
TEXT = as_markdown("A toy", asked(RELEASED)).encode()
PULLS, SIZES = "It pulls the mean.", "When groups differ in size."


class Asked(Work):
    """The same, with two questions to answer in either form."""

    def __init__(self, root: Path, bank: ToyBank) -> None:
        super().__init__(root, bank)
        for name in ("toy", "other"):
            self.write(f"{name}/questions.ipynb", RELEASED)
            self.write(f"{name}/answers.md", TEXT)
        released = {f"{name}/{form}" for name in ("toy", "other") for form in ("questions.ipynb", "answers.md")}
        files = {**self.packet.files, **{path: sha256((root / path).read_bytes()) for path in released}}
        self.packet = replace(self.packet, files=files)


@pytest.fixture
def asking(tmp_path: Path, toy_bank: ToyBank) -> Asked:
    return Asked(tmp_path / "work", toy_bank)


def saved(content: bytes) -> bytes:
    """A notebook as Jupyter saves it: other metadata, other bytes."""
    table = json.loads(content)
    table["metadata"]["language_info"] = {"name": "python", "version": "3.12.1", "mimetype": "text/x-python"}
    table["metadata"]["toc"] = {"base_numbering": 1}
    for each in table["cells"]:
        each["metadata"]["jp-MarkdownHeadingCollapsed"] = True
    return json.dumps(table, indent=4).encode()


def with_text(text: str) -> bytes:
    stub = b"<!-- Your answer: replace this line. -->"
    return TEXT.replace(stub, text.encode(), 1)


def test_answers_in_a_notebook_go_in_and_nothing_else_of_it(asking: Asked) -> None:
    made = answered(one_outlier=PULLS)
    made[2] |= {"attachments": {"a.png": {"image/png": "A" * 3 * MODULE_LIMIT}}, "outputs": [{"text": "forged"}]}
    made[2]["metadata"]["note"] = "unknown"
    asking.write("toy/questions.ipynb", saved(notebook(made)))
    packed = asking.pack()
    assert packed.files == ("manifest.json", "other.py", "toy.py", "toy/questions.ipynb")
    assert packed.problems == ()
    assert packed.answers == (
        "toy: 1 of 2 questions answered, in toy/questions.ipynb",
        "other: 0 of 2 questions answered",
    )
    first, second = json.loads(contents(asking.output)["toy/questions.ipynb"])["cells"]
    assert (first["source"], second["source"]) == ([PULLS], [])
    assert first.keys() == {"cell_type", "id", "metadata", "source"}
    assert first["metadata"]["nbgrader"]["grade_id"] == "one_outlier"
    assert first["metadata"].keys() == {"nbgrader"}


def test_intake_reads_the_notebook_that_was_packed(asking: Asked) -> None:
    asking.write("toy/questions.ipynb", saved(notebook(answered(one_outlier=PULLS, weights=SIZES))))
    asking.pack()
    submission = read_submission(asking.output, asking.folder.assessment)
    assert (submission.remarks, submission.ignored, dict(submission.answers)) == ((), 0, {})
    found = answers_in_notebook(submission.notebooks["toy"], read_questions(source(), "source"))
    assert found == Answers({"one_outlier": PULLS, "weights": SIZES})
    assert manifest(asking.output).files["toy/questions.ipynb"] == sha256(submission.notebooks["toy"])


def test_what_is_packed_is_a_notebook_of_jupyters(asking: Asked) -> None:
    nbformat = pytest.importorskip("nbformat")
    asking.write("toy/questions.ipynb", notebook(answered(one_outlier=PULLS)))
    asking.pack()
    nbformat.validate(nbformat.reads(contents(asking.output)["toy/questions.ipynb"].decode(), as_version=4))


@pytest.mark.parametrize("content", [RELEASED, saved(RELEASED), b"\xef\xbb\xbf" + RELEASED])
def test_saving_a_notebook_answers_nothing(asking: Asked, content: bytes) -> None:
    asking.write("toy/questions.ipynb", content)
    packed = asking.pack()
    assert packed.files == ("manifest.json", "other.py", "toy.py")
    assert dict(packed.left_out)["toy/questions.ipynb"] == "as released: no answers yet"
    assert packed.problems == ()


def test_the_notebook_counts_where_the_text_was_only_saved(asking: Asked) -> None:
    asking.write("toy/answers.md", TEXT + b"\n\n")
    asking.write("toy/questions.ipynb", notebook(answered(weights=SIZES)))
    packed = asking.pack()
    assert "toy/questions.ipynb" in packed.files
    assert packed.problems == ()


def test_the_text_counts_where_both_are_answered_and_that_is_a_problem(asking: Asked) -> None:
    asking.write("toy/answers.md", with_text(PULLS))
    asking.write("toy/questions.ipynb", notebook(answered(weights=SIZES)))
    packed = asking.pack()
    assert packed.files == ("manifest.json", "other.py", "toy.py", "toy/answers.md")
    assert packed.problems == (
        "toy/answers.md and toy/questions.ipynb are both answered; answers.md counts: put all answers there",
    )
    assert dict(packed.left_out)["toy/questions.ipynb"] == "answers.md counts"
    assert packed.answers[0] == "toy: 1 of 2 questions answered, in toy/answers.md"


def test_a_text_without_answers_but_with_words_does_not_hide_the_notebook(asking: Asked) -> None:
    asking.write("toy/answers.md", b"See the notebook.\n\n" + TEXT)
    asking.write("toy/questions.ipynb", notebook(answered(weights=SIZES)))
    packed = asking.pack()
    assert "toy/questions.ipynb" in packed.files
    assert packed.problems == ("toy/answers.md was changed, but answers no question; toy/questions.ipynb counts",)


def test_a_changed_text_goes_in_where_nothing_else_is_answered(asking: Asked) -> None:
    """Better a word too much than an answer lost."""
    asking.write("toy/answers.md", b"All answers are in my head.\n")
    packed = asking.pack()
    assert "toy/answers.md" in packed.files
    assert "one_outlier, weights" in packed.problems[0]


def test_an_answer_in_a_cell_of_its_own_is_told(asking: Asked) -> None:
    extra = {"cell_type": "markdown", "id": "f00", "metadata": {}, "source": "My answer"}
    asking.write("toy/questions.ipynb", notebook([*answered(), extra]))
    packed = asking.pack()
    assert packed.problems == (
        "toy/questions.ipynb: 1 cell of the notebook belongs to no question and was not taken",
    )


def test_a_deleted_cell_is_told_and_the_others_go_in(asking: Asked) -> None:
    asking.write("toy/questions.ipynb", notebook(answered(one_outlier=PULLS)[:-1]))
    packed = asking.pack()
    assert "toy/questions.ipynb" in packed.files
    assert packed.problems[0].startswith("toy/questions.ipynb: the cell of the answer to weights is not there")


@pytest.mark.parametrize("content", [b"", b"{", b"[" * 100_000, b"\xff\xfe\xfd", b'{"cells": [3]}'])
def test_a_notebook_that_cannot_be_read_is_told_and_the_text_counts(asking: Asked, content: bytes) -> None:
    asking.write("toy/questions.ipynb", content)
    asking.write("toy/answers.md", with_text(PULLS))
    packed = asking.pack()
    assert "toy/answers.md" in packed.files
    asking.write("toy/answers.md", TEXT)
    packed = asking.pack()
    assert not [name for name in packed.files if name.startswith("toy/")]
    assert packed.problems[0].startswith("toy/questions.ipynb: ")


def test_a_notebook_that_is_too_large_is_left_out_and_told(asking: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answering, "NOTEBOOK_LIMIT", 2 * MODULE_LIMIT)
    asking.write("toy/questions.ipynb", RELEASED.ljust(2 * MODULE_LIMIT + 1))
    assert asking.pack().problems == ("toy/questions.ipynb is larger than 2 MB, and is left out: clear its outputs",)


@pytest.mark.parametrize("gone", ["questions.ipynb", "answers.md"])
def test_one_of_the_two_files_may_be_gone(asking: Asked, gone: str) -> None:
    (asking.root / "toy" / gone).unlink()
    assert asking.pack().problems == ()
    asking.write("toy/questions.ipynb", notebook(answered(weights=SIZES)))
    assert "toy/questions.ipynb" in asking.pack().files


def test_both_files_gone_are_told(asking: Asked) -> None:
    for name in ("questions.ipynb", "answers.md"):
        (asking.root / "toy" / name).unlink()
    assert asking.pack().problems == ("toy/answers.md is missing: take it from the packet again, or go without",)


def test_the_notebook_with_questions_is_never_taken_for_a_module(asking: Asked) -> None:
    (asking.root / "toy" / "toy.py").unlink()
    (asking.root / "packet.json").unlink()
    found = find_modules(Folder(asking.root, None))
    assert list(found.modules) == ["other"]
    assert found.problems == (
        "toy/toy.py is missing (or toy.ipynb): take the stub from the packet again, or go without",
    )


def test_it_says_how_many_questions_are_answered(asking: Asked) -> None:
    asking.write("toy/answers.md", with_text(PULLS))
    text = asking.pack().as_text()
    assert "\nWritten answers:\n  toy: 1 of 2 questions answered, in toy/answers.md\n  other: 0 of 2" in text


def test_what_cannot_be_answered_is_not_spoken_of(work: Work) -> None:
    for name in ("toy", "other"):
        (work.root / name / "answers.md").unlink()
    packed = pack(Folder(work.root, None), work.output, now=NOON)
    assert packed.answers == ()
    assert "Written answers" not in packed.as_text()


# --- the packet ---


def test_a_packet_that_was_changed_is_told_and_the_work_is_packed(work: Work) -> None:
    work.write("toy/test_public.py", b"def test_it():\n    pass\n")
    (work.root / "toy" / "README.md").unlink()
    told = sorted(work.pack().problems)
    assert [line.partition(" ")[0] for line in told] == ["toy/README.md", "toy/test_public.py"]
    assert (
        told[1] == "toy/test_public.py is not as it was in the packet, and is not handed in: take it from there again"
    )


def test_a_folder_of_another_packet_is_told(work: Work) -> None:
    folder = Folder(work.root, replace(work.packet, version="2", grader_version="99.0"))
    version, grader = pack(folder, work.output, now=NOON).problems
    assert version.startswith("packet.json is of version 2 of the take-home, but assessment.toml of version 1: ")
    assert grader.startswith(f"this folder belongs to grader 99.0, but {__version__} is installed: ")


def test_a_rubric_that_is_gone_is_refused_with_the_cure(work: Work) -> None:
    (work.root / "toy" / "assignment.toml").unlink()
    error = work.refused()
    assert "assignment.toml is missing" in str(error)
    assert error.cure == "take it from the packet again"
    assert error.exit_code is ExitCode.USAGE


# --- refusals ---


def test_a_folder_without_any_module_is_refused(work: Work) -> None:
    for name in ("toy", "other"):
        (work.root / name / f"{name}.py").unlink()
    error = work.refused()
    assert str(error).startswith("there is no module to hand in: toy/toy.py is missing")
    assert error.exit_code is ExitCode.USAGE


@pytest.mark.parametrize(
    ("output", "says"),
    [
        ("toy/toy.py", "should end in .zip"),
        ("notes.zip", "is no zip archive: it was not touched"),
        ("folder.zip", "is no zip archive: it was not touched"),
        ("nowhere/submission.zip", "in a folder that is there"),
    ],
)
def test_no_place_for_an_archive_is_refused(work: Work, output: str, says: str) -> None:
    work.write("notes.zip", b"my notes")
    (work.root / "folder.zip").mkdir()
    error = work.refused(work.root / output)
    assert says in str(error)
    assert error.exit_code is ExitCode.USAGE


def test_an_earlier_archive_is_replaced_whole_or_not_at_all(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    work.pack()

    def full(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    work.write("toy/toy.py", DONE)
    assert "No space left on device" in str(work.refused())


def test_what_intake_refuses_is_not_written(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise SubmissionError("submission.zip is refused")

    monkeypatch.setattr(packing, "read_archive", refuse)
    assert "is refused" in str(work.refused())


def test_what_intake_reads_differently_is_not_written(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    genuine = packing.zipped
    monkeypatch.setattr(packing, "zipped", lambda held: genuine(held | {"toy.py": b"other = 1\n"}))
    assert "a bug in grader" in str(work.refused())


# --- what is said ---


def test_it_says_what_went_in_what_did_not_and_what_to_do(work: Work) -> None:
    work.write("toy/toy.py", b"def f(:\n")
    for number in range(12):
        work.write(f"toy/experiment_{number:02}.py", b"")
    text = replace(work.pack(), path=Path("submission.zip")).as_text()
    assert "Problem: toy/toy.py is not valid Python" in text
    assert "What went in:\n  manifest.json\n  other.py\n  toy.py\n" in text
    assert "  as released: no answers yet: other/answers.md, toy/answers.md\n" in text
    assert "toy/experiment_11.py" in text
    assert text.endswith("Now hand in submission.zip in the way that the packet came to you.\n")
    assert max(map(len, text.splitlines())) <= 80


def test_packing_does_not_import_numpy(work: Work) -> None:
    code = (
        "import sys; from datetime import datetime, UTC; from pathlib import Path\n"
        "from grader.candidate.folder import find_folder; from grader.candidate.packing import pack\n"
        f"root = Path({str(work.root)!r}); pack(find_folder(root), root / 's.zip', now=datetime.now(UTC))\n"
        "print([m for m in ('numpy', 'pytest', 'IPython', 'nbformat') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
