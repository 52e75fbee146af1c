"""Lays out a new assignment: a small skeleton of each file, which says what to write there and what comes next."""

from __future__ import annotations

import json
import keyword
import sys
import tomllib
from collections.abc import Mapping
from contextlib import suppress
from importlib import resources
from pathlib import Path
from string import Template

from grader.bank import Bank
from grader.errors import BankError

_ASSESSMENT = "assignments/assessment.toml"
_LAYOUT = {
    "assignments/{name}/README.md": "brief.md",
    "assignments/{name}/assignment.toml": "assignment.toml",
    "assignments/{name}/{name}.py": "stub.py",
    "assignments/{name}/test_public.py": "public_suite.py",
    "solutions/{name}/reference/{name}.py": "reference.py",
    "solutions/{name}/variants/another_way.py": "variant.py",
    "solutions/{name}/mistakes.toml": "mistakes.toml",
    "solutions/{name}/equivalent.toml": "equivalent.toml",
    "solutions/{name}/interview.toml": "interview.toml",
    "solutions/{name}/questions.ipynb": "questions.ipynb",
    "tests/hidden/{name}/test_{name}.py": "hidden_suite.py",
}
_HOMES = ("assignments", "solutions", "tests/hidden")
_INSTALLED = {"numpy", "pytest", "_pytest", "grader", "msgpack", "conftest"}
"""Modules that one of this name would hide, or that would hide it, besides the standard library's."""

_TAKEN = ("questions", "answers")
"""Names of the files with written questions."""


def lay_out(bank_root: Path, name: str, *, title: str = "") -> tuple[Path, ...]:
    """Write the skeleton of a new assignment into a bank, all of it or nothing.

    The take-home is told of it with weight 1; where the bank has none, one is begun. What stands in its file stays
    as it is, comments included.

    Args:
        bank_root: the bank's folder; it may be empty.
        name: of the assignment and of its one module.
        title: for people, on one line; made from the name if empty.

    Returns:
        The files written, the take-home's own last.

    Raises:
        BankError: the name or title will not do, the name is taken, the bank is wrong or cannot be written.
    """
    _check_name(name)
    if not bank_root.is_dir():
        raise BankError(f"{bank_root} is no folder", cure=f"make it first: mkdir {bank_root}")
    _check_free(bank_root, name)
    title = " ".join((title or name.replace("_", " ").capitalize()).split())
    if not title.isprintable():
        raise BankError(f"the title should be printable text, but is {title!r}")
    quoted = json.dumps(title, ensure_ascii=False)
    words = {"name": name, "title": title, "title_text": quoted, "title_in_json": quoted[1:-1]}
    files = {bank_root / path.format(name=name): _filled(form, words) for path, form in _LAYOUT.items()}
    assessment = bank_root / _ASSESSMENT
    _write_all(files, assessment, _addition(assessment, words))
    return (*files, assessment)


def _check_name(name: str) -> None:
    if not (name.isidentifier() and name.isascii()) or keyword.iskeyword(name) or name.startswith("_"):
        raise BankError(
            f"{name!r} cannot name an assignment: it is the name of its module, too",
            cure="choose a Python name of letters, digits and underscores, for example gradient_boosting",
        )
    if name in _TAKEN:
        raise BankError(
            f"{name!r} cannot name an assignment: the files with its written questions are called so",
            cure=f"choose a longer name, for example {name}_from_scratch",
        )
    if name in sys.stdlib_module_names | _INSTALLED or name.startswith("test_"):
        raise BankError(
            f"{name!r} cannot name an assignment: Python or pytest would take its module for another one",
            cure=f"choose a longer name, for example {name.removeprefix('test_')}_from_scratch",
        )


def _check_free(root: Path, name: str) -> None:
    """See that nothing is there that the new files would meet, whatever the case of its name."""
    for home in _HOMES:
        folder = root / home
        for entry in folder.iterdir() if folder.is_dir() else ():
            if entry.name.lower() == name.lower():
                raise BankError(f"{entry} is there already", cure="choose another name, or move that away first")
    others = Bank(root).assessment.assignments if (root / _ASSESSMENT).exists() else ()
    for assignment in others:
        if name.lower() in {module.lower() for module in assignment.modules}:
            raise BankError(
                f"the assignment {assignment.name} has a module {name} already; a submission can hold one only",
                cure="choose another name",
            )


def _filled(form: str, words: Mapping[str, str]) -> str:
    text = resources.files("grader").joinpath("templates", f"{form}.txt").read_text(encoding="utf-8")
    return Template(text).substitute(words)


def _addition(assessment: Path, words: Mapping[str, str]) -> str:
    """What to append to the take-home's file, so that it is valid afterwards."""
    entry = _filled("entry.toml", words)
    if not assessment.exists():
        return _filled("assessment.toml", words) + entry
    before = assessment.read_text(encoding="utf-8")
    addition = entry if before.endswith("\n") else "\n" + entry
    try:
        tomllib.loads(before + addition)
    except tomllib.TOMLDecodeError:
        raise BankError(
            f"{assessment}: assignments are listed in a way that nothing can be appended to",
            cure="write each as an entry of its own: [[assignments]], then name and weight on lines below",
        ) from None
    return addition


def _write_all(files: Mapping[Path, str], assessment: Path, addition: str) -> None:
    """Write new files and append to one; take everything back if something fails."""
    size = assessment.stat().st_size if assessment.exists() else None
    made: list[Path] = []
    try:
        for path, text in files.items():
            _make_folders(path.parent, made)
            with path.open("x", encoding="utf-8", newline="\n") as file:
                made.append(path)
                file.write(text)
        with assessment.open("a", encoding="utf-8", newline="\n") as file:
            file.write(addition)
    except BaseException as error:
        _take_back(made, assessment, size)
        if isinstance(error, OSError):
            where = error.filename or assessment
            raise BankError(
                f"{where} cannot be written: {error.strerror or error}; nothing was laid out",
                cure="make the bank's folders writable, or choose another one with --bank DIR",
            ) from error
        raise


def _make_folders(folder: Path, made: list[Path]) -> None:
    missing = [parent for parent in (folder, *folder.parents) if not parent.exists()]
    for parent in reversed(missing):
        parent.mkdir()
        made.append(parent)


def _take_back(made: list[Path], assessment: Path, size: int | None) -> None:
    """Remove what was made, newest first, and cut the take-home's file back to what it was."""
    with suppress(OSError):
        if size is None:
            assessment.unlink(missing_ok=True)
        elif assessment.stat().st_size > size:
            with assessment.open("r+b") as file:
                file.truncate(size)
    for path in reversed(made):
        with suppress(OSError):
            path.rmdir() if path.is_dir() else path.unlink(missing_ok=True)
