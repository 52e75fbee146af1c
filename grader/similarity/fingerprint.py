"""What is compared of a module: winnowed hashes of its code without names, comments and spacing.

Schleimer, Wilkerson, Aiken, Winnowing: Local Algorithms for Document Fingerprinting, SIGMOD 2003. copydetect filters
and winnows. Its own fingerprint is not used: it hashes with ``hash``, which every process does differently, so that
the same two modules would get other figures each time; and with boilerplate it drops code that recurs in a module.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from copydetect.utils import filter_code, winnow
from numpy.typing import NDArray

GRAM = 25
"""Characters of filtered code that a hash is over: nothing shorter is ever found alike."""

WINDOW = 6
"""Hashes in a row of which one is kept: what is alike in ``GRAM + WINDOW - 1`` characters is always found."""

CHARACTERS_LIMIT = 100_000
"""Characters of a module that are compared: the tokenizer takes about 15 seconds for a million hostile ones."""

_LINE_LIMIT = 500  # some of the tokenizer's patterns take time that grows with the square of a line
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
_MIX = np.uint64(0xBF58476D1CE4E5B9)

Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Filtered:
    """A module's code in which all names are alike.

    Attributes:
        text: without comments and spacing; variables are ``V``, functions ``F``, classes ``O``, strings ``S``.
        lines: of the source, 1-based, shape (len(text),): where each character comes from.
        is_cut: whether some of the source was left out because it is too long.
    """

    text: str
    lines: Integers
    is_cut: bool


@dataclass(frozen=True)
class Fingerprint:
    """What two modules are compared by.

    Attributes:
        hashes: of the grams that were kept, shape (n,).
        positions: of these in the filtered text, ascending, shape (n,).
        size: characters of the filtered text that they cover.
        is_cut: whether some of the source was left out because it is too long.
    """

    hashes: Integers
    positions: Integers
    size: int
    is_cut: bool


def filtered(source: bytes) -> Filtered:
    """Return the code of a module in which all names are alike.

    Args:
        source: in UTF-8; other bytes count as some character. It need not be valid Python.
    """
    numbers, kept, is_cut = _bounded(source)
    code = "\n".join(kept)
    text, offsets = filter_code(code, "module.py", "python")
    starts = np.cumsum([0, *(len(line) + 1 for line in kept)])
    where = np.searchsorted(starts, _origins(len(text), offsets), side="right") - 1
    lines = np.array([*numbers, 0], dtype=np.int64)[np.clip(where, 0, max(len(numbers) - 1, 0))]
    return Filtered(text, lines, is_cut)


def fingerprint(text: Filtered, boilerplate: Integers) -> Fingerprint:
    """Return what a module is compared by.

    Args:
        text: of the module.
        boilerplate: hashes of what everybody was given; they do not count.
    """
    hashes, positions = winnow(_grams(text.text), WINDOW, remove_duplicates=False)
    own = ~np.isin(hashes, boilerplate)
    return Fingerprint(hashes[own], positions[own], covered(positions[own]), text.is_cut)


def boilerplate_of(sources: Iterable[bytes]) -> Integers:
    """Return the hashes of all that everybody was given."""
    return np.unique(np.concatenate([np.zeros(0, np.int64), *(_grams(filtered(source).text) for source in sources)]))


def covered(positions: Integers) -> int:
    """Return how many characters the grams at these positions, ascending, cover."""
    return int(np.minimum(np.diff(positions), GRAM).sum()) + GRAM if len(positions) else 0


def _bounded(source: bytes) -> tuple[list[int], list[str], bool]:
    """Numbers and text of the lines that are not blank, and whether something was left out."""
    text = source.decode("utf-8", "replace").removeprefix("\ufeff")
    numbers: list[int] = []
    kept: list[str] = []
    left, is_cut = CHARACTERS_LIMIT, False
    for number, line in enumerate(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), 1):
        cut = line.rstrip()[:_LINE_LIMIT].rstrip()
        if not cut.strip():
            continue
        left -= len(cut) + 1
        if left < 0:
            return numbers, kept, True
        is_cut = is_cut or len(cut) < len(line.rstrip())
        numbers.append(number)
        kept.append(cut)
    return numbers, kept, is_cut


def _origins(count: int, offsets: Integers) -> Integers:
    """Where each character of a filtered text stands in the code that it was made of."""
    where = np.arange(count)
    rows = offsets[1:][offsets[1:, 0] >= 0]  # the first rows do not tell what is left out at the very beginning
    if not len(rows):
        return where
    removed = np.maximum.accumulate(rows[:, 1])  # those of classes say how long the name is, not what was left out
    found: Integers = where + removed[np.minimum(np.searchsorted(rows[:, 0], where), len(rows) - 1)]
    return found


def _grams(text: str) -> Integers:
    """Hashes of all runs of ``GRAM`` characters, of 52 bits, so that winnowing with floats tells them apart."""
    codes = np.frombuffer(text.encode("utf-32-le"), dtype="<u4").astype(np.uint64)
    count = max(len(codes) - GRAM + 1, 0)
    hashes = np.zeros(count, np.uint64)
    for offset in range(GRAM if count else 0):
        hashes = hashes * _MULTIPLIER + codes[offset : offset + count]
    hashes ^= hashes >> np.uint64(29)
    hashes *= _MIX
    return (hashes >> np.uint64(12)).astype(np.int64)
