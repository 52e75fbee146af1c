"""The pages in a real browser: they read well everywhere, run nothing and ask for nothing."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser import SCHEMES, SCREENSHOTS, WIDTHS, Opener

pytestmark = pytest.mark.xdist_group("pages")  # the real submissions are scored once

NAMES = [*("reference", "middling", "empty", "hostile"), *("candidate-middling", "candidate-hostile")]


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", NAMES)
def test_a_page_reads_well_and_does_nothing(
    pages: dict[str, str], opener: Opener, name: str, width: str, scheme: str
) -> None:
    seen = opener.open(pages[name], width=WIDTHS[width], scheme=scheme)
    page = seen.page
    keep_screenshot(page, f"{name}-{width}-{scheme}")
    unfold_all(page)
    keep_screenshot(page, f"{name}-{width}-{scheme}-unfolded")
    assert page.locator("h1").is_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), "it scrolls sideways"
    assert page.evaluate("window.hacked") is None
    assert not seen.complaints
    assert not seen.requests


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("name", ["middling", "hostile", "candidate-middling"])
def test_axe_finds_nothing(pages: dict[str, str], opener: Opener, name: str, scheme: str) -> None:
    page = opener.open(pages[name], scheme=scheme).page
    unfold_all(page)
    found = Axe().run(page)
    told = [(v["impact"], v["id"], v["nodes"][0]["html"][:200]) for v in found.response["violations"]]
    assert not told


@pytest.mark.parametrize("name", ["hostile", "candidate-hostile"])
def test_a_hostile_page_holds_no_element_but_ours(pages: dict[str, str], opener: Opener, name: str) -> None:
    page = opener.open(pages[name]).page
    tags = set(page.evaluate("[...new Set([...document.querySelectorAll('*')].map(e => e.tagName.toLowerCase()))]"))
    assert not tags & {"script", "img", "iframe", "base", "object", "embed", "link", "form", "input", "b:evil"}
    attributes = page.evaluate(
        "[...new Set([...document.querySelectorAll('*')].flatMap(e => e.getAttributeNames()))]"
    )
    assert not [attribute for attribute in attributes if attribute.startswith("on") or attribute == "style"]
    links = page.evaluate("[...document.querySelectorAll('[href]')].map(e => e.getAttribute('href'))")
    assert all(re.fullmatch(r"#[a-z0-9-]+", link) for link in links)
    text = page.evaluate("document.body.textContent")
    assert "<script>window.hacked=1;alert(1)</script>" in text, "what was written is shown as it was written"
    assert "{{ 7 * 7 }}" in text
    assert page.evaluate("document.querySelectorAll('style').length") == 1


def test_every_link_leads_to_a_place_in_the_page(pages: dict[str, str], opener: Opener) -> None:
    page = opener.open(pages["middling"]).page
    dead = page.evaluate(
        "[...document.querySelectorAll('[href]')].map(e => e.getAttribute('href').slice(1))"
        ".filter(id => document.getElementById(id) === null)"
    )
    assert not dead
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map(e => e.id)")
    assert len(ids) == len(set(ids))


def test_a_link_to_a_line_unfolds_the_source(pages: dict[str, str], opener: Opener) -> None:
    page = opener.open(pages["middling"]).page
    unfold_all(page, but="#source details")
    line = page.locator(".source .l.at").first
    assert not line.is_visible()
    page.locator(f"dd a[href='#{line.get_attribute('id')}']").first.click()
    assert line.is_visible()
    assert "▸" in page.evaluate("e => getComputedStyle(e, '::before').content", line.element_handle())
    line.locator("a").first.click()
    assert page.url.partition("#")[2].startswith("a")


def test_the_keyboard_reaches_what_can_be_unfolded(pages: dict[str, str], opener: Opener) -> None:
    page = opener.open(pages["middling"]).page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    assert page.evaluate("document.activeElement.getBoundingClientRect().left") >= 0
    first = page.locator("summary").first
    first.focus()
    page.keyboard.press("Enter")
    assert page.locator("details").first.evaluate("e => e.open")


def test_paper_shows_what_is_folded(pages: dict[str, str], opener: Opener) -> None:
    page = opener.open(pages["middling"]).page
    folded = page.locator("details:not([open]) .facts").first
    assert not folded.is_visible()
    page.emulate_media(media="print")
    assert folded.evaluate("e => e.getBoundingClientRect().height") > 0
    assert not page.locator("nav").is_visible()


def test_a_page_needs_no_script(pages: dict[str, str], opener: Opener) -> None:
    page = opener.open(pages["middling"], java_script_enabled=False).page
    page.locator("summary").first.click()
    assert page.locator("details").first.locator(".body").first.is_visible()


def unfold_all(page: Page, but: str = "none") -> None:
    page.evaluate(
        "but => document.querySelectorAll('details').forEach(e => { e.open = but === 'none' || !e.matches(but); })",
        but,
    )


def keep_screenshot(page: Page, name: str) -> None:
    if folder := os.environ.get(SCREENSHOTS):
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=Path(folder) / f"{name}.png", full_page="unfolded" not in name)
