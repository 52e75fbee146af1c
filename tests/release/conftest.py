"""A small bank that has all that candidates get."""

from __future__ import annotations

import shutil
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from grader.bank import Bank
from grader.release import wheel
from grader.written.form import as_notebook
from grader.written.questions import STUB as ANSWER_STUB
from grader.written.questions import as_markdown
from tests.conftest import ROOT, STUB, ToyBank
from tests.written.sources import cell, notebook

BRIEF = """\
    # A toy

    `mean(X)` returns the mean of each column. An empty `X` is a `ValueError`.
"""
PUBLIC_SUITE = '''\
    """One easy example of each criterion."""

    import pytest

    from grader.examiner.oracle import array, assert_close


    @pytest.mark.criterion("mean")
    def test_the_mean_of_two_rows(candidate):
        """Of 1 and 3 the mean is 2."""
        assert_close(array(candidate.toy.mean([[1.0], [3.0]]), shape=(1,)), [2.0], rtol=1e-9)


    @pytest.mark.criterion("bad_input")
    def test_an_array_without_rows(candidate):
        """No rows have no mean."""
        with pytest.raises(ValueError):
            candidate.toy.mean([])
'''
ANSWERS = """\
    # A toy: written questions

    ## 1. Outliers (100 points)

    What does one outlier do to a mean?

    <!-- Your answer: replace this line. -->
"""


@pytest.fixture
def public_bank(toy_bank: ToyBank) -> ToyBank:
    """The toy bank with everything in it."""
    toy_bank.complete()
    add_public_files(toy_bank, "toy")
    toy_bank.write("solutions/toy/interview.toml", 'ask = "Why does a mean of means need weights?"\n')
    return toy_bank


def add_public_files(bank: ToyBank, name: str) -> None:
    """Give an assignment what candidates get of it."""
    bank.write(f"assignments/{name}/README.md", BRIEF)
    bank.write(f"assignments/{name}/{name}.py", STUB)
    bank.write(f"assignments/{name}/test_public.py", PUBLIC_SUITE.replace("candidate.toy", f"candidate.{name}"))
    bank.write(f"assignments/{name}/answers.md", ANSWERS)


SCHEME = """\
    **What earns what**

    - 60 points: the mean has a breakdown point of nothing.
    - 40 points: says what the median of these numbers, 1234567 and 7654321, does. One far value
      moves it by one place in the order, however far away it is.
"""


@pytest.fixture
def asking(public_bank: ToyBank) -> ToyBank:
    """The same with written questions and their mark scheme, released as ``grader questions`` does it."""
    question = "## 1. Outliers (100 points)\n\nWhat does one outlier do to the mean of 7654321 and others like it?"
    cells = [
        cell("introduction", "# A toy: written questions\n\nPeople read the answers."),
        cell("outliers-question", question),
        cell("outliers", dedent(SCHEME), 100),
    ]
    source = public_bank.root / "solutions/toy/questions.ipynb"
    source.write_bytes(notebook(cells))
    give_out_questions(public_bank, cells)
    return public_bank


def give_out_questions(bank: ToyBank, cells: list[dict[str, Any]]) -> None:
    """Write the files that candidates get, without nbgrader, which not everybody has."""
    place = bank.root / "assignments/toy"
    given = [{**each, "source": [ANSWER_STUB]} if each["metadata"]["nbgrader"]["grade"] else each for each in cells]
    (place / "questions.ipynb").write_bytes(as_notebook(given))
    (place / "answers.md").write_text(as_markdown("A toy", Bank(bank.root).questions("toy")), encoding="utf-8")


@pytest.fixture
def package_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the package, of which wheels are built."""
    folder = tmp_path / "copy" / "grader"
    shutil.copytree(ROOT / "grader", folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "Dockerfile", folder.parent)
    monkeypatch.setattr(wheel, "package_folder", lambda: folder)
    return folder


@pytest.fixture
def bank(public_bank: ToyBank) -> Bank:
    return Bank(public_bank.root)
