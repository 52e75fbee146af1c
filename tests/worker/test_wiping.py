"""Wiping: whatever a stranger leaves in a folder goes, and nothing outside of it does."""

from __future__ import annotations

import os
import random
import socket
import stat
from pathlib import Path

import pytest

from grader.worker.wiping import empty


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "folder"
    path.mkdir()
    return path


def dig(start: Path, depth: int, name: str = "d") -> None:
    """Nest folders deeper than a path may be long."""
    here = os.open(start, os.O_RDONLY)
    for _ in range(depth):
        os.mkdir(name, dir_fd=here)
        inner = os.open(name, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = inner
    os.close(os.open("bottom", os.O_CREAT | os.O_WRONLY, dir_fd=here))
    os.close(here)


def test_an_empty_folder_stays_empty_and_stays(folder: Path) -> None:
    empty(folder)
    assert list(folder.iterdir()) == []


def test_files_and_folders_go(folder: Path) -> None:
    (folder / "a" / "b" / "c").mkdir(parents=True)
    for place in (folder, folder / "a", folder / "a" / "b" / "c"):
        for n in range(5):
            (place / f"{n}.txt").write_text("x")
    empty(folder)
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(("depth", "name"), [(1500, "d"), (120, "x" * 255)])
def test_no_depth_and_no_length_of_a_path_is_too_much(folder: Path, depth: int, name: str) -> None:
    """Longer than PATH_MAX, deeper than Python recurses."""
    dig(folder, depth, name)
    empty(folder)
    assert list(folder.iterdir()) == []


def test_deep_nesting_side_by_side_goes(folder: Path) -> None:
    for name in ("a", "b", "c"):
        (folder / name).mkdir()
        dig(folder / name, 150)
    empty(folder)
    assert list(folder.iterdir()) == []


def test_wide_folders_go(folder: Path) -> None:
    for n in range(300):
        (folder / f"wide-{n}" / "deep" / "deeper").mkdir(parents=True)
    empty(folder)
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("mode", [0o000, 0o111, 0o444, 0o555, 0o4777, 0o1777])
def test_no_mode_protects_a_folder_or_file(folder: Path, mode: int) -> None:
    (folder / "a" / "b").mkdir(parents=True)
    (folder / "a" / "b" / "file").write_text("x")
    (folder / "file").write_text("x")
    for place in ("a/b/file", "file", "a/b", "a"):
        (folder / place).chmod(mode)
    empty(folder)
    assert list(folder.iterdir()) == []


ODD_NAMES = [
    b"new\nline",
    b"\x1b[2J",
    b"\xff\xfe\x80",
    b" ",
    b"-rf",
    b"*",
    b"...",
    b"a\\b",
    "ä\u202e".encode(),
    b"x" * 255,
]


@pytest.mark.parametrize("name", ODD_NAMES, ids=range(len(ODD_NAMES)))
def test_no_name_protects_a_folder_or_file(folder: Path, name: bytes) -> None:
    inner = os.path.join(os.fsencode(folder), name)
    os.makedirs(os.path.join(inner, name))
    for place in (inner, os.path.join(inner, name)):
        with open(os.path.join(place, b"f" + name[:200]), "wb"):
            pass
    empty(folder)
    assert os.listdir(folder) == []


@pytest.mark.parametrize("planted", ["file", "empty folder", "full folder", "link", "dangling link"])
def test_names_that_the_wiping_uses_itself_are_no_obstacle(folder: Path, tmp_path: Path, planted: str) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept").write_text("kept")
    for n in range(8):
        place = folder / f".wiped-{n}"
        match planted:
            case "file":
                place.write_text("x")
            case "empty folder":
                place.mkdir()
            case "full folder":
                (place / f".wiped-{n + 1}" / "x").mkdir(parents=True)
            case "link":
                place.symlink_to(outside)
            case "dangling link":
                place.symlink_to(tmp_path / "nowhere")
    dig(folder, 12)
    (folder / "d" / ".wiped-0").mkdir()
    empty(folder)
    assert list(folder.iterdir()) == []
    assert (outside / "kept").read_text() == "kept"


@pytest.mark.parametrize("depth", [0, 1, 3])
def test_links_go_and_what_they_point_to_stays(folder: Path, tmp_path: Path, depth: int) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept").write_text("kept")
    (outside / "kept").chmod(0o640)
    outside.chmod(0o750)
    place = folder.joinpath(*["in"] * depth)
    place.mkdir(parents=True, exist_ok=True)
    (place / "to file").symlink_to(outside / "kept")
    (place / "to folder").symlink_to(outside)
    (place / "to nowhere").symlink_to(tmp_path / "nowhere")
    (place / "to itself").symlink_to("to itself")
    (place / "up").symlink_to("..")
    empty(folder)
    assert list(folder.iterdir()) == []
    assert (outside / "kept").read_text() == "kept"
    assert stat.S_IMODE((outside / "kept").stat().st_mode) == 0o640
    assert stat.S_IMODE(outside.stat().st_mode) == 0o750


def test_hard_links_go_and_the_file_stays(folder: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.write_text("kept")
    os.link(kept, folder / "linked")
    empty(folder)
    assert (kept.read_text(), kept.stat().st_nlink) == ("kept", 1)


def test_pipes_and_sockets_go_unopened(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Opening a pipe that nobody writes to would wait for ever."""
    (folder / "in").mkdir()
    os.mkfifo(folder / "pipe")
    os.mkfifo(folder / "in" / "pipe")
    monkeypatch.chdir(folder)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket")
        empty(folder)
    assert list(folder.iterdir()) == []


def test_a_link_is_not_taken_for_the_folder(folder: Path, tmp_path: Path) -> None:
    (folder / "kept").write_text("kept")
    link = tmp_path / "link"
    link.symlink_to(folder)
    with pytest.raises(OSError, match="link"):
        empty(link)
    assert (folder / "kept").exists()


def test_no_descriptor_is_left_open(folder: Path) -> None:
    dig(folder, 30)
    before = len(os.listdir("/proc/self/fd"))
    empty(folder)
    assert len(os.listdir("/proc/self/fd")) == before


@pytest.mark.parametrize("seed", range(5))
def test_any_mixture_goes(folder: Path, tmp_path: Path, seed: int) -> None:
    random_ = random.Random(seed)
    (tmp_path / "kept").write_text("kept")
    places = [folder]
    for n in range(150):
        place = random_.choice(places) / random_.choice([f".wiped-{n % 7}", f"{n}", f"{n}\n"])
        if os.path.lexists(place):
            continue
        match random_.randrange(4):
            case 0 | 1:
                place.mkdir()
                places.append(place)
            case 2:
                place.write_text("x")
            case 3:
                place.symlink_to(random_.choice([tmp_path / "kept", tmp_path, *places]))
    for place in reversed(places[1:]):
        place.chmod(random_.choice([0o000, 0o500, 0o700]))
    empty(folder)
    assert list(folder.iterdir()) == []
    assert (tmp_path / "kept").read_text() == "kept"
