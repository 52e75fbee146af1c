"""What came of comparing a round, as text and as JSON."""

from __future__ import annotations

import json
from typing import Any

from grader.report.text import one_line
from grader.similarity.comparison import Comparison, Pair, Side

SCHEMA_VERSION = 1
_NAME_LENGTH = 60


def as_text(found: Comparison) -> str:
    """Return the pairs as plain text, the most alike first."""
    lines = [summary(found), *notes(found)]
    if found.pairs:
        lines += ["", "share of each   characters   module and candidates"]
        lines += [line for pair in found.pairs for line in _pair_lines(pair)]
    if found.found > len(found.pairs):
        lines.append(f"and {found.found - len(found.pairs)} pairs more; raise --limit to see them")
    return "\n".join(lines) + "\n"


def summary(found: Comparison) -> str:
    """Return in one sentence what was found."""
    compared = f"{_counted(found.submissions, 'submission')}"
    if found.archived:
        compared += f" and {found.archived} of earlier rounds"
    pairs = "1 pair is" if found.found == 1 else f"{found.found or 'No'} pairs are"
    return f"{pairs} alike in {100 * found.threshold:g} % of a module or more, among {compared}"


def notes(found: Comparison) -> list[str]:
    """Return what one has to know to read the figures."""
    told = []
    if found.same_name:
        told.append(f"{_counted(found.same_name, 'pair')} of the same name not shown: taken for one candidate")
    for name, module in found.cut:
        told.append(f"{module}.py of {one_line(name, _NAME_LENGTH)} is long: its end was not compared")
    for module in found.not_asked:
        told.append(f"the bank does not ask for {one_line(module, _NAME_LENGTH)}.py: all of it counts")
    if found.other_bank:
        told.append("some were scored with another bank: what was given to them may count as theirs")
    return told


def as_json(found: Comparison) -> str:
    """Return the pairs as JSON text, ASCII only. It holds no source."""
    data: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "threshold": found.threshold,
        "submissions": found.submissions,
        "archived": found.archived,
        "modules": dict(found.modules),
        "pairs_found": found.found,
        "pairs_of_same_name": found.same_name,
        "cut": [{"name": name, "module": module} for name, module in found.cut],
        "not_asked": list(found.not_asked),
        "other_bank": found.other_bank,
        "pairs": [_pair_data(pair) for pair in found.pairs],
    }
    return json.dumps(data, indent=2, allow_nan=False) + "\n"


def _pair_lines(pair: Pair) -> list[str]:
    shares = f"{100 * pair.first.share:3.0f} %   {100 * pair.second.share:3.0f} %"
    same = ", the same file" if pair.is_same else ""
    first = f"  {shares}   {pair.characters:>10}   {one_line(pair.module, _NAME_LENGTH)}.py{same}"
    return [first, *(f"{' ' * 31}{_who(side)}" for side in (pair.first, pair.second))]


def _who(side: Side) -> str:
    old = ", earlier round" if side.is_archived else ""
    return f"{one_line(side.name, _NAME_LENGTH)} ({one_line(side.source, _NAME_LENGTH)}{old})"


def _pair_data(pair: Pair) -> dict[str, Any]:
    return {
        "module": pair.module,
        "assignment": pair.assignment,
        "same_file": pair.is_same,
        "characters": pair.characters,
        "first": _side_data(pair.first),
        "second": _side_data(pair.second),
        "blocks": [
            {"number": b.number, "first": list(b.first), "second": list(b.second), "characters": b.characters}
            for b in pair.blocks
        ],
    }


def _side_data(side: Side) -> dict[str, Any]:
    return {
        "name": side.name,
        "source": side.source,
        "archived": side.is_archived,
        "share": round(side.share, 4),
        "lines": len(side.marks),
    }


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
