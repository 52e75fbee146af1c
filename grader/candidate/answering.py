"""The candidate's written answers as they lie in the working folder, as text or notebook; for ``check`` and ``pack``.

Nobody has the questions' sources here: what was asked is told from the files that were released, filled in by now.
"""

from __future__ import annotations

import codecs
from collections.abc import Sequence
from dataclasses import dataclass

from grader.candidate.folder import Folder
from grader.candidate.modules import NOTEBOOK_LIMIT, is_as_released
from grader.models import Assignment, Question
from grader.submission import MODULE_LIMIT, text_of
from grader.written.answers import Answers, answers_in_notebook, answers_in_text, without_outputs
from grader.written.form import as_notebook
from grader.written.questions import ANSWERS_FILE, QUESTIONS_FILE, asked, asked_in_text


@dataclass(frozen=True)
class Answering:
    """What was answered to the questions of one assignment.

    Attributes:
        assignment: its name.
        path: the file that counts, relative to the folder; empty if nothing was answered.
        content: of that file, to be handed in: of a notebook the answers alone.
        answered: how many questions.
        asked: of how many; 0 if that cannot be told.
        problems: what is wrong, one line each, with what to do.
        superseded: a file that is answered too and does not count; empty for most.
    """

    assignment: str
    path: str = ""
    content: bytes = b""
    answered: int = 0
    asked: int = 0
    problems: tuple[str, ...] = ()
    superseded: str = ""

    def as_text(self) -> str:
        """Return it as one line; empty where nothing is asked."""
        if not self.asked:
            return f"{self.assignment}: in {self.path}" if self.path else ""
        answered = f"{self.answered} of {self.asked} questions answered"
        return f"{self.assignment}: {answered}" + (f", in {self.path}" if self.path else "")


@dataclass(frozen=True)
class _File:
    """One file that may hold answers, as it was found.

    Attributes:
        path: relative to the folder.
        content: of it; ``None`` if there is none that can be taken.
        problem: why not, or what is wrong with it.
        is_missing: whether it was released and is gone.
    """

    path: str
    content: bytes | None = None
    problem: str = ""
    is_missing: bool = False


def find_answers(folder: Folder, names: Sequence[str] = ()) -> tuple[Answering, ...]:
    """Return what was answered: one for each assignment.

    Args:
        folder: where the candidate works.
        names: of assignments; all of them if none is given.

    Raises:
        BankError: there is no assignment of a name, or a file of the packet that lists them is wrong.
    """
    return tuple(_answering(folder, assignment) for assignment in folder.narrowed(names))


def _answering(folder: Folder, assignment: Assignment) -> Answering:
    text = _read(folder, f"{assignment.name}/{ANSWERS_FILE}", MODULE_LIMIT, "make it smaller")
    notebook = _read(folder, f"{assignment.name}/{QUESTIONS_FILE}", NOTEBOOK_LIMIT, "clear its outputs")
    cells = without_outputs(notebook.content) if notebook.content is not None else b""
    written = text_of(text.content) if text.content is not None else ""
    questions = asked(cells) or asked_in_text(written)
    in_text = answers_in_text(written, questions) if text.content is not None else Answers()
    in_notebook = answers_in_notebook(cells, questions) if notebook.content is not None else Answers()
    is_changed = text.content is not None and not is_as_released(folder, text.path, text.content)
    is_text = is_changed and bool(in_text.texts or not in_notebook.texts)
    problems = _problems(text, notebook)
    if is_text and text.content is not None:
        content, complaint = _as_utf8(text.content)
        problems += [f"{text.path} {complaint}"] if complaint else []
        problems += [f"{text.path}: {remark}" for remark in in_text.remarks]
        superseded = notebook.path if in_notebook.texts else ""
        if superseded:
            problems.append(
                f"{text.path} and {superseded} are both answered; {ANSWERS_FILE} counts: put all answers there"
            )
        return _found(assignment, text.path, content, in_text, questions, problems, superseded)
    problems += [f"{notebook.path}: {remark}" for remark in in_notebook.remarks]
    if in_text.rest:
        problems.append(f"{text.path} was changed, but answers no question; {notebook.path} counts")
    if not in_notebook.texts:
        return Answering(assignment.name, asked=len(questions), problems=tuple(problems))
    content = as_notebook(_cell(each, in_notebook.texts.get(each.id, "")) for each in questions)
    return _found(assignment, notebook.path, content, in_notebook, questions, problems)


def _found(
    assignment: Assignment,
    path: str,
    content: bytes,
    answers: Answers,
    questions: Sequence[Question],
    problems: Sequence[str],
    superseded: str = "",
) -> Answering:
    return Answering(assignment.name, path, content, len(answers.texts), len(questions), tuple(problems), superseded)


def _read(folder: Folder, path: str, limit_bytes: int, smaller: str) -> _File:
    try:
        with (folder.root / path).open("rb") as stream:
            content = stream.read(limit_bytes + 1)
    except FileNotFoundError:
        return _File(path, is_missing=folder.packet is not None and path in folder.packet.files)
    except OSError as error:
        return _File(path, problem=f"{path} cannot be read: {error.strerror or error}: see to its rights")
    if len(content) > limit_bytes:
        return _File(path, problem=f"{path} is larger than {limit_bytes // 1024**2} MB, and is left out: {smaller}")
    return _File(path, content)


def _problems(*files: _File) -> list[str]:
    """What is wrong with the files; that one is gone counts only where nothing is left to answer in."""
    problems = [file.problem for file in files if file.problem]
    gone = [file.path for file in files if file.is_missing]
    if gone and not any(file.content is not None or file.problem for file in files):
        problems.append(f"{gone[0]} is missing: take it from the packet again, or go without")
    return problems


def _as_utf8(content: bytes) -> tuple[bytes, str]:
    """A text in UTF-8, whatever an editor saved it in, and what is wrong with it as it was."""
    text = text_of(content).encode("utf-8", "replace")
    plain = content.removeprefix(codecs.BOM_UTF8)
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return text, ""
    try:
        plain.decode("utf-8")
    except UnicodeDecodeError as error:
        line = plain.count(b"\n", 0, error.start) + 1
        return text, f"should be in UTF-8, but line {line} is not: what cannot be read is replaced"
    return text, ""


def _cell(question: Question, text: str) -> dict[str, object]:
    """The cell of an answer, with what nbgrader knows it by and nothing else."""
    said = {"cell_type": "markdown", "grade": True, "grade_id": question.id, "locked": False}
    said |= {"points": question.points, "schema_version": 3, "solution": True, "task": False}
    return {
        "cell_type": "markdown",
        "id": question.id.replace("_", "-"),
        "metadata": {"nbgrader": said},
        "source": text,
    }
