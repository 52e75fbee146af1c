"""``grader start``: makes a working folder of the packet, all of it or nothing."""

from __future__ import annotations

import os
import shutil
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from pathlib import Path, PurePosixPath

from grader import __version__
from grader.bank import ASSESSMENT_FILE, read_assessment
from grader.candidate.notebooks import notebook_of
from grader.candidate.repository import make_repository
from grader.errors import SubmissionError
from grader.models import Assessment
from grader.packet import PACKET_FILE, Packet, read_packet, sha256

PACKET_NAME = "takehome"
"""The packet's folder, and its archive without the suffix."""

_IGNORED = """\
# What is never handed in
submission.zip
.venv/
venv/
__pycache__/
.pytest_cache/
.ipynb_checkpoints/
"""
_COMMIT = "The take-home as released"
_CURE = "unzip the packet again, and start from that"


@dataclass(frozen=True)
class Started:
    """A working folder that was made.

    Attributes:
        folder: where it is, as it was asked for.
        packet: what it was made of.
        briefs: what to read, by path in the folder, beside its ``README.md``.
        stubs: what to fill in, by path in the folder.
        no_repository: why it is no git repository; empty if it is one.
    """

    folder: Path
    packet: Packet
    briefs: tuple[str, ...]
    stubs: tuple[str, ...]
    no_repository: str

    def as_text(self) -> str:
        """Return what was made and what to do next, for a terminal."""
        kind = f"a folder without git ({self.no_repository})" if self.no_repository else "a git repository"
        steps = [
            *([f"cd {_quoted(self.folder)}"] if self.folder != Path() else []),
            f"read README.md, then {_first(self.briefs)}",
            f"fill in {_first(self.stubs)}",
            "grader check     as often as you like: runs the public tests",
            "grader pack      at the end: writes submission.zip, the file to hand in",
        ]
        numbered = [f"  {number}. {step}" for number, step in enumerate(steps, start=1)]
        head = f"{self.folder}: {self.packet.assessment}, version {self.packet.version}, as {kind}"
        return "\n".join([head, "", "What to do next:", *numbered]) + "\n"


def find_packet(here: Path) -> Path:
    """Return the packet at or above a folder: unzipped (with its wheel beside ``packet.json``), or as it came.

    Raises:
        SubmissionError: there is none.
    """
    here = here.resolve()
    for place in (here, *here.parents):
        for folder in (place, place / PACKET_NAME):
            if (folder / PACKET_FILE).is_file() and any(folder.glob("*.whl")):
                return folder
        if (archive := place / f"{PACKET_NAME}.zip").is_file():
            return archive
    raise SubmissionError(
        f"no packet found: neither {PACKET_NAME}.zip nor its unzipped folder is in {here} or above it",
        cure=f"go to the folder where {PACKET_NAME}.zip was unzipped, and try again",
    )


def start(packet: Path, target: Path, *, notebook: bool = False) -> Started:
    """Make a working folder.

    Args:
        packet: the packet, unzipped or not.
        target: the folder to make; one that is there has to be empty.
        notebook: make the stubs notebooks.

    Raises:
        SubmissionError: the packet is not as it was released, or made for another version of grader; or something
            is there already. Nothing is written then.
    """
    with _opened(packet) as files:
        listed = _listed(files, packet)
        contents = {name: _as_released(files, name, digest, packet) for name, digest in listed.files.items()}
        contents[PACKET_FILE] = (files / PACKET_FILE).read_bytes()
    _check_target(target)
    partial = target.absolute().parent / f".{target.absolute().name}.{os.getpid()}"
    try:
        _write(partial, contents | {".gitignore": _IGNORED.encode()})
        assessment = read_assessment(partial)
        stubs = _stubs(partial, assessment, notebook)
        no_repository = make_repository(partial, _COMMIT)
        _move(partial, target)
    except OSError as error:
        raise SubmissionError(f"{target} could not be made: {error}", cure="choose another folder") from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    briefs = [f"{assignment.name}/README.md" for assignment in assessment.assignments]
    return Started(target, listed, tuple(briefs), stubs, no_repository)


@contextmanager
def _opened(packet: Path) -> Iterator[Traversable]:
    """Give the folder with ``packet.json``, in an archive or not."""
    if packet.is_dir():
        yield packet
        return
    try:
        with zipfile.ZipFile(packet) as archive:
            yield _top(zipfile.Path(archive))
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise SubmissionError(
            f"{packet} should be the packet, but cannot be read as a zip archive ({error})", cure="download it again"
        ) from error
    except OSError as error:
        raise SubmissionError(f"{packet} should be the packet, but cannot be read: {error}") from error


def _top(archive: zipfile.Path) -> zipfile.Path:
    """The one folder around everything, if there is one."""
    inner = [entry for entry in archive.iterdir() if (entry / PACKET_FILE).is_file()]
    return inner[0] if len(inner) == 1 and not (archive / PACKET_FILE).is_file() else archive


def _listed(files: Traversable, packet: Path) -> Packet:
    """What the packet says of itself, if this version of grader can go on with it."""
    if not (files / PACKET_FILE).is_file():
        raise SubmissionError(f"{packet} should be the packet, but holds no {PACKET_FILE}", cure=_CURE)
    listed = read_packet((files / PACKET_FILE).read_bytes())
    if listed.grader_version != __version__:
        raise SubmissionError(
            f"the packet goes with grader {listed.grader_version}, but this is grader {__version__}",
            cure="install the wheel that lies in the packet: python -m pip install takehome_grader-*.whl",
        )
    if ASSESSMENT_FILE not in listed.files:
        raise SubmissionError(f"{PACKET_FILE} should list {ASSESSMENT_FILE}, but does not", cure=_CURE)
    if unsafe := [name for name in listed.files if not _is_safe(name)]:
        raise SubmissionError(f"{PACKET_FILE} lists {unsafe[0]!r}, which may lie outside the folder", cure=_CURE)
    return listed


def _is_safe(name: str) -> bool:
    path = PurePosixPath(name)
    return bool(path.parts) and not path.is_absolute() and ".." not in path.parts and not set(name) & set("\\:\0")


def _as_released(files: Traversable, name: str, digest: str, packet: Path) -> bytes:
    if not (files / name).is_file():
        raise SubmissionError(f"{name} is missing in {packet}", cure=_CURE)
    content = (files / name).read_bytes()
    if sha256(content) != digest:
        raise SubmissionError(f"{name} in {packet} is not as it was released", cure=_CURE)
    return content


def _check_target(target: Path) -> None:
    """See that nobody's work is there."""
    if not target.is_dir():
        if target.exists() or target.is_symlink():
            raise SubmissionError(
                f"{target} should be a new folder, but is a file", cure="choose another: grader start DIR"
            )
        return
    if (target / PACKET_FILE).is_file() and not any(target.glob("*.whl")):
        raise SubmissionError(f"{target} is a working folder already; nothing in it was touched", cure=_GO_ON)
    if any(target.iterdir()):
        raise SubmissionError(
            f"{target} should be a new or empty folder, but there are files in it; nothing in it was touched",
            cure="choose another: grader start DIR",
        )


_GO_ON = "go on there, or choose another folder for a fresh start: grader start DIR"


def _write(folder: Path, contents: dict[str, bytes]) -> None:
    for name, content in contents.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def _stubs(folder: Path, assessment: Assessment, notebook: bool) -> tuple[str, ...]:
    """The stubs by path; as notebooks, if those are wanted."""
    stubs = []
    for assignment in assessment.assignments:
        for module in assignment.modules:
            path = folder / assignment.name / f"{module}.py"
            if notebook and path.is_file():
                path = _as_notebook(path, assignment.title)
            stubs.append(path.relative_to(folder).as_posix())
    return tuple(stubs)


def _as_notebook(stub: Path, title: str) -> Path:
    content = notebook_of(stub.read_text(encoding="utf-8"), title)
    stub.unlink()
    path = stub.with_suffix(".ipynb")
    path.write_bytes(content)
    return path


def _move(made: Path, target: Path) -> None:
    """Put a folder in its place whole, or, where an empty one is there, its files one by one."""
    if not target.is_dir():
        made.rename(target)
        return
    moved: list[Path] = []
    try:
        # Somebody's shell may stand in the empty folder: it cannot be replaced.
        for path in sorted(made.iterdir()):
            moved.append(path.rename(target.absolute() / path.name))
    except OSError:
        for path in moved:
            path.rename(made / path.name)
        raise


def _quoted(path: Path) -> str:
    return f'"{path}"' if " " in str(path) else str(path)


def _first(paths: tuple[str, ...]) -> str:
    """One of many paths."""
    return f"{paths[0]} and {len(paths) - 1} more like it" if len(paths) > 1 else paths[0]
