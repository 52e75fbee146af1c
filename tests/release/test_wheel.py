"""The wheel that is built on the spot: what is in it, the same bytes every time, and that it installs and works."""

from __future__ import annotations

import csv
import hashlib
import io
import os
import subprocess
import sys
import venv
from base64 import urlsafe_b64decode
from pathlib import Path

import pytest

import grader
from grader import __version__
from grader.archive import unzipped
from grader.errors import ExitCode, GraderError
from grader.release import wheel
from grader.release.wheel import build_wheel
from tests.conftest import ROOT

METADATA = f"takehome_grader-{__version__}.dist-info"


def test_the_wheel_holds_the_package_and_its_metadata() -> None:
    names = unzipped(build_wheel().content)
    assert {name.split("/")[0] for name in names} == {"grader", METADATA}
    assert {name for name in names if name.startswith(METADATA)} == wheel.metadata_names()
    assert names["grader/sandbox/Dockerfile"] == (ROOT / "Dockerfile").read_bytes()
    assert {"grader/bank.py", "grader/report/report.schema.json", "grader/templates/stub.py.txt"} <= set(names)
    assert not [name for name in names if "__pycache__" in name]


def test_the_record_is_right() -> None:
    files = unzipped(build_wheel().content)
    rows = list(csv.reader(io.StringIO(files[f"{METADATA}/RECORD"].decode())))
    assert sorted(row[0] for row in rows) == sorted(files)
    for name, digest, size in rows:
        if name == f"{METADATA}/RECORD":
            assert (digest, size) == ("", "")
            continue
        kind, _, value = digest.partition("=")
        assert (kind, int(size)) == ("sha256", len(files[name]))
        assert urlsafe_b64decode(value + "=") == hashlib.sha256(files[name]).digest()


def test_metadata_is_that_of_the_installation_without_the_readme_for_staff() -> None:
    files = unzipped(build_wheel().content)
    text = files[f"{METADATA}/METADATA"].decode()
    assert f"\nVersion: {__version__}\n" in text
    assert "\nRequires-Dist: numpy" in text
    assert "\n\n" not in text
    assert b"grader = grader.__main__:main" in files[f"{METADATA}/entry_points.txt"]
    assert b"Tag: py3-none-any\n" in files[f"{METADATA}/WHEEL"]


def test_umask_times_and_place_make_no_difference(package_copy: Path) -> None:
    first = build_wheel()
    before = os.umask(0o077)
    try:
        for path in package_copy.rglob("*"):
            os.utime(path, (1e9, 1e9))
            path.chmod(0o700)
        second = build_wheel()
    finally:
        os.umask(before)
    assert second == first


def test_the_dockerfile_may_lie_in_the_package_as_in_an_installation(package_copy: Path) -> None:
    first = build_wheel()
    (package_copy.parent / "Dockerfile").rename(package_copy / "sandbox" / "Dockerfile")
    assert build_wheel() == first


def test_an_installation_of_another_version_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grader, "__version__", "99.0")
    with pytest.raises(GraderError, match=rf"installed at version {__version__}, its code is 99\.0") as told:
        build_wheel()
    assert told.value.exit_code == ExitCode.FAULT
    assert "pip install -e ." in told.value.cure


def test_a_package_that_is_not_installed_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wheel, "DISTRIBUTION", "no-such-distribution")
    with pytest.raises(GraderError, match="should be installed"):
        build_wheel()


def test_pip_installs_it_and_it_works_and_builds_itself_again(tmp_path: Path) -> None:
    """Its dependencies come from this environment; the package from the wheel, without an index."""
    built = build_wheel()
    (tmp_path / built.name).write_bytes(built.content)
    venv.create(tmp_path / "venv", with_pip=False)
    scripts = tmp_path / "venv" / "bin"
    pip = [sys.executable, "-m", "pip", "--python", str(scripts / "python"), "install"]
    quiet = ["--no-deps", "--no-index", "--disable-pip-version-check"]
    subprocess.run([*pip, *quiet, str(tmp_path / built.name)], check=True, capture_output=True, cwd=tmp_path)
    packages = [entry for entry in sys.path if entry.endswith("site-packages")]
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(packages)}

    def run(*command: str | Path) -> str:
        done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    assert run(scripts / "grader", "--version").endswith(__version__)
    again = (
        "import grader, hashlib\nfrom grader.release.wheel import build_wheel\n"
        "print(grader.__file__, hashlib.sha256(build_wheel().content).hexdigest())"
    )
    place, digest = run(scripts / "python", "-c", again).split()
    assert place.startswith(str(tmp_path / "venv"))
    assert digest == hashlib.sha256(built.content).hexdigest()
