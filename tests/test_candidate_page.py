"""docs/candidate.md, replayed as a new user would: an empty folder, the packet, and what its wheel asks for alone."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import venv
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from textwrap import indent

import pytest

from grader.bank import Bank
from grader.release.releasing import release
from tests.conftest import engine_answers

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "candidate.md"
BLOCK = re.compile(r"^```(console|python)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
STAFF_COMMANDS = ("grader inspect", "grader score")
INSTALL = "python3 -m pip install ./takehome_grader"
MODULE = "knn/knn.py"


@dataclass
class Step:
    """A command with what it prints, or methods that the candidate writes."""

    kind: str
    text: str
    printed: list[str]


def steps() -> Iterator[Step]:
    for kind, content in BLOCK.findall(PAGE.read_text(encoding="utf-8")):
        if kind == "python":
            yield Step("write", content, [])
            continue
        for part in content.split("$ ")[1:]:
            command, _, printed = part.partition("\n")
            yield Step("run", command, printed.splitlines())


@pytest.fixture
def light(tmp_path: Path) -> Path:
    """A folder with what candidates install beside the wheel, and nothing else of this environment."""
    folder = tmp_path / "light"
    folder.mkdir()
    for name in needed("takehome-grader", {"takehome-grader"}):
        files = metadata.files(name) or []
        tops = {file.parts[0] for file in files if file.parts[0] not in ("..", "__pycache__")}
        for top in tops:
            (folder / top).symlink_to(metadata.distribution(name).locate_file(top))
    return folder


def needed(name: str, seen: set[str]) -> Iterator[str]:
    """Names of all distributions that one asks for without extras."""
    for requirement in metadata.requires(name) or []:
        other = re.split(r"[^A-Za-z0-9._-]", requirement)[0].lower()
        if ";" in requirement or other in seen:
            continue
        seen.add(other)
        yield other
        yield from needed(other, seen)


class Shell:
    """A shell whose commands start where the last one ended."""

    def __init__(self, folder: Path, light: Path) -> None:
        self.folder = folder
        self.light = light
        self.bin = folder / "takehome" / ".venv" / "bin"

    def run(self, command: str) -> str:
        if command.startswith("cd "):
            self.folder = (self.folder / command.removeprefix("cd ")).resolve()
            return ""
        if command.startswith("unzip"):  # which not every machine has
            with zipfile.ZipFile(self.folder / "takehome.zip") as archive:
                archive.extractall(self.folder)
            return ""
        if "venv" in command:
            venv.create(self.bin.parent, with_pip=True)
            (packages,) = self.bin.parent.glob("lib/python*/site-packages")
            (packages / "light.pth").write_text(f"{self.light}\n")
            script = self.bin / "pytest"  # pip would have made it
            script.write_text('#!/bin/sh\nexec python -m pytest "$@"\n')
            script.chmod(0o755)
            return ""
        if command.startswith(INSTALL):
            command += " --quiet --no-deps --no-index"  # dependencies are there: see ``light``
        staff = command.startswith(STAFF_COMMANDS)
        if command.startswith("grader score") and not engine_answers():
            command += " --sandbox none"  # where there may be no sandbox to be had
        done = subprocess.run(
            f"{sys.executable} -m {command} --bank {ROOT}" if staff else command,
            shell=True,
            cwd=self.folder,
            env=dict(os.environ) if staff else self.environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode in (0, 1), done.stderr
        return done.stdout

    def environment(self) -> dict[str, str]:
        path = f"{self.bin}{os.pathsep}{os.environ['PATH']}"
        return {"PATH": path, "HOME": str(self.folder), "PIP_DISABLE_PIP_VERSION_CHECK": "1"}


def write_methods(path: Path, text: str) -> None:
    """Put methods in the place of those of the same names."""
    source = text.splitlines(keepends=True)
    for new in ast.parse(text).body:
        assert isinstance(new, ast.FunctionDef)
        written = path.read_text()
        methods = [node for node in ast.walk(ast.parse(written)) if isinstance(node, ast.FunctionDef)]
        (old,) = [node for node in methods if node.name == new.name]
        lines = written.splitlines(keepends=True)
        lines[old.lineno - 1 : old.end_lineno] = [indent("".join(source[new.lineno - 1 : new.end_lineno]), "    ")]
        path.write_text("".join(lines))


def assert_in_order(expected: list[str], printed: str, command: str) -> None:
    """Every line that the page quotes is printed, in that order, with lines between only where the page says so."""
    lines = [line.rstrip() for line in printed.splitlines()]
    at, may_skip = 0, False
    for line in expected:
        if line == "…":
            may_skip = True
            continue
        assert line in lines[at:] if may_skip else line == lines[at], f"{command}: {line!r} is not in:\n{printed}"
        at, may_skip = lines.index(line, at) + 1, False
    assert may_skip or at == len(lines), f"{command} prints more: {lines[at:]}"


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_the_page_is_what_happens(tmp_path: Path, light: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    release(Bank(ROOT), (), home / "takehome.zip")
    shell = Shell(home, light)
    seen = list(steps())
    assert len(seen) > 12
    for step in seen:
        if step.kind == "write":
            write_methods(shell.folder / MODULE, step.text)
        else:
            assert_in_order(step.printed, shell.run(step.text), step.text)
    assert not [name for name in os.listdir(light) if name.startswith(("docker", "sklearn", "nbgrader", "jupyter"))]
