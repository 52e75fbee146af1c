"""Gradebooks that are being marked."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.marking.course import Desk, fill, marking
from tests.marking.hostile import NAME, everything

ANSWERS = {
    "ada-lovelace": {"assumptions": "That **close** points are alike.", "scale": "An index."},
    NAME: {"assumptions": everything(), "scale": "See [this](https://example.org/a)."},
    "bob": {"assumptions": "None."},
}


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A gradebook with three candidates: one plain, one hostile, one who left a question out."""
    folder = tmp_path_factory.mktemp("marking") / "course"
    fill(folder, ANSWERS)
    return folder


@pytest.fixture(scope="module")
def desk(course: Path) -> Iterator[Desk]:
    """Grace marks."""
    with marking(course) as served:
        yield served


@pytest.fixture(scope="module")
def blind(course: Path) -> Iterator[Desk]:
    """Bea marks the same, and does not know whose it is."""
    with marking(course, "--blind", marker="bea") as served:
        yield served
