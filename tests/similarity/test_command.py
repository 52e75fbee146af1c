"""``grader similar`` as staff run it."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from grader.bank import Bank
from grader.cli import main
from grader.cli.similar import similar
from grader.errors import ExitCode
from grader.similarity import comparing
from grader.similarity.comparing import compare
from grader.similarity.comparison import THRESHOLD
from grader.similarity.handed_in import read_round
from tests.conftest import ROOT
from tests.pages.hostile import TEXT
from tests.similarity.conftest import RoundFolder, disguised, right_solutions, variant

ONE, OTHER = variant("knn", "running_best"), variant("knn", "one_table")


def run(*arguments: str | Path) -> tuple[int, str, str]:
    done = CliRunner().invoke(main, ["similar", *map(str, arguments), "--bank", str(ROOT)])
    return done.exit_code, done.stdout, done.stderr


def pairs(*arguments: str | Path) -> list[tuple[str, str, str]]:
    code, stdout, stderr = run(*arguments, "--format", "json")
    assert code == ExitCode.PASSED, stderr
    assert stdout.isascii()
    return [(p["module"], p["first"]["name"], p["second"]["name"]) for p in json.loads(stdout)["pairs"]]


def test_a_copy_in_disguise_is_found(round_folder: RoundFolder) -> None:
    round_folder.add("Ada", {"knn": ONE})
    round_folder.add("Grace", {"knn": OTHER})
    round_folder.add("Charles", {"knn": disguised(ONE), "em": variant("em", "eigen")})
    code, stdout, stderr = run(round_folder.root)
    assert code == ExitCode.PASSED
    lines = stdout.splitlines()
    assert lines[0] == "1 pair is alike in 60 % of a module or more, among 3 submissions"
    assert lines[-2:] == [f"{' ' * 31}Ada (Ada.zip)", f"{' ' * 31}Charles (Charles.zip)"]
    assert "knn.py" in lines[-3]
    assert stderr == "grader: comparing 1 em.py\ngrader: comparing 3 knn.py\n"


def test_the_default_threshold_is_the_measured_one() -> None:
    (option,) = (parameter for parameter in similar.params if parameter.name == "threshold")
    assert option.default == THRESHOLD


def test_nothing_alike_ends_well_too(round_folder: RoundFolder) -> None:
    round_folder.add("Ada", {"knn": ONE})
    round_folder.add("Grace", {"knn": OTHER})
    code, stdout, _ = run(round_folder.root, "--quiet")
    assert (code, stdout) == (
        ExitCode.PASSED,
        "No pairs are alike in 60 % of a module or more, among 2 submissions\n"
        "some were scored with another bank: what was given to them may count as theirs\n",
    )


def test_json_tells_shares_and_lines(round_folder: RoundFolder) -> None:
    round_folder.add("Ada", {"knn": ONE})
    round_folder.add("Bob", {"knn": b"\n\n" + ONE})
    told = json.loads(run(round_folder.root, "--format", "json")[1])
    assert (told["schema_version"], told["threshold"], told["submissions"], told["archived"]) == (1, 0.6, 2, 0)
    assert told["modules"] == {"knn": 2}
    (pair,) = told["pairs"]
    assert (pair["module"], pair["assignment"], pair["same_file"]) == ("knn", "knn", False)
    assert pair["first"] | {"lines": 0} == {
        "name": "Ada", "source": "Ada.zip", "archived": False, "share": 1.0, "lines": 0
    }  # fmt: skip
    assert pair["blocks"]
    for block in pair["blocks"]:
        assert [line + 2 for line in block["first"]] == block["second"]


def test_a_name_is_no_pair_with_itself(round_folder: RoundFolder) -> None:
    round_folder.add("Ada", {"knn": ONE})
    round_folder.add("Ada", {"knn": ONE + b"\n# the second try\n"}, source="again.zip")
    code, stdout, _ = run(round_folder.root)
    assert code == ExitCode.PASSED
    assert "No pairs are alike" in stdout
    assert "1 pair of the same name not shown: taken for one candidate" in stdout
    round_folder.add("Bob", {"knn": ONE})
    assert sorted(pairs(round_folder.root)) == [("knn", "Ada", "Bob")] * 2


def test_earlier_rounds_are_compared_with_this_one_alone(round_folder: RoundFolder, tmp_path: Path) -> None:
    archive = RoundFolder(tmp_path / "spring")
    archive.add("Alan", {"knn": disguised(ONE)})
    archive.add("Adele", {"knn": ONE})
    round_folder.add("Zoe", {"knn": ONE})
    assert pairs(round_folder.root) == []
    assert sorted(pairs(round_folder.root, "--archive", archive.root)) == [
        ("knn", "Zoe", "Adele"),
        ("knn", "Zoe", "Alan"),
    ]
    _, stdout, _ = run(round_folder.root, "--archive", archive.root)
    assert "among 1 submission and 2 of earlier rounds" in stdout
    assert "Alan (Alan.zip, earlier round)" in stdout


def test_the_stub_as_it_was_given_is_no_copy(round_folder: RoundFolder) -> None:
    stub = (ROOT / "assignments" / "knn" / "knn.py").read_bytes()
    tests = (ROOT / "assignments" / "knn" / "test_public.py").read_bytes()
    for name in ("Ada", "Bob"):
        round_folder.add(name, {"knn": stub + b"\n\n" + tests, "other": stub})
    assert pairs(round_folder.root) == [("other", "Ada", "Bob")], "what the bank does not ask for counts as it is"
    assert "the bank does not ask for other.py: all of it counts" in run(round_folder.root)[1]


def test_no_more_than_the_limit_is_shown_and_the_rest_counted(round_folder: RoundFolder, tmp_path: Path) -> None:
    for number in range(5):
        round_folder.add(f"n{number}", {"knn": ONE})
    page = tmp_path / "similar.html"
    code, stdout, _ = run(round_folder.root, "--limit", "3", "--output", page)
    assert code == ExitCode.PASSED
    assert stdout.startswith("10 pairs are alike")
    assert stdout.count("the same file") == 3
    assert stdout.endswith("and 7 pairs more; raise --limit to see them\n")
    assert "7 pairs more are not shown" in page.read_text(encoding="utf-8")
    assert json.loads(run(round_folder.root, "--limit", "3", "--format", "json")[1])["pairs_found"] == 10


def test_only_what_was_scored_and_is_a_module_is_read(round_folder: RoundFolder, tmp_path: Path) -> None:
    round_folder.add("Ada", {"knn": ONE})
    round_folder.add("Bob", {"knn": ONE}, status="refused")
    folder = round_folder.add("Eve", {"em": b"x = 1"})
    (tmp_path / "knn.py").write_bytes(ONE)
    (folder / "knn.py").symlink_to(tmp_path / "knn.py")
    (folder / "not a module.py").write_bytes(ONE)
    (folder / "linear_regression.py").mkdir()
    assert pairs(round_folder.root) == []
    assert len(read_round(round_folder.root).modules) == 2


@pytest.mark.parametrize("folder", ["../elsewhere", "/etc", "submissions/../../elsewhere"])
def test_results_that_lead_elsewhere_are_refused(round_folder: RoundFolder, folder: str) -> None:
    round_folder.add("Eve", {}, folder=folder)
    code, stdout, stderr = run(round_folder.root)
    assert (code, stdout) == (ExitCode.USAGE, "")
    assert "names a folder elsewhere" in stderr


def test_no_results_and_wrong_options_are_wrong_usage(tmp_path: Path, round_folder: RoundFolder) -> None:
    round_folder.add("Ada", {"knn": ONE})
    code, _, stderr = run(tmp_path)
    assert code == ExitCode.USAGE
    assert "results.jsonl" in stderr
    for wrong in (("--threshold", "1.5"), ("--threshold", "0"), ("--limit", "0"), ("--archive", tmp_path / "none")):
        assert run(round_folder.root, *wrong)[0] == ExitCode.USAGE
    assert run(round_folder.root, "--output", tmp_path / "no" / "folder.html")[0] != ExitCode.PASSED


def test_a_missing_package_is_told_with_its_cure(round_folder: RoundFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    round_folder.add("Ada", {"knn": ONE})
    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *rest: None if name == "copydetect" else found(name, *rest)
    )
    code, stdout, stderr = run(round_folder.root)
    assert (code, stdout) == (ExitCode.USAGE, "")
    assert "copydetect, which should be installed, but is not" in stderr
    assert "pip install 'takehome-grader[similarity]'" in stderr


def test_nothing_of_a_submission_is_run(round_folder: RoundFolder, tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    source = f"open({str(trace)!r}, 'w').write('run')\n".encode() + ONE
    for name in ("Ada", "Bob"):
        round_folder.add(name, {"knn": source, "sitecustomize": source})
    assert ("knn", "Ada", "Bob") in pairs(round_folder.root, "--output", tmp_path / "page.html")
    assert not trace.exists()


def test_what_strangers_wrote_does_not_reach_the_terminal(round_folder: RoundFolder) -> None:
    for number in range(2):
        round_folder.add(
            f"{number}{TEXT}".replace("\ud800", ""), {"knn": ONE + b"\n\xff\xfe\x00\n", "em": b"'" * 2**21}
        )
    for form in ("text", "json"):
        code, stdout, stderr = run(round_folder.root, "--format", form)
        assert code == ExitCode.PASSED
        assert not {"\x1b", "\x07", "\u202e", "\r", "\x00"} & {*stdout, *stderr}
    assert run(round_folder.root)[1].count("is long: its end was not compared") == 2


def test_several_processes_find_what_one_finds(round_folder: RoundFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, source in right_solutions("knn").items():
        round_folder.add(name, {"knn": source})
    told = [compare(read_round(round_folder.root), Bank(ROOT), 0.1, 50, lambda text: None, jobs=1)]
    monkeypatch.setattr(comparing, "MANY", 1)
    told.append(compare(read_round(round_folder.root), Bank(ROOT), 0.1, 50, lambda text: None, jobs=2))
    assert told[0].found > 3
    assert told[0] == told[1]
