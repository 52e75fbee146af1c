"""A gradebook to mark, made as ``grader gradebook add`` makes it, and somebody who asks its pages for things."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from grader.gradebook.adding import add
from grader.gradebook.book import Book
from grader.gradebook.reading import Scored
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
from grader.scoring import score
from tests.conftest import wait_for

QUESTIONS = (
    Question("assumptions", "Assumptions", 60, "What does the method *assume*?", "30: scale. 30: locality."),
    Question("scale", "Scale", 40, "What if there are `10**7` rows?", "40: an index, and its limits."),
)
CRITERIA = (
    Criterion("weights", "Weights", 60, "correctness", "weights by distance"),
    Criterion("ties", "Ties", 40, "correctness", "breaks ties as the brief says"),
)


class ScaleBank:
    """As much of a bank as a gradebook asks: questions with their mark schemes."""

    def questions(self, name: str) -> tuple[Question, ...]:
        return QUESTIONS


def report(name: str, texts: Mapping[str, str], assignments: tuple[str, ...] = ("knn",)) -> Report:
    """Return a report: the first criterion won, the second lost, and these answers."""
    made = tuple(
        Assignment(each, each.upper(), "1", (each,), CRITERIA, Limits(1, 3, 60, 2**28)) for each in assignments
    )
    assessment = Assessment("Take-home", "1", 60, made, dict.fromkeys(assignments, 1.0), written_points=20)
    outcomes = {"weights": Outcome.PASSED, "ties": Outcome.FAILED}
    told = {
        each: Examination(each, tuple(result(*found) for found in outcomes.items()), "0" * 64) for each in assignments
    }
    written = tuple(
        Written(each, 1.0, tuple(Answer(asked, texts.get(asked.id, "")) for asked in QUESTIONS))
        for each in assignments
    )
    return Report(
        assessment=assessment.title,
        submission=Submission(name=f"{name}.zip", sha256="a" * 64, modules={}, paths={}),
        score=score(assessment, told),
        findings=(),
        provenance=Provenance(
            *("0.1.0", "b" * 64, dict.fromkeys(assignments, "0" * 64), 7, "docker", "Docker 27", "sha256:1"),
            *("3.12.1", "2.1.0", ("network",), "", "3.11.7", "2.1.0", "2026-01-02T03:04:05+00:00", 1.5),
        ),
        written=written,
    )


def result(criterion: str, outcome: Outcome) -> TestResult:
    return TestResult(f"test_{criterion}", criterion, f"{criterion} are right", outcome)


def fill(course: Path, answers: Mapping[str, Mapping[str, str]]) -> None:
    """Make a gradebook with these answers by candidate and question."""
    with Book(course) as book:
        add(book, [Scored(name, report(name, texts)) for name, texts in answers.items()], ScaleBank())  # type: ignore[arg-type]


@dataclass(frozen=True)
class Reply:
    """What was answered."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def value(self) -> Any:
        return json.loads(self.text)


@dataclass
class Client:
    """Asks as a browser would, but says what it is told to."""

    host: str
    port: int
    cookies: dict[str, str] = field(default_factory=dict)
    token: str = ""

    def ask(
        self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None, *, raw: bytes = b""
    ) -> Reply:
        said = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())} | dict(headers or {})
        said |= {"Authorization": f"token {self.token}"} if self.token else {}
        content = raw or (json.dumps(body).encode() if body is not None else None)
        connection = http.client.HTTPConnection(self.host, self.port, timeout=60)
        try:
            connection.request(method, path, content, said)
            answer = connection.getresponse()
            for name, value in answer.getheaders():
                if name == "Set-Cookie":
                    key, _, rest = value.partition("=")
                    self.cookies[key] = rest.partition(";")[0]
            return Reply(answer.status, dict(answer.getheaders()), answer.read().decode())
        finally:
            connection.close()

    def get(self, path: str, **more: Any) -> Reply:
        return self.ask("GET", path, **more)

    def change(self, method: str, path: str, body: Any = None, **more: Any) -> Reply:
        """Ask for a change as a page of ours does: with proof that it is meant."""
        headers = {"X-CSRFToken": self.cookies.get("_xsrf", "")} | more.pop("headers", {})
        return self.ask(method, path, body, headers, **more)


@dataclass
class Desk:
    """A ``grader mark`` that runs."""

    address: str
    process: subprocess.Popen[str]
    course: Path
    output: Path

    @property
    def origin(self) -> str:
        parts = urlsplit(self.address)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def token(self) -> str:
        return urlsplit(self.address).query.removeprefix("token=")

    def stranger(self) -> Client:
        """Somebody who is not let in."""
        parts = urlsplit(self.address)
        assert parts.hostname is not None
        assert parts.port is not None
        return Client(parts.hostname, parts.port)

    def client(self) -> Client:
        """The marker, who has opened the address and a first page."""
        client = self.stranger()
        assert client.get(f"/login?token={self.token}").status == 200
        assert client.get("/formgrader/gradebook").status == 200
        return client

    def submissions(self) -> list[str]:
        """Ids of the submissions to mark, in the order of the list."""
        from grader.marking.listing import entries

        with Book(self.course) as book, book.reading() as session:
            return [entry.id for entry in entries(session, "knn", "knn", "nobody")]

    def log(self) -> str:
        """What was printed but for the line with the address."""
        return self.output.read_text()

    def end(self, number: int = signal.SIGINT) -> int:
        self.process.send_signal(number)
        return self.process.wait(60)


@contextmanager
def marking(
    course: Path, *arguments: str, marker: str = "grace", cwd: Path | None = None, opens: bool = False, **env: str
) -> Iterator[Desk]:
    """Run ``grader mark`` on a gradebook."""
    command = [sys.executable, "-m", "grader", "mark", "--course", str(course), "--marker", marker]
    command += [] if opens else ["--no-browser"]
    output = course.parent / f"{course.name}-{marker}.log"
    with (
        output.open("w") as log,
        subprocess.Popen(
            [*command, *arguments], cwd=cwd, env=os.environ | env, stdout=subprocess.PIPE, stderr=log, text=True
        ) as process,
    ):
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line.startswith("Open http://127.0.0.1:"), (line, output.read_text())
            yield Desk(line.split()[1].rstrip(";"), process, course, output)
        finally:
            process.kill()


@contextmanager
def stock(course: Path, work: Path) -> Iterator[Client]:
    """Run Jupyter's server with nbgrader's formgrader as they come, on the same folder; yield who is let in."""
    runtime = work / "runtime"
    (course / "nbgrader_config.py").write_text("c = get_config()\n")
    command = [sys.executable, "-m", "jupyter_server", f"--ServerApp.root_dir={course}", "--ServerApp.port=0"]
    command += ["--IdentityProvider.token=abc", "--no-browser", "--allow-root", "--ServerApp.ip=127.0.0.1"]
    command += ["--ServerApp.jpserver_extensions={'nbgrader.server_extensions.formgrader': True}"]
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])  # nbgrader looks for alembic there
    folders = {
        name: str(work / name.lower()) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "IPYTHONDIR", "HOME")
    }
    env = os.environ | folders | {"JUPYTER_RUNTIME_DIR": str(runtime), "PATH": path}
    with (
        (work / "stock.log").open("w") as log,
        subprocess.Popen(command, cwd=course, env=env, stdout=log, stderr=log) as process,
    ):
        try:
            wait_for(lambda: list(runtime.glob("jpserver-*.json")) or process.poll() is not None)
            told = json.loads(next(runtime.glob("jpserver-*.json")).read_text())
            wait_for(lambda: is_listening(told["port"]))
            yield Client("127.0.0.1", told["port"], token="abc")
        finally:
            process.kill()


def is_listening(port: int) -> bool:
    """Whether somebody answers at a port of this machine."""
    with socket.socket() as line:
        return line.connect_ex(("127.0.0.1", port)) == 0
