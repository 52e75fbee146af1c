"""A real browser to open pages in, started once for all tests that look at one."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, sync_playwright

CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = ("--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-quic")
WIDTHS = {"phone": 390, "desktop": 1280}
SCHEMES = ("light", "dark")
SCREENSHOTS = "GRADER_SCREENSHOTS"
"""Names a folder that screenshots are kept in."""


@pytest.fixture(scope="module")  # while it runs, so does its event loop, which other modules may not expect
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
