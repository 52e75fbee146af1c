"""Which files a fork may read where no container hides the others."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from grader.worker import jail
from grader.worker.jail import PACKAGES, loaded_libraries, readable, standard_library


@pytest.fixture
def libraries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of shared libraries that counts as the system's."""
    monkeypatch.setattr(jail, "_SYSTEM_LIBRARIES", (tmp_path,))
    monkeypatch.setattr(jail, "_OWNER", os.getuid())
    folder = tmp_path / "x86_64-linux-gnu"
    folder.mkdir(mode=0o755)
    (folder / "libm.so.6").touch()
    return folder


def test_the_folder_of_the_systems_libraries_is_one_rule(libraries: Path) -> None:
    assert jail._rules_for(libraries) == [libraries]


@pytest.mark.parametrize("name", ["python3", "python3.12", *PACKAGES])
def test_a_folder_in_which_packages_lie_is_allowed_file_by_file(libraries: Path, name: str) -> None:
    (libraries / name).mkdir()
    (libraries / "secret.txt").touch()
    assert jail._rules_for(libraries) == [libraries / "libm.so.6"]


@pytest.mark.parametrize("mode", [0o775, 0o757])
def test_so_is_a_folder_in_which_others_may_write(libraries: Path, mode: int) -> None:
    libraries.chmod(mode)
    assert jail._rules_for(libraries) == [libraries / "libm.so.6"]


def test_so_is_one_of_another_owner(libraries: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jail, "_OWNER", os.getuid() + 1)
    assert jail._rules_for(libraries) == [libraries / "libm.so.6"]


def test_so_is_one_elsewhere(libraries: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jail, "_SYSTEM_LIBRARIES", (Path("/usr/lib"),))
    assert jail._rules_for(libraries) == [libraries / "libm.so.6"]


def test_nothing_that_is_readable_leads_to_installed_packages() -> None:
    """But to numpy and msgpack themselves, and to the worker."""
    given = {path.name for path in readable() if {*path.parts} & {*PACKAGES}}
    assert given <= {"numpy", "msgpack", "numpy.libs", "worker"}
    packages = [library / name for library in standard_library() for name in PACKAGES]
    assert not [path for path in readable() for package in packages if package.is_relative_to(path)]


def test_each_loaded_library_is_readable() -> None:
    for library in loaded_libraries():
        assert any(library.is_relative_to(path.resolve()) for path in readable()), library
