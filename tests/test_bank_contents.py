"""The default bank, scored as staff would: who earns all, who earns nothing, and what candidates are given."""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from grader.bank import Bank
from grader.interview.pack import read_pack
from grader.validation.specimens import load_specimens
from tests.conftest import Grader, without_times

ROOT = Path(__file__).resolve().parents[1]
BANK = Bank(ROOT)
NAMES = [assignment.name for assignment in BANK.assessment.assignments]


def earned(report: str) -> dict[str, float]:
    """Share of each criterion's points, by assignment and criterion."""
    return {
        f"{entry['name']}.{criterion['id']}": criterion["earned"] / criterion["points"]
        for entry in json.loads(report)["assignments"]
        for criterion in entry["criteria"]
    }


def hand_in(folder: Path, sources: dict[str, Path]) -> Path:
    folder.mkdir(exist_ok=True)
    for module, path in sources.items():
        shutil.copy(path, folder / f"{module}.py")
    return folder


@pytest.mark.docker
def test_the_references_score_100_together(grader: Grader, tmp_path: Path) -> None:
    folder = hand_in(tmp_path / "all", {n: ROOT / "solutions" / n / "reference" / f"{n}.py" for n in NAMES})
    done = grader("score", folder, "--bank", ROOT, "--format", "json")
    assert done.returncode == 0, done.stderr
    assert {name: share for name, share in earned(done.stdout).items() if share != 1} == {}
    assert json.loads(done.stdout)["score"] == 100
    assert json.loads(done.stdout)["integrity"] == []


@pytest.mark.docker
def test_the_untouched_stubs_score_0(grader: Grader, tmp_path: Path) -> None:
    folder = hand_in(tmp_path / "stubs", {n: ROOT / "assignments" / n / f"{n}.py" for n in NAMES})
    done = grader("score", folder, "--bank", ROOT, "--format", "json")
    assert done.returncode == 1, done.stderr
    assert set(earned(done.stdout).values()) == {0}


@pytest.mark.docker
@pytest.mark.parametrize("error", ["ValueError('no')", "AssertionError", "KeyboardInterrupt"])
def test_raising_from_everything_scores_0(grader: Grader, tmp_path: Path, error: str) -> None:
    folder = tmp_path / "raising"
    folder.mkdir()
    for name in NAMES:
        stub = (ROOT / "assignments" / name / f"{name}.py").read_text()
        source = re.sub(r"raise NotImplementedError(\(.*?\))?", f"raise {error}", stub)
        assert source != stub
        (folder / f"{name}.py").write_text(source)
    done = grader("score", folder, "--bank", ROOT, "--format", "json")
    assert done.returncode == 1, done.stderr
    assert set(earned(done.stdout).values()) == {0}


@pytest.mark.docker
def test_the_sample_has_the_same_report_twice_with_one_seed(grader: Grader) -> None:
    """But for times: it wins some and loses some, in values, exceptions, output and speed."""
    arguments = ("score", ROOT / "examples" / "middling", "--bank", ROOT, "--seed", "11", "--format", "json")
    first, second = (grader(*arguments).stdout for _ in range(2))
    assert 60 <= json.loads(first)["score"] < 90
    assert without_times(first) == without_times(second)


@pytest.mark.parametrize("name", NAMES)
def test_every_criterion_has_two_hidden_tests_and_a_public_one(name: str) -> None:
    criteria = {criterion.id for criterion in BANK.assignment(name).criteria}
    hidden = [c for path in BANK.suite(name).glob("test_*.py") for c in marked(path)]
    public = marked(ROOT / "assignments" / name / "test_public.py")
    assert set(hidden) == set(public) == criteria
    assert min(hidden.count(criterion) for criterion in criteria) >= 2


@pytest.mark.parametrize("name", NAMES)
def test_no_suite_makes_others_pay_for_scikit_learn(name: str) -> None:
    """Its import takes over a second: where a test needs it, that test imports it."""
    for path in BANK.suite(name).glob("*.py"):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                names = [getattr(node, "module", None) or "", *(alias.name for alias in node.names)]
                assert not any(imported.split(".")[0] == "sklearn" for imported in names), path


@pytest.mark.parametrize("name", NAMES)
def test_every_test_says_what_a_right_solution_does(name: str) -> None:
    for path in [*BANK.suite(name).glob("test_*.py"), ROOT / "assignments" / name / "test_public.py"]:
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                assert ast.get_docstring(node), f"{path.name}: {node.name} has no docstring"


@pytest.mark.parametrize("name", NAMES)
def test_the_brief_names_every_criterion_with_its_points(name: str) -> None:
    brief = (ROOT / "assignments" / name / "README.md").read_text()
    for criterion in BANK.assignment(name).criteria:
        row = rf"\|\s*`{criterion.id}`[^|]*\|(?:[^|\n]*\|)*?\s*{criterion.points:g}\s*\|"
        assert re.search(row, brief), criterion.id


@pytest.mark.parametrize("name", NAMES)
def test_public_tests_pass_for_right_solutions_alone_in_plain_pytest(name: str, tmp_path: Path) -> None:
    """As a candidate runs them, with nothing but this package installed."""
    kept = load_specimens(BANK, BANK.assignment(name))
    running = []
    for specimen in (kept.reference, *kept.variants, kept.trivial[0]):
        folder = tmp_path / specimen.id
        folder.mkdir()
        for module, source in specimen.modules.items():
            (folder / f"{module}.py").write_bytes(source)
        shutil.copy(ROOT / "assignments" / name / "test_public.py", folder)
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_public.py"]
        environment = os.environ | {"PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True)
        running.append((specimen, process))
    for specimen, printed in [(specimen, process.communicate()[0]) for specimen, process in running]:
        outcome = (" passed" in printed, " failed" in printed)
        assert outcome == (specimen.kind.is_right, not specimen.kind.is_right), (specimen.id, printed[-3000:])


@pytest.mark.parametrize("name", NAMES)
def test_suites_are_proved_on_enough_right_and_wrong_solutions(name: str) -> None:
    """That they hold is proved by ``grader validate``, which CI runs."""
    kept = load_specimens(BANK, BANK.assignment(name))
    assert len(kept.variants) >= 5
    assert len(kept.mistakes) >= 20


@pytest.mark.parametrize("name", NAMES)
def test_an_interview_has_questions_for_every_criterion_and_about_the_model(name: str) -> None:
    path, assignment = BANK.interview(name), BANK.assignment(name)
    assert path is not None
    pack = read_pack(path, assignment)
    assert list(pack.criteria) == [criterion.id for criterion in assignment.criteria]
    topics = [question.topic for question in pack.questions]
    assert len(set(topics)) >= 10
    assert max(map(topics.count, topics)) <= 2
    asked = [q.ask for c in pack.criteria.values() for q in (*c.lost, c.won)] + [q.ask for q in pack.questions]
    assert len(set(asked)) == len(asked)


def marked(path: Path) -> list[str]:
    return re.findall(r'@pytest\.mark\.criterion\("([^"]+)"\)', path.read_text())
