"""What staff will see of a file that was handed in, without scoring it. Nothing of it is run."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from textwrap import wrap
from types import MappingProxyType
from typing import Any

from grader import integrity
from grader.bank import Bank
from grader.manifest import MANIFEST_FILE, Manifest
from grader.models import Assessment, Finding, Question, Submission
from grader.packet import sha256
from grader.report.text import one_line
from grader.submission import read_submission
from grader.syntax import BadSyntax, parsed
from grader.written.answers import answers_of
from grader.written.questions import ANSWERS_FILE, QUESTIONS_FILE, asked

SCHEMA_VERSION = 1
_SHOWN_NAMES = 12
_SHOWN_FINDINGS = 20
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_NO_STUBS: Mapping[str, bytes] = MappingProxyType({})
_NO_QUESTIONS: Mapping[str, tuple[Question, ...]] = MappingProxyType({})


@dataclass(frozen=True)
class Module:
    """One module that was handed in.

    Attributes:
        name: of the module.
        assignment: that asks for it.
        path: where it lay in what was handed in.
        size_bytes: of its source.
        lines: of its source.
        sha256: of its source.
        syntax_error: why it is not valid Python; empty if it is.
        lacks: functions, classes and methods that the stub has and it does not; empty too where nobody knows.
    """

    name: str
    assignment: str
    path: str
    size_bytes: int
    lines: int
    sha256: str
    syntax_error: str
    lacks: tuple[str, ...]


@dataclass(frozen=True)
class Answered:
    """What was written to the questions of one assignment.

    Attributes:
        answered: how many questions.
        asked: of how many.
        remarks: what is odd about the answers, one line each.
    """

    answered: int
    asked: int
    remarks: tuple[str, ...]


@dataclass(frozen=True)
class Inspection:
    """What there is to see of a submission.

    Attributes:
        name: of the file or folder.
        sha256: over the names and contents of its modules, as in the report.
        modules: in the order of the assessment.
        missing: modules that are asked for and not there.
        findings: evidence from the syntax alone; see ``grader.integrity``.
        answers: how many words were written, by assignment, questions included where nobody knows them; 0 where
            there is no file.
        questions: how many are answered, by assignment; of those that ask some.
        manifest: what the file says of itself; ``None`` if nothing.
        differing: files that are not as the manifest says, each with what is wrong.
        ignored: how many other files lay there.
        remarks: what is odd about manifest and answers.
    """

    name: str
    sha256: str
    modules: tuple[Module, ...]
    missing: tuple[str, ...]
    findings: tuple[Finding, ...]
    answers: Mapping[str, int]
    questions: Mapping[str, Answered]
    manifest: Manifest | None
    differing: tuple[str, ...]
    ignored: int
    remarks: tuple[str, ...]


def inspect(
    path: Path,
    assessment: Assessment,
    stubs: Mapping[str, bytes] = _NO_STUBS,
    questions: Mapping[str, tuple[Question, ...]] = _NO_QUESTIONS,
) -> Inspection:
    """Return what staff will see of a submission.

    Args:
        path: a zip archive, a folder or one ``.py`` file.
        assessment: names the modules to look for.
        stubs: sources of the released stubs by module name, to tell what a module lacks; see ``stubs_of``.
        questions: those that were asked in writing, by assignment; see ``questions_of``.

    Raises:
        SubmissionError: it is refused, as it would be in scoring.
    """
    submission = read_submission(path, assessment)
    wanted = {module: a.name for a in assessment.assignments for module in a.modules}
    there = [name for name in wanted if name in submission.modules]
    names = [assignment.name for assignment in assessment.assignments]
    return Inspection(
        name=submission.name,
        sha256=submission.sha256,
        modules=tuple(_module(submission, name, wanted[name], stubs.get(name)) for name in there),
        missing=tuple(name for name in wanted if name not in submission.modules),
        findings=integrity.findings(submission.modules, ()),
        answers={name: _words(submission, name, questions.get(name, ())) for name in names},
        questions={name: _answered(submission, name, questions[name]) for name in names if questions.get(name)},
        manifest=submission.manifest,
        differing=tuple(_differing(submission)),
        ignored=submission.ignored,
        remarks=submission.remarks,
    )


def stubs_of(bank: Bank) -> dict[str, bytes]:
    """Return the sources of a bank's stubs by module name, of those that are there."""
    paths = {
        m: bank.root / "assignments" / a.name / f"{m}.py" for a in bank.assessment.assignments for m in a.modules
    }
    return {name: path.read_bytes() for name, path in paths.items() if path.is_file()}


def questions_of(bank: Bank) -> dict[str, tuple[Question, ...]]:
    """Return the written questions that a bank gives out, by assignment; of those that have some."""
    paths = {a.name: bank.root / "assignments" / a.name / QUESTIONS_FILE for a in bank.assessment.assignments}
    return {name: asked(path.read_bytes()) for name, path in paths.items() if path.is_file()}


def as_text(inspection: Inspection, *, width: int = 80) -> str:
    """Return an inspection as plain text.

    Args:
        inspection: what to render.
        width: columns.
    """
    sections = (
        [f"{one_line(inspection.name, 60)}: not scored, nothing of it was run", f"SHA-256 {inspection.sha256}"],
        _module_lines(inspection),
        _answer_lines(inspection),
        _manifest_lines(inspection),
        _finding_lines(inspection),
        [f"Other files, which are ignored: {inspection.ignored}"] if inspection.ignored else [],
    )
    told = [[part for line in section for part in _folded(line, width)] for section in sections]
    return "\n\n".join("\n".join(lines) for lines in told if lines) + "\n"


def as_json(inspection: Inspection) -> str:
    """Return an inspection as JSON text: ASCII only, so that no terminal obeys a stranger's characters."""
    data: dict[str, Any] = {"schema_version": SCHEMA_VERSION, "scored": False, **asdict(inspection)}
    return json.dumps(data, indent=2, allow_nan=False) + "\n"


def _words(submission: Submission, name: str, questions: tuple[Question, ...]) -> int:
    text, notebook = submission.answers.get(name), submission.notebooks.get(name)
    if not questions:
        return len((text or "").split())
    found = answers_of(text, notebook, questions)
    return sum(len(written.split()) for written in (*found.texts.values(), found.rest))


def _answered(submission: Submission, name: str, questions: tuple[Question, ...]) -> Answered:
    found = answers_of(submission.answers.get(name), submission.notebooks.get(name), questions)
    return Answered(len(found.texts), len(questions), found.remarks)


def _module(submission: Submission, name: str, assignment: str, stub: bytes | None) -> Module:
    content = submission.modules[name]
    tree = parsed(content)
    bad = isinstance(tree, BadSyntax)
    return Module(
        name=name,
        assignment=assignment,
        path=submission.paths[name],
        size_bytes=len(content),
        lines=len(content.splitlines()),
        sha256=sha256(content),
        syntax_error=str(tree) if bad else "",
        lacks=() if isinstance(tree, BadSyntax) or stub is None else tuple(_lacking(tree, parsed(stub))),
    )


def _lacking(tree: ast.Module, stub: ast.Module | BadSyntax) -> Iterator[str]:
    """Public names of the stub that a module does not bind; methods only of classes that get none from elsewhere."""
    if isinstance(stub, BadSyntax):
        return
    bound = _bound(tree.body)
    if "*" not in bound:
        yield from (name for name in _public(stub.body) if name not in bound)
    own = _classes(tree)
    for name, released in _classes(stub).items():
        if name in own and not (own[name].bases or own[name].keywords or own[name].decorator_list):
            methods = _bound(own[name].body)
            yield from (f"{name}.{method}" for method in _public(released.body) if method not in methods)


def _classes(tree: ast.Module) -> dict[str, ast.ClassDef]:
    return {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}


def _public(body: list[ast.stmt]) -> list[str]:
    """Functions and classes that statements define for others."""
    return [node.name for node in body if isinstance(node, _DEFINITIONS) and not node.name.startswith("_")]


def _bound(body: list[ast.stmt]) -> set[str]:
    """Names that statements bind, within an ``if`` or ``try`` too."""
    names: set[str] = set()
    for node in body:
        if isinstance(node, _DEFINITIONS):
            names.add(node.name)
            continue
        for inner in ast.walk(node):
            if isinstance(inner, _DEFINITIONS):
                names.add(inner.name)
            elif isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store):
                names.add(inner.id)
            elif isinstance(inner, ast.alias):
                names.add(inner.asname or inner.name.partition(".")[0])
    return names


def _differing(submission: Submission) -> Iterator[str]:
    """Say of each file what is not as the manifest has it."""
    if submission.manifest is None:
        return
    held = {f"{name}.py": content for name, content in submission.modules.items()}
    held |= {f"{name}/{ANSWERS_FILE}": text.encode() for name, text in submission.answers.items()}
    held |= {f"{name}/{QUESTIONS_FILE}": content for name, content in submission.notebooks.items()}
    listed = submission.manifest.files
    for name in sorted(held.keys() | listed.keys()):
        if name not in listed:
            yield f"{name} is there, but not in the manifest"
        elif name not in held:
            yield f"{name} is in the manifest, but not there"
        elif listed[name] != sha256(held[name]):
            yield f"{name} was changed after it was packed"


def _module_lines(inspection: Inspection) -> Iterator[str]:
    yield "Modules:"
    for module in inspection.modules:
        size = f"{module.lines} lines, {module.size_bytes} bytes"
        yield f"  {module.name}.py ({module.assignment}): {size}, from {one_line(module.path, 60)}"
        yield f"    SHA-256 {module.sha256}"
        if module.syntax_error:
            yield f"    is not valid Python: {one_line(module.syntax_error, 120)}"
        if module.lacks:
            shown = ", ".join(module.lacks[:_SHOWN_NAMES])
            more = f" and {len(module.lacks) - _SHOWN_NAMES} more" if len(module.lacks) > _SHOWN_NAMES else ""
            yield f"    lacks what the stub has: {shown}{more}"
    yield from (f"  {name}.py is missing" for name in inspection.missing)


def _answer_lines(inspection: Inspection) -> Iterator[str]:
    yield "Written answers:"
    for name, words in inspection.answers.items():
        if (found := inspection.questions.get(name)) is None:
            yield f"  {name}: {f'{words} words, the questions included' if words else 'none'}"
            continue
        yield f"  {name}: {found.answered} of {found.asked} questions answered, {words} words"
        yield from (f"    {one_line(remark)}" for remark in found.remarks)


def _manifest_lines(inspection: Inspection) -> Iterator[str]:
    manifest = inspection.manifest
    if manifest is None:
        yield f"{MANIFEST_FILE}: none that can be read"
    else:
        yield f"{MANIFEST_FILE} says (a candidate can write anything there):"
        variant = f", variant {manifest.variant}" if manifest.variant else ""
        yield f"  {one_line(f'{manifest.assessment}, version {manifest.version}{variant}')}"
        yield f"  {one_line(f'packed {manifest.packed} by grader {manifest.grader_version}')}"
        numpy = manifest.numpy or "none"
        yield f"  {one_line(f'Python {manifest.python}, numpy {numpy}')}"
        yield from (f"  {one_line(line)}" for line in inspection.differing or ("all files are as it says",))
    yield from (f"  {one_line(line)}" for line in inspection.remarks)


def _finding_lines(inspection: Inspection) -> Iterator[str]:
    found = inspection.findings
    if not found:
        yield "Integrity: nothing found in the syntax"
        return
    yield f"Integrity: {_count(len(found))} no points"
    for finding in found[:_SHOWN_FINDINGS]:
        place = f"{finding.module}:{finding.line}" if finding.line else finding.module
        yield f"  {one_line(f'{place} {finding.detail} ({finding.kind})', 200)}"
    if len(found) > _SHOWN_FINDINGS:
        yield f"  and {len(found) - _SHOWN_FINDINGS} more in the JSON form"


def _count(findings: int) -> str:
    return "1 finding to look at; it costs" if findings == 1 else f"{findings} findings to look at; they cost"


def _folded(line: str, width: int) -> list[str]:
    """A line on as many as it takes, those after the first further in."""
    indent = " " * (len(line) - len(line.lstrip()))
    return wrap(line.strip(), width, initial_indent=indent, subsequent_indent=f"{indent}  ")
