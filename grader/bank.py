"""A bank: assignments, their hidden suites and references, read from a folder and checked."""

from __future__ import annotations

import hashlib
import os
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import cached_property
from math import isfinite
from pathlib import Path
from typing import Any

import grader
from grader.errors import BankError
from grader.models import SKILLS, Assessment, Assignment, Criterion, Limits, Question
from grader.written.questions import QUESTIONS_FILE, read_questions

ENVIRONMENT_VARIABLE = "GRADER_BANK"
ASSESSMENT_FILE = "assessment.toml"
_MARKER = Path("assignments") / ASSESSMENT_FILE
_MEGABYTE = 1024 * 1024


@dataclass(frozen=True)
class Bank:
    """A folder with ``assignments/``, ``solutions/`` and ``tests/hidden/``."""

    root: Path

    @cached_property
    def assessment(self) -> Assessment:
        """The take-home that this bank holds.

        Raises:
            BankError: a file is missing or wrong; the message names it and the cure.
        """
        found = read_assessment(self.root / "assignments")
        questions = [self.questions(assignment.name) for assignment in found.assignments]
        if found.written_points and not any(questions):
            raise BankError(
                f"{self.root / _MARKER}: written_points is {found.written_points:g}, but no assignment has questions",
                cure="write solutions/<name>/questions.ipynb, or leave written_points out",
            )
        return found

    def assignment(self, name: str) -> Assignment:
        """Return one assignment.

        Raises:
            BankError: there is no such assignment, or its file is wrong.
        """
        return read_assignment(self.root / "assignments", name)

    def check_names(self, names: Iterable[str]) -> None:
        """See that assignments of these names are there, in the take-home or beside it.

        Raises:
            BankError: one is not; the message suggests the nearest.
        """
        known = sorted(path.parent.name for path in self.root.glob("assignments/*/assignment.toml"))
        for name in names:
            if name not in known:
                raise BankError(_no_such_assignment(name, known))

    def suite(self, name: str) -> Path:
        """Return the folder of an assignment's hidden suite.

        Raises:
            BankError: there is none.
        """
        folder = self.root / "tests" / "hidden" / name
        if not any(folder.glob("test_*.py")):
            raise BankError(f"{folder} should hold the hidden suite of {name}, but there is no test_*.py in it")
        return folder

    def reference(self, assignment: Assignment) -> dict[str, bytes]:
        """Return the sources of the reference solution by module name.

        Raises:
            BankError: a module is missing.
        """
        folder = self.root / "solutions" / assignment.name / "reference"
        try:
            return {name: (folder / f"{name}.py").read_bytes() for name in assignment.modules}
        except FileNotFoundError as error:
            raise BankError(f"the reference solution {error.filename} is missing") from error

    def interview(self, name: str) -> Path | None:
        """Return the file with the interview's questions about an assignment; ``None`` where a bank has none."""
        path = self.root / "solutions" / name / "interview.toml"
        return path if path.is_file() else None

    def questions(self, name: str) -> tuple[Question, ...]:
        """Return the written questions of an assignment; none where a bank has none.

        Raises:
            BankError: the file with them is wrong.
        """
        path = self.questions_file(name)
        return read_questions(path.read_bytes(), str(path)) if path.is_file() else ()

    def questions_file(self, name: str) -> Path:
        """Return where the written questions of an assignment lie, with their mark schemes, if it has any."""
        return self.root / "solutions" / name / QUESTIONS_FILE

    def suite_sha256(self, name: str) -> str:
        """Return a digest of an assignment's hidden suite."""
        return _digest(self.suite(name), _files_of(self.suite(name)))

    @cached_property
    def sha256(self) -> str:
        """Digest of all that decides a score: assignments, suites and references."""
        assessment = self.assessment
        files = [self.root / _MARKER]
        for assignment in assessment.assignments:
            files += (self.root / "assignments" / assignment.name).glob("*.toml")
            files += _files_of(self.suite(assignment.name))
            files += _files_of(self.root / "solutions" / assignment.name / "reference")
        return _digest(self.root, files)


def find_bank(chosen: Path | None) -> Bank:
    """Return the bank that was chosen, else the one of ``GRADER_BANK``, of this folder, or of this clone.

    Raises:
        BankError: there is none.
    """
    if chosen is None and (named := os.environ.get(ENVIRONMENT_VARIABLE)):
        chosen = Path(named)
    if chosen is not None:
        if not (chosen / _MARKER).is_file():
            raise BankError(f"{chosen} is no bank: {_MARKER} is missing in it")
        return Bank(chosen.resolve())
    for folder in (Path.cwd(), Path(grader.__file__).resolve().parents[1]):
        if (folder / _MARKER).is_file():
            return Bank(folder.resolve())
    raise BankError(
        f"no bank found: neither {ENVIRONMENT_VARIABLE} nor this folder names one",
        cure="give its folder with --bank DIR",
    )


def read_assessment(folder: Path, unreadable: list[BankError] | None = None) -> Assessment:
    """Return the take-home whose public files lie in a folder: a bank's ``assignments/``, or a candidate's own.

    Args:
        folder: where they lie.
        unreadable: takes why an assignment cannot be read, which is then left out, if another one can be.

    Raises:
        BankError: a file is missing or wrong; the message names it and the cure.
    """
    path = folder / ASSESSMENT_FILE
    table = read_toml(path)
    entries = field_of(table, "assignments", list, path)
    weights = {field_of(e, "name", str, path): float(field_of(e, "weight", (int, float), path)) for e in entries}
    if not weights or min(weights.values()) <= 0:
        raise BankError(f"{path}: assignments need a name and a weight above 0 each")
    if len(weights) != len(entries):
        raise BankError(
            f"{path}: assignments should differ, but some occur twice: {sorted(e['name'] for e in entries)}"
        )
    pass_mark = float(field_of(table, "pass_mark", (int, float), path))
    if not 0 <= pass_mark <= 100:
        raise BankError(f"{path}: pass_mark should be from 0 to 100, but is {pass_mark:g}")
    table.setdefault("written_points", 0)
    written_points = float(field_of(table, "written_points", (int, float), path))
    if not 0 <= written_points < 100:
        raise BankError(f"{path}: written_points should be from 0 to below 100, but is {written_points:g}")
    assignments = _readable(folder, weights, unreadable)
    modules = [module for assignment in assignments for module in assignment.modules]
    if len(set(modules)) != len(modules):
        raise BankError(f"{path}: assignments should ask for different modules, but ask for {sorted(modules)}")
    return Assessment(
        title=field_of(table, "title", str, path),
        version=field_of(table, "version", str, path),
        pass_mark=pass_mark,
        assignments=assignments,
        weights={assignment.name: weights[assignment.name] for assignment in assignments},
        written_points=written_points,
    )


def _readable(folder: Path, names: Iterable[str], unreadable: list[BankError] | None) -> tuple[Assignment, ...]:
    found = []
    for name in names:
        try:
            found.append(read_assignment(folder, name))
        except BankError as error:
            if unreadable is None:
                raise
            unreadable.append(error)
    if not found and unreadable:
        raise unreadable[0]
    return tuple(found)


def read_assignment(folder: Path, name: str) -> Assignment:
    """Return one assignment of a folder of public files.

    Raises:
        BankError: there is no such assignment, or its file is wrong.
    """
    path = folder / name / "assignment.toml"
    table = read_toml(path)
    criteria = tuple(_criterion(entry, path) for entry in field_of(table, "criteria", list, path))
    _check_criteria(criteria, path)
    modules = field_of(table, "modules", list, path)
    if not modules or not all(isinstance(m, str) and m.isidentifier() for m in modules):
        raise BankError(f"{path}: modules should be a list of module names, for example ['knn']")
    return Assignment(
        name=name,
        title=field_of(table, "title", str, path),
        version=field_of(table, "version", str, path),
        modules=tuple(modules),
        criteria=criteria,
        limits=_limits(field_of(table, "limits", dict, path), path),
    )


def narrowed(assessment: Assessment, names: Iterable[str]) -> Assessment:
    """Return the assessment with the named assignments only; all of them if no name is given.

    Raises:
        BankError: a name is unknown; the message suggests the nearest.
    """
    names = list(dict.fromkeys(names))
    known = [assignment.name for assignment in assessment.assignments]
    for name in names:
        if name not in known:
            raise BankError(_no_such_assignment(name, known))
    chosen = tuple(a for a in assessment.assignments if not names or a.name in names)
    return replace(assessment, assignments=chosen, weights={a.name: assessment.weights[a.name] for a in chosen})


def _no_such_assignment(name: str, known: list[str]) -> str:
    near = get_close_matches(name, known, n=1)
    hint = f"did you mean {near[0]!r}? " if near else ""
    return f"there is no assignment {name!r}: {hint}there are {', '.join(known)}"


def read_toml(path: Path) -> dict[str, Any]:
    """Return what a file of a bank says.

    Raises:
        BankError: it is missing, or no TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        raise BankError(f"{path} is missing") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BankError(f"{path} is not valid TOML: {error}") from error


def field_of(table: Any, key: str, kind: type | tuple[type, ...], where: Path | str, cure: str = "") -> Any:
    """Return a field of a table, of the kind that it has to be of; no number is ``True`` or infinite.

    Args:
        table: that was read; anything.
        key: of the field.
        kind: or kinds that will do.
        where: the table stands, for the message.
        cure: for the message.

    Raises:
        BankError: there is no table, no such field, or one of another kind.
    """
    value = table.get(key) if isinstance(table, Mapping) else None
    if not isinstance(value, kind) or isinstance(value, bool) or (isinstance(value, float) and not isfinite(value)):
        names = kind.__name__ if isinstance(kind, type) else " or ".join(k.__name__ for k in kind)
        raise BankError(f"{where}: {key!r} should be a {names}, but is {value!r}", cure=cure)
    return value


def _criterion(entry: Any, path: Path) -> Criterion:
    return Criterion(
        id=field_of(entry, "id", str, path),
        title=field_of(entry, "title", str, path),
        points=float(field_of(entry, "points", (int, float), path)),
        skill=field_of(entry, "skill", str, path),
        expects=field_of(entry, "expects", str, path),
    )


def _check_criteria(criteria: tuple[Criterion, ...], path: Path) -> None:
    ids = [criterion.id for criterion in criteria]
    if len(set(ids)) != len(ids):
        raise BankError(f"{path}: criterion ids should differ, but some occur twice: {sorted(ids)}")
    for criterion in criteria:
        if criterion.skill not in SKILLS:
            raise BankError(
                f"{path}: {criterion.id}: {criterion.skill!r} is no skill; choose one of {', '.join(SKILLS)}"
            )
        if criterion.points <= 0:
            raise BankError(f"{path}: {criterion.id}: points should be above 0")
    total = sum(criterion.points for criterion in criteria)
    if abs(total - 100) > 1e-9:
        raise BankError(f"{path}: the points of all criteria should sum to 100, but sum to {total:g}")


def _limits(table: dict[str, Any], path: Path) -> Limits:
    numbers = {
        key: float(field_of(table, key, (int, float), path))
        for key in ("call_seconds", "test_seconds", "total_seconds", "memory_mb")
    }
    if min(numbers.values()) <= 0:
        raise BankError(f"{path}: every limit should be above 0")
    return Limits(
        call_seconds=numbers["call_seconds"],
        test_seconds=numbers["test_seconds"],
        total_seconds=numbers["total_seconds"],
        memory_bytes=int(numbers["memory_mb"] * _MEGABYTE),
    )


def _files_of(folder: Path) -> list[Path]:
    """All files below a folder, data included, but for hidden ones and what Python leaves there."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return [
        path
        for path in files
        if not any(p == "__pycache__" or p.startswith(".") for p in path.relative_to(folder).parts)
    ]


def _digest(root: Path, files: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in sorted(files):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(root).as_posix()}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()
