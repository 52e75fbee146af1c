"""What is in the built wheel, and that it works without a clone."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

from tests.conftest import ToyBank

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    (built,) = folder.glob("takehome_grader-*.whl")
    return built


def test_the_wheel_holds_the_package_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"grader"}
    assert "grader/sandbox/Dockerfile" in names
    assert "grader/report/report.schema.json" in names
    assert "grader/worker/zygote.py" in names


def test_no_line_of_a_solution_or_hidden_suite_is_in_the_wheel(wheel: Path) -> None:
    """Long lines of the secret files are looked for, as they are, in every file of the wheel."""
    with zipfile.ZipFile(wheel) as archive:
        text = "\n".join(archive.read(name).decode("utf-8", "replace") for name in archive.namelist())
    secret_files = [*(ROOT / "solutions").rglob("*.*"), *(ROOT / "tests" / "hidden").rglob("*.py")]
    lines = {line for path in secret_files if path.suffix in (".py", ".toml") for line in telling_lines(path)}
    assert len(lines) > 500
    leaked = [line for line in lines if line in text]
    assert leaked == []


@pytest.mark.docker
def test_the_installed_wheel_scores_without_a_clone(wheel: Path, toy_bank: ToyBank, tmp_path: Path) -> None:
    """Its dependencies come from this environment; the package itself from the wheel."""
    venv.create(tmp_path / "venv", with_pip=False)
    python = tmp_path / "venv" / "bin" / "python"
    unpacked = tmp_path / "unpacked"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(unpacked)
    packages = [entry for entry in sys.path if entry.endswith("site-packages")]
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join([str(unpacked), *packages])}
    check = "import grader; print(grader.__file__)"
    where = subprocess.run(
        [python, "-c", check], env=environment, cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert where.stdout.startswith(str(unpacked))
    command = [str(python), "-m", "grader", "score", str(toy_bank.reference), "--bank", str(toy_bank.root)]
    command += ["--output", str(tmp_path / "out")]
    done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "Score 100 of 100" in done.stdout
    assert "100<small> of 100" in (tmp_path / "out" / "report.html").read_text()


def telling_lines(path: Path) -> set[str]:
    """Lines that are too long to be in two places by chance; imports are not telling."""
    lines = {line.strip() for line in path.read_text(encoding="utf-8").splitlines()}
    return {line for line in lines if len(line) > 40 and not line.startswith(("from ", "import "))}
