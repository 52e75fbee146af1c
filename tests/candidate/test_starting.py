"""``grader start``: a working folder that is whole, or none; and nobody's work is touched."""

from __future__ import annotations

import json
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from grader import __version__
from grader.candidate import repository, starting
from grader.candidate.folder import find_folder
from grader.candidate.starting import find_packet, start
from grader.errors import BankError, ExitCode, SubmissionError
from grader.packet import Packet, sha256
from tests.conftest import ASSESSMENT, STUB, ToyBank

WHEEL = f"takehome_grader-{__version__}-py3-none-any.whl"


class ToyPacket:
    """An unzipped packet that can be changed file by file."""

    def __init__(self, root: Path, bank: ToyBank) -> None:
        self.root = root
        shutil.copytree(bank.root / "assignments", root)
        (root / "README.md").write_bytes(b"# Welcome\n\nRead on.\n")
        (root / "toy" / "README.md").write_bytes(b"# A toy\n")
        (root / "toy" / "test_public.py").write_bytes(b"def test_it(candidate):\n    pass\n")
        (root / "toy" / "answers.md").write_bytes(b"# Questions\n")
        self.seal()
        (root / WHEEL).write_bytes(b"a wheel")

    def seal(self, **fields: object) -> None:
        """Write what the packet says of itself."""
        made = (path for path in self.root.rglob("*") if path.is_file() and path.suffix not in (".whl", ".json"))
        files = {path.relative_to(self.root).as_posix(): sha256(path.read_bytes()) for path in made}
        packet = replace(Packet("Toy take-home", "1", "ada-7", 7, __version__, files), **fields)  # type: ignore[arg-type]
        (self.root / "packet.json").write_bytes(packet.as_json().encode())

    def zipped(self, top: str = "takehome/") -> Path:
        path = self.root.parent / "takehome.zip"
        with zipfile.ZipFile(path, "w") as archive:
            for file in sorted(self.root.rglob("*")):
                if file.is_file():
                    archive.write(file, top + file.relative_to(self.root).as_posix())
        return path


@pytest.fixture
def packet(tmp_path: Path, toy_bank: ToyBank) -> ToyPacket:
    return ToyPacket(tmp_path / "takehome", toy_bank.complete())


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "work"


def listing(folder: Path) -> list[str]:
    """Every file of a folder but git's own."""
    paths = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return sorted(path.as_posix() for path in paths if path.parts[0] != ".git")


RELEASED = [
    *("README.md", "assessment.toml", "packet.json", "toy/README.md", "toy/answers.md", "toy/assignment.toml"),
    *("toy/test_public.py", "toy/toy.py"),
]


@pytest.mark.parametrize("form", ["unzipped", "zipped", "zipped without a folder"])
def test_the_folder_holds_what_was_released_and_no_wheel(packet: ToyPacket, target: Path, form: str) -> None:
    source = packet.root if form == "unzipped" else packet.zipped("" if "without" in form else "takehome/")
    started = start(source, target)
    assert listing(target) == [".gitignore", *RELEASED]
    for name in RELEASED:
        assert (target / name).read_bytes() == (packet.root / name).read_bytes()
    assert started.stubs == ("toy/toy.py",)
    assert started.briefs == ("toy/README.md",)
    assert started.packet.variant == "ada-7"


def test_the_folder_is_found_again_and_nothing_in_it_is_changed(packet: ToyPacket, target: Path) -> None:
    start(packet.root, target)
    folder = find_folder(target / "toy")
    assert folder.root == target
    assert folder.changed() == []


def test_files_that_the_packet_does_not_list_stay_behind(packet: ToyPacket, target: Path) -> None:
    (packet.root / "toy" / "mine.py").write_text("x = 1\n")
    start(packet.root, target)
    assert "toy/mine.py" not in listing(target)


@pytest.mark.parametrize("place", [".", "toy"])
def test_the_packet_is_found_at_and_above_a_folder(packet: ToyPacket, place: str) -> None:
    assert find_packet(packet.root / place) == packet.root


def test_a_packet_that_is_not_unzipped_is_found(packet: ToyPacket) -> None:
    archive = packet.zipped()
    shutil.rmtree(packet.root)
    below = archive.parent / "a" / "b"
    below.mkdir(parents=True)
    assert find_packet(below) == archive


def test_the_unzipped_packet_beside_its_archive_is_taken(packet: ToyPacket) -> None:
    packet.zipped()
    assert find_packet(packet.root.parent) == packet.root


def test_a_working_folder_is_no_packet(packet: ToyPacket, target: Path, tmp_path: Path) -> None:
    inside = packet.root / "work"
    start(packet.root, inside)
    assert find_packet(inside) == packet.root
    (packet.root / WHEEL).unlink()
    packet.root.rename(tmp_path / "elsewhere")
    with pytest.raises(SubmissionError, match=r"no packet found: neither takehome\.zip"):
        find_packet(tmp_path / "elsewhere" / "work")


# --- refusals: nothing is written ---


def refused(packet: Path, target: Path) -> SubmissionError:
    before = sorted(target.parent.rglob("*"))
    with pytest.raises(SubmissionError) as caught:
        start(packet, target)
    assert sorted(target.parent.rglob("*")) == before
    assert caught.value.exit_code is ExitCode.USAGE
    assert "\n" not in str(caught.value)
    return caught.value


def test_a_packet_that_was_changed_is_refused_with_the_file(packet: ToyPacket, target: Path) -> None:
    (packet.root / "toy" / "test_public.py").write_bytes(b"def test_it(candidate):\r\n    pass\r\n")
    error = refused(packet.root, target)
    assert "toy/test_public.py" in str(error)
    assert "not as it was released" in str(error)
    assert error.cure == "unzip the packet again, and start from that"


def test_a_packet_that_lacks_a_file_is_refused_with_the_file(packet: ToyPacket, target: Path) -> None:
    (packet.root / "toy" / "README.md").unlink()
    assert "toy/README.md is missing" in str(refused(packet.root, target))


def test_a_packet_for_another_grader_is_refused(packet: ToyPacket, target: Path) -> None:
    packet.seal(grader_version="99.0")
    error = refused(packet.root, target)
    assert str(error) == f"the packet goes with grader 99.0, but this is grader {__version__}"
    assert "pip install" in error.cure


@pytest.mark.parametrize("name", ["../outside.py", "/etc/x", "C:/x", "toy\\x.py", ""])
def test_a_packet_that_reaches_out_of_the_folder_is_refused(packet: ToyPacket, target: Path, name: str) -> None:
    table = json.loads((packet.root / "packet.json").read_text())
    table["files"][name] = "a" * 64
    (packet.root / "packet.json").write_text(json.dumps(table))
    assert "may lie outside" in str(refused(packet.root, target))


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04 cut off"])
def test_an_archive_that_cannot_be_read_is_refused(tmp_path: Path, target: Path, content: bytes) -> None:
    archive = tmp_path / "takehome.zip"
    archive.write_bytes(content)
    assert "cannot be read as a zip archive" in str(refused(archive, target))


def test_a_damaged_archive_is_refused(packet: ToyPacket, target: Path) -> None:
    archive = packet.zipped()
    archive.write_bytes(archive.read_bytes().replace(b"# Welcome", b"# Hellome"))
    assert "cannot be read" in str(refused(archive, target))


def test_what_holds_no_packet_is_refused(tmp_path: Path, target: Path) -> None:
    other = tmp_path / "other.zip"
    with zipfile.ZipFile(other, "w") as archive:
        archive.writestr("holiday/photo.txt", "sun")
    assert "holds no packet.json" in str(refused(other, target))
    assert "cannot be read" in str(refused(tmp_path / "nothing.zip", target))


def test_work_that_is_there_is_never_touched(packet: ToyPacket, target: Path) -> None:
    start(packet.root, target)
    (target / "toy" / "toy.py").write_text("mine = 1\n")
    assert "is a working folder already" in str(refused(packet.root, target))
    assert (target / "toy" / "toy.py").read_text() == "mine = 1\n"


def test_a_folder_with_files_and_a_file_are_refused(packet: ToyPacket, target: Path) -> None:
    target.mkdir()
    (target / "notes.txt").write_text("mine")
    assert "there are files in it" in str(refused(packet.root, target))
    assert "but is a file" in str(refused(packet.root, target / "notes.txt"))


def test_an_empty_folder_is_filled_and_stays_the_same_folder(packet: ToyPacket, target: Path) -> None:
    target.mkdir()
    before = target.stat().st_ino
    start(packet.root, target)
    assert listing(target) == [".gitignore", *RELEASED]
    assert (target / ".git").is_dir()
    assert target.stat().st_ino == before


def test_folders_on_the_way_are_made(packet: ToyPacket, tmp_path: Path) -> None:
    start(packet.root, tmp_path / "a" / "b")
    assert listing(tmp_path / "a" / "b") == [".gitignore", *RELEASED]


@pytest.mark.parametrize("there_is_a_folder", [False, True])
def test_nothing_is_left_of_a_start_that_fails(
    packet: ToyPacket, target: Path, monkeypatch: pytest.MonkeyPatch, there_is_a_folder: bool
) -> None:
    if there_is_a_folder:
        target.mkdir()

    def full(self: Path, other: Path) -> Path:
        if self.name not in ("README.md", ".git", ".gitignore"):
            raise OSError(28, "No space left on device")
        return genuine(self, other)

    genuine = Path.rename
    monkeypatch.setattr(Path, "rename", full)
    assert "No space left on device" in str(refused(packet.root, target))


def test_a_packet_whose_assessment_is_wrong_leaves_nothing(packet: ToyPacket, target: Path) -> None:
    (packet.root / "assessment.toml").write_text(ASSESSMENT.replace("pass_mark", "pass_mask"))
    packet.seal()
    with pytest.raises(BankError):
        start(packet.root, target)
    assert not list(target.parent.glob(".work*"))
    assert not target.exists()


# --- notebooks ---


def test_stubs_become_notebooks(packet: ToyPacket, target: Path) -> None:
    started = start(packet.root, target, notebook=True)
    assert started.stubs == ("toy/toy.ipynb",)
    assert not (target / "toy" / "toy.py").exists()
    assert (target / "toy" / "toy.ipynb").read_bytes() == starting.notebook_of(
        (packet.root / "toy" / "toy.py").read_text(), "A toy"
    )
    assert find_folder(target).changed() == []


# --- git ---


def git(folder: Path, *command: str) -> str:
    done = subprocess.run(["git", *command], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout


needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


@needs_git
def test_the_folder_is_a_repository_with_one_commit(packet: ToyPacket, target: Path) -> None:
    started = start(packet.root, target)
    assert started.no_repository == ""
    assert git(target, "status", "--porcelain") == ""
    assert git(target, "log", "--format=%an %s").splitlines() == ["takehome The take-home as released"]
    assert sorted(git(target, "ls-files").split()) == [".gitignore", *RELEASED]


@needs_git
def test_neither_settings_nor_hooks_nor_an_outer_repository_get_in_the_way(
    packet: ToyPacket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No name, signing wanted, line ends changed, files ignored everywhere, hooks for all, and GIT_DIR set."""
    home = tmp_path / "home"
    (home / "templates" / "hooks").mkdir(parents=True)
    hook = home / "templates" / "hooks" / "pre-commit"
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    (home / "ignored").write_text("*.py\n*.md\n")
    (home / ".gitconfig").write_text(
        "[user]\n\tuseConfigOnly = true\n[commit]\n\tgpgsign = true\n[core]\n\tautocrlf = true\n"
        f"\texcludesFile = {home}/ignored\n[init]\n\ttemplateDir = {home}/templates\n"
    )
    outer = tmp_path / "outer"
    outer.mkdir()
    git(outer, "init", "--quiet")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("GIT_DIR", str(outer / ".git"))
    started = start(packet.root, outer / "work")
    assert started.no_repository == ""
    monkeypatch.delenv("GIT_DIR")
    (outer / "work" / "toy" / "toy.py").unlink()
    git(outer / "work", "checkout", "--", "toy/toy.py")
    assert (outer / "work" / "toy" / "toy.py").read_bytes() == (packet.root / "toy" / "toy.py").read_bytes()
    assert git(outer / "work", "rev-list", "--count", "HEAD").strip() == "1"
    assert subprocess.run(["git", "log"], cwd=outer, capture_output=True, check=False).returncode != 0


def test_without_git_there_is_a_folder_all_the_same(
    packet: ToyPacket, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repository.shutil, "which", lambda _name: None)
    started = start(packet.root, target)
    assert started.no_repository == "git is not installed"
    assert listing(target) == [".gitignore", *RELEASED]
    assert not (target / ".git").exists()
    assert "without git (git is not installed)" in started.as_text()


@pytest.mark.parametrize(
    "error",
    [
        subprocess.CalledProcessError(128, "git", stderr=b"fatal: no\nmore\n"),
        subprocess.TimeoutExpired("git", 60),
        OSError("not executable"),
    ],
)
def test_where_git_fails_there_is_a_folder_all_the_same(
    packet: ToyPacket, target: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(command: list[str], *, cwd: Path, **_: Callable[..., object]) -> None:
        (cwd / ".git").mkdir(exist_ok=True)
        raise error

    monkeypatch.setattr(repository.shutil, "which", lambda _name: "git")
    monkeypatch.setattr(repository.subprocess, "run", fail)
    started = start(packet.root, target)
    assert started.no_repository.startswith("git failed: ")
    assert "\n" not in started.no_repository
    assert listing(target) == [".gitignore", *RELEASED]
    assert not (target / ".git").exists()


# --- what is said ---


def test_it_says_what_to_do_next(packet: ToyPacket, target: Path) -> None:
    text = replace(start(packet.root, target), folder=Path("my work")).as_text()
    assert text.startswith("my work: Toy take-home, version 1, as a")
    assert (
        text.index('cd "my work"')
        < text.index("read README.md, then toy/README.md")
        < text.index("fill in toy/toy.py")
    )
    assert text.index("grader check") < text.index("grader pack")
    assert max(map(len, text.splitlines())) <= 80


def test_many_files_are_told_on_one_line_and_nobody_goes_where_they_are(packet: ToyPacket, target: Path) -> None:
    started = replace(start(packet.root, target), folder=Path(), stubs=("a.py", "b.py", "c.py", "d.py"))
    assert "fill in a.py and 3 more like it\n" in started.as_text()
    assert "cd " not in started.as_text()


def test_the_stub_is_the_one_that_was_released(packet: ToyPacket, target: Path) -> None:
    start(packet.root, target)
    assert (target / "toy" / "toy.py").read_text().split() == STUB.split()
