"""``grader pack``: writes the file to hand in, with what counts and nothing else, and says so."""

from __future__ import annotations

import platform
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path, PurePosixPath
from textwrap import wrap

from grader import __version__
from grader.archive import zipped
from grader.candidate.answering import Answering, find_answers
from grader.candidate.folder import Folder
from grader.candidate.modules import Found, find_modules, is_as_released
from grader.errors import GraderError, SubmissionError
from grader.manifest import MANIFEST_FILE, Manifest
from grader.packet import sha256
from grader.submission import read_archive
from grader.writing import write_whole
from grader.written.questions import ANSWERS_FILE, QUESTIONS_FILE

_WIDTH = 80

_NOT_ASKED = "not asked for"
_NO_ANSWERS = "as released: no answers yet"
_MACHINERY = {
    ".git": "version control",
    ".gitignore": "version control",
    ".gitattributes": "version control",
    "__pycache__": "made by Python",
    ".pytest_cache": "made by pytest",
    ".ipynb_checkpoints": "made by Jupyter",
}


@dataclass(frozen=True)
class Packed:
    """A file to hand in that was written.

    Attributes:
        path: where.
        size_bytes: of the file.
        sha256: of the file.
        files: what went in, by name in the archive.
        left_out: what did not, by path in the working folder, and why; folders as one.
        problems: what is wrong with the folder and with what went in, one line each.
        notes: what was left out of notebooks, and which stubs are untouched.
        answers: how many questions are answered and where, one line for each assignment that asks some.
    """

    path: Path
    size_bytes: int
    sha256: str
    files: tuple[str, ...]
    left_out: tuple[tuple[str, str], ...]
    problems: tuple[str, ...]
    notes: tuple[str, ...]
    answers: tuple[str, ...] = ()

    def as_text(self) -> str:
        """Return what was packed and what to do with it, for a terminal."""
        told = [*(f"Problem: {line}" for line in self.problems), *(f"Note: {line}" for line in self.notes)]
        lines = [part for line in told for part in wrap(line, _WIDTH, subsequent_indent="  ", break_on_hyphens=False)]
        lines += [f"{self.path}: {_size(self.size_bytes)}, SHA-256 {self.sha256[:16]}", "", "What went in:"]
        lines += [f"  {name}" for name in self.files]
        lines += ["", "Written answers:"] if self.answers else []
        lines += [f"  {line}" for line in self.answers]
        lines += ["", "What was left out:"] if self.left_out else []
        lines += [line for why, names in _by_reason(self.left_out).items() for line in _wrapped(f"{why}: ", names)]
        lines += ["", f"Now hand in {self.path.name} in the way that the packet came to you."]
        return "\n".join(lines) + "\n"


def pack(folder: Folder, output: Path, *, now: datetime) -> Packed:
    """Write the file to hand in.

    Args:
        folder: where the candidate works.
        output: the archive to write; one that is there is replaced.
        now: the time for the manifest.

    Raises:
        SubmissionError: there is no module at all, an assignment's rubric is gone, or ``output`` is no place for an
            archive. Nothing is written.
        GraderError: it could not be written.
    """
    _check_output(output)
    if folder.unreadable:  # a file that lacks an assignment would be wrong
        raise SubmissionError(str(folder.unreadable[0]), cure="take it from the packet again")
    found = find_modules(folder)
    if not found.modules:
        raise SubmissionError(f"there is no module to hand in: {found.problems[0]}")
    answering = find_answers(folder)
    answers = {found.path: found.content for found in answering if found.path}
    contents = {f"{name}.py": source for name, source in found.modules.items()} | answers
    manifest = _manifest(folder, contents, now)
    content = zipped(contents | {MANIFEST_FILE: manifest.as_json().encode()})
    _check_intake(content, output.name, folder, found, answers, manifest)
    write_whole(output, content)
    return Packed(
        path=output,
        size_bytes=len(content),
        sha256=sha256(content),
        files=tuple(sorted((*contents, MANIFEST_FILE))),
        left_out=tuple(_left_out(folder, {*found.paths.values(), *answers}, answering, output)),
        problems=(*folder.problems(), *found.problems, *(line for each in answering for line in each.problems)),
        notes=(*found.notes, *_untouched(folder, found)),
        answers=tuple(filter(None, (each.as_text() for each in answering))),
    )


def _check_output(output: Path) -> None:
    cure = "choose another: grader pack --output submission.zip"
    if output.suffix.lower() != ".zip":
        raise SubmissionError(f"{output} should end in .zip", cure=cure)
    if not output.absolute().parent.is_dir():
        raise SubmissionError(f"{output} should lie in a folder that is there, but it is not", cure=cure)
    if output.is_dir() or (output.exists() and not zipfile.is_zipfile(output)):
        raise SubmissionError(f"{output} is there and is no zip archive: it was not touched", cure=cure)


def _untouched(folder: Folder, found: Found) -> Iterator[str]:
    for name, path in found.paths.items():
        if is_as_released(folder, path, found.modules[name]):
            yield f"{path} is the stub as it was released"


def _manifest(folder: Folder, contents: Mapping[str, bytes], now: datetime) -> Manifest:
    origin = folder.packet or folder.assessment
    return Manifest(
        assessment=folder.packet.assessment if folder.packet else folder.assessment.title,
        version=origin.version,
        variant=folder.packet.variant if folder.packet else "",
        grader_version=__version__,
        python=platform.python_version(),
        numpy=_version_of("numpy"),
        packed=now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        files={name: sha256(content) for name, content in contents.items()},
    )


def _version_of(package: str) -> str:
    """The version that is installed; asked without importing it."""
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def _check_intake(
    content: bytes, name: str, folder: Folder, found: Found, answers: Mapping[str, bytes], manifest: Manifest
) -> None:
    """See that those who score it will read from it what was put in."""
    read = read_archive(name, content, folder.assessment)
    kept = {f"{name}/{ANSWERS_FILE}": text.encode() for name, text in read.answers.items()}
    kept |= {f"{name}/{QUESTIONS_FILE}": content for name, content in read.notebooks.items()}
    if (read.modules, kept, read.manifest) != (found.modules, answers, manifest):
        raise GraderError("what was packed is not what can be read from it: a bug in grader", cure="report it")


def _left_out(
    folder: Folder, taken: set[str], answering: Iterable[Answering], output: Path
) -> Iterator[tuple[str, str]]:
    """What lies in the folder and in those of its assignments, and does not go in."""
    superseded = {each.superseded: f"{PurePosixPath(each.path).name} counts" for each in answering}
    inner = {assignment.name for assignment in folder.assessment.assignments}
    for place in (folder.root, *(folder.root / name for name in sorted(inner))):
        for path in sorted(place.iterdir()) if place.is_dir() else ():
            name = path.relative_to(folder.root).as_posix()
            if name in taken or name in inner or path.absolute() == output.absolute():
                continue
            yield (f"{name}/" if path.is_dir() else name), superseded.get(name) or _why(folder, path, name)


def _why(folder: Folder, path: Path, name: str) -> str:
    if path.name in _MACHINERY:
        return _MACHINERY[path.name]
    if path.is_dir():
        return "virtual environment" if (path / "pyvenv.cfg").is_file() else _NOT_ASKED
    if path.suffix == ".zip" and zipfile.is_zipfile(path):
        return "an archive"
    is_released = folder.packet is not None and name in folder.packet.files
    if path.name in (ANSWERS_FILE, QUESTIONS_FILE) and is_released:
        return _NO_ANSWERS
    return "from the packet" if is_released or name == "packet.json" else _NOT_ASKED


def _by_reason(left_out: tuple[tuple[str, str], ...]) -> dict[str, list[str]]:
    reasons: dict[str, list[str]] = {}
    for name, why in left_out:
        reasons.setdefault(why, []).append(name)
    return reasons


def _wrapped(head: str, names: list[str]) -> list[str]:
    """Names after a reason, on as many lines as they take."""
    lines = [f"  {head}{names[0]}"]
    for name in names[1:]:
        lines[-1] += ","
        if len(lines[-1]) + len(name) + 1 > _WIDTH - 1:
            lines.append(f"    {name}")
        else:
            lines[-1] += f" {name}"
    return lines


def _size(count: int) -> str:
    return f"{count:,} bytes" if count < 10_000 else f"{count / 1024:,.0f} KB"
