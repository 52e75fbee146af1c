"""Pages, real and hostile, and a real browser to open them in."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, sync_playwright

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

CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = ("--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-quic")
WIDTHS = {"phone": 390, "desktop": 1280}
SCHEMES = ("light", "dark")
SCREENSHOTS = "GRADER_SCREENSHOTS"
"""Names a folder that screenshots are kept in."""


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    program = next((path for name in CHROMIUM if (path := shutil.which(name))), None)
    if program is None:
        pytest.skip("no Chromium is installed")
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    arguments = [*ARGUMENTS, *(["--no-sandbox"] if root else [])]  # as root Chromium starts in no other way
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=arguments)
        yield started
        started.close()


@dataclass
class Seen:
    """An open page, and what it did that no page of ours may do."""

    page: Page
    address: str
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def note(self, message: ConsoleMessage) -> None:
        self.complaints.append(message.text)

    def count(self, request: Request) -> None:
        if request.url.partition("#")[0] != self.address:
            self.requests.append(request.url)


@dataclass(frozen=True)
class Opener:
    """Opens pages as people do: from a file."""

    browser: Browser
    folder: Path

    def open(self, html: str, *, width: int = 1280, scheme: str = "light", **context: Any) -> Seen:
        file = self.folder / f"page-{len(list(self.folder.iterdir()))}.html"
        file.write_text(html, encoding="utf-8")
        page = self.browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, **context
        ).new_page()
        seen = Seen(page, file.as_uri())
        page.on("console", seen.note)
        page.on("pageerror", lambda error: seen.complaints.append(str(error)))
        page.on("dialog", lambda dialog: (seen.complaints.append(dialog.message), dialog.dismiss()))
        page.on("request", seen.count)
        page.goto(seen.address)
        return seen


@pytest.fixture
def opener(browser: Browser, tmp_path: Path) -> Iterator[Opener]:
    folder = tmp_path / "pages"
    folder.mkdir()
    yield Opener(browser, folder)
    for context in browser.contexts:
        context.close()


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
