"""docs/authoring.md says what is so, and the bank it takes for its example holds."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from grader.bank import Bank
from grader.cli import main
from grader.examiner import oracle
from grader.scaffold import lay_out
from grader.validation.specimens import load_specimens
from tests.conftest import Grader

ROOT = Path(__file__).resolve().parents[1]
EXAMPLE = ROOT / "examples" / "authoring"
NAME = "classification_metrics"
GUIDE = (ROOT / "docs" / "authoring.md").read_text(encoding="utf-8")
SUITE = (EXAMPLE / "tests" / "hidden" / NAME / f"test_{NAME}.py").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^ *```(\w+)\n(.*?)^ *```$", GUIDE, re.M | re.S)
SESSIONS = [[line.strip()[2:] for line in text.splitlines()] for kind, text in BLOCKS if kind == "console"]
COMMANDS = [command for session in SESSIONS for command in session]
PLACEHOLDER = "../our-bank"


@pytest.mark.docker
def test_the_example_holds(grader: Grader) -> None:
    effort = ("--seeds", "2", "--mutants", "20", "--no-cache")
    done = grader("validate", "--bank", EXAMPLE, *effort, timeout=1800)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]


def test_the_example_is_as_large_as_an_assignment_should_be() -> None:
    assignment = Bank(EXAMPLE).assignment(NAME)
    kept = load_specimens(Bank(EXAMPLE), assignment)
    assert 6 <= len(assignment.criteria) <= 8
    assert len(kept.variants) >= 3
    assert len(kept.mistakes) >= 12
    assert kept.equivalents
    assert 15 <= len(re.findall(r"^def test_", SUITE, re.M)) <= 25
    assert {criterion.id for criterion in assignment.criteria} == marked(SUITE)
    assert marked((EXAMPLE / "assignments" / NAME / "test_public.py").read_text()) == marked(SUITE)


def marked(text: str) -> set[str]:
    return set(re.findall(r'@pytest\.mark\.criterion\("([^"]+)"\)', text))


def test_the_brief_of_the_example_names_every_criterion_with_its_points() -> None:
    brief = (EXAMPLE / "assignments" / NAME / "README.md").read_text(encoding="utf-8")
    for criterion in Bank(EXAMPLE).assignment(NAME).criteria:
        assert re.search(rf"^\| `{criterion.id}`[^|]*\| {criterion.points:g} \|$", brief, re.M), criterion.id


def test_no_file_of_the_example_is_left_as_it_was_laid_out() -> None:
    for path in EXAMPLE.rglob("*.*"):
        if path.suffix in (".py", ".toml", ".md"):
            text = path.read_text(encoding="utf-8")
            assert "WRITE" not in text, path
            assert " of 8:" not in text, path


@pytest.mark.parametrize(
    "folder", ["solutions/classification_metrics/reference", "assignments/classification_metrics"]
)
def test_public_tests_pass_for_the_reference_and_fail_for_the_stub(tmp_path: Path, folder: str) -> None:
    for source in (EXAMPLE / folder / f"{NAME}.py", EXAMPLE / "assignments" / NAME / "test_public.py"):
        shutil.copy(source, tmp_path)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_public.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    passes = folder.startswith("solutions")
    assert (" passed" in done.stdout, " failed" in done.stdout) == (passes, not passes), done.stdout[-3000:]


@pytest.mark.parametrize("command", [command for command in COMMANDS if command.startswith("grader ")])
def test_the_program_knows_the_command(command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its name, options and values; folders are looked for where the guide says they are."""
    monkeypatch.chdir(ROOT)
    _, name, *arguments = shlex.split(command.replace(PLACEHOLDER, str(tmp_path)))
    main.commands[name].make_context(name, arguments)


@pytest.mark.parametrize("session", [s for s in SESSIONS if s[-1].partition(" ")[2].startswith("pytest ")])
def test_pytest_passes_as_the_guide_calls_it(session: list[str]) -> None:
    change, command = session
    assert change.startswith("cd ")
    folder = ROOT / change.removeprefix("cd ")
    setting, _, *arguments = shlex.split(command)
    key, _, value = setting.partition("=")
    environment = os.environ | {key: value, "PYTHONDONTWRITEBYTECODE": "1"}
    words = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments]
    done = subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:]
    assert " passed" in done.stdout


def test_every_command_is_of_a_kind_that_is_tried_here() -> None:
    kinds = ("grader ", "cd ", "PYTHONPATH=")
    assert [command for command in COMMANDS if not command.startswith(kinds)] == []
    assert len(COMMANDS) >= 5


def test_every_option_in_the_text_is_one_of_the_program() -> None:
    known = {
        option for command in main.commands.values() for parameter in command.params for option in parameter.opts
    }
    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", GUIDE)) <= known


def test_every_file_that_the_guide_names_is_there() -> None:
    inline = re.sub(r"^ *```.*?^ *```$", "", GUIDE, flags=re.M | re.S)
    links = re.findall(r"\]\(([^)#]+)\)", inline)
    paths = re.findall(r"`((?:assignments|solutions|tests|examples|docs|grader)/[\w./-]*)`", inline)
    assert len(paths) >= 10
    assert [link for link in links if not (ROOT / "docs" / link).exists()] == []
    assert [path for path in paths if not (ROOT / path).exists() and not (EXAMPLE / path).exists()] == []


def test_the_table_of_steps_is_what_the_command_lays_out(tmp_path: Path) -> None:
    rows = re.findall(r"^\| (?:(\d)\. [\w ]+|at the end) \| `([^`]+)` \| \d+ \|$", GUIDE, re.M)
    written = [path.relative_to(tmp_path).as_posix() for path in lay_out(tmp_path, NAME)[:-1]]
    assert "lays out eleven files" in GUIDE
    assert len(rows) == len(written) == 11
    for number, place in rows:
        (path,) = [path for path in written if path.startswith(place)]
        assert f"Step {number} of 8:" in (tmp_path / path).read_text(encoding="utf-8") or not number


def test_the_guide_quotes_the_example_to_the_letter() -> None:
    files = [path for path in EXAMPLE.rglob("*") if path.suffix in (".py", ".toml")]
    texts = [path.read_text(encoding="utf-8") for path in files]
    quotes = [text for kind, text in BLOCKS if kind in ("python", "toml")]
    assert len(quotes) >= 5
    for quote in quotes:
        assert any(quote in text for text in texts), quote


def test_every_name_of_a_test_or_a_mistake_is_one_of_the_example() -> None:
    tests = set(re.findall(r"`(test_\w+)`", GUIDE))
    assert tests
    assert [name for name in tests if f"def {name}(" not in SUITE] == []
    rows = [
        line.split()[0] for kind, text in BLOCKS if kind == "text" for line in text.splitlines() if " ·  ·" in line
    ]
    mistakes = {specimen.id for specimen in load_specimens(Bank(EXAMPLE), Bank(EXAMPLE).assignment(NAME)).mistakes}
    assert len(rows) == 3
    assert set(rows) <= mistakes
    assert [name for name in ("share_of_pairs", "check_renamed", "classified", "measured") if f"`{name}" in GUIDE]


def test_every_helper_is_one_of_the_oracle() -> None:
    table = GUIDE.partition("| helper | checks |")[2].partition("\n\n")[0]
    names = {name for row in table.splitlines() for name in re.findall(r"`(\w+)[(`]", row.rpartition(" | ")[0])}
    assert len(names) >= 9
    assert [name for name in names if not hasattr(oracle, name)] == []


def test_every_message_in_the_table_is_one_of_the_program() -> None:
    source = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "grader").rglob("*.py"))
    table = GUIDE.partition("| it says | do this |")[2].partition("\n\n")[0]
    messages = re.findall(r"^\| `([^`]+)` \|", table, re.M)
    assert len(messages) == 7
    for message in messages:
        assert all(part.strip(" ,") in source for part in message.split("…")), message
