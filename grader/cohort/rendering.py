"""What a round tells, as text and as JSON. Names and messages of strangers are never obeyed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from grader.cohort.analysis import Analysis, CriterionFigures, Standing, Suspicion, TestFigures
from grader.cohort.reading import Round, Unscored
from grader.cohort.statistics import Figure, Reliability
from grader.report.console import new_console, text_of
from grader.report.text import number, one_line

SCHEMA_VERSION = 1
_SHOWN_CRITERIA = 5
_SHOWN_TESTS = 5
_SHOWN_NAMES = 10
_NAME_CHARACTERS = 60
_DIGITS = 4


def as_text(found: Round, told: Analysis | None, *, width: int = 100, color: bool = False) -> str:
    """Return a round as text that is read in a minute.

    Args:
        found: the round.
        told: what it tells; ``None`` where no submission was scored.
        width: columns.
        color: with ANSI colours; nothing is told by colour alone.
    """
    console = new_console(width, color)
    if told is None:
        console.print(Text("No submission was scored", style="bold"))
    else:
        _head(console, told)
        _exactness(console, told)
        _criteria(console, told)
        _tests(console, told)
        _skills(console, told)
    _apart(console, found)
    return text_of(console)


def as_json(found: Round, told: Analysis | None) -> str:
    """Return a round as JSON text, ASCII only; a figure that does not exist is null.

    Args:
        found: the round.
        told: what it tells; ``None`` where no submission was scored.
    """
    data = {
        "schema_version": SCHEMA_VERSION,
        "assessment": None if told is None else told.rubric.assessment,
        "bank_sha256": None if told is None else told.rubric.bank_sha256,
        "pass_mark": None if told is None else told.rubric.pass_mark,
        "round": None if told is None else _as_data(told),
        "left_out": [asdict(each) for each in found.left_out],
        "refused": [asdict(each) for each in found.refused],
        "faults": [asdict(each) for each in found.faults],
    }
    return json.dumps(data, indent=2, allow_nan=False) + "\n"


def signed(figure: Figure) -> str:
    """Return a correlation or alpha with two digits, or why there is none."""
    return figure.why_not if figure.value is None else f"{figure.value:.2f}".replace("-0.00", "0.00")


def rough(points: float) -> str:
    """Return points of an error with one digit: more of them would mean nothing."""
    return number(round(points, 1))


def _head(console: Console, told: Analysis) -> None:
    spread = told.distribution
    count = spread.count
    console.print(Text(f"{one_line(told.rubric.assessment, 80)}: {_counted(count, 'submission')}", style="bold"))
    line = Text(f"Median {number(spread.median)} of 100", style="bold")
    line.append(f"  quartiles {number(spread.lower_quartile)} and {number(spread.upper_quartile)},")
    line.append(f" from {number(spread.lowest)} to {number(spread.highest)}")
    console.print(line)
    console.print(Text(f"{told.passed} passed, {count - told.passed} did not (pass mark {_mark(told)})"))
    if told.is_rough:
        console.print(Text("Few submissions: all figures below are rough", style="yellow"))


def _exactness(console: Console, told: Analysis) -> None:
    exact = told.reliability
    _title(console, "How exact the scores are")
    rows = [("alpha", _alpha(exact)), ("error", _error(exact))]
    if told.whole is not None:
        rows.append(("complete", f"{_alpha(told.whole)}, among the {told.whole_count} that could be run whole"))
    if (margin := exact.difference_margin) is not None:
        pairs = len(told.standings) - 1
        rows.append(("ranking", f"{len(told.gaps)} of {pairs} neighbours differ by more than {rough(margin)} points"))
        rows.append(
            ("pass mark", f"{_counted(len(told.near_mark), 'submission')} within {_margin(exact)} points of it")
        )
    _facts(console, rows)
    _standings(console, told)


def _standings(console: Console, told: Analysis) -> None:
    """Those near the pass mark; of many the nearest."""
    mark, near = told.rubric.pass_mark, told.near_mark
    nearest = sorted(near, key=lambda standing: abs(standing.member.score - mark))[:_SHOWN_NAMES]
    table = _table("right", "left", "left")
    for standing in sorted(nearest, key=lambda standing: standing.rank):
        member = standing.member
        verdict = "passed" if member.passed else "not passed"
        table.add_row(Text(number(member.score)), Text(verdict), Text(one_line(member.name, _NAME_CHARACTERS)))
    if near:
        console.print(Padding(table, (0, 0, 0, 4)))
    _more(console, len(near) - _SHOWN_NAMES)


def _criteria(console: Console, told: Analysis) -> None:
    telling = told.telling()
    if not telling:
        _title(console, "Criteria")
        reasons = {figures.discrimination.why_not for figures in told.criteria}
        console.print(Padding(Text(f"No discrimination: {', or '.join(sorted(reasons))}"), (0, 0, 0, 2)))
        return
    best = telling[:_SHOWN_CRITERIA]
    least = telling[len(best) :][-_SHOWN_CRITERIA:]
    for title, shown in (("most", best), ("least", least[::-1])):
        if shown:
            _title(console, f"Criteria that tell {title}: correlation with the rest, share of points earned")
            console.print(Padding(_criteria_table(shown), (0, 0, 0, 2)))


def _criteria_table(shown: Sequence[CriterionFigures]) -> Table:
    table = _table("right", "right", "left", "left")
    for figures in shown:
        criterion = figures.criterion
        table.add_row(
            Text(signed(figures.discrimination)), Text(f"{figures.share:.0%}"),
            Text(one_line(criterion.title, 60)), Text(one_line(criterion.assignment, 40), style="dim"),
        )  # fmt: skip
    return table


def _tests(console: Console, told: Analysis) -> None:
    _title(console, "Tests to look at")
    for suspicion in Suspicion:
        suspects = told.suspects(suspicion)
        line = f"{suspicion.value}: {len(suspects)} of {len(told.tests)}"
        console.print(Padding(Text(line, style="" if suspects else "dim"), (0, 0, 0, 2)))
        for figures in suspects[:_SHOWN_TESTS]:
            console.print(Padding(Text(_suspect(figures)), (0, 0, 0, 4)))
        _more(console, len(suspects) - _SHOWN_TESTS)


def _suspect(figures: TestFigures) -> str:
    parts = figures.quarters
    line = f"{one_line(figures.test.id, 120)}  {one_line(figures.criterion.assignment, 40)}"
    if figures.suspicion is not Suspicion.REVERSED or parts is None:
        return line
    top, bottom = (f"{parts.top_passed} of {parts.top_count}", f"{parts.bottom_passed} of {parts.bottom_count}")
    return f"{line}: passed by {top} of the best quarter, {bottom} of the weakest"


def _skills(console: Console, told: Analysis) -> None:
    _title(console, "Skills: mean share of points earned, quartiles")
    table = _table("left", "right", "left")
    for figures in told.skills:
        shares = figures.shares
        middle = f"{shares.lower_quartile:.0%} to {shares.upper_quartile:.0%}"
        table.add_row(Text(figures.skill), Text(f"{shares.mean:.0%}"), Text(middle, style="dim"))
    console.print(Padding(table, (0, 0, 0, 2)))


def _apart(console: Console, found: Round) -> None:
    """Whoever has no place in the round; they are no zeros."""
    groups = (
        ("refused, cannot be read", found.refused),
        ("not scored, through a fault of ours", found.faults),
        ("left out, cannot be compared", found.left_out),
    )
    for title, entries in groups:
        if entries:
            _title(console, f"{_counted(len(entries), 'submission')} {title}")
            for entry in entries[:_SHOWN_NAMES]:
                console.print(Padding(Text(_unscored(entry)), (0, 0, 0, 2)))
            _more(console, len(entries) - _SHOWN_NAMES)


def _unscored(entry: Unscored) -> str:
    return f"{one_line(entry.name, _NAME_CHARACTERS)}: {one_line(entry.why, 200)}"


def _alpha(exact: Reliability) -> str:
    if exact.interval is None:
        return f"none: {exact.alpha.why_not}"
    low, high = (signed(Figure(end)) for end in exact.interval)
    return f"{signed(exact.alpha)} (95 % interval {low} to {high})"


def _error(exact: Reliability) -> str:
    if exact.error.value is None or exact.difference_margin is None:
        return f"none: {exact.error.why_not}"
    apart = rough(exact.difference_margin)
    return f"{rough(exact.error.value)} points: a score holds within ±{_margin(exact)}, a difference within ±{apart}"


def _margin(exact: Reliability) -> str:
    return rough(exact.score_margin or 0.0)


def _mark(told: Analysis) -> str:
    return number(told.rubric.pass_mark)


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _title(console: Console, text: str) -> None:
    console.print()
    console.print(Text(text, style="bold"))


def _facts(console: Console, rows: Sequence[tuple[str, str]]) -> None:
    table = _table("left", "left")
    for label, text in rows:
        table.add_row(Text(label, style="dim"), Text(text))
    console.print(Padding(table, (0, 0, 0, 2)))


def _table(*justify: Any) -> Table:
    table = Table(box=None, show_header=False, padding=(0, 1), pad_edge=False)
    for side in justify:
        table.add_column(justify=side, overflow="fold")
    return table


def _more(console: Console, count: int) -> None:
    if count > 0:
        console.print(Padding(Text(f"and {count} more; the page has them all", style="dim"), (0, 0, 0, 4)))


def _as_data(told: Analysis) -> dict[str, Any]:
    exact = told.reliability
    return {
        "distribution": _rounded(asdict(told.distribution)),
        "passed": told.passed,
        "seeds": told.seeds,
        "is_rough": told.is_rough,
        "reliability": _reliability(exact),
        "reliability_of_complete": None if told.whole is None else _reliability(told.whole),
        "complete": told.whole_count,
        "criteria": [_rounded(asdict(figures)) for figures in told.criteria],
        "tests": [_test(figures) for figures in told.tests],
        "ranking": [_standing(standing) for standing in told.standings],
        "gaps": [
            {"above": gap.above.rank, "below": gap.below.rank, "points": round(gap.points, 2)} for gap in told.gaps
        ],
        "skills": [_rounded(asdict(figures)) for figures in told.skills],
    }


def _reliability(exact: Reliability) -> Any:
    return _rounded(
        asdict(exact) | {"score_margin": exact.score_margin, "difference_margin": exact.difference_margin}
    )


def _test(figures: TestFigures) -> Any:
    criterion = {"assignment": figures.criterion.assignment, "criterion": figures.criterion.id}
    test = {"id": figures.test.id, "requirement": figures.test.requirement, "points": figures.test.points}
    rest = asdict(figures)
    del rest["test"], rest["criterion"]
    return _rounded(test | criterion | rest)


def _standing(standing: Standing) -> dict[str, Any]:
    member = standing.member
    kept = {name: getattr(member, name) for name in ("name", "source", "folder", "score", "passed", "problems")}
    rest = asdict(standing)
    del rest["member"]
    return {"rank": standing.rank, **kept, **_rounded(rest)}


def _rounded(value: Any) -> Any:
    """Plain data with no more digits than it has meaning."""
    if isinstance(value, float):
        return round(value, _DIGITS)
    if isinstance(value, dict):
        return {key: _rounded(inner) for key, inner in value.items()}
    return [_rounded(inner) for inner in value] if isinstance(value, (list, tuple)) else value
