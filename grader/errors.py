"""What can go wrong on our side, and the exit code that tells of it.

What a candidate's code does is never an exception of ours: it is an ``Outcome``.
"""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """Exit codes of the command line."""

    PASSED = 0
    BELOW_PASS_MARK = 1
    USAGE = 2
    FAULT = 3
    INTERRUPTED = 130


class GraderError(Exception):
    """Something that the person at the keyboard can do something about.

    Attributes:
        exit_code: what the command line ends with.
        cure: what to do next, one line; empty where the message says it all.
    """

    exit_code = ExitCode.FAULT

    def __init__(self, message: str, *, cure: str = "") -> None:
        super().__init__(message)
        self.cure = cure


class SubmissionError(GraderError):
    """The file handed in cannot be read or is refused."""

    exit_code = ExitCode.USAGE


class BankError(GraderError):
    """The bank (assignments, suites, references) is wrong: its author's mistake."""

    exit_code = ExitCode.USAGE


class SandboxError(GraderError):
    """The sandbox cannot be had, or was lost through no fault of the submission."""


class SuiteError(GraderError):
    """A hidden test is broken: it failed in a way that no submission can be blamed for."""
