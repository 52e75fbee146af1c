"""Which modules of many are alike: by an index of the hashes that they share, so that not all pairs are compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from grader.similarity.fingerprint import GRAM, Fingerprint, Integers

LEAST = 200
"""Characters of filtered code, about a dozen lines, below which two modules are not called alike."""


@dataclass(frozen=True)
class Match:
    """Two modules that are alike, by their places in what was compared; ``first`` is below ``second``.

    Attributes:
        first: place of one.
        second: place of the other.
        share: of the code of the module that is covered more, from 0 to 1.
        characters: of filtered code that this is.
    """

    first: int
    second: int
    share: float
    characters: int


def matches(prints: Sequence[Fingerprint], fresh: int, threshold: float) -> list[Match]:
    """Return the pairs of which one module is covered by the other to a share of ``threshold`` or more.

    Args:
        prints: of the modules; the first ``fresh`` are those of this round.
        fresh: how many are of this round. What is older is not compared with what is older.
        threshold: above 0, up to 1.
    """
    postings = _Postings(prints)
    found: dict[tuple[int, int], Match] = {}
    for place, own in enumerate(prints):
        if own.size < LEAST:
            continue
        least = max(threshold * own.size, LEAST)
        counts = postings.covered(place, own, len(prints) if place < fresh else fresh, least)
        for other in np.flatnonzero(counts >= least):
            pair = (place, int(other)) if place < other else (int(other), place)
            match = Match(*pair, float(counts[other]) / own.size, int(counts[other]))
            if pair not in found or found[pair].share < match.share:
                found[pair] = match
    return [found[pair] for pair in sorted(found)]


class _Postings:
    """For each hash the modules that have it."""

    def __init__(self, prints: Sequence[Fingerprint]) -> None:
        self.count = len(prints)
        everything = np.concatenate([np.zeros(0, np.int64), *(one.hashes for one in prints)])
        owners = np.repeat(np.arange(self.count), [len(one.hashes) for one in prints])
        self.known, ids = np.unique(everything, return_inverse=True)
        pairs = np.unique(ids * max(self.count, 1) + owners)
        kind = np.uint16 if self.count < 2**16 else np.int64  # numpy sorts short integers many times faster
        self.modules = (pairs % max(self.count, 1)).astype(kind)
        self.starts = np.searchsorted(pairs // max(self.count, 1), np.arange(len(self.known) + 1))

    def covered(self, place: int, own: Fingerprint, among: int, least: float) -> Integers:
        """Characters of a module that each other one covers; 0 where it is below ``least``."""
        rows, others = self._shared(own)
        keep = (others < among) & (others != place)
        rows, others = rows[keep], others[keep]
        # One gram covers GRAM characters at most: whoever shares too few of them need not be measured.
        enough = np.bincount(others, minlength=self.count) * GRAM >= least
        rows, others = rows[enough[others]], others[enough[others]]
        order = np.argsort(others, kind="stable")
        others, positions = others[order], own.positions[rows[order]]
        steps = np.minimum(np.diff(positions, append=0), GRAM)
        steps[np.diff(others.astype(np.int64), append=-1) != 0] = GRAM
        return np.bincount(others, weights=steps, minlength=self.count).astype(np.int64)

    def _shared(self, own: Fingerprint) -> tuple[Integers, NDArray[np.integer]]:
        """For each gram of a module, by its row, each module that has it."""
        ids = np.searchsorted(self.known, own.hashes)
        counts = self.starts[ids + 1] - self.starts[ids]
        rows = np.repeat(np.arange(len(ids)), counts)
        before = np.repeat(np.cumsum(counts) - counts, counts)
        return rows, self.modules[np.arange(len(rows)) - before + np.repeat(self.starts[ids], counts)]
