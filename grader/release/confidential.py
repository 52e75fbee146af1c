"""What a bank keeps to itself, as it can be told again elsewhere: telling lines, long numbers, names of tests.

A line tells where it comes from if more than thirty characters are left of it without white space: at that length
none of this repository's secret lines is in the package or in a brief by chance, while ``with pytest.raises(…):``, at
thirty, is everywhere. Imports never tell. In the body of a solution's function a short line tells together with those
that follow it.

Some lines are public and secret at once, and which ones has to be known from their place, or else a secret that was
copied into a public file would be public by that alone:

- signatures, docstrings and class attributes of a solution, where a stub has them too: they are the interface;
- of a hidden suite the helper functions, and of its tests the calls that do not judge, draw or hold data, where a
  public suite has them too: both suites talk to the same modules;
- ids of criteria, which the rubric has;
- what ``grader new`` wrote, and what its author left as it was.

The body of a solution's function, the judging lines of a hidden test and what a mark scheme says are never public.

Of the notebooks with written questions the locked cells are public: they are the questions. Everything else in them
is a mark scheme. Its lines tell, and its sentences, since prose may be wrapped otherwise.
"""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from importlib import resources
from pathlib import Path
from typing import Any

from grader.bank import Bank
from grader.errors import BankError
from grader.release.contents import PUBLIC_SUITE
from grader.written.questions import QUESTIONS_FILE, cells_of

TELLING_LENGTH = 31
TELLING_DIGITS = 6
_NUMBER = re.compile(r"(?<![\w.])(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?\d+)?(?!\.?\w)")
_TEST = re.compile(r"\bdef\s+(test_\w+)")
_JUDGES = re.compile(r"""^["'#]|^assert(?!hasattr\(|isinstance\()|\bassert_\w+\(|rng\.|==|<|>""")
_ID = re.compile(r'^id *= *"\w+"$', re.MULTILINE)
_PARAGRAPH = re.compile(r"(?:[^\n]*\S[^\n]*\n?)+")
_SENTENCE_END = re.compile(r"(?<=[.!?:;]) ")
_DATA_NUMBERS = 3


@dataclass(frozen=True)
class Secrets:
    """What may be in no packet; the values say where each comes from.

    Attributes:
        lines: telling lines without their white space.
        numbers: as ``number_keys`` gives them.
        tests: names of hidden tests.
    """

    lines: Mapping[str, str]
    numbers: Mapping[str, str]
    tests: Mapping[str, str]


class _Place(Enum):
    """Where a line stands: in the body of a solution's function, in a hidden suite but not its helpers, in a mark
    scheme, elsewhere.
    """

    BODY = auto()
    TEST = auto()
    SCHEME = auto()
    OPEN = auto()


_Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class _Public:
    """What public files say of their own right; texts are without white space.

    Attributes:
        interface: text of stubs outside of function bodies.
        suites: text of public suites.
        ids: lines of rubrics that name a criterion.
        templates: text of what ``grader new`` writes.
        numbers: of the interface, and of written questions.
        tests: names of public tests.
    """

    interface: str
    suites: str
    ids: frozenset[str]
    templates: str
    numbers: frozenset[str]
    tests: frozenset[str]


def squeezed(text: str) -> str:
    """Return a text without its white space, which reformatting changes."""
    return "".join(text.split())


def number_keys(text: str) -> Iterator[str]:
    """Yield a key for each number with so many significant digits that it is no accident.

    Numbers that agree to six digits have the same key, however they are written.
    """
    for match in _NUMBER.finditer(text):
        token = match.group().replace("_", "")
        digits = re.split("[eE]", token)[0].replace(".", "").strip("0")
        if len(digits) >= TELLING_DIGITS and math.isfinite(float(token)):
            yield f"{float(token):.{TELLING_DIGITS - 1}e}"


def secrets_of(bank: Bank) -> Secrets:
    """Return what a bank keeps to itself, of all its assignments: those that are not given out are given out next."""
    public = _public(bank)
    lines: dict[str, str] = {}
    numbers: dict[str, str] = {}
    tests: dict[str, str] = {}
    for path in _secret_files(bank):
        text, name = _confidential(path), path.relative_to(bank.root).as_posix()
        for number, line, place in _lines(text, name):
            if not _is_public(line, place, public):
                lines.setdefault(line, f"{name}:{number}")
        for key in number_keys(text):
            if key not in public.numbers:
                numbers.setdefault(key, name)
        for test in _TEST.findall(text):
            if test not in public.tests:
                tests.setdefault(test, name)
    return Secrets(lines, numbers, tests)


def _secret_files(bank: Bank) -> list[Path]:
    folders = (bank.root / "solutions", bank.root / "tests" / "hidden")
    found = {path for folder in folders for path in folder.rglob("*") if path.is_file()}
    found.update(bank.root.glob("assignments/**/interview.toml"))
    return sorted(path for path in found if "__pycache__" not in path.parts)


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")


def _confidential(path: Path) -> str:
    """A secret file's text; of a notebook with questions the cells that are not given out."""
    return _cells(path, locked=False) if path.name == QUESTIONS_FILE else _read(path)


def _cells(path: Path, *, locked: bool) -> str:
    """The text of a notebook's cells that are locked, or of all others; all of a notebook that cannot be read."""
    try:
        cells = cells_of(path.read_bytes(), str(path))
    except BankError:
        return "" if locked else _read(path)
    return "\n\n".join(_source(cell) for cell in cells if _is_locked(cell) == locked)


def _is_locked(cell: Mapping[str, Any]) -> bool:
    metadata = cell.get("metadata")
    said = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    return isinstance(said, dict) and said.get("locked") is True


def _source(cell: Mapping[str, Any]) -> str:
    source = cell.get("source", "")
    return "".join(map(str, source)) if isinstance(source, list) else str(source)


def _public(bank: Bank) -> _Public:
    paths = sorted(bank.root.glob("assignments/*/*.py"))
    suites = [_read(path) for path in paths if path.name == PUBLIC_SUITE]
    interface = "\n".join(_interface(_read(path)) for path in paths if path.name != PUBLIC_SUITE)
    rubrics = sorted(bank.root.glob("assignments/*/assignment.toml"))
    forms = resources.files("grader").joinpath("templates").iterdir()
    templates = [form.read_text(encoding="utf-8") for form in forms if form.name.endswith(".txt")]
    questions = [_cells(path, locked=True) for path in sorted(bank.root.glob(f"solutions/*/{QUESTIONS_FILE}"))]
    return _Public(
        interface=squeezed(interface),
        suites=squeezed("\n".join(suites)),
        ids=frozenset(squeezed(line) for path in rubrics for line in _ID.findall(_read(path))),
        templates=squeezed("\n".join(templates)),
        numbers=frozenset(number_keys("\n".join((interface, *questions)))),
        tests=frozenset(test for text in (*suites, *templates) for test in _TEST.findall(text)),
    )


def _interface(source: str) -> str:
    """The lines of a stub that are neither in a function's body nor a comment."""
    bodies = _in_bodies(source)
    lines = enumerate(source.split("\n"), start=1)
    kept = [line for number, line in lines if number not in bodies and not line.lstrip().startswith("#")]
    return "\n".join(kept)


def _lines(text: str, name: str) -> Iterator[tuple[int, str, _Place]]:
    """Yield each line that tells, without white space, with its number and place."""
    inside, numbers = _Place.OPEN, frozenset[int]()
    if name.endswith(".py"):
        is_suite = name.startswith("tests/")
        inside = _Place.TEST if is_suite else _Place.BODY
        numbers = _outside_helpers(text) if is_suite else _in_bodies(text)
    if name.endswith(f"/{QUESTIONS_FILE}"):
        inside, numbers = _Place.SCHEME, _all_lines(text)
        yield from ((number, line, inside) for number, line in _sentences(text))
    for number, raw in enumerate(text.split("\n"), start=1):
        line = squeezed(raw)
        if len(line) >= TELLING_LENGTH and not raw.lstrip().startswith(("import ", "from ")):
            yield number, line, inside if number in numbers else _Place.OPEN
    if inside is _Place.BODY:
        yield from ((number, line, _Place.BODY) for number, line in _joined(text, numbers))


def _sentences(text: str) -> Iterator[tuple[int, str]]:
    """Yield the telling sentences of prose with the number of the line that each paragraph begins on."""
    for paragraph in _PARAGRAPH.finditer(text):
        number = text.count("\n", 0, paragraph.start()) + 1
        for sentence in _SENTENCE_END.split(" ".join(paragraph.group().split())):
            if len(line := squeezed(sentence)) >= TELLING_LENGTH:
                yield number, line


def _joined(text: str, numbers: Collection[int]) -> Iterator[tuple[int, str]]:
    """Yield short lines of bodies with so many of the next ones that they tell together."""
    lines = [squeezed(raw) for raw in text.split("\n")]
    for first in sorted(number for number in numbers if 0 < len(lines[number - 1]) < TELLING_LENGTH):
        line, last = lines[first - 1], first
        while len(line) < TELLING_LENGTH and last + 1 in numbers:
            last += 1
            line += lines[last - 1]
        if len(line) >= TELLING_LENGTH:
            yield first, line


def _is_public(line: str, place: _Place, public: _Public) -> bool:
    if place is _Place.BODY:
        return False
    if line in public.templates or line in public.ids:
        return True
    if place is _Place.SCHEME:
        return False
    if place is _Place.TEST:
        return line in public.suites and _is_plumbing(line)
    return line in public.interface or line in public.suites


def _is_plumbing(line: str) -> bool:
    """Whether a line of a test only calls and unpacks."""
    return not _JUDGES.search(line) and len(re.findall(r"\d+", line)) < _DATA_NUMBERS


def _in_bodies(source: str) -> frozenset[int]:
    """The numbers of the lines in functions' bodies, docstrings left out."""
    functions = _functions(source)
    if functions is None:
        return _all_lines(source)
    return frozenset(number for function in functions for number in _body(function))


def _outside_helpers(source: str) -> frozenset[int]:
    """The numbers of the lines of a suite that are in its tests or in no function."""
    helpers = [function for function in _functions(source) or () if not function.name.startswith("test_")]
    return _all_lines(source).difference(*(range(f.lineno, (f.end_lineno or 0) + 1) for f in helpers))


def _all_lines(source: str) -> frozenset[int]:
    return frozenset(range(1, source.count("\n") + 2))


def _functions(source: str) -> list[_Function] | None:
    """All functions, methods and inner ones too; ``None`` for what is not Python."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return None
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def _body(function: _Function) -> Iterable[int]:
    statements = function.body[1:] if ast.get_docstring(function) is not None else function.body
    return range(statements[0].lineno, (function.end_lineno or 0) + 1) if statements else ()
