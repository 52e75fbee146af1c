"""The page with pairs of submissions that are alike, side by side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from grader.pages.page import rendered
from grader.pages.source import CHARACTERS_LIMIT, Listing, listing
from grader.similarity.comparison import Comparison, Pair, Side
from grader.similarity.rendering import notes, summary

SOURCES_LIMIT = 2_000_000
"""Bytes of sources in a page; a browser takes long for more. The pairs that are most alike have theirs."""


@dataclass(frozen=True)
class ShownSide:
    """One module of a pair, with its place in the page.

    Attributes:
        side: itself.
        listing: its source.
        leads: for the first line of each block and its number, the id of its first line on the other side.
    """

    side: Side
    listing: Listing
    leads: Mapping[tuple[int, int], str]


@dataclass(frozen=True)
class ShownPair:
    """A pair with its place in the page; no sides where the page has no room for the sources."""

    pair: Pair
    anchor: str
    sides: tuple[ShownSide, ...]


def similar_page(found: Comparison) -> str:
    """Return the page.

    Args:
        found: what came of comparing a round.
    """
    left, pairs = SOURCES_LIMIT, []
    for number, pair in enumerate(found.pairs, 1):
        left -= sum(min(len(side.content), CHARACTERS_LIMIT) for side in (pair.first, pair.second))
        pairs.append(_shown(pair, f"p{number}", with_sources=left >= 0))
    return rendered(
        "similar.html.j2",
        style="similar.css",
        title=f"Alike: {found.found} pairs",
        found=found,
        pairs=pairs,
        summary=summary(found),
        notes=notes(found),
    )


def _shown(pair: Pair, anchor: str, *, with_sources: bool) -> ShownPair:
    if not with_sources:
        return ShownPair(pair, anchor, ())
    first = _listing(pair, pair.first, f"{anchor}a")
    second = _listing(pair, pair.second, f"{anchor}b")
    to_second = {(block.first[0], block.number): second.anchor(block.second[0]) for block in pair.blocks}
    to_first = {(block.second[0], block.number): first.anchor(block.first[0]) for block in pair.blocks}
    return ShownPair(
        pair, anchor, (ShownSide(pair.first, first, to_second), ShownSide(pair.second, second, to_first))
    )


def _listing(pair: Pair, side: Side, prefix: str) -> Listing:
    # The page's tokenizer takes long for many blank lines of spaces, which nobody sees.
    lines = side.content.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
    return listing(f"{pair.module}.py", prefix, b"\n".join(line.rstrip(b" \t") for line in lines), {})
