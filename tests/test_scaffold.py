"""A new assignment: what is laid out, that it is refused whole or not at all, and the way from red to green."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

import pytest

from grader import scaffold
from grader.bank import Bank
from grader.errors import BankError, ExitCode
from grader.interview.pack import TOPICS, packs, read_pack
from grader.release.questions import released_files
from grader.scaffold import lay_out
from grader.validation.specimens import load_specimens
from tests.conftest import Grader, ToyBank

EXPECTED = [
    "assignments/assessment.toml",
    "assignments/spread/README.md",
    "assignments/spread/assignment.toml",
    "assignments/spread/spread.py",
    "assignments/spread/test_public.py",
    "solutions/spread/equivalent.toml",
    "solutions/spread/interview.toml",
    "solutions/spread/mistakes.toml",
    "solutions/spread/questions.ipynb",
    "solutions/spread/reference/spread.py",
    "solutions/spread/variants/another_way.py",
    "tests/hidden/spread/test_spread.py",
]


def contents(root: Path) -> Mapping[str, bytes | None]:
    """All files with what is in them, and all folders."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes() if path.is_file() else None for path in root.rglob("*")
    }


def files(root: Path) -> list[str]:
    return sorted(name for name, content in contents(root).items() if content is not None)


def test_an_empty_folder_becomes_a_bank(tmp_path: Path) -> None:
    written = lay_out(tmp_path, "spread")
    assert files(tmp_path) == EXPECTED
    assert sorted(path.relative_to(tmp_path).as_posix() for path in written) == EXPECTED
    assessment = Bank(tmp_path).assessment
    assert (assessment.weights, assessment.assignments[0].title) == ({"spread": 1.0}, "Spread")
    assert sum(criterion.points for criterion in assessment.assignments[0].criteria) == 100
    kept = load_specimens(Bank(tmp_path), Bank(tmp_path).assignment("spread"))
    assert (len(kept.variants), kept.mistakes, kept.equivalents) == (1, (), ())
    assert packs(Bank(tmp_path), assessment) == {}


def test_the_questions_that_are_laid_out_for_an_interview_can_be_read_once_they_are_no_comment(
    tmp_path: Path,
) -> None:
    lay_out(tmp_path, "spread")
    path = tmp_path / "solutions/spread/interview.toml"
    _, entry, example = path.read_text(encoding="utf-8").partition("# [[criteria]]\n")
    path.write_text("".join(line.removeprefix("# ") for line in (entry + example).splitlines(keepends=True)))
    pack = read_pack(path, Bank(tmp_path).assignment("spread"))
    assert list(pack.criteria) == ["bad_input"]
    assert [question.topic for question in pack.questions] == ["updating"]
    comment = path.read_text().partition("or: ")[2].partition("\nask")[0]
    assert {topic.strip(" #\n") for topic in comment.split(",")} == set(TOPICS) - {"updating"}


def test_the_title_reaches_brief_and_rubric_whatever_is_in_it(tmp_path: Path) -> None:
    lay_out(tmp_path, "spread", title='  Spread:\n "σ" \\ $name {name} ')
    assert Bank(tmp_path).assignment("spread").title == 'Spread: "σ" \\ $name {name}'
    brief = (tmp_path / "assignments/spread/README.md").read_text(encoding="utf-8")
    assert brief.startswith('# Spread: "σ" \\ $name {name}\n')
    cells = json.loads((tmp_path / "solutions/spread/questions.ipynb").read_bytes())["cells"]
    assert cells[0]["source"][0] == '# Spread: "σ" \\ $name {name}: written questions\n'


def test_the_questions_that_are_laid_out_can_be_released(tmp_path: Path) -> None:
    lay_out(tmp_path, "spread")
    bank = Bank(tmp_path)
    (question,) = bank.questions("spread")
    assert (question.points, "WRITE" in question.text, "WRITE" in question.scale) == (100, True, True)
    pytest.importorskip("nbgrader", reason="the extra 'marking' is not installed")
    files = released_files(bank)
    assert files["spread/answers.md"].decode().startswith("# Spread: written questions\n")
    assert b"What earns what" not in files["spread/questions.ipynb"]


def test_a_second_one_is_appended_and_comments_survive(toy_bank: ToyBank) -> None:
    path = toy_bank.root / "assignments/assessment.toml"
    before = "# ours\n" + path.read_text() + "# the end, without a line feed"
    path.write_text(before)
    lay_out(toy_bank.root, "spread")
    assert path.read_text().startswith(before + "\n")
    assert Bank(toy_bank.root).assessment.weights == {"toy": 1.0, "spread": 1.0}


def test_every_file_says_what_to_write_and_what_comes_next(tmp_path: Path) -> None:
    written = lay_out(tmp_path, "spread")[:-1]
    texts = {path.relative_to(tmp_path).as_posix(): path.read_text(encoding="utf-8") for path in written}
    steps = {name: text.partition(" of 8: ")[0][-1] for name, text in texts.items() if " of 8: " in text}
    assert sorted(steps.values()) == [*"12345678"]
    assert set(texts) - set(steps) == {
        "assignments/spread/test_public.py",
        "solutions/spread/interview.toml",
        "solutions/spread/questions.ipynb",
    }
    assert all("At the end: the" in texts[name] for name in set(texts) - set(steps))
    order = sorted(steps, key=lambda name: steps[name])
    for name, following in pairwise(order):
        _, _, pointer = texts[name].partition("Next: ")
        assert pointer.split()[0].rstrip(".") in (following, *map(str, nearby(name, following))), name
    assert all("WRITE:" in text for name, text in texts.items() if not name.endswith("equivalent.toml"))
    assert not any("$" in text for text in texts.values())
    assert not [line for text in texts.values() for line in text.splitlines() if len(line) > 118]


def nearby(name: str, following: str) -> list[str]:
    """How a file names another one in its folder, or a folder there."""
    folder = Path(name).parent.as_posix() + "/"
    short = following.removeprefix(folder)
    return [short, short.partition("/")[0] + "/"]


@pytest.mark.parametrize(
    "name",
    [
        "",
        "no-name",
        "two words",
        "1st",
        "class",
        "_private",
        "größe",
        "../up",
        "a/b",
        "statistics",
        "numpy",
        "test_x",
        "questions",
        "answers",
    ],
)
def test_a_name_that_cannot_name_a_module_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(BankError, match="cannot name an assignment") as caught:
        lay_out(tmp_path, name)
    assert caught.value.cure
    assert caught.value.exit_code == ExitCode.USAGE
    assert files(tmp_path) == []


@pytest.mark.parametrize(
    "taken", ["assignments/spread", "solutions/spread", "tests/hidden/spread", "solutions/Spread"]
)
def test_a_name_that_is_taken_is_refused(toy_bank: ToyBank, taken: str) -> None:
    (toy_bank.root / taken).mkdir(parents=True)
    before = contents(toy_bank.root)
    with pytest.raises(BankError, match=r"(?i)spread is there already"):
        lay_out(toy_bank.root, "spread")
    assert contents(toy_bank.root) == before


def test_a_module_of_another_assignment_is_refused(toy_bank: ToyBank) -> None:
    path = toy_bank.root / "assignments/toy/assignment.toml"
    path.write_text(path.read_text().replace('modules = ["toy"]', 'modules = ["toy", "spread"]'))
    before = contents(toy_bank.root)
    with pytest.raises(BankError, match="the assignment toy has a module spread already"):
        lay_out(toy_bank.root, "spread")
    assert contents(toy_bank.root) == before


def test_a_title_that_is_no_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BankError, match="title should be printable"):
        lay_out(tmp_path, "spread", title="\x1b[31mred")
    assert files(tmp_path) == []


def test_a_folder_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BankError, match="no folder"):
        lay_out(tmp_path / "missing", "spread")


@pytest.mark.parametrize("text", ["title = ", 'title = "x"\n', 'title = "x"\nassignments = []\n'])
def test_a_bank_that_is_wrong_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "assignments/assessment.toml"
    path.parent.mkdir()
    path.write_text(text)
    with pytest.raises(BankError, match=r"assessment\.toml"):
        lay_out(tmp_path, "spread")
    assert files(tmp_path) == ["assignments/assessment.toml"]


def test_assignments_on_one_line_are_left_to_the_author(toy_bank: ToyBank) -> None:
    text = 'title = "x"\nversion = "1"\npass_mark = 60\nassignments = [{ name = "toy", weight = 1 }]\n'
    toy_bank.write("assignments/assessment.toml", text)
    before = contents(toy_bank.root)
    with pytest.raises(BankError, match="nothing can be appended") as caught:
        lay_out(toy_bank.root, "spread")
    assert "[[assignments]]" in caught.value.cure
    assert contents(toy_bank.root) == before


@pytest.mark.parametrize("blocked", ["solutions", "tests", "tests/hidden"])
def test_a_folder_that_cannot_be_written_leaves_nothing_behind(tmp_path: Path, blocked: str) -> None:
    """A file stands where a folder is due, which stops the superuser, too."""
    path = tmp_path / blocked
    path.parent.mkdir(exist_ok=True)
    path.write_text("in the way")
    before = contents(tmp_path)
    with pytest.raises(BankError, match=r"cannot be written: .*; nothing was laid out") as caught:
        lay_out(tmp_path, "spread")
    assert caught.value.cure
    assert contents(tmp_path) == before


@pytest.mark.parametrize("failure", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_failure_at_the_very_end_leaves_nothing_behind(
    toy_bank: ToyBank, monkeypatch: pytest.MonkeyPatch, failure: BaseException
) -> None:
    before, opened = contents(toy_bank.root), Path.open

    def full(path: Path, mode: str = "r", **settings: object) -> object:
        file = opened(path, mode, **settings)  # type: ignore[call-overload]
        if mode == "a":
            file.write("half an en")
            file.close()
            raise failure
        return file

    monkeypatch.setattr(scaffold.Path, "open", full)
    with pytest.raises(BankError if isinstance(failure, OSError) else KeyboardInterrupt):
        lay_out(toy_bank.root, "spread")
    assert contents(toy_bank.root) == before


def test_templates_parse_before_anything_is_filled_in(tmp_path: Path) -> None:
    for path in lay_out(tmp_path, "spread"):
        if path.suffix == ".py":
            compile(path.read_text(encoding="utf-8"), path, "exec")
        elif path.suffix == ".toml":
            tomllib.loads(path.read_text(encoding="utf-8"))


def fill(root: Path, name: str, *changes: tuple[str, str]) -> None:
    path = root / name
    text = path.read_text(encoding="utf-8")
    for find, replace in changes:
        assert text.count(find) == 1, find
        text = text.replace(find, replace)
    path.write_text(text, encoding="utf-8")


def test_validate_leads_from_red_to_green(grader: Grader, tmp_path: Path) -> None:
    """Each run says what to do next; at the end the suite holds."""
    root = tmp_path / "bank"
    root.mkdir()
    lay_out(root, "spread")

    def told() -> tuple[int, str]:
        effort = ("--sandbox", "none", "--mutants", "0", "--no-cache", "--jobs", "1", "--seeds", "1")
        done = grader("validate", "spread", "--bank", root, *effort)
        return done.returncode, " ".join((done.stdout + done.stderr).split())

    code, text = told()
    assert code == ExitCode.BELOW_PASS_MARK
    assert "step 4: write solutions/spread/reference/spread.py" in text

    body = """
    values = [float(value) for value in values]
    if len(values) == 0:
        raise ValueError("there are no values")
    return max(values) - min(values)
"""
    todo = '\n    raise NotImplementedError("step 4: write solutions/spread/reference/spread.py")\n'
    fill(root, "solutions/spread/reference/spread.py", (todo, body))
    code, text = told()
    assert code == ExitCode.BELOW_PASS_MARK
    assert "step 4" not in text
    assert "reference: is right, but loses results" in text
    assert "step 5: write expected() in tests/hidden/spread/test_spread.py" in text

    suite = "tests/hidden/spread/test_spread.py"
    todo = 'raise AssertionError("step 5: write expected() in tests/hidden/spread/test_spread.py")'
    fill(root, suite, (todo, "ordered = sorted(values)\n    return ordered[-1] - ordered[0]"))
    code, text = told()
    assert code == ExitCode.BELOW_PASS_MARK
    assert "is right, but loses results" not in text.partition("variant")[0]
    assert "no mistake loses results: add one to mistakes.toml" in text
    assert "no mistake loses bad_input: add one to mistakes.toml" in text

    path = root / "solutions/spread/mistakes.toml"
    example = path.read_text().partition("# [[mistakes]]")[2]
    own = (
        'id = "one-sided"\nwrong = "Only the largest."\nfind = " - min(values)"\nreplace = ""\nloses = ["results"]\n'
    )
    path.write_text("[[mistakes]]" + example.replace("\n# ", "\n") + "\n[[mistakes]]\n" + own)
    code, text = told()
    assert code == ExitCode.BELOW_PASS_MARK
    assert "no mistake loses" not in text
    assert "mistakes 2 of 2 lose what they declare, and nothing else" in text
    assert "step 7: write solutions/spread/variants/another_way.py" in text
    assert "What is wrong (1)" in text

    refusal = 'if len(values) == 0:\n        raise ValueError("none")'
    lines = f"{refusal}\n    ordered = sorted(values)\n    return ordered[-1] - ordered[0]"
    todo = 'raise NotImplementedError("step 7: write solutions/spread/variants/another_way.py")'
    fill(root, "solutions/spread/variants/another_way.py", (todo, lines))
    assert told()[0] == ExitCode.PASSED

    check = 'number(candidate.spread.solve(rng.normal(size=5)), name="solve(values)")\n'
    fill(root, suite, (check, "pass\n"), ("pytest.raises(ValueError)", "pytest.raises(Exception)"))
    code, text = told()
    assert code == ExitCode.USAGE, text
    assert "test_no_values_are_refused: the test passes for the untouched stub" in text
    assert "have it see a right answer first" in text
