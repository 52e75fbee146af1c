"""Examiners that fork for each submission: the same reports as one by one, and nothing of one reaches another."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from grader.bank import Bank
from grader.batch.examiners import KILLED, Answer, Examiners, Plan
from grader.errors import SandboxError, SuiteError
from grader.grade import grade
from grader.models import Outcome, Report, Submission
from grader.publishing import Publisher
from grader.report.data import as_json
from grader.sandbox.choosing import choose
from grader.submission import read_submission
from tests.conftest import STARTED, ToyBank, gone, is_alive, own_containers, wait_for, without_times

WRONG = "import numpy as np\ndef mean(X):\n    return np.zeros(np.shape(X)[1])\n"
LOOPING = "def mean(X):\n    while True:\n        pass\n"
KINDS = ["none", "embedded", pytest.param("docker", marks=pytest.mark.docker)]


def submission(bank: ToyBank, text: str, name: str = "handed_in") -> Submission:
    return read_submission(bank.submission(text, name), Bank(bank.root).assessment)


@contextmanager
def examiners(bank: ToyBank, kind: str = "none", jobs: int = 2, ahead: int = 2) -> Iterator[Examiners]:
    chosen = Bank(bank.root)
    with closing(choose(kind, lambda text: None)) as provider:
        plan = Plan(chosen, chosen.assessment, provider.again(), Publisher(), jobs, ahead)
        with closing(Examiners(plan)) as made:
            yield made


def children_of(pid: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except (FileNotFoundError, ProcessLookupError):
        return []


def command_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""  # it is gone


def stems_of(server: int) -> list[int]:
    """What the embedded workers are forked from."""
    return [child for child in children_of(server) if "grader.worker.stem" in command_of(child)]


def examiners_of(server: int) -> list[int]:
    """Forks of the server that have a worker: it has other children, too, while it loads and proves the sandbox."""
    forks = [child for child in children_of(server) if "spawn_main" in command_of(child)]
    return [fork for fork in forks if any("grader.worker" in command_of(child) for child in children_of(fork))]


def answers(made: Examiners, count: int) -> dict[int, Answer]:
    found = [made.answer(120) for _ in range(count)]
    return {answer.number: answer for answer in found if answer is not None}


def alone(bank: ToyBank, given: Submission, seed: int, kind: str = "none") -> Report:
    chosen = Bank(bank.root)
    with closing(choose(kind, lambda text: None)) as provider:
        return grade(given, chosen, chosen.assessment, provider, seed=seed)


@pytest.mark.parametrize("kind", KINDS)
def test_reports_are_those_of_one_by_one_but_for_times(toy_bank: ToyBank, kind: str) -> None:
    toy_bank.add_other()
    reference = (toy_bank.reference / "toy.py").read_text()
    toy_bank.write("both/toy.py", reference)
    toy_bank.write("both/other.py", WRONG)
    both = read_submission(toy_bank.root / "both", Bank(toy_bank.root).assessment)
    given = {
        7: submission(toy_bank, reference),
        8: submission(toy_bank, WRONG),
        9: submission(toy_bank, "x = ("),
        10: both,
    }
    with examiners(toy_bank, kind) as made:
        for number, each in given.items():
            made.examine(number, each, seed=3)
        found = answers(made, 4)
    for number, each in given.items():
        report = found[number].report
        assert report is not None
        expected = without_times(as_json(alone(toy_bank, each, 3, kind)))
        assert without_times(as_json(report)) == expected
        assert without_times(found[number].files["report.json"].decode()) == expected
        assert {"report.html", "candidate.html", "junit.xml"} <= found[number].files.keys()


def test_workers_that_share_their_start_go_on_where_that_is_lost(toy_bank: ToyBank) -> None:
    """A stem that is killed is replaced, and what was being examined is not touched by it; other seeds need none."""
    with examiners(toy_bank, "embedded", jobs=1, ahead=0) as made:
        for number, seed in enumerate((1, 1, 2, 1)):
            given = submission(toy_bank, WRONG)
            made.examine(number, given, seed)
            found = made.answer(120)
            assert found is not None
            assert found.report is not None, found.failure
            assert without_times(as_json(found.report)) == without_times(
                as_json(alone(toy_bank, given, seed, "embedded"))
            )
            assert made._process.pid is not None
            (stem,) = stems_of(made._process.pid)
            if number in (0, 2):
                os.kill(stem, signal.SIGKILL)
                wait_for(lambda stem=stem: not is_alive(stem))


def test_each_submission_has_its_own_seed(toy_bank: ToyBank) -> None:
    with examiners(toy_bank) as made:
        for seed in (1, 2):
            made.examine(seed, submission(toy_bank, WRONG), seed)
        found = answers(made, 2)
    told = {seed: answer.report for seed, answer in found.items() if answer.report is not None}
    assert {report.provenance.seed for report in told.values()} == {1, 2}
    messages = [report.score.assignments[0].criteria[0].results[0].message for report in told.values()]
    assert messages[0] != messages[1]


def test_a_submission_that_hangs_holds_up_no_other(toy_bank: ToyBank) -> None:
    with examiners(toy_bank, jobs=2) as made:
        made.examine(0, submission(toy_bank, LOOPING), 1)
        for number in (1, 2, 3):
            made.examine(number, submission(toy_bank, WRONG), 1)
        order = [made.answer(120) for _ in range(4)]
    assert [answer.number for answer in order if answer][-1] == 0
    last = order[-1]
    assert last is not None
    assert last.report is not None
    outcomes = {result.outcome for c in last.report.score.assignments[0].criteria for result in c.results}
    assert outcomes == {Outcome.TIMEOUT}


def test_an_examiner_that_is_killed_costs_its_submission_alone(toy_bank: ToyBank) -> None:
    with examiners(toy_bank, jobs=1, ahead=0) as made:
        made.examine(0, submission(toy_bank, LOOPING), 1)
        made.examine(1, submission(toy_bank, WRONG), 1)
        server = made._process.pid
        assert server is not None
        [examiner, *_] = wait_for(lambda: examiners_of(server))
        os.kill(examiner, signal.SIGKILL)
        found = answers(made, 2)
    assert isinstance(found[0].failure, SandboxError)
    assert str(found[0].failure) == KILLED
    assert found[1].report is not None


def test_a_server_that_is_killed_is_told(toy_bank: ToyBank) -> None:
    with examiners(toy_bank) as made:
        made.examine(0, submission(toy_bank, WRONG), 1)
        assert made.answer(120) is not None
        made._process.kill()
        with pytest.raises(SandboxError, match="was killed"):
            made.answer(60)


@pytest.mark.parametrize("kind", KINDS)
def test_closing_in_the_middle_leaves_nothing(toy_bank: ToyBank, kind: str) -> None:
    with examiners(toy_bank, kind) as made:
        for number in range(4):
            made.examine(number, submission(toy_bank, LOOPING), 1)
        server = made._process.pid
        assert server is not None
        busy = wait_for(lambda: children_of(server))
        STARTED.update(busy, [server])
    assert not is_alive(server)
    assert not [pid for pid in busy if is_alive(pid)]
    if kind == "docker":
        assert not gone(own_containers)


def test_a_broken_suite_is_ours(toy_bank: ToyBank) -> None:
    toy_bank.write("tests/hidden/toy/test_toy.py", "import nothing_of_that_name\n")
    with examiners(toy_bank) as made:
        made.examine(0, submission(toy_bank, WRONG), 1)
        with pytest.raises(SuiteError, match="cannot be collected"):
            made.answer(120)


def test_a_broken_test_is_our_fault_for_each_submission(toy_bank: ToyBank) -> None:
    suite = toy_bank.root / "tests" / "hidden" / "toy" / "test_toy.py"
    suite.write_text(suite.read_text().replace("X.mean(axis=0), rtol", "X.nothing(axis=0), rtol"))
    with examiners(toy_bank) as made:
        made.examine(0, submission(toy_bank, WRONG), 1)
        [answer] = answers(made, 1).values()
    assert isinstance(answer.failure, SuiteError)
    assert answer.report is None


def test_no_sandbox_is_told_before_anything_is_graded(toy_bank: ToyBank) -> None:
    chosen = Bank(toy_bank.root)
    plan = Plan(chosen, chosen.assessment, no_sandbox, Publisher(), 1, 0)
    with closing(Examiners(plan)) as made:
        made.examine(0, submission(toy_bank, WRONG), 1)
        with pytest.raises(SandboxError, match="none to be had"):
            made.answer(60)


def test_who_has_nothing_to_examine_is_not_started(toy_bank: ToyBank) -> None:
    chosen = Bank(toy_bank.root)
    plan = Plan(chosen, chosen.assessment, no_sandbox, Publisher(), 1, 0)
    with closing(Examiners(plan)) as made:
        assert made._process.pid is None


def no_sandbox() -> None:
    raise SandboxError("none to be had")


def test_what_one_submission_leaves_reaches_no_other(toy_bank: ToyBank) -> None:
    """The examiner's own modules, generators and environment are those of a fresh process each time."""
    suite = toy_bank.root / "tests" / "hidden" / "toy" / "test_toy.py"
    counting = "SEEN = []\n\n\n@pytest.fixture(autouse=True)\ndef counted():\n    SEEN.append(1)\n"
    counting += "    assert len(SEEN) <= 3\n"
    text = suite.read_text()
    suite.write_text(text.replace("\n\n@pytest.mark", f"\n\n{counting}\n\n@pytest.mark", 1))
    reference = (toy_bank.reference / "toy.py").read_text()
    with examiners(toy_bank) as made:
        for number in range(3):
            made.examine(number, submission(toy_bank, reference), 1)
        found = answers(made, 3)
    assert [answer.report.score.total for answer in found.values() if answer.report] == [100, 100, 100]
