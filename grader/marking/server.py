"""The server: our own few handlers on Jupyter's means of telling who comes in, on this machine's own address alone.

Nothing of Jupyter's server that starts kernels, opens files or reads a configuration is there, since none of it is
started: what is taken of it is the handler that checks host, cookie and origin, and nbgrader's page.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import signal
import sys
from collections.abc import Callable

from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application

from grader.errors import ExitCode, GraderError
from grader.marking import handlers, requests
from grader.marking.desk import Desk
from grader.marking.identity import SILENT, MarkerIdentity

ADDRESS = "127.0.0.1"
_REQUEST_BYTES = 1024 * 1024
_NAME = "([^/]+)"
_ID = "([0-9a-f]{1,64})"
_ROUTES = (
    (r"/", handlers.StartHandler),
    (r"/login", handlers.LoginHandler),
    (r"/formgrader/?", handlers.StartHandler),
    (r"/formgrader/gradebook/?", handlers.WorksHandler),
    (rf"/formgrader/gradebook/{_NAME}/?", handlers.AssignmentHandler),
    (rf"/formgrader/gradebook/{_NAME}/{_NAME}/?", handlers.EntriesHandler),
    (rf"/formgrader/submissions/{_ID}/?", handlers.SubmissionHandler),
    (rf"/formgrader/submissions/{_ID}/(next|prev|next_due|prev_due)/?", handlers.NavigationHandler),
    (r"/formgrader/api/grades", requests.GradesHandler),
    (rf"/formgrader/api/grade/{_ID}", requests.GradeHandler),
    (r"/formgrader/api/comments", requests.CommentsHandler),
    (rf"/formgrader/api/comment/{_ID}", requests.CommentHandler),
    (rf"/formgrader/api/submitted_notebook/{_ID}/flag", requests.FlagHandler),
    (r"/formgrader/static/(.+)", handlers.FileHandler),
)
"""All that is served; whatever else is asked for is not there."""


class PortError(GraderError):
    """The port cannot be had."""

    exit_code = ExitCode.USAGE


def application(desk: Desk) -> Application:
    """Return what answers requests.

    Args:
        desk: whose marking it is.
    """
    return Application(
        list(_ROUTES),
        default_handler_class=handlers.NotFound,
        base_url="/",
        login_url="/login",
        cookie_secret=secrets.token_bytes(32),
        xsrf_cookies=True,
        xsrf_cookie_kwargs={"path": "/", "samesite": "Strict"},
        allow_remote_access=False,
        local_hostnames=["localhost"],
        allow_unauthenticated_access=False,
        identity_provider=MarkerIdentity(desk.marker),
        log_function=lambda handler: None,  # an address may hold the token
        grader_desk=desk,
    )


def serve(desk: Desk, port: int, ready: Callable[[str], None]) -> None:
    """Serve until interrupted; requests that have begun are answered.

    Args:
        desk: whose marking it is.
        port: to listen on; 0 for one that is free.
        ready: is told the address with the token once somebody would be answered.

    Raises:
        PortError: the port is in use, or not ours to take.
    """
    try:
        sockets = bind_sockets(port, ADDRESS)
    except (OSError, OverflowError) as error:
        raise PortError(
            f"port {port} cannot be listened on: {error}", cure="choose another --port, or none"
        ) from error
    answers = application(desk)
    identity: MarkerIdentity = answers.settings["identity_provider"]
    address = f"http://{ADDRESS}:{sockets[0].getsockname()[1]}/login?token={identity.token}"

    async def run() -> None:
        _silence()
        stopped = asyncio.Event()
        if sys.platform != "win32":  # there a KeyboardInterrupt ends it
            for number in (signal.SIGINT, signal.SIGTERM):
                if signal.getsignal(number) is not signal.SIG_IGN:
                    asyncio.get_running_loop().add_signal_handler(number, stopped.set)
        server = HTTPServer(answers, max_body_size=_REQUEST_BYTES)
        server.add_sockets(sockets)
        ready(address)
        await stopped.wait()
        server.stop()
        await server.close_all_connections()

    try:
        asyncio.run(run())
    except KeyboardInterrupt:
        return


def _silence() -> None:
    """Keep what tornado logs of strangers' requests from the terminal; what is our fault, ``Desk.say`` tells."""
    for name in ("tornado.access", "tornado.application", "tornado.general"):
        logger = logging.getLogger(name)
        logger.handlers = list(SILENT.handlers)
        logger.propagate = False
