"""The staff's page: what stands in it, how large it is, and that nothing in it is taken for more than text."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace

import pytest

from grader.bank import Bank
from grader.interview.pack import packs
from grader.models import Outcome, Repeat, Report, Timing
from grader.pages.cohort import Cohort
from grader.pages.page import candidate_page, staff_page
from tests.conftest import ROOT
from tests.pages.hostile import hostile_packs, hostile_report
from tests.report.test_terminal import report, result

LOST = result("test_lost", "good", Outcome.FAILED, calls=("KNN.fit(X)",), output="printed this", memory_bytes=2**25)


def visible(html: str) -> str:
    """The text of a page, roughly."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html.partition("</style>")[2]))


def test_the_verdict_stands_on_top() -> None:
    text = visible(staff_page(report(LOST)))
    assert re.search(r"submission\.zip 50 of 100 Not passed pass mark 60", text)


def test_a_lost_test_tells_all_that_is_known_of_it() -> None:
    text = visible(staff_page(report(LOST)))
    for told in ("requirement of test_lost", "KNN.fit(X)", "came back from test_lost", "printed this", "32 MiB"):
        assert told in text


def test_of_a_passed_test_there_is_nothing_that_came_back() -> None:
    text = visible(staff_page(report(result("test_good", "good", Outcome.PASSED))))
    assert "requirement of test_good" in text
    assert "Came back" not in text
    assert "What cost most" not in text


def test_what_cost_most_comes_first() -> None:
    made = report(
        result("test_a", "small", Outcome.FAILED),
        result("test_b", "small", Outcome.PASSED),
        result("test_c", "large", Outcome.FAILED),
    )
    part = staff_page(made).partition('id="losses"')[2].partition("</section>")[0]
    assert re.findall(r"Title of (\w+)", part) == ["large", "small"]
    assert re.findall(r"−([\d.]+)", part) == ["25", "12.5"]


def test_the_function_that_a_lost_test_asked_is_marked() -> None:
    source = b"class KNN:\n    def fit(self, X):\n        return self\n\n\ndef fit(X):\n    pass\n"
    made = report(LOST)
    page = staff_page(replace(made, submission=replace(made.submission, modules={"knn": source})))
    assert re.findall(r'class="l at" id="m1-(\d+)"', page) == ["2"]
    assert '<a href="#m1-2">knn.py:2</a>' in page


@pytest.mark.parametrize("source", [b"", b"def f(:\n", b"\xff\xfe\x00", b"\r\r\n\n", b"x = '''\n" * 3, b"\x0c\n\x0b"])
def test_any_source_is_shown_line_by_line(source: bytes) -> None:
    made = report(LOST)
    page = staff_page(replace(made, submission=replace(made.submission, modules={"knn": source})))
    lines = source.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    assert page.count('<span class="l') == len(lines) - (lines[-1] == "")


def test_a_long_source_is_cut_and_says_so() -> None:
    made = report(LOST)
    page = staff_page(replace(made, submission=replace(made.submission, modules={"knn": b"x = 1\n" * 5000})))
    assert "5000 lines" in page
    assert "2000 lines more are not shown" in page


def test_growth_is_drawn_beside_that_of_the_reference() -> None:
    timings = (Timing(1000, 0.010, 0.005), Timing(2000, 0.0405, 0.010))
    page = staff_page(report(result("test_good", "good", Outcome.PASSED, timings=timings)))
    assert "CPU time over size" in page
    assert re.search(r"2,000\s+40\.5 ms\s+10 ms\s+4\.05", visible(page))


def test_one_size_is_told_and_not_drawn() -> None:
    page = staff_page(report(result("test_good", "good", Outcome.PASSED, timings=(Timing(0, 2.5, 1),))))
    assert "CPU time over size" not in page
    assert re.search(r"one size\s+2\.5 s\s+1 s\s+2\.5", visible(page))


@pytest.mark.parametrize(
    ("own", "told"), [(50, "more than 1 of 3 of the cohort, and the same as 1"), (99, "than 3 of 3")]
)
def test_a_cohort_is_compared_with(own: float, told: str) -> None:
    made = report(LOST)
    made = replace(made, score=replace(made.score, total=own, code=own))
    text = visible(staff_page(made, cohort=Cohort((10, 50, 90), left_out=2)))
    assert told in text
    assert "its median is 50" in text
    assert "2 reports were left out" in text


def test_a_spread_over_the_pass_mark_is_told_on_top() -> None:
    made = report(LOST)
    earned = {("knn", "good"): 0.0, ("other", "whole"): 100.0}
    repeats = (Repeat(1, 50, False, earned), Repeat(2, 70, True, earned | {("knn", "good"): 40.0}))
    head = staff_page(replace(made, repeats=repeats)).partition("</header>")[0]
    assert "crosses the pass mark" in head


def test_questions_follow_the_outcome() -> None:
    """Where points were lost, what tells a slip from a gap; else what goes deeper."""
    bank = Bank(ROOT)
    found = packs(bank, bank.assessment)
    asked = found["knn"].criteria["neighbours"]
    lost, won = (
        visible(staff_page(report(result("test_it", "neighbours", outcome)), found)).replace("&#39;", "'")
        for outcome in (Outcome.FAILED, Outcome.PASSED)
    )
    told = [text.replace("`", " ") for text in (asked.lost[0].slip, asked.won.good)]
    told = [re.sub(r"\s+", " ", text)[:30] for text in told]
    assert told[0] in lost
    assert told[0] not in won
    assert told[1] in won
    assert told[1] not in lost


@pytest.mark.parametrize("make", [staff_page, candidate_page])
def test_a_hostile_report_holds_no_character_that_is_obeyed(make: object) -> None:
    made = hostile_report()
    html = staff_page(made, hostile_packs()) if make is staff_page else candidate_page(made)
    html.encode()
    odd = {c for c in html if c != "\n" and not c.isprintable()}
    assert not odd, [unicodedata.name(c, repr(c)) for c in odd]
    assert "<script" not in html
    assert len(html) < 1_000_000


def test_pages_of_four_assignments_are_small(reports: dict[str, Report]) -> None:
    bank = Bank(ROOT)
    for name in ("reference", "middling"):
        assert len(staff_page(reports[name], packs(bank, bank.assessment)).encode()) < 1_000_000
