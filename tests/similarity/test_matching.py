"""The index finds what comparing all pairs would find; blocks are on both sides what they say."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from grader.similarity.blocks import aligned
from grader.similarity.fingerprint import Fingerprint, boilerplate_of, covered, filtered, fingerprint
from grader.similarity.matching import LEAST, matches
from tests.similarity.conftest import variant

NOTHING = boilerplate_of([])


def made_up(rng: np.random.Generator) -> Fingerprint:
    """A fingerprint whose hashes recur in it and in others."""
    count = int(rng.integers(0, 60))
    positions = np.cumsum(rng.integers(1, 9, count))
    hashes = rng.integers(0, int(rng.choice([8, 40, 400])), count)
    return Fingerprint(hashes.astype(np.int64), positions.astype(np.int64), covered(positions), False)


@pytest.mark.parametrize("seed", range(6))
def test_no_pair_is_lost_and_none_invented(seed: int) -> None:
    rng = np.random.default_rng(seed)
    prints = [made_up(rng) for _ in range(30)]
    expected = {}
    for first, second in combinations(range(30), 2):
        if first >= 20:
            continue  # both are of earlier rounds
        for own, other in ((prints[first], prints[second]), (prints[second], prints[first])):
            count = covered(own.positions[np.isin(own.hashes, other.hashes)])
            if count >= max(0.5 * own.size, LEAST) and own.size:
                expected[first, second] = max(expected.get((first, second), 0.0), count / own.size)
    found = {(match.first, match.second): match.share for match in matches(prints, 20, 0.5)}
    assert expected
    assert found == pytest.approx(expected)


def test_nothing_to_compare_is_nothing_found() -> None:
    assert matches([], 0, 0.6) == []
    assert matches([fingerprint(filtered(b""), NOTHING)] * 3, 3, 0.6) == []


def test_what_is_short_is_not_called_alike() -> None:
    short = fingerprint(filtered(b"def mean(x):\n    return sum(x) / len(x) if len(x) else 0\n"), NOTHING)
    assert 0 < short.size < LEAST
    assert matches([short, short], 2, 0.6) == []


ONE = b"""\
def first(a, b):
    total = [x * y for x, y in zip(a, b) if x > y]
    return sum(total) / max(len(total), 1) - min(a[0], b[0])
"""
OTHER = b"""\
def second(table, limit=10):
    while table and table[-1] is not None and limit > 0:
        table, limit = table[:-1], limit - 1
    return {key: value for key, value in enumerate(table)}
"""


def test_functions_that_changed_places_are_blocks_of_the_same_number() -> None:
    texts = (filtered(ONE + b"\n\n" + OTHER), filtered(b"# mine\n\n" + OTHER + b"\n\n" + ONE))
    found = aligned(texts, (fingerprint(texts[0], NOTHING), fingerprint(texts[1], NOTHING)))
    assert [block.number for block in found.blocks] == [1, 2]
    first, second = found.blocks
    assert first.first[0] <= 2 <= 3 <= first.first[1] <= 6
    assert first.second[1] == 11
    assert 9 <= first.second[0] <= 10
    assert (second.first[1], second.second[1]) == (9, 6)
    assert {found.first[2], found.first[3], found.second[10], found.second[11]} == {(1,)}
    assert {found.first[8], found.first[9], found.second[5], found.second[6]} == {(2,)}


def test_blocks_overlap_nowhere_and_every_covered_line_is_marked() -> None:
    texts = tuple(filtered(variant("knn", name)) for name in ("one_table", "query_loop"))
    prints = tuple(fingerprint(text, NOTHING) for text in texts)
    found = aligned((texts[0], texts[1]), (prints[0], prints[1]))
    assert found.blocks
    assert [block.number for block in found.blocks] == list(range(1, len(found.blocks) + 1))
    assert sum(block.characters for block in found.blocks) <= min(len(text.text) for text in texts)
    for marks in (found.first, found.second):
        assert {number for numbers in marks.values() for number in numbers} == {b.number for b in found.blocks}
    shared = prints[0].positions[np.isin(prints[0].hashes, prints[1].hashes)]
    assert set(texts[0].lines[shared].tolist()) <= set(found.first)


def test_one_line_a_thousand_times_is_aligned_all_the_same() -> None:
    texts = tuple(filtered(line * 1000) for line in (b"x = f(1, 2, 3, [a, b, c], d + e)\n",) * 2)
    prints = tuple(fingerprint(text, NOTHING) for text in texts)
    found = aligned((texts[0], texts[1]), (prints[0], prints[1]))
    assert found.blocks
    assert set(found.first) == set(range(1, 1001))
