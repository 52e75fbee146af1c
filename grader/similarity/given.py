"""What everybody was given, and what therefore says nothing about who wrote it."""

from __future__ import annotations

import re

from grader.bank import Bank
from grader.similarity.fingerprint import Integers, boilerplate_of

_FENCED = re.compile(rb"^ {0,3}(```|~~~)[^\n]*\n(.*?)^ {0,3}\1", re.MULTILINE | re.DOTALL)


def given(bank: Bank) -> dict[str, Integers]:
    """Return by module the hashes of its assignment's stubs, public tests and the code in its brief."""
    found: dict[str, Integers] = {}
    for assignment in bank.assessment.assignments:
        folder = bank.root / "assignments" / assignment.name
        files = [*(folder / f"{module}.py" for module in assignment.modules), *sorted(folder.glob("test_*.py"))]
        sources = [path.read_bytes() for path in files if path.is_file()]
        brief = folder / "README.md"
        blocks = _FENCED.findall(brief.read_bytes().replace(b"\r\n", b"\n")) if brief.is_file() else []
        hashes = boilerplate_of([*sources, *(code for _, code in blocks)])
        found |= dict.fromkeys(assignment.modules, hashes)
    return found
