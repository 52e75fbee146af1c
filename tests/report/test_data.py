"""The JSON report: as its published schema says, whatever a submission put into it."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.models import (
    SKILLS,
    Assessment,
    Assignment,
    Criterion,
    Examination,
    Finding,
    Frame,
    Limits,
    Outcome,
    Provenance,
    Report,
    Submission,
    TestResult,
)
from grader.report.data import as_data, as_json, schema
from grader.scoring import score

ODD = "\x1b[31m\u202e\x00\ud800 \n\r\t ünïcödé \U0001f4a5 </script> \"'\\"
STEADY = settings(max_examples=150, deadline=None, derandomize=True)


def result(outcome: Outcome, text: str = "", **facts: Any) -> TestResult:
    frames = (Frame(f"knn.py{text}", 3, f"fit{text}", f"x = 1{text}"),)
    told = {"seconds": 0.12345, "cpu_seconds": 0.1, "message": text, "frames": frames, "output": text} | facts
    return TestResult(f"test_it.py::test_{outcome.value}", "all", f"does it{text}", outcome, **told)


def report(*results: TestResult, text: str = "", findings: tuple[Finding, ...] = (), missing: bool = False) -> Report:
    limits = Limits(1, 3, 60, 2**28)
    criterion = Criterion("all", "Everything", 100, "correctness", "works")
    others = tuple(Criterion(f"c{n}", skill, 100 / len(SKILLS), skill, "x") for n, skill in enumerate(SKILLS))
    first = Assignment("knn", "k-NN", "1", ("knn",), (criterion,), limits)
    second = Assignment("other", "Other", "2", ("other",), others, limits)
    assessment = Assessment("Take-home", "1", 60, (first, second), {"knn": 1, "other": 2})
    answered = [TestResult(f"t.py::test_{c.id}", c.id, "", Outcome.PASSED) for c in others]
    told = {
        "knn": Examination("knn", results or (result(Outcome.PASSED),), "0" * 64, problem=text),
        "other": Examination("other", tuple(answered), "1" * 64),
    }
    modules = {"knn": b"x = 1"} | ({} if missing else {"other": b""})
    return Report(
        assessment="Take-home",
        submission=Submission(f"s{text}.zip", "a" * 64, modules, {name: f"{name}.py" for name in modules}, 3),
        score=score(assessment, told),
        findings=findings,
        provenance=Provenance(
            *("0.1.0", "b" * 64, {"knn": "0" * 64, "other": "1" * 64}, 7, "docker", "Docker 27", "sha256:1"),
            *("3.12.1", "2.1.0", ("network",), "", "3.11.7", "2.1.0", "2026-01-02T03:04:05+00:00", 1.5),
        ),
        missing=("other.py",) if missing else (),
    )


def validated(told: Report) -> dict[str, Any]:
    """Read the JSON back as strictly as JSON is defined, and check it against the schema."""

    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is not JSON")

    text = as_json(told)
    assert text.isascii()
    assert text.endswith("}\n")
    assert "\x1b" not in text
    loaded: dict[str, Any] = json.loads(text, parse_constant=refuse)
    validator = jsonschema.Draft202012Validator(schema(), format_checker=jsonschema.FormatChecker())
    validator.validate(loaded)
    return loaded


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())


@pytest.mark.parametrize("outcome", list(Outcome))
@pytest.mark.parametrize("text", ["", ODD, "x" * 10_000], ids=["none", "odd", "long"])
def test_every_outcome_fits_the_schema_with_any_text(outcome: Outcome, text: str) -> None:
    told = validated(report(result(outcome, text), text=text))
    test = told["assignments"][0]["criteria"][0]["tests"][0]
    assert (test["outcome"], test["message"], test["output"]) == (outcome.value, text, text)
    assert test["frames"] == [
        {"file": f"knn.py{text}", "line": 3, "function": f"fit{text}", "source": f"x = 1{text}"}
    ]


@STEADY
@given(st.text(st.characters()), st.sampled_from(list(Outcome)))
def test_any_text_comes_back_as_it_was_and_the_report_stays_ascii(text: str, outcome: Outcome) -> None:
    finding = Finding(text, text, 1, text, "worker")
    told = validated(report(result(outcome, text), text=text, findings=(finding,)))
    assert told["integrity"][0]["detail"] == text
    assert told["submission"]["name"] == f"s{text}.zip"
    assert told["assignments"][0]["problem"] == text


@pytest.mark.parametrize("seen_by", ["syntax", "worker", "examiner"])
def test_findings_fit_the_schema(seen_by: str) -> None:
    found = validated(report(findings=(Finding("import", "knn.py", 0, "imports os", seen_by),)))["integrity"]
    assert found == [{"kind": "import", "module": "knn.py", "line": 0, "detail": "imports os", "seen_by": seen_by}]


def test_the_top_level_is_what_was_promised() -> None:
    told = validated(report())
    promised = "schema_version score passed pass_mark assignments skills integrity provenance submission"
    assert set(promised.split()) <= set(told)
    assert {"name", "score", "weight", "criteria"} <= set(told["assignments"][0])
    criterion = told["assignments"][0]["criteria"][0]
    assert {"id", "title", "skill", "points", "earned", "tests"} <= set(criterion)
    assert {"id", "outcome", "seconds", "message"} <= set(criterion["tests"][0])


def test_scores_are_those_of_the_score() -> None:
    told = validated(report(result(Outcome.PASSED), result(Outcome.FAILED)))
    assert (told["score"], told["passed"], told["pass_mark"]) == (83.33, True, 60)
    assert [(a["name"], a["score"], a["weight"]) for a in told["assignments"]] == [("knn", 50, 1), ("other", 100, 2)]
    assert told["assignments"][0]["criteria"][0]["earned"] == 50
    assert [skill["skill"] for skill in told["skills"]] == list(SKILLS)


def test_every_skill_fits_the_schema_and_no_other_does() -> None:
    assert schema()["$defs"]["skill_name"]["enum"] == list(SKILLS)


def test_every_outcome_is_in_the_schema_and_no_other() -> None:
    assert schema()["$defs"]["test"]["properties"]["outcome"]["enum"] == [outcome.value for outcome in Outcome]


def test_a_module_that_was_not_handed_in_is_listed() -> None:
    told = validated(report(missing=True))["submission"]
    assert told["missing"] == ["other.py"]
    assert told["modules"] == {"knn": "knn.py"}
    assert told["ignored_files"] == 3


def test_a_measured_ratio_travels_apart_from_the_message() -> None:
    test = validated(report(result(Outcome.FAILED, measured=7.12345)))["assignments"][0]["criteria"][0]["tests"][0]
    assert test["measured_times"] == 7.123


@pytest.mark.parametrize("measured", [float("inf"), float("nan")])
def test_a_measured_ratio_that_is_no_number_is_still_json(measured: float) -> None:
    """A growth over times of nothing has none; ``NaN`` and ``Infinity`` are not JSON."""
    validated(report(result(Outcome.FAILED, measured=measured)))


@pytest.mark.parametrize("sandbox", ["docker", "embedded", "none"])
def test_all_kinds_of_sandbox_fit_the_schema(sandbox: str) -> None:
    told = report()
    assert validated(replace(told, provenance=replace(told.provenance, sandbox=sandbox)))


def test_all_provenance_is_there() -> None:
    told = report()
    expected = {name: getattr(told.provenance, name) for name in Provenance.__dataclass_fields__}
    assert validated(told)["provenance"] == expected | {"proved": list(told.provenance.proved)}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("score",), 100.5),
        (("score",), "100"),
        (("passed",), 1),
        (("schema_version",), 2),
        (("assignments",), []),
        (("assignments", 0, "criteria", 0, "tests"), []),
        (("assignments", 0, "criteria", 0, "tests", 0, "outcome"), "MAYBE"),
        (("assignments", 0, "criteria", 0, "skill"), "juggling"),
        (("assignments", 0, "criteria", 0, "tests", 0, "seconds"), -1),
        (("submission", "sha256"), "abc"),
        (("provenance", "sandbox"), "hope"),
        (("surprise",), 1),
    ],
)
def test_the_schema_refuses_what_is_no_report(path: tuple[str | int, ...], value: object) -> None:
    """A schema that lets all pass would prove nothing above."""
    wrong: Any = copy.deepcopy(as_data(report()))
    place = wrong
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(wrong, schema())


def test_rendering_twice_gives_the_same_text() -> None:
    told = report(result(Outcome.FAILED, ODD))
    assert as_json(told) == as_json(told)
