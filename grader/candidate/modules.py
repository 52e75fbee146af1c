"""The candidate's modules as they lie in the working folder, scripts or notebooks; shared by ``check`` and ``pack``.

Nothing of them is run. Whatever is wrong with one is a line of text, and the others are found all the same.
"""

from __future__ import annotations

import ast
import codecs
import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path, PurePosixPath

from grader.bank import narrowed
from grader.candidate.folder import Folder
from grader.candidate.notebooks import NotebookError, module_of
from grader.packet import sha256
from grader.submission import MODULE_LIMIT
from grader.syntax import declared_encoding, imported, parsed, wrong_encoding
from grader.written.questions import QUESTIONS_FILE

NOTEBOOK_LIMIT = 50 * 1024 * 1024
"""Bytes of a notebook, most of which are outputs and of no account."""

_SUFFIXES = (".py", ".ipynb")
_INSTALLED = {"numpy", *sys.stdlib_module_names}
_SEARCHED_FILES = 5000
_SHOWN_PLACES = 3


Lines = tuple[tuple[int, int], ...]
"""A cell and a line in it for each line of a module; zeros for what stands in no cell."""


@dataclass(frozen=True)
class Found:
    """What was found in a working folder.

    Attributes:
        modules: sources by module name, of scripts and notebooks alike; a module with an error in it is there too.
        paths: where each lay, relative to the folder, with ``/``.
        problems: what is wrong, one line each: what was expected, what was found, what to do.
        notes: what was left out of notebooks; facts, not problems.
        cells: of modules that came from notebooks, the cell and the line in it that each of their lines was.
    """

    modules: Mapping[str, bytes]
    paths: Mapping[str, str]
    problems: tuple[str, ...]
    notes: tuple[str, ...]
    cells: Mapping[str, Lines] = field(default_factory=dict)


@dataclass(frozen=True)
class _Source:
    """One module: its source, if there is one, and what has to be said of it."""

    content: bytes | None = None
    path: str = ""
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    cells: Lines = ()


def find_modules(folder: Folder, names: Sequence[str] = ()) -> Found:
    """Return the modules that the assignments ask for.

    Args:
        folder: where the candidate works.
        names: of assignments; all of them if none is given.

    Raises:
        BankError: there is no assignment of a name, or a file of the packet that lists them is wrong.
    """
    search = _Search(folder)
    wanted = {m: a.name for a in narrowed(folder.assessment, names).assignments for m in a.modules}
    sources = {module: _source(search, assignment, module) for module, assignment in wanted.items()}
    return Found(
        modules={name: source.content for name, source in sources.items() if source.content is not None},
        paths={name: source.path for name, source in sources.items() if source.content is not None},
        problems=tuple(line for source in sources.values() for line in source.problems),
        notes=tuple(line for source in sources.values() for line in source.notes),
        cells={name: source.cells for name, source in sources.items() if source.cells},
    )


def is_as_released(folder: Folder, name: str, content: bytes) -> bool:
    """Whether a file is as the packet had it, but for line ends and a byte order mark.

    Args:
        folder: where the candidate works.
        name: path of the file in the packet, with ``/``.
        content: of the file by now.
    """
    released = folder.packet.files.get(name) if folder.packet is not None else None
    plain = content.removeprefix(codecs.BOM_UTF8).replace(b"\r\n", b"\n")
    return released in (sha256(content), sha256(plain))


@dataclass(frozen=True)
class _Search:
    """Where else a file may lie; the folder is searched only if something is missing."""

    folder: Folder

    @cached_property
    def files(self) -> tuple[PurePosixPath, ...]:
        return tuple(_files_below(self.folder.root))

    @cached_property
    def wanted(self) -> frozenset[str]:
        return frozenset(m for a in self.folder.assessment.assignments for m in a.modules)

    def places_of(self, module: str) -> list[str]:
        """Every place below the folder where a module of this very name lies."""
        return [path.as_posix() for path in self.files if path.suffix in _SUFFIXES and path.stem == module]

    def lookalike(self, assignment: str, module: str) -> str:
        """The file that may be the module under another name; empty if there is none."""
        own = [path for path in self.files if self._may_be_work(path)]
        own.sort(key=lambda path: path.parent.as_posix() != assignment)
        resembling = [path for path in own if _resembles(path.name, module)]
        beside = [path for path in own if path.parent.as_posix() == assignment and path.suffix in _SUFFIXES]
        return next((path.as_posix() for path in (*resembling, *beside)), "")

    def _may_be_work(self, path: PurePosixPath) -> bool:
        released = self.folder.packet.files if self.folder.packet is not None else {}
        is_other_module = path.suffix in _SUFFIXES and path.stem in self.wanted
        is_other = is_other_module or path.name == QUESTIONS_FILE
        is_known = path.as_posix() in released or path.name.startswith("test_") or is_other
        return path.suffix in (*_SUFFIXES, ".txt", "") and not is_known


def _files_below(root: Path) -> Iterator[PurePosixPath]:
    """Files of a candidate, but for those of environments, caches and version control; not endlessly many."""
    count = 0
    for place, folders, files in os.walk(root):
        folders[:] = sorted(name for name in folders if not _is_machinery(Path(place, name)))
        for name in sorted(files):
            yield PurePosixPath(Path(place, name).relative_to(root).as_posix())
            if (count := count + 1) == _SEARCHED_FILES:
                return


def _is_machinery(folder: Path) -> bool:
    return (
        folder.name.startswith((".", "__"))
        or folder.name in ("site-packages", "node_modules")
        or (folder / "pyvenv.cfg").is_file()
    )


def _resembles(name: str, module: str) -> bool:
    """Whether a file's name is that of the module misspelt, or with something before or after it."""
    stem, module = name.lower().split(".")[0], module.lower()
    if re.search(rf"(?<![a-z0-9]){re.escape(module)}(?![a-z])", stem):
        return True
    return bool(get_close_matches(module, [stem], cutoff=0.6))


def _source(search: _Search, assignment: str, module: str) -> _Source:
    """Find and read one module."""
    root = search.folder.root
    there = _names_in(root / assignment)
    script, notebook = (f"{assignment}/{module}{suffix}" for suffix in _SUFFIXES)
    candidates = [path for path in (script, notebook) if PurePosixPath(path).name in there]
    if not candidates:
        return _from_elsewhere(search, assignment, module)
    if len(candidates) == 1:
        return _read(search, candidates[0])
    if _is_stub(search.folder, script):
        return _read(search, notebook, f"{script} and {notebook} are both there; {script} is an untouched stub,"
                     " so the notebook counts: delete the stub")  # fmt: skip
    return _read(search, script, f"{script} and {notebook} are both there; {script} counts: delete it if the"
                 " notebook is your work, else the notebook")  # fmt: skip


def _names_in(folder: Path) -> frozenset[str]:
    """Names as they are on disk: some systems would also find a file whose name differs in case."""
    try:
        return frozenset(path.name for path in folder.iterdir() if path.is_file())
    except OSError:
        return frozenset()


def _is_stub(folder: Folder, path: str) -> bool:
    try:
        return is_as_released(folder, path, (folder.root / path).read_bytes())
    except OSError:
        return False


def _from_elsewhere(search: _Search, assignment: str, module: str) -> _Source:
    """Take a module that was moved; say what is known of one that is gone."""
    expected = f"{assignment}/{module}.py"
    places = search.places_of(module)
    if len(places) == 1:
        home = f"{assignment}/{PurePosixPath(places[0]).name}"
        return _read(search, places[0], f"{home} is missing; {places[0]} is taken in its place: move it back")
    if places:
        shown = ", ".join(places[:_SHOWN_PLACES]) + (", …" if len(places) > _SHOWN_PLACES else "")
        return _Source(problems=(f"{expected} is missing, but there are {shown}: move the right one there",))
    if other := search.lookalike(assignment, module):
        return _Source(problems=(f"{expected} is missing, but there is {other}: if that is it, rename it",))
    return _Source(
        problems=(f"{expected} is missing (or {module}.ipynb): take the stub from the packet again, or go without",)
    )


def _read(search: _Search, path: str, *problems: str) -> _Source:
    try:
        with (search.folder.root / path).open("rb") as stream:
            content = stream.read(NOTEBOOK_LIMIT + 1)
    except OSError as error:
        return _Source(problems=(*problems, f"{path} cannot be read: {error.strerror or error}: see to its rights"))
    if path.endswith(".ipynb"):
        return _from_notebook(search, path, content, problems)
    return _checked(search, path, content, problems, ())


def _from_notebook(search: _Search, path: str, content: bytes, problems: tuple[str, ...]) -> _Source:
    if len(content) > NOTEBOOK_LIMIT:
        line = f"{path} is larger than {NOTEBOOK_LIMIT // 1024**2} MB: clear its outputs and save it again"
        return _Source(problems=(*problems, line))
    try:
        made = module_of(content, path)
    except NotebookError as error:
        return _Source(problems=(*problems, "; ".join(filter(None, (str(error), error.cure)))))
    notes = tuple(f"{path}, {_place(left.cell, left.line)}: {left.what} is left out" for left in made.left_out)
    return replace(_checked(search, path, made.source.encode("utf-8"), problems, notes), cells=made.lines)


def _place(cell: int, line: int) -> str:
    return f"cell {cell}, line {line}" if line else f"cell {cell}"


def _checked(
    search: _Search, path: str, content: bytes, problems: tuple[str, ...], notes: tuple[str, ...]
) -> _Source:
    """The module with what is wrong in it; one that is too large is not taken."""
    if len(content) > MODULE_LIMIT:
        line = f"{path} is larger than the {MODULE_LIMIT // 1024**2} MB that a module may have: make it smaller"
        return _Source(problems=(*problems, line), notes=notes)
    if not content.strip():
        return _Source(content, path, (*problems, f"{path} is empty: save your work again"), notes)
    if encoding := wrong_encoding(content):
        problems = (*problems, f"{path} should be in UTF-8, but {encoding}: save it as UTF-8")
    tree = parsed(content, compiling=True)
    if isinstance(tree, ast.Module):
        problems = (*problems, *_imports_left_behind(search, path, tree))
    elif not encoding or declared_encoding(content):
        problems = (*problems, f"{path} is not valid Python: {tree}: nothing of it can run until it is mended")
    return _Source(content, path, problems, notes)


def _imports_left_behind(search: _Search, path: str, tree: ast.Module) -> Iterator[str]:
    """Name what a module imports from files beside it, which are not handed in."""
    root = search.folder.root
    for name in sorted(set(imported(tree)) - search.wanted):
        for place in ((root / path).parent, root):
            is_package = (place / name).is_dir() and name not in _INSTALLED
            if is_package or (place / f"{name}.py").is_file():
                yield f"{path} imports {name}, which is not handed in: put what you need of it into {path}"
                break
