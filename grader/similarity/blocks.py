"""Which lines of two modules belong together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from grader.similarity.fingerprint import GRAM, Filtered, Fingerprint, Integers

Marks = dict[int, tuple[int, ...]]

_RECURRENCES = 8
"""How many places of the same gram are tried; one that fills a module would take forever."""


@dataclass(frozen=True)
class Block:
    """Code that both modules have in the same order.

    Attributes:
        number: from 1, in the order of the first module.
        first: its first and last line in the first module, 1-based.
        second: its first and last line in the second module.
        characters: of filtered code.
    """

    number: int
    first: tuple[int, int]
    second: tuple[int, int]
    characters: int


@dataclass(frozen=True)
class Alignment:
    """How two modules belong together.

    Attributes:
        blocks: that both have, none overlapping another; where two would, the longer one stays whole.
        first: by line of the first module, the numbers of its blocks; none for what recurs and belongs to no block.
        second: the same of the second module.
    """

    blocks: tuple[Block, ...]
    first: Marks
    second: Marks


@dataclass(frozen=True)
class _Run:
    first: int
    second: int
    length: int


def aligned(texts: tuple[Filtered, Filtered], prints: tuple[Fingerprint, Fingerprint]) -> Alignment:
    """Return how two modules belong together.

    Args:
        texts: filtered code of both.
        prints: their fingerprints.
    """
    taken = tuple(np.zeros(len(text.text), dtype=bool) for text in texts)
    runs = sorted(_runs(*prints), key=lambda run: (-run.length, run.first, run.second))
    free = filter(None, (_free(run, *taken) for run in runs))
    chosen = sorted(free, key=lambda run: run.first)
    blocks = tuple(
        Block(number, _span(texts[0], run.first, run.length), _span(texts[1], run.second, run.length), run.length)
        for number, run in enumerate(chosen, 1)
    )
    marks = (_recurring(texts[0], prints[0], prints[1]), _recurring(texts[1], prints[1], prints[0]))
    for block, run in zip(blocks, chosen, strict=True):
        for text, mark, start in zip(texts, marks, (run.first, run.second), strict=True):
            for line in _lines(text, np.arange(start, start + run.length)):
                mark[line] = (*mark[line], block.number)
    return Alignment(blocks, *marks)


def _runs(first: Fingerprint, second: Fingerprint) -> Iterator[_Run]:
    """Grams that both have, joined where they follow each other at the same distance."""
    places: defaultdict[int, list[int]] = defaultdict(list)
    for gram, position in zip(second.hashes.tolist(), second.positions.tolist(), strict=True):
        if len(places[gram]) < _RECURRENCES:
            places[gram].append(position)
    starts = zip(first.hashes.tolist(), first.positions.tolist(), strict=True)
    shared = sorted((other - own, own) for gram, own in starts for other in places.get(gram, ()))
    begin = 0
    for n, (distance, own) in enumerate(shared, 1):
        if n == len(shared) or shared[n][0] != distance or shared[n][1] - own > GRAM:
            start = shared[begin][1]
            yield _Run(start, start + distance, own - start + GRAM)
            begin = n


def _free(run: _Run, first: NDArray[np.bool_], second: NDArray[np.bool_]) -> _Run | None:
    """The longest part of a run that no other run has, which it takes; none if that is short."""
    busy = first[run.first : run.first + run.length] | second[run.second : run.second + run.length]
    edges = np.concatenate([[-1], np.flatnonzero(busy), [len(busy)]])
    widest = int(np.argmax(np.diff(edges)))
    start, length = int(edges[widest]) + 1, int(edges[widest + 1] - edges[widest]) - 1
    if length < GRAM:
        return None
    found = _Run(run.first + start, run.second + start, length)
    first[found.first : found.first + length] = True
    second[found.second : found.second + length] = True
    return found


def _recurring(text: Filtered, own: Fingerprint, other: Fingerprint) -> Marks:
    shared = own.positions[np.isin(own.hashes, other.hashes)]
    return dict.fromkeys(_lines(text, np.unique((shared[:, None] + np.arange(GRAM)).ravel())), ())


def _lines(text: Filtered, positions: Integers) -> list[int]:
    lines: list[int] = np.unique(text.lines[positions]).tolist()
    return lines


def _span(text: Filtered, start: int, length: int) -> tuple[int, int]:
    return int(text.lines[start]), int(text.lines[start + length - 1])
