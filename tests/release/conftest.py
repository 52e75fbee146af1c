"""A small bank that has all that candidates get."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from grader.bank import Bank
from grader.release import wheel
from tests.conftest import ROOT, STUB, ToyBank

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
