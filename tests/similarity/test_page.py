"""The page of pairs in a real browser: it reads well everywhere, runs nothing and asks for nothing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe

from grader.bank import Bank
from grader.pages import similar_page as pages
from grader.pages.similar_page import similar_page
from grader.pages.source import CHARACTERS_LIMIT
from grader.similarity.comparing import compare
from grader.similarity.comparison import Comparison
from grader.similarity.handed_in import read_round
from tests.browser import SCHEMES, WIDTHS, Opener
from tests.conftest import ROOT
from tests.pages.hostile import MARKUP, TEXT
from tests.pages.test_in_a_browser import keep_screenshot, unfold_all
from tests.similarity.conftest import RoundFolder, disguised, variant

pytestmark = pytest.mark.xdist_group("similarity")

ONE, OTHER = variant("knn", "running_best"), variant("em", "eigen")
ODD = b"\n# " + TEXT.encode("utf-8", "replace") + b"\n\xff\xfe\x00 = '''" + MARKUP.encode() + b"'''\n"


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    folder = RoundFolder(tmp_path_factory.mktemp("round") / "results")
    old = RoundFolder(tmp_path_factory.mktemp("round") / "old")
    folder.add("Ada Lovelace", {"knn": ONE, "em": OTHER})
    folder.add("Charles Babbage", {"knn": disguised(ONE)})
    folder.add(f"Eve {TEXT}".replace("\ud800", ""), {"em": OTHER + ODD + b"y" * 1_000_000})
    old.add(f"{MARKUP} of old", {"em": ODD + disguised(OTHER)})
    return compare(read_round(folder.root, (old.root,)), Bank(ROOT), 0.6, 50, lambda text: None)


@pytest.fixture(scope="module")
def html(found: Comparison) -> str:
    assert len(found.pairs) == 4
    return similar_page(found)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
def test_a_page_reads_well_and_does_nothing(html: str, opener: Opener, width: str, scheme: str) -> None:
    seen = opener.open(html, width=WIDTHS[width], scheme=scheme)
    keep_screenshot(seen.page, f"similar-{width}-{scheme}")
    unfold_all(seen.page)
    assert seen.page.locator("h1").is_visible()
    assert seen.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), "it scrolls sideways"
    assert seen.page.evaluate("window.hacked") is None
    assert not seen.complaints
    assert not seen.requests


@pytest.mark.parametrize("scheme", SCHEMES)
def test_axe_finds_nothing(html: str, opener: Opener, scheme: str) -> None:
    page = opener.open(html, scheme=scheme).page
    unfold_all(page)
    found = Axe().run(page)
    assert not [(v["impact"], v["id"], v["nodes"][0]["html"][:200]) for v in found.response["violations"]]


def test_a_hostile_page_holds_no_element_but_ours(html: str, opener: Opener) -> None:
    page = opener.open(html).page
    tags = set(page.evaluate("[...new Set([...document.querySelectorAll('*')].map(e => e.tagName.toLowerCase()))]"))
    assert not tags & {"script", "img", "iframe", "base", "object", "embed", "link", "form", "input", "svg"}
    attributes = page.evaluate(
        "[...new Set([...document.querySelectorAll('*')].flatMap(e => e.getAttributeNames()))]"
    )
    assert not [attribute for attribute in attributes if attribute.startswith("on") or attribute == "style"]
    links = page.evaluate("[...document.querySelectorAll('[href]')].map(e => e.getAttribute('href'))")
    assert all(re.fullmatch(r"#[a-z0-9-]+", link) for link in links)
    assert "<script>window.hacked=1;alert(1)</script>" in page.evaluate("document.body.textContent")
    assert not set("\x1b\x00\u202e\u200b") & set(html)


def test_sources_stand_side_by_side_and_on_a_phone_one_above_the_other(html: str, opener: Opener) -> None:
    for width, beside in (("desktop", True), ("phone", False)):
        sides = opener.open(html, width=WIDTHS[width]).page.locator("details[open] .one .source")
        first, second = sides.nth(0).bounding_box(), sides.nth(1).bounding_box()
        assert first is not None
        assert second is not None
        assert (second["x"] >= first["x"] + first["width"]) == beside
        assert (second["y"] >= first["y"] + first["height"]) != beside


def test_lines_that_belong_together_have_a_sign_and_lead_to_each_other(html: str, opener: Opener) -> None:
    page = opener.open(html).page
    unfold_all(page)
    dead = page.evaluate(
        "[...document.querySelectorAll('[href]')].map(e => e.getAttribute('href').slice(1))"
        ".filter(id => document.getElementById(id) === null)"
    )
    assert not dead
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map(e => e.id)")
    assert len(ids) == len(set(ids))
    knn = page.locator("details", has_text="knn.py: Ada Lovelace and Charles Babbage")
    left, right = knn.locator(".source").nth(0), knn.locator(".source").nth(1)
    signs = [side.locator(".same .tie").all_inner_texts() for side in (left, right)]
    assert all(re.fullmatch(r"=( \d+)*", sign) for sign in [*signs[0], *signs[1]])
    numbers = [{number for sign in side for number in sign.split()[1:]} for side in signs]
    assert numbers[0] == numbers[1]
    assert len(numbers[0]) > 2
    assert set(left.locator(".row:not(.same) .tie").all_inner_texts()) <= {""}
    link = left.locator(".tie a").nth(1)
    target = page.locator(f"[id='{str(link.get_attribute('href'))[1:]}']")
    assert link.inner_text() in target.locator("xpath=..").locator(".tie").inner_text().split()
    assert target.locator("xpath=ancestor::div[@class='source']").evaluate(
        "(e, o) => e === o", right.element_handle()
    )
    colors = [
        left.locator(row).first.evaluate("e => getComputedStyle(e).backgroundColor")
        for row in (".same", ".row:not(.same)")
    ]
    assert colors[0] != colors[1]


def test_sources_beyond_what_a_browser_bears_are_left_out(found: Comparison, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = similar_page(found)
    sizes = [
        sum(min(len(side.content), CHARACTERS_LIMIT) for side in (pair.first, pair.second)) for pair in found.pairs
    ]
    monkeypatch.setattr(pages, "SOURCES_LIMIT", sum(sizes[:2]))
    less = similar_page(found)
    assert whole.count('class="pair"') == 4
    assert less.count('class="pair"') == 2
    assert less.count("The page has no room for these sources") == 2


def test_nothing_alike_is_a_page_too(tmp_path: Path, opener: Opener) -> None:
    folder = RoundFolder(tmp_path / "alone")
    folder.add("Ada", {"knn": ONE})
    html = similar_page(compare(read_round(folder.root), Bank(ROOT), 0.6, 50, lambda text: None))
    page = opener.open(html).page
    assert page.locator("h1").inner_text().startswith("No pairs are alike")
    assert not Axe().run(page).response["violations"]
