"""Rounds of made-up submissions, and sources in disguise. Nothing of them is run."""

from __future__ import annotations

import ast
import builtins
import hashlib
import io
import keyword
import random
import tokenize
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from grader.batch.results import SCORED, Entry, ResultsFolder, folder_of
from tests.conftest import ROOT

ASSIGNMENTS = ("clustering_evaluation", "em", "knn", "linear_regression")
_KEPT = {*dir(builtins), *keyword.kwlist, *keyword.softkwlist, "self", "np", "numpy"}


@dataclass(frozen=True)
class RoundFolder:
    """A folder of results that submissions can be added to."""

    root: Path

    def add(
        self, name: str, modules: Mapping[str, bytes], *, folder: str = "", status: str = SCORED, source: str = ""
    ) -> Path:
        """Add a submission as a batch does; return the folder of its modules."""
        sha256 = hashlib.sha256(repr((name, sorted(modules.items()))).encode("utf-8", "replace")).hexdigest()
        place = folder or folder_of(name, sha256, sha256).as_posix()
        entry = Entry(
            *(
                sha256,
                name,
                source or f"{name}.zip",
                status,
                place,
                sha256,
                "b" * 64,
                "0.1.0",
                7,
                "docker",
                80.0,
                True,
            ),
            *({"knn": 80.0}, 1, 1.0, "2026-01-02T03:04:05+00:00"),
        )
        files = {f"submission/{module}.py": source for module, source in modules.items()}
        ResultsFolder(self.root).keep(entry, {} if folder else {"report.json": b"{}"} | files)
        return self.root / place / "submission"


@pytest.fixture
def round_folder(tmp_path: Path) -> RoundFolder:
    return RoundFolder(tmp_path / "results")


def right_solutions(assignment: str) -> dict[str, bytes]:
    """The reference and the variants of an assignment, by name."""
    folder = ROOT / "solutions" / assignment
    paths = [*sorted(folder.glob("variants/*.py")), *folder.glob("reference/*.py")]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def variant(assignment: str, name: str) -> bytes:
    return (ROOT / "solutions" / assignment / "variants" / f"{name}.py").read_bytes()


def disguised(source: bytes, seed: int = 0) -> bytes:
    """Code that does the same: new names, other comments and spacing, functions and methods in another order."""
    rng = random.Random(seed)
    tree = ast.parse(source)
    bodies = [tree, *(node for node in ast.walk(tree) if isinstance(node, ast.ClassDef))]
    for node in bodies:
        moved = [part for part in node.body if isinstance(part, (ast.FunctionDef, ast.ClassDef))]
        stays = [part for part in node.body if part not in moved]
        rng.shuffle(moved)
        node.body = stays + moved
    names: dict[str, str] = {}
    lines = []
    for line in _renamed(ast.unparse(tree), names).splitlines():
        lines += [line, *([f"{' ' * rng.randrange(8)}# {rng.random()}"] if line.endswith(":") else [])]
    return "\n".join(["", "", "# all my own work", *lines, ""]).encode()


def _renamed(text: str, names: dict[str, str]) -> str:
    parts = []
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        word = token.string
        if token.type == tokenize.NAME and word not in _KEPT:
            word = names.setdefault(word, f"{'z' * (len(names) % 5 + 1)}{len(names)}")
        parts.append((token.type, word))
    return tokenize.untokenize(parts)
