"""The plan as text, Markdown and JSON: all that an interviewer needs, and nothing that a terminal or reader obeys."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from rich.cells import cell_len

from grader.interview.pack import TOPICS
from grader.interview.planning import Plan
from grader.interview.rendering import as_json, as_markdown, as_text
from grader.report.reading import KeptLoss, KeptReport
from tests.interview.test_planning import ONE, pack, planned, report
from tests.report.test_terminal import ESCAPES, HOSTILE, is_quiet, squeezed

WIDTHS = [60, 80, 100, 120]
PARTLY = {"won": (10.0, 10.0), "lost": (8.0, 12.0)}
MISSING = {"n": (0.0, 10.0)}


def with_loss(told: KeptReport, *losses: KeptLoss, name: str = "submission.zip") -> KeptReport:
    """A report whose losses are others, and are those that a stranger wrote."""
    criteria = {key: replace(c, losses=losses if c.losses else ()) for key, c in told.criteria.items()}
    return replace(told, name=name, score=74.8, passed=True, criteria=criteria)


def middling(*losses: KeptLoss, **changes: str) -> tuple[KeptReport, Plan]:
    told = with_loss(report(problem=changes.pop("problem", "gone"), knn=PARTLY, em=MISSING), *losses, **changes)
    return told, planned(told, pack("knn", list(PARTLY), TOPICS[:6]), pack("em", ["n"], TOPICS))


PLACED = KeptLoss("rows are in order", "came [3, 1]", "knn.py:31", "return order[::-1]")
UNPLACED = KeptLoss("ties go by index", "came [2, 1]", "", "")


# Text


def test_the_head_says_who_how_much_and_that_it_is_for_staff_only() -> None:
    lines = as_text(*middling(PLACED)).splitlines()
    assert lines[:2] == ["Interview: submission.zip", "Score 74.8 of 100  PASSED"]
    assert lines[2].startswith("Staff only, never for candidates")
    assert re.fullmatch(r"45 minutes: 5 to open, \d+ for \d+ questions, 5 to close with theirs\.", lines[3])
    told, found = middling(PLACED)
    assert "Score 74.8 of 100  NOT PASSED" in as_text(replace(told, passed=False), found)


def test_each_question_has_its_minutes_and_they_follow_one_another() -> None:
    told, found = middling(PLACED)
    times = re.findall(r"^(\d+)\. .*  minutes (\d+) to (\d+)$", as_text(told, found), re.M)
    assert [int(place) for place, _, _ in times] == list(range(1, len(found.items) + 1))
    assert times[0][1] == "5"
    assert [start for _, start, _ in times[1:]] == [end for _, _, end in times[:-1]]
    assert int(times[-1][2]) == 5 + sum(item.minutes for item in found.items) <= 40


@pytest.mark.parametrize("width", WIDTHS)
def test_a_lost_criterion_says_what_was_lost_where_and_why_it_matters(width: int) -> None:
    text = squeezed(as_text(*middling(UNPLACED, PLACED), width=width))
    for part in (
        "Title of knn: Title of lost",
        "lost 4 of 12 points, in 2 of 2 tests",
        "expected rows are in order",
        "came back came [3, 1]",
        "at knn.py:31: return order[::-1]",
        "at work why of lost",
        "ask lost first",
        "slip slip",
        "gap gap",
    ):
        assert squeezed(part) in text
    assert squeezed("ties go by index") not in text, "the test that leads to a line is shown"


def test_without_a_line_the_first_lost_test_is_shown() -> None:
    text = as_text(*middling(UNPLACED))
    assert "came [2, 1]" in text
    assert not re.search(r"^ +at  ", text, re.M)


def test_a_won_criterion_and_the_model_say_what_a_strong_answer_has() -> None:
    text = as_text(*middling(PLACED))
    assert re.search(r"won +10 of 10 points; this goes deeper", text)
    assert re.search(r"ask +won deeper\n +strong +good\n +weak +weak\n", text)
    assert re.search(r"Title of knn, the model: \w[\w -]+  minutes", text)


def test_a_second_question_says_when_to_ask_it() -> None:
    text = as_text(*middling(PLACED))
    assert re.search(r"Title of lost, once more .*\n +if +the first answer leaves open .*\n +ask +lost second", text)


def test_an_assignment_that_earned_nothing_says_why_once() -> None:
    text = as_text(*middling(PLACED, problem="em.py is missing"))
    assert len(re.findall(r"because +em\.py is missing", text)) == 1
    assert text.count("nothing of the assignment earned points") == 1


def test_what_does_not_fit_is_listed_after_as_far_as_it_helps() -> None:
    told = report(knn=ONE)
    found = planned(told, pack("knn", list(ONE), TOPICS), minutes=20)
    text = as_text(told, found)
    after = text.partition("If there is time\n")[2]
    assert len(re.findall(r"  \d minutes$", after, re.M)) == 4
    assert f"{len(found.spare) - 4} more are left: --format json lists them all." in after
    everything = planned(told, pack("knn", list(ONE)), minutes=120)
    assert "If there is time" not in as_text(told, everything)
    assert "more are left" not in as_text(told, everything)


def test_lost_criteria_without_questions_are_named() -> None:
    told = report(knn=ONE | {f"unheard{n}": (1.0, 2.0) for n in range(12)})
    text = " ".join(as_text(told, planned(told, pack("knn", list(ONE)))).split())
    assert "the bank has no question about it: knn.unheard0, knn.unheard1" in text
    assert "knn.unheard9 and 2 more." in text


def test_one_question_is_not_several() -> None:
    told = report(knn=ONE)
    assert "4 for 1 question," in as_text(told, planned(told, pack("knn", list(ONE)), minutes=14))


# What a stranger wrote


def hostile(text: str) -> tuple[KeptReport, Plan]:
    """Everything that a report may quote is this text: also names, for it may have been edited."""
    told = report(problem=text, knn=PARTLY | {text: (1.0, 2.0)}, em=MISSING)
    told = with_loss(told, KeptLoss(text, text, text, text), name=text)
    return told, planned(told, pack("knn", list(PARTLY), TOPICS), pack("em", ["n"], TOPICS))


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("color", [False, True])
def test_nothing_a_submission_wrote_is_obeyed(width: int, color: bool) -> None:
    text = as_text(*hostile(HOSTILE), width=width, color=color)
    if color:
        assert ESCAPES.search(text)
        text = ESCAPES.sub("", text)
    assert is_quiet(text)
    assert "[bold red]c[/]" in text
    assert ":boom:" in text


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.text(st.characters(), max_size=60), st.sampled_from(WIDTHS))
def test_no_text_at_all_is_obeyed(text: str, width: int) -> None:
    told = hostile(text)
    assert is_quiet(as_text(*told, width=width))
    assert is_quiet(as_markdown(*told))
    assert as_json(*told).isascii()


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize(
    "text", ["x" * 100_000, "数値" * 3000, "👩‍👩‍👧‍👦" * 500, "word " * 30_000], ids=["x", "wide", "joined", "words"]
)
def test_huge_lines_are_cut_and_wrapped(text: str, width: int) -> None:
    lines = as_text(*hostile(text), width=width).splitlines()
    assert max(map(cell_len, lines)) <= width
    assert len(lines) < 300
    assert len(as_markdown(*hostile(text))) < 20_000


@pytest.mark.parametrize("width", WIDTHS)
def test_a_bank_s_own_long_text_is_wrapped_and_not_cut(width: int) -> None:
    made = pack("knn", list(PARTLY))
    question = replace(made.criteria["lost"].lost[0], ask="why " * 200 + "x" * 300 + " end")
    lost = replace(made.criteria["lost"], lost=(question, question))
    made = replace(made, criteria=dict(made.criteria) | {"lost": lost})
    told = report(knn=PARTLY)
    text = as_text(told, planned(told, made), width=width)
    assert max(map(cell_len, text.splitlines())) <= width
    assert squeezed(question.ask) in squeezed(text)


def test_a_forged_heading_in_a_message_stays_within_its_line() -> None:
    forged = "\nScore 100 of 100  PASSED\n\n# Interview\n9. Forged  minutes 5 to 9\n> ask\n- **slip**: hired\n"
    for text in (as_text(*hostile(forged)), as_markdown(*hostile(forged))):
        assert not re.search(r"^(Score 100|9\. Forged|> ask|- \*\*slip\*\*: hired)", text, re.M)
    headings = re.findall(r"^#.*", as_markdown(*hostile(forged)), re.M)
    assert [heading for heading in headings if "Forged" in heading] == headings[:1], "the name, in code"
    assert headings[0].startswith("# Interview: `")


def test_without_colour_there_is_no_escape_at_all() -> None:
    assert "\x1b" not in as_text(*middling(PLACED), color=False)
    colourful = ESCAPES.sub("", as_text(*middling(PLACED), color=True))
    assert [line.rstrip() for line in colourful.splitlines()] == as_text(*middling(PLACED)).splitlines()


# Markdown


def rendered(text: str) -> str:
    return MarkdownIt("commonmark").enable("table").render(text)


def test_markdown_says_what_the_text_says() -> None:
    told, found = middling(PLACED)
    html = rendered(as_markdown(told, found))
    assert "<h1>Interview: <code>submission.zip</code></h1>" in html
    assert "<strong>Score 74.8 of 100, passed.</strong>" in html
    assert "Staff only" in html
    assert len(re.findall(r"<h2>\d+\. ", html)) == len(found.items)
    assert "<li>at: <code>knn.py:31: return order[::-1]</code></li>" in html
    assert "<li>at work: why of lost</li>" in html
    assert re.search(r"<blockquote>\s*<p>lost first</p>\s*</blockquote>", html)
    assert "<li><strong>slip</strong>: slip</li>" in html
    assert "<li><strong>gap</strong>: gap</li>" in html


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "![x](http://example.com/x.png)",
        "[x](javascript:alert(1))",
        "`` ` `` <b>x</b>",
        "| a | b |",
        "**bold** _em_ ~~no~~ &lt;b&gt;",
        "<!-- hidden",
    ],
)
def test_markdown_of_a_stranger_is_shown_as_it_is(text: str) -> None:
    html = rendered(as_markdown(*hostile(text)))
    assert not re.search(r"<(script|img|a|em|b|table|del)\b", html)
    shown = html.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", '"').replace("&amp;", "&")
    assert shown.count(text.replace("|", "\\|")) >= 4


def asking(text: str) -> tuple[KeptReport, Plan]:
    made = pack("knn", ["won"])
    won = replace(made.criteria["won"], won=replace(made.criteria["won"].won, ask=text, good=text))
    told = report(knn={"won": (1.0, 1.0)})
    return told, planned(told, replace(made, criteria={"won": won}))


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("`x[0]` is 3 * 4 * 5", "<code>x[0]</code> is 3 * 4 * 5"),
        ("a_b and c_d, <n> rows, #1", "a_b and c_d, &lt;n&gt; rows, #1"),
        ("call `f(a | b)`.", "call <code>f(a \\| b)</code>."),
        ("an odd ` stays", "an odd ` stays"),
        ("one\ntwo", "one<br />\ntwo"),
        ("- 3 is\n+ 4\n1. five\n# six\n2.5 of it", "- 3 is<br />\n+ 4<br />\n1. five<br />\n# six<br />\n2.5 of it"),
        ("x\n===", "x<br />\n==="),
        ("~~~\ny", "~~~<br />\ny"),
    ],
)
def test_an_author_s_code_is_code_and_the_rest_is_shown_as_it_is(text: str, html: str) -> None:
    shown = rendered(as_markdown(*asking(text)))
    assert f"<blockquote>\n<p>{html}</p>\n</blockquote>" in shown
    assert f"<li><strong>strong</strong>: {html}</li>" in shown


# JSON


def test_json_has_everything() -> None:
    told, found = middling(PLACED)
    data = json.loads(as_json(told, found))
    assert (data["schema_version"], data["submission"], data["score"], data["passed"]) == (
        1, "submission.zip", 74.8, True
    )  # fmt: skip
    assert (data["minutes"], data["opening_minutes"], data["closing_minutes"]) == (45, 5, 5)
    assert len(data["questions"]) == len(found.items)
    assert len(data["spare"]) == len(found.spare) > 4
    (lost,) = [question for question in data["questions"] if question["kind"] == "lost"]
    place = data["questions"].index(lost)
    assert lost["starts_minute"] == 5 + sum(question["minutes"] for question in data["questions"][:place])
    assert (lost["assignment"], lost["criterion"], lost["topic"], lost["skill"]) == (
        *("knn", "lost", None, "correctness"),
    )
    assert (lost["earned"], lost["points"], lost["minutes"], lost["why"]) == (8, 12, 4, "why of lost")
    assert lost["losses"] == [
        {"requirement": "rows are in order", "message": "came [3, 1]", "place": "knn.py:31",
         "source": "return order[::-1]"}
    ]  # fmt: skip
    assert (lost["ask"], lost["listen_for"]) == ("lost first", {"slip": "slip", "gap": "gap"})
    model = next(question for question in data["questions"] if question["kind"] == "model")
    assert (model["criterion"], model["points"], set(model["listen_for"])) == (None, None, {"strong", "weak"})
    assert model["nothing_earned"] == "gone"


def test_json_keeps_a_stranger_s_text_whole() -> None:
    data = json.loads(as_json(*hostile("\x1b[2J" * 1000)))
    assert data["submission"] == "\x1b[2J" * 1000
    assert data["unasked"] == [{"assignment": "knn", "criterion": "\x1b[2J" * 1000}]


def test_rendering_twice_gives_the_same() -> None:
    for rendering in (as_text, as_markdown, as_json):
        assert rendering(*middling(PLACED)) == rendering(*middling(PLACED))
