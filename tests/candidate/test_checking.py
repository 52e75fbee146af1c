"""Where a candidate stands: the public tests through the real worker, on Linux and on systems that have less."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

from grader import __version__
from grader.candidate.checking import Check, check
from grader.candidate.folder import Folder, find_folder
from grader.candidate.notebooks import notebook_of
from grader.candidate.rendering import as_json, as_text
from grader.errors import BankError, SubmissionError
from grader.models import Outcome
from grader.packet import PACKET_FILE, Packet, sha256
from grader.sandbox.process import ProcessProvider
from grader.sandbox.spawned import SpawnedProvider
from tests.conftest import ToyBank
from tests.written.sources import answered, notebook

ROOT = Path(__file__).resolve().parents[2]

PUBLIC = '''\
    """One easy example of each criterion."""

    import numpy as np
    import pytest

    from grader.examiner.oracle import array, assert_close, cpu_ratio


    @pytest.mark.criterion("mean")
    def test_two_rows(candidate, reference, rng):
        """The mean of two rows is half way between them."""
        X = rng.normal(size=(2, 3))
        assert_close(array(candidate.toy.mean(X), shape=(3,)), X.mean(axis=0), rtol=1e-9, name="mean(X)")
        assert cpu_ratio(lambda subject, turn: subject.toy.mean(X), candidate, reference, rounds=2) < 100


    @pytest.mark.criterion("bad_input")
    def test_no_rows(candidate):
        """Without rows there is no mean."""
        with pytest.raises(ValueError):
            candidate.toy.mean(np.ones((0, 2)))
'''

DONE = """\
    import numpy as np

    def mean(X):
        print("called with", len(X))
        if len(X) == 0:
            raise ValueError("no rows")
        return np.asarray(X).mean(axis=0)
"""

BARE = """\
    import os, sys
    for name in ("fork", "forkpty", "pidfd_open", "memfd_create", "sched_getaffinity", "setresuid"):
        delattr(os, name)
    for name in ("resource", "fcntl", "pwd", "grp", "termios"):
        sys.modules[name] = None
"""


@pytest.fixture
def folder(toy_bank: ToyBank) -> Folder:
    """A working folder with the toy's stub."""
    toy_bank.complete().write("assignments/toy/test_public.py", PUBLIC)
    return Folder(toy_bank.root / "assignments", None)


def write(folder: Folder, text: str, name: str = "toy/toy.py") -> None:
    (folder.root / name).write_text(dedent(text), encoding="utf-8")


def outcomes(found: Check) -> list[Outcome]:
    return [result.outcome for checked in found.assignments for result in checked.results]


@pytest.fixture(params=[ProcessProvider, SpawnedProvider])
def provider(request: pytest.FixtureRequest) -> ProcessProvider | SpawnedProvider:
    kind: type[ProcessProvider | SpawnedProvider] = request.param
    return kind()


def test_an_untouched_stub_is_to_do(folder: Folder, provider: ProcessProvider) -> None:
    found = check(folder, provider=provider)
    assert not found.passes
    assert "0 of 2 public tests pass." in as_text(found)
    assert as_text(found).count("to do") == 2
    assert "came back" not in as_text(found)


def test_right_work_passes_and_is_compared_with_itself(folder: Folder, provider: ProcessProvider) -> None:
    write(folder, DONE)
    found = check(folder, provider=provider)
    assert outcomes(found) == [Outcome.PASSED, Outcome.PASSED]
    assert found.passes
    assert "2 of 2 public tests pass." in as_text(found)


def test_a_failure_shows_the_call_the_answer_the_line_and_the_brief(
    folder: Folder, provider: ProcessProvider
) -> None:
    write(folder, DONE.replace('raise ValueError("no rows")', 'print("none"); return X[0]'))
    found = check(folder, provider=provider)
    assert outcomes(found) == [Outcome.PASSED, Outcome.FAILED]
    text = as_text(found, width=120)
    assert "called     mean(<float64 array of shape (0, 2)>)" in text
    assert "came back  raised IndexError" in text
    assert 'at         toy.py:6 in mean: print("none"); return X[0]' in text
    assert "the test   Without rows there is no mean." in text
    assert "brief      refuses empty input with a ValueError" in text
    assert "printed    called with 0\n               none" in text
    told = json.loads(as_json(found))
    (lost,) = [t for c in told["assignments"][0]["criteria"] for t in c["public_tests"] if t["outcome"] != "PASSED"]
    assert lost["frames"][-1]["line"] == 6
    assert told["passes"] is False


@pytest.mark.parametrize(
    ("body", "outcome"),
    [("import os; os._exit(7)", Outcome.CRASHED), ("while True: pass", Outcome.TIMEOUT)],
)
def test_what_ends_the_process_costs_that_test_alone(
    folder: Folder, provider: ProcessProvider, body: str, outcome: Outcome
) -> None:
    write(folder, DONE.replace('raise ValueError("no rows")', body))
    assert outcomes(check(folder, provider=provider)) == [Outcome.PASSED, outcome]


def test_an_answer_that_breaks_the_test_is_the_candidates(folder: Folder, provider: ProcessProvider) -> None:
    suite = "assert candidate.toy.mean([[1.0]])[0] == 1, 'the mean of one number'"
    write(folder, PUBLIC.replace("with pytest.raises(ValueError):", "if True:"), "toy/test_public.py")
    text = (folder.root / "toy/test_public.py").read_text()
    write(folder, text.replace("candidate.toy.mean(np.ones((0, 2)))", suite), "toy/test_public.py")
    write(folder, "def mean(X):\n    return None\n")
    found = check(folder, provider=provider)
    assert outcomes(found)[1] is Outcome.FAILED
    assert "could not be used" in found.assignments[0].results[1].message


def test_memory_is_limited_and_told_where_it_can_be(folder: Folder) -> None:
    write(folder, DONE)
    (used,) = {result.memory_bytes > 0 for result in check(folder).assignments[0].results}
    assert used
    write(folder, DONE.replace('raise ValueError("no rows")', "bytearray(2**30)"))
    assert outcomes(check(folder, provider=ProcessProvider()))[1] is Outcome.OUT_OF_MEMORY


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("toy/toy.py", None, "there is no toy.py that could be taken"),
        ("toy/toy.py", "def mean(X:\n", "line 1"),
        ("toy/test_public.py", None, "test_public.py is missing"),
        ("toy/test_public.py", "import nothing_of_this_name\n", "if test_public.py was changed"),
        ("toy/test_public.py", "", "holds no test"),
    ],
)
def test_what_is_broken_is_told_and_the_other_assignment_goes_on(
    folder: Folder, toy_bank: ToyBank, name: str, content: str | None, told: str
) -> None:
    toy_bank.add_other()
    write(folder, PUBLIC.replace(".toy.", ".other."), "other/test_public.py")
    write(folder, DONE, "other/other.py")
    write(folder, DONE)
    path = folder.root / name
    path.unlink()
    if content is not None:
        path.write_text(content)
    found = check(Folder(folder.root, None))
    text = " ".join(as_text(found).split())
    assert told in text
    assert "hidden suite" not in text
    assert not found.passes
    assert [result.outcome for result in found.assignments[1].results] == [Outcome.PASSED] * 2


def test_a_changed_packet_and_another_grader_are_told(folder: Folder) -> None:
    write(folder, DONE)
    files = dict.fromkeys(("toy/toy.py", "toy/test_public.py"), "0" * 64)
    files["assessment.toml"] = sha256((folder.root / "assessment.toml").read_bytes())
    packet = Packet("Toy take-home", "1", "", 7, "0.0.9", files)
    (folder.root / PACKET_FILE).write_text(packet.as_json())
    found = check(find_folder(folder.root / "toy"))
    assert outcomes(found) == [Outcome.PASSED] * 2
    changed, other = found.problems
    assert changed.startswith("toy/test_public.py is not as it was in the packet")
    assert other.startswith("this folder belongs to grader 0.0.9")


def test_inputs_follow_from_the_packet_in_plain_pytest_as_well(folder: Folder, tmp_path: Path) -> None:
    """Two variants have other numbers; check and pytest have the same."""
    suite = '''\
        import pytest

        @pytest.mark.criterion("mean")
        def test_numbers(candidate, rng):
            """Shows its input."""
            raise AssertionError(repr(rng.normal()))
    '''
    write(folder, suite, "toy/test_public.py")
    write(folder, DONE)
    seen = []
    for seed in (7, 8):
        (folder.root / PACKET_FILE).write_text(Packet("Toy take-home", "1", "", seed, "0", {}).as_json())
        told = check(find_folder(folder.root)).assignments[0].results[0].message
        command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "test_public.py"]
        done = subprocess.run(command, cwd=folder.root / "toy", capture_output=True, text=True, check=False)
        assert f"AssertionError: {told}" in done.stdout
        seen.append(told)
    assert seen[0] != seen[1]


def test_without_fork_limits_or_landlock_it_works_and_says_so(folder: Folder, tmp_path: Path) -> None:
    """As on Windows: none of what only Unix or Linux has is there."""
    write(folder, DONE)
    (tmp_path / "sitecustomize.py").write_text(dedent(BARE))
    done = subprocess.run(
        [sys.executable, "-m", "grader", "check", "--quiet"],
        cwd=folder.root,
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "2 of 2 public tests pass." in done.stdout
    assert "memory and processes are not limited on this machine" in done.stdout


def test_a_process_without_fork_needs_nothing_of_unix() -> None:
    code = f"{dedent(BARE)}\nimport grader.worker.alone"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


def test_a_mistyped_name_is_refused_with_the_nearest(folder: Folder) -> None:
    with pytest.raises(BankError, match="did you mean 'toy'"):
        check(folder, ["tov"])


def test_outside_of_a_working_folder_the_cure_is_told(tmp_path: Path) -> None:
    with pytest.raises(SubmissionError, match="is no working folder") as caught:
        find_folder(tmp_path)
    assert caught.value.cure == "unzip the packet, go there, and run: grader start work"


def test_a_rubric_that_is_gone_costs_its_own_assignment_only(folder: Folder, toy_bank: ToyBank) -> None:
    toy_bank.add_other()
    write(folder, DONE)
    (folder.root / "other" / "assignment.toml").unlink()
    found = check(Folder(folder.root, None))
    assert outcomes(found) == [Outcome.PASSED] * 2
    (problem,) = found.problems
    assert problem.endswith("assignment.toml is missing")


def test_lines_of_a_notebook_are_told_by_cell(folder: Folder) -> None:
    write(folder, DONE.replace('raise ValueError("no rows")', "return X[0]"))
    path = folder.root / "toy" / "toy.py"
    path.with_suffix(".ipynb").write_bytes(notebook_of(path.read_text(), "A toy"))
    path.unlink()
    found = check(folder)
    assert outcomes(found) == [Outcome.PASSED, Outcome.FAILED]
    assert "at         toy.ipynb, cell 3, line 4 in mean: return X[0]" in as_text(found)


def test_it_says_how_many_questions_are_answered_and_what_is_odd_about_it(folder: Folder) -> None:
    write(folder, DONE)
    made = [*answered(weights="When groups differ in size."), {"cell_type": "markdown", "source": "And this?"}]
    (folder.root / "toy" / "questions.ipynb").write_bytes(notebook(made))
    found = check(folder)
    assert found.passes, "answers are no matter of the public tests"
    text = " ".join(as_text(found).split())
    assert "Written questions, toy: 1 of 2 questions answered, in toy/questions.ipynb" in text
    assert "Note: toy/questions.ipynb: 1 cell of the notebook belongs to no question" in text
    assert json.loads(as_json(found))["questions"] == [
        {"assignment": "toy", "answered": 1, "asked": 2, "path": "toy/questions.ipynb"}
    ]


def test_where_nothing_is_asked_nothing_is_said_of_answers(folder: Folder) -> None:
    write(folder, DONE)
    assert "Written" not in as_text(check(folder))


def test_answering_changes_no_file_of_the_packet(folder: Folder) -> None:
    for name in ("questions.ipynb", "answers.md"):
        write(folder, "as released", f"toy/{name}")
    files = {f"toy/{name}": sha256(b"as released") for name in ("questions.ipynb", "answers.md", "test_public.py")}
    (folder.root / PACKET_FILE).write_text(Packet("Toy take-home", "1", "", 7, __version__, files).as_json())
    for name in ("questions.ipynb", "answers.md"):
        write(folder, "filled in", f"toy/{name}")
    assert find_folder(folder.root).changed() == ["toy/test_public.py"]
