"""The direction of imports, as DESIGN has it, cannot drift unseen."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "grader"

EVERYBODY = {"grader", "grader.errors", "grader.models"}
ALLOWED = {
    "grader": set(),
    "grader.__main__": {"grader.cli"},
    "grader.errors": set(),
    "grader.models": {"grader.manifest"},
    "grader.bank": {"grader.written"},
    "grader.submission": {"grader.manifest", "grader.packet", "grader.written"},
    "grader.packet": set(),
    "grader.manifest": set(),
    "grader.syntax": set(),
    "grader.archive": set(),
    "grader.written": set(),
    "grader.writing": set(),
    "grader.inspecting": {
        *("grader.bank", "grader.integrity", "grader.manifest", "grader.packet", "grader.report"),
        *("grader.submission", "grader.syntax", "grader.written"),
    },
    "grader.release": {"grader.archive", "grader.bank", "grader.packet", "grader.writing", "grader.written"},
    "grader.candidate": {
        *("grader.bank", "grader.examiner", "grader.packet", "grader.report", "grader.sandbox"),
        *("grader.archive", "grader.manifest", "grader.stopping", "grader.submission", "grader.syntax"),
        *("grader.writing", "grader.written"),
    },
    "grader.integrity": {"grader.syntax"},
    "grader.scoring": set(),
    "grader.worker": set(),
    "grader.sandbox": {"grader.worker"},
    "grader.examiner": {"grader.packet", "grader.sandbox", "grader.stopping", "grader.worker"},
    "grader.endings": {"grader.stopping"},
    "grader.stopping": set(),
    "grader.examining": {"grader.bank", "grader.examiner", "grader.sandbox", "grader.stopping"},
    "grader.grade": {
        *("grader.bank", "grader.examiner", "grader.examining", "grader.integrity", "grader.sandbox"),
        *("grader.scoring", "grader.written"),
    },
    "grader.repeating": set(),
    "grader.signing": {"grader.writing"},
    "grader.verifying": {
        *("grader.bank", "grader.examiner", "grader.grade", "grader.repeating", "grader.report", "grader.scoring"),
    },
    "grader.report": {"grader.manifest"},
    "grader.interview": {"grader.bank", "grader.report"},
    "grader.cohort": {"grader.batch", "grader.report", "grader.scoring"},
    "grader.similarity": {"grader.bank", "grader.batch", "grader.report"},
    "grader.pages": {"grader.cohort", "grader.interview", "grader.report", "grader.similarity", "grader.syntax"},
    "grader.batch": {
        *("grader.archive", "grader.bank", "grader.examiner", "grader.examining", "grader.grade"),
        *("grader.publishing", "grader.report", "grader.sandbox", "grader.stopping", "grader.submission"),
        *("grader.writing", "grader.written"),
    },
    "grader.gradebook": {
        *("grader.bank", "grader.batch", "grader.interview", "grader.publishing", "grader.report"),
        *("grader.scoring", "grader.signing", "grader.writing", "grader.written"),
    },
    "grader.marking": {"grader.gradebook", "grader.report", "grader.written"},
    "grader.publishing": {"grader.interview", "grader.pages", "grader.report"},
    "grader.doctor": {"grader.bank", "grader.sandbox", "grader.stopping"},
    "grader.scaffold": {"grader.bank"},
    "grader.validation": {
        *("grader.bank", "grader.examiner", "grader.examining", "grader.report", "grader.sandbox", "grader.stopping"),
    },
    "grader.cli": {
        *("grader.bank", "grader.doctor", "grader.grade", "grader.report", "grader.sandbox", "grader.submission"),
        *(
            "grader.batch",
            "grader.candidate",
            "grader.cohort",
            "grader.gradebook",
            "grader.inspecting",
            "grader.manifest",
            "grader.marking",
            "grader.writing",
            "grader.endings",
            "grader.interview",
            "grader.pages",
            "grader.publishing",
            "grader.release",
            "grader.repeating",
            "grader.scaffold",
            "grader.signing",
            "grader.similarity",
            "grader.validation",
            "grader.verifying",
        ),
    },
}
"""Which of our parts each part may import, beside itself and what everybody may."""

PURE = ("grader.models", "grader.errors", "grader.scoring", "grader.integrity", "grader.report.text")
PURE += ("grader.manifest", "grader.packet", "grader.syntax", "grader.candidate.rendering")
PURE += ("grader.report.junit", "grader.report.markdown", "grader.report.github", "grader.report.difference")
PURE += ("grader.report.claims", "grader.report.spread", "grader.repeating")
PURE += (
    "grader.pages.charts",
    "grader.pages.cohort",
    "grader.pages.page",
    "grader.pages.source",
    "grader.pages.view",
)
PURE += ("grader.cohort.statistics", "grader.cohort.analysis", "grader.cohort.rendering", "grader.pages.cohort_page")
PURE += ("grader.validation.judging", "grader.validation.rendering")
PURE += ("grader.similarity.fingerprint", "grader.similarity.matching", "grader.similarity.blocks")
PURE += ("grader.similarity.comparison", "grader.similarity.rendering", "grader.pages.similar_page")
PURE += ("grader.interview.planning", "grader.interview.rendering")
PURE += ("grader.gradebook.agreement", "grader.gradebook.exporting", "grader.gradebook.notebooks")
PURE += ("grader.gradebook.rendering",)
IMPURE_MODULES = {"os", "subprocess", "socket", "time", "pathlib", "tempfile", "shutil", "random", "datetime"}


def modules() -> dict[str, Path]:
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} has a relative import"
            base = node.module or ""
            names.update(f"{base}.{alias.name}" if base == "grader" else base for alias in node.names)
    return names


def part(module: str) -> str:
    """The top-level part that a module belongs to: ``grader.worker.values`` to ``grader.worker``."""
    return ".".join(module.split(".")[:2])


@pytest.mark.parametrize("module", modules())
def test_imports_go_one_way(module: str) -> None:
    allowed = ALLOWED[part(module)] | EVERYBODY | {part(module)}
    if part(module) == "grader.worker":
        allowed = {"grader.worker"}
    ours = {name for name in imported(modules()[module]) if name.split(".")[0] == "grader"}
    wrong = {name for name in ours if part(name) not in allowed and name != "grader.__version__"}
    assert not wrong, f"{module} may not import {sorted(wrong)}"


@pytest.mark.parametrize("module", [name for name in modules() if part(name) == "grader.worker"])
def test_the_worker_needs_the_standard_library_numpy_and_msgpack_only(module: str) -> None:
    roots = {name.split(".")[0] for name in imported(modules()[module])} - {"grader"}
    assert roots <= set(sys.stdlib_module_names) | {"numpy", "msgpack"}


@pytest.mark.parametrize("module", PURE)
def test_pure_modules_touch_no_file_clock_or_process(module: str) -> None:
    assert not imported(modules()[module]) & IMPURE_MODULES


def test_only_the_docker_sandbox_and_doctor_know_docker() -> None:
    users = {name for name, path in modules().items() if any(i.split(".")[0] == "docker" for i in imported(path))}
    assert users <= {"grader.sandbox.docker", "grader.sandbox.image", "grader.doctor"}


def test_the_command_line_starts_without_numpy_pytest_or_docker() -> None:
    """They take most of a second; ``--help`` and a refusal need none of them."""
    import subprocess

    code = "import grader.cli, sys; print([m for m in ('numpy', 'pytest', 'docker', 'rich') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_no_module_is_called_utils_helpers_or_common() -> None:
    assert not {"utils", "helpers", "common"} & {name.rsplit(".", 1)[-1] for name in modules()}
