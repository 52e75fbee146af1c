"""Leaks planted in every place of a packet are seen, and nothing is written; what is public by right is not one."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from grader.archive import unzipped, zipped
from grader.bank import Bank
from grader.errors import ExitCode
from grader.release.leaks import LeakError, check_packet, find_leaks
from grader.release.releasing import release
from grader.release.wheel import build_wheel
from grader.written.form import as_notebook
from tests.conftest import REFERENCE, ROOT, SUITE, ToyBank

JUDGING = "assert_close(array(candidate.toy.mean(X), shape=(3,)), X.mean(axis=0), rtol=1e-9)"
DOCSTRING = '"""The mean of each column is returned."""'
OF_THE_SUITE = r"holds a line of tests/hidden/toy/test_toy\.py:\d+"
LONG_LINE = "        return np.add.reduce(X, axis=0) / max(X.shape[0], 1)\n"
LONG = LONG_LINE.strip()
OF_THE_REFERENCE = r"holds a line of solutions/toy/reference/toy\.py:\d+"
QUESTION = "Why does a mean of means need weights?"


@pytest.fixture
def leaky(public_bank: ToyBank) -> ToyBank:
    """A bank whose reference has a line that is long enough to tell."""
    path = public_bank.reference / "toy.py"
    path.write_text(path.read_text().replace("    return X.mean(axis=0)\n", LONG_LINE[4:]))
    return public_bank


@pytest.fixture
def refused(leaky: ToyBank, tmp_path: Path) -> Callable[[str], str]:
    """See that the packet is refused for what a pattern says, and that nothing was written."""

    def refuse(pattern: str) -> str:
        output = tmp_path / "out" / "takehome.zip"
        output.parent.mkdir(exist_ok=True)
        output.write_text("older")
        with pytest.raises(LeakError, match=pattern) as told:
            release(Bank(leaky.root), [], output)
        assert told.value.exit_code == ExitCode.USAGE
        assert "\n" not in str(told.value)
        assert [path.read_text() for path in output.parent.iterdir()] == ["older"]
        return str(told.value)

    return refuse


def plant(bank: ToyBank, name: str, text: str) -> None:
    """Add a text to a public file of the toy."""
    path = bank.root / "assignments" / "toy" / name
    path.write_text(path.read_text() + f"\n{text}\n")


@pytest.mark.parametrize("name", ["README.md", "answers.md", "test_public.py", "assignment.toml", "toy.py"])
@pytest.mark.parametrize(("secret", "source"), [(LONG, OF_THE_REFERENCE), (JUDGING, OF_THE_SUITE)])
def test_a_secret_line_in_a_public_file(
    leaky: ToyBank, refused: Callable[[str], str], name: str, secret: str, source: str
) -> None:
    comment = name.endswith((".py", ".toml"))
    plant(leaky, name, f"# {secret}" if comment else secret)
    refused(rf"takehome/toy/{name} {source}")


@pytest.mark.parametrize(
    "stub",
    [
        f"def mean(X):\n    {LONG}\n",
        f'def mean(X):\n    """Like this.\n\n    {LONG}\n    """\n    raise NotImplementedError\n',
        f"def mean(X):\n    # {LONG}\n    raise NotImplementedError\n",
        f"def mean(X):\n    raise NotImplementedError\n\n\n# {LONG}\n",
        f"def mean(X):\n    raise NotImplementedError\n\n\nclass Other:\n    def other(self, X):\n        {LONG}\n",
    ],
    ids=["body", "docstring", "comment", "after", "method"],
)
def test_a_line_of_the_solution_anywhere_in_a_stub(leaky: ToyBank, refused: Callable[[str], str], stub: str) -> None:
    leaky.write("assignments/toy/toy.py", stub)
    refused(rf"takehome/toy/toy\.py {OF_THE_REFERENCE}")


def test_short_lines_of_the_solution_tell_together(leaky: ToyBank, refused: Callable[[str], str]) -> None:
    lines = ["values = sorted(X)", "middle = len(values) // 2", "return values[middle]"]
    assert max(map(len, lines)) < 31
    leaky.write("solutions/toy/variants/median.py", "\n    ".join(["def mean(X):", *lines]) + "\n")
    plant(leaky, "README.md", "\n".join(lines[:2]))
    refused(r"README\.md holds a line of solutions/toy/variants/median\.py:2")


def test_a_hidden_test_among_the_public_ones(leaky: ToyBank, refused: Callable[[str], str]) -> None:
    test = f"def test_another_name(candidate, rng):\n    {DOCSTRING}\n"
    plant(leaky, "test_public.py", test)
    refused(rf"test_public\.py {OF_THE_SUITE} \(\"\"\"Themeanof")


def test_data_of_a_hidden_test_among_the_public_ones(leaky: ToyBank, refused: Callable[[str], str]) -> None:
    data = "X = np.array([[1.5, 2.0], [4.0, 8.5]])"
    leaky.write("tests/hidden/toy/test_more.py", f"def test_more(candidate):\n    {data}\n")
    plant(leaky, "test_public.py", f"def test_any(candidate):\n    {data}\n")
    refused(r"test_public\.py holds a line of tests/hidden/toy/test_more\.py:2")


@pytest.mark.parametrize(
    "text",
    [
        LONG.replace(" ", ""),
        LONG.replace(", ", ",\n        "),
        f"    >>> {LONG}".replace(" / ", "\t/\n"),
        f"`{LONG}`",
        LONG.replace(" ", "\u00a0"),
    ],
    ids=["closed up", "over lines", "quoted", "inline", "other spaces"],
)
def test_layout_does_not_hide_a_line(leaky: ToyBank, refused: Callable[[str], str], text: str) -> None:
    plant(leaky, "README.md", text)
    refused(rf"takehome/toy/README\.md {OF_THE_REFERENCE}")


@pytest.mark.parametrize("written", ["0.1234567891", "1.234568e-1", "-.12345678", "0.123_456_79"])
def test_an_expected_value_however_it_is_written(leaky: ToyBank, refused: Callable[[str], str], written: str) -> None:
    leaky.write("tests/hidden/toy/test_value.py", "WANT = 0.12345678\n")
    plant(leaky, "README.md", f"The answer is {written}.")
    refused(r"README\.md holds a number of tests/hidden/toy/test_value\.py \(0\.123457\)")


def test_numbers_that_many_texts_have_are_no_secrets(leaky: ToyBank, tmp_path: Path) -> None:
    leaky.write("tests/hidden/toy/test_value.py", "N, TINY, OFFSET, PI = 200_000, 1e-12, 1000000.0, 3.1416\n")
    plant(leaky, "README.md", "At most 200000 rows, around 1000000, to 1e-12 and with 3.1416 for pi.")
    release(Bank(leaky.root), [], tmp_path / "takehome.zip")


def test_the_name_of_a_hidden_test(leaky: ToyBank, refused: Callable[[str], str]) -> None:
    plant(leaky, "answers.md", "See test_mean_of_one_row_is_the_row.")
    refused(r"names the hidden test test_mean_of_one_row_is_the_row of tests/hidden/toy/test_toy\.py")


EARNS = "- 60 points: the mean has a breakdown point of nothing."
WRAPPED = "One far value moves it by one place in the order,\nhowever far away it is."
OF_THE_SCHEME = r"holds a line of solutions/toy/questions\.ipynb:\d+"


@pytest.mark.parametrize("name", ["README.md", "test_public.py", "assignment.toml", "toy.py"])
@pytest.mark.parametrize("secret", [EARNS, WRAPPED])
def test_a_line_of_a_mark_scheme_in_a_public_file(
    asking: ToyBank, refused: Callable[[str], str], name: str, secret: str
) -> None:
    comment = "# " if name.endswith((".py", ".toml")) else ""
    plant(asking, name, comment + secret.replace("\n", " " if comment else "\n"))
    refused(rf"takehome/toy/{name} {OF_THE_SCHEME}")


def test_a_number_of_a_mark_scheme_in_a_public_file(asking: ToyBank, refused: Callable[[str], str]) -> None:
    """That of the question is everybody's."""
    plant(asking, "README.md", "Think of 7654321 as well as of 1_234_567.")
    told = refused(r"README\.md holds a number of solutions/toy/questions\.ipynb \(1\.23457e\+06\)")
    assert "7.65432e+06" not in told


def test_a_mark_scheme_that_was_kept_from_the_template_is_no_secret(asking: ToyBank, tmp_path: Path) -> None:
    """What ``grader new`` wrote is in every wheel."""
    from grader.scaffold import lay_out

    lay_out(asking.root, "spread")
    assert "WRITE" in (asking.root / "solutions/spread/questions.ipynb").read_text()
    release(Bank(asking.root), ["toy"], tmp_path / "takehome.zip")


def test_a_scheme_of_an_assignment_that_is_not_given_out(asking: ToyBank, refused: Callable[[str], str]) -> None:
    other = (asking.root / "solutions/toy/questions.ipynb").read_text().replace("breakdown point", "breaking point")
    asking.write("solutions/later/questions.ipynb", other)
    plant(asking, "README.md", EARNS.replace("breakdown point", "breaking point"))
    refused(r"README\.md holds a line of solutions/later/questions\.ipynb:3")


def test_a_source_that_is_no_notebook_is_secret_as_a_whole(asking: ToyBank, refused: Callable[[str], str]) -> None:
    asking.write("solutions/later/questions.ipynb", f"half a notebook: {EARNS[2:]} And more\n")
    plant(asking, "README.md", f"half a notebook: {EARNS[2:]} And more")
    refused(r"README\.md holds a line of solutions/later/questions\.ipynb:1")


@pytest.mark.parametrize("path", ["solutions/toy/interview.toml", "assignments/toy/interview.toml"])
def test_a_question_of_the_interview(leaky: ToyBank, refused: Callable[[str], str], path: str) -> None:
    (leaky.root / "solutions/toy/interview.toml").unlink()
    leaky.write(path, f'ask = """\n{QUESTION}\n"""\n')
    plant(leaky, "answers.md", QUESTION)
    refused(rf"answers\.md holds a line of {path}:2")


def test_a_secret_of_an_assignment_that_is_not_given_out(leaky: ToyBank, refused: Callable[[str], str]) -> None:
    leaky.write(
        "solutions/later/reference/later.py", "def solve(x):\n    return [value ** 2 + 17 * value for value in x]\n"
    )
    plant(leaky, "README.md", "return [value ** 2 + 17 * value for value in x]")
    refused(r"README\.md holds a line of solutions/later/reference/later\.py:2")


@pytest.mark.parametrize("name", ["scoring.py", "templates/stub.py.txt", "new_module.py", "report/notes.txt"])
def test_a_secret_line_in_the_wheel(package_copy: Path, refused: Callable[[str], str], name: str) -> None:
    path = package_copy / name
    before = path.read_text() if path.exists() else ""
    path.write_text(f"{before}\n    {LONG}\n")
    refused(rf"takehome_grader-.*\.whl → grader/{name} {OF_THE_REFERENCE}")


@pytest.mark.parametrize(
    "name", ["knn.npz", "solutions/mistakes.toml", "test_toy.py", "conftest.py", "bank.py.orig", "scoring.py~"]
)
def test_a_file_in_the_wheel_that_is_none_of_the_package(
    package_copy: Path, refused: Callable[[str], str], name: str
) -> None:
    (package_copy / name).parent.mkdir(exist_ok=True)
    (package_copy / name).write_bytes(b"\x93")
    refused(rf"\.whl → grader/{name} is no file of the package")


def test_what_python_and_editors_leave_is_not_given_out(package_copy: Path, bank: Bank, tmp_path: Path) -> None:
    for name in ("__pycache__/old.py", ".cache/old.py", ".hidden.py"):
        (package_copy / name).parent.mkdir(exist_ok=True)
        (package_copy / name).write_text(REFERENCE)
    release(bank, [], tmp_path / "takehome.zip")


def test_three_leaks_are_told_and_the_rest_counted(leaky: ToyBank, refused: Callable[[str], str]) -> None:
    for name in ("README.md", "answers.md"):
        plant(leaky, name, SUITE)
    told = refused(r"and \d+ more$")
    assert told.count("holds a line of") == 3


class Finished:
    """A packet that was made, to be changed afterwards."""

    def __init__(self, bank: Bank, path: Path) -> None:
        self.bank = bank
        self.wheel = build_wheel().name
        release(bank, [], path)
        self.content = path.read_bytes()
        self.files = unzipped(self.content)

    def leaks(self, content: bytes | None = None) -> list[tuple[str, str]]:
        given = zipped(self.files) if content is None else content
        found = find_leaks(given, self.bank, self.bank.assessment, self.wheel)
        return [(leak.file, leak.what) for leak in found]


@pytest.fixture
def finished(bank: Bank, tmp_path: Path) -> Finished:
    return Finished(bank, tmp_path / "takehome.zip")


def test_a_clean_packet_passes(finished: Finished) -> None:
    check_packet(finished.content, finished.bank, finished.bank.assessment, finished.wheel)
    assert finished.leaks() == []


@pytest.mark.parametrize("name", ["takehome/toy/solution.py", "takehome/tests/hidden/test_a.py", "outside.txt"])
def test_a_file_that_is_not_on_the_list(finished: Finished, name: str) -> None:
    finished.files[name] = b""
    shown = name.removeprefix("takehome/") if name.startswith("takehome/") else f"/{name}"
    assert finished.leaks() == [(shown, "is not on the list of what a packet holds")]


@pytest.fixture
def finished_asking(asking: ToyBank, tmp_path: Path) -> Finished:
    return Finished(Bank(asking.root), tmp_path / "takehome.zip")


NOTEBOOK, TEXT = "takehome/toy/questions.ipynb", "takehome/toy/answers.md"


def test_the_questions_themselves_are_no_leak(finished_asking: Finished) -> None:
    assert {NOTEBOOK, TEXT} <= finished_asking.files.keys()
    assert finished_asking.leaks() == []


def test_a_scheme_in_the_text_of_a_finished_packet(finished_asking: Finished) -> None:
    finished_asking.files[TEXT] += EARNS.encode()
    found = finished_asking.leaks()
    assert {file for file, _ in found} == {TEXT}
    assert found[0][1].startswith("holds a line of solutions/toy/questions.ipynb:3")


def in_the_answer(cells: list[dict[str, Any]]) -> None:
    cells[2]["source"] = EARNS


def over_lines_in_a_question(cells: list[dict[str, Any]]) -> None:
    cells[1]["source"] = WRAPPED.replace(" ", " \n")


@pytest.mark.parametrize("change", [in_the_answer, over_lines_in_a_question])
def test_a_scheme_in_the_notebook_of_a_finished_packet(
    finished_asking: Finished, change: Callable[[list[dict[str, Any]]], None]
) -> None:
    cells = json.loads(finished_asking.files[NOTEBOOK])["cells"]
    change(cells)
    finished_asking.files[NOTEBOOK] = as_notebook(cells)
    found = finished_asking.leaks()
    assert [file for file, _ in found] == [NOTEBOOK] * len(found)
    assert any(what.startswith("holds a line of solutions/toy/questions.ipynb") for _, what in found)


def test_a_scheme_that_json_spells_otherwise(finished_asking: Finished) -> None:
    """Escaped, no line of it stands in the file as it is."""
    escaped = "".join(f"\\u{ord(char):04x}" for char in EARNS).encode()
    finished_asking.files[NOTEBOOK] = finished_asking.files[NOTEBOOK].replace(
        b'"Your answer: replace this line."', b'"' + escaped + b'"'
    )
    whats = [what for _, what in finished_asking.leaks()]
    assert any(what.startswith("holds more than its cells") for what in whats)
    assert any(what.startswith("holds a line of solutions/toy/questions.ipynb") for what in whats)


@pytest.mark.parametrize(
    ("key", "value"),
    [("outputs", [{"text": "1"}]), ("attachments", {"a.png": {"image/png": "AAAA"}}), ("execution_count", 1)],
)
def test_what_a_notebook_holds_beside_its_questions_is_a_leak(
    finished_asking: Finished, key: str, value: object
) -> None:
    table = json.loads(finished_asking.files[NOTEBOOK])
    table["cells"][2][key] = value
    finished_asking.files[NOTEBOOK] = (json.dumps(table, indent=1, sort_keys=True) + "\n").encode()
    assert finished_asking.leaks() == [(NOTEBOOK, f"holds in cell 3 {key!r}")]


@pytest.mark.parametrize("where", ["notebook", "cell", "nbgrader"])
def test_metadata_beyond_what_is_released_is_a_leak(finished_asking: Finished, where: str) -> None:
    table = json.loads(finished_asking.files[NOTEBOOK])
    metadata = {"notebook": table["metadata"], "cell": table["cells"][2]["metadata"]}
    metadata["nbgrader"] = metadata["cell"]["nbgrader"]
    metadata[where]["note"] = "see the median"
    finished_asking.files[NOTEBOOK] = (json.dumps(table, indent=1, sort_keys=True) + "\n").encode()
    ((file, what),) = finished_asking.leaks()
    assert file == NOTEBOOK
    assert "metadata" in what


def test_no_notebook_is_in_the_wheel(finished_asking: Finished) -> None:
    """Neither questions nor schemes; the form that ``grader new`` fills in is none of a bank's."""
    names = list(unzipped(finished_asking.files[f"takehome/{finished_asking.wheel}"]))
    assert [name for name in names if name.endswith(".ipynb") or "solutions" in name] == []


def test_a_file_that_is_missing(finished: Finished) -> None:
    del finished.files["takehome/toy/README.md"]
    assert finished.leaks() == [("toy/README.md", "should be in the packet, but is not")]


def test_what_stands_between_the_files_of_an_archive(finished: Finished) -> None:
    stream = io.BytesIO(finished.content)
    with zipfile.ZipFile(stream, "a") as archive:
        archive.comment = REFERENCE.encode()
    assert finished.leaks(stream.getvalue()) == [("takehome", "holds more than its files")]
    assert finished.leaks(REFERENCE.encode() + finished.content) == [("takehome", "holds more than its files")]


def test_what_stands_between_the_files_of_the_wheel(finished: Finished) -> None:
    finished.files[f"takehome/{finished.wheel}"] += b"\0"
    stream = io.BytesIO(finished.files[f"takehome/{finished.wheel}"][:-1])
    with zipfile.ZipFile(stream, "a") as archive:
        archive.comment = b"secret"
    finished.files[f"takehome/{finished.wheel}"] = stream.getvalue()
    assert finished.leaks() == [(finished.wheel, "holds more than its files")]


def test_every_line_of_the_hidden_suite_is_looked_for(finished: Finished) -> None:
    """A whole suite in a brief is told line by line, names too."""
    finished.files["takehome/toy/README.md"] += (finished.bank.suite("toy") / "test_toy.py").read_bytes()
    whats = [what for _, what in finished.leaks()]
    assert sum(what.startswith("holds a line of tests/hidden") for what in whats) >= 7
    assert sum(what.startswith("names the hidden test") for what in whats) == 3


PLUMBING = '    found = array(candidate.toy.mean(X), name="the means")'
HELPER = '''\
def check(result, expected):
    """Check what mean returned, and say what it should be."""
    assert_close(array(result, name="the means"), expected, rtol=1e-9)
'''


def test_helpers_and_plumbing_may_be_in_both_suites(public_bank: ToyBank, tmp_path: Path) -> None:
    shared = f"{HELPER}\n\ndef test_one(candidate):\n    X = [[1.0]]\n{PLUMBING}\n"
    public_bank.write("tests/hidden/toy/test_more.py", shared)
    plant(public_bank, "test_public.py", shared)
    release(Bank(public_bank.root), [], tmp_path / "takehome.zip")


def test_the_interface_may_be_in_stub_and_solution(public_bank: ToyBank, tmp_path: Path) -> None:
    head = "def mean(X, *, tolerance=1.23456789e-7):\n"
    text = '    """Return the mean of each column, in the order of the columns."""\n'
    public_bank.write("assignments/toy/toy.py", f"{head}{text}    raise NotImplementedError\n")
    public_bank.write("solutions/toy/variants/other.py", f"{head}{text}    return X\n")
    public_bank.write("assignments/toy/README.md", f"# Toy\n\n`{head}`\n")
    release(Bank(public_bank.root), [], tmp_path / "takehome.zip")


def test_what_grader_new_wrote_may_stay(public_bank: ToyBank, tmp_path: Path) -> None:
    """Its templates are in every wheel."""
    from grader.scaffold import lay_out

    lay_out(public_bank.root, "spread")
    release(Bank(public_bank.root), ["toy"], tmp_path / "takehome.zip")


def test_the_other_bank_of_this_repository_is_clean(tmp_path: Path) -> None:
    release(Bank(ROOT / "examples" / "authoring"), [], tmp_path / "takehome.zip")
