"""What came of comparing a round."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from grader.similarity.blocks import Block

THRESHOLD = 0.6
"""Share of a module from which a pair is shown; docs/similarity.md has what it was chosen by."""


@dataclass(frozen=True)
class Side:
    """One module of a pair. Its texts are from strangers.

    Attributes:
        name: of the candidate.
        source: the file or folder that was handed in.
        is_archived: whether it is of an earlier round.
        share: of its own code that the other one covers, from 0 to 1; what everybody was given does not count.
        content: as it was handed in.
        marks: numbers of the blocks by line; none for what recurs and belongs to no block.
    """

    name: str
    source: str
    is_archived: bool
    share: float
    content: bytes
    marks: Mapping[int, tuple[int, ...]]


@dataclass(frozen=True)
class Pair:
    """Two modules that are alike.

    Attributes:
        module: name of both, without ``.py``.
        assignment: that it belongs to; empty if the bank does not ask for it.
        first: one of them, of this round.
        second: the other.
        characters: of filtered code in the one that is covered more.
        blocks: which lines belong together.
    """

    module: str
    assignment: str
    first: Side
    second: Side
    characters: int
    blocks: tuple[Block, ...]

    @property
    def is_same(self) -> bool:
        """Whether both are the same file, byte by byte."""
        return self.first.content == self.second.content


@dataclass(frozen=True)
class Comparison:
    """What came of comparing a round.

    Attributes:
        threshold: share from which a pair counts as alike.
        submissions: of this round.
        archived: submissions of earlier rounds.
        modules: how many were compared, by name.
        pairs: the most alike, those first.
        found: how many pairs there are in all.
        same_name: pairs beside these whose names are the same: one candidate, it is assumed.
        cut: name of the candidate and module of what is too long to be compared to its end.
        not_asked: modules that the bank does not ask for, so that what was given for them counts too.
        other_bank: whether some of the round was scored with another bank.
    """

    threshold: float
    submissions: int
    archived: int
    modules: Mapping[str, int]
    pairs: tuple[Pair, ...]
    found: int
    same_name: int
    cut: tuple[tuple[str, str], ...]
    not_asked: tuple[str, ...]
    other_bank: bool
