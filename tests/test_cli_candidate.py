"""The commands of candidates, and those of staff beside scoring, as they are typed."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest
from click.testing import CliRunner

from grader.cli import main
from grader.release.releasing import hidden_seed
from tests.candidate.test_checking import DONE, PUBLIC
from tests.conftest import STARTED, Grader, ToyBank, wait_for

BOX = re.compile("[\u2500-\u257f]")


@pytest.fixture
def bank(toy_bank: ToyBank) -> ToyBank:
    toy_bank.complete().write("assignments/toy/test_public.py", PUBLIC)
    toy_bank.write("assignments/toy/README.md", "# A toy\n")
    return toy_bank


@pytest.fixture
def work(bank: ToyBank, grader: Grader, tmp_path: Path) -> Path:
    """A working folder, made as a candidate makes it."""
    packet, folder = tmp_path / "takehome.zip", tmp_path / "work"
    done = grader("release", "--bank", bank.root, "--output", packet, "--variant", "ada")
    assert done.returncode == 0, done.stderr
    assert "nothing of the hidden half is in it" in done.stdout
    done = grader("start", folder, "--packet", packet)
    assert done.returncode == 0, done.stderr
    return folder


def finish(work: Path, text: str = DONE) -> None:
    (work / "toy" / "toy.py").write_text(dedent(text))


def test_the_help_is_grouped_by_who_it_is_for() -> None:
    text = CliRunner().invoke(main, ["--help"]).stdout
    titles = [line for line in text.splitlines() if line.startswith("For ")]
    assert titles == [
        *("For candidates:", "For staff:", "For a whole round:"),
        *("For authors of assignments:", "For everybody:"),
    ]
    assert all(name in text for name in main.commands)


@pytest.mark.parametrize("name", sorted(main.commands))
def test_every_help_text_has_an_example_and_fits_80_columns(name: str) -> None:
    text = CliRunner().invoke(main, [name, "--help"], terminal_width=80).stdout
    assert f"  grader {name}" in text
    assert max(map(len, text.splitlines())) <= 80


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_what_the_shell_reads(shell: str) -> None:
    done = CliRunner().invoke(main, ["completion", shell])
    assert done.exit_code == 0
    assert f"_GRADER_COMPLETE={shell}_complete" in done.stdout


def test_names_of_assignments_are_completed(work: Path) -> None:
    environment = os.environ | {
        "_GRADER_COMPLETE": "bash_complete",
        "COMP_WORDS": "grader check t",
        "COMP_CWORD": "2",
    }
    done = subprocess.run(
        [sys.executable, "-m", "grader"], cwd=work, env=environment, capture_output=True, text=True, check=False
    )
    assert done.stdout == "plain,toy\n"


def test_check_says_where_a_candidate_stands(work: Path, grader: Grader) -> None:
    done = grader("check", "--folder", work)
    assert done.returncode == 1
    assert "0 of 2 public tests pass." in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80
    finish(work)
    done = grader("check", "toy", "--folder", work, "--format", "json")
    assert done.returncode == 0
    assert json.loads(done.stdout)["passes"] is True
    assert not BOX.search(done.stdout)


def test_no_colour_where_it_is_not_wanted(work: Path, grader: Grader) -> None:
    assert "\x1b" not in grader("check", "--folder", work, env={"NO_COLOR": "1"}).stdout


def test_a_mistyped_name_is_refused(work: Path, grader: Grader) -> None:
    done = grader("check", "tov", "--folder", work)
    assert (done.returncode, done.stdout) == (2, "")
    assert "did you mean 'toy'?" in done.stderr


def test_outside_of_a_working_folder_the_cure_is_told(grader: Grader) -> None:
    for command in ("check", "pack"):
        done = grader(command)
        assert (done.returncode, done.stdout) == (2, "")
        assert "grader start work" in done.stderr


def test_in_process_a_breakpoint_and_prints_work(work: Path, grader: Grader) -> None:
    finish(work, DONE.replace('print("called with", len(X))', "import os; print('pid', os.getpid())"))
    done = grader("check", "--folder", work, "--in-process")
    assert done.returncode == 0, done.stdout
    assert len(set(re.findall(r"pid \d+", done.stdout))) == 1
    assert "2 passed" in done.stdout
    assert grader("check", "--folder", work, "--in-process", "--watch").returncode == 2


def test_watch_checks_again_when_a_file_is_saved(work: Path) -> None:
    log = work.parent / "log.txt"
    with (
        log.open("w") as out,
        subprocess.Popen(
            [sys.executable, "-m", "grader", "check", "--watch"], cwd=work, stdout=out, stderr=subprocess.STDOUT
        ) as process,
    ):
        STARTED.add(process.pid)
        wait_for(lambda: "waiting for you to save a file" in log.read_text())

        def saved() -> bool:
            """Saved again and again: what is watched is a moment later than what was told."""
            finish(work)
            return "2 of 2 public tests pass." in log.read_text()

        wait_for(saved)
        process.send_signal(signal.SIGINT)
        assert process.wait(60) in (0, 1, 130)
    assert "Traceback" not in log.read_text()


def test_pack_warns_packs_and_inspect_shows_it(work: Path, grader: Grader, bank: ToyBank, tmp_path: Path) -> None:
    handed_in = tmp_path / "submission.zip"
    finish(work, DONE.replace("return np", "return 2 * np"))
    done = grader("pack", work, "--output", handed_in)
    assert done.returncode == 0, done.stderr
    assert "1 of 2 public tests pass. See: grader check" in done.stdout
    assert "Now hand in submission.zip" in done.stdout
    done = grader("inspect", handed_in, "--bank", bank.root)
    assert done.returncode == 0, done.stderr
    assert "toy.py" in done.stdout
    assert json.loads(grader("inspect", handed_in, "--bank", bank.root, "--format", "json").stdout)


def test_packing_goes_on_where_the_public_tests_cannot_be_run(work: Path, grader: Grader, tmp_path: Path) -> None:
    finish(work)
    (work / "toy" / "test_public.py").unlink()
    done = grader("pack", work)
    assert done.returncode == 0, done.stderr
    assert (work / "submission.zip").is_file()


def test_hidden_inputs_follow_from_the_variant(work: Path, grader: Grader, bank: ToyBank, tmp_path: Path) -> None:
    """From the manifest, unless staff say otherwise; a manifest that lies costs nothing."""
    from grader.bank import Bank

    finish(work)
    handed_in = tmp_path / "submission.zip"
    assert grader("pack", work, "--output", handed_in, "--no-check").returncode == 0

    def seed(*options: str) -> int:
        score = ("score", handed_in, "--bank", bank.root, "--sandbox", "none", "--format", "json")
        done = grader(*score, *options)
        assert done.returncode == 0, done.stderr
        return int(json.loads(done.stdout)["provenance"]["seed"])

    digest = Bank(bank.root).sha256
    assert seed() == hidden_seed("ada", digest)
    assert seed("--variant", "grace") == hidden_seed("grace", digest)
    assert seed("--seed", "5") == 5


def test_a_seed_and_a_variant_are_refused_together(grader: Grader, bank: ToyBank) -> None:
    done = grader("score", bank.reference, "--bank", bank.root, "--seed", "1", "--variant", "ada")
    assert done.returncode == 2
    assert "give one of them" in done.stderr


def test_a_packet_with_a_secret_is_not_written(bank: ToyBank, grader: Grader, tmp_path: Path) -> None:
    secret = (bank.reference / "toy.py").read_text()
    bank.write("assignments/toy/README.md", f"# A toy\n\n{secret}")
    done = grader("release", "--bank", bank.root, "--output", tmp_path / "takehome.zip")
    assert done.returncode == 2, done.stdout
    assert not (tmp_path / "takehome.zip").exists()


def test_without_watchfiles_the_cure_is_told_before_anything_is_run(
    work: Path, grader: Grader, tmp_path: Path
) -> None:
    missing = "import sys, importlib.util as u; f = u.find_spec\n"
    missing += "u.find_spec = lambda name, *more: None if name == 'watchfiles' else f(name, *more)\n"
    (tmp_path / "sitecustomize.py").write_text(missing)
    done = grader("check", "--folder", work, "--watch", env={"PYTHONPATH": str(tmp_path)})
    assert (done.returncode, done.stdout) == (2, "")
    assert "python -m pip install watchfiles" in done.stderr
