"""Made-up reports with written answers, and gradebooks of both kinds of database."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from grader.batch.results import PROVISIONAL, SCORED, Entry, ResultsFolder, folder_of
from grader.gradebook.adding import Added, add
from grader.gradebook.book import Book
from grader.gradebook.reading import Scored
from grader.manifest import Manifest
from grader.models import (
    Answer,
    Assessment,
    Assignment,
    Criterion,
    Examination,
    Limits,
    Outcome,
    Provenance,
    Question,
    Report,
    Submission,
    TestResult,
    Written,
)
from grader.publishing import Publisher
from grader.scoring import score, with_written
from tests.conftest import wait_for

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)

CRITERIA = (
    Criterion("ties", "Ties", 60, "correctness", "breaks ties by label"),
    Criterion("speed", "Speed", 40, "speed", "is not slow"),
)
QUESTIONS = (
    Question("random", "What is random", 40, "What does the result depend on?", "10 for the split, 30 for the rest"),
    Question("cost", "Cost", 60, "What does a prediction cost?"),
)
TEXTS = ("assessment", "version", "grader_version", "python", "numpy", "packed")
ANSWERS = {"random": "The split and its seed.", "cost": "O(n d) for each query."}


def assessment(names: Sequence[str] = ("knn",), criteria: Sequence[Criterion] = CRITERIA) -> Assessment:
    limits = Limits(1, 3, 60, 2**28)
    assignments = tuple(Assignment(name, f"The {name}", "1", (name,), tuple(criteria), limits) for name in names)
    return Assessment("Take-home", "1", 60, assignments, dict.fromkeys(names, 1.0), written_points=20)


def report(
    name: str = "ada",
    *,
    answers: Mapping[str, str] = ANSWERS,
    lost: Sequence[str] = (),
    questions: Sequence[Question] = QUESTIONS,
    of: Assessment | None = None,
    source: str = "def fit(): ...",
    message: str = "came back wrong",
    seed: int = 7,
) -> Report:
    """The report of a submission that loses one of the two tests of each criterion that is named."""
    asked = assessment() if of is None else of
    examinations = {
        assignment.name: Examination(
            assignment.name,
            tuple(
                TestResult(
                    f"test_{criterion.id}_{number}",
                    criterion.id,
                    f"{criterion.title} are right, part {number}.",
                    *((Outcome.FAILED, 0.1, 0.1, message) if criterion.id in lost and number else (Outcome.PASSED,)),
                )
                for criterion in assignment.criteria
                for number in range(2)
            ),
            "0" * 64,
        )
        for assignment in asked.assignments
    }
    written = tuple(
        Written(
            assignment.name,
            asked.weights[assignment.name],
            tuple(Answer(question, answers.get(question.id, "")) for question in questions),
        )
        for assignment in asked.assignments
        if questions
    )
    modules = {assignment.name: source.encode() for assignment in asked.assignments}
    manifest = Manifest(**dict.fromkeys(TEXTS, "1"), variant=name, files={})
    return Report(
        assessment=asked.title,
        submission=Submission(
            f"{name}.zip",
            hashlib.sha256(source.encode()).hexdigest(),
            modules,
            {module: f"{module}.py" for module in modules},
            manifest=manifest,
        ),
        score=with_written(score(asked, examinations), written),
        findings=(),
        provenance=Provenance(
            *(
                "0.1.0",
                "b" * 64,
                {a.name: "0" * 64 for a in asked.assignments},
                seed,
                "docker",
                "Docker 27",
                "sha256:1",
            ),
            *("3.12.1", "2.1.0", ("network",), "", "3.11.7", "2.1.0", "2026-01-02T03:04:05+00:00", 1.5),
        ),
        written=written,
    )


def put(book: Book, *reports: Report) -> Added:
    """Add reports, each by the name that its manifest has."""
    return add(book, [Scored(made.submission.manifest.variant, made) for made in reports if made.submission.manifest])


@dataclass(frozen=True)
class Cell:
    """What nbgrader holds of one cell of one candidate."""

    grade: str
    remark: str
    book: str
    auto: float | None
    manual: float | None
    needs: bool
    auto_comment: str | None
    manual_comment: str | None


def cell(book: Book, name: str, candidate: str = "ada", assignment: str = "knn") -> Cell:
    import nbgrader.api as api

    notebook = book.gradebook.find_submission_notebook(assignment, assignment, book.candidate(candidate).id)
    grade = book.gradebook.find_grade(name, assignment, assignment, book.candidate(candidate).id)
    remark = book.gradebook.find_comment(name, assignment, assignment, book.candidate(candidate).id)
    assert isinstance(grade, api.Grade)
    return Cell(
        *(grade.id, remark.id, notebook.id, grade.auto_score, grade.manual_score, grade.needs_manual_grade),
        *(remark.auto_comment, remark.manual_comment),
    )


def is_flagged(book: Book, candidate: str = "ada", assignment: str = "knn") -> bool:
    found = book.gradebook.find_submission_notebook(assignment, assignment, book.candidate(candidate).id)
    return bool(found.flagged)


class Round:
    """A folder of results as a batch leaves it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.results = ResultsFolder(root)
        self.count = 0

    def keep(self, made: Report, name: str = "", **changes: Any) -> Entry:
        self.count += 1
        manifest = made.submission.manifest
        name = name or (manifest.variant if manifest else made.submission.name)
        key, digest = f"{self.count:032x}"[::-1], made.submission.sha256
        facts: dict[str, Any] = {
            "key": key, "name": name, "source": f"{name}.zip", "status": SCORED,
            "folder": folder_of(name, digest, key).as_posix(), "submission_sha256": digest,
            "bank_sha256": made.provenance.bank_sha256, "grader_version": "0.1.0", "seed": 7, "sandbox": "docker",
            "score": made.score.total, "passed": made.score.passed, "assignments": {"knn": made.score.code},
            "attempts": 1, "seconds": 1.0, "finished": "2026-01-02T03:04:05+00:00",
            "written": PROVISIONAL if made.score.provisional else "",
        }  # fmt: skip
        files = Publisher().files(made) | {"submission/knn.py": made.submission.modules.get("knn", b"")}
        entry = Entry(**facts | changes)
        self.results.keep(entry, files)
        return entry


def written_to(folder: Path, made: Report) -> Path:
    """Write a report's files as ``grader score --output`` does."""
    folder.mkdir(parents=True)
    for name, content in Publisher().files(made).items():
        (folder / name).write_bytes(content)
    return folder


@pytest.fixture
def results(tmp_path: Path) -> Round:
    return Round(tmp_path / "results")


def server_programs() -> Path | None:
    """The folder of a PostgreSQL server's programs, if there is one."""
    found = shutil.which("initdb")
    places = [Path(found).resolve().parent] if found else []
    places += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((place for place in places if (place / "initdb").exists() and (place / "pg_ctl").exists()), None)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """A real server for this run; its URL without a database's name."""
    programs = server_programs()
    if programs is None:
        pytest.skip("no PostgreSQL server")
    # Not below pytest's own folder, which each run of pytest closes to all other users.
    with tempfile.TemporaryDirectory(prefix="grader-postgresql-", ignore_cleanup_errors=True) as name:
        yield from _served(programs, Path(name))


def _served(programs: Path, folder: Path) -> Iterator[str]:
    import psycopg

    as_user: list[str] = []
    if os.geteuid() == 0:  # which the server refuses to run as
        shutil.chown(folder, "postgres")
        as_user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
    # A run of tests that is killed takes its server with it.
    with_us = ["setpriv", *as_user[1:], "--pdeathsig=TERM"] if shutil.which("setpriv") else as_user
    making = [*as_user, str(programs / "initdb"), "-D", "data", "-A", "trust", "-U", "grader", "-E", "UTF8", "-N"]
    subprocess.run(making, check=True, cwd=folder, stdout=subprocess.DEVNULL)
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = ["-h", "127.0.0.1", "-p", str(port), "-k", str(folder), "-F"]
    url = f"postgresql://grader@127.0.0.1:{port}"

    def answers() -> bool:
        try:
            psycopg.connect(f"{url}/postgres").close()
        except psycopg.OperationalError:
            assert server.poll() is None, (folder / "log").read_text()
            return False
        return True

    with (folder / "log").open("w") as log:
        command = [*with_us, str(programs / "postgres"), "-D", "data", *options]
        server = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
    try:
        wait_for(answers)
        yield url
    finally:
        server.send_signal(signal.SIGINT)  # which ends connections that are still open
        server.wait()


@contextmanager
def database(server: str) -> Iterator[str]:
    """A fresh database of a server; its URL."""
    import psycopg

    name = f"book_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    yield f"{server}/{name}"
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str | None]:
    """The URL of a gradebook's database that is not there yet, of either kind."""
    if request.param == "sqlite":
        yield None
        return
    with database(request.getfixturevalue("postgresql")) as made:
        yield made


@pytest.fixture
def book(tmp_path: Path, url: str | None) -> Iterator[Book]:
    with Book(tmp_path / "course", url) as opened:
        yield opened
