"""What a packet holds of a bank's public half, and what has to be there."""

from __future__ import annotations

import ast
import json
from pathlib import Path

from grader.bank import ASSESSMENT_FILE, Bank
from grader.errors import BankError
from grader.models import Assessment, Assignment
from grader.release.questions import check_questions
from grader.written.questions import ANSWERS_FILE, QUESTIONS_FILE

PUBLIC_SUITE = "test_public.py"
_NEEDED = {
    "assignment.toml": "the rubric",
    "README.md": "the brief",
    PUBLIC_SUITE: "the public tests",
}


def needed_names(assignment: Assignment) -> tuple[str, ...]:
    """Return the files that each packet has of an assignment; those with questions come with them."""
    return (*_NEEDED, *(f"{module}.py" for module in assignment.modules))


def public_files(bank: Bank, assessment: Assessment) -> dict[str, bytes]:
    """Return the public files of a take-home, by their path in the packet.

    Args:
        bank: holds them.
        assessment: the bank's, or what is given out of it.

    Raises:
        BankError: a file is missing or no text, a stub is solved, or questions are not those of their source.
    """
    files = {ASSESSMENT_FILE: _assessment_file(bank, assessment)}
    for assignment in assessment.assignments:
        folder = bank.root / "assignments" / assignment.name
        for name in needed_names(assignment):
            files[f"{assignment.name}/{name}"] = _text(folder / name, _NEEDED.get(name, "the stub"))
        for name in (ANSWERS_FILE, QUESTIONS_FILE):
            if (folder / name).is_file():
                files[f"{assignment.name}/{name}"] = _text(folder / name, "the written questions")
        check_questions(bank, assignment, files)
        _check_stubs(bank, assignment, files)
    return files


def _text(path: Path, what: str) -> bytes:
    try:
        content = path.read_bytes()
        content.decode("utf-8")
    except (FileNotFoundError, IsADirectoryError):
        raise BankError(f"{path}, {what}, is missing", cure="candidates need it: write it") from None
    except UnicodeDecodeError as error:
        raise BankError(f"{path}, {what}, should be UTF-8 text, but is not: {error}") from error
    return content


def _assessment_file(bank: Bank, assessment: Assessment) -> bytes:
    """The bank's own file; a new one where some of its assignments are not given out."""
    if assessment == bank.assessment:
        return _text(bank.root / "assignments" / ASSESSMENT_FILE, "the list of assignments")
    lines = [
        f"title = {_quoted(assessment.title)}",
        f"version = {_quoted(assessment.version)}",
        f"pass_mark = {assessment.pass_mark!r}",
        f"written_points = {assessment.written_points!r}",
    ]
    for name, weight in assessment.weights.items():
        lines += ["", "[[assignments]]", f"name = {_quoted(name)}", f"weight = {weight!r}"]
    return ("\n".join(lines) + "\n").encode()


def _quoted(text: str) -> str:
    """A TOML string; it has JSON's escapes, and one more character that needs them."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _check_stubs(bank: Bank, assignment: Assignment, files: dict[str, bytes]) -> None:
    for module, solved in bank.reference(assignment).items():
        path = bank.root / "assignments" / assignment.name / f"{module}.py"
        if _code(files[f"{assignment.name}/{module}.py"], path) == _code(solved, path):
            raise BankError(
                f"{path} should be a stub, but does what the reference solution does",
                cure="leave signatures and docstrings, with raise NotImplementedError for bodies",
            )


def _code(source: bytes, path: Path) -> str:
    """What a module does, whatever its layout and comments."""
    try:
        return ast.dump(ast.parse(source))
    except (SyntaxError, ValueError) as error:
        raise BankError(f"{path} or its reference solution is not valid Python: {error}") from error
