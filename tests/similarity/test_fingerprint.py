"""What is compared: disguises do not hide code, and two who solve the same task on their own are not alike."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import defaultdict
from itertools import combinations
from types import SimpleNamespace

import numpy as np
import pytest
from copydetect import compare_files
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

from grader.bank import Bank
from grader.similarity import fingerprint as fingerprints
from grader.similarity.comparison import THRESHOLD
from grader.similarity.fingerprint import (
    CHARACTERS_LIMIT,
    GRAM,
    WINDOW,
    Fingerprint,
    boilerplate_of,
    covered,
    filtered,
    fingerprint,
)
from grader.similarity.given import given
from tests.conftest import ROOT, ToyBank
from tests.similarity.conftest import ASSIGNMENTS, disguised, right_solutions, variant

NOTHING = boilerplate_of([])


def share(own: Fingerprint, other: Fingerprint) -> float:
    return covered(own.positions[np.isin(own.hashes, other.hashes)]) / own.size


def larger_share(first: Fingerprint, second: Fingerprint) -> float:
    return max(share(first, second), share(second, first))


def definitions(source: bytes) -> set[bytes]:
    return {line.strip() for line in source.split(b"\n") if line.strip().startswith((b"def ", b"class "))}


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_a_disguise_hides_no_copy(assignment: str) -> None:
    boilerplate = given(Bank(ROOT))[assignment]
    for name, source in right_solutions(assignment).items():
        copy = disguised(source)
        assert not definitions(source) & definitions(copy), "the disguise is one"
        prints = (fingerprint(filtered(text), boilerplate) for text in (source, copy))
        assert larger_share(*prints) > THRESHOLD + 0.1, name


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_independent_right_solutions_are_not_alike(assignment: str) -> None:
    """The figures behind the default threshold: docs/similarity.md."""
    boilerplate = given(Bank(ROOT))[assignment]
    prints = [fingerprint(filtered(text), boilerplate) for text in right_solutions(assignment).values()]
    assert max(larger_share(*pair) for pair in combinations(prints, 2)) < THRESHOLD - 0.15


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_what_everybody_was_given_does_not_count(assignment: str) -> None:
    folder = ROOT / "assignments" / assignment
    for source in [(folder / f"{assignment}.py").read_bytes(), (folder / "test_public.py").read_bytes()]:
        text = filtered(source)
        assert fingerprint(text, NOTHING).size > 500
        assert fingerprint(text, given(Bank(ROOT))[assignment]).size == 0


def test_code_of_the_brief_does_not_count(toy_bank: ToyBank) -> None:
    code = "values = [row for row in table if row.weight > threshold and not row.is_missing(0)]"
    toy_bank.complete().write("assignments/toy/README.md", f"# Brief\n\n```python\n{code}\n```\n\nText.\n")
    assert fingerprint(filtered(code.encode()), NOTHING).size > 0
    assert fingerprint(filtered(code.encode()), given(Bank(toy_bank.root))["toy"]).size == 0


def test_code_that_recurs_in_a_module_is_no_boilerplate() -> None:
    source = b"x = f(1, 2, 3, [a, b, c], d + e)\n" * 6
    other = boilerplate_of([b"while not (p and q) or r in s: t = u @ v @ w"])
    assert fingerprint(filtered(source), other).size == fingerprint(filtered(source), NOTHING).size > 0


def test_figures_are_those_of_copydetect() -> None:
    sources = (variant("knn", "one_table"), variant("knn", "broadcasting"))
    prints = [fingerprint(filtered(source), NOTHING) for source in sources]
    characters, shares, _ = compare_files(*(_as_theirs(one) for one in prints))
    assert 0.1 < shares[0] < 0.5
    assert (share(*prints), share(prints[1], prints[0])) == pytest.approx(shares)
    assert characters == round(share(*prints) * prints[0].size)


def _as_theirs(one: Fingerprint) -> SimpleNamespace:
    places = defaultdict(list)
    for gram, position in zip(one.hashes.tolist(), one.positions.tolist(), strict=True):
        places[gram].append(position)
    return SimpleNamespace(
        hashes=set(places), hash_idx=places, k=GRAM, token_coverage=one.size, filtered_code="some", offsets=[]
    )


def test_the_same_source_has_the_same_fingerprint_in_every_process() -> None:
    code = (
        "import sys; from grader.similarity.fingerprint import *; import hashlib;"
        "one = fingerprint(filtered(sys.stdin.buffer.read()), boilerplate_of([]));"
        "print(hashlib.sha256(one.hashes.tobytes() + one.positions.tobytes()).hexdigest())"
    )
    source = variant("knn", "one_table")
    told = {
        subprocess.run(
            [sys.executable, "-c", code],
            input=source,
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(told) == 1
    assert len(told.pop().strip()) == 64


def test_what_is_long_enough_is_always_found() -> None:
    rng = np.random.default_rng(5)
    letters = list("+-*/%<>=()[]")
    shared = "".join(rng.choice(letters, GRAM + WINDOW - 1))
    for _ in range(50):
        texts = [
            "".join([*rng.choice(letters, rng.integers(40, 90)), shared, *rng.choice(letters, rng.integers(40, 90))])
            for _ in range(2)
        ]
        prints = [_of_text(text) for text in texts]
        assert share(*prints) > 0


def _of_text(text: str) -> Fingerprint:
    return fingerprint(fingerprints.Filtered(text, np.ones(len(text), np.int64), False), NOTHING)


def test_each_character_knows_its_line() -> None:
    source = b"\n\n# why\n\nimport os\n\n\nclass Long_name_of_a_class:  # so\n    'Doc.'\n\n"
    source += b"    def f(self, x):\n        return x + 41\n"
    text = filtered(source)
    for sign, line in (("import", 5), ("class", 8), ("O:", 8), ('"S"', 9), ("def", 11), ("return", 12), ("41", 12)):
        start = text.text.index(sign)
        assert set(text.lines[start : start + len(sign)].tolist()) == {line}, sign


@pytest.mark.parametrize("ending", [b"\n", b"\r\n", b"\r"])
def test_endings_of_lines_and_a_mark_at_the_start_change_nothing(ending: bytes) -> None:
    source = variant("knn", "one_table")
    changed = filtered(b"\xef\xbb\xbf" + source.replace(b"\n", ending))
    assert changed.text == filtered(source).text
    assert (changed.lines == filtered(source).lines).all()


@pytest.mark.parametrize(
    "source",
    [
        b"match" + b" " * 900_000 + b"x",
        b'"' + b"\\N{" * 300_000,
        (b"\n" + b" " * 80) * 10_000,
        b"(" * 1_000_000,
        b"x = 1\n" * 150_000,
        b"\x00\xff\xfe\r" * 200_000,
    ],
)
def test_the_tokenizer_gets_only_what_it_reads_in_bounded_time(
    source: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    given_to_it = []

    def record(code: str, name: str, language: str) -> tuple[str, np.ndarray]:
        given_to_it.append(code)
        return "", np.array([[0, 0]])

    monkeypatch.setattr(fingerprints, "filter_code", record)
    is_cut = filtered(source).is_cut
    (code,) = given_to_it
    assert len(code) <= CHARACTERS_LIMIT
    lines = code.split("\n")
    assert max(map(len, lines)) <= 500
    assert code == "" or all(line.strip() and line == line.rstrip() for line in lines)
    assert is_cut == bool(source.strip())


@settings(max_examples=150, deadline=None, derandomize=True)
@drawn(
    st.binary(max_size=300) | st.text("aZ_ \n\t\r()[]{}:'\"\\#@=.,0\x00\x0c\ufeff𝒳é", max_size=200).map(str.encode)
)
def test_whatever_may_come_has_a_fingerprint(source: bytes) -> None:
    text = filtered(source)
    assert len(text.lines) == len(text.text)
    count = len(source.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n"))
    assert all(1 <= line <= count for line in text.lines.tolist())
    one = fingerprint(text, NOTHING)
    assert one.size <= len(text.text)
    assert (np.diff(one.positions) > 0).all()
