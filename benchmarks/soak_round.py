"""The round of ``soak.py``: its bank, what is handed in, and the verdict of each kind when it is graded alone."""

from __future__ import annotations

import itertools
import multiprocessing
import os
import re
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from batch import small_bank
from soak_order import TOLD_SECONDS, Order, SoakError, say

from grader.bank import Bank
from grader.models import Outcome, Submission
from grader.sandbox.choosing import choose
from grader.validation.specimens import load_specimens

ROOT = Path(__file__).resolve().parents[1]
ATTACKS = ROOT / "tests" / "attacks"
CANARY = re.compile(r"CANARY-\w+-[0-9a-f]{4}")
CHEAT_EVERY = 10
LONGEST_FIRST = "hang_"
LOSSES = frozenset({Outcome.TIMEOUT, Outcome.OUT_OF_MEMORY, Outcome.CRASHED})
ASSESSMENT = """\
title = "Soak"
version = "1"
pass_mark = 40

[[assignments]]
name = "knn"
weight = 1

[[assignments]]
name = "toy"
weight = 1
"""


@dataclass(frozen=True)
class Kind:
    """What several submissions have in common.

    Attributes:
        label: unique among the kinds.
        modules: sources by module name.
    """

    label: str
    modules: Mapping[str, bytes]

    def write(self, folder: Path, number: int) -> None:
        """Write a submission that differs from all others of its kind."""
        folder.mkdir(parents=True)
        for name, source in self.modules.items():
            (folder / f"{name}.py").write_bytes(source + f"\n# soak {number}\n".encode())


@dataclass(frozen=True)
class Verdict:
    """What has to be the same however a submission was graded.

    Attributes:
        score: out of 100.
        outcomes: of the tests, by assignment and id.
    """

    score: float
    outcomes: Mapping[str, str]

    def differences(self, found: Verdict) -> Iterator[str]:
        """Yield what is different in another verdict."""
        if self.score != found.score:
            yield f"score {self.score:g} alone, {found.score:g} in the round"
        for test in sorted(self.outcomes.keys() | found.outcomes.keys()):
            alone, there = self.outcomes.get(test, "absent"), found.outcomes.get(test, "absent")
            if alone != there:
                yield f"{test} {alone} alone, {there} in the round"

    def earns_alike(self, found: Verdict) -> bool:
        """Tell whether another verdict differs at most in what stopped a test, which is lost in both.

        Where two limits are close together, either may strike first.
        """
        tests = self.outcomes.keys() | found.outcomes.keys()
        pairs = [(self.outcomes.get(test), found.outcomes.get(test)) for test in tests]
        return self.score == found.score and all(a == b or LOSSES.issuperset((a, b)) for a, b in pairs)


def soak_bank(root: Path, all_tests: bool) -> Path:
    """Make a bank of the k-NN assignment and of the toy that cheats are written for."""
    small_bank(root)
    if all_tests:
        for folder in ("assignments/knn", "tests/hidden/knn"):
            shutil.copytree(ROOT / folder, root / folder, dirs_exist_ok=True)
    for folder in ("assignments/toy", "solutions/toy", "tests/hidden/toy"):
        shutil.copytree(ATTACKS / "bank" / folder, root / folder, ignore=shutil.ignore_patterns("__pycache__"))
    (root / "assignments" / "assessment.toml").write_text(ASSESSMENT)
    return root


def handed_in(folder: Path, count: int) -> dict[str, Kind]:
    """Write so many submissions, every tenth a cheat; return their kinds by their names."""
    right_and_wrong, cheating = solutions(), itertools.cycle(cheats())
    kinds = {}
    for number in range(1, count + 1):
        kind = next(cheating if number % CHEAT_EVERY == 0 else right_and_wrong)
        name = f"s{number:05}-{kind.label}"
        kind.write(folder / name, number)
        kinds[name] = kind
    return kinds


def solutions() -> Iterator[Kind]:
    """Yield by turns the reference, variants, trivial solutions and mistakes, without end."""
    bank = Bank(ROOT)
    found = load_specimens(bank, bank.assignment("knn"))
    groups = [(found.reference,), found.variants, found.trivial, found.mistakes]
    turns = [itertools.cycle([Kind(f"{s.kind}-{s.id}", s.modules) for s in group]) for group in groups]
    while True:
        yield from map(next, turns)


def cheats() -> list[Kind]:
    """Return the corpus of cheats, those first that wait for their time-out."""
    bank = Bank(ATTACKS / "bank")
    reference = CANARY.sub("", bank.reference(bank.assignment("toy"))["toy"].decode()).encode()
    paths = sorted(
        (ATTACKS / "submissions").glob("*.py"), key=lambda p: (not p.stem.startswith(LONGEST_FIRST), p.stem)
    )
    return [Kind(f"cheat-{path.stem}", {"toy": reference + b"\n\n" + path.read_bytes()}) for path in paths]


def graded_alone(bank: Path, order: Order, kinds: Mapping[str, Kind]) -> dict[str, Verdict]:
    """Grade each kind once, with nothing beside it; return their verdicts by label."""
    # Forked, so that what grading imports is not in this process: its children's peaks of memory begin with its own.
    context = multiprocessing.get_context("fork")
    mine, theirs = context.Pipe(duplex=False)
    process = context.Process(target=grade_each, args=(theirs, bank, order, list(kinds.values())))
    process.start()
    theirs.close()
    expected: dict[str, Verdict] = {}
    told = time.monotonic()
    try:
        while len(expected) < len(kinds):
            label, expected_verdict = mine.recv()
            expected[label] = expected_verdict
            if time.monotonic() - told > TOLD_SECONDS:
                told = time.monotonic()
                say(f"{len(expected)} of {len(kinds)} kinds graded alone")
        process.join()
    except EOFError:
        raise SoakError("a kind could not be graded alone; the traceback is above") from None
    finally:
        process.terminate()
        process.join()
    return expected


def grade_each(told: Connection, bank_root: Path, order: Order, kinds: Sequence[Kind]) -> None:
    """Do what ``grader score`` does for each kind, and send label and verdict."""
    from grader.grade import grade
    from grader.report.data import as_data

    os.setsid()  # Ctrl-C is the parent's
    bank = Bank(bank_root)
    with closing(choose(order.sandbox, say)) as provider:
        for kind in kinds:
            modules = {name: source + b"\n# alone\n" for name, source in kind.modules.items()}
            submission = Submission(kind.label, "0" * 64, modules, {name: f"{name}.py" for name in modules})
            report = grade(submission, bank, bank.assessment, provider, seed=order.seed)
            told.send((kind.label, verdict_of(as_data(report))))


def verdict_of(report: Mapping[str, Any]) -> Verdict:
    """Return the verdict of a report as plain data."""
    outcomes = {
        f"{assignment['name']} {test['id']}": test["outcome"]
        for assignment in report["assignments"]
        for criterion in assignment["criteria"]
        for test in criterion["tests"]
    }
    return Verdict(report["score"], outcomes)
