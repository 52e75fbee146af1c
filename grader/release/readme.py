"""The packet's README: what a candidate reads first."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import resources
from string import Template

from grader.models import Assessment, Assignment


def readme(assessment: Assessment, wheel: str, forms: Sequence[str]) -> str:
    """Return the README.

    Args:
        assessment: what is given out.
        wheel: file name of the wheel beside it.
        forms: names of the files that hold questions to answer in writing; empty if nothing is asked.
    """
    form = resources.files("grader").joinpath("templates", "packet_readme.md.txt").read_text(encoding="utf-8")
    total = sum(assessment.weights.values())
    return Template(form).substitute(
        title=assessment.title,
        version=assessment.version,
        wheel=wheel,
        pass_mark=f"{assessment.pass_mark:g}",
        assignments="\n".join(_row(a, assessment.weights[a.name] / total) for a in assessment.assignments),
        example=assessment.assignments[0].name,
        questions=_questions(assessment, forms),
    )


def _row(assignment: Assignment, share: float) -> str:
    modules = ", ".join(f"`{module}.py`" for module in assignment.modules)
    title = assignment.title.replace("|", r"\|")
    return f"| {title} | `{assignment.name}/` | {modules} | {100 * share:.3g} % |"


def _questions(assessment: Assessment, forms: Sequence[str]) -> str:
    """The paragraph on written questions."""
    if not forms:
        return ""
    places = " and ".join(f"`{form}`" for form in forms)
    worth = f"; {assessment.written_points:g} of the 100 points are theirs" if assessment.written_points else ""
    hold = "hold" if len(forms) > 1 else "holds"
    lines = [f"{places} in a folder {hold} questions to answer in writing, five to eight sentences each."]
    lines += ["They are the same: answer in one of the two, not in both."] if len(forms) > 1 else []
    lines += [f"People read and mark the answers, apart from the code{worth}."]
    return "\n" + "\n".join(lines) + "\n"
