"""``grader validate`` on a bank that is small enough to see through: the verdict, and the command around it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from grader.bank import Bank
from grader.errors import BankError
from grader.validation.judging import Standing, Validation
from grader.validation.mutants import changed_lines
from grader.validation.proving import Effort, Progress, prove
from grader.validation.trials import Result, Trial, endings_of
from grader.worker.accounting import descendants
from tests.conftest import STARTED, Grader, ToyBank, gone

QUICK = ("--sandbox", "none", "--jobs", "1", "--mutants", "0")


class InlineRunner:
    """Runs trials one after the other, with the examiner in this process."""

    def __init__(self, bank: Bank) -> None:
        self.bank = bank
        self.tried: list[Trial] = []

    def run(self, trials: Iterable[Trial], progress: Callable[[Result], None]) -> list[Result]:
        trials = list(trials)
        self.tried += trials
        return [Result(trial, endings_of(self.bank, trial, "none")) for trial in trials]


def proved(toy: ToyBank, *, seeds: int = 1, mutants: int = 0) -> Validation:
    bank = Bank(toy.root)
    return prove(bank, "toy", InlineRunner(bank), Effort(tuple(range(seeds)), (0,), mutants), Progress())


def edit(toy: ToyBank, name: str, find: str, replace: str) -> Path:
    path = toy.root / name
    text = path.read_text()
    assert find in text
    path.write_text(text.replace(find, replace))
    return path


def lost(standings: tuple[Standing, ...]) -> dict[str, list[str]]:
    return {standing.specimen.id: sorted(standing.lost) for standing in standings}


def test_a_good_suite_holds(toy_bank: ToyBank) -> None:
    verdict = proved(toy_bank.complete(), seeds=2)
    assert (verdict.holds, verdict.problems) == (True, ())
    assert lost(verdict.right) == {"reference": [], "plain": []}
    assert {standing.runs for standing in verdict.right} == {2}
    assert lost(verdict.mistakes) == {"across-rows": ["mean"], "empty-accepted": ["bad_input"]}
    assert lost(verdict.trivial).keys() >= {"stub", "raises-value-error", "returns-none"}
    assert set(map(tuple, lost(verdict.trivial).values())) == {("bad_input", "mean")}
    assert verdict.idle_tests == ()


def test_mutants_are_killed_or_shown_with_what_was_changed(toy_bank: ToyBank) -> None:
    verdict = proved(toy_bank.complete(), mutants=500)
    assert len(verdict.mutants) >= 10
    assert verdict.kill_rate is not None
    assert verdict.holds is (verdict.kill_rate >= 0.95)
    assert {s.id for s in verdict.survivors} == {m.specimen.id for m in verdict.mutants if not m.lost}
    assert len(verdict.survivors) < len(verdict.mutants) / 2
    assert {len(mutant.failing) for mutant in verdict.mutants} == {0, 1}, "a mutant ends at the first test it loses"
    changes = [changed_lines(mutant.specimen.note) for mutant in verdict.mutants]
    assert all(before and after and before != after for before, after in changes)
    assert len({(m.specimen.id, change) for m, change in zip(verdict.mutants, changes, strict=True)}) == len(changes)


def test_a_listed_equivalent_does_not_count_and_a_false_one_is_found(toy_bank: ToyBank) -> None:
    entry = '[[equivalent]]\nline = "if X.shape[0] == 0:"\nbecomes = ["{}"]\nreason = "no size is negative"\n'
    toy_bank.complete().write("solutions/toy/equivalent.toml", entry.format("if X.shape[0] <= 0:"))
    verdict = proved(toy_bank, mutants=500)
    assert [s.specimen.note.splitlines()[-1] for s in verdict.equivalent] == ["+    if X.shape[0] <= 0:"]
    assert not any("equivalent" in problem and "killed by" in problem for problem in verdict.problems)
    toy_bank.write("solutions/toy/equivalent.toml", entry.format("if X.shape[0] != 0:"))
    verdict = proved(toy_bank, mutants=500)
    assert any("listed in equivalent.toml, but killed by" in problem for problem in verdict.problems)


def test_limits_are_short_for_mutants_that_may_hang_and_not_for_those_listed_as_equivalent(toy_bank: ToyBank) -> None:
    entry = '[[equivalent]]\nline = "if X.shape[0] == 0:"\nbecomes = ["if X.shape[0] <= 0:"]\nreason = "as above"\n'
    toy_bank.complete().write("solutions/toy/equivalent.toml", entry)
    edit(toy_bank, "assignments/toy/assignment.toml", "call_seconds = 1", "call_seconds = 5")
    bank = Bank(toy_bank.root)
    runner = InlineRunner(bank)
    verdict = prove(bank, "toy", runner, Effort((0,), (0,), 500), Progress())
    equivalent = {standing.specimen.id for standing in verdict.equivalent}
    limits = {t.specimen.id: t.assignment.limits.call_seconds for t in runner.tried if t.criteria is not None}
    assert {limits[name] for name in equivalent} == {5}
    assert {seconds for name, seconds in limits.items() if name not in equivalent} == {1}


@pytest.mark.parametrize(
    ("name", "find", "replace", "says"),
    [
        ("solutions/toy/reference/toy.py", "X.mean(axis=0)", "X.mean(axis=0) + 1", "reference: is right, but loses"),
        ("solutions/toy/variants/plain.py", "not rows", "None", "variant plain: is right, but loses bad_input"),
        ("solutions/toy/mistakes.toml", '"axis=1"', '"axis=1 if len(X) else 0"', ""),
        ("solutions/toy/mistakes.toml", '["mean"]', '["mean", "bad_input"]', "should lose bad_input, but keeps it"),
        ("solutions/toy/mistakes.toml", "if False:", "if len(X) < 2:", "should not lose mean, but does with seed 0"),
        ("solutions/toy/mistakes.toml", "axis=1", "axis=-2", "should lose mean, but keeps it with seed 0"),
    ],
)
def test_a_suite_that_does_not_hold_says_why(
    toy_bank: ToyBank, name: str, find: str, replace: str, says: str
) -> None:
    edit(toy_bank.complete(), name, find, replace)
    problems = proved(toy_bank).problems
    assert bool(problems) is bool(says)
    assert not says or any(says in problem for problem in problems), problems


def test_a_variant_may_lose_what_it_declares(toy_bank: ToyBank) -> None:
    toy_bank.complete().write(
        "solutions/toy/variants/careless.py",
        '"""Loses: bad_input"""\n\n\ndef mean(X):\n    return sum(X) / max(1, len(X))\n',
    )
    verdict = proved(toy_bank)
    assert (verdict.holds, lost(verdict.right)["careless"]) == (True, ["bad_input"])


def test_a_criterion_that_no_mistake_loses_is_a_hole(toy_bank: ToyBank) -> None:
    path = toy_bank.complete().root / "solutions/toy/mistakes.toml"
    path.write_text("[[mistakes]]" + path.read_text().rpartition("[[mistakes]]")[2])
    verdict = proved(toy_bank)
    assert verdict.problems == ("no mistake loses mean: add one to mistakes.toml",)
    assert verdict.idle_tests == (
        "test_toy.py::test_means_of_columns",
        "test_toy.py::test_mean_of_one_row_is_the_row",
    )


def test_what_differs_from_seed_to_seed_is_told(toy_bank: ToyBank) -> None:
    source = toy_bank.complete().reference.joinpath("toy.py").read_text()
    toy_bank.write(
        "solutions/toy/variants/no_zero.py", source.replace("X.mean(axis=0)", "X.mean(axis=0) + (X == 0).all()")
    )
    scaled = "rng.normal(size=(20, 3)) * (rng.random() < 0.5)"
    edit(toy_bank, "tests/hidden/toy/test_toy.py", "rng.normal(size=(20, 3))", scaled)
    verdict = proved(toy_bank, seeds=8)
    (variant,) = [standing for standing in verdict.right if standing.specimen.id == "no_zero"]
    assert variant.flaky == ("test_toy.py::test_means_of_columns",)
    assert 0 < len(variant.lost["mean"]) < 8
    assert f"loses mean with seed {', '.join(map(str, variant.lost['mean']))}" in verdict.problems[0]


MISTAKES, SUITE = "solutions/toy/mistakes.toml", "tests/hidden/toy/test_toy.py"


@pytest.mark.parametrize(
    ("name", "find", "replace", "says"),
    [
        ("assignments/toy/assignment.toml", "points = 60", "points = 50", "should sum to 100, but sum to 90"),
        ("assignments/toy/assignment.toml", 'id = "mean"', 'id = "median"', "median"),
        (SUITE, 'criterion("bad_input")', 'criterion("mean")', "no hidden test belongs to the criterion bad_input"),
        (SUITE, 'criterion("bad_input")', 'criterion("input")', "its criterion is 'input', which"),
        (SUITE, "raises(ValueError)", "raises(Exception)", ""),
        (MISTAKES, 'loses = ["bad_input"]', "", "empty-accepted: a mistake has to declare what it loses"),
        (MISTAKES, '["bad_input"]', '["input"]', "empty-accepted: there is no criterion input; there are mean"),
        (MISTAKES, 'find = "axis=0"', 'find = "axis=7"', "should occur once in the reference toy.py, but occurs 0"),
        (MISTAKES, '"axis=1"', '"axis=1)"', "across-rows: the edit leaves no valid Python: line"),
        (MISTAKES, '"empty-accepted"', '"across-rows"', "two mistakes are called 'across-rows'"),
        (MISTAKES, "[[mistakes]]", "[mistakes", "mistakes.toml is not valid TOML"),
        ("solutions/toy/variants/plain.py", "mean(X):", "mean(X:", "plain.py, line 4: '(' was never closed"),
    ],
)
def test_a_bank_that_is_wrong_is_named_with_the_cure(
    toy_bank: ToyBank, name: str, find: str, replace: str, says: str
) -> None:
    edit(toy_bank.complete(), name, find, replace)
    if not says:
        assert proved(toy_bank).holds
        return
    with pytest.raises(BankError) as caught:
        proved(toy_bank)
    assert says in str(caught.value)


def test_a_hidden_test_that_passes_for_the_stub_is_named(toy_bank: ToyBank) -> None:
    edit(toy_bank.complete(), SUITE, "raises(ValueError)", "raises(Exception)")
    edit(toy_bank, SUITE, "    array(candidate.toy.mean(np.ones((2, 2))), shape=(2,))\n", "")
    with pytest.raises(
        BankError, match="test_empty_input_is_refused: the test passes for the untouched stub"
    ) as caught:
        proved(toy_bank)
    assert "have it see a right answer first" in caught.value.cure


@pytest.mark.parametrize("name", ["solutions/toy/mistakes.toml", "assignments/toy/toy.py"])
def test_without_mistakes_or_stub_nothing_is_proved(toy_bank: ToyBank, name: str) -> None:
    (toy_bank.complete().root / name).unlink()
    with pytest.raises(BankError, match=f"{Path(name).name} is missing"):
        proved(toy_bank)


def test_the_command_prints_a_table_and_exits_0_where_all_hold(grader: Grader, toy_bank: ToyBank) -> None:
    done = grader("validate", "toy", "--bank", toy_bank.complete().root, *QUICK, "--no-cache")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert (lines[0], lines[-1]) == ("toy: A toy  HOLDS", "All suites hold")
    assert "2 of 2 score 100, with 3 seeds" in done.stdout
    rows = {words[0]: words[1:] for words in map(str.split, lines) if words}
    assert (rows["across-rows"], rows["empty-accepted"]) == (["x", "·"], ["·", "x"])
    assert "grader: toy, 0 of 2 trials" in done.stderr


def test_the_last_lines_say_which_suite_does_not_hold_and_why(grader: Grader, toy_bank: ToyBank) -> None:
    edit(toy_bank.complete(), MISTAKES, 'loses = ["mean"]', 'loses = ["mean", "bad_input"]')
    done = grader("validate", "toy", "--bank", toy_bank.root, *QUICK, "--no-cache", "--quiet")
    *_, title, cause, verdict = done.stdout.splitlines()
    assert (done.returncode, title, verdict) == (1, "What is wrong (1)", "THE GATE DOES NOT HOLD")
    assert cause.startswith("  toy: mistake across-rows: should lose bad_input, but keeps it")


def test_a_second_run_asks_the_cache_and_a_change_is_seen(grader: Grader, toy_bank: ToyBank) -> None:
    cache = toy_bank.root / "cache"
    arguments = ("validate", "--bank", toy_bank.complete().root, *QUICK, "--quiet", "--format", "json")

    def run() -> tuple[int, str, set[Path]]:
        done = grader(*arguments, env={"GRADER_CACHE": str(cache)})
        return done.returncode, done.stdout, set(cache.rglob("*.json"))

    code, report, kept = run()
    trials = 2 * 3 + len(json.loads(report)["assignments"][0]["trivial"]) + 2
    assert (code, len(kept)) == (0, trials)
    assert run() == (0, report, kept)
    edit(toy_bank, MISTAKES, "if False:", "if None:")
    code, _, known = run()
    assert (code, len(known - kept)) == (0, 1)
    edit(toy_bank, SUITE, "X.mean(axis=0), rtol", "X.mean(axis=0) + 1, rtol")
    code, report, known = run()
    assert (code, len(known)) == (1, 2 * trials + 1)
    assert json.loads(report)["holds"] is False


def test_an_unknown_name_suggests_the_nearest(grader: Grader, toy_bank: ToyBank) -> None:
    done = grader("validate", "toi", "--bank", toy_bank.complete().root, *QUICK)
    assert (done.returncode, "did you mean 'toy'" in done.stderr) == (2, True)


def test_a_broken_hidden_test_is_our_failure(grader: Grader, toy_bank: ToyBank) -> None:
    edit(toy_bank.complete(), SUITE, "X = rng.normal(size=(20, 3))", "X = rng.abnormal(size=(20, 3))")
    done = grader("validate", "--bank", toy_bank.root, *QUICK, "--no-cache")
    assert (done.returncode, done.stdout) == (3, "")
    assert "test_means_of_columns is broken" in done.stderr


@contextmanager
def validating(
    toy_bank: ToyBank, containers: Callable[[], list[str]], *, jobs: int = 1
) -> Iterator[subprocess.Popen[str]]:
    """A ``grader validate``, with a process group of its own, while a solution loops that may take a minute."""
    edit(toy_bank.complete(), "assignments/toy/assignment.toml", "call_seconds = 1", "call_seconds = 60")
    toy_bank.write("solutions/toy/variants/looping.py", "def mean(X):\n    while True:\n        pass\n")
    command = [sys.executable, "-m", "grader", "validate", "--bank", toy_bank.root, "--mutants", "0", "--no-cache"]
    process = subprocess.Popen(
        [*command, "--jobs", str(jobs)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    STARTED.add(process.pid)
    try:
        assert process.stderr is not None
        lines = iter(process.stderr.readline, "")
        said = next((line for line in lines if "toy, 2 of 1" in line), "")
        assert said, "the second part never began"
        deadline = time.monotonic() + 60
        while not containers():
            assert time.monotonic() < deadline, "no sandbox was ever started"
            STARTED.update(descendants(process.pid))
        time.sleep(3)
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.mark.docker
@pytest.mark.parametrize(
    ("send", "sent"), [(os.kill, signal.SIGINT), (os.kill, signal.SIGTERM), (os.killpg, signal.SIGTERM)]
)
def test_an_interrupted_run_exits_130_and_leaves_nothing(
    toy_bank: ToyBank,
    containers: Callable[[], list[str]],
    send: Callable[[int, signal.Signals], None],
    sent: signal.Signals,
) -> None:
    """Also where the processes that run trials are told as well, as by a shell or a CI runner that gives up."""
    with validating(toy_bank, containers) as process:
        send(process.pid, sent)
        stdout, stderr = process.communicate(timeout=20)
    assert (process.returncode, stdout) == (130, ""), stderr
    assert "interrupted" in stderr
    assert containers() == []


@pytest.mark.docker
def test_when_it_is_killed_its_processes_end(toy_bank: ToyBank, containers: Callable[[], list[str]]) -> None:
    """Those that run a trial, and those that wait for one."""
    with validating(toy_bank, containers, jobs=3) as process:
        below = [p for p in descendants(process.pid) if b"spawn_main" in Path(f"/proc/{p}/cmdline").read_bytes()]
    assert len(below) == 3
    assert gone(lambda: [str(pid) for pid in below if Path(f"/proc/{pid}").exists()]) == []
    assert gone(containers) == []


@pytest.mark.docker
def test_a_killed_process_of_trials_is_our_failure(toy_bank: ToyBank, containers: Callable[[], list[str]]) -> None:
    with validating(toy_bank, containers, jobs=2) as process:
        found = [p for p in descendants(process.pid) if b"spawn_main" in Path(f"/proc/{p}/cmdline").read_bytes()]
        os.kill(found[-1], signal.SIGKILL)
        stdout, stderr = process.communicate(timeout=20)
    assert (process.returncode, stdout) == (3, ""), stderr
    assert "a process that ran trials was killed" in stderr
    assert gone(containers) == []
