"""Mutants are cosmic-ray's, one change each, and none that makes no difference to the program."""

from __future__ import annotations

import ast

import pytest

from grader.errors import GraderError
from grader.validation import mutants as module
from grader.validation.mutants import changed_lines, equivalent_of, mutants
from grader.validation.specimens import Equivalent, Kind

SOURCE = b'''"""Adds - and says 1 + 1."""

from __future__ import annotations


def add(a: int | None, b: int = 1) -> int | None:
    """Return a + b."""
    if a == b and True:
        return a + a
    return a + b
'''


def test_each_is_the_reference_with_one_line_changed() -> None:
    made = mutants({"toy": SOURCE}, 1000)
    assert {mutant.kind for mutant in made} == {Kind.MUTANT}
    assert len({mutant.modules["toy"] for mutant in made}) == len(made) > 20
    for mutant in made:
        before, after = SOURCE.decode().splitlines(), mutant.modules["toy"].decode().splitlines()
        changed = [(a, b) for a, b in zip(before, after, strict=True) if a != b]
        assert [(a.strip(), b.strip()) for a, b in changed] == [changed_lines(mutant.note)]
        assert f"toy.py:{before.index(changed[0][0]) + 1}:" in mutant.id


def test_annotations_and_docstrings_are_left_alone() -> None:
    touched = {changed_lines(mutant.note)[0] for mutant in mutants({"toy": SOURCE}, 1000)}
    assert touched == {
        "def add(a: int | None, b: int = 1) -> int | None:",
        "if a == b and True:",
        "return a + a",
        "return a + b",
    }
    for mutant in mutants({"toy": SOURCE}, 1000):
        assert ast.unparse(ast.parse(mutant.modules["toy"])).count("int | None") == 2


def test_identity_does_not_take_the_place_of_equality_but_is_itself_replaced() -> None:
    source = b"def same(a, b):\n    return a is b if b is None else a == b\n"
    changes = {changed_lines(mutant.note)[1] for mutant in mutants({"toy": source}, 1000)}
    assert "return a == b if b is None else a == b" in changes
    assert "return a is b if b is None else a is b" not in changes


def test_a_sample_is_the_same_for_the_same_seed_and_in_the_order_of_lines() -> None:
    few = mutants({"toy": SOURCE}, 7, seed=3)
    assert len(few) == 7
    assert few == mutants({"toy": SOURCE}, 7, seed=3)
    assert few != mutants({"toy": SOURCE}, 7, seed=4)
    lines = [int(mutant.id.split(":")[1]) for mutant in few]
    assert lines == sorted(lines)
    every = mutants({"toy": SOURCE}, 1000)
    assert all(mutant in every for mutant in few)


def test_none_are_made_and_nothing_is_imported_where_none_are_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_cosmic_ray", None)
    assert mutants({"toy": SOURCE}, 0) == ()


def test_a_missing_library_is_told_with_the_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "cosmic_ray.plugins", None)
    with pytest.raises(GraderError, match="not installed") as caught:
        mutants({"toy": SOURCE}, 3)
    assert "takehome-grader[authors]" in caught.value.cure


def test_an_equivalent_is_found_whatever_its_white_space() -> None:
    (mutant,) = [
        m for m in mutants({"toy": SOURCE}, 1000) if changed_lines(m.note)[1].endswith("b: int = 2) -> int | None:")
    ]
    entry = Equivalent(
        changed_lines(mutant.note)[0], frozenset(["def add(a: int|None, b: int = 2) -> int|None:"]), "x"
    )
    assert equivalent_of(mutant, (entry,)) is entry
    assert equivalent_of(mutant, (Equivalent(entry.line, frozenset(["return a"]), "x"),)) is None
