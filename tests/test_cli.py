"""The command line as its users meet it: exit codes, streams, messages. No engine needed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import jsonschema
import pytest

from grader.report.data import schema
from tests.conftest import Grader, ToyBank, wait_for, without_times

NO_ENGINE = {"DOCKER_HOST": "unix:///nonexistent/docker.sock"}


def test_a_right_solution_scores_100_and_exits_0(grader: Grader, toy_bank: ToyBank) -> None:
    done = grader("score", toy_bank.reference, "--bank", toy_bank.root, "--sandbox", "none")
    assert done.returncode == 0, done.stderr
    assert "Score 100 of 100  PASSED" in done.stdout


def test_a_wrong_solution_loses_its_criterion_and_exits_1(grader: Grader, toy_bank: ToyBank) -> None:
    wrong = toy_bank.submission("def mean(X):\n    raise ValueError('no')\n")
    done = grader("score", wrong, "--bank", toy_bank.root, "--sandbox", "none")
    assert done.returncode == 1, done.stderr
    assert "Score 0 of 100  NOT PASSED" in done.stdout


def test_partial_credit_is_shared_by_the_tests_of_a_criterion(grader: Grader, toy_bank: ToyBank) -> None:
    half = toy_bank.submission("import numpy as np\ndef mean(X):\n    return np.asarray(X)[0] + 0.0\n")
    done = grader("score", half, "--bank", toy_bank.root, "--sandbox", "none", "--format", "json")
    mean, bad_input = json.loads(done.stdout)["assignments"][0]["criteria"]
    assert (mean["earned"], bad_input["earned"]) == (30, 0)


def test_none_says_on_stderr_that_it_contains_nothing(grader: Grader, toy_bank: ToyBank) -> None:
    done = grader("score", toy_bank.reference, "--bank", toy_bank.root, "--sandbox", "none", "--quiet")
    assert "contains nothing" in done.stderr
    assert "NO SANDBOX" in done.stdout


def test_json_goes_to_stdout_alone_and_fits_the_schema(grader: Grader, toy_bank: ToyBank) -> None:
    done = grader("score", toy_bank.reference, "--bank", toy_bank.root, "--sandbox", "none", "--format", "json")
    jsonschema.validate(json.loads(done.stdout), schema())
    assert "\x1b" not in done.stdout


def test_output_writes_all_forms_whole(grader: Grader, toy_bank: ToyBank, tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "results"
    done = grader(
        *("score", toy_bank.reference, "--bank", toy_bank.root, "--sandbox", "none", "--format", "json"),
        *("--output", folder),
    )
    assert (folder / "report.json").read_text() == done.stdout
    assert "Score 100 of 100" in (folder / "report.txt").read_text()
    assert (folder / "report.md").read_text().startswith("# Toy take-home")
    assert ElementTree.parse(folder / "junit.xml").getroot().get("tests") == "3"
    assert "100<small> of 100" in (folder / "report.html").read_text()
    assert "100<small> of 100" in (folder / "candidate.html").read_text()
    assert {path.name for path in folder.iterdir()} == {
        *("candidate.html", "junit.xml", "report.html", "report.json", "report.md", "report.txt")
    }


def test_a_cohort_is_read_from_earlier_reports(grader: Grader, toy_bank: ToyBank, tmp_path: Path) -> None:
    arguments = ("--bank", toy_bank.root, "--sandbox", "none", "--output")
    grader("score", toy_bank.submission("def mean(X):\n    return 0\n"), *arguments, tmp_path / "round" / "a")
    done = grader("score", toy_bank.reference, *arguments, tmp_path / "b", "--cohort", tmp_path / "round")
    assert done.returncode == 0, done.stderr
    assert "Scored more than 1 of 1 of the cohort" in (tmp_path / "b" / "report.html").read_text()


def test_a_cohort_without_a_report_of_this_take_home_is_refused(
    grader: Grader, toy_bank: ToyBank, tmp_path: Path
) -> None:
    (tmp_path / "none").mkdir()
    arguments = ("--bank", toy_bank.root, "--sandbox", "none", "--output", tmp_path / "b")
    done = grader("score", toy_bank.reference, *arguments, "--cohort", tmp_path / "none")
    assert done.returncode == 2
    assert "holds 0 reports" in done.stderr
    assert not (tmp_path / "b").exists()


def test_wrong_questions_are_told_before_anything_is_scored(
    grader: Grader, toy_bank: ToyBank, tmp_path: Path
) -> None:
    toy_bank.write("solutions/toy/interview.toml", "[[criteria]]\nid = 'nothing'\n")
    arguments = ("score", toy_bank.reference, "--bank", toy_bank.root, "--sandbox", "none")
    done = grader(*arguments, "--output", tmp_path / "out")
    assert done.returncode == 2
    assert "interview.toml" in done.stderr
    assert not (tmp_path / "out").exists()
    assert grader(*arguments).returncode == 0, "a report in the terminal has no questions"


def test_pages_need_their_packages_before_anything_is_scored(
    grader: Grader, toy_bank: ToyBank, tmp_path: Path
) -> None:
    """As candidates have it: installed without the extra for staff."""
    code = (
        "import importlib.util, sys; real = importlib.util.find_spec;"
        "importlib.util.find_spec = lambda name, *rest: None if name == 'pygal' else real(name, *rest);"
        "from grader.__main__ import main; main()"
    )
    done = subprocess.run(
        [
            *(sys.executable, "-c", code, "score", toy_bank.reference, "--bank", toy_bank.root),
            *("--sandbox", "none", "--output", tmp_path / "out"),
        ],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "made with pygal" in done.stderr
    assert "takehome-grader[staff]" in done.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("form", "begins"),
    [("markdown", "# Toy take-home"), ("junit", "<?xml "), ("github", "::notice title=Toy take-home")],
)
def test_other_forms_go_to_stdout_alone(grader: Grader, toy_bank: ToyBank, form: str, begins: str) -> None:
    done = grader("score", toy_bank.reference, "--bank", toy_bank.root, "--sandbox", "none", "--format", form)
    assert done.returncode == 0
    assert done.stdout.startswith(begins)


def test_the_same_seed_gives_the_same_report_but_for_times(grader: Grader, toy_bank: ToyBank) -> None:
    wrong = toy_bank.submission("import numpy as np\ndef mean(X):\n    return np.zeros(np.shape(X)[1])\n")
    arguments = ("score", wrong, "--bank", toy_bank.root, "--sandbox", "none", "--format", "json", "--seed")
    first, again, other = (without_times(grader(*arguments, seed).stdout) for seed in ("5", "5", "6"))
    assert first == again
    assert first != other


def test_a_module_that_does_not_parse_earns_0_and_says_where(grader: Grader, toy_bank: ToyBank) -> None:
    broken = toy_bank.submission("import numpy\n\ndef mean(X:\n    return 1\n")
    done = grader("score", broken, "--bank", toy_bank.root, "--sandbox", "none")
    assert done.returncode == 1
    assert "toy.py cannot be imported: SyntaxError" in done.stdout
    assert "line 3" in done.stdout


def test_suites_with_files_of_the_same_name_do_not_mix(grader: Grader, toy_bank: ToyBank) -> None:
    toy_bank.add_other()
    both = toy_bank.submission((toy_bank.reference / "toy.py").read_text())
    (both / "other.py").write_text("def mean(X):\n    return 0\n")
    done = grader("score", both, "--bank", toy_bank.root, "--sandbox", "none", "--format", "json")
    assert [entry["score"] for entry in json.loads(done.stdout)["assignments"]] == [100, 0]


def test_a_missing_module_earns_0_and_is_named(grader: Grader, toy_bank: ToyBank) -> None:
    toy_bank.add_other()
    done = grader("score", toy_bank.reference, "--bank", toy_bank.root, "--sandbox", "none", "--format", "json")
    report = json.loads(done.stdout)
    assert done.returncode == 1
    assert report["score"] == 25
    assert report["submission"]["missing"] == ["other.py"]
    assert report["assignments"][1]["problem"] == "other.py was not handed in"
    outcomes = [t["outcome"] for c in report["assignments"][1]["criteria"] for t in c["tests"]]
    assert outcomes == ["NOT_RUN"] * 3


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["score"], "Missing argument"),
        (["score", "x.zip", "--seed", "-1"], "--seed"),
        (["score", "x.zip", "--sandbox", "magic"], "magic"),
        (["scroe", "x.zip"], "Did you mean 'score'?"),
        (["score", "x.zip", "--formt", "json"], "--format"),
    ],
)
def test_wrong_usage_exits_2_and_helps(grader: Grader, arguments: list[str], says: str) -> None:
    done = grader(*arguments)
    assert done.returncode == 2
    assert says in done.stderr
    assert not done.stdout


def test_a_submission_that_is_not_there_is_one_clear_line(grader: Grader, toy_bank: ToyBank) -> None:
    done = grader("score", "nowhere.zip", "--bank", toy_bank.root)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "nowhere.zip" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_refused_submission_writes_nothing(grader: Grader, toy_bank: ToyBank, tmp_path: Path) -> None:
    archive = tmp_path / "bad.zip"
    with zipfile.ZipFile(archive, "w") as target:
        target.writestr("../toy.py", "x = 1")
    done = grader("score", archive, "--bank", toy_bank.root, "--output", tmp_path / "results")
    assert done.returncode == 2
    assert not (tmp_path / "results").exists()


def test_a_warning_that_quotes_its_line_is_no_finding(grader: Grader, toy_bank: ToyBank) -> None:
    """Python opens the file that it quotes, on behalf of nobody; whoever opens one by itself is told."""
    honest = "import numpy as np\n\ndef mean(X):\n    np.mean([])\n    np.log(0.0)\n    return np.mean(X, axis=0)\n"
    curious = honest.replace("np.mean([])", "open(np.__file__).close()")
    told = []
    for source in (honest, curious):
        folder = toy_bank.submission(source)
        command = ("score", folder, "--bank", toy_bank.root, "--sandbox", "none", "--format", "json")
        report = json.loads(grader(*command).stdout)
        told.append([finding for finding in report["integrity"] if finding["seen_by"] == "worker"])
    assert told[0] == []
    assert [(finding["kind"], finding["line"]) for finding in told[1]] == [("file-access", 4)]


def test_an_unknown_assignment_suggests_the_nearest(grader: Grader, toy_bank: ToyBank) -> None:
    done = grader("score", toy_bank.reference, "--bank", toy_bank.root, "--assignment", "toi")
    assert done.returncode == 2
    assert "did you mean 'toy'" in done.stderr


def test_a_folder_that_is_no_bank_is_named(grader: Grader, toy_bank: ToyBank, tmp_path: Path) -> None:
    done = grader("score", toy_bank.reference, "--bank", tmp_path)
    assert done.returncode == 2
    assert "is no bank" in done.stderr


def test_without_the_engine_that_was_asked_for_nobody_is_scored(grader: Grader, toy_bank: ToyBank) -> None:
    done = grader("score", toy_bank.reference, "--bank", toy_bank.root, "--sandbox", "docker", env=NO_ENGINE)
    assert done.returncode == 3
    assert not done.stdout
    assert "no Docker engine answers" in done.stderr
    assert "start Docker" in done.stderr
    assert "Traceback" not in done.stderr


def test_doctor_names_a_missing_engine_and_what_does_without(grader: Grader, toy_bank: ToyBank) -> None:
    done = grader("doctor", "--bank", toy_bank.root, env=NO_ENGINE)
    assert "MISSING  Docker engine" in done.stdout
    assert "cure: start Docker" in done.stdout
    works = "ok       embedded sandbox: works" in done.stdout
    assert works != ("MISSING  embedded sandbox" in done.stdout)
    assert done.returncode == (0 if works else 3)


def test_debug_shows_a_traceback_for_our_own_failure(grader: Grader, toy_bank: ToyBank) -> None:
    command = ("score", toy_bank.reference, "--bank", toy_bank.root, "--sandbox", "docker", "--debug")
    done = grader(*command, env=NO_ENGINE)
    assert "Traceback" in done.stderr


@pytest.mark.parametrize(
    "broken",
    [
        "1 / 0",
        "import nonexistent_module",
        "def test_it(:",
    ],
)
def test_a_broken_hidden_suite_is_our_failure(grader: Grader, toy_bank: ToyBank, broken: str) -> None:
    toy_bank.write("tests/hidden/toy/test_broken.py", broken + "\n")
    done = grader("score", toy_bank.reference, "--bank", toy_bank.root, "--sandbox", "none")
    assert done.returncode == 3
    assert "hidden suite toy" in done.stderr
    assert not done.stdout


def test_a_bug_in_a_hidden_test_is_our_failure(grader: Grader, toy_bank: ToyBank) -> None:
    toy_bank.write(
        "tests/hidden/toy/test_bug.py",
        """
        import pytest

        @pytest.mark.criterion("mean")
        def test_with_a_bug(candidate):
            candidate.toy.mean([[1.0]])[0].nonsense
        """,
    )
    wrong = toy_bank.submission("def mean(X):\n    return [1.0]\n")
    done = grader("score", wrong, "--bank", toy_bank.root, "--sandbox", "none")
    assert done.returncode == 3
    assert "test_with_a_bug is broken" in done.stderr


def test_a_hidden_test_that_breaks_on_an_odd_answer_is_lost_by_the_candidate(
    grader: Grader, toy_bank: ToyBank
) -> None:
    """It passes for the reference, so what came back was unusable: one criterion, not the whole run."""
    toy_bank.write(
        "tests/hidden/toy/test_careless.py",
        """
        import pytest

        @pytest.mark.criterion("mean")
        def test_careless(candidate):
            assert candidate.toy.mean([[1.0]])[0] == 1.0
        """,
    )
    odd = toy_bank.submission("def mean(X):\n    return None\n")
    done = grader("score", odd, "--bank", toy_bank.root, "--sandbox", "none", "--format", "json")
    assert done.returncode == 1
    tests = {t["id"]: t for t in json.loads(done.stdout)["assignments"][0]["criteria"][0]["tests"]}
    assert tests["test_careless.py::test_careless"]["outcome"] == "FAILED"
    assert "could not be used" in tests["test_careless.py::test_careless"]["message"]


def test_a_criterion_without_a_test_is_the_banks_mistake(grader: Grader, toy_bank: ToyBank) -> None:
    suite = toy_bank.root / "tests/hidden/toy/test_toy.py"
    suite.write_text(suite.read_text().replace('criterion("bad_input")', 'criterion("mean")'))
    done = grader("score", toy_bank.reference, "--bank", toy_bank.root, "--sandbox", "none")
    assert done.returncode == 2
    assert "no hidden test belongs to the criterion bad_input" in done.stderr


def test_list_shows_criteria_with_points(grader: Grader, toy_bank: ToyBank) -> None:
    done = grader("list", "--bank", toy_bank.root)
    assert done.returncode == 0
    assert "toy: A toy, toy.py, weight 1" in done.stdout
    assert "60  mean" in done.stdout


@pytest.mark.parametrize("command", [[], ["score"], ["list"], ["doctor"], ["validate"], ["new"]])
def test_every_help_explains_and_gives_exit_codes_or_examples(grader: Grader, command: list[str]) -> None:
    done = grader(*command, "--help")
    assert done.returncode == 0
    assert "Exit codes" in done.stdout or "Example" in done.stdout or "Exits with" in done.stdout


def test_the_callers_pytest_configuration_does_not_count(grader: Grader, toy_bank: ToyBank, tmp_path: Path) -> None:
    (tmp_path / "cwd" / "pytest.ini").write_text("[pytest]\naddopts = --nonexistent-option\n")
    done = grader(
        *("score", toy_bank.reference, "--bank", toy_bank.root, "--sandbox", "none"),
        env={"PYTEST_ADDOPTS": "--also-nonexistent", "PYTEST_PLUGINS": "nonexistent_plugin"},
    )
    assert done.returncode == 0, done.stderr


def test_plain_data_where_a_function_is_due_fails_tests_of_speed_too(grader: Grader, toy_bank: ToyBank) -> None:
    """Such a test runs with the reference on both sides, to see whether it is the test that is broken."""
    toy_bank.write(
        "tests/hidden/toy/test_speed.py",
        """
        import pytest
        from grader.examiner.oracle import cpu_ratio

        @pytest.mark.criterion("mean")
        def test_speed(candidate, reference):
            assert cpu_ratio(lambda subject, turn: subject.toy.mean([[1.0]]), candidate, reference, rounds=1) < 100
        """,
    )
    done = grader("score", toy_bank.submission("mean = 3"), "--bank", toy_bank.root, "--sandbox", "none")
    assert done.returncode == 1, done.stderr
    assert "Score 0 of 100" in done.stdout


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_exits_130_and_leaves_nothing(
    toy_bank: ToyBank, tmp_path: Path, sent: signal.Signals
) -> None:
    looping = toy_bank.submission("import time\nopen('started', 'w').close()\nwhile True:\n    time.sleep(0.01)\n")
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    process = subprocess.Popen(
        [sys.executable, "-m", "grader", "score", looping, "--bank", toy_bank.root, "--sandbox", "none"],
        env=os.environ | {"TMPDIR": str(temporary)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        wait_for(lambda: list(temporary.rglob("started")))
        process.send_signal(sent)
        stdout, stderr = process.communicate(timeout=30)
    finally:
        process.kill()
        process.communicate()
    assert process.returncode == 130, stderr
    assert "interrupted" in stderr
    assert not stdout
    assert not list(temporary.iterdir())
