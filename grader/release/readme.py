"""The packet's README: what a candidate reads first."""

from __future__ import annotations

from importlib import resources
from string import Template

from grader.models import Assessment, Assignment


def readme(assessment: Assessment, wheel: str, *, has_questions: bool) -> str:
    """Return the README.

    Args:
        assessment: what is given out.
        wheel: file name of the wheel beside it.
        has_questions: whether questions to answer in writing are among the files.
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
        questions=_QUESTIONS if has_questions else "",
    )


def _row(assignment: Assignment, share: float) -> str:
    modules = ", ".join(f"`{module}.py`" for module in assignment.modules)
    title = assignment.title.replace("|", r"\|")
    return f"| {title} | `{assignment.name}/` | {modules} | {100 * share:.3g} % |"


_QUESTIONS = """
`answers.md` in a folder holds questions to answer in writing, a few sentences each. People read them; they are marked
apart from the code.
"""
