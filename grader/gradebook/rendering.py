"""How well markers agree: as text for people, as JSON for other programs."""

from __future__ import annotations

import json
from dataclasses import asdict

from grader.gradebook.agreement import STEPS, Agreement, Figures, Rated
from grader.report.text import number, one_line

SCHEMA_VERSION = 1
_WIDTH = 40
_METHOD = (
    f"Marks are rounded to tenths of a question's worth (0 to {STEPS}); kappa is Cohen's with quadratic weights,"
    "\nwith its 95 % interval from 2000 resamples of the answers. Only marks of answers as they are now count."
)


def as_text(found: Agreement) -> str:
    """Return how well markers agree, for people."""
    if not found.answers:
        return "No answer has been marked by two people yet: let two mark with `grader mark --marker NAME`.\n"
    counted = f"{found.answers} answer{'s' * (found.answers != 1)}"
    lines = [f"{counted} marked by two people or more", "", _METHOD]
    pair: tuple[str, str] | None = None
    for figures in found.figures:
        if figures.markers != pair:
            pair = figures.markers
            lines += ["", f"{one_line(pair[0], 60)} and {one_line(pair[1], 60)}"]
            lines += [f"  {'':{_WIDTH}}  answers  differ by  kappa"]
        lines.append(_line(figures))
    if found.furthest:
        lines += ["", "Answers on which they differ most"]
        lines += [f"  {_answer(answer)}" for answer in found.furthest]
    return "\n".join(lines) + "\n"


def as_json(found: Agreement) -> str:
    """Return how well markers agree as JSON text, ASCII only."""
    data = {
        "schema_version": SCHEMA_VERSION,
        "answers": found.answers,
        "figures": [asdict(figures) for figures in found.figures],
        "furthest": [asdict(answer) | {"marks": dict(answer.marks)} for answer in found.furthest],
    }
    return json.dumps(data, indent=2, allow_nan=False) + "\n"


def _line(figures: Figures) -> str:
    name = f"{figures.assignment} {figures.question}" if figures.question else "all answers"
    shown = one_line(name, _WIDTH)
    return f"  {shown:{_WIDTH}}  {figures.answers:>7}  {figures.difference:>7.1f} %  {_kappa(figures)}"


def _kappa(figures: Figures) -> str:
    if figures.kappa is None:
        return figures.why
    if figures.low is None or figures.high is None:
        return f"{figures.kappa:.2f} (no interval: nearly all marks are the same)"
    return f"{figures.kappa:.2f} ({figures.low:.2f} to {figures.high:.2f})"


def _answer(answer: Rated) -> str:
    marks = ", ".join(f"{one_line(marker, 40)} {number(score)}" for marker, score in answer.marks)
    return f"{answer.candidate}  {answer.assignment} {answer.question}: {marks} of {number(answer.points)}"
