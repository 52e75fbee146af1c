"""Whose fault was it? One pure function from how a test ended to its outcome."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto

import pytest

from grader.errors import GraderError
from grader.examiner.conversation import Loss
from grader.examiner.oracle import TooMuch
from grader.examiner.subject import CandidateError
from grader.models import Frame, Outcome

_MESSAGE_CHARACTERS = 1500
_ADDRESS = re.compile(r"0x[0-9a-fA-F]{6,16}")

_OURS = (OSError, GraderError, pytest.exit.Exception)
"""What a test raises when the machine, the sandbox or its author gives up; no answer can bring it about."""


class Fault(Enum):
    """Who is to blame for a test that did not pass."""

    NOBODY = auto()
    CANDIDATE = auto()
    UNCLEAR = auto()
    OURS = auto()


@dataclass(frozen=True)
class Verdict:
    """Outcome of one attempt at a test.

    Attributes:
        fault: ``UNCLEAR`` if only the reference can tell: when it passes, what came back was unusable.
        outcome: ``ERROR`` while the fault is unclear or ours.
        message: what came back instead of the right thing.
        frames: the submission's lines, if it raised.
        measured: ratio of CPU times or exponent of growth that was above its limit.
    """

    fault: Fault
    outcome: Outcome
    message: str = ""
    frames: tuple[Frame, ...] = ()
    measured: float | None = None


def verdict(error: BaseException | None, loss: Loss | None) -> Verdict:
    """Sort the end of a test into the candidate's and ours.

    Args:
        error: what the test raised, in any phase; ``None`` if nothing.
        loss: why the submission's process was lost, if it was. It decides, whatever the test made of it.
    """
    if loss is not None:
        return Verdict(Fault.CANDIDATE, loss.outcome, _cleaned(loss.message))
    if error is None:
        return Verdict(Fault.NOBODY, Outcome.PASSED)
    if isinstance(error, CandidateError):
        outcome = Outcome.OUT_OF_MEMORY if isinstance(error, MemoryError) else Outcome.FAILED
        return Verdict(Fault.CANDIDATE, outcome, _cleaned(f"raised {error}"), error.frames)
    if isinstance(error, (AssertionError, pytest.fail.Exception)):
        measured = error.measured if isinstance(error, TooMuch) else None
        return Verdict(Fault.CANDIDATE, Outcome.FAILED, _cleaned(_own_words(str(error))), measured=measured)
    text = _cleaned(f"{type(error).__name__}: {error}")
    if isinstance(error, Exception) and not isinstance(error, _OURS):
        # The test has a bug, or took something odd for an answer: only the reference can tell.
        return Verdict(Fault.UNCLEAR, Outcome.ERROR, text)
    return Verdict(Fault.OURS, Outcome.ERROR, text)


def _own_words(text: str) -> str:
    """Leave out what pytest adds to an assertion that has a message of its own, and its derivations of values."""
    message, added, _ = text.partition("\nassert ")
    if added:
        return message
    return "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("+"))


def _cleaned(text: str) -> str:
    """Shorten, and leave out addresses, which differ from run to run."""
    text = _ADDRESS.sub("0x…", text).strip()
    return text if len(text) <= _MESSAGE_CHARACTERS else text[:_MESSAGE_CHARACTERS] + " …"
