"""Questions as nbgrader releases them: nothing of a mark scheme, the same bytes, and nobody's configuration."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from grader.bank import Bank
from grader.errors import BankError, ExitCode, GraderError
from grader.release.questions import check_questions, differing, released_files
from grader.written.form import excess
from grader.written.questions import asked, read_questions
from grader.written.releasing import released
from tests.conftest import ROOT, Grader, ToyBank
from tests.written.sources import SCHEME, cell, cells, notebook, source

pytest.importorskip("nbgrader", reason="the extra 'marking' is not installed")

PLANTED = """\
from pathlib import Path
Path({trace!r}).write_text("was read")
c = get_config()
c.ClearSolutions.text_stub = "PLANTED"
c.ClearSolutions.enabled = False
c.ClearSolutions.begin_solution_delimeter = "Full"
c.IncludeHeaderFooter.header = "/etc/hostname"
"""


@pytest.fixture
def asking(toy_bank: ToyBank) -> ToyBank:
    """The toy bank with written questions, which are not released yet."""
    toy_bank.complete()
    toy_bank.write("solutions/toy/questions.ipynb", source().decode())
    return toy_bank


def test_candidates_get_the_questions_with_a_stub_in_place_of_each_scheme() -> None:
    made = released(source(), "here")
    assert b"CANARY" not in made
    assert b"groups that differ" not in made
    assert [(q.id, q.title, q.points, q.text) for q in asked(made)] == [
        (q.id, q.title, q.points, q.text) for q in read_questions(source(), "here")
    ]
    texts = ["".join(each["source"]) for each in json.loads(made)["cells"]]
    assert texts[2] == texts[4] == "Your answer: replace this line."
    assert excess(made) == ""


def test_what_is_released_is_a_notebook_of_nbgraders_own() -> None:
    import nbformat
    from nbgrader.nbgraderformat import MetadataValidator
    from nbgrader.utils import compute_checksum

    made = nbformat.reads(released(source(), "here").decode(), as_version=4)
    nbformat.validate(made)
    MetadataValidator().validate_nb(made)
    assert [each.metadata.nbgrader.checksum for each in made.cells] == [compute_checksum(each) for each in made.cells]
    assert [each.metadata.get("deletable") for each in made.cells] == [False] * 5
    assert [each.metadata.get("editable") for each in made.cells] == [False, False, None, False, None]


def test_the_same_questions_give_the_same_bytes_whatever_their_schemes() -> None:
    other = source().replace(SCHEME.encode(), b"Another scheme.")
    assert other != source()
    assert released(source(), "here") == released(source(), "there") == released(other, "here")


def test_metadata_of_the_author_is_not_given_out() -> None:
    made = cells()
    made[1]["metadata"] |= {"tags": ["the answer is weights"], "note": "weights"}
    table = notebook(made, metadata={"authors": [{"name": "ada"}], "kernelspec": {"language": "python"}})
    assert released(table, "here") == released(source(), "here")


def locked_code() -> dict[str, Any]:
    made = cell("", "1 + 1", cell_type="code", id="code", outputs=["2"])
    del made["metadata"]["nbgrader"]["grade_id"]
    return made


Change = Callable[[list[dict[str, Any]]], object]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (
            lambda c: c.append(cell("note", "For markers: be kind.", metadata={})),
            "should be locked or the cell of an",
        ),
        (lambda c: c[0]["metadata"]["nbgrader"].update(locked=False), "should be locked or the cell of an answer"),
        (
            lambda c: c.append({"cell_type": "code", "id": "x", "metadata": {}, "outputs": [], "source": "1"}),
            "locked",
        ),
        (lambda c: c[2].update(id="one-outlier-question"), "some share one"),
        (lambda c: c[2].pop("id"), "should have an id of letters"),
        (lambda c: c[2].update(attachments={"a.png": {"image/png": "AAAA"}}), "should have no attachments"),
        (
            lambda c: c[2].update(source="Marks.\n### BEGIN SOLUTION\nx\n### END SOLUTION"),
            "as a whole and nothing else",
        ),
        (
            lambda c: c[2].update(source="### BEGIN SOLUTION\nx"),
            "nbgrader cannot release it: RuntimeError: no end sol",
        ),
        (lambda c: c[1]["source"].append("\n### BEGIN HIDDEN TESTS"), "nbgrader cannot release it: RuntimeError"),
        (lambda c: c[1]["metadata"]["nbgrader"].update(schema_version=99), "nbgrader cannot release it: .*newer"),
        (lambda c: c[2].update(source=""), "should hold the mark scheme"),
        (lambda c: c.append(locked_code()), "should be a cell of Markdown"),
    ],
)
def test_what_cannot_be_released_is_refused_with_the_reason(
    change: Change, says: str, caplog: pytest.LogCaptureFixture
) -> None:
    made = cells()
    change(made)
    with pytest.raises(BankError, match=says) as told:
        released(notebook(made), "solutions/toy/questions.ipynb")
    assert str(told.value).startswith("solutions/toy/questions.ipynb")
    assert "\n" not in str(told.value)
    assert told.value.exit_code == ExitCode.USAGE
    assert caplog.records == []


def test_nothing_of_the_process_is_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    handlers = {name: list(logging.getLogger(name).handlers) for name in (None, "nbgrader", "traitlets")}
    environment = dict(os.environ)
    released(source(), "here")
    with pytest.raises(BankError):
        released(source().replace(b"Full marks for naming", b"### BEGIN SOLUTION"), "here")
    assert Path.cwd() == tmp_path
    assert list(tmp_path.iterdir()) == []
    assert dict(os.environ) == environment
    assert {name: list(logging.getLogger(name).handlers) for name in handlers} == handlers


def test_nobodys_configuration_is_read(tmp_path: Path) -> None:
    """Neither that of the working folder nor that of the user: nbgrader's applications would execute both."""
    trace, folders = tmp_path / "trace", [tmp_path / "here", tmp_path / "jupyter", tmp_path / "home" / ".jupyter"]
    for folder in folders:
        folder.mkdir(parents=True)
        for name in ("nbgrader_config.py", "jupyter_config.py", "jupyter_nbconvert_config.py"):
            (folder / name).write_text(PLANTED.format(trace=str(trace)))
    (tmp_path / "source.ipynb").write_bytes(source())
    code = (
        "import sys; from pathlib import Path; from grader.written.releasing import released\n"
        "sys.stdout.buffer.write(released(Path(sys.argv[1]).read_bytes(), 'here'))"
    )
    settings = {"JUPYTER_CONFIG_DIR": str(folders[1]), "HOME": str(tmp_path / "home"), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "source.ipynb")],
        cwd=folders[0],
        env=os.environ | settings,
        capture_output=True,
        check=True,
    )
    assert done.stdout == released(source(), "here")
    assert done.stderr == b""
    assert not trace.exists()


def test_no_cell_is_executed_and_no_kernel_started(monkeypatch: pytest.MonkeyPatch) -> None:
    import jupyter_client.manager as kernels
    from nbgrader.preprocessors import instantiatetests

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a kernel was started")

    for module in (kernels, instantiatetests):
        monkeypatch.setattr(module, "start_new_kernel", refuse)
    made = cells()
    made[1]["source"].append("\n\n### AUTOTEST x")
    assert b"AUTOTEST x" in released(notebook(made), "here")


def test_without_nbgrader_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "nbgrader.converters", None)
    with pytest.raises(GraderError, match="releasing questions needs nbgrader") as told:
        released(source(), "here")
    assert told.value.cure == "pip install 'takehome-grader[marking]'"


def test_the_command_line_starts_without_nbgrader() -> None:
    code = "import grader.cli, sys; print([m for m in ('nbgrader', 'nbconvert', 'traitlets') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# The files of a bank


def test_the_files_of_a_bank_are_both_forms_of_its_questions(asking: ToyBank) -> None:
    bank = Bank(asking.root)
    files = released_files(bank)
    assert list(files) == ["toy/questions.ipynb", "toy/answers.md"]
    assert files["toy/answers.md"].decode().startswith("# A toy: written questions\n")
    check_questions(bank, bank.assignment("toy"), files)
    assert differing(bank, files) == list(files)


def test_assignments_without_questions_are_passed_over_unless_they_are_named(asking: ToyBank) -> None:
    bank = Bank(asking.add_other().root)
    assert list(released_files(bank)) == ["toy/questions.ipynb", "toy/answers.md"]
    with pytest.raises(BankError, match="other has no written questions"):
        released_files(bank, ["other"])
    with pytest.raises(BankError, match="did you mean 'toy'"):
        released_files(bank, ["tory"])


def test_a_bank_without_any_questions_says_so(toy_bank: ToyBank) -> None:
    with pytest.raises(BankError, match="has no written questions"):
        released_files(Bank(toy_bank.root))


def test_the_command_writes_both_and_checks_them(asking: ToyBank, grader: Grader) -> None:
    place = asking.root / "assignments" / "toy"
    before = sorted(place.iterdir())
    checked = grader("questions", "--check", "--bank", asking.root)
    assert (checked.returncode, checked.stdout, sorted(place.iterdir())) == (ExitCode.USAGE, "", before)
    assert "assignments/toy/questions.ipynb, assignments/toy/answers.md" in checked.stderr
    assert "grader questions" in checked.stderr
    made = grader("questions", "--bank", asking.root)
    assert (made.returncode, made.stderr) == (0, "")
    assert made.stdout == "wrote assignments/toy/questions.ipynb\nwrote assignments/toy/answers.md\n"
    again = grader("questions", "toy", "--check", "--bank", asking.root)
    assert (again.returncode, again.stdout) == (0, "all 2 files are what their sources ask\n")
    (place / "answers.md").write_text("something else")
    last = grader("questions", "--bank", asking.root)
    assert last.stdout == "wrote assignments/toy/answers.md\n"


@pytest.mark.parametrize("root", [ROOT, ROOT / "examples" / "authoring"])
def test_the_files_in_this_repository_are_what_their_sources_ask(root: Path) -> None:
    bank = Bank(root)
    assert differing(bank, released_files(bank)) == []
