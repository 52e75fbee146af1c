"""Pages, real and hostile, and a real browser to open them in."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from grader.bank import Bank
from grader.grade import grade
from grader.interview.pack import packs
from grader.models import Report
from grader.pages.cohort import Cohort
from grader.pages.page import candidate_page, staff_page
from grader.sandbox.choosing import choose
from grader.submission import read_submission
from tests.conftest import ROOT
from tests.pages.hostile import hostile_packs, hostile_report


def scored(folder: Path) -> Report:
    """The report of solutions of our own, by the default bank."""
    bank = Bank(ROOT)
    submission = read_submission(folder, bank.assessment)
    provider = choose("none", lambda text: None, "")
    try:
        return grade(submission, bank, bank.assessment, provider, seed=11)
    finally:
        provider.close()


@pytest.fixture(scope="session")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Report]:
    """Reports of the reference, of a middling, of an empty and of a hostile submission."""
    reference, empty = tmp_path_factory.mktemp("reference"), tmp_path_factory.mktemp("empty")
    for path in (ROOT / "solutions").glob("*/reference/*.py"):
        shutil.copy(path, reference)
    (empty / "knn.py").write_bytes(b"")
    found = {
        "reference": scored(reference),
        "middling": scored(ROOT / "examples" / "middling"),
        "empty": scored(empty),
        "hostile": hostile_report(),
    }
    return {name: replace(report, submission=replace(report.submission)) for name, report in found.items()}


@pytest.fixture(scope="session")
def pages(reports: dict[str, Report]) -> dict[str, str]:
    """The staff's pages of all reports, and the candidates'."""
    bank = Bank(ROOT)
    ours = packs(bank, bank.assessment)
    cohort = Cohort((12.5, 40, 61, 66.25, 74, 74, 81, 93, 100), left_out=2)
    staff = {
        name: staff_page(report, hostile_packs() if name == "hostile" else ours, cohort)
        for name, report in reports.items()
    }
    return staff | {f"candidate-{name}": candidate_page(report) for name, report in reports.items()}
