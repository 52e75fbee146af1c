"""``grader batch`` and ``grader impact`` as users run them."""

from __future__ import annotations

import csv
import json
import os
import random
import shlex
import signal
import subprocess
import sys
import time
import zipfile
from functools import partial
from pathlib import Path
from xml.etree import ElementTree

import pytest

from grader.batch.results import FAULT, REFUSED, SCORED, Entry, read_entries
from tests.batch.test_examiners import children_of
from tests.conftest import STARTED, Grader, ToyBank, gone, own_containers, wait_for, without_times

WRONG = "import numpy as np\ndef mean(X):\n    return np.zeros(np.shape(X)[1])\n"
SLOW = "import time\n{text}\ntime.sleep(0.15)\n"


class RoundOfToys:
    """A round of submissions to the toy."""

    def __init__(self, bank: ToyBank, root: Path) -> None:
        self.bank = bank
        self.folder = root / "round"
        self.results = root / "results"
        self.reference = (bank.reference / "toy.py").read_text()

    def add(self, name: str, text: str) -> None:
        self.folder.mkdir(exist_ok=True)
        with zipfile.ZipFile(self.folder / f"{name}.zip", "w") as archive:
            archive.writestr("toy.py", text)

    @property
    def arguments(self) -> tuple[str | Path, ...]:
        return ("batch", self.folder, "--output", self.results, "--bank", self.bank.root, "--sandbox", "none")

    def entries(self) -> dict[str, Entry]:
        return {entry.name: entry for entry in read_entries(self.results)}


@pytest.fixture
def toys(toy_bank: ToyBank, tmp_path: Path) -> RoundOfToys:
    made = RoundOfToys(toy_bank, tmp_path)
    made.add("ada", made.reference)
    made.add("bob", WRONG)
    return made


def test_a_round_is_scored_and_summed_up(toys: RoundOfToys, grader: Grader) -> None:
    done = grader(*toys.arguments, "--seed", "5")
    assert done.returncode == 0, done.stderr
    assert done.stdout == "2 submissions: 2 scored, 1 passed\n"
    assert "2 of 2 done" in done.stderr
    entries = toys.entries()
    assert {name: entry.score for name, entry in entries.items()} == {"ada": 100, "bob": 0}
    for entry in entries.values():
        names = {path.name for path in (toys.results / entry.folder).iterdir()}
        assert names >= {"report.html", "candidate.html", "report.json", "report.md", "junit.xml", "submission"}
    with (toys.results / "summary.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [(row["name"], row["score"], row["passed"], row["toy"]) for row in rows] == [
        ("ada", "100", "yes", "100"), ("bob", "0", "no", "0")
    ]  # fmt: skip
    assert (toys.results / rows[0]["report"]).is_file()
    summary = json.loads((toys.results / "summary.json").read_text())
    assert (summary["scored"], summary["passed"], summary["fault"]) == (2, 1, 0)
    suite = ElementTree.parse(toys.results / "junit.xml").getroot()
    assert (suite.get("tests"), suite.get("failures")) == ("2", "1")
    assert "ada" in (toys.results / "cohort.html").read_text()


def test_reports_are_those_of_grader_score_but_for_times(toys: RoundOfToys, grader: Grader) -> None:
    grader(*toys.arguments, "--seed", "5")
    for name, entry in toys.entries().items():
        one = ("score", toys.folder / f"{name}.zip", "--bank", toys.bank.root, "--sandbox", "none")
        done = grader(*one, "--seed", "5", "--format", "json")
        kept = (toys.results / entry.folder / "report.json").read_text()
        assert without_times(kept) == without_times(done.stdout)


def test_a_second_run_does_nothing_twice(toys: RoundOfToys, grader: Grader) -> None:
    grader(*toys.arguments)
    before = (toys.results / "results.jsonl").read_bytes()
    toys.add("eve", WRONG)
    done = grader(*toys.arguments)
    assert done.returncode == 0
    after = (toys.results / "results.jsonl").read_bytes()
    assert after.startswith(before)
    assert after.count(b"\n") == 3
    assert len({entry.seed for entry in toys.entries().values()}) == 1, "a round has one seed"


@pytest.mark.parametrize(
    ("options", "code"),
    [((), 0), (("--fail-under", "0"), 0), (("--fail-under", "0.5"), 1), (("--fail-under", "100"), 1)],
)
def test_the_exit_code_tells_of_scores_only_when_asked(
    toys: RoundOfToys, grader: Grader, options: tuple[str, ...], code: int
) -> None:
    assert grader(*toys.arguments, *options).returncode == code


def test_what_cannot_be_read_is_told_and_holds_up_nobody(toys: RoundOfToys, grader: Grader) -> None:
    (toys.folder / "carl.zip").write_text("no zip")
    done = grader(*toys.arguments)
    assert done.returncode == 0
    assert done.stdout.startswith("3 submissions: 2 scored, 1 passed, 1 cannot be read\nCannot be read:\n  carl (")
    assert toys.entries()["carl"].status == REFUSED


def test_a_fault_of_ours_is_never_a_score(toys: RoundOfToys, grader: Grader) -> None:
    suite = toys.bank.root / "tests" / "hidden" / "toy" / "test_toy.py"
    broken = suite.read_text().replace("X.mean(axis=0), rtol", "X.nothing(axis=0), rtol")
    suite.write_text(broken)
    done = grader(*toys.arguments, "--retries", "0", "--format", "github")
    assert done.returncode == 3
    assert {entry.status for entry in toys.entries().values()} == {FAULT}
    assert "::error title=ada::the hidden test" in done.stdout
    assert "bob was not scored" in done.stderr
    suite.write_text(broken.replace("X.nothing(axis=0)", "X.mean(axis=0)"))
    assert grader(*toys.arguments).returncode == 0
    assert {entry.status for entry in toys.entries().values()} == {SCORED}


def test_a_changed_suite_flips_verdicts_and_keeps_what_was(toys: RoundOfToys, grader: Grader) -> None:
    grader(*toys.arguments)
    toys.bank.write("assignments/assessment.toml", (toys.bank.root / "assignments/assessment.toml").read_text())
    suite = toys.bank.root / "tests" / "hidden" / "toy" / "test_toy.py"
    suite.write_text(
        suite.read_text().replace("X.mean(axis=0)", "np.zeros(3)").replace(", X[0], ", ", np.zeros(4), ")
    )
    told = grader("impact", toys.results, "--bank", toys.bank.root, "--sandbox", "none")
    assert told.returncode == 1, told.stderr
    assert told.stdout.splitlines()[0] == "2 of 2 verdicts change, 2 scores"
    assert "ada (round/ada.zip): 100 to 40 of 100, NO LONGER PASSES" in told.stdout
    assert "bob (round/bob.zip): 0 to 60 of 100, passes now" in told.stdout
    assert len(read_entries(toys.results)) == 2, "impact changes nothing"
    done = grader(*toys.arguments)
    assert "; 2 verdicts changed" in done.stdout
    assert "ada no longer passes: 100 to " in done.stdout
    entries = read_entries(toys.results)
    assert len(entries) == 4
    assert all((toys.results / entry.folder / "report.json").is_file() for entry in entries)


def test_no_change_has_no_impact(toys: RoundOfToys, grader: Grader) -> None:
    grader(*toys.arguments)
    done = grader("impact", toys.results, "--bank", toys.bank.root, "--sandbox", "none", "--format", "json")
    assert done.returncode == 0
    assert json.loads(done.stdout) == {
        "schema_version": 1, "submissions": 2, "flips": 0, "changes": [], "faults": []
    }  # fmt: skip


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_keeps_what_is_done(toys: RoundOfToys, sent: signal.Signals) -> None:
    for number in range(30):
        toys.add(f"n{number:02}", SLOW.format(text=WRONG) + f"# {number}\n")
    process = started(toys, "--no-resume")
    try:
        wait_for(lambda: count(toys) >= 2)
        process.send_signal(sent)
        _, stderr = process.communicate(timeout=60)
    finally:
        process.kill()
        process.communicate()
    assert process.returncode == 130, stderr
    assert "what is done is kept. To go on:" in stderr
    assert f"  {shlex.join(['grader', *map(str, toys.arguments), '--jobs', '2'])}\n" in stderr
    assert 2 <= count(toys) < 32
    assert len((toys.results / "summary.csv").read_text().splitlines()) == count(toys) + 1


def test_killed_at_any_moment_a_round_loses_nothing_and_does_nothing_twice(toys: RoundOfToys, grader: Grader) -> None:
    for number in range(12):
        toys.add(f"n{number:02}", f"{WRONG}# {number}\n")
    drawn, before = random.Random(7), b""
    for _ in range(6):
        process = started(toys)
        wait_for(partial(has_gone_on, process, toys, count(toys)))
        time.sleep(drawn.uniform(0, 0.3))
        process.kill()
        process.communicate()
        now = (toys.results / "results.jsonl").read_bytes()
        assert now.startswith(before), "what was known stays known"
        before = now[: now.rfind(b"\n") + 1]
        for entry in read_entries(toys.results):
            folder = toys.results / entry.folder
            json.loads((folder / "report.json").read_text())
            assert (folder / "report.html").read_text().rstrip().endswith("</html>")
    done = grader(*toys.arguments)
    assert done.returncode == 0, done.stderr
    entries = read_entries(toys.results)
    assert len(entries) == len({entry.name for entry in entries}) == 14
    left = [path for path in (toys.results / "submissions").glob("*/*") if path.name.startswith(".")]
    assert not left, "what a killed run was writing is replaced"


@pytest.mark.docker
def test_a_killed_round_leaves_no_container(toys: RoundOfToys) -> None:
    looping = "def mean(X):\n    while True:\n        pass\n"
    for number in range(4):
        toys.add(f"n{number}", f"{looping}# {number}\n")
    process = started(toys, kind="docker")
    try:
        wait_for(partial(runs_containers, process.pid, 2))
    finally:
        process.kill()
        process.communicate()
    assert not gone_soon()


def runs_containers(pid: int, least: int) -> bool:
    """Whether the examiners below a process have so many containers; they are taken for ours from then on."""
    [*servers] = children_of(pid)
    STARTED.update(servers, *(children_of(server) for server in servers))
    return len(own_containers(running=True)) >= least


def gone_soon() -> list[str]:
    """Workers that lose their examiner end, and the engine removes their containers."""
    deadline = time.monotonic() + 60
    while (left := gone(own_containers)) and time.monotonic() < deadline:
        time.sleep(0.5)
    return left


def test_two_runs_at_a_time_are_one_too_many(toys: RoundOfToys, grader: Grader) -> None:
    for number in range(20):
        toys.add(f"n{number:02}", SLOW.format(text=WRONG) + f"# {number}\n")
    process = started(toys)
    try:
        wait_for(lambda: count(toys) >= 1)
        done = grader(*toys.arguments)
        assert done.returncode == 2
        assert "another grader batch writes to" in done.stderr
    finally:
        process.terminate()
        process.communicate(timeout=60)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("batch", "nowhere", "--output", "r"), "does not exist"),
        (("batch", ".", "--output", "r"), "should hold submissions"),
        (("batch", "."), "--output"),
        (("impact", "."), "should hold results.jsonl"),
    ],
)
def test_wrong_usage_is_one_clear_line(
    grader: Grader, toy_bank: ToyBank, arguments: tuple[str, ...], told: str
) -> None:
    done = grader(*arguments, "--bank", toy_bank.root)
    assert done.returncode == 2
    assert told in done.stderr
    assert "Traceback" not in done.stderr


def has_gone_on(process: subprocess.Popen[str], toys: RoundOfToys, before: int) -> bool:
    return count(toys) > before or process.poll() is not None


def started(toys: RoundOfToys, *more: str, kind: str = "none") -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "grader", *map(str, toys.arguments[:-1]), kind, "--jobs", "2", *more]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ | {"GRADER_BANK": ""}
    )
    STARTED.add(process.pid)
    return process


def count(toys: RoundOfToys) -> int:
    path = toys.results / "results.jsonl"
    return path.read_bytes().count(b"\n") if path.is_file() else 0
