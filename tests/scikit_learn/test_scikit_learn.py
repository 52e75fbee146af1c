"""scikit-learn as a candidate: it earns whatever it does as the briefs say, and what it loses is known.

``wrappers/`` holds submissions that leave the work to scikit-learn, in an image that has it. Each hidden test that a
wrapper loses stands in ``disagreements.toml`` with the reason. A loss that is not listed there may well be a hidden
test that rejects a right answer; a listed test that is won has got weaker, or scikit-learn has changed.
"""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from grader.bank import Bank
from grader.grade import grade
from grader.models import Assessment, Outcome, Submission
from grader.sandbox.docker import DockerProvider
from grader.sandbox.image import Recipe, ensure, recipe
from tests.conftest import engine_answers

HERE = Path(__file__).resolve().parent
BANK = Bank(HERE.parents[1])
NAMES = [assignment.name for assignment in BANK.assessment.assignments]
DISAGREEMENTS: dict[str, dict[str, Any]] = tomllib.loads((HERE / "disagreements.toml").read_text(encoding="utf-8"))
SETTINGS = [(name, entry) for name in NAMES for entry in DISAGREEMENTS.get(name, {}).get("settings", [])]
KINDS = {"convention", "feature", "numerics"}
PACKAGES = ("numpy", "scikit-learn", "scipy")
SEED = 0

# Imported before the worker forks, since otherwise each test would import scikit-learn anew, for a second or two.
DOCKERFILE = b"""\
ARG BASE
FROM ${BASE}
ARG PACKAGES
RUN "$(python -c 'import sys; print(sys._base_executable)')" -m pip --python /opt/venv/bin/python \\
    install --no-cache-dir ${PACKAGES}
RUN echo 'import sklearn.cluster, sklearn.mixture, sklearn.model_selection, sklearn.neighbors' \\
    > "$(python -c 'import site; print(site.getsitepackages()[0])')/preload.pth"
"""


def image_with_scikit_learn(worker_image: str) -> Recipe:
    """Return the worker's image with scikit-learn in it, in the versions that are installed here."""
    pinned = " ".join(f"{name}=={metadata.version(name)}" for name in PACKAGES)
    return Recipe({"Dockerfile": DOCKERFILE}, {"BASE": worker_image, "PACKAGES": pinned})


@pytest.fixture(scope="module")
def provider() -> Iterator[DockerProvider]:
    if not engine_answers():
        pytest.skip("no Docker engine answers")
    made = DockerProvider(lambda text: None)
    made.image = ensure(made.api, image_with_scikit_learn(recipe(made.base_image).tag), lambda text: None)
    yield made
    made.close()


def take_home_of(name: str) -> Assessment:
    """Return the take-home cut down to one assignment."""
    assignments = tuple(one for one in BANK.assessment.assignments if one.name == name)
    return replace(BANK.assessment, assignments=assignments, weights={name: 1.0})


def lost_by(source: str, name: str, provider: DockerProvider) -> dict[str, str]:
    """Return the hidden tests that a submission does not pass, and what became of each."""
    submission = Submission(name, "0" * 64, {name: source.encode()}, {name: f"{name}.py"})
    report = grade(submission, BANK, take_home_of(name), provider, seed=SEED)
    (scored,) = report.score.assignments
    assert not scored.problem
    results = [result for criterion in scored.criteria for result in criterion.results]
    assert {result.id.partition("[")[0] for result in results} == set(hidden_tests(name))
    return {result.id: result.outcome.value for result in results if result.outcome is not Outcome.PASSED}


def wrapper(name: str) -> str:
    return (HERE / "wrappers" / f"{name}.py").read_text(encoding="utf-8")


def listed(name: str) -> list[str]:
    return [test for entry in DISAGREEMENTS[name]["lost"] for test in entry["tests"]]


def check_lost(lost: dict[str, str], expected: set[str], name: str) -> None:
    """See that just the expected tests failed, but for those that the processor decides."""
    either = {test for entry in DISAGREEMENTS[name]["lost"] for test in entry.get("by_processor", [])}
    assert set(lost.values()) == {"FAILED"}
    assert set(lost) - either == expected - either
    assert set(lost) & either <= expected


def hidden_tests(name: str) -> list[str]:
    """Return the ids of the hidden tests, without parameters."""
    return [
        f"{path.name}::{node.name}"
        for path in sorted(BANK.suite(name).glob("test_*.py"))
        for node in ast.parse(path.read_bytes()).body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    ]


@pytest.mark.docker
@pytest.mark.parametrize("name", NAMES)
def test_scikit_learn_loses_exactly_what_it_does_otherwise(name: str, provider: DockerProvider) -> None:
    check_lost(lost_by(wrapper(name), name, provider), set(listed(name)), name)


@pytest.mark.docker
@pytest.mark.parametrize(
    ("name", "setting"), SETTINGS, ids=[f"{name}-{entry['replace']}" for name, entry in SETTINGS]
)
def test_another_setting_of_scikit_learn_loses_what_is_said(
    name: str, setting: dict[str, Any], provider: DockerProvider
) -> None:
    source = wrapper(name).replace(setting["find"], setting["replace"])
    expected = set(listed(name)) - set(setting["wins"]) | set(setting["loses"])
    check_lost(lost_by(source, name, provider), expected, name)


@pytest.mark.parametrize("name", NAMES)
def test_every_disagreement_names_a_hidden_test_and_gives_a_reason(name: str) -> None:
    known = hidden_tests(name)
    for entry in DISAGREEMENTS[name]["lost"]:
        assert entry["kind"] in KINDS
        assert entry["reason"].endswith(".")
        assert {test.partition("[")[0] for test in entry["tests"]} <= set(known)
        assert set(entry.get("by_processor", [])) <= set(entry["tests"])
    assert len(set(listed(name))) == len(listed(name))


@pytest.mark.parametrize(("name", "setting"), SETTINGS)
def test_every_setting_changes_the_wrapper(name: str, setting: dict[str, Any]) -> None:
    assert setting["find"] in wrapper(name)
    assert setting["reason"].endswith(".")
    assert set(setting["wins"]) <= set(listed(name))
    assert not set(setting["loses"]) & set(listed(name))
