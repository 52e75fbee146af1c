"""What the gradebook is made with. Loading it takes seconds, so it is looked for before anything is imported."""

from __future__ import annotations

import importlib.util

from grader.errors import ExitCode, GraderError

_PACKAGES = ("nbgrader", "sqlalchemy", "alembic")


class MarkingPackageError(GraderError):
    """A package that the gradebook is made with is not installed."""

    exit_code = ExitCode.USAGE


def check_packages(*more: str) -> None:
    """See that what the gradebook is made with is installed.

    Args:
        more: packages that are needed beside it.

    Raises:
        MarkingPackageError: it is not.
    """
    missing = [package for package in (*_PACKAGES, *more) if importlib.util.find_spec(package) is None]
    if missing:
        raise MarkingPackageError(
            f"the gradebook is made with {' and '.join(missing)}, which should be installed, but is not",
            cure="pip install 'takehome-grader[marking]'",
        )
