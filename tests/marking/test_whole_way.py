"""The whole way, as a user goes it: release, answer, pack, batch, gradebook, marking page, apply, final report."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from grader.batch.results import latest, place_of, read_entries
from tests.conftest import VARIANT, Grader, ToyBank
from tests.marking.course import marking
from tests.marking.hostile import everything
from tests.marking.test_in_a_browser import Watched, enter, look
from tests.release.conftest import add_public_files

pytestmark = pytest.mark.xdist_group("marking")

CODE = 'CANARY = "<script>window.hacked=1</script>"\n'
COMMENT = "Right, but <b>where</b> does the order of the rows come in? =1+1"


@pytest.fixture(autouse=True)
def contexts_end(browser: Browser) -> Iterator[None]:
    yield
    for context in browser.contexts:
        context.close()


class Way:
    """A company and its candidates."""

    def __init__(self, bank: ToyBank, grader: Grader, work: Path) -> None:
        self.bank = bank
        self.grader = grader
        self.work = work

    def run(self, *arguments: str | Path) -> str:
        done = self.grader(*arguments)
        assert done.returncode in (0, 1), (arguments, done.stderr)
        return done.stdout + done.stderr

    def staff(self, *arguments: str | Path) -> str:
        return self.run(*arguments, "--bank", self.bank.root)

    def report(self, name: str) -> dict[str, Any]:
        [entry] = [entry for entry in latest(read_entries(self.work / "results")) if entry.name == name]
        folder = place_of(self.work / "results", entry)
        table = json.loads((folder / "report.json").read_text())
        assert (entry.score, entry.passed) == (table["score"], table["passed"])
        return {**table, "folder": folder}


def answer_in_notebook(folder: Path, texts: dict[str, str]) -> None:
    """Answer as Jupyter saves it: with outputs and more metadata than there was."""
    path = folder / "toy" / "questions.ipynb"
    table = json.loads(path.read_text())
    for cell in table["cells"]:
        name = cell["metadata"]["nbgrader"]["grade_id"]
        if name in texts:
            cell["source"] = texts[name].splitlines(keepends=True)
            cell["metadata"]["editable"] = True
    table["metadata"]["widgets"] = {"state": {}}
    path.write_text(json.dumps(table, indent=1))


def answer_in_text(folder: Path, *texts: str, above: str = "") -> None:
    path = folder / "toy" / "answers.md"
    stub = "<!-- Your answer: replace this line. -->"
    content = path.read_text()
    assert content.count(stub) == len(texts)
    for text in texts:
        content = content.replace(stub, text, 1)
    path.write_text(f"{above}\n\n{content}")


@pytest.fixture
def way(toy_bank: ToyBank, grader: Grader, tmp_path: Path) -> Way:
    toy_bank.complete().add_questions()
    add_public_files(toy_bank, "toy")
    way = Way(toy_bank, grader, tmp_path)
    way.staff("questions")
    way.staff("release", "--output", tmp_path / "takehome.zip")
    (tmp_path / "round").mkdir()
    for name in ("ada", "bob", "eve"):
        with zipfile.ZipFile(tmp_path / "takehome.zip") as archive:
            archive.extractall(tmp_path / name)
        folder = tmp_path / name / "takehome"
        (folder / "toy" / "toy.py").write_text(CODE + VARIANT.replace("\n    ", "\n").lstrip())
        if name == "ada":
            answer_in_notebook(
                folder, {"chance": "Nowhere: the *same* rows give the same mean.", "cost": "One pass."}
            )
        elif name == "bob":
            answer_in_text(folder, "In the order of summation.", "<!-- Your answer: replace this line. -->")
        else:
            answer_in_text(folder, everything(), "</pre></body>" + everything(), above=everything())
        told = way.run("pack", folder, "--output", tmp_path / "round" / f"{name}.zip")
        assert "toy/" in told
    way.staff("batch", tmp_path / "round", "--output", tmp_path / "results", "--sandbox", "none")
    return way


def open_submission(watched: Watched, way: Way, name: str) -> Page:
    watched.page.goto(f"{watched.origin}/formgrader/gradebook/toy/toy")
    watched.page.get_by_role("row", name=name).get_by_role("link").first.click()
    expect(watched.page.locator("#chance")).to_be_editable()
    return watched.page


def give(page: Page, question: str, points: str, comment: str = "") -> None:
    page.locator(f"#{question}").fill(points)
    page.locator(f"#{question}").blur()
    cell = page.locator(".nbgrader_cell", has=page.locator(f"#{question}"))
    expect(cell.locator(".score-told")).to_contain_text(f"Saved: {points} of")
    if comment:
        page.locator(f"#{question}-comment").fill(comment)
        page.locator(f"#{question}-comment").blur()
        expect(cell.locator(".comment-told")).to_have_text("Saved.")


def test_from_the_packet_to_the_final_report(way: Way, browser: Browser) -> None:
    results, course = way.work / "results", way.work / "course"
    first = way.report("ada")
    assert first["provisional"]
    assert (first["score"], first["code_score"]) == (100, 100)
    told = way.staff("gradebook", "add", results, "--course", course)
    assert "3 added, 0 changed, 0 flagged, 5 answers to mark" in told

    with marking(course, marker="grace") as desk:
        watched = enter(browser, desk)
        page = open_submission(watched, way, "ada")
        expect(page.locator(".answer").first).to_have_text("Nowhere: the same rows give the same mean.")
        give(page, "chance", "45", COMMENT)
        give(page, "cost", "40")
        give(open_submission(watched, way, "bob"), "chance", "30")
        page = open_submission(watched, way, "eve")
        page.locator("details").evaluate_all("all => all.forEach(each => { each.open = true; })")
        expect(page.get_by_role("heading", name="Written elsewhere in the file")).to_be_visible()
        look(watched, "marking-whole-way")
        give(page, "chance", "0", "No answer to the question.")
        assert page.evaluate("window.hacked") is None

    told = way.staff("gradebook", "apply", results, "--course", course)
    assert "1 answer of eve is not marked yet" in told
    assert "3 reports, 3 changed, 1 provisional" in told

    ada, bob, eve = (way.report(name) for name in ("ada", "bob", "eve"))
    assert (ada["provisional"], ada["written"]["score"], ada["score"]) == (False, 85, 97)
    assert (bob["provisional"], bob["written"]["score"], bob["score"]) == (False, 30, 86)
    assert (eve["provisional"], eve["written"]["score"], eve["score"]) == (True, None, 100)
    [entry] = ada["written"]["assignments"]
    assert [(q["earned"], q["comment"], q["markers"]) for q in entry["questions"]] == [
        (45, COMMENT, ["grace"]),
        (40, "", ["grace"]),
    ]
    summary = (results / "summary.csv").read_text()
    assert '"97"' in summary or ",97," in summary
    assert COMMENT not in (ada["folder"] / "candidate.html").read_text()
    assert "CANARY-SCHEME" not in "".join(path.read_text() for path in ada["folder"].glob("*.*"))

    for report in (ada, eve):
        page = browser.new_context().new_page()
        seen = Watched(page, "file://")
        page.goto((report["folder"] / "report.html").as_uri())
        page.locator("details").evaluate_all("all => all.forEach(each => { each.open = true; })")
        expect(page.locator(".verdict .score")).to_contain_text(f"{report['score']:g}")
        assert page.evaluate("window.hacked") is None
        assert not seen.complaints
        assert not [url for url in seen.requests if not url.startswith("file://")]
    expect(page.get_by_text("No answer to the question.")).to_be_visible()


def test_a_score_anew_keeps_the_marks(way: Way, browser: Browser) -> None:
    results, course = way.work / "results", way.work / "course"
    way.staff("gradebook", "add", results, "--course", course)
    with marking(course, marker="grace") as desk:
        watched = enter(browser, desk)
        page = open_submission(watched, way, "ada")
        give(page, "chance", "45")
        give(page, "cost", "40")
    way.staff("gradebook", "apply", results, "--course", course)
    suite = way.bank.root / "tests" / "hidden" / "toy" / "test_toy.py"
    suite.write_text(suite.read_text() + "\n# reads better\n")
    way.staff("batch", way.work / "round", "--output", results, "--sandbox", "none")
    told = way.staff("gradebook", "add", results, "--course", course)
    assert "0 added, 0 changed, 0 flagged, 3 answers to mark" in told
    way.staff("gradebook", "apply", results, "--course", course)
    scores = [json.loads(line)["score"] for line in (results / "results.jsonl").read_text().splitlines()]
    assert scores.count(97) == 2, "once before the suite changed, and once after it"
