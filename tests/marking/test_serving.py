"""What is served, to whom, and what is not there; and what a marker's requests may change."""

from __future__ import annotations

import signal
import socket
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from grader.gradebook.book import Book
from tests.conftest import Grader, wait_for
from tests.marking.conftest import ANSWERS
from tests.marking.course import Client, Desk, fill, marking, stock
from tests.marking.elements import Elements
from tests.marking.hostile import NAME

pytestmark = pytest.mark.xdist_group("marking")

PAGES = ("/", "/formgrader", "/formgrader/", "/formgrader/gradebook", "/formgrader/gradebook/knn/knn")
NOT_THERE = (
    *("/api", "/api/kernels", "/api/contents", "/api/sessions", "/api/terminals", "/api/kernelspecs", "/api/status"),
    *("/api/me", "/api/security/csp-report", "/api/shutdown", "/metrics", "/logout", "/tree", "/lab", "/files/x"),
    *("/nbconvert/html/x.ipynb", "/view/x", "/edit/x", "/static/style/style.min.css", "/favicon.ico", "/robots.txt"),
    *(
        "/formgrader?path=/tmp",
        "/formgrader/?path=/tmp",
        "/formgrader/manage_assignments",
        "/formgrader/manage_students",
    ),
    *("/formgrader/manage_submissions/knn", "/formgrader/manage_students/x", "/formgrader/api/status"),
    *("/formgrader/api/assignments", "/formgrader/api/assignment/knn", "/formgrader/api/notebooks/knn"),
    *("/formgrader/api/submissions/knn", "/formgrader/api/submitted_notebooks/knn/knn", "/formgrader/api/students"),
    *("/formgrader/gradebook/none", "/formgrader/gradebook/knn/none", "/formgrader/submissions/0"),
    *("/formgrader/api/grades", "/formgrader/api/grades?submission_id=0", "/formgrader/api/grade/0"),
)


def find(client: Client, desk: Desk, name: str, cell: str, kind: str = "grade") -> dict[str, Any]:
    """What a marker may see of a candidate's cell."""
    found = client.get(f"/formgrader/api/{kind}s?submission_id={submission_of(desk, name)}").value
    return next(each for each in found if each["name"] == cell)


def submission_of(desk: Desk | Path, name: str) -> str:
    with Book(desk if isinstance(desk, Path) else desk.course) as book:
        who = book.candidate(name).id
        return str(book.gradebook.find_submission_notebook("knn", "knn", who).id)


@pytest.mark.parametrize("path", [*PAGES, *NOT_THERE, "/login", "/login?token=", "/login?token=wrong"])
def test_nobody_comes_in_without_the_token(desk: Desk, path: str) -> None:
    for headers in ({}, {"Authorization": "token wrong"}, {"Cookie": f"username-127-0-0-1-{desk.stranger().port}=x"}):
        reply = desk.stranger().get(path, headers=headers)
        assert reply.status == 403, "not even where a page is, or is not"
        assert "Set-Cookie" not in reply.headers or "expires" in reply.headers["Set-Cookie"]


def test_the_token_lets_in_at_one_place_alone(desk: Desk) -> None:
    """Else a request with it would need no other proof that it is meant, and it would stand in addresses."""
    assert desk.stranger().get(f"/formgrader/gradebook?token={desk.token}").status == 403
    headers = {"Authorization": f"token {desk.token}"}
    assert desk.stranger().get("/formgrader/gradebook", headers=headers).status == 403
    assert desk.client().get("/formgrader/gradebook").status == 200


def test_the_cookies_are_strict(desk: Desk) -> None:
    client = desk.stranger()
    login = client.get(f"/login?token={desk.token}").headers["Set-Cookie"]
    assert "HttpOnly" in login
    assert "SameSite=Strict" in login
    assert "expires" not in login, "it goes with the browser"
    assert desk.token not in login
    assert "SameSite=Strict" in client.get("/formgrader/gradebook").headers["Set-Cookie"]


@pytest.mark.parametrize("path", NOT_THERE)
def test_what_a_marker_does_not_need_is_not_there(desk: Desk, path: str) -> None:
    reply = desk.client().get(path)
    assert reply.status == 404
    assert "Traceback" not in reply.text


@pytest.mark.parametrize(
    "path",
    [
        *("/api/kernels", "/api/terminals", "/api/shutdown", "/formgrader/api/submission/knn/x/autograde"),
        *("/formgrader/api/assignment/knn/assign", "/formgrader/api/assignment/knn/release"),
        *("/formgrader/api/assignment/knn/collect", "/formgrader/api/assignment/knn/generate_feedback"),
    ],
)
def test_nothing_that_would_start_something_is_there(desk: Desk, path: str) -> None:
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        assert desk.client().change(method, path, {}).status == 404


def test_every_answer_is_bound_by_the_policy(desk: Desk) -> None:
    client = desk.client()
    for path in (
        *PAGES,
        f"/formgrader/submissions/{desk.submissions()[0]}",
        "/login",
        "/formgrader/static/marking.js",
    ):
        reply = client.get(path)
        policy = reply.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';"), path
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert "base-uri 'none'" in policy
        assert reply.headers["X-Content-Type-Options"] == "nosniff"
        assert reply.headers["Referrer-Policy"] == "no-referrer"
        assert reply.headers["Cache-Control"] == "no-store"
        assert "Access-Control-Allow-Origin" not in reply.headers
        assert "Server" not in reply.headers
        elements = Elements(reply.text).found
        assert not [
            tag for tag, attributes in elements if tag == "style" or (tag == "script" and "src" not in attributes)
        ]
        assert not [name for _, attributes in elements for name in attributes if name.startswith(("on", "style"))]


@pytest.mark.parametrize(
    "host", ["evil.invalid", "evil.invalid:{port}", "192.0.2.1:{port}", "127.0.0.1.evil.invalid"]
)
def test_a_name_that_only_leads_here_is_refused(desk: Desk, host: str) -> None:
    client = desk.client()
    headers = {"Host": host.format(port=client.port)}
    assert client.get("/formgrader/gradebook", headers=headers).status == 403
    assert client.get(f"/login?token={desk.token}", headers=headers).status == 403


def test_it_listens_on_this_machine_alone(desk: Desk) -> None:
    port = desk.client().port
    listening = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    addresses = {fields[1] for fields in listening if fields[3] == "0A" and fields[1].endswith(f":{port:04X}")}
    assert addresses == {f"0100007F:{port:04X}"}
    if Path("/proc/net/tcp6").exists():
        assert f":{port:04X} 0000" not in Path("/proc/net/tcp6").read_text()


@pytest.mark.parametrize(
    "name",
    [
        *("../templates/base.html.j2", "../../../../../etc/passwd", "%2e%2e/files.py", "..%2f..%2ffiles.py"),
        *("/etc/passwd", "js/../../handlers.py", "js/manage_students.js", "node_modules/jquery/package.json", ""),
        *("%00", "js/formgrade.js%00", "js/formgrade.js/", "JS/formgrade.js", "js\\formgrade.js"),
    ],
)
def test_no_file_is_served_but_those_of_the_list(desk: Desk, name: str) -> None:
    reply = desk.client().get(f"/formgrader/static/{name}")
    assert reply.status in (400, 404)
    assert "root:" not in reply.text


def test_what_was_handed_in_beside_the_notebook_is_not_served(desk: Desk) -> None:
    submission = submission_of(desk, "ada-lovelace")
    with Book(desk.course) as book:
        folder = book.notebook_path(book.candidate("ada-lovelace").id, "knn").parent
    (folder / "evil.html").write_text("<script>window.hacked=1</script>")
    for name in ("evil.html", "knn.ipynb", "../../gradebook.db", "files/evil.html"):
        assert desk.client().get(f"/formgrader/submissions/{submission}/{name}").status == 404


def test_points_are_kept_and_come_back(desk: Desk) -> None:
    client = desk.client()
    grade = find(client, desk, "ada-lovelace", "scale")
    assert (grade["max_score"], grade["manual_score"], grade["needs_manual_grade"]) == (40, None, True)
    kept = client.change("PUT", f"/formgrader/api/grade/{grade['id']}", {"manual_score": 12.5}).value
    assert (kept["manual_score"], kept["needs_manual_grade"]) == (12.5, False)
    assert find(client, desk, "ada-lovelace", "scale") == kept
    with Book(desk.course) as book:
        held = book.gradebook.find_grade_by_id(grade["id"])
        assert (held.manual_score, held.needs_manual_grade) == (12.5, False)
    cleared = client.change("PUT", f"/formgrader/api/grade/{grade['id']}", {"manual_score": None}).value
    assert (cleared["manual_score"], cleared["needs_manual_grade"]) == (None, True)


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"manual_score": 40.5}, "from 0 to 40, but are 40.5"),
        ({"manual_score": -1}, "from 0 to 40, but are -1"),
        ({"manual_score": "12"}, "a number from 0 to 40"),
        ({"manual_score": True}, "a number"),
        ({"manual_score": [1]}, "a number"),
        ({"manual_score": float("nan")}, "a number"),
        ({"manual_score": float("inf")}, "a number"),
        ({"manual_score": 10**400}, "a number"),
        ({"manual_score": 1, "extra_credit": 5}, "beyond what an answer is worth"),
        ({"extra_credit": 5}, "beyond what an answer is worth"),
        ({}, "should name the points"),
        ([], "an object"),
        (None, "JSON"),
    ],
)
def test_what_are_no_points_are_refused(desk: Desk, body: Any, told: str) -> None:
    client = desk.client()
    before = find(client, desk, NAME, "scale")
    refused = client.change("PUT", f"/formgrader/api/grade/{before['id']}", body)
    assert refused.status == 400
    assert told in refused.value["message"]
    assert find(client, desk, NAME, "scale") == before


@pytest.mark.parametrize("raw", [b"\xff", b"{", b"[" * 100_000, b"x" * 2_000_000])
def test_what_is_no_json_is_refused(desk: Desk, raw: bytes) -> None:
    client = desk.client()
    grade = find(client, desk, NAME, "scale")
    try:
        assert client.change("PUT", f"/formgrader/api/grade/{grade['id']}", raw=raw).status == 400
    except (BrokenPipeError, ConnectionResetError):
        assert len(raw) > 1_000_000, "what is too large is not even read"
    assert find(client, desk, NAME, "scale") == grade


def test_a_criterion_is_commented_and_not_marked(desk: Desk) -> None:
    client = desk.client()
    grade = find(client, desk, "ada-lovelace", "criterion-ties")
    assert (grade["auto_score"], grade["manual_score"]) == (0, None)
    refused = client.change("PUT", f"/formgrader/api/grade/{grade['id']}", {"manual_score": 40})
    assert refused.status == 403
    assert "scored automatically" in refused.value["message"]
    comment = find(client, desk, "ada-lovelace", "criterion-ties", "comment")
    assert "ties are right" in comment["auto_comment"]
    kept = client.change("PUT", f"/formgrader/api/comment/{comment['id']}", {"manual_comment": "Seen.\nReally."})
    assert kept.value["manual_comment"] == "Seen.\nReally."
    with Book(desk.course) as book:
        held = book.gradebook.find_grade_by_id(grade["id"])
        assert (held.auto_score, held.manual_score) == (0, None)


@pytest.mark.parametrize("text", [3, [], {"a": 1}, "x" * 20_000])
def test_what_is_no_comment_is_refused(desk: Desk, text: Any) -> None:
    client = desk.client()
    comment = find(client, desk, "bob", "assumptions", "comment")
    refused = client.change("PUT", f"/formgrader/api/comment/{comment['id']}", {"manual_comment": text})
    assert refused.status == 400
    assert refused.value["message"]
    assert find(client, desk, "bob", "assumptions", "comment") == comment


CHANGES = (
    ("PUT", "/formgrader/api/grade/{grade}", {"manual_score": 1}),
    ("PUT", "/formgrader/api/comment/{comment}", {"manual_comment": "x"}),
    ("POST", "/formgrader/api/submitted_notebook/{submission}/flag", None),
)


@pytest.mark.parametrize(("method", "path", "body"), CHANGES)
def test_a_change_that_no_page_of_ours_asked_for_is_refused(desk: Desk, method: str, path: str, body: Any) -> None:
    client = desk.client()
    grade = find(client, desk, "bob", "assumptions")
    comment = find(client, desk, "bob", "assumptions", "comment")
    place = path.format(grade=grade["id"], comment=comment["id"], submission=submission_of(desk, "bob"))
    proof = {"X-CSRFToken": client.cookies["_xsrf"]}
    assert client.ask(method, place, body).status == 403, "without proof"
    assert client.ask(method, place, body, {"X-CSRFToken": "wrong"}).status == 403
    for origin in ("https://evil.invalid", "null", f"http://127.0.0.1:{client.port + 1}"):
        assert client.ask(method, place, body, proof | {"Origin": origin}).status in (403, 404), origin
    stranger = desk.stranger()
    stranger.cookies["_xsrf"] = client.cookies["_xsrf"]
    assert stranger.ask(method, place, body, proof).status == 403, "with proof, and not let in"
    assert client.ask("OPTIONS", place, headers={"Origin": "https://evil.invalid"}).status in (403, 405)
    assert find(client, desk, "bob", "assumptions") == grade
    assert find(client, desk, "bob", "assumptions", "comment") == comment
    assert "flagged" not in client.get("/formgrader/gradebook/knn/knn").text.replace("is_flagged", "")


def test_a_flag_is_set_and_taken_away(desk: Desk) -> None:
    client = desk.client()
    path = f"/formgrader/api/submitted_notebook/{submission_of(desk, 'ada-lovelace')}/flag"
    assert client.change("POST", path).value["flagged"] is True
    assert ">flagged<" in client.get("/formgrader/gradebook/knn/knn").text
    assert client.change("POST", path).value["flagged"] is False
    assert ">flagged<" not in client.get("/formgrader/gradebook/knn/knn").text


def test_each_marker_sees_what_is_the_markers_own(desk: Desk, blind: Desk) -> None:
    grace, bea = desk.client(), blind.client()
    grade = find(grace, desk, "ada-lovelace", "assumptions")
    comment = find(grace, desk, "ada-lovelace", "assumptions", "comment")
    grace.change("PUT", f"/formgrader/api/grade/{grade['id']}", {"manual_score": 50})
    grace.change("PUT", f"/formgrader/api/comment/{comment['id']}", {"manual_comment": "GRACE-SAYS"})
    seen = find(bea, blind, "ada-lovelace", "assumptions")
    assert (seen["manual_score"], seen["needs_manual_grade"]) == (None, True)
    assert find(bea, blind, "ada-lovelace", "assumptions", "comment")["manual_comment"] is None
    assert "GRACE-SAYS" not in bea.get(f"/formgrader/submissions/{submission_of(desk, 'ada-lovelace')}").text
    bea.change("PUT", f"/formgrader/api/grade/{grade['id']}", {"manual_score": 30})
    assert find(grace, desk, "ada-lovelace", "assumptions")["manual_score"] == 50
    with Book(desk.course) as book:
        assert book.gradebook.find_grade_by_id(grade["id"]).manual_score == 40, "the mean of both"


def test_blind_pages_say_neither_who_it_is_nor_what_was_scored(blind: Desk) -> None:
    client = blind.client()
    with Book(blind.course) as book:
        secret = [each for name in ANSWERS for each in (book.candidate(name).id, name)]
        criteria = [
            row.id
            for name in ANSWERS
            for row in book.gradebook.find_submission_notebook("knn", "knn", book.candidate(name).id).grades
            if row.name.startswith("criterion-")
        ]
    secret += ["criterion", "Weights", "Ties", "60 of 100", "ties are right"]
    paths = ["/formgrader/gradebook", "/formgrader/gradebook/knn/knn"]
    for submission in blind.submissions():
        paths.append(f"/formgrader/submissions/{submission}")
        paths += [f"/formgrader/api/{kind}s?submission_id={submission}" for kind in ("grade", "comment")]
    for path in paths:
        reply = client.get(path)
        assert reply.status == 200
        text = reply.text + str(reply.headers)
        assert not [each for each in secret if each in text], path
    assert "Submission #1" in client.get("/formgrader/gradebook/knn/knn").text
    assert len(criteria) == 6
    for grade_id in criteria:
        assert client.get(f"/formgrader/api/grade/{grade_id}").status == 404
        assert client.change("PUT", f"/formgrader/api/grade/{grade_id}", {"manual_score": 1}).status == 404


def test_pages_that_are_not_blind_say_both(desk: Desk) -> None:
    client = desk.client()
    assert ">ada-lovelace <" in client.get("/formgrader/gradebook/knn/knn").text
    page = client.get(f"/formgrader/submissions/{submission_of(desk, 'ada-lovelace')}").text
    assert "Scored automatically: 60 of 100" in page
    assert "ties are right (failed)" in page


def test_what_was_not_answered_needs_no_mark(desk: Desk) -> None:
    grade = find(desk.client(), desk, "bob", "scale")
    assert (grade["auto_score"], grade["needs_manual_grade"]) == (0, False)
    page = desk.client().get(f"/formgrader/submissions/{submission_of(desk, 'bob')}").text
    assert "Not answered: it earns nothing, and needs no mark." in page
    assert "of 1 marked" in page


def test_one_leads_to_the_next_and_to_the_next_that_waits(tmp_path: Path) -> None:
    course = tmp_path / "course"
    fill(course, {f"c{number}": {"assumptions": "x"} for number in range(3)})
    with marking(course) as desk:
        client = desk.client()
        first, second, third = desk.submissions()
        ways = {
            (first, "next"): second,
            (first, "prev"): "",
            (third, "next"): "",
            (third, "prev"): second,
            (first, "next_due"): second,
        }
        for (start, way), goal in ways.items():
            where = client.get(f"/formgrader/submissions/{start}/{way}?index=3").headers["Location"]
            assert where == (f"/formgrader/submissions/{goal}?index=3" if goal else "/formgrader/gradebook/knn/knn")
        grade = client.get(f"/formgrader/api/grades?submission_id={second}").value[-2]
        client.change("PUT", f"/formgrader/api/grade/{grade['id']}", {"manual_score": 1})
        assert third in client.get(f"/formgrader/submissions/{first}/next_due").headers["Location"]
        assert first in client.get(f"/formgrader/submissions/{third}/prev_due").headers["Location"]
        evil = client.get(f"/formgrader/submissions/{first}/next?index=%0d%0aX:1//evil").headers
        assert evil["Location"] == f"/formgrader/submissions/{second}"


def test_what_somebody_else_changes_meanwhile_is_seen(desk: Desk) -> None:
    """nbgrader's pages keep what they have read."""
    client = desk.client()
    grade = find(client, desk, NAME, "assumptions")
    with Book(desk.course) as book:
        book.mark(grade["id"], "grace", 7, datetime(2026, 1, 2, tzinfo=UTC))
    assert find(client, desk, NAME, "assumptions")["manual_score"] == 7
    with Book(desk.course) as book:
        book.mark(grade["id"], "grace", None, datetime(2026, 1, 2, tzinfo=UTC))
    assert find(client, desk, NAME, "assumptions")["manual_score"] is None


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_at_a_signal_and_every_mark_is_kept(tmp_path: Path, number: int) -> None:
    course = tmp_path / "course"
    fill(course, {"ada-lovelace": ANSWERS["ada-lovelace"]})
    with marking(course) as desk:
        client = desk.client()
        grade = find(client, desk, "ada-lovelace", "scale")
        client.change("PUT", f"/formgrader/api/grade/{grade['id']}", {"manual_score": 3})
        client.get(f"/login?token={desk.token}x")
        client.get(f"/formgrader/no?token={desk.token}")
        client.get("/formgrader/gradebook", headers={"Host": "evil.invalid"})
        assert desk.end(number) == 0
        assert desk.log() == "grader: ended; every mark that was entered is saved\n", "the token is nowhere else"
    with Book(course) as book:
        assert book.gradebook.find_grade_by_id(grade["id"]).manual_score == 3


def test_a_fault_of_ours_is_told_without_what_was_asked(tmp_path: Path) -> None:
    course = tmp_path / "course"
    fill(course, {"ada-lovelace": ANSWERS["ada-lovelace"]})
    with marking(course) as desk:
        client = desk.client()
        (course / "gradebook.db").write_bytes(b"no database any more" * 1000)
        reply = client.get("/formgrader/gradebook?token=SECRET")
        assert reply.status == 500
        assert "Traceback" not in reply.text
        assert "GET /formgrader/gradebook failed" in desk.log()
        assert "SECRET" not in desk.log()


def test_no_configuration_is_read_from_anywhere(tmp_path: Path) -> None:
    """Those of nbgrader and Jupyter are programs, in the folder where it runs as well as the user's own."""
    course, here, home = tmp_path / "course", tmp_path / "here", tmp_path / "home"
    fill(course, {"ada-lovelace": ANSWERS["ada-lovelace"]})
    for folder in (course, here, home, home / ".jupyter", tmp_path / "jupyter"):
        folder.mkdir(exist_ok=True)
        for name in ("nbgrader_config", "jupyter_config", "jupyter_server_config", "grader_mark_config"):
            (folder / f"{name}.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w').write({name!r})\n")
    variables = {"JUPYTER_CONFIG_DIR": str(tmp_path / "jupyter"), "JUPYTER_CONFIG_PATH": str(here)}
    variables |= {"JUPYTER_TOKEN": "abc", "JUPYTER_SERVER_ALLOW_UNAUTHENTICATED_ACCESS": "1"}
    with marking(course, cwd=here, HOME=str(home), **variables) as desk:
        assert desk.token != "abc"
        assert desk.stranger().get("/formgrader/gradebook").status == 403
        assert desk.client().get(f"/formgrader?path={here}").status == 404
        assert desk.client().get(f"/formgrader/submissions/{desk.submissions()[0]}").status == 200
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--course", "nowhere"], "should hold a gradebook"),
        (["--db", "mysql://x/y"], "SQLite or PostgreSQL"),
        (["--marker", " "], "should have a name"),
        (["--port", "70000"], "70000"),
    ],
)
def test_what_cannot_be_marked_is_said(grader: Grader, arguments: list[str], told: str) -> None:
    done = grader("mark", "--no-browser", *arguments)
    assert done.returncode == 2
    assert told in done.stderr
    assert "Traceback" not in done.stderr


def test_a_port_that_is_in_use_is_said(grader: Grader, course: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = grader("mark", "--no-browser", "--course", course, "--port", str(taken.getsockname()[1]))
    assert done.returncode == 2
    assert "choose another --port" in done.stderr


def test_the_browser_is_opened_without_the_token_in_its_arguments(course: Path, tmp_path: Path) -> None:
    """Other users of the machine see what programs are started with."""
    seen = tmp_path / "seen"
    program = tmp_path / "browser"
    program.write_text(f'#!/bin/sh\necho "$1" > {seen}.new && mv {seen}.new {seen}\n')
    program.chmod(0o700)
    with marking(course, opens=True, marker="opener", BROWSER=f"{program} %s") as desk:
        wait_for(seen.exists)
        address = seen.read_text().strip()
        assert address.startswith("file:///")
        file = Path(address.removeprefix("file://"))
        assert desk.token not in address
        assert desk.address in file.read_text()
        assert file.parent.stat().st_mode & 0o077 == 0
        assert desk.end() == 0
    assert not file.exists()


def test_stock_does_what_ours_does_not(course: Path, tmp_path: Path) -> None:
    """The holes are there where nbgrader's formgrader is served as it comes, so that these tests are of something."""
    planted = tmp_path / "planted"
    planted.mkdir()
    (planted / "nbgrader_config.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w').close()\n")
    copied = tmp_path / "course"
    fill(copied, ANSWERS)
    with Book(copied) as book:
        who = book.candidate("ada-lovelace").id
        submission = book.gradebook.find_submission_notebook("knn", "knn", who).id
        extra = book.notebook_path(who, "knn").parent / "evil.html"
    extra.write_text("<script>window.hacked=1</script>")
    with stock(copied, tmp_path) as client:
        assert client.get("/api/kernels").status == 200
        assert client.get(f"/formgrader/submissions/{submission}/evil.html").status == 200
        page = client.get(f"/formgrader/submissions/{submission_of(copied, NAME)}/").text
        assert "<script>window.hacked='script'</script>" in page
        autograded = client.ask("POST", f"/formgrader/api/submission/knn/{who}/autograde")
        assert autograded.status == 200
        client.get(f"/formgrader?path={planted}")
        assert (tmp_path / "ran").exists()
