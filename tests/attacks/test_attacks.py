"""Every cheat of ``submissions/`` against a real sandbox: none earns what it did not solve, none loses what it did.

A file of ``submissions/`` is handed in as ``toy.py`` below the reference solution, whose names it may replace, so
that each file shows its attack alone and the rest of it is right. Its constants are read, never run, here:

- ``EARNS``: the hidden tests that its honest part passes: a list of names, "all", "none" or "all but name, name";
- ``ATTEMPTED``: one or more texts that it prints, so that an attack which silently does nothing is noticed;
- ``SAYS`` (optional): a text that the message of at least one lost test holds;
- ``ON_THE_HOST`` (optional): those of the above that differ where there is no container;
- ``IN_NAMESPACES`` (optional): the same for bubblewrap, if it is not as ``ON_THE_HOST`` there.
"""

from __future__ import annotations

import ast
import itertools
import json
import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from grader.bank import Bank
from grader.errors import SandboxError
from grader.examiner.seeding import hash_seed_of
from grader.grade import grade
from grader.models import Outcome, Report, Submission, TestResult
from grader.report.data import as_data, as_json
from grader.report.terminal import render
from grader.sandbox import SandboxProvider
from tests.conftest import GROWN, LOCAL_KINDS, chosen, engine_answers, gone, own_containers

HERE = Path(__file__).resolve().parent
BANK = Bank(HERE / "bank")
ATTACKS = sorted((HERE / "submissions").glob("*.py"))
SEED = 20_240_601
FEWEST_ATTACKS = 90
REPORT_BYTES = 1_000_000
CANARY = re.compile(r"CANARY-\w+-[0-9a-f]{4}")
SECRET_NUMBER = "7402.619317"
_FIRST_UID = 200_000
_LAST_UID = 1_400_000


@dataclass(frozen=True)
class Attack:
    """What a file of ``submissions/`` says of itself."""

    docstring: str
    earns: str | list[str]
    attempted: tuple[str, ...]
    says: str

    def earned(self, names: list[str]) -> set[str]:
        """Return which of ``names`` its honest part passes."""
        if isinstance(self.earns, list):
            return set(self.earns)
        if self.earns == "none":
            return set()
        _, _, exceptions = self.earns.partition("all but ")
        return set(names) - {name.strip() for name in exceptions.split(",")}

    @property
    def named(self) -> set[str]:
        """Names of tests that it declares, won or lost."""
        if isinstance(self.earns, list):
            return set(self.earns)
        return {name.strip() for name in self.earns.removeprefix("all but ").split(",")} - {"all", "none"}


def read_attack(path: Path, kind: str = "docker") -> Attack:
    """Read docstring and constants, as they are for a kind of sandbox, without running anything."""
    tree = ast.parse(path.read_bytes())
    found = {
        node.targets[0].id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }
    told = {name: ast.literal_eval(found[name]) for name in ("EARNS", "ATTEMPTED", "SAYS") if name in found}
    overridden = {"embedded": ["ON_THE_HOST"], "bubblewrap": ["IN_NAMESPACES", "ON_THE_HOST"]}.get(kind, [])
    for name in [name for name in overridden if name in found][:1]:
        told |= ast.literal_eval(found[name])
    attempted = told.get("ATTEMPTED", ())
    return Attack(
        docstring=ast.get_docstring(tree) or "",
        earns=told["EARNS"],
        attempted=(attempted,) if isinstance(attempted, str) else tuple(attempted),
        says=told.get("SAYS", ""),
    )


def hidden_tests() -> list[str]:
    """Names of the tests in the bank's suite."""
    tree = ast.parse((BANK.suite("toy") / "test_toy.py").read_bytes())
    return [node.name for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")]


def reference() -> bytes:
    """The reference as a candidate might have written it: without its canary."""
    source = BANK.reference(BANK.assessment.assignments[0])["toy"]
    return CANARY.sub("", source.decode()).encode()


def hand_in(name: str, source: bytes) -> Submission:
    return Submission(name, "0" * 64, {"toy": source}, {"toy": "toy.py"})


def results_of(report: Report) -> dict[str, TestResult]:
    criteria = [criterion for assignment in report.score.assignments for criterion in assignment.criteria]
    return {result.id.rpartition("::")[2]: result for criterion in criteria for result in criterion.results}


def leftover_processes() -> list[str]:
    """Processes of users that only we make, and that neither a worker nor another run is left to end.

    None is visible where the engine is on another machine; those in containers go with them.
    """
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if _FIRST_UID <= entry.stat().st_uid < _LAST_UID and not is_looked_after(entry):
                found.append(entry.name)
        except OSError:
            continue
    return found


def is_looked_after(process: Path) -> bool:
    """Whether a process descends from a worker, or from bubblewrap that another process than this has started."""
    while (parent := process.joinpath("stat").read_text(errors="replace").rpartition(")")[2].split()[1]) != "0":
        command = process.joinpath("cmdline").read_bytes()
        is_bubblewrap = b"bwrap" in command.partition(b"\0")[0] or b"unprivileged.py" in command
        if is_bubblewrap and parent not in ("1", str(os.getpid())):
            return True
        process = process.with_name(parent)
        if b"grader.worker" in process.joinpath("cmdline").read_bytes():
            return True
    return False


@pytest.fixture(scope="module", params=[pytest.param("docker", marks=pytest.mark.docker), *LOCAL_KINDS, GROWN])
def provider(request: pytest.FixtureRequest) -> Iterator[SandboxProvider]:
    try:
        made = chosen(request.param, hash_seed_of(SEED))
    except SandboxError as error:
        pytest.skip(str(error))
    yield made
    made.close()


@pytest.mark.parametrize("path", ATTACKS, ids=lambda path: path.stem)
def test_an_attack_earns_what_its_honest_part_earns(path: Path, provider: SandboxProvider) -> None:
    attack = read_attack(path, provider.kind)
    report = grade(
        hand_in(path.name, reference() + b"\n\n" + path.read_bytes()), BANK, BANK.assessment, provider, seed=SEED
    )

    results = results_of(report)
    passed = {name for name, result in results.items() if result.outcome is Outcome.PASSED}
    assert list(results) == hidden_tests()
    assert passed == attack.earned(list(results)), {
        name: (result.outcome.value, result.message[:300]) for name, result in results.items()
    }
    assert not [name for name, result in results.items() if result.outcome in (Outcome.NOT_RUN, Outcome.ERROR)]
    printed = "\n".join(result.output for result in results.values())
    for text in attack.attempted:
        assert text in printed
    assert any(attack.says in result.message for result in results.values())
    check_report(report)
    assert not engine_answers() or gone(own_containers) == []
    assert gone(leftover_processes) == []


def check_report(report: Report) -> None:
    """Nothing hidden came back from the submission, and what it sent harms no reader.

    A message may quote the inputs and the expected value of the test that failed: the examiner writes it, for
    staff. What no part of a report may hold is the source of the suite or of the reference; what comes from the
    submission (output, frames, findings) may hold no expected value either.
    """
    from grader.report.data import schema

    jsonschema = pytest.importorskip("jsonschema")
    jsonschema.validate(as_data(report), schema())
    text = as_json(report)
    assert len(text) < REPORT_BYTES
    assert not CANARY.search(text)
    theirs = json.dumps(
        [[result.output, [vars(frame) for frame in result.frames]] for result in results_of(report).values()]
        + [vars(finding) for finding in report.findings]
    )
    assert SECRET_NUMBER not in theirs
    shown = render(report)
    assert not CANARY.search(shown)
    assert not [c for c in shown if not (c.isprintable() or c == "\n")]


def test_the_reference_scores_everything_and_the_stub_nothing(provider: SandboxProvider) -> None:
    stub = (BANK.root / "assignments" / "toy" / "toy.py").read_bytes()
    scores = [
        grade(hand_in("toy.py", source), BANK, BANK.assessment, provider, seed=SEED).score.total
        for source in (reference(), stub)
    ]
    assert scores == [100.0, 0.0]


def test_canaries_would_be_found(provider: SandboxProvider, tmp_path: Path) -> None:
    """A suite that does leak its source into a message is noticed by the check above."""
    shutil.copytree(BANK.root, tmp_path / "bank")
    suite = tmp_path / "bank" / "tests" / "hidden" / "toy"
    (suite / "test_toy.py").rename(suite / "test_leaky.py")
    text = (suite / "test_leaky.py").read_text(encoding="utf-8").replace('label = f"MARK', 'label = f"{SECRET_TEXT}')
    (suite / "test_leaky.py").write_text(text, encoding="utf-8")
    source = reference() + b"\n\ndef summary(label, x):\n    print(label)\n"
    leaky = Bank(tmp_path / "bank")
    report = grade(hand_in("toy.py", source), leaky, leaky.assessment, provider, seed=SEED)
    with pytest.raises(AssertionError):
        check_report(report)


def test_the_corpus_says_what_it_tries() -> None:
    names = set(hidden_tests())
    assert len(ATTACKS) >= FEWEST_ATTACKS
    for path, kind in itertools.product(ATTACKS, ("docker", *LOCAL_KINDS)):
        attack = read_attack(path, kind)
        assert 2 <= len(attack.docstring.splitlines()) <= 7, path.name
        assert "Honest result" in attack.docstring, path.name
        assert attack.attempted or attack.says, path.name
        assert attack.named <= names, path.name
        assert attack.earns in ("all", "none") or attack.named, path.name
        assert max(map(len, path.read_text(encoding="utf-8").splitlines())) <= 118, path.name
        assert not CANARY.search(path.read_text(encoding="utf-8")), path.name


def test_the_suite_holds_canaries() -> None:
    suite = (BANK.suite("toy") / "test_toy.py").read_text(encoding="utf-8")
    assert len(set(CANARY.findall(suite))) == 3
    assert SECRET_NUMBER in suite
