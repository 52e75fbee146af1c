"""The report as JUnit XML, which CI servers read: a suite for each assignment, a case for each test.

The format is that of Apache Ant's JUnit task as CI servers have come to read it; there is no standard.
"""

from __future__ import annotations

from collections.abc import Iterable
from xml.etree import ElementTree as ET

from grader.models import AssignmentScore, CriterionScore, Outcome, Report, TestResult
from grader.report.text import number, one_line, printable

_ERRORS = (Outcome.ERROR, Outcome.CRASHED, Outcome.TIMEOUT, Outcome.OUT_OF_MEMORY)


def as_junit(report: Report) -> str:
    """Return the report as XML text, without anything that XML cannot hold (XML 1.0, production 2)."""
    root = ET.Element("testsuites", name=one_line(report.assessment))
    for entry in report.score.assignments:
        root.append(_suite(entry, report.provenance.started))
    results = [result for entry in report.score.assignments for result in _results(entry)]
    root.attrib |= _counts(results)
    del root.attrib["skipped"]  # Jenkins' schema has it for suites only
    ET.indent(root)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _suite(entry: AssignmentScore, started: str) -> ET.Element:
    results = _results(entry)
    suite = ET.Element("testsuite", name=entry.assignment.name, timestamp=started[:19], hostname="grader")
    suite.attrib |= _counts(results)
    properties = ET.SubElement(suite, "properties")
    told = {"score": number(entry.score), "weight": number(entry.weight), "problem": one_line(entry.problem)}
    for name, value in told.items():
        ET.SubElement(properties, "property", name=name, value=value)
    for criterion in entry.criteria:
        suite.extend(_case(entry, criterion, result) for result in criterion.results)
    return suite


def _case(entry: AssignmentScore, criterion: CriterionScore, result: TestResult) -> ET.Element:
    case = ET.Element(
        "testcase",
        classname=f"{entry.assignment.name}.{criterion.criterion.id}",
        name=one_line(result.id),
        time=f"{result.seconds:.3f}",
    )
    if result.outcome is Outcome.NOT_RUN:
        ET.SubElement(case, "skipped", message=one_line(result.message))
    elif result.outcome is not Outcome.PASSED:
        kind = "error" if result.outcome in _ERRORS else "failure"
        lost = ET.SubElement(case, kind, message=one_line(result.message), type=result.outcome.value)
        lost.text = printable("\n".join(_told(criterion, result)))
    if result.output.strip():
        ET.SubElement(case, "system-out").text = printable(result.output)
    return case


def _told(criterion: CriterionScore, result: TestResult) -> Iterable[str]:
    yield f"criterion: {criterion.criterion.title}, {number(criterion.criterion.points)} points"
    yield f"expected: {result.requirement}"
    yield f"came back: {result.message}"
    yield from (f"at {frame.file}:{frame.line} in {frame.function}: {frame.source}" for frame in result.frames)


def _results(entry: AssignmentScore) -> list[TestResult]:
    return [result for criterion in entry.criteria for result in criterion.results]


def _counts(results: list[TestResult]) -> dict[str, str]:
    outcomes = [result.outcome for result in results]
    return {
        "tests": str(len(outcomes)),
        "failures": str(outcomes.count(Outcome.FAILED)),
        "errors": str(sum(outcome in _ERRORS for outcome in outcomes)),
        "skipped": str(outcomes.count(Outcome.NOT_RUN)),
        "time": f"{sum(result.seconds for result in results):.3f}",
    }
