"""Who may come in: whoever opens the address with the token, and holds the cookie that it gives."""

from __future__ import annotations

import hmac
import logging
import secrets
from typing import Any

from jupyter_server.auth.identity import IdentityProvider, User
from tornado.web import RequestHandler

_TOKEN_BYTES = 32

SILENT = logging.getLogger("grader.marking")
"""What the packages underneath log: strangers' text, and nothing that a marker could do anything about."""

SILENT.addHandler(logging.NullHandler())
SILENT.propagate = False


class MarkerIdentity(IdentityProvider):
    """One marker, known by a cookie.

    The token is looked at on the page for logging in alone. Elsewhere Jupyter would take it from any address or
    header, and ask a request with it for no other proof that it was meant.

    Args:
        marker: name of the one who marks.
    """

    def __init__(self, marker: str) -> None:
        strict = {"samesite": "Strict", "httponly": True, "expires_days": None}
        super().__init__(token=secrets.token_urlsafe(_TOKEN_BYTES), cookie_options=strict, log=SILENT)
        self.marker = marker

    def knows(self, token: str) -> bool:
        """Whether this is the token."""
        return hmac.compare_digest(token.encode("utf-8", "replace"), self.token.encode())

    def user(self) -> User:
        """Return the marker, as Jupyter describes people."""
        return User(username=self.marker)

    async def get_user_token(self, handler: RequestHandler) -> None:
        """Know nobody by a token."""

    def is_token_authenticated(self, handler: RequestHandler) -> bool:
        """Answer that no request is excused from the proof that it was meant."""
        return False

    def user_to_cookie(self, user: User) -> str:
        """Return what the cookie holds: nothing that anybody reads, since there is one marker."""
        return "marker"

    def user_from_cookie(self, cookie_value: Any) -> User:
        """Return the marker, for a cookie that we have signed."""
        return self.user()
