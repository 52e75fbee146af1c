"""How long a submission may take: less with each timeout, so that thirty infinite loops do not cost thirty limits."""

from __future__ import annotations

from grader.models import Limits

_SHORTEST_CALL_SECONDS = 0.5


class Patience:
    """Keeps the time that one assignment's tests have left. Seconds are of the submission's CPU time.

    Each timeout halves what a call may take, down to half a second: a submission that never times out never
    notices, and one whose every call loops ends soon.
    """

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.timeouts = 0
        self.spent = 0.0

    @property
    def is_exhausted(self) -> bool:
        """Whether the total is used up; what has not run by then is not run."""
        return self.spent >= self.limits.total_seconds

    def call_seconds(self, own: float | None = None) -> float:
        """Return the limit of one call, now.

        Args:
            own: the limit that a test asks for; ``None`` for the assignment's.
        """
        full = own if own is not None else self.limits.call_seconds
        return max(min(full, _SHORTEST_CALL_SECONDS), full * 0.5**self.timeouts)

    def charge(self, seconds: float, *, timed_out: bool) -> None:
        """Book what a test has used."""
        self.spent += seconds
        self.timeouts += timed_out
