"""``grader inspect``: what staff will see of a file, without scoring it and without running any of it."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from grader.bank import Bank
from grader.errors import SubmissionError
from grader.inspecting import Inspection, as_json, as_text, inspect, questions_of, stubs_of
from grader.manifest import Manifest
from grader.packet import sha256
from grader.written.form import as_notebook
from grader.written.questions import as_markdown, asked
from tests.conftest import ToyBank
from tests.written.sources import answered, notebook

DONE = b"def mean(X):\n    return sum(X) / len(X)\n"
STUB = b"""
class Model:
    def __init__(self): ...
    def fit(self, X): ...
    def predict(self, X): ...
    def _secret(self): ...

def mean(X): ...

async def other(X): ...
"""


class HandedIn:
    """An archive that is made file by file, looked at with a bank of two assignments."""

    def __init__(self, folder: Path, bank: ToyBank) -> None:
        self.bank = Bank(bank.complete().add_other().root)
        self.path = folder / "submission.zip"

    def inspect(self, files: dict[str, bytes], stubs: dict[str, bytes] | None = None) -> Inspection:
        with zipfile.ZipFile(self.path, "w") as archive:
            for name, content in files.items():
                archive.writestr(name, content)
        known = stubs if stubs is not None else stubs_of(self.bank)
        return inspect(self.path, self.bank.assessment, known, questions_of(self.bank))

    def lacking(self, source: bytes) -> tuple[str, ...]:
        (module,) = self.inspect({"toy.py": source}, {"toy": STUB}).modules
        return module.lacks


@pytest.fixture
def handed_in(tmp_path: Path, toy_bank: ToyBank) -> HandedIn:
    return HandedIn(tmp_path, toy_bank)


def manifest_of(files: dict[str, bytes], **fields: str) -> bytes:
    texts = dict.fromkeys(("assessment", "version", "variant", "grader_version", "python", "numpy", "packed"), "7")
    return Manifest(**(texts | fields), files={n: sha256(c) for n, c in files.items()}).as_json().encode()  # type: ignore[arg-type]


def test_modules_are_told_with_size_place_and_digest(handed_in: HandedIn) -> None:
    seen = handed_in.inspect({"toy/toy.py": DONE, "notes.txt": b"x"})
    (module,) = seen.modules
    assert (module.name, module.assignment, module.path) == ("toy", "toy", "toy/toy.py")
    assert (module.size_bytes, module.lines, module.sha256) == (len(DONE), 2, sha256(DONE))
    assert (module.syntax_error, module.lacks) == ("", ())
    assert seen.missing == ("other",)
    assert seen.ignored == 1
    assert "  other.py is missing\n" in as_text(seen)


def test_nothing_of_it_runs(handed_in: HandedIn, tmp_path: Path) -> None:
    handed_in.inspect({"toy.py": f"open({str(tmp_path / 'ran')!r}, 'w')\n".encode()})
    assert not (tmp_path / "ran").exists()


def test_what_is_refused_in_scoring_is_refused_here(handed_in: HandedIn) -> None:
    with pytest.raises(SubmissionError, match="should hold at least one of"):
        handed_in.inspect({"solution.py": DONE})


@pytest.mark.parametrize(
    ("source", "says"),
    [
        (b"x = 1\ndef f(:\n", "line 2: "),
        (b"x = 1\x00\n", "null byte"),
        (b"\n\xff\n", "codec can't decode"),
        (b"x = " + b"-" * 200_000 + b"1", "nested too deeply"),
    ],
)
def test_what_does_not_parse_is_told(handed_in: HandedIn, source: bytes, says: str) -> None:
    seen = handed_in.inspect({"toy.py": source}, {"toy": STUB})
    assert says in seen.modules[0].syntax_error
    assert seen.modules[0].lacks == ()
    assert "is not valid Python" in as_text(seen)


# --- what the stub has ---


def test_an_untouched_stub_lacks_nothing(handed_in: HandedIn) -> None:
    assert handed_in.lacking(STUB) == ()


def test_missing_functions_classes_and_methods_are_told(handed_in: HandedIn) -> None:
    assert handed_in.lacking(b"x = 1\n") == ("Model", "mean", "other")
    assert handed_in.lacking(b"class Model:\n    def fit(self): ...\nmean = other = None\n") == ("Model.predict",)


@pytest.mark.parametrize(
    "source",
    [
        b"from helping import *\n",
        b"from helping import Model, f as mean, other\n",
        b"class Model(Base): ...\ntry:\n    def mean(X): ...\nexcept E:\n    pass\nif x:\n    other = 1\n",
        b"class Model:\n    fit = predict = f\n\nmean, other = f, g\n",
        b"@decorate\nclass Model: ...\n\nmean: object = f\nother = g\n",
        b"class Model(metaclass=M): ...\nmean = other = f\n",
    ],
)
def test_what_may_come_from_elsewhere_is_not_said_to_lack(handed_in: HandedIn, source: bytes) -> None:
    assert handed_in.lacking(source) == ()


def test_without_a_stub_or_with_a_broken_one_nobody_knows(handed_in: HandedIn) -> None:
    for stubs in ({}, {"toy": b"def f(:\n"}):
        assert handed_in.inspect({"toy.py": b"x = 1\n"}, stubs).modules[0].lacks == ()


def test_the_stubs_of_a_bank_are_those_that_are_there(handed_in: HandedIn) -> None:
    assert stubs_of(handed_in.bank) == {"toy": (handed_in.bank.root / "assignments/toy/toy.py").read_bytes()}


# --- findings, answers, manifest ---


def test_what_the_syntax_gives_away_is_told(handed_in: HandedIn) -> None:
    seen = handed_in.inspect({"toy.py": b"import os\nos.system('x')\n"})
    assert [(f.module, f.line, f.kind) for f in seen.findings] == [("toy.py", 1, "import")]
    assert "Integrity: 1 finding to look at; it costs no points\n  toy.py:1 imports os (import)\n" in as_text(seen)


def test_many_findings_are_shortened(handed_in: HandedIn) -> None:
    seen = handed_in.inspect({"toy.py": "".join(f"import secret{n}\n" for n in range(30)).encode()})
    assert "and 10 more in the JSON form" in as_text(seen)


def test_answers_are_counted(handed_in: HandedIn) -> None:
    seen = handed_in.inspect({"toy.py": DONE, "toy/answers.md": b"one two\nthree\n"})
    assert seen.answers == {"toy": 3, "other": 0}
    assert "  toy: 3 words, the questions included\n  other: none\n" in as_text(seen)


@pytest.fixture
def asked_in_writing(handed_in: HandedIn) -> HandedIn:
    place = handed_in.bank.root / "assignments" / "toy" / "questions.ipynb"
    place.write_bytes(as_notebook(answered()))
    return handed_in


def test_answered_questions_are_counted_in_a_notebook(asked_in_writing: HandedIn) -> None:
    content = notebook([*answered(weights="When groups differ."), {"cell_type": "raw", "source": "And this?"}])
    seen = asked_in_writing.inspect({"toy.py": DONE, "toy/questions.ipynb": content})
    assert seen.answers == {"toy": 3, "other": 0}
    assert {name: (found.answered, found.asked) for name, found in seen.questions.items()} == {"toy": (1, 2)}
    assert "  toy: 1 of 2 questions answered, 3 words\n    1 cell of the notebook belongs" in as_text(seen)
    assert json.loads(as_json(seen))["questions"]["toy"]["answered"] == 1


def test_answered_questions_are_counted_in_a_text(asked_in_writing: HandedIn) -> None:
    text = as_markdown("A toy", asked(as_notebook(answered())))
    stub = "<!-- Your answer: replace this line. -->"
    seen = asked_in_writing.inspect({"toy.py": DONE, "toy/answers.md": text.replace(stub, "It pulls.", 1).encode()})
    assert "  toy: 1 of 2 questions answered, 2 words\n" in as_text(seen)
    seen = asked_in_writing.inspect({"toy.py": DONE, "toy/answers.md": text.encode()})
    assert "  toy: 0 of 2 questions answered, 0 words\n" in as_text(seen)
    assert "  toy: 0 of 2 questions answered, 0 words\n" in as_text(asked_in_writing.inspect({"toy.py": DONE}))


def test_the_manifest_tells_of_notebooks_too(asked_in_writing: HandedIn) -> None:
    content = notebook(answered(weights="When groups differ."))
    files = {"toy.py": DONE, "toy/questions.ipynb": content}
    assert asked_in_writing.inspect({**files, "manifest.json": manifest_of(files)}).differing == ()
    files["toy/questions.ipynb"] += b"\n"
    listed = manifest_of({"toy.py": DONE, "toy/questions.ipynb": content})
    seen = asked_in_writing.inspect({**files, "manifest.json": listed})
    assert seen.differing == ("toy/questions.ipynb was changed after it was packed",)


def test_a_manifest_that_fits_is_told_and_nothing_differs(handed_in: HandedIn) -> None:
    files = {"toy.py": DONE, "toy/answers.md": "größer\r\n".encode()}
    seen = handed_in.inspect({**files, "manifest.json": manifest_of(files, variant="ada-7", numpy="")})
    assert seen.differing == seen.remarks == ()
    assert seen.ignored == 0
    text = as_text(seen)
    assert "variant ada-7" in text
    assert "numpy none" in text
    assert "all files are as it says" in text


def test_files_that_differ_from_the_manifest_are_told(handed_in: HandedIn) -> None:
    listed = {"toy.py": b"before", "gone.py": b"", "toy/answers.md": b"before"}
    files = {"toy.py": DONE, "other.py": DONE, "toy/answers.md": b"after", "manifest.json": manifest_of(listed)}
    seen = handed_in.inspect(files)
    assert seen.differing == (
        "gone.py is in the manifest, but not there",
        "other.py is there, but not in the manifest",
        "toy.py was changed after it was packed",
        "toy/answers.md was changed after it was packed",
    )
    assert all(line in as_text(seen) for line in seen.differing)


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b"x" * 100_000])
def test_a_manifest_that_is_none_costs_nothing_and_is_told(handed_in: HandedIn, content: bytes) -> None:
    seen = handed_in.inspect({"toy.py": DONE, "manifest.json": content})
    assert seen.manifest is None
    assert len(seen.modules) == 1
    assert "is no manifest of grader's" in as_text(seen)


def test_without_a_manifest_and_answers_there_is_all_the_rest(handed_in: HandedIn) -> None:
    seen = handed_in.inspect({"toy.py": DONE})
    assert (seen.manifest, seen.differing, seen.remarks) == (None, (), ())
    assert "manifest.json: none that can be read" in as_text(seen)


# --- folders, forms ---


def test_a_folder_is_seen_with_its_answers_and_manifest(handed_in: HandedIn, tmp_path: Path) -> None:
    folder = tmp_path / "work"
    (folder / "toy").mkdir(parents=True)
    (folder / "toy" / "toy.py").write_bytes(DONE)
    (folder / "toy" / "answers.md").write_bytes(b"one two")
    (folder / "manifest.json").write_bytes(manifest_of({"toy.py": DONE, "toy/answers.md": b"one two"}))
    seen = inspect(folder, handed_in.bank.assessment)
    assert seen.answers == {"toy": 2, "other": 0}
    assert seen.manifest is not None
    assert seen.differing == ()
    assert seen.ignored == 0


def test_linked_answers_are_not_followed(handed_in: HandedIn, tmp_path: Path) -> None:
    folder = tmp_path / "work"
    (folder / "toy").mkdir(parents=True)
    (folder / "toy" / "toy.py").write_bytes(DONE)
    secret = tmp_path / "secret"
    secret.write_text("one two")
    (folder / "toy" / "answers.md").symlink_to(secret)
    assert inspect(folder, handed_in.bank.assessment).answers["toy"] == 0


def test_answers_that_are_too_long_are_cut_and_told(handed_in: HandedIn) -> None:
    seen = handed_in.inspect({"toy.py": DONE, "toy/answers.md": b"word " * 300_000})
    assert seen.remarks == ("toy/answers.md is cut after 1 MB",)


def test_text_fits_eighty_columns_and_obeys_no_stranger(handed_in: HandedIn) -> None:
    hostile = "x\x1b[2J\u202e" + "y" * 150
    files = {"toy.py": b"import os\n" * 3 + b"x = '" + b"z" * 300, "a/" + "b" * 200 + ".py": b""}
    manifest = manifest_of(files, assessment=hostile, packed=hostile)
    seen = handed_in.inspect({**files, "manifest.json": manifest})
    text = as_text(seen)
    assert max(map(len, text.splitlines())) <= 80
    assert "\x1b" not in text
    assert "\u202e" not in text


def test_the_json_form_says_the_same(handed_in: HandedIn) -> None:
    files = {"toy.py": DONE}
    seen = handed_in.inspect({**files, "manifest.json": manifest_of(files, assessment="Über\u202e")})
    text = as_json(seen)
    assert text.isascii()
    data = json.loads(text)
    assert data["scored"] is False
    assert data["modules"][0]["sha256"] == sha256(DONE)
    assert data["manifest"]["files"] == {"toy.py": sha256(DONE)}
    assert data["missing"] == ["other"]
