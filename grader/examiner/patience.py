"""How long a submission may take: less with each timeout, so that thirty infinite loops do not cost thirty limits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

from grader.models import Limits

_SHORTEST_CALL_SECONDS = 1.0
_SHORTEST_HOPELESS_SECONDS = 0.1
_FACTOR = 0.25


class Patience:
    """Keeps the time that one assignment's tests have left. Seconds are of the submission's CPU time.

    Each timeout quarters what a call may take, down to a second: a submission that never times out never notices. A
    function that has timed out and has never answered is quartered further for each of its own timeouts, down to a
    tenth of a second: one that answered once is never cut that short, whatever happens elsewhere.
    """

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.spent = 0.0
        self._timeouts: Counter[str] = Counter()
        self._answered: set[str] = set()

    @property
    def is_exhausted(self) -> bool:
        """Whether the total is used up; what has not run by then is not run."""
        return self.spent >= self.limits.total_seconds

    def call_seconds(self, function: str, own: float | None = None) -> float:
        """Return the limit of one call, now.

        Args:
            function: the name that the test calls.
            own: the limit that a test asks for; ``None`` for the assignment's.
        """
        full = own if own is not None else self.limits.call_seconds
        seconds = max(min(full, _SHORTEST_CALL_SECONDS), full * _FACTOR ** self._timeouts.total())
        hopeless = 0 if function in self._answered else self._timeouts[function]
        return max(min(full, _SHORTEST_HOPELESS_SECONDS), seconds * _FACTOR**hopeless)

    def charge(self, seconds: float, *, answered: Collection[str] = (), timed_out: str | None = None) -> None:
        """Book what a test has used.

        Args:
            seconds: so much CPU time.
            answered: functions that returned or raised.
            timed_out: the function that did not within its limit, if any.
        """
        self.spent += seconds
        self._answered.update(answered)
        if timed_out is not None:
            self._timeouts[timed_out] += 1
