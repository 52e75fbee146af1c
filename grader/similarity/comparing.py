"""Compares the modules of a round with each other and with those of earlier rounds."""

from __future__ import annotations

import signal
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from heapq import nsmallest
from multiprocessing import get_context

import numpy as np

from grader.bank import Bank
from grader.similarity.blocks import aligned
from grader.similarity.comparison import Comparison, Pair, Side
from grader.similarity.fingerprint import Fingerprint, Integers, covered, filtered, fingerprint
from grader.similarity.given import given
from grader.similarity.handed_in import HandedIn, Round, digest
from grader.similarity.matching import Match, matches

MANY = 200
"""Modules from which several processes are worth their start."""

_CHUNK = 8
_NOTHING: Integers = np.zeros(0, np.int64)
_Each = Callable[[Callable[[HandedIn], Fingerprint], Iterable[HandedIn]], Iterable[Fingerprint]]


@dataclass(frozen=True)
class _Found:
    """Two modules that are alike, before their sources are read again."""

    first: HandedIn
    second: HandedIn
    match: Match

    @property
    def rank(self) -> tuple[float, int, str, str, str]:
        match = self.match
        return (-match.share, -match.characters, self.first.module, self.first.name, self.second.name)


def compare(
    handed_in: Round, bank: Bank, threshold: float, limit: int, say: Callable[[str], None], jobs: int = 1
) -> Comparison:
    """Return which modules of a round are alike.

    Args:
        handed_in: the round.
        bank: whose stubs, public tests and briefs everybody was given.
        threshold: share of a module, above 0 and up to 1, from which a pair counts as alike.
        limit: of pairs that are returned.
        say: told what takes long.
        jobs: processes that read modules.

    Raises:
        ResultsError: a module cannot be read.
    """
    known = given(bank)
    grouped: defaultdict[str, list[HandedIn]] = defaultdict(list)
    for module in handed_in.modules:
        grouped[module.module].append(module)
    alike: list[_Found] = []
    cut: list[tuple[str, str]] = []
    with _lanes(jobs if len(handed_in.modules) >= MANY else 1) as each:
        for name in sorted(grouped):
            group = grouped[name]
            say(f"comparing {len(group)} {name}.py")
            prints = _fingerprints(group, known.get(name, _NOTHING), each)
            cut += ((module.name, name) for module, one in zip(group, prints, strict=True) if one.is_cut)
            fresh = sum(not module.is_archived for module in group)
            alike += (_Found(group[m.first], group[m.second], m) for m in matches(prints, fresh, threshold))
    told = [found for found in alike if found.first.name != found.second.name]
    assignments = {module: a.name for a in bank.assessment.assignments for module in a.modules}
    return Comparison(
        threshold=threshold,
        submissions=handed_in.submissions,
        archived=handed_in.archived,
        modules=dict(sorted(Counter(module.module for module in handed_in.modules).items())),
        pairs=tuple(_pair(f, known, assignments) for f in nsmallest(limit, told, key=lambda f: f.rank)),
        found=len(told),
        same_name=len(alike) - len(told),
        cut=tuple(cut),
        not_asked=tuple(sorted(set(grouped) - set(known))),
        other_bank=bool(handed_in.banks - {bank.sha256}),
    )


@contextmanager
def _lanes(jobs: int) -> Iterator[_Each]:
    """A ``map`` that works in several processes; in this one if that is all there is."""
    if jobs == 1:
        yield map
        return
    context = get_context("spawn")  # a fork would take locks of numpy's threads along
    with ProcessPoolExecutor(jobs, context, initializer=_leave_interrupts) as pool:
        yield partial(pool.map, chunksize=_CHUNK)


def _leave_interrupts() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the process that started this one ends it


def _fingerprints(modules: Sequence[HandedIn], boilerplate: Integers, each: _Each) -> list[Fingerprint]:
    """Fingerprints of modules; the same file is read by the tokenizer once."""
    digests = [digest(module.read()) for module in modules]
    different = dict(zip(digests, modules, strict=True))
    made = each(partial(_fingerprint, boilerplate=boilerplate), different.values())
    known = dict(zip(different, made, strict=True))
    return [known[key] for key in digests]


def _fingerprint(module: HandedIn, boilerplate: Integers) -> Fingerprint:
    return fingerprint(filtered(module.read()), boilerplate)


def _pair(found: _Found, known: Mapping[str, Integers], assignments: Mapping[str, str]) -> Pair:
    name = found.first.module
    contents = (found.first.read(), found.second.read())
    texts = (filtered(contents[0]), filtered(contents[1]))
    boilerplate = known.get(name, _NOTHING)
    prints = (fingerprint(texts[0], boilerplate), fingerprint(texts[1], boilerplate))
    alignment = aligned(texts, prints)
    first = _side(found.first, _share(*prints), contents[0], alignment.first)
    second = _side(found.second, _share(prints[1], prints[0]), contents[1], alignment.second)
    return Pair(name, assignments.get(name, ""), first, second, found.match.characters, alignment.blocks)


def _side(module: HandedIn, share: float, content: bytes, marks: Mapping[int, tuple[int, ...]]) -> Side:
    return Side(module.name, module.source, module.is_archived, share, content, marks)


def _share(own: Fingerprint, other: Fingerprint) -> float:
    return covered(own.positions[np.isin(own.hashes, other.hashes)]) / own.size if own.size else 0.0
