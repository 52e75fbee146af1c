"""JUnit XML, Markdown and GitHub's annotations: well formed, whatever a submission put into them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import xmlschema
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from grader.models import Finding, Outcome, Report
from grader.report.github import as_annotations
from grader.report.junit import as_junit
from grader.report.markdown import as_markdown, code
from tests.report.test_data import ODD, STEADY, report, result

HOSTILE = (
    ODD,
    "`` `a` ``` | x |\n| --- |\n# head\n[a](javascript:alert(1)) <img src=x onerror=alert(1)> ![x](http://x) @all",
    "]]> <!-- & &amp; <!DOCTYPE a [<!ENTITY b 'c'>]> \ufffe\uffff\x0b",
    "%0A::error::forged\r\n::add-mask::x,y:z%",
    "x" * 1_000_000,
)


def hostile(text: str) -> Report:
    lost = (result(Outcome.FAILED, text), result(Outcome.CRASHED, text), result(Outcome.NOT_RUN, text))
    return report(*lost, text="", findings=(Finding("odd", text, 3, text, "worker"),))


@pytest.fixture(scope="module")
def usual_schema() -> xmlschema.XMLSchema:
    return xmlschema.XMLSchema(str(Path(__file__).with_name("junit.xsd")))


@pytest.mark.parametrize("text", ["", *HOSTILE])
def test_junit_is_valid_by_the_usual_schema(usual_schema: xmlschema.XMLSchema, text: str) -> None:
    every = tuple(result(outcome, text) for outcome in Outcome)
    usual_schema.validate(as_junit(report(*every, text=text)))


@pytest.mark.parametrize("name", ["failure", "testcase", "tests", "timestamp", "property"])
def test_the_usual_schema_refuses_what_is_not_junit(usual_schema: xmlschema.XMLSchema, name: str) -> None:
    text = as_junit(report(result(Outcome.PASSED), result(Outcome.FAILED, "x")))
    assert not usual_schema.is_valid(text.replace(name, "other"))


def named(told: Report, name: str) -> Report:
    return replace(told, submission=replace(told.submission, name=name))


def tokens(text: str) -> Iterator[Token]:
    for block in MarkdownIt("gfm-like", {"linkify": False}).parse(text):
        yield block
        yield from block.children or ()


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_xml_is_xml_and_counts_every_test(text: str) -> None:
    told = as_junit(hostile(text))
    root = ET.fromstring(told.encode())
    first, second = root.findall("testsuite")
    assert (root.tag, first.get("name"), second.get("name")) == ("testsuites", "knn", "other")
    counts = [first.get(key) for key in ("tests", "failures", "errors", "skipped")]
    assert counts == ["3", "1", "1", "1"]
    cases = first.findall("testcase")
    assert [case.get("classname") for case in cases] == ["knn.all"] * 3
    assert [next(iter(case)).tag for case in cases] == ["failure", "error", "skipped"]
    assert int(root.get("tests", "0")) == len(list(root.iter("testcase")))
    assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\u202e]", told)


def test_xml_says_what_was_expected_and_what_came_back() -> None:
    (lost,) = ET.fromstring(as_junit(report(result(Outcome.FAILED, "3 is not 4"))).encode()).iter("failure")
    assert lost.get("message") == "3 is not 4"
    assert "expected: does it" in (lost.text or "")
    assert "at knn.py" in (lost.text or "")


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_in_markdown_a_stranger_writes_nothing_but_code(text: str) -> None:
    calm, odd = (named(hostile(words), words) for words in ("calm", text))
    shape = [(t.type, t.tag) for t in tokens(as_markdown(calm))]
    found = list(tokens(as_markdown(odd)))
    assert [(t.type, t.tag) for t in found] == shape
    assert not any(t.type.startswith(("html", "link", "image")) for t in found)
    assert len(as_markdown(odd)) < 20_000


@STEADY
@given(st.text())
def test_a_code_span_is_one_span_in_text_and_in_a_table(text: str) -> None:
    for frame in ("{}", "| a |\n| --- |\n| {} |"):
        spans = [t for t in tokens(frame.format(code(text))) if t.type == "code_inline"]
        assert len(spans) == 1
        assert sum(t.type == "td_open" for t in tokens(frame.format(code(text)))) == frame.count("{} |")


def test_markdown_begins_with_the_verdict_and_tells_what_was_lost() -> None:
    text = as_markdown(report(result(Outcome.FAILED, "3 is not 4")))
    assert text.splitlines()[2].startswith("**Score ")
    assert "- **Everything**, 100 points lost: works" in text
    assert "came back `3 is not 4`" in text


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_an_annotation_is_one_command_on_one_line(text: str) -> None:
    lines = as_annotations(named(hostile(text), text)).splitlines()
    assert len(lines) == 4
    assert all(re.fullmatch(r"::(error|warning|notice) [^:]*::[^\x00-\x1f]*", line) for line in lines)
    assert not any(line.startswith("::error::") for line in lines)  # a runner reads what a line begins with
    assert not any("%0A" in line for line in lines)


def test_an_annotation_names_the_file_as_it_was_handed_in_and_the_line() -> None:
    told = report(result(Outcome.FAILED, ""))
    told = replace(told, submission=replace(told.submission, paths={"knn": "src/knn.py", "other": "other.py"}))
    assert "file=src/knn.py,line=3" in as_annotations(told)
