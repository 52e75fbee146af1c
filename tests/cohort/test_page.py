"""The page of a round in a real browser: it reads well, sorts, searches, and nothing of strangers does anything."""

from __future__ import annotations

import base64
import hashlib
import re
import unicodedata
from pathlib import Path
from urllib.parse import unquote

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from grader.cohort.analysis import analyse
from grader.cohort.reading import read_round
from grader.pages.cohort_page import cohort_page, report_link
from grader.pages.page import candidate_page, staff_page
from tests.browser import SCHEMES, WIDTHS, Opener
from tests.cohort.conftest import SMALL, Folder, assessment, fill, report
from tests.pages.hostile import LONG, TEXT, hostile_report
from tests.pages.test_in_a_browser import keep_screenshot, unfold_all

pytestmark = pytest.mark.xdist_group("cohort")

LARGE = assessment({"knn": 13, "linear_regression": 15, "clustering": 14, "em": 14})
HOSTILE = assessment({"knn": 3, "em": 2}, title=f"Take-home {TEXT}")
MEGABYTE = 1_000_000
NAMES = (
    *("Ada Lovelace", "Émile Borel", "Sofia Kovalevskaya", "Zoë <b>Bold</b>"),
    *("李娜", "\u202eevil", "C. R. Rao", "a&b\"'"),
)


def page_of(folder: Folder) -> str:
    told = analyse(read_round(folder.root))
    assert told is not None
    return cohort_page(told)


def hostile_folder(root: Path) -> Folder:
    folder = Folder(root)
    fill(folder, 24, HOSTILE, names=[f"name {TEXT}{number}" for number in range(4)])
    folder.add(report([True] * 10, HOSTILE, name=LONG))
    folder.refuse(f"refused {TEXT}", message=f"message {TEXT}{LONG}")
    folder.fault(f"fault {TEXT}", message=f"message {TEXT}")
    folder.add(report([True] * 10, name=f"left {TEXT}"))
    folder.add(report([True] * 10), folder="../outside", files={})
    return folder


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Pages of a usual, a large, a small, a constant and a hostile round."""
    made = {name: Folder(tmp_path_factory.mktemp(name) / "results") for name in ("usual", "large", "small", "equal")}
    fill(made["usual"], 40, LARGE)
    made["usual"].refuse("Blaise.zip")
    made["usual"].fault("Ludwig.zip")
    made["usual"].add(report([True] * 10, name="of another bank", bank="c" * 64))
    fill(made["large"], 1000, LARGE, names=[f"{name} {n}" for n in range(125) for name in NAMES])
    fill(made["small"], 1, SMALL)
    for number in range(4):
        made["equal"].add(report([True] * 10, name=f"n{number}"))
    hostile = hostile_folder(tmp_path_factory.mktemp("hostile") / "results")
    return {name: page_of(folder) for name, folder in {**made, "hostile": hostile}.items()}


def column(page: Page, number: int, table: str = "#places", only: str = "") -> list[str]:
    texts: list[str] = page.locator(f"{table} tbody tr{only} > :nth-child({number})").all_text_contents()
    return [text.strip() for text in texts]


def press(page: Page, name: str, table: str = "#places") -> str:
    """Press a column's button, and return what its head says of the order."""
    button = page.locator(table).get_by_role("button", name=name, exact=True)
    button.click()
    return button.locator("..").get_attribute("aria-sort") or ""


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", ["usual", "large", "small", "equal", "hostile"])
def test_a_page_reads_well_and_asks_for_nothing(
    pages: dict[str, str], opener: Opener, name: str, width: str, scheme: str
) -> None:
    seen = opener.open(pages[name], width=WIDTHS[width], scheme=scheme)
    page = seen.page
    if name != "large":
        keep_screenshot(page, f"cohort-{name}-{width}-{scheme}")
    unfold_all(page)
    assert page.locator("h1").is_visible()
    assert page.locator("#search").is_visible(), "its own script runs"
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), "it scrolls sideways"
    assert page.evaluate("window.hacked") is None
    assert not seen.complaints
    assert not seen.requests


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", ["usual", "small", "hostile"])
def test_axe_finds_nothing(pages: dict[str, str], opener: Opener, name: str, width: str, scheme: str) -> None:
    page = opener.open(pages[name], width=WIDTHS[width], scheme=scheme).page
    press(page, "Score")
    unfold_all(page)
    found = Axe().run(page)
    told = [(v["impact"], v["id"], v["nodes"][0]["html"][:200]) for v in found.response["violations"]]
    assert not told


# Sorting and searching


@pytest.mark.parametrize("name", ["usual", "large"])
def test_columns_sort_both_ways(pages: dict[str, str], opener: Opener, name: str) -> None:
    page = opener.open(pages[name]).page
    ranks = [int(text) for text in column(page, 1)]
    assert ranks == sorted(ranks)
    assert page.locator("#places th[aria-sort]").count() == 1

    assert press(page, "Score") == "descending"
    scores = [float(text) for text in column(page, 3)]
    assert scores == sorted(scores, reverse=True)
    assert press(page, "Score") == "ascending"
    assert [float(text) for text in column(page, 3)] == sorted(scores)
    assert page.locator("#places th[aria-sort]").count() == 1

    assert press(page, "Rank") == "ascending"
    assert [int(text) for text in column(page, 1)] == ranks

    assert press(page, "Verdict") == "ascending"
    verdicts = column(page, 4)
    assert verdicts == sorted(verdicts)

    assert press(page, "Where the score may lie") == "descending"
    lows = [float(text.split(" to ")[0]) for text in column(page, 5)]
    assert lows == sorted(lows, reverse=True)

    assert press(page, "Not told apart from ranks") == "ascending"
    firsts = [int(text.split(" to ")[0]) for text in column(page, 6)]
    assert firsts == sorted(firsts)

    assert press(page, "Submission") == "ascending"
    names = column(page, 2)
    assert names == page.evaluate(
        "names => names.toSorted(new Intl.Collator('en', { numeric: true, sensitivity: 'base' }).compare)", names
    )
    assert len(names) == len(ranks), "no row is lost on the way"


def test_what_has_no_value_comes_last_either_way(folder: Folder, opener: Opener) -> None:
    for number in range(12):
        folder.add(report([True, number % 2 == 0, *[number > test for test in range(8)]], name=f"n{number}"))
    page = opener.open(page_of(folder)).page
    page.evaluate("document.querySelectorAll('details').forEach(e => { e.open = true; })")
    table = "#tests table"
    for order in ("ascending", "descending"):
        page.locator(f"{table} th", has_text="Discrimination").first.get_by_role("button").click()
        assert page.locator(f"{table} th[aria-sort]").first.get_attribute("aria-sort") == order
        texts = page.locator(table).first.locator("tbody tr > :nth-child(4)").all_text_contents()
        assert [text for text in texts if "everyone earned the same" in text] == texts[-1:]


def test_the_search_finds_names_and_tells_how_many(pages: dict[str, str], opener: Opener) -> None:
    page = opener.open(pages["large"]).page
    told = page.get_by_role("status")
    assert told.text_content() == "1000 in all"
    field = page.get_by_label("Search by name")
    for typed, expected in [
        ("emile", "Émile Borel"),
        ("BOREL émi", "Émile Borel"),
        ("<b>", "<b>Bold</b>"),
        ("李", "李娜"),
    ]:
        field.fill(typed)
        shown = column(page, 2, only=":not([hidden])")
        assert len(shown) == 125
        assert all(expected in text for text in shown)
        assert told.text_content() == "125 of 1000 shown"
    press(page, "Score")
    assert len(column(page, 2, only=":not([hidden])")) == 125, "sorting keeps what was searched for"
    field.fill("nobody of this name")
    assert page.locator("#places tbody tr:visible").count() == 0
    assert told.text_content() == "0 of 1000 shown"
    field.fill("  ")
    assert told.text_content() == "1000 in all"


def test_the_keyboard_searches_and_sorts(pages: dict[str, str], opener: Opener) -> None:
    page = opener.open(pages["usual"]).page
    page.get_by_label("Search by name").focus()
    page.keyboard.type("candidate 000")
    assert page.get_by_role("status").text_content() == "10 of 40 shown"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "The ranking"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Rank"
    for key, order in (("Enter", "descending"), ("Space", "ascending")):
        page.keyboard.press(key)
        assert page.locator("#places th").first.get_attribute("aria-sort") == order
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline != "none"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Submission"


def test_without_scripts_it_is_a_page_of_tables(pages: dict[str, str], opener: Opener) -> None:
    page = opener.open(pages["usual"], java_script_enabled=False).page
    assert page.locator("#places tbody tr").count() == 40
    assert page.locator("button").count() == 0
    assert not page.locator("#search").is_visible()
    assert page.locator("#places th").first.text_content() == "Rank"


# What strangers wrote


def test_a_hostile_page_holds_no_element_but_ours(pages: dict[str, str], opener: Opener) -> None:
    page = opener.open(pages["hostile"]).page
    tags = set(page.evaluate("[...new Set([...document.querySelectorAll('*')].map(e => e.tagName.toLowerCase()))]"))
    assert not tags & {"img", "iframe", "base", "object", "embed", "link", "form", "b:evil"}
    assert page.evaluate("document.scripts.length") == 1
    assert page.evaluate("document.querySelectorAll('style').length") == 1
    attributes = page.evaluate(
        "[...new Set([...document.querySelectorAll('*')].flatMap(e => e.getAttributeNames()))]"
    )
    assert not [attribute for attribute in attributes if attribute.startswith("on") or attribute == "style"]
    links = page.evaluate("[...document.querySelectorAll('[href]')].map(e => e.getAttribute('href'))")
    ours = re.compile(r"#[a-z0-9-]+|submissions/[A-Za-z0-9._-]+/[0-9a-f]{16}/report\.html")
    assert all(ours.fullmatch(link) for link in links)
    assert "<script>window.hacked=1;alert(1)</script>" in page.evaluate("document.body.textContent")
    press(page, "Submission")
    page.get_by_label("Search by name").fill("<img")
    assert page.evaluate("window.hacked") is None


def test_a_hostile_page_holds_no_character_that_is_obeyed(pages: dict[str, str]) -> None:
    odd = {c for c in pages["hostile"] if c != "\n" and not c.isprintable()}
    assert not odd, [unicodedata.name(c, repr(c)) for c in odd]
    assert len(pages["hostile"]) < MEGABYTE


def test_the_policy_allows_the_page_s_own_script_alone(pages: dict[str, str], opener: Opener) -> None:
    """What a stranger might smuggle in would be refused by the browser, and is told on its console."""
    (script,) = re.findall(r"<script>(.*?)</script>", pages["usual"], re.S)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', pages["usual"])
    assert f"script-src 'sha256-{digest}'" in policy
    assert "unsafe" not in policy
    smuggled = pages["usual"].replace("<h1>", "<script>window.hacked=1</script><h1 onclick='window.hacked=2'>")
    seen = opener.open(smuggled)
    seen.page.locator("h1").click()
    assert seen.page.evaluate("window.hacked") is None
    assert any("Content Security Policy" in text for text in seen.complaints)


def test_the_pages_of_reports_have_no_script_and_may_have_none() -> None:
    made = hostile_report()
    for html in (staff_page(made), candidate_page(made)):
        assert "<script" not in html
        assert "script-src" not in html
        assert "default-src 'none'" in html


@pytest.mark.parametrize(
    ("folder", "expected"),
    [
        ("submissions/a b/c", "submissions/a%20b/c/report.html"),
        ("submissions/ä?x#y&z/\"'<", "submissions/%C3%A4%3Fx%23y%26z/%22%27%3C/report.html"),
        ("100%/c", "100%25/c/report.html"),
        *(
            (odd, "")
            for odd in ("../x", "/etc", "//evil.invalid/x", "a/../../b", "", "\\\\evil", "javascript:x", "a\nb")
        ),
    ],
)
def test_links_lead_below_the_results_only(folder: str, expected: str) -> None:
    assert report_link(".", folder) == expected
    if expected:
        assert unquote(report_link("../r", folder)) == f"../r/{folder}/report.html"


def test_every_link_leads_somewhere(folder: Folder, opener: Opener) -> None:
    fill(folder, 12, SMALL, names=["Ada Lovelace", "../../x", "ö"])
    page = opener.open(page_of(folder)).page
    links = page.evaluate("[...document.querySelectorAll('[href]')].map(e => e.getAttribute('href'))")
    reports = [link for link in links if not link.startswith("#")]
    assert len(set(reports)) == 12
    assert all((folder.root / unquote(link)).is_file() for link in reports)
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map(e => e.id)")
    assert len(ids) == len(set(ids))
    assert {link[1:] for link in links if link.startswith("#")} <= set(ids)


# What stands in it


def test_a_thousand_submissions_fit_in_three_megabytes(pages: dict[str, str]) -> None:
    assert len(pages["large"].encode()) <= 3 * MEGABYTE


def test_names_that_several_have_are_told_apart_by_what_was_handed_in(folder: Folder) -> None:
    for name in ("ada", "ada", "grace"):
        folder.add(report([True] * 10, name=name))
    page = page_of(folder)
    assert page.count('<span class="source-name">in/') == 2


def test_who_has_no_score_is_listed_apart(pages: dict[str, str], opener: Opener) -> None:
    page = opener.open(pages["usual"]).page
    assert page.locator("#apart").text_content().count(".zip") == 4, "two names and two files"  # type: ignore[union-attr]
    assert "of another bank" in (page.locator("#left-out").text_content() or "")
    assert "Blaise" not in (page.locator("#ranking").text_content() or "")
    assert page.locator("h1").text_content() == "The round: 40 submissions"


def test_all_in_the_table_of_those_near_the_mark_are_called_unsure_in_the_ranking(
    pages: dict[str, str], opener: Opener
) -> None:
    page = opener.open(pages["usual"]).page
    unsure = page.locator("#places tr", has_text="unsure").locator("th").all_text_contents()
    assert unsure == page.locator("#near tbody th").all_text_contents()
    assert unsure


def test_rows_that_the_text_says_are_few_are_told_as_rough(pages: dict[str, str]) -> None:
    assert "Few submissions" in pages["small"]
    assert "Few submissions" not in pages["usual"]


def test_paper_shows_the_whole_ranking(pages: dict[str, str], opener: Opener) -> None:
    page = opener.open(pages["usual"]).page
    region = page.locator("#ranking .tall")
    assert region.evaluate("e => e.scrollHeight > e.clientHeight")
    page.emulate_media(media="print")
    assert region.evaluate("e => e.scrollHeight <= e.clientHeight")
    assert not page.locator("#search").is_visible()
