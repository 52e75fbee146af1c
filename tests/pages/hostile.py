"""A report in which every text that a stranger, or a bank's author, may have written attacks its reader."""

from __future__ import annotations

from grader.interview.pack import CriterionQuestions, Deeper, FollowUp, InterviewPack, ModelQuestion
from grader.models import (
    Answer,
    Assessment,
    Assignment,
    Criterion,
    Examination,
    Finding,
    Frame,
    Limits,
    Outcome,
    Provenance,
    Question,
    Report,
    Submission,
    TestResult,
    Timing,
    Written,
)
from grader.scoring import score

MARKUP = (
    "<script>window.hacked=1;alert(1)</script><img src=x onerror=window.hacked=2>"
    "\"'><svg/onload=window.hacked=3><iframe src=https://evil.invalid/></iframe>"
    "</style><style>body{display:none}@import url(https://evil.invalid/a.css)</style>"
    "<a href=javascript:window.hacked=4>x</a><base href=https://evil.invalid/><meta http-equiv=refresh content=0>"
    "</title><!-- ]]> --> {{ 7 * 7 }} {% raw %} &lt;b&gt; &#0;"
)
CONTROLS = "a\x1b[2J\x1b]0;title\x07\x9b31m\rb\u202ec\u2066d\u200be\x00f\x08g\ufeffh\u2028i\ud800j\uffffk"
LONG = "x" * 1_000_000
TEXT = f"{MARKUP}{CONTROLS}"

LIMITS = Limits(1, 3, 60, 2**28)


def hostile_report() -> Report:
    """Return a report whose every text is hostile, long ones among them."""
    criteria = tuple(
        Criterion(f"c{n}{TEXT}", f"title {TEXT}", 50, skill, f"expects {TEXT}")
        for n, skill in enumerate(("correctness", "speed"))
    )
    assignments = (
        Assignment("first", f"First {TEXT}", f"1{TEXT}", ("knn",), criteria, LIMITS),
        Assignment("second", f"Second {TEXT}", "1", ("em",), criteria, LIMITS),
    )
    assessment = Assessment(f"Take-home {TEXT}", "1", 60, assignments, {"first": 1, "second": 2}, written_points=20)
    told = {
        "first": Examination("first", tuple(_results(criteria)), "0" * 64),
        "second": Examination("second", tuple(_results(criteria)), "1" * 64, problem=f"problem {TEXT}{LONG}"),
    }
    name = f"name {TEXT}"
    return Report(
        assessment=assessment.title,
        submission=Submission(
            name=name,
            sha256="a" * 64,
            modules={"knn": _source(), "em": f"'''{LONG}'''\n".encode()},
            paths={"knn": f"{TEXT}/knn.py", "em": "em.py"},
            ignored=3,
            answers={"first": f"answer {TEXT}\n{LONG}", "second": f"text {TEXT}"},
            remarks=(f"remark {TEXT}",),
        ),
        score=score(assessment, told),
        findings=tuple(Finding(f"kind {TEXT}", "knn.py", line, f"detail {TEXT}{LONG}", "worker") for line in (0, 2)),
        provenance=Provenance(
            *("0.1.0", "b" * 64, {f"first{TEXT}": "0" * 64}, 4711, "docker", f"engine {TEXT}", f"image {TEXT}"),
            *(f"3.12 {TEXT}", f"2.1 {TEXT}", (f"network {TEXT}",), f"why {TEXT}", "3.11.7", "2.1.0"),
            *("2026-01-02T03:04:05+00:00", 1.5),
        ),
        missing=(f"module {TEXT}",),
        written=(_written(),),
    )


def _written() -> Written:
    questions = (Question(f"q{n}", f"title {TEXT}", 50, f"question {TEXT}", f"scale {TEXT}") for n in (0, 1))
    answers = tuple(Answer(question, f"answer {TEXT}\n{LONG}") for question in questions)
    return Written("first", 1, answers, rest=f"rest {TEXT}", remarks=(f"remark {TEXT}",))


def hostile_packs() -> dict[str, InterviewPack]:
    """Return questions that are as hostile; authors of banks are trusted more, and quote candidates."""
    follow = FollowUp(f"ask `{TEXT}`", f"slip {TEXT}", f"gap {TEXT}")
    deeper = Deeper(f"ask `{TEXT}` {TEXT}`", f"good {TEXT}", f"weak {TEXT}")
    asked = {f"c{n}{TEXT}": CriterionQuestions(f"c{n}", f"why {TEXT}", (follow, follow), deeper) for n in (0, 1)}
    model = (ModelQuestion("speed", f"ask {TEXT}", f"good {TEXT}", f"weak {TEXT}"),)
    assignment = Assignment("first", "First", "1", ("knn",), (), LIMITS)
    return {"first": InterviewPack(assignment, asked, model)}


def _results(criteria: tuple[Criterion, ...]) -> list[TestResult]:
    return [
        TestResult(
            id=f"test_it.py::test_{number}{TEXT}",
            criterion=criterion.id,
            requirement=f"requirement {TEXT}",
            outcome=outcome,
            cpu_seconds=0.01,
            message=f"message {TEXT}{LONG}",
            frames=tuple(Frame(f"{name}.py", line, f"f{TEXT}", f"source {TEXT}{LONG}") for name, line in _PLACES),
            output=f"output {TEXT}{LONG}",
            measured=float("inf"),
            calls=(f"f({TEXT})", f"KNN.fit({LONG})"),
            memory_bytes=2**30,
            timings=(Timing(10, 0.0, 0.0), Timing(20, 1e9, 1e-9)),
        )
        for criterion in criteria
        for number, outcome in enumerate(Outcome)
    ]


_PLACES = (("knn", 3), ("knn", -5), ("knn", 10**9), ("em", 1), (f"../{TEXT}", 1))


def _source() -> bytes:
    odd = TEXT.encode("utf-8", "replace")
    return b"\n".join([b"# " + odd, b"class KNN:", b"    def fit(self): '''" + odd + b"'''", b"\xff\xfe", b"'''"]) + (
        b"\n" + b"y" * 1_000_000
    )
