"""``benchmarks/soak.py`` on a round that is small enough to wait for; and that it sees what it is there to see."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from click.testing import CliRunner

from grader.batch.results import SCORED, Entry, ResultsFolder, folder_of
from grader.errors import SandboxError
from grader.models import Outcome
from grader.sandbox.choosing import choose
from tests.conftest import ROOT, wait_for

BENCHMARKS = ROOT / "benchmarks"


@pytest.fixture
def embedded() -> None:
    try:
        choose("embedded", lambda text: None).close()
    except SandboxError as error:
        pytest.skip(str(error))


@pytest.fixture
def soak(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    import soak  # type: ignore[import-not-found]

    for changes_this_process in ("adopt_orphans", "end_descendants"):
        monkeypatch.setattr(soak, changes_this_process, lambda: None)
    return soak  # type: ignore[no-any-return]


@pytest.fixture
def soak_round(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    import soak_round  # type: ignore[import-not-found]

    return soak_round  # type: ignore[no-any-return]


@pytest.fixture
def soak_left(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    import soak_left  # type: ignore[import-not-found]

    monkeypatch.setattr(soak_left, "END_SECONDS", 0.0)
    monkeypatch.setattr(soak_left, "reap_orphans", lambda: None)  # here others wait for theirs
    return soak_left  # type: ignore[no-any-return]


def soaked(*options: str) -> dict[str, Any]:
    command = [sys.executable, str(BENCHMARKS / "soak.py"), "--format", "json", *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=180, check=False)
    assert done.returncode == 0, (done.stdout, done.stderr)
    told = json.loads(done.stdout)
    assert told["problems"] == []
    figures: dict[str, Any] = told["figures"]
    return figures


@pytest.mark.usefixtures("embedded")
def test_a_round_whose_main_process_is_killed_is_as_it_should_be() -> None:
    figures = soaked("--submissions", "10", "--kills", "1")
    assert (figures["scored"], figures["cheats"], figures["kills"], figures["runs"]) == (10, 1, 1, 2)
    assert 0 < figures["main_process_mib"] < 300
    assert (figures["differing_scores"], figures["differing_submissions"]) == (0, 0)


@pytest.mark.xdist_group("cluster")
@pytest.mark.usefixtures("embedded")
def test_a_round_of_a_cluster_that_loses_a_worker_is_as_it_should_be() -> None:
    figures = soaked("--submissions", "6", "--kills", "0", "--cluster", "2", "--kill-worker")
    assert (figures["scored"], figures["killed_workers"], figures["runs"]) == (6, 1, 1)


def test_every_tenth_is_a_cheat_and_no_two_are_the_same(soak_round: ModuleType, tmp_path: Path) -> None:
    kinds = soak_round.handed_in(tmp_path / "round", 1000)
    cheats = [kind.label for kind in kinds.values() if kind.label.startswith("cheat-")]
    corpus = {f"cheat-{path.stem}" for path in (ROOT / "tests" / "attacks" / "submissions").glob("*.py")}
    assert len(cheats) == 100
    assert set(cheats) == corpus
    assert {kind.label.partition("-")[0] for kind in kinds.values()} == {
        "reference", "variant", "trivial", "mistake", "cheat"
    }  # fmt: skip
    assert len({path.read_bytes() for path in (tmp_path / "round").glob("*/*.py")}) == 1000


def report(score: float, outcomes: Mapping[str, str]) -> bytes:
    tests = [{"id": name, "outcome": outcome} for name, outcome in outcomes.items()]
    return json.dumps({"score": score, "assignments": [{"name": "knn", "criteria": [{"tests": tests}]}]}).encode()


def entry(name: str, key: str, **changes: Any) -> Entry:
    told: dict[str, Any] = {"key": key, "name": name, "source": name, "status": SCORED, "score": 50.0, "passed": True}
    told |= {"folder": folder_of(name, key, key).as_posix(), "submission_sha256": key, "bank_sha256": "", "seed": 1}
    told |= {
        "grader_version": "",
        "sandbox": "none",
        "assignments": {},
        "attempts": 1,
        "seconds": 0.0,
        "finished": "",
    }
    return Entry(**told | changes)


def round_of(folder: Path, *entries: Entry, files: bytes) -> Path:
    results = ResultsFolder(folder)
    for each in entries:
        results.keep(each, {"report.json": files} if each.status == SCORED else {})
    (folder / "summary.csv").write_text(
        "".join(["name\n", *(f"{name}\n" for name in dict.fromkeys(e.name for e in entries))])
    )
    return folder


def test_what_is_missing_twice_or_half_there_is_told(soak_left: ModuleType, tmp_path: Path) -> None:
    good = report(50.0, {"test_a": "PASSED"})
    entries = [entry("ada", "1" * 64), entry("bob", "2" * 64), entry("bob", "2" * 64)]
    entries.append(entry("eve", "3" * 64, status="fault", folder="", message="the engine was lost"))
    results = round_of(tmp_path / "results", *entries, files=good)
    (results / entries[0].folder).with_name(".1.partial").mkdir()
    told = list(soak_left.checked(results, entries, {"ada", "bob", "eve", "mia"}))
    assert told == [
        "eve: fault: the engine was lost",
        "mia: has no line",
        "bob: graded 2 times",
        f"submissions/ada-{'1' * 8}/.1.partial: half written, or of no line",
        "summary.csv has 3 rows of 3 names, not one for each of 4",
    ]
    assert list(soak_left.checked(round_of(tmp_path / "well", entries[0], files=good), entries[:1], {"ada"})) == []


def test_a_score_or_an_outcome_that_differs_is_told(soak_left: ModuleType, tmp_path: Path) -> None:
    made = entry("ada", "1" * 64)
    results = round_of(tmp_path / "results", made, files=report(50.0, {"test_a": "PASSED", "test_b": "TIMEOUT"}))
    kinds = {"ada": soak_left.Kind("reference", {})}
    same = soak_left.Verdict(50.0, {"knn test_a": "PASSED", "knn test_b": "TIMEOUT"})
    other = soak_left.Verdict(75.0, {"knn test_a": "PASSED", "knn test_b": "FAILED", "knn test_c": "PASSED"})
    assert soak_left.differences(results, [made], kinds, {"reference": same}) == ([], [])
    problems, notes = soak_left.differences(results, [made], kinds, {"reference": other})
    assert problems == [
        "ada: score 75 alone, 50 in the round",
        "ada: knn test_b FAILED alone, TIMEOUT in the round",
        "ada: knn test_c PASSED alone, absent in the round",
    ]
    assert notes == []


LOSSES = ("TIMEOUT", "OUT_OF_MEMORY", "CRASHED")
LOST_OTHERWISE = sorted(itertools.permutations(LOSSES, 2))
NOT_ALIKE = sorted(pair for pair in itertools.permutations(Outcome, 2) if not set(pair) <= set(LOSSES))


@pytest.mark.parametrize(("alone", "there"), [*LOST_OTHERWISE, *NOT_ALIKE])
def test_only_the_cause_of_a_loss_may_differ(soak_left: ModuleType, tmp_path: Path, alone: str, there: str) -> None:
    made = entry("ada", "1" * 64)
    results = round_of(tmp_path / "results", made, files=report(50.0, {"test_a": "PASSED", "test_b": there}))
    expected = {"cheat": soak_left.Verdict(50.0, {"knn test_a": "PASSED", "knn test_b": alone})}
    told = [f"ada: knn test_b {alone} alone, {there} in the round"]
    found = soak_left.differences(results, [made], {"ada": soak_left.Kind("cheat", {})}, expected)
    assert found == (([], told) if (alone, there) in LOST_OTHERWISE else (told, []))


def test_a_cause_that_differs_beside_a_score_is_a_problem_too(soak_left: ModuleType, tmp_path: Path) -> None:
    made = entry("ada", "1" * 64)
    results = round_of(tmp_path / "results", made, files=report(50.0, {"test_a": "CRASHED"}))
    expected = {"cheat": soak_left.Verdict(75.0, {"knn test_a": "TIMEOUT"})}
    assert soak_left.differences(results, [made], {"ada": soak_left.Kind("cheat", {})}, expected) == (
        ["ada: score 75 alone, 50 in the round", "ada: knn test_a TIMEOUT alone, CRASHED in the round"],
        [],
    )


@pytest.mark.parametrize(("problems", "code"), [([], 0), (["bob: has no line"], 1)])
def test_a_note_is_listed_and_leaves_the_exit_code(
    soak: ModuleType, monkeypatch: pytest.MonkeyPatch, problems: list[str], code: int
) -> None:
    notes = ["ada: toy test_a TIMEOUT alone, CRASHED in the round"]
    monkeypatch.setattr(soak, "soaked", lambda root, order: ({"lost_otherwise": 1}, problems, notes))
    text, data = (CliRunner().invoke(soak.main, ["--format", form]) for form in ("text", "json"))
    assert (text.exit_code, data.exit_code) == (code, code)
    assert text.stdout.endswith(f"\n1 tests lost otherwise than alone:\n{notes[0]}\n")
    assert ("all as it should be" in text.stdout) == (not problems)
    assert json.loads(data.stdout) == {"figures": {"lost_otherwise": 1}, "problems": problems, "notes": notes}


def test_what_is_left_behind_is_told(soak_left: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "grader-host:1:2-abc").mkdir()
    with subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE) as process:
        wait_for(lambda: process.pid in soak_left.descendants(os.getpid()))
        left, cleared = soak_left.left_behind(tmp_path, "embedded", set(), set())
    assert [one for one in left["processes"] if one.startswith(f"{process.pid} ")]
    assert (left["folders"], left["containers"], cleared) == (["grader-host:1:2-abc"], [], 0)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--kill-worker"], "--kill-worker needs --cluster"),
        (["--cluster", "2", "--jobs", "2"], "--jobs is for a round"),
    ],
)
def test_options_that_do_not_fit_are_refused(options: list[str], told: str) -> None:
    command = [sys.executable, str(BENCHMARKS / "soak.py"), *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert told in done.stderr
