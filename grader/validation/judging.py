"""What trials prove: pure functions from results to a verdict on a suite."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from grader.models import Assignment, Outcome
from grader.validation.specimens import Kind, Specimen
from grader.validation.trials import Result

KILL_RATE = 0.95
"""Share of the mutants that are not equivalent which a suite has to kill."""

_SHOWN_TESTS = 3


@dataclass(frozen=True)
class Standing:
    """One specimen after all its trials.

    Attributes:
        specimen: which.
        runs: how many trials it had.
        lost: by criterion, the seeds with which it was lost.
        failing: tests that did not pass in at least one trial, with what came back then.
        flaky: tests that passed with some seeds and did not with others.
        problem: why the gate does not hold because of it; empty if it does.
    """

    specimen: Specimen
    runs: int
    lost: Mapping[str, tuple[int, ...]]
    failing: Mapping[str, str]
    flaky: tuple[str, ...]
    problem: str = ""


@dataclass(frozen=True)
class Validation:
    """The verdict on one assignment's suite.

    Attributes:
        assignment: whose suite.
        seeds: that right solutions were tried with.
        tests: criterion by test id.
        right: the reference and the variants.
        trivial: solutions that do nothing.
        mistakes: wrong solutions that the bank keeps.
        mutants: machine-made ones, without those listed as equivalent; each ended at the first test that it lost.
        equivalent: mutants listed as equivalent.
        survivors: mutants that lost nothing.
        idle_tests: tests that failed for no mistake, and for no mutant that had come so far.
        unexercised: criteria that no mistake loses.
        problems: why the gate does not hold; empty if it does.
    """

    assignment: Assignment
    seeds: tuple[int, ...]
    tests: Mapping[str, str]
    right: tuple[Standing, ...]
    trivial: tuple[Standing, ...]
    mistakes: tuple[Standing, ...]
    mutants: tuple[Standing, ...]
    equivalent: tuple[Standing, ...]
    survivors: tuple[Specimen, ...]
    idle_tests: tuple[str, ...]
    unexercised: tuple[str, ...]
    problems: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """Whether verdicts of this suite can be trusted."""
        return not self.problems

    @property
    def kill_rate(self) -> float | None:
        """Share of the mutants that were killed; ``None`` if none was tried."""
        return 1 - len(self.survivors) / len(self.mutants) if self.mutants else None


def judge(assignment: Assignment, results: Iterable[Result], equivalent_ids: frozenset[str]) -> Validation:
    """Return the verdict on a suite.

    Args:
        assignment: whose suite.
        results: of all trials; several of one specimen are taken together.
        equivalent_ids: of the mutants that the bank lists as equivalent.
    """
    grouped = _by_specimen(results)
    reference = next(runs for runs in grouped if runs[0].trial.specimen.kind is Kind.REFERENCE)
    tests = {name: ending.criterion for name, ending in reference[0].endings.items()}
    standings = [_standing(runs) for runs in grouped]
    of = {kind: tuple(s for s in standings if s.specimen.kind is kind) for kind in Kind}
    mutants = tuple(s for s in of[Kind.MUTANT] if s.specimen.id not in equivalent_ids)
    equivalent = tuple(s for s in of[Kind.MUTANT] if s.specimen.id in equivalent_ids)
    survivors = tuple(s.specimen for s in mutants if not s.lost)
    wrong = [*of[Kind.MISTAKE], *mutants]
    lost_by_mistakes = {criterion for standing in of[Kind.MISTAKE] for criterion in standing.lost}
    unexercised = tuple(c.id for c in assignment.criteria if c.id not in lost_by_mistakes)
    problems = [f"{standing.specimen}: {standing.problem}" for standing in standings if standing.problem]
    problems += [f"no mistake loses {criterion}: add one to mistakes.toml" for criterion in unexercised]
    problems += _kill_problems(mutants, survivors, equivalent)
    return Validation(
        assignment=assignment,
        seeds=tuple(run.trial.seed for run in reference),
        tests=tests,
        right=of[Kind.REFERENCE] + of[Kind.VARIANT],
        trivial=of[Kind.TRIVIAL],
        mistakes=of[Kind.MISTAKE],
        mutants=mutants,
        equivalent=equivalent,
        survivors=survivors,
        idle_tests=tuple(name for name in tests if not any(name in standing.failing for standing in wrong)),
        unexercised=unexercised,
        problems=tuple(problems),
    )


def _by_specimen(results: Iterable[Result]) -> list[list[Result]]:
    grouped: dict[tuple[Kind, str], list[Result]] = {}
    for result in results:
        specimen = result.trial.specimen
        grouped.setdefault((specimen.kind, specimen.id), []).append(result)
    return list(grouped.values())


def _standing(runs: Sequence[Result]) -> Standing:
    specimen = runs[0].trial.specimen
    lost: dict[str, tuple[int, ...]] = {}
    failing: dict[str, str] = {}
    for run in runs:
        for criterion in sorted(run.lost):
            lost[criterion] = (*lost.get(criterion, ()), run.trial.seed)
        for name, ending in run.failures.items():
            failing.setdefault(name, ending.message or ending.outcome.value)
    passed = {name for run in runs for name, e in run.endings.items() if e.outcome is Outcome.PASSED}
    flaky = tuple(name for name in failing if name in passed)
    return Standing(specimen, len(runs), lost, failing, flaky, _problem(specimen, runs, lost, failing, passed))


def _problem(
    specimen: Specimen,
    runs: Sequence[Result],
    lost: Mapping[str, tuple[int, ...]],
    failing: Mapping[str, str],
    passed: set[str],
) -> str:
    """Why the gate does not hold because of one specimen; empty if it does."""
    if specimen.kind is Kind.TRIVIAL and passed:
        return f"does nothing and passes {_some(sorted(passed))}"
    if specimen.kind is Kind.MISTAKE:
        return _mistake_problem(specimen, runs, lost)
    if specimen.kind.is_right and (undue := sorted(set(lost) - specimen.loses)):
        tests = [name for run in runs for name, ending in run.failures.items() if ending.criterion in undue]
        name = tests[0]
        seeds = ", ".join(map(str, lost[undue[0]]))
        return f"is right, but loses {', '.join(undue)} with seed {seeds}: {name}: {failing[name]}"
    return ""


def _mistake_problem(specimen: Specimen, runs: Sequence[Result], lost: Mapping[str, tuple[int, ...]]) -> str:
    """A mistake has to lose what it declares, and nothing else, in every single trial."""
    kept = {c: [r.trial.seed for r in runs if c not in r.lost] for c in sorted(specimen.loses)}
    parts = [f"should lose {c}, but keeps it with seed {_listed(seeds)}" for c, seeds in kept.items() if seeds]
    for criterion in sorted(set(lost) - specimen.loses):
        tests = [name for r in runs for name, ending in r.failures.items() if ending.criterion == criterion]
        parts.append(
            f"should not lose {criterion}, but does with seed {_listed(lost[criterion])}:"
            f" {_some(list(dict.fromkeys(tests)))}"
        )
    return "; ".join(parts)


def _kill_problems(
    mutants: Sequence[Standing], survivors: Sequence[Specimen], equivalent: Sequence[Standing]
) -> list[str]:
    problems = []
    if mutants and (rate := 1 - len(survivors) / len(mutants)) < KILL_RATE:
        problems.append(
            f"{len(mutants) - len(survivors)} of {len(mutants)} mutants are killed ({rate:.1%}), fewer than"
            f" {KILL_RATE:.0%}: add tests for the survivors, or list them in equivalent.toml with the reason"
        )
    problems += [
        f"{s.specimen}: listed in equivalent.toml, but killed by {_some(list(s.failing))}: remove the entry"
        for s in equivalent
        if s.lost
    ]
    return problems


def _some(names: Sequence[str]) -> str:
    more = len(names) - _SHOWN_TESTS
    return ", ".join(names[:_SHOWN_TESTS]) + (f" and {more} more" if more > 0 else "")


def _listed(seeds: Iterable[int]) -> str:
    return ", ".join(map(str, seeds))
