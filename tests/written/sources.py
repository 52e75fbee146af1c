"""Notebooks of questions to test with: a source with mark schemes, and what a candidate makes of its release."""

from __future__ import annotations

import copy
import json
from typing import Any

from grader.written.questions import STUB

SCHEME = "Full marks for naming the median. CANARY-SCHEME"
OUTLIERS = "What does one outlier do to a mean?\nAnd to a median?"
WEIGHTS = "When does a mean of means need weights?"


def cell(name: str, source: str, points: float | None = None, **changes: Any) -> dict[str, Any]:
    """A cell of nbgrader's: locked, or an answer's where it has points."""
    is_answer = points is not None
    said = {"cell_type": "markdown", "grade": is_answer, "grade_id": name, "locked": not is_answer}
    said |= {"schema_version": 3, "solution": is_answer, "task": False} | ({"points": points} if is_answer else {})
    return {
        "cell_type": "markdown",
        "id": name.replace("_", "-"),
        "metadata": {"nbgrader": said},
        "source": source.splitlines(keepends=True),
    } | changes


def cells() -> list[dict[str, Any]]:
    """A source's cells: two questions with their schemes."""
    return [
        cell("introduction", "# A toy: written questions\n\nPeople read the answers."),
        cell("one_outlier-question", f"## 1. One outlier (60 points)\n\n{OUTLIERS}"),
        cell("one_outlier", SCHEME, 60),
        cell("weights-question", f"## 2. Weights (40 points)\n\n{WEIGHTS}"),
        cell("weights", "Full marks for groups that differ in size.", 40),
    ]


def notebook(content: list[dict[str, Any]], **changes: Any) -> bytes:
    """A notebook as Jupyter writes it."""
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    table = {
        "cells": content,
        "metadata": {"kernelspec": kernel, "language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return (json.dumps(table | changes, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode()


def source() -> bytes:
    return notebook(cells())


def answered(**texts: str) -> list[dict[str, Any]]:
    """The released cells with answers in place of the stub, by the ids of their questions."""
    made = copy.deepcopy(cells())
    for each in made:
        name = each["metadata"]["nbgrader"]["grade_id"]
        if each["metadata"]["nbgrader"]["grade"]:
            each["source"] = texts.get(name, STUB).splitlines(keepends=True)
    return made
