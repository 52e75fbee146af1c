"""The pages in a real browser: marking goes well, and hostile answers do nothing."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from grader.gradebook.book import Book
from tests.browser import SCHEMES, SCREENSHOTS, WIDTHS
from tests.marking.conftest import ANSWERS
from tests.marking.course import Desk, fill, marking, stock
from tests.marking.hostile import NAME

pytestmark = pytest.mark.xdist_group("marking")


@dataclass
class Watched:
    """A page, and what it did that no page of ours may do."""

    page: Page
    origin: str
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("dialog", lambda dialog: (self.complaints.append(dialog.message), dialog.dismiss()))
        self.page.on("popup", lambda other: self.complaints.append(f"opened {other.url}"))
        self.page.on("request", lambda request: self.count(request.url))

    def count(self, url: str) -> None:
        if not url.startswith((f"{self.origin}/formgrader", f"{self.origin}/login", "data:,")):
            self.requests.append(url)

    def open(self, name: str, course: Path) -> Page:
        """Open the page of a candidate's submission, and wait until it is ready to be marked."""
        with Book(course) as book:
            id = book.gradebook.find_submission_notebook("knn", "knn", book.candidate(name).id).id
        self.page.goto(f"{self.origin}/formgrader/submissions/{id}")
        wait_until_ready(self.page)
        return self.page


def wait_until_ready(page: Page) -> None:
    """Wait for the marks that are there: until they have come, fields take nothing."""
    expect(page.locator("#assumptions")).to_be_focused()
    expect(page.locator("#assumptions")).to_be_editable()
    expect(page.locator("#assumptions-comment")).to_be_editable()


def enter(browser: Browser, desk: Desk, *, width: int = 1280, scheme: str = "light") -> Watched:
    """Come in as people do: by the address that was printed."""
    page = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme).new_page()
    watched = Watched(page, desk.origin)
    page.goto(desk.address)
    page.wait_for_url("**/formgrader/gradebook")
    return watched


@pytest.fixture(autouse=True)
def contexts_end(browser: Browser) -> Iterator[None]:
    yield
    for context in browser.contexts:
        context.close()


@pytest.fixture
def somebody(course: Path, request: pytest.FixtureRequest) -> str:
    """A candidate of one test's own, who is added while the rest is being marked."""
    fill(course, {request.node.name: {"assumptions": "Many.", "scale": "Few."}})
    return str(request.node.name)


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Desk]:
    """A gradebook of one test's own."""
    course = tmp_path / "course"
    fill(course, {**ANSWERS, "zoe": {"assumptions": "Many.", "scale": "Few."}})
    with marking(course) as served:
        yield served


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
def test_the_pages_read_well_and_hostile_answers_do_nothing(
    desk: Desk, course: Path, browser: Browser, width: str, scheme: str
) -> None:
    watched = enter(browser, desk, width=WIDTHS[width], scheme=scheme)
    page = watched.page
    look(watched, f"marking-works-{width}-{scheme}")
    page.get_by_role("link", name="knn").click()
    expect(page.get_by_text("Submission #1", exact=True)).to_be_visible()
    look(watched, f"marking-entries-{width}-{scheme}")
    watched.open(NAME, course)
    page.locator("details").evaluate_all("all => all.forEach(each => { each.open = true; })")
    look(watched, f"marking-hostile-{width}-{scheme}")
    assert "<script>window.hacked='script'</script>" in page.inner_text("main")
    assert "<img src=x onerror" in page.inner_text("header")
    expect(page.locator(".answer").first).to_be_visible()
    page.hover(".answer a >> nth=0")
    page.locator(".help").click()
    look(watched, f"marking-help-{width}-{scheme}")


def look(watched: Watched, name: str) -> None:
    page = watched.page
    folder = os.environ.get(SCREENSHOTS)
    if folder:
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)
    found = Axe().run(page).response["violations"]
    assert not [(each["impact"], each["id"], each["nodes"][0]["html"][:200]) for each in found], name
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), f"{name} scrolls sideways"
    assert page.evaluate("window.hacked") is None
    assert not watched.complaints
    assert not watched.requests


def test_stock_runs_what_a_candidate_wrote(browser: Browser, tmp_path: Path) -> None:
    """The same answers where nbgrader's formgrader is served as it comes, so that these tests are of something."""
    course = tmp_path / "course"
    fill(course, {NAME: {"assumptions": "<script>window.hacked='script'</script>"}})
    with Book(course) as book:
        id = book.gradebook.find_submission_notebook("knn", "knn", book.candidate(NAME).id).id
    with stock(course, tmp_path) as client:
        page = browser.new_page()
        page.route("**/*", lambda route: route.continue_() if "127.0.0.1" in route.request.url else route.abort())
        page.goto(f"http://127.0.0.1:{client.port}/formgrader/submissions/{id}/?token={client.token}")
        assert page.evaluate("window.hacked") == "script"
        page.close()


def test_points_and_a_comment_are_entered_by_keyboard(desk: Desk, somebody: str, browser: Browser) -> None:
    watched = enter(browser, desk)
    page = watched.open(somebody, desk.course)
    expect(page.locator("#page-marked")).to_have_text("0 of 2 marked")
    page.keyboard.type("45")
    page.keyboard.press("Tab")
    expect(page.locator(".score-told").first).to_have_text("Saved: 45 of 60.")
    expect(page.locator("#assumptions-comment")).to_be_focused()
    page.keyboard.type("Good.\nA bit short.")
    page.keyboard.press("Escape")
    expect(page.locator(".comment-told").first).to_have_text("Saved.")
    expect(page.locator("#page-marked")).to_have_text("1 of 2 marked")
    page.reload()
    expect(page.locator("#assumptions")).to_have_value("45")
    expect(page.locator("#assumptions-comment")).to_have_value("Good.\nA bit short.")
    expect(page.locator(".score-told").first).to_have_text("Saved: 45 of 60.")
    with Book(desk.course) as book:
        who = book.candidate(somebody).id
        assert book.gradebook.find_grade("assumptions", "knn", "knn", who).manual_score == 45
        assert book.gradebook.find_comment("assumptions", "knn", "knn", who).manual_comment == "Good.\nA bit short."
    assert not watched.complaints


def test_what_is_saved_is_saved_before_the_next_one_opens(fresh: Desk, browser: Browser) -> None:
    """The keys of nbgrader's formgrader: to the same field of the next submission."""
    page = enter(browser, fresh).page
    page.get_by_role("link", name="knn").click()
    page.get_by_role("link", name="Mark submission #1").click()
    order = fresh.submissions()
    page.wait_for_url(f"**/submissions/{order[0]}/**")
    wait_until_ready(page)
    page.locator("#scale").fill("7")
    page.locator("#scale").press("Control+.")
    page.wait_for_url(f"**/submissions/{order[1]}/**")
    expect(page.locator("#scale")).to_be_focused()
    page.locator("#scale").press("Control+,")
    page.wait_for_url(f"**/submissions/{order[0]}/**")
    expect(page.locator("#scale")).to_have_value("7")
    page.get_by_role("link", name="Next →").click()
    page.wait_for_url(f"**/submissions/{order[1]}")


@pytest.mark.parametrize("typed", ["61", "-1", "1e9"])
def test_points_that_cannot_be_are_refused_and_the_old_ones_stay(
    desk: Desk, somebody: str, browser: Browser, typed: str
) -> None:
    page = enter(browser, desk).open(somebody, desk.course)
    score, told = page.locator("#assumptions"), page.locator(".score-told").first
    score.fill("20")
    score.press("Tab")
    expect(told).to_have_text("Saved: 20 of 60.")
    score.fill(typed)
    score.press("Tab")
    expect(told).to_contain_text("Not saved. Points should be from 0 to 60")
    expect(score).to_have_value("20")
    expect(page.locator("#page-marked")).to_have_text("1 of 2 marked")
    score.fill("")
    score.press("Tab")
    expect(told).to_have_text("Saved: no points given.")


def test_what_is_no_number_takes_no_points_away(desk: Desk, somebody: str, browser: Browser) -> None:
    page = enter(browser, desk).open(somebody, desk.course)
    score, told = page.locator("#assumptions"), page.locator(".score-told").first
    score.fill("20")
    score.press("Tab")
    expect(told).to_have_text("Saved: 20 of 60.")
    score.press("Control+a")
    page.keyboard.type("--")
    page.keyboard.press("Tab")
    expect(told).to_contain_text("Not saved.")
    expect(score).to_have_value("20")


def test_full_and_no_credit(desk: Desk, somebody: str, browser: Browser) -> None:
    page = enter(browser, desk).open(somebody, desk.course)
    told = page.locator(".score-told").first
    page.get_by_role("button", name="Full credit").first.click()
    expect(told).to_have_text("Saved: 60 of 60.")
    page.get_by_role("button", name="No credit").first.click()
    expect(told).to_have_text("Saved: 0 of 60.")
    expect(page.locator("#assumptions")).to_have_value("0")


def test_what_was_typed_stays_where_nobody_answers_any_more(fresh: Desk, browser: Browser) -> None:
    page = enter(browser, fresh).open("zoe", fresh.course)
    assert fresh.end() == 0
    page.locator("#assumptions").fill("33")
    page.locator("#assumptions").press("Tab")
    page.keyboard.type("A long comment.")
    page.keyboard.press("Escape")
    expect(page.locator(".score-told").first).to_contain_text("gave no answer; does it still run?")
    expect(page.locator(".comment-told").first).to_contain_text("gave no answer; does it still run?")
    expect(page.locator("#assumptions")).to_have_value("33")
    expect(page.locator("#assumptions-comment")).to_have_value("A long comment.")
    page.keyboard.press("Control+.")
    expect(page.locator("#assumptions")).to_have_value("33")


def test_a_mark_scheme_that_was_unfolded_stays_so(desk: Desk, somebody: str, browser: Browser) -> None:
    watched = enter(browser, desk)
    page = watched.open(somebody, desk.course)
    scheme = page.get_by_text("30: scale. 30: locality.")
    expect(scheme).to_be_hidden()
    page.locator(".scheme summary").first.click()
    expect(scheme).to_be_visible()
    watched.open("bob", desk.course)
    expect(scheme).to_be_visible()
    expect(page.get_by_text("40: an index, and its limits.")).to_be_hidden()


def test_a_criterion_is_commented_and_a_submission_flagged(desk: Desk, somebody: str, browser: Browser) -> None:
    page = enter(browser, desk).open(somebody, desk.course)
    page.get_by_text("Ties", exact=True).click()
    page.get_by_label("Comment on this criterion").last.fill("Nearly.")
    page.get_by_label("Comment on this criterion").last.blur()
    expect(page.locator(".criteria .comment-told").last).to_have_text("Saved.")
    page.get_by_role("button", name="Flag").click()
    expect(page.get_by_role("button", name="Flag", pressed=True)).to_be_visible()
    page.reload()
    expect(page.get_by_role("button", name="Flag", pressed=True)).to_be_visible()


def test_blind_marking(blind: Desk, course: Path, browser: Browser) -> None:
    watched = enter(browser, blind)
    page = watched.open(NAME, course)
    look(watched, "marking-blind")
    text = page.content()
    assert "Eve" not in text
    assert "criterion" not in text.lower()
    expect(page.locator("h2")).to_have_count(2)


def test_a_file_that_leads_here_does_not_leave_the_marker_outside(
    desk: Desk, browser: Browser, tmp_path: Path
) -> None:
    """A strict cookie does not go with what another site, or a file, led to."""
    page = browser.new_page()
    file = tmp_path / "mark.html"
    file.write_text(f'<meta http-equiv="refresh" content="0; url={desk.address}">')
    page.goto(file.as_uri())
    page.wait_for_url("**/formgrader/gradebook")
    expect(page.get_by_role("heading", name="What there is to mark")).to_be_visible()
    page.close()


def test_another_site_can_change_nothing(desk: Desk, course: Path, browser: Browser, tmp_path: Path) -> None:
    watched = enter(browser, desk)
    watched.open("bob", course)
    with Book(course) as book:
        grade = book.gradebook.find_grade("assumptions", "knn", "knn", book.candidate("bob").id)
        id, before = grade.id, grade.manual_score
    other = watched.page.context.new_page()
    (tmp_path / "other.html").write_text("<p>other")
    other.goto((tmp_path / "other.html").as_uri())
    told = other.evaluate(
        """async (url) => {
            const put = {method: 'PUT', credentials: 'include', body: '{"manual_score": 1}'};
            const simple = {method: 'POST', mode: 'no-cors', credentials: 'include', body: '{}'};
            const told = [];
            for (const way of [put, simple]) {
                try { told.push((await fetch(url, way)).type); } catch (error) { told.push('refused'); }
            }
            return told;
        }""",
        f"{desk.origin}/formgrader/api/grade/{id}",
    )
    assert told == ["refused", "refused"]
    with Book(course) as book:
        assert book.gradebook.find_grade_by_id(id).manual_score == before
