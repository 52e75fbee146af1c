"""The recipes for CI servers do what they say: their shell steps are run here, in a stand-in for the server."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from grader.batch.results import SCORED, read_entries
from tests.conftest import ToyBank

ROOT = Path(__file__).resolve().parents[2]
GITHUB = ROOT / ".github" / "workflows" / "grade.yml"
GITLAB = ROOT / "docs" / "ci" / "gitlab.yml"
SCALE = ROOT / "docs" / "scale.md"

WRONG = "import numpy as np\ndef mean(X):\n    return np.zeros(np.shape(X)[1])\n"
INSTALL = "Install"
"""The one step that is not run: what it would install is on the PATH here already."""

_EXPRESSION = re.compile(r"\$\{\{ *(.+?) *\}\}")
_NAME = re.compile(r"\b(?:inputs|runner|secrets|steps)\.[\w.-]+")


class Runner:
    """Runs the steps of a job as GitHub's runner does: conditions, expressions, outputs, a shell for each.

    Args:
        folder: the checkout.
        temporary: for files of the runner.
        inputs: of the caller.
        cached: what the cache holds already: whether its step reports a hit.
    """

    def __init__(self, folder: Path, temporary: Path, inputs: Mapping[str, str], *, cached: bool = False) -> None:
        temporary.mkdir()
        self.folder = folder
        self.temporary = temporary
        self.workflow = yaml.safe_load(GITHUB.read_text())
        declared = self.workflow[True]["workflow_call"]["inputs"]  # YAML 1.1 takes the word on for a truth
        assert inputs.keys() <= declared.keys()
        missing = [name for name, one in declared.items() if one.get("required") and name not in inputs]
        assert not missing
        values = {name: str(inputs.get(name, one.get("default"))) for name, one in declared.items()}
        self.values = {f"inputs.{name}": value for name, value in values.items()}
        self.values |= {"runner.temp": str(temporary), "runner.arch": "X64", "secrets.bank-token": ""}
        self.values["steps.cache.outputs.cache-hit"] = "true" if cached else ""
        self.output, self.summary = temporary / "output", temporary / "summary"
        self.summary.touch()
        self.failed = False
        self.ran: list[str] = []

    def run(self) -> None:
        (job,) = self.workflow["jobs"].values()
        assert job["defaults"]["run"]["shell"] == "bash"
        common = {name: self.filled(str(value)) for name, value in job["env"].items()}
        for step in job["steps"]:
            if not self.applies(step):
                continue
            for value in step.get("with", {}).values():
                self.filled(str(value))  # raises for what is not there
            if "run" in step and step["name"] != INSTALL:
                self.step(step, common | {name: self.filled(value) for name, value in step.get("env", {}).items()})

    def step(self, step: Mapping[str, Any], environment: Mapping[str, str]) -> None:
        assert "${{" not in step["run"], "what a caller gives would be taken for shell"
        self.output.write_text("")
        mine = {"RUNNER_TEMP": str(self.temporary), "GITHUB_OUTPUT": str(self.output)}
        mine |= {"GITHUB_STEP_SUMMARY": str(self.summary)}
        done = shell(step["run"], self.folder, {**environment, **mine})
        self.ran.append(step["name"])
        self.failed = self.failed or done.returncode != 0
        self.last = done
        if "id" in step:
            for line in self.output.read_text().splitlines():
                name, _, value = line.partition("=")
                self.values[f"steps.{step['id']}.outputs.{name}"] = value

    def applies(self, step: Mapping[str, Any]) -> bool:
        condition = step.get("if", "success()")
        text = _NAME.sub(lambda found: repr(self.values[found[0]]), condition).replace("&&", "and")
        usual = {"always": lambda: True, "success": lambda: not self.failed}
        return bool(eval(text, {"__builtins__": {}}, usual)) and ("always()" in text or not self.failed)

    def filled(self, text: str) -> str:
        return _EXPRESSION.sub(lambda found: self.values[found[1]], text)


def shell(text: str, folder: Path, environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    kept = {name: value for name, value in os.environ.items() if name != "GRADER_BANK"}
    command = ["bash", "--noprofile", "--norc", "-euo", "pipefail", "-c", text]
    return subprocess.run(
        command, cwd=folder, env={**kept, **environment, "PATH": path}, capture_output=True, text=True, check=False
    )


@pytest.fixture
def checkout(toy_bank: ToyBank) -> Path:
    """A repository that is a bank, with a round in it; one name would be a table's cell, a command and a formula."""
    for name in ("ada", "=1|2 `bob` %0A::error::x"):
        toy_bank.submission(WRONG, f"round/{name}")
    return toy_bank.root


def test_github_scores_a_round_and_tells_of_it(checkout: Path, tmp_path: Path) -> None:
    runner = Runner(checkout, tmp_path / "runner", {"submissions": "round", "sandbox": "none"})
    runner.run()
    assert not runner.failed, runner.last.stderr
    assert runner.ran == ["See that all is there", "Score", "Summarise"]
    entries = read_entries(checkout / "results")
    assert [entry.status for entry in entries] == [SCORED, SCORED]
    summary = runner.summary.read_text()
    assert "**2 submissions: 2 scored, 0 passed**" in summary
    assert "| `ada` | 0 | not passed |" in summary
    rows = [line for line in summary.splitlines() if "bob" in line]
    assert [re.sub(r"\\\|", "", row).count("|") for row in rows] == [4]
    annotations = (checkout / "results" / "annotations.txt").read_text().splitlines()
    assert len(annotations) == 3
    assert all(line.startswith(("::notice ", "::warning ")) for line in annotations)


def test_github_fails_below_the_points_that_are_asked_for_and_tells_all_the_same(
    checkout: Path, tmp_path: Path
) -> None:
    inputs = {"submissions": "round/ada", "sandbox": "none", "fail-under": "50"}
    runner = Runner(checkout, tmp_path / "runner", inputs)
    runner.run()
    assert runner.failed
    assert runner.ran[-2:] == ["Score", "Summarise"]
    assert "not passed, below 50" in runner.summary.read_text()


def test_github_takes_no_input_for_a_command(checkout: Path, tmp_path: Path) -> None:
    runner = Runner(checkout, tmp_path / "runner", {"submissions": "$(touch pwned); touch pwned", "sandbox": "none"})
    runner.run()
    assert runner.failed
    assert not list(checkout.rglob("pwned"))


@pytest.mark.docker
def test_github_keeps_the_sandbox_image_and_loads_it(checkout: Path, tmp_path: Path) -> None:
    first = Runner(checkout, tmp_path / "first", {"submissions": "round/ada"})
    first.run()
    assert not first.failed, first.last.stderr
    assert "Save the sandbox image" in first.ran
    second = Runner(checkout, tmp_path / "second", {"submissions": "round/ada"}, cached=True)
    (first.temporary / "sandbox-image.tar").rename(second.temporary / "sandbox-image.tar")
    second.run()
    assert not second.failed, second.last.stderr
    assert "Load the sandbox image" in second.ran
    assert "Save the sandbox image" not in second.ran
    (entry,) = read_entries(checkout / "results")
    assert entry.sandbox == "docker"


def test_github_names_the_image_as_grader_does(checkout: Path, tmp_path: Path) -> None:
    from grader.sandbox.image import recipe

    runner = Runner(checkout, tmp_path / "runner", {"submissions": "round"})
    (step,) = [one for one in runner.workflow["jobs"]["grade"]["steps"] if one.get("id") == "image"]
    runner.step(step, {})
    assert runner.values["steps.image.outputs.tag"] == recipe().tag


def test_github_installs_what_it_was_told_to(tmp_path: Path) -> None:
    """The step that the other tests leave out; an argument that pip refuses shows that it gets there."""
    steps = yaml.safe_load(GITHUB.read_text())["jobs"]["grade"]["steps"]
    (step,) = [one for one in steps if one["name"] == INSTALL]
    done = shell(step["run"], tmp_path, {"GRADER": "./not there[staff]"})
    assert done.returncode != 0
    assert "not there" in done.stderr


@pytest.mark.parametrize("points", ["", "50"])
def test_gitlab_scores_a_round(checkout: Path, points: str) -> None:
    """Without before_script, which installs what is on the PATH here already."""
    job = yaml.safe_load(GITLAB.read_text())["grade"]
    variables = {name: str(value) for name, value in job["variables"].items()}
    variables |= {"SANDBOX": "none", "CI_PROJECT_DIR": str(checkout), "FAIL_UNDER": points}
    done = shell("\n".join(job["script"]), checkout, variables)
    assert done.returncode == bool(points), done.stderr
    assert "**2 submissions: 2 scored, 0 passed**" in done.stdout
    for kept in (*job["artifacts"]["paths"], job["artifacts"]["reports"]["junit"]):
        assert (checkout / kept).exists()


def test_gitlab_makes_an_environment_of_its_own(tmp_path: Path) -> None:
    job = yaml.safe_load(GITLAB.read_text())["grade"]
    text = "\n".join(line.replace("pip install", "pip --version; : ") for line in job["before_script"])
    done = shell(text, tmp_path, {"CI_PROJECT_DIR": str(tmp_path), "GRADER": job["variables"]["GRADER"]})
    assert done.returncode == 0, done.stderr
    assert str(tmp_path / ".grader") in done.stdout


@pytest.mark.parametrize("path", [GITHUB, GITLAB], ids=["github", "gitlab"])
def test_recipes_name_no_host_and_keep_what_they_score(path: Path) -> None:
    text = path.read_text()
    assert not re.search(r"https?://|\bpypi\b|[\w-]+\.(?:io|com|org|dev)\b", text)
    assert "when: always" in text or "if: always()" in text


def test_actions_are_pinned_to_major_versions() -> None:
    steps = yaml.safe_load(GITHUB.read_text())["jobs"]["grade"]["steps"]
    used = [step["uses"] for step in steps if "uses" in step]
    assert used
    assert all(re.fullmatch(r"actions/[\w/-]+@v[0-9]+", name) for name in used)


def test_the_job_may_read_and_no_more() -> None:
    workflow = yaml.safe_load(GITHUB.read_text())
    assert workflow["permissions"] == {"contents": "read"}
    checkouts = [s for s in workflow["jobs"]["grade"]["steps"] if s.get("uses", "").startswith("actions/checkout@")]
    assert [step["with"]["persist-credentials"] for step in checkouts] == [False, False]


def blocks(kind: str) -> list[str]:
    return re.findall(rf"```{kind}\n(.*?)```", SCALE.read_text(), re.S)


@pytest.mark.parametrize("text", blocks("yaml"))
def test_manifests_in_the_guide_are_yaml_and_ask_for_one_thread_and_no_rights(text: str) -> None:
    for document in yaml.safe_load_all(text):
        for spec in pods_in(document):
            assert spec["securityContext"]["runAsNonRoot"] is True
            for container in spec["containers"]:
                rights = container["securityContext"]
                assert rights["allowPrivilegeEscalation"] is False
                assert rights["capabilities"] == {"drop": ["ALL"]}
                command = " ".join([*container.get("command", []), *container.get("args", [])])
                assert "worker" not in command or "--nthreads 1" in command


def pods_in(node: Any) -> list[Mapping[str, Any]]:
    if isinstance(node, dict):
        mine = [node] if "containers" in node else []
        return mine + [found for value in node.values() for found in pods_in(value)]
    return [found for value in node for found in pods_in(value)] if isinstance(node, list) else []


@pytest.mark.parametrize("text", blocks("python"))
def test_python_in_the_guide_is_python(text: str) -> None:
    compile(text, str(SCALE), "exec")


def commands() -> list[str]:
    return [line[2:] for block in blocks("console") for line in block.splitlines() if line.startswith("$ dask ")]


@pytest.mark.parametrize("command", commands())
def test_dask_knows_the_options_that_the_guide_gives(command: str) -> None:
    words = command.split()
    help_text = subprocess.run(
        [Path(sys.executable).with_name("dask"), words[1], "--help"], capture_output=True, text=True, check=True
    ).stdout
    for option in (word for word in words if word.startswith("--")):
        assert f"{option} " in help_text, option
