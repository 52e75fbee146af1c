"""How well two people agree: against scikit-learn and by hand, and nothing that is no number."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from grader.gradebook.agreement import Rated, agreement, kappas_of, rated, weighted_kappa
from grader.gradebook.book import Book
from grader.gradebook.marked import marked_notebooks
from grader.gradebook.rendering import as_json, as_text
from tests.gradebook.conftest import ANSWERS, NOON, cell, put, report


def many(pairs: list[tuple[float, float]], points: float = 10, question: str = "q") -> list[Rated]:
    return [
        Rated(f"id{number:02}", "knn", question, points, (("eve", first), ("mallory", second)))
        for number, (first, second) in enumerate(pairs)
    ]


def drawn(seed: int, count: int = 40) -> list[tuple[float, float]]:
    rng = np.random.default_rng(seed)
    first = rng.integers(0, 11, size=count)
    second = np.clip(first + rng.integers(-3, 4, size=count), 0, 10)
    return [(float(a), float(b)) for a, b in zip(first, second, strict=True)]


@pytest.mark.parametrize("seed", range(10))
def test_the_kappa_of_the_interval_is_scikit_learns(seed: int) -> None:
    first, second = np.array(drawn(seed), dtype=np.int64).T
    assert kappas_of(first[None], second[None])[0] == pytest.approx(weighted_kappa(first, second), abs=1e-12)


def test_kappa_by_hand() -> None:
    """Steps 0, 5, 10 against 0, 5, 5: observed 25/3; by chance the mean of all nine squared differences."""
    pairs = [(0.0, 0.0), (5.0, 5.0), (10.0, 5.0)] * 4
    found = agreement(many(pairs)).figures[0]
    chance = sum((a - b) ** 2 for a, _ in pairs for _, b in pairs) / len(pairs) ** 2
    assert found.kappa == pytest.approx(1 - (25 / 3) / chance)
    assert found.difference == pytest.approx(100 * 0.5 / 3)
    assert found.low is not None
    assert found.high is not None
    assert found.low <= found.kappa <= found.high


def test_the_interval_is_the_same_each_time_and_narrower_with_more_answers() -> None:
    few, more = agreement(many(drawn(1, 20))).figures[0], agreement(many(drawn(1, 500))).figures[0]
    assert agreement(many(drawn(1, 20))).figures[0] == few
    assert few.low is not None
    assert few.high is not None
    assert more.low is not None
    assert more.high is not None
    assert more.high - more.low < few.high - few.low


def test_perfect_agreement_is_one_and_the_points_of_a_question_do_not_matter() -> None:
    pairs = [(float(n % 11), float(n % 11)) for n in range(30)]
    assert agreement(many(pairs)).figures[0].kappa == pytest.approx(1)
    scaled = [(a * 2.5, b * 2.5) for a, b in drawn(3)]
    assert agreement(many(scaled, points=25)).figures[0].kappa == agreement(many(drawn(3))).figures[0].kappa


@pytest.mark.parametrize(
    ("pairs", "why"),
    [
        ([(1.0, 2.0)], "too few answers"),
        ([(1.0, 2.0)] * 9, "too few answers"),
        ([(3.0, 3.0)] * 20, "the same"),
    ],
)
def test_what_cannot_be_told_is_said_and_is_no_nan(pairs: list[tuple[float, float]], why: str) -> None:
    found = agreement(many(pairs))
    assert found.figures[0].kappa is None
    assert why in found.figures[0].why
    assert why in as_text(found)
    assert "nan" not in as_text(found).lower()
    assert json.loads(as_json(found))["figures"][0]["kappa"] is None


def test_one_step_apart_throughout_is_no_division_by_zero() -> None:
    found = agreement(many([(3.0, 4.0)] * 20)).figures[0]
    assert found.kappa == pytest.approx(0)


def test_nearly_constant_marks_have_a_kappa_without_an_interval() -> None:
    found = agreement(many([(3.0, 3.0)] * 60 + [(3.0, 4.0)]))
    assert found.figures[0].kappa == pytest.approx(0)
    first, second = np.full((1, 5), 3), np.full((1, 5), 3)
    assert np.isnan(kappas_of(first, second)).all()


def test_pairs_and_questions_are_apart_and_the_furthest_come_first() -> None:
    answers = many(drawn(1, 12)) + many([(1.0, 9.0), (2.0, 2.0)], question="r")
    answers.append(Rated("id99", "em", "s", 20, (("eve", 0.0), ("mallory", 20.0), ("trent", 10.0))))
    found = agreement(answers)
    assert [(each.markers, each.question, each.answers) for each in found.figures] == [
        (("eve", "mallory"), "", 15),
        (("eve", "mallory"), "s", 1),
        (("eve", "mallory"), "q", 12),
        (("eve", "mallory"), "r", 2),
        (("eve", "trent"), "", 1),
        (("eve", "trent"), "s", 1),
        (("mallory", "trent"), "", 1),
        (("mallory", "trent"), "s", 1),
    ]
    assert [(each.candidate, each.question) for each in found.furthest[:2]] == [("id99", "s"), ("id00", "r")]
    assert all(each.spread > 0 for each in found.furthest)
    assert len(found.furthest) <= 10
    assert "id99  em s: eve 0, mallory 20, trent 10 of 20" in as_text(found)


def test_only_marks_of_the_answer_as_it_is_count(tmp_path: Path) -> None:
    with Book(tmp_path) as book:
        put(book, report(), report("bob"))
        for who in ("ada", "bob"):
            book.mark(cell(book, "random", who).grade, "eve", 10, NOON)
            book.mark(cell(book, "random", who).grade, "mallory", 20, NOON)
        book.mark(cell(book, "cost").grade, "eve", 10, NOON)
        assert len(rated(marked_notebooks(book))) == 2
        put(book, report(answers=ANSWERS | {"random": "Another."}))
        kept = rated(marked_notebooks(book))
        assert [(each.candidate, each.question) for each in kept] == [(book.candidate("bob").id, "random")]
        assert rated(marked_notebooks(book), "em") == []
    assert "marked by two people yet" in as_text(agreement([]))
