"""Checks the repeats of a report: their arithmetic, and a replay of each further seed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import isfinite
from typing import Any

from grader.models import Assessment, Repeat, Report
from grader.repeating import LIMIT, as_repeat, seeds_from
from grader.report.claims import alike, differences, value
from grader.report.data import spread_as_data
from grader.report.reading import KeptReport
from grader.report.text import number
from grader.verifying.claims import Check, Claim, Scorer, compared, is_seed

REPEATS = "replay of the repeats"
_ROUNDING = 0.011
"""Points are kept with four digits and scores with two."""


def repeats_without_replay(claim: Claim) -> Check:
    """Check that the seeds follow from the first, the scores from the points, and the spread from the scores."""
    kept = claim.kept
    repeats = _kept_repeats(kept)
    if not repeats:
        return compared("repeats", "", ["they should be a list of seeds with their scores, but are not"])
    return compared("repeats", f"{len(repeats)} seeds and their spread", list(_wrong_repeats(claim, repeats)))


def _wrong_repeats(claim: Claim, repeats: Sequence[Repeat]) -> Iterator[str]:
    kept, pass_mark = claim.kept, claim.assessment.pass_mark
    if tuple(repeat.seed for repeat in repeats) != seeds_from(repeats[0].seed, len(repeats)):
        yield "the seeds do not follow from the first of them"
    if (repeats[0].seed, repeats[0].total) != (kept.provenance.get("seed"), kept.code_score):
        yield "the first is not the report's own seed and score"
    for repeat in repeats:
        total = _total(claim.assessment, repeat)
        if abs(repeat.total - total) > _ROUNDING:
            yield f"seed {repeat.seed}: score is {number(repeat.total)}, but its points give {number(total)}"
        if repeat.passed != (repeat.total >= pass_mark):
            yield f"seed {repeat.seed}: passed is {repeat.passed}, but the pass mark is {number(pass_mark)}"
    expected = spread_as_data(repeats)
    yield from (
        f"spread: {text}" for _, text in differences({"spread": kept.table.get("spread")}, {"spread": expected})
    )


def _total(assessment: Assessment, repeat: Repeat) -> float:
    weight = sum(assessment.weights.values())
    return sum(earned * assessment.weights[name] for (name, _), earned in repeat.earned.items()) / weight


def _kept_repeats(kept: KeptReport) -> tuple[Repeat, ...]:
    """What a report says of each seed; nothing if that cannot be read."""
    first = {key: criterion.earned for key, criterion in kept.criteria.items()}
    try:
        found = tuple(_kept_repeat(entry, first) for entry in kept.table["repeats"])
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
        return ()
    return found if len(found) <= LIMIT and all(_is_readable(repeat, first) for repeat in found) else ()


def _is_readable(repeat: Repeat, first: Mapping[tuple[str, str], float]) -> bool:
    numbers = (repeat.total, *repeat.earned.values())
    return is_seed(repeat.seed) and repeat.earned.keys() == first.keys() and all(map(isfinite, numbers))


def _kept_repeat(entry: Mapping[str, Any], first: Mapping[tuple[str, str], float]) -> Repeat:
    differing = {(each["assignment"], each["criterion"]): _points_of(each["earned"]) for each in entry["differing"]}
    if not isinstance(entry["passed"], bool) or len(differing) != len(entry["differing"]):
        raise TypeError("a verdict should be true or false, and a criterion should occur once")
    return Repeat(entry["seed"], _points_of(entry["score"]), entry["passed"], {**first, **differing})


def _points_of(said: Any) -> float:
    if isinstance(said, bool) or not isinstance(said, (int, float)):
        raise TypeError("points should be a number")
    return float(said)


def repeats_by_replay(claim: Claim, score_with: Scorer) -> Check:
    """Score the submission again with each further seed, and compare the points."""
    repeats = _kept_repeats(claim.kept)[1:]
    differing = [line for repeat in repeats for line in _other_repeat(repeat, score_with(repeat.seed))]
    return compared(REPEATS, f"{len(repeats)} further seeds give the same points", differing)


def _other_repeat(said: Repeat, again: Report) -> Iterator[str]:
    found = as_repeat(said.seed, again)
    for key, earned in found.earned.items():
        if not alike(said.earned.get(key), earned):
            where = f"seed {said.seed}, {', '.join(key)}"
            yield f"{where}: the report says {value(said.earned.get(key))} points, the replay gives {number(earned)}"
