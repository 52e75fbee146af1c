"""Intake: opens what was handed in without trusting it, and takes only the modules that the assessment names.

Beside them it takes written answers, as text and as notebook, and the manifest: what is wrong with those is a remark,
and costs nothing. A notebook is not opened here.

Nothing is written and nothing is run. Whatever is wrong ends in one ``SubmissionError`` that says what was
expected, what was found and what to do.
"""

from __future__ import annotations

import codecs
import hashlib
import io
import stat
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from grader.errors import SubmissionError
from grader.manifest import MANIFEST_FILE, Manifest, read_manifest
from grader.models import Assessment, Submission
from grader.written.questions import ANSWERS_FILE, QUESTIONS_FILE

ENTRIES_LIMIT = 200
UNPACKED_LIMIT = 10 * 1024 * 1024
RATIO_LIMIT = 100
MODULE_LIMIT = 1024 * 1024
ARCHIVE_LIMIT = 20 * 1024 * 1024

_LEFTOVER_NAMES = frozenset([".DS_Store", "Thumbs.db", "desktop.ini", "ehthumbs.db"])
_LEFTOVER_FOLDERS = frozenset(["__MACOSX", "__pycache__", ".git", ".venv", "venv", ".ipynb_checkpoints"])
_METHODS = frozenset([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
_SHOWN_NAMES = 8
_SMALLEST_RATIO_BYTES = 64 * 1024


@dataclass(frozen=True)
class _File:
    """A file that was handed in, by its place in the archive or folder."""

    path: PurePosixPath
    entry: zipfile.ZipInfo | Path


@dataclass(frozen=True)
class _Beside:
    """What was handed in beside the modules."""

    answers: Mapping[str, str] = field(default_factory=dict)
    notebooks: Mapping[str, bytes] = field(default_factory=dict)
    manifest: Manifest | None = None
    remarks: tuple[str, ...] = ()
    files: int = 0


def read_submission(path: Path, assessment: Assessment) -> Submission:
    """Return what was handed in.

    Args:
        path: a zip archive, a folder or one ``.py`` file.
        assessment: names the modules to take.

    Raises:
        SubmissionError: it is refused.
    """
    if path.is_dir():
        return _from_folder(path, assessment)
    if not path.is_file():
        raise SubmissionError(
            f"{_plain(str(path))} should be a zip archive, a folder or a .py file, but there is no such file"
        )
    if path.suffix.lower() == ".py":
        return _from_module(path, assessment)
    if path.stat().st_size > ARCHIVE_LIMIT:
        raise SubmissionError(f"{_plain(path.name)} is larger than the {_megabytes(ARCHIVE_LIMIT)} that are accepted")
    return read_archive(path.name, path.read_bytes(), assessment)


def read_archive(name: str, content: bytes, assessment: Assessment) -> Submission:
    """Return the submission in a zip archive.

    Args:
        name: for messages and the report.
        content: bytes of the archive.
        assessment: names the modules to take.

    Raises:
        SubmissionError: it is refused.
    """
    given, name = name, _plain(name)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            unopened = _unopened(entries, assessment)
            _check_entries(name, entries, unopened)
            files = [_File(PurePosixPath(e.filename), e) for e in entries if not e.is_dir()]
            kept = _without_leftovers(files)
            chosen = _choose(name, kept, assessment)
            modules = {module: _bounded(file, _unpack(name, archive, file)) for module, file in chosen.items()}
            texts = {place: _unpack(name, archive, file) for place, file in _beside(kept, assessment).items()}
            if bad := _damaged(archive, (entry for entry in entries if entry.filename not in unopened)):
                raise SubmissionError(f"{name} is damaged: {_shown(bad)} does not match its checksum; zip it again")
    except _UNREADABLE as error:
        raise SubmissionError(
            f"{name} should be a zip archive, but cannot be read as one ({_plain(str(error))}); zip the modules again"
        ) from error
    return _submission(given, modules, chosen, len(files), _read_beside(texts))


_UNREADABLE = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, OverflowError, ValueError)
"""What ``zipfile`` raises on archives that are damaged or that it cannot unpack."""


def _from_folder(folder: Path, assessment: Assessment) -> Submission:
    files = []
    for place in (folder, *_inner_folders(folder, assessment)):
        for path in sorted(place.iterdir()):
            if path.suffix.lower() == ".py" and (path.is_file() or path.is_symlink()):
                files.append(_File(PurePosixPath(path.relative_to(folder).as_posix()), path))
    chosen = _choose(_plain(folder.name or str(folder)), files, assessment)
    modules = {module: _bounded(file, _read_file(file)) for module, file in chosen.items()}
    places = (_File(PurePosixPath(place), folder / place) for place in _places_beside(assessment))
    beside = [file for file in places if _is_plain_file(folder, file)]
    texts = {file.path.as_posix(): _read_file(file) for file in beside}
    return _submission(folder.resolve().name, modules, chosen, len(files) + len(texts), _read_beside(texts))


def _inner_folders(folder: Path, assessment: Assessment) -> Iterable[Path]:
    """Folders named like an assignment, where the packet for candidates has the stubs."""
    for assignment in assessment.assignments:
        inner = folder / assignment.name
        if inner.is_symlink():
            raise SubmissionError(f"{assignment.name} is a link; hand in the folder itself")
        if inner.is_dir():
            yield inner


def _from_module(path: Path, assessment: Assessment) -> Submission:
    chosen = _choose(_plain(path.name), [_File(PurePosixPath(path.name), path)], assessment)
    modules = {module: _bounded(file, _read_file(file)) for module, file in chosen.items()}
    return _submission(path.name, modules, chosen, len(chosen), _Beside())


def _unopened(entries: list[zipfile.ZipInfo], assessment: Assessment) -> set[str]:
    """Names of notebooks with answers that are too large to be opened: no more than a module's bytes are unpacked."""
    places = {(assignment.name, QUESTIONS_FILE) for assignment in assessment.assignments}
    large = (entry.filename for entry in entries if entry.file_size > MODULE_LIMIT)
    return {name for name in large if PurePosixPath(name).parts[-2:] in places}


def _damaged(archive: zipfile.ZipFile, entries: Iterable[zipfile.ZipInfo]) -> str:
    """Unpack all of these, keep nothing, and return the name of one that does not match its checksum."""
    for entry in entries:
        try:
            with archive.open(entry) as stream:
                while stream.read(MODULE_LIMIT):
                    pass
        except zipfile.BadZipFile:
            return entry.filename
    return ""


def _check_entries(name: str, entries: list[zipfile.ZipInfo], unopened: Iterable[str]) -> None:
    """Refuse an archive by its table of contents, before anything is unpacked.

    Args:
        name: of the archive.
        entries: of it.
        unopened: names of those of which no more is unpacked than a module may have.
    """
    if len(entries) > ENTRIES_LIMIT:
        raise SubmissionError(f"{name} holds {len(entries)} entries; at most {ENTRIES_LIMIT} are accepted")
    seen: set[str] = set()
    for entry in entries:
        _check_entry(name, entry)
        key = PurePosixPath(entry.filename).as_posix()
        if key in seen:
            raise SubmissionError(f"{name} holds {_shown(entry.filename)} twice; zip it again with one of them")
        seen.add(key)
    sizes = {entry.filename: entry.file_size for entry in entries} | dict.fromkeys(unopened, MODULE_LIMIT + 1)
    unpacked = sum(sizes.values())
    if unpacked > UNPACKED_LIMIT:
        largest = max(sizes, key=lambda each: sizes[each])
        raise SubmissionError(
            f"{name} unpacks to {_megabytes(unpacked)}; at most {_megabytes(UNPACKED_LIMIT)} are accepted:"
            f" hand in the modules and answers only ({_shown(largest)} is the largest file in it)"
        )


def _check_entry(name: str, entry: zipfile.ZipInfo) -> None:
    raw = getattr(entry, "orig_filename", entry.filename)
    parts = PurePosixPath(raw.replace("\\", "/")).parts
    drive = len(raw) > 1 and raw[1] == ":"
    if raw.startswith(("/", "\\")) or ".." in parts or drive or "\0" in raw or "\\" in raw:
        raise SubmissionError(f"{name} holds the unsafe name {_shown(raw)}; names should be relative, with '/'")
    if not parts:
        raise SubmissionError(f"{name} holds an entry without a name; zip it again")
    if entry.flag_bits & 0x1:
        raise SubmissionError(f"{name} is encrypted ({_shown(raw)}); zip it again without a password")
    mode = entry.external_attr >> 16
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise SubmissionError(f"{name} holds {_shown(raw)}, which is a link or special file; zip real files")
    if entry.compress_type not in _METHODS:
        # What unpacks the others has no limit on how much it gives at once.
        raise SubmissionError(
            f"{name}: {_shown(raw)} is compressed in an unusual way; zip it again with the defaults"
        )
    large = entry.file_size > _SMALLEST_RATIO_BYTES
    if large and entry.file_size > RATIO_LIMIT * max(entry.compress_size, 1):
        raise SubmissionError(
            f"{name}: {_shown(raw)} unpacks to over {RATIO_LIMIT} times its size; that is refused as a zip bomb"
        )


def _without_leftovers(files: list[_File]) -> list[_File]:
    """Drop what operating systems and editors leave in archives, and one folder around everything."""
    kept = [
        file
        for file in files
        if file.path.name not in _LEFTOVER_NAMES
        and not file.path.name.startswith("._")
        and not _LEFTOVER_FOLDERS.intersection(file.path.parts[:-1])
    ]
    tops = {file.path.parts[0] for file in kept}
    if len(tops) == 1 and all(len(file.path.parts) > 1 for file in kept):
        return [_File(PurePosixPath(*file.path.parts[1:]), file.entry) for file in kept]
    return kept


def _choose(name: str, files: list[_File], assessment: Assessment) -> dict[str, _File]:
    """Return the file of each module that is there: at the top, or in the folder of its assignment."""
    chosen: dict[str, _File] = {}
    wanted = {module: a.name for a in assessment.assignments for module in a.modules}
    for module, assignment in wanted.items():
        places = (f"{module}.py", f"{assignment}/{module}.py")
        found = [file for file in files if file.path.as_posix() in places]
        if len(found) > 1:
            raise SubmissionError(f"{name} holds {places[0]} and {places[1]}; hand in one of them")
        if found:
            chosen[module] = found[0]
            continue
        for file in files:
            for place in places:
                if file.path.as_posix().lower() == place.lower():
                    right = place if file.path.name == f"{module}.py" else f"{module}.py"
                    raise SubmissionError(f"{name} holds {_shown(str(file.path))}; rename it to {right}")
    if not chosen:
        looked_for = ", ".join(f"{module}.py" for module in wanted)
        there = sorted(file.path.as_posix() for file in files)
        shown = ", ".join(_shown(path) for path in there[:_SHOWN_NAMES]) or "nothing"
        more = f" and {len(there) - _SHOWN_NAMES} more" if len(there) > _SHOWN_NAMES else ""
        raise SubmissionError(
            f"{name} should hold at least one of {looked_for}, at the top or in its assignment's folder,"
            f" but holds {shown}{more}"
        )
    return chosen


def _unpack(name: str, archive: zipfile.ZipFile, file: _File) -> bytes:
    assert isinstance(file.entry, zipfile.ZipInfo)
    try:
        with archive.open(file.entry) as stream:
            content = stream.read(MODULE_LIMIT + 1)
    except RuntimeError as error:
        raise SubmissionError(f"{name}: {_shown(str(file.path))} cannot be unpacked: {_plain(str(error))}") from error
    return content


def _read_file(file: _File) -> bytes:
    assert isinstance(file.entry, Path)
    if file.entry.is_symlink():
        raise SubmissionError(f"{file.path} is a link; hand in the file itself")
    try:
        with file.entry.open("rb") as stream:
            return stream.read(MODULE_LIMIT + 1)
    except OSError as error:
        raise SubmissionError(f"{file.path} cannot be read: {error.strerror}") from error


def _bounded(file: _File, content: bytes) -> bytes:
    if len(content) > MODULE_LIMIT:
        raise SubmissionError(
            f"{_shown(str(file.path))} is larger than the {_megabytes(MODULE_LIMIT)} that a module may have"
        )
    return content


def _places_beside(assessment: Assessment) -> tuple[str, ...]:
    forms = (ANSWERS_FILE, QUESTIONS_FILE)
    return (MANIFEST_FILE, *(f"{a.name}/{form}" for a in assessment.assignments for form in forms))


def _beside(files: list[_File], assessment: Assessment) -> dict[str, _File]:
    """The manifest and the written answers, in either form, by their places."""
    places = _places_beside(assessment)
    return {place: file for file in files if (place := file.path.as_posix()) in places}


def _is_plain_file(folder: Path, file: _File) -> bool:
    assert isinstance(file.entry, Path)
    return file.entry.is_file() and not file.entry.is_symlink() and not (folder / file.path.parent).is_symlink()


def _read_beside(texts: Mapping[str, bytes]) -> _Beside:
    """Read what costs nothing if it cannot be read."""
    remarks = []
    manifest = read_manifest(texts.get(MANIFEST_FILE, b""))
    if manifest is None and MANIFEST_FILE in texts:
        remarks.append(f"{MANIFEST_FILE} is no manifest of grader's; nothing is known of how this was packed")
    answers: dict[str, str] = {}
    notebooks: dict[str, bytes] = {}
    for place in sorted(texts.keys() - {MANIFEST_FILE}):
        assignment, _, form = place.partition("/")
        is_cut = len(texts[place]) > MODULE_LIMIT
        if form == ANSWERS_FILE:
            answers[assignment] = text_of(texts[place][:MODULE_LIMIT])
            remarks += [f"{place} is cut after {_megabytes(MODULE_LIMIT)}"] * is_cut
        else:
            # One byte more than is opened is kept: who reads the answers sees that it is too large.
            notebooks[assignment] = texts[place]
            remarks += [f"{place} is larger than {_megabytes(MODULE_LIMIT)}, and is not opened"] * is_cut
    return _Beside(answers, notebooks, manifest, tuple(remarks), len(texts))


def text_of(content: bytes) -> str:
    """Return a written text, whatever an editor saved it in; what cannot be read is replaced.

    Args:
        content: in UTF-8 or, with a byte order mark, in UTF-16.
    """
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode("utf-16", "replace")
    return content.removeprefix(codecs.BOM_UTF8).decode("utf-8", "replace")


def _submission(
    name: str, modules: Mapping[str, bytes], chosen: Mapping[str, _File], files: int, beside: _Beside
) -> Submission:
    digest = hashlib.sha256()
    for module, content in sorted(modules.items()):
        digest.update(f"{module}\0{len(content)}\0".encode() + content)
    paths = {module: file.path.as_posix() for module, file in chosen.items()}
    return Submission(
        name=name,
        sha256=digest.hexdigest(),
        modules=dict(modules),
        paths=paths,
        ignored=files - len(chosen) - beside.files,
        answers=beside.answers,
        notebooks=beside.notebooks,
        manifest=beside.manifest,
        remarks=beside.remarks,
    )


def _shown(name: str) -> str:
    """A name from a stranger, fit for a terminal."""
    return repr(_plain(name))


def _plain(name: str) -> str:
    """The same without quotes."""
    text = "".join(c if c.isprintable() else "?" for c in name)
    return text if len(text) <= 80 else text[:79] + "…"


def _megabytes(count: int) -> str:
    return f"{count / (1024 * 1024):.1f} MB".replace(".0 ", " ")
