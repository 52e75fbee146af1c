"""An honest report is said to hold, and every edit of one is named."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from grader.bank import Bank
from grader.grade import grade
from grader.models import Report
from grader.repeating import repeated
from grader.report.data import as_json
from grader.report.reading import ReportError, parse_report
from grader.sandbox.process import ProcessProvider
from grader.submission import read_submission
from grader.verifying.claims import Check, Claim, Result
from grader.verifying.computing import assessment_of, checks_without_replay, planned
from grader.verifying.replaying import checks_by_replay, may_be_replayed
from tests.conftest import LOCAL_KINDS, Grader, ToyBank
from tests.test_repeating import DRAWN

LOSING = """
import os
import numpy as np

def mean(X):
    X = np.asarray(X, dtype=float)
    if X.shape == (3, 2) and X[0, 0] > 0:
        raise RuntimeError("some data only")
    return X.mean(axis=0) if len(X) else np.zeros(2)
"""
"""Accepts empty input, stumbles over some data, and imports what it does not need."""

SEED = 5
UNCHECKED = {
    *("seconds", "cpu_seconds", "started", "measured_times", "memory_bytes", "timings"),  # measured anew each time
    *("message", "frames", "output", "problem", "calls"),  # what the submission said
    *("engine", "proved", "sandbox_why"),  # of the machine that it ran on
    *("name", "ignored_files"),  # of no consequence
}
"""Keys of a report that neither arithmetic nor replay can vouch for, as docs/verifying.md says."""

Edit = Callable[[Any], None]


@dataclass(frozen=True)
class Case:
    """A report, what it was made from, and the same run again."""

    report: Report
    submission: Path
    bank: Path

    @property
    def table(self) -> dict[str, Any]:
        loaded: dict[str, Any] = json.loads(as_json(self.report))
        return loaded

    def checks(self, table: object) -> list[Check]:
        """All checks of an edited report; the replay gives what it would give."""
        bank = Bank(self.bank)
        kept = parse_report(Path("report.json"), json.dumps(table).encode())
        first, assessment = assessment_of(kept, bank)
        if assessment is None:
            return [first]
        submission = read_submission(self.submission, assessment)
        claim = Claim(kept, submission, bank, assessment, PLANNED[self.bank])
        found = [first, *checks_without_replay(claim)]
        if may_be_replayed(found):
            found += checks_by_replay(claim, lambda seed: self.report, repeats=False)
        return found


PLANNED: dict[Path, Any] = {}
"""Suites are collected once for all edits."""


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Case:
    toy_bank = ToyBank(tmp_path_factory.mktemp("verifying") / "bank")
    toy_bank.write("tests/hidden/toy/test_draw.py", DRAWN)
    toy_bank.add_questions()
    bank = Bank(toy_bank.root)
    folder = toy_bank.submission(LOSING)
    toy_bank.write("handed_in/toy/answers.md", "## 1. What is random (60 points)\n\nNothing.\n")
    submission = read_submission(folder, bank.assessment)

    def score_with(seed: int) -> Report:
        return grade(submission, bank, bank.assessment, ProcessProvider(), seed=seed)

    PLANNED[toy_bank.root] = planned(bank, bank.assessment)
    return Case(repeated(score_with, SEED, 5), folder, toy_bank.root)


def differing(checks: list[Check]) -> dict[str, tuple[str, ...]]:
    return {check.name: check.differences for check in checks if check.result is Result.DIFFERS}


def test_the_case_has_something_to_edit(case: Case) -> None:
    table = case.table
    assert table["score"] == 60
    assert table["passed"] is True
    assert table["integrity"]
    assert table["spread"]["varying"]


def test_an_honest_report_holds_in_every_check(case: Case) -> None:
    checks = case.checks(case.table)
    assert not differing(checks)
    assert {check.name for check in checks if check.result is Result.OK} >= {
        *("submission", "bank", "suites", "score", "rubric", "seed", "repeats", "grader version", "examiner"),
        *("sandbox", "image", "versions in the sandbox", "replay", "integrity"),
    }
    assert all(check.told for check in checks)


# Every single edit


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield where the values of a report stand, lists and tables included."""
    if path:
        yield path
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in entries:
        yield from leaves(inner, (*path, key))


def others(value: Any) -> Iterator[Any]:
    """Yield other values of the same kind, and one of another."""
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, (int, float)):
        yield from (value + 1, value * 1.5 + 0.25, 10**400, float("nan"))
    elif isinstance(value, str):
        yield from (f"{value}x", "PASSED", "")
    elif isinstance(value, list):
        yield from ([*value, *value[:1]], value[:-1], ["x"]) if value else (["x"], [{}])
    elif isinstance(value, dict):
        yield {}
    yield from (None, [])


def is_unchecked(path: tuple[Any, ...]) -> bool:
    if path[:2] == ("submission", "modules"):
        return len(path) == 3  # where a module lay; which ones were there is checked
    return any(key in UNCHECKED for key in path if key != "name" or path[0] not in ("assignments", "written"))


def test_any_single_edit_is_named_or_refused_or_of_what_nobody_checks(case: Case) -> None:
    """Each value in turn becomes another: no field is overlooked, and none that can be checked is left out."""
    honest = case.table
    edited = 0
    for path in leaves(honest):
        if is_unchecked(path):
            continue
        for other in others(value_at(honest, path)):
            table = copy.deepcopy(honest)
            if same(value_at(table, path), other):
                continue
            value_at(table, path[:-1])[path[-1]] = other
            edited += 1
            try:
                checks = case.checks(table)
            except ReportError:
                continue
            assert differing(checks), f"{path} became {other!r} unseen"
            assert all(line and "\n" not in line and len(line) < 400 for c in checks for line in c.differences)
    assert edited > 300


def value_at(table: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        table = table[key]
    return table


def same(value: Any, other: Any) -> bool:
    return type(value) is type(other) and bool(value == other)


def test_what_nobody_checks_is_not_held_against_a_report(case: Case) -> None:
    honest = case.table
    changed = {str: "something else", float: 12.5, int: 99}
    edited = 0
    for path in leaves(honest):
        kind = type(value_at(honest, path))
        if is_unchecked(path) and kind in changed:
            table = copy.deepcopy(honest)
            value_at(table, path[:-1])[path[-1]] = changed[kind]
            assert not differing(case.checks(table)), path
            edited += 1
    assert edited > 20


# The edits that somebody would make


def of_test(table: Any, name: str) -> tuple[Any, Any]:
    """A criterion and the test in it."""
    (assignment,) = table["assignments"]
    return next(
        (criterion, test) for criterion in assignment["criteria"] for test in criterion["tests"] if name in test["id"]
    )


def test_an_edited_score_is_named_by_arithmetic_alone(case: Case) -> None:
    table = case.table
    table["score"] = 95.0
    assert differing(case.checks(table))["score"] == ("score is 95.0 in the report, but should be 60.0",)


def test_an_edited_verdict_is_named(case: Case) -> None:
    table = case.table
    table["passed"] = False
    assert differing(case.checks(table)) == {"score": ("passed is False in the report, but should be True",)}


@pytest.mark.parametrize(
    ("name", "outcome", "true"),
    [("test_empty_input", "PASSED", "FAILED"), ("test_means_of_columns", "FAILED", "PASSED")],
)
def test_an_edited_outcome_is_named_by_points_and_replay(case: Case, name: str, outcome: str, true: str) -> None:
    table = case.table
    of_test(table, name)[1]["outcome"] = outcome
    found = differing(case.checks(table))
    assert "earned is" in found["score"][0] or "score is" in found["score"][0]
    (line,) = found["replay"]
    assert name in line
    assert f"the report says {outcome}, the replay gives {true}" in line


def test_an_outcome_edited_with_all_its_points_is_found_by_the_replay_alone(case: Case) -> None:
    table = case.table
    criterion, test = of_test(table, "test_empty_input")
    test["outcome"] = "PASSED"
    criterion["earned"] = 40.0
    table["assignments"][0]["score"] = table["score"] = table["code_score"] = 100.0
    for skill in table["skills"]:
        skill["earned"] = skill["points"]
    table["repeats"], table["spread"] = [], None
    assert list(differing(case.checks(table))) == ["replay"]


def test_a_lost_test_that_was_left_out_is_named(case: Case) -> None:
    table = case.table
    criterion, test = of_test(table, "test_mean_of_one_row")
    criterion["tests"].remove(test)
    assert any(
        "test_mean_of_one_row" in line and "missing" in line for line in differing(case.checks(table))["rubric"]
    )


def marked(table: Any, first: float, second: float) -> Any:
    """The same report with marks by hand and the score that they give."""
    for answer, earned in zip(table["written"]["assignments"][0]["questions"], (first, second), strict=True):
        answer |= {"earned": earned, "comment": "so", "markers": ["ada"]}
    table["written"]["score"] = first + second
    table["score"] = round(0.8 * table["code_score"] + 0.2 * (first + second), 2)
    table["passed"], table["provisional"] = table["score"] >= table["pass_mark"], False
    return table


def test_marks_by_hand_are_taken_as_they_stand_and_their_arithmetic_is_checked(case: Case) -> None:
    checks = case.checks(marked(case.table, 60, 20))
    assert not differing(checks)
    [told] = [check.told for check in checks if check.name == "written answers"]
    assert (
        told
        == "2 questions and their answers; 2 marks by hand taken as they stand: only a signature vouches for them"
    )


@pytest.mark.parametrize(("key", "value"), [("score", 61.0), ("provisional", True), ("passed", False)])
def test_a_score_that_marks_do_not_give_is_named(case: Case, key: str, value: Any) -> None:
    table = marked(case.table, 60, 20)
    table[key] = value
    assert "score" in differing(case.checks(table))


def test_a_mark_beyond_its_question_is_named(case: Case) -> None:
    [line] = differing(case.checks(marked(case.table, 61, 20)))["written answers"]
    assert line == "a mark should be from 0 to 60.0, but is 61"


def test_a_mark_that_was_raised_is_seen_in_the_score(case: Case) -> None:
    table = marked(case.table, 50, 20)
    table["written"]["assignments"][0]["questions"][0]["earned"] = 60
    assert {"score"} <= differing(case.checks(table)).keys()


def test_an_answer_that_was_not_handed_in_is_named(case: Case) -> None:
    table = case.table
    table["written"]["assignments"][0]["questions"][1]["answer"] = "Much."
    [line] = differing(case.checks(table))["written answers"]
    assert line == "toy, cost: answer is Much. in the report, but should be "


def test_an_edited_seed_is_named_and_not_replayed(case: Case) -> None:
    table = case.table
    table["provenance"]["seed"] = SEED + 1
    checks = case.checks(table)
    assert differing(checks)["seed"] == ("the inputs of toy were not drawn from the seed 6 by this suite",)
    assert "replay" not in [check.name for check in checks]


@pytest.mark.parametrize(
    ("key", "value", "check"),
    [
        ("image", "sha256:" + "0" * 64, "image"),
        ("sandbox", "docker", "sandbox"),
        ("grader_version", "0.0.1", "grader version"),
        ("python", "3.1.0", "versions in the sandbox"),
        ("numpy", "0.9", "versions in the sandbox"),
        ("examiner_numpy", "0.9", "examiner"),
        ("bank_sha256", "0" * 64, "bank"),
    ],
)
def test_what_it_was_made_with_is_named(case: Case, key: str, value: str, check: str) -> None:
    table = case.table
    true, table["provenance"][key] = table["provenance"][key], value
    ((name, (line,)),) = differing(case.checks(table)).items()
    assert name == check
    assert (value.removeprefix("sha256:")[:12] if "0000" in value else value) in line
    assert (true[:12] or "none") in line


def test_a_finding_that_was_struck_out_is_named(case: Case) -> None:
    table = case.table
    table["integrity"] = []
    ((name, lines),) = differing(case.checks(table)).items()
    assert name == "integrity"
    assert "toy.py:2 import" in lines[0]


def test_an_assignment_that_the_bank_does_not_have_ends_it_there(case: Case) -> None:
    table = case.table
    table["provenance"]["suites_sha256"]["poker"] = "0" * 64
    assert differing(case.checks(table)) == {
        "assignments": ("the bank has no assignment 'poker'", "poker has a suite, but no points")
    }


def test_two_values_of_one_name_are_refused(case: Case) -> None:
    """Of ``{"score": 1, "score": 2}`` each reader of JSON takes the one it likes."""
    text = as_json(case.report).replace('"score": 60.0', '"score": 90.0, "score": 60.0', 1)
    with pytest.raises(ReportError, match="twice"):
        parse_report(Path("report.json"), text.encode())


# The command


@dataclass(frozen=True)
class Written:
    """A report that the command has written, and how to verify it."""

    path: Path
    submission: Path
    bank: ToyBank
    grader: Grader

    def edit(self, change: Edit) -> None:
        table = json.loads(self.path.read_text())
        change(table)
        self.path.write_text(json.dumps(table))

    def verify(self, *arguments: str | Path, submission: Path | None = None) -> tuple[int, list[str]]:
        """The exit code, and the lines of what differs."""
        done = self.grader(
            *("verify", self.path, submission or self.submission, "--bank", self.bank.root, "--sandbox", "none"),
            *arguments,
        )
        assert done.returncode in (0, 1), done.stderr
        return done.returncode, [line for line in done.stdout.splitlines() if line.startswith("DIFFERS")]


@pytest.fixture
def written(grader: Grader, toy_bank: ToyBank, tmp_path: Path) -> Written:
    submission = toy_bank.submission(LOSING)
    folder = tmp_path / "results"
    done = grader(
        *("score", submission, "--bank", toy_bank.root, "--sandbox", "none", "--seed", SEED, "--output", folder)
    )
    assert done.returncode == 0, done.stderr
    return Written(folder / "report.json", submission, toy_bank, grader)


def test_the_command_says_yes_to_an_honest_report_and_no_to_an_edited_one(written: Written) -> None:
    assert written.verify() == (0, [])
    written.edit(lambda table: of_test(table, "test_empty_input")[1].update(outcome="PASSED"))
    code, lines = written.verify()
    assert code == 1
    assert any("test_empty_input_is_refused: the report says PASSED, the replay gives FAILED" in li for li in lines)
    code, lines = written.verify("--no-replay")
    assert code == 1
    assert all("replay" not in line for line in lines)


def test_the_command_names_another_submission(written: Written) -> None:
    code, lines = written.verify(submission=written.bank.reference)
    assert code == 1
    (line,) = lines
    assert line.startswith("DIFFERS  submission: the report says")


def test_the_command_names_another_suite(written: Written) -> None:
    suite = written.bank.root / "tests" / "hidden" / "toy" / "test_toy.py"
    suite.write_text(suite.read_text() + "\n# changed\n")
    code, lines = written.verify()
    assert code == 1
    assert [line.split(":")[0] for line in lines] == ["DIFFERS  bank", "DIFFERS  suites"]
    assert "suites: toy: the report says" in lines[1]


def test_the_command_names_another_bank_with_the_same_suites(written: Written) -> None:
    """It is replayed all the same: the tests are those of the report."""
    reference = written.bank.reference / "toy.py"
    reference.write_text(reference.read_text() + "\n# changed\n")
    code, lines = written.verify()
    assert code == 1
    assert [line.split(":")[0] for line in lines] == ["DIFFERS  bank"]


def test_the_command_replays_repeats_when_asked(written: Written) -> None:
    grader, bank = written.grader, written.bank
    command = ("score", written.submission, "--bank", bank.root, "--sandbox", "none", "--quiet")
    grader(*command, "--repeat", "3", "--output", written.path.parent)

    def improve(table: Any) -> None:
        table["repeats"][1] |= {
            "score": 100.0,
            "differing": [{"assignment": "toy", "criterion": "bad_input", "earned": 40.0}],
        }
        table["spread"] |= {
            "highest": 100.0,
            "standard_deviation": 23.09,
            "varying": [{"assignment": "toy", "criterion": "bad_input", "lowest": 0.0, "highest": 40.0}],
        }

    assert written.verify("--repeats") == (0, [])
    written.edit(improve)
    assert written.verify() == (0, []), "it is consistent, and its further seeds are not replayed"
    code, (line,) = written.verify("--repeats")
    assert code == 1
    assert "toy, bad_input: the report says 40.0 points, the replay gives 0" in line


def test_many_differences_are_counted(written: Written) -> None:
    def add_tests(table: Any) -> None:
        criterion, test = of_test(table, "test_empty_input")
        criterion["tests"] += [test | {"id": f"test_toy.py::test_{n}"} for n in range(30)]

    written.edit(add_tests)
    _, lines = written.verify("--no-replay")
    rubric = [line for line in lines if line.startswith("DIFFERS  rubric")]
    assert len(rubric) == 21
    assert rubric[-1] == "DIFFERS  rubric: and 10 more; --format json has them all"


def test_json_says_all_and_goes_to_stdout_alone(written: Written) -> None:
    written.edit(lambda table: table.update(score=99.0))
    command = ("verify", written.path, written.submission, "--bank", written.bank.root, "--sandbox", "none")
    done = written.grader(*command, "--format", "json")
    assert done.returncode == 1
    told = json.loads(done.stdout)
    assert told["holds"] is False
    assert [check["name"] for check in told["checks"] if check["result"] == "differs"] == ["score"]
    assert told["checks"][0] == {
        "name": "signature",
        "result": "skipped",
        "told": "without --key nobody vouches for times, messages and what was printed",
        "differences": [],
    }


def test_a_report_of_a_run_without_a_sandbox_does_not_take_the_sandbox_away(written: Written) -> None:
    """Whoever edits a report must not choose how the submission runs here."""
    command = ("verify", written.path, written.submission, "--bank", written.bank.root)
    done = written.grader(*command, env={"DOCKER_HOST": "unix:///nonexistent/docker.sock"})
    assert done.returncode in (1, 3), "3 where there is no sandbox at all"
    assert "contains nothing" not in done.stderr
    if done.returncode == 1:
        assert "DIFFERS  sandbox: the report names none, but the replay ran in" in done.stdout


@pytest.mark.parametrize("kind", LOCAL_KINDS)
def test_a_replay_runs_in_the_kind_of_sandbox_that_the_report_names(written: Written, kind: str) -> None:
    command = (written.submission, "--bank", written.bank.root)
    done = written.grader("score", *command, "--sandbox", kind, "--output", written.path.parent)
    if done.returncode == 3:
        pytest.skip(done.stderr)
    done = written.grader("verify", written.path, *command)
    assert done.returncode == 0, done.stdout
    assert f"ok       sandbox: {kind}" in done.stdout


@pytest.mark.docker
def test_another_image_is_named(written: Written) -> None:
    command = (written.submission, "--bank", written.bank.root)
    assert written.grader("score", *command, "--sandbox", "docker", "--output", written.path.parent).returncode == 0
    assert written.grader("verify", written.path, *command).returncode == 0
    written.edit(lambda table: table["provenance"].update(image="sha256:" + "0" * 64))
    done = written.grader("verify", written.path, *command)
    assert done.returncode == 1
    assert "DIFFERS  image: the report names 000000000000, but the replay ran in" in done.stdout


@pytest.mark.parametrize("content", ["", "[]", '{"schema_version": 1}'])
def test_what_is_no_report_exits_2(grader: Grader, toy_bank: ToyBank, tmp_path: Path, content: str) -> None:
    path = tmp_path / "report.json"
    path.write_text(content)
    done = grader("verify", path, toy_bank.reference, "--bank", toy_bank.root)
    assert (done.returncode, done.stdout) == (2, "")
    assert "Traceback" not in done.stderr


def test_without_the_sandbox_that_was_asked_for_nothing_is_said(written: Written) -> None:
    command = ("verify", written.path, written.submission, "--bank", written.bank.root, "--sandbox", "docker")
    done = written.grader(*command, env={"DOCKER_HOST": "unix:///nonexistent/docker.sock"})
    assert (done.returncode, done.stdout) == (3, "")
    assert "no Docker engine answers" in done.stderr
