"""A report in each of its forms, and what it takes to make them."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from grader.errors import ExitCode, GraderError
from grader.models import Report
from grader.report.reading import ReportError, read_report

if TYPE_CHECKING:
    from grader.interview.pack import InterviewPack
    from grader.pages.cohort import Cohort

FORMS = ("text", "json", "markdown", "junit", "github")
"""What can go to stdout."""

FILES = {
    "report.html": "html",
    "candidate.html": "candidate",
    "report.json": "json",
    "report.md": "markdown",
    "report.txt": "text",
    "junit.xml": "junit",
}
"""What is written to a folder, by the form that it has."""

MODULES = ("grader.report.terminal", "grader.report.junit", "grader.report.markdown", "grader.pages.page")
"""What makes these files, to be loaded ahead."""

_PAGE_PACKAGES = ("jinja2", "pygal", "pygments")
_MAKERS = {
    "text": ("grader.report.terminal", "render"),
    "json": ("grader.report.data", "as_json"),
    "markdown": ("grader.report.markdown", "as_markdown"),
    "junit": ("grader.report.junit", "as_junit"),
    "github": ("grader.report.github", "as_annotations"),
    "candidate": ("grader.pages.page", "candidate_page"),
}


class MissingPackageError(GraderError):
    """A package that pages are made with is not installed."""

    exit_code = ExitCode.USAGE


@dataclass(frozen=True)
class Publication:
    """A report, and what its pages show beside it.

    Attributes:
        report: itself.
        packs: questions for an interview by assignment.
        cohort: scores that it is compared with.
    """

    report: Report
    packs: Mapping[str, InterviewPack] = field(default_factory=dict)
    cohort: Cohort | None = None

    def rendered(self, form: str) -> str:
        """Return the report in one of its forms; what makes it is imported when it is asked for."""
        if form == "html":
            from grader.pages.page import staff_page

            return staff_page(self.report, self.packs, self.cohort)
        module, name = _MAKERS[form]
        made: str = getattr(importlib.import_module(module), name)(self.report)
        return made


@dataclass(frozen=True)
class Publisher:
    """Makes all files of a report; can be sent to another process.

    Attributes:
        packs: questions for an interview by assignment.
    """

    packs: Mapping[str, InterviewPack] = field(default_factory=dict)

    def files(self, report: Report) -> dict[str, bytes]:
        """Return a report's files by name."""
        made = Publication(report, self.packs)
        return {name: made.rendered(form).encode() for name, form in FILES.items()}

    def load(self) -> None:
        """Import what makes them, and compile the pages."""
        for module in MODULES:
            importlib.import_module(module)
        from grader.pages.page import compile_pages

        compile_pages()


def check_pages() -> None:
    """See that what pages are made with is installed.

    Raises:
        MissingPackageError: it is not.
    """
    missing = [package for package in _PAGE_PACKAGES if importlib.util.find_spec(package) is None]
    if missing:
        raise MissingPackageError(
            f"report.html is made with {' and '.join(missing)}, which should be installed, but is not",
            cure="pip install 'takehome-grader[staff]'",
        )


def read_cohort(paths: Sequence[Path], assessment: str, bank_sha256: str) -> Cohort:
    """Return the scores of a cohort from its JSON reports.

    Args:
        paths: report files, and folders that hold files of the name ``report.json`` at any depth.
        assessment: title of the take-home that is compared.
        bank_sha256: of the bank that scored it; reports of others are left out.

    Raises:
        ReportError: a file is no report, or there is none that can be compared.
    """
    from grader.pages.cohort import Cohort

    files = [file for path in paths for file in (sorted(path.rglob("report.json")) if path.is_dir() else [path])]
    kept = [read_report(file) for file in files]
    told = (assessment, bank_sha256)
    same = [report for report in kept if (report.assessment, report.provenance.get("bank_sha256")) == told]
    if not same:
        raise ReportError(
            f"the cohort should hold reports of this take-home by this bank, but {_where(paths)} holds"
            f" {len(kept)} reports, none of them such",
            cure="give the folder that grader score --output wrote to, or leave --cohort out",
        )
    return Cohort(tuple(report.code_score for report in same), len(kept) - len(same))


def _where(paths: Sequence[Path]) -> str:
    return ", ".join(str(path) for path in paths[:3])
