"""What is served: pages, and the few files that they need. Whatever is not here is not there."""

from __future__ import annotations

import traceback
from pathlib import PurePosixPath
from types import TracebackType
from typing import Any
from urllib.parse import quote

from jupyter_server.auth.decorator import allow_unauthenticated
from jupyter_server.base.handlers import JupyterHandler
from tornado.web import HTTPError

from grader.gradebook.database import BookFaultError
from grader.marking.desk import Desk
from grader.marking.files import TYPES, content_of
from grader.marking.identity import SILENT, MarkerIdentity
from grader.marking.listing import Entry, Work, cells, entries, place_of, works
from grader.marking.pages import page
from grader.marking.sheet import Sheet, SheetError, read_sheet

LISTS = "/formgrader/gradebook"
"""Where the pages begin."""

_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src data:",
        "connect-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_TOLD = {
    403: "Open the address that grader mark printed: it lets this browser in.",
    404: "There is no such page.",
    500: "A bug in grader: what it is stands where grader mark runs.",
}


class Handler(JupyterHandler):
    """What all have in common.

    Jupyter's handler sees to it that the request was meant for this machine by name, comes from somebody who is let
    in, and, where it changes anything, from a page of ours.
    """

    @property
    def desk(self) -> Desk:
        """Whose marking it is."""
        desk: Desk = self.settings["grader_desk"]
        return desk

    @property
    def log(self) -> Any:
        """Where Jupyter's own words go."""
        return SILENT

    def set_default_headers(self) -> None:
        """Set what every answer says, a refusal too."""
        self.clear_header("Server")
        for name, value in _HEADERS.items():
            self.set_header(name, value)

    def get_login_url(self) -> str:
        """Refuse, where Jupyter would lead to a page for logging in."""
        raise HTTPError(403)

    def log_exception(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Tell of what is our fault, without the address's query, which may hold the token."""
        if isinstance(error, HTTPError) and error.status_code < 500:
            return
        told = str(error) if isinstance(error, BookFaultError) else "".join(traceback.format_exception(error))
        self.desk.say(f"{self.request.method} {self.request.path} failed: {told.strip()}")

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Answer with what went wrong, as a page."""
        self.finish(page("wrong", title=f"{status_code}", told=self.told(status_code, **kwargs)))

    def told(self, status_code: int, **kwargs: Any) -> str:
        """Return what went wrong, for people."""
        error = kwargs.get("exc_info", (None, None, None))[1]
        if isinstance(error, BookFaultError):
            return str(error)
        said = error.log_message % error.args if isinstance(error, HTTPError) and error.log_message else ""
        return said or _TOLD.get(status_code, f"This cannot be answered ({status_code}).")


class NotFound(Handler):
    """Whatever else is asked for."""

    async def prepare(self) -> None:  # type: ignore[override]
        """Answer that it is not there, to those who may know."""
        await super().prepare()
        raise HTTPError(404)


class LoginHandler(Handler):
    """Lets in whoever has the token."""

    @allow_unauthenticated
    def get(self) -> None:
        """Give the cookie for the token."""
        identity: MarkerIdentity = self.settings["identity_provider"]
        if not identity.knows(self.get_argument("token", "")):
            raise HTTPError(403)
        identity.set_login_cookie(self, identity.user())
        # A strict cookie is not sent where another site, or a file, leads here; so this page leads on.
        self.finish(page("welcome", title="Welcome", lists=LISTS))


class FileHandler(Handler):
    """The files that pages need, none of them anybody's secret; the page that refuses somebody needs some too."""

    @allow_unauthenticated
    def get(self, name: str) -> None:
        """Answer with a file of the list."""
        content = content_of(name)
        if content is None:
            raise HTTPError(404)
        self.set_header("Content-Type", TYPES[PurePosixPath(name).suffix])
        self.finish(content)


class StartHandler(Handler):
    """Where people arrive."""

    def get(self) -> None:
        """Lead to the lists; nbgrader's own would take a folder here, and run the configuration in it."""
        if self.request.query:
            raise HTTPError(404)
        self.redirect(LISTS)


class PageHandler(Handler):
    """Pages."""

    def show(self, template: str, **values: Any) -> None:
        """Answer with a page, and the cookie that its requests are proved with."""
        _ = self.xsrf_token
        desk = self.desk
        self.finish(page(template, marker=desk.marker, is_blind=desk.is_blind, lists=LISTS, **values))

    def names(self) -> dict[str, str]:
        """Return candidates' names by id; none where marking is blind."""
        return {} if self.desk.is_blind else dict(self.desk.book.names())


class WorksHandler(PageHandler):
    """The list of assignments."""

    def get(self) -> None:
        """Show it."""
        with self.desk.book.reading() as session:
            found = works(session, self.desk.marker)
        self.show("works", title="Marking", works=found)


class AssignmentHandler(PageHandler):
    """An assignment; ours have one notebook each."""

    def get(self, assignment: str) -> None:
        """Lead to the list of its submissions."""
        with self.desk.book.reading() as session:
            found = [work for work in works(session, self.desk.marker) if work.assignment == assignment]
        if not found:
            raise HTTPError(404)
        self.redirect(list_of(found[0]))


class EntriesHandler(PageHandler):
    """The list of an assignment's submissions."""

    def get(self, assignment: str, notebook: str) -> None:
        """Show it."""
        with self.desk.book.reading() as session:
            found = entries(session, assignment, notebook, self.desk.marker)
        if not found:
            raise HTTPError(404)
        self.show(
            "entries",
            title=assignment,
            entries=found,
            names=self.names(),
            first=next((entry for entry in found if entry.marked < entry.answers), None),
        )


class SubmissionHandler(PageHandler):
    """One submission."""

    def get(self, submission: str) -> None:
        """Show what is to be marked of it."""
        desk = self.desk
        entry, others = self.find(submission)
        with desk.book.reading() as session:
            graded = cells(session, notebook_id=submission)
        path = desk.book.notebook_path(entry.candidate, entry.assignment)
        sheet, problem = _sheet(path.read_bytes() if path.is_file() else None)
        self.show(
            "submission",
            title=f"{entry.assignment}, submission {entry.number}",
            entry=entry,
            count=len(others),
            due=sum(other.marked < other.answers for other in others if other.id != submission),
            name=self.names().get(entry.candidate, ""),
            sheet=sheet,
            problem=problem,
            written={cell.name: cell for cell in graded if cell.is_written},
            criteria={} if desk.is_blind else {cell.name: cell for cell in graded if not cell.is_written},
        )

    def find(self, submission: str) -> tuple[Entry, list[Entry]]:
        """Return a submission, and all of its list.

        Raises:
            HTTPError: there is no such submission.
        """
        with self.desk.book.reading() as session:
            place = place_of(session, submission)
            found = entries(session, *place, self.desk.marker) if place else []
        entry = next((entry for entry in found if entry.id == submission), None)
        if entry is None:
            raise HTTPError(404)
        return entry, found


class NavigationHandler(SubmissionHandler):
    """The way from one submission to another."""

    def get(self, submission: str, where: str = "next") -> None:
        """Lead to the next or the previous one, or to those of them that wait to be marked; else to the list."""
        entry, found = self.find(submission)
        way, _, rest = where.partition("_")
        others = found[entry.number :] if way == "next" else found[: entry.number - 1][::-1]
        if rest:
            others = [other for other in others if other.marked < other.answers]
        index = self.get_argument("index", "")
        query = f"?index={index}" if index.isascii() and index.isdigit() else ""
        if others:
            self.redirect(f"/formgrader/submissions/{others[0].id}{query}")
        else:
            self.redirect(list_of(entry))


def list_of(shown: Work | Entry) -> str:
    """Return where an assignment's submissions are listed."""
    return f"{LISTS}/{quote(shown.assignment, safe='')}/{quote(shown.notebook, safe='')}"


def _sheet(content: bytes | None) -> tuple[Sheet, str]:
    """What a notebook holds, or nothing and what is wrong with it."""
    if content is None:
        return Sheet({}, {}, {}, {}), "its notebook is not there"
    try:
        return read_sheet(content), ""
    except SheetError:
        return Sheet({}, {}, {}, {}), "its notebook cannot be read"
