"""Every command in the README is one that works."""

from __future__ import annotations

import re
import shlex
import shutil
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from grader.report.data import as_json
from tests.marking.course import fill
from tests.report.test_data import report

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = [line[2:] for block in re.findall(r"```console\n(.*?)```", README, re.S) for line in block.splitlines()]


def test_the_readme_shows_the_commands_that_matter() -> None:
    assert {"make score", "make test", "grader score submission.zip", "grader doctor"} <= set(COMMANDS)


@pytest.mark.parametrize("command", [c for c in COMMANDS if c.startswith("make ")])
def test_make_knows_the_target(command: str) -> None:
    done = subprocess.run([*shlex.split(command), "--dry-run"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.docker
@pytest.mark.parametrize("command", [c for c in COMMANDS if re.match("grader (?!mark)", c)])
def test_the_command_does_its_work(command: str, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "submission.zip", "w") as archive:
        for path in (ROOT / "examples" / "middling").glob("*.py"):
            archive.write(path, path.name)
    words = [sys.executable, "-m", *shlex.split(command)]
    for name in ("monday.json", "friday.json"):
        (tmp_path / name).write_text(as_json(report()))
    (tmp_path / "round").mkdir()
    shutil.copy(tmp_path / "submission.zip", tmp_path / "round" / "ada.zip")
    before = {
        **dict.fromkeys(("interview", "verify"), ("score", "submission.zip")),
        **dict.fromkeys(("cohort", "similar", "impact", "gradebook"), ("batch", "round", "--assignment", "knn")),
    }
    if words[3] in before:
        first = [*words[:3], *before[words[3]], "--output", "results/", "--bank", str(ROOT)]
        subprocess.run(first, cwd=tmp_path, capture_output=True, check=False)
    if words[3:4] == ["gradebook"] and words[4] != "add":
        first = [*words[:4], "add", "results/", "--bank", str(ROOT)]
        subprocess.run(first, cwd=tmp_path, capture_output=True, check=True)
    bank = tmp_path if words[3] == "new" else ROOT
    where = {"check": ["--folder", str(ROOT)], "diff": [], "cohort": []}.get(words[3], ["--bank", str(bank)])
    if words[3] == "gradebook" and words[4] in ("agreement", "export"):
        where = []
    done = subprocess.run([*words, *where], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stderr
    assert done.stdout or (tmp_path / "marks.csv").read_text()
    assert (tmp_path / "results").exists() == ("results/" in command or words[3] == "gradebook")


@pytest.mark.parametrize("command", [c for c in COMMANDS if c.startswith("grader mark")])
def test_the_page_to_mark_on_is_served(command: str, tmp_path: Path) -> None:
    fill(tmp_path / "gradebook", {"ada": {"assumptions": "None."}})
    words = [sys.executable, "-m", *shlex.split(command), "--no-browser"]
    with subprocess.Popen(
        words, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as served:
        assert served.stdout is not None
        assert served.stdout.readline().startswith("Open http://127.0.0.1:")
        served.send_signal(signal.SIGINT)
        assert served.wait(60) == 0


def test_plain_pytest_runs_the_public_tests(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "assignments" / "knn", tmp_path / "knn")
    command = [str(Path(sys.executable).with_name("pytest")), "-p", "no:cacheprovider", "test_public.py"]
    for folder in (tmp_path / "knn", ROOT / "assignments" / "knn"):
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        assert "NotImplementedError" in done.stdout
        assert "ModuleNotFoundError" not in done.stdout
        assert "13 failed" in done.stdout.splitlines()[-1]


def test_files_that_the_readme_names_are_there() -> None:
    names = re.findall(r"\]\(([^)#]+)\)|`((?:docs|grader|examples|assignments)/[\w./-]+)`", README)
    for name in {first or second for first, second in names}:
        assert (ROOT / name).exists(), name


def test_the_exit_codes_are_those_of_the_program() -> None:
    from grader.errors import ExitCode

    table = {int(code) for code in re.findall(r"^\| (\d+) \|", README, re.M)}
    assert table == {int(code) for code in ExitCode}
