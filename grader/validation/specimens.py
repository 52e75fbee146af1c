"""What a suite is proved on: the solutions that a bank keeps, right and wrong, and the trivial ones."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from grader.bank import Bank
from grader.errors import BankError
from grader.models import Assignment

_LOSES = re.compile(r"^Loses: ([\w, ]+)\.?$", re.MULTILINE)
_FEWEST_LETTERS = 3


class Kind(StrEnum):
    """What a specimen is there for."""

    REFERENCE = "reference"
    VARIANT = "variant"
    TRIVIAL = "trivial"
    MISTAKE = "mistake"
    MUTANT = "mutant"

    @property
    def is_right(self) -> bool:
        """Whether it has to score 100."""
        return self in (Kind.REFERENCE, Kind.VARIANT)


@dataclass(frozen=True)
class Specimen:
    """One solution to try a suite on.

    Attributes:
        kind: what it is there for.
        id: unique among those of its kind.
        modules: sources by module name.
        loses: criteria that it must lose (a mistake), or may lose (a variant); empty for the others.
        note: what is wrong with it, in one line; of a mutant its diff.
    """

    kind: Kind
    id: str
    modules: Mapping[str, bytes]
    loses: frozenset[str] = frozenset()
    note: str = ""

    def __str__(self) -> str:
        return "the reference" if self.kind is Kind.REFERENCE else f"{self.kind} {self.id}"


@dataclass(frozen=True)
class Equivalent:
    """A line and what mutants make of it that no test can tell from the reference.

    Attributes:
        line: of the reference, without its indentation.
        becomes: what mutants make of it.
        reason: why that makes no difference.
    """

    line: str
    becomes: frozenset[str]
    reason: str


@dataclass(frozen=True)
class Collection:
    """All that a bank keeps for the proof of one suite."""

    reference: Specimen
    variants: tuple[Specimen, ...]
    trivial: tuple[Specimen, ...]
    mistakes: tuple[Specimen, ...]
    equivalents: tuple[Equivalent, ...] = field(default=())


def load_specimens(bank: Bank, assignment: Assignment) -> Collection:
    """Read what a bank keeps for the proof of a suite.

    Args:
        bank: where.
        assignment: whose suite it is.

    Raises:
        BankError: a file is missing or wrong; the message names it and the cure.
    """
    folder = bank.root / "solutions" / assignment.name
    reference = bank.reference(assignment)
    stub = _stub(bank, assignment)
    return Collection(
        reference=Specimen(Kind.REFERENCE, "reference", reference),
        variants=tuple(_variants(folder / "variants", assignment)),
        trivial=tuple(_trivial(stub)),
        mistakes=tuple(_mistakes(folder / "mistakes.toml", assignment, reference)),
        equivalents=tuple(_equivalents(folder / "equivalent.toml", reference)),
    )


def _stub(bank: Bank, assignment: Assignment) -> dict[str, bytes]:
    folder = bank.root / "assignments" / assignment.name
    try:
        return {name: (folder / f"{name}.py").read_bytes() for name in assignment.modules}
    except FileNotFoundError as error:
        raise BankError(f"the stub {error.filename} is missing") from error


def _variants(folder: Path, assignment: Assignment) -> Iterator[Specimen]:
    """Each variant is a file, or a folder of modules."""
    entries = sorted(folder.iterdir()) if folder.is_dir() else []
    for entry in entries:
        if entry.is_dir() and not entry.name.startswith(("_", ".")):
            sources = {name: entry / f"{name}.py" for name in assignment.modules}
        elif entry.suffix == ".py" and len(assignment.modules) == 1:
            sources = {assignment.modules[0]: entry}
        else:
            continue
        modules = {name: _source(path) for name, path in sources.items()}
        losses = {loss for name, path in sources.items() for loss in _declared_in(modules[name], path)}
        _check_losses(losses, assignment, entry)
        yield Specimen(Kind.VARIANT, entry.stem, modules, frozenset(losses))


def _declared_in(source: bytes, path: Path) -> set[str]:
    """What a variant's docstring says that it may lose: ``Loses: speed``."""
    try:
        docstring = ast.get_docstring(ast.parse(source)) or ""
    except SyntaxError as error:
        raise BankError(
            f"{path}, line {error.lineno}: {error.msg}; a right solution has to be valid Python"
        ) from None
    found = _LOSES.search(docstring)
    return set(re.findall(r"\w+", found[1])) if found else set()


def _trivial(stub: Mapping[str, bytes]) -> Iterator[Specimen]:
    """Solutions that do nothing: none of them may pass a single test."""
    yield Specimen(Kind.TRIVIAL, "stub", stub, note="the untouched stub")
    for name, body in (
        ("raises-value-error", "raise ValueError('no')"),
        ("returns-none", "return None"),
        ("returns-first-argument", "return next((v for k, v in locals().items() if k != 'self'), None)"),
    ):
        modules = {module: _with_bodies(source, body) for module, source in stub.items()}
        yield Specimen(Kind.TRIVIAL, name, modules, note=f"every function is: {body}")


def _with_bodies(stub: bytes, body: str) -> bytes:
    """The stub with one statement as the body of every function."""
    tree = ast.parse(stub)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            is_init = node.name == "__init__" and body.startswith("return")
            node.body = ast.parse("pass" if is_init else body).body
    return ast.unparse(tree).encode()


def _mistakes(path: Path, assignment: Assignment, reference: Mapping[str, bytes]) -> Iterator[Specimen]:
    seen: set[str] = set()
    for entry in _entries(path, "mistakes"):
        name = _text(entry, "id", path)
        if name in seen:
            raise BankError(f"{path}: two mistakes are called {name!r}; give each an id of its own")
        seen.add(name)
        losses = entry.get("loses")
        if not isinstance(losses, list) or not losses or not all(isinstance(item, str) for item in losses):
            raise BankError(
                f"{path}: {name}: a mistake has to declare what it loses, for example"
                f' loses = ["{assignment.criteria[0].id}"]'
            )
        _check_losses(set(losses), assignment, path, name)
        modules = _edited(entry, name, path, reference)
        yield Specimen(Kind.MISTAKE, name, modules, frozenset(losses), _text(entry, "wrong", path))


def _edited(entry: Mapping[str, Any], name: str, path: Path, reference: Mapping[str, bytes]) -> dict[str, bytes]:
    """The reference with a mistake's edit, or with a whole file of its own."""
    module = entry.get("module", next(iter(reference)))
    if module not in reference:
        raise BankError(f"{path}: {name}: module should be one of {', '.join(reference)}, but is {module!r}")
    if "file" in entry:
        return dict(reference) | {module: _source(path.parent / _text(entry, "file", path))}
    find, replace = _text(entry, "find", path), _text(entry, "replace", path, may_be_empty=True)
    source = reference[module].decode("utf-8")
    if (count := source.count(find)) != 1:
        raise BankError(
            f"{path}: {name}: the text to find should occur once in the reference {module}.py,"
            f" but occurs {count} times"
        )
    edited = source.replace(find, replace)
    try:
        ast.parse(edited)
    except SyntaxError as error:
        raise BankError(
            f"{path}: {name}: the edit leaves no valid Python: line {error.lineno}: {error.msg}"
        ) from None
    return dict(reference) | {module: edited.encode()}


def _equivalents(path: Path, reference: Mapping[str, bytes]) -> Iterator[Equivalent]:
    if not path.exists():
        return
    lines = {line.strip() for source in reference.values() for line in source.decode("utf-8").splitlines()}
    for entry in _entries(path, "equivalent"):
        line = _text(entry, "line", path)
        if line not in lines:
            raise BankError(
                f"{path}: no line of the reference reads {line!r}: remove the entry, or write the new line"
            )
        becomes = entry.get("becomes")
        if not isinstance(becomes, list) or not becomes or not all(isinstance(item, str) for item in becomes):
            raise BankError(f"{path}: {line!r}: becomes should be a list of mutated lines")
        reason = _text(entry, "reason", path)
        if len(reason) < _FEWEST_LETTERS:
            raise BankError(f"{path}: {line!r}: say in reason why no test can tell the difference")
        yield Equivalent(line, frozenset(becomes), reason)


def _entries(path: Path, key: str) -> list[dict[str, Any]]:
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise BankError(f"{path} is missing: a suite is proved on wrong solutions, too") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BankError(f"{path} is not valid TOML: {error}") from error
    entries = table.get(key, [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise BankError(f"{path}: should hold entries that begin with [[{key}]]")
    return entries


def _text(entry: Mapping[str, Any], key: str, path: Path, *, may_be_empty: bool = False) -> str:
    value = entry.get(key)
    if not isinstance(value, str) or not (value or may_be_empty):
        label = f"{entry['id']}: " if isinstance(entry.get("id"), str) else ""
        raise BankError(f"{path}: {label}{key} should be a text, but is {value!r}")
    return value


def _check_losses(losses: set[str], assignment: Assignment, path: Path, name: str = "") -> None:
    known = [criterion.id for criterion in assignment.criteria]
    unknown = sorted(losses - set(known))
    if unknown:
        label = f"{name}: " if name else ""
        raise BankError(f"{path}: {label}there is no criterion {', '.join(unknown)}; there are {', '.join(known)}")


def _source(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise BankError(f"{path} is missing") from None
