"""The proof of a suite, from top to bottom: load, run, judge."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from grader.bank import Bank
from grader.errors import BankError
from grader.models import Assignment, Outcome
from grader.validation.judging import Validation, judge
from grader.validation.mutants import equivalent_of, mutants
from grader.validation.specimens import Specimen, load_specimens
from grader.validation.trials import Result, Trial, with_limits, without_speed

_PATIENCE = 10.0
_SHORTEST_CALL_SECONDS = 1.0


@dataclass(frozen=True)
class Effort:
    """How much is tried.

    Attributes:
        seeds: that right solutions are tried with.
        mistake_seeds: that mistakes are tried with.
        mutants: how many machine-made wrong solutions.
    """

    seeds: tuple[int, ...] = (0, 1, 2)
    mistake_seeds: tuple[int, ...] = (0,)
    mutants: int = 100


class Runner(Protocol):
    """What runs trials."""

    def run(self, trials: Iterable[Trial], progress: Callable[[Result], None]) -> list[Result]:
        """Return the results of trials, in their order; each is told when it is known."""


class Progress:
    """Told what is going on; this one tells nobody."""

    def expect(self, trials: int) -> None:
        """So many trials more are going to be run."""

    def done(self, result: Result) -> None:
        """One of them has been run."""


def prove(bank: Bank, name: str, runner: Runner, effort: Effort, progress: Progress) -> Validation:
    """Try a suite on all specimens and return the verdict.

    Args:
        bank: where it is.
        name: of the assignment.
        runner: runs trials.
        effort: how much is tried.
        progress: is told.

    Raises:
        BankError: the bank is wrong; the message names the file and the cure.
        SuiteError: a hidden test is broken.
        SandboxError: a sandbox cannot be had or was lost.
    """
    assignment = bank.assignment(name)
    kept = load_specimens(bank, assignment)

    def run(trials: Sequence[Trial]) -> list[Result]:
        progress.expect(len(trials))
        return runner.run(trials, progress.done)

    first = run([Trial(assignment, kept.trivial[0], 0), Trial(assignment, kept.reference, effort.seeds[0])])
    _check_rubric(assignment, first[0], bank)
    _check_stub(first[0], bank)
    made = mutants(kept.reference.modules, effort.mutants)
    equivalent_ids = frozenset(m.id for m in made if equivalent_of(m, kept.equivalents) is not None)
    quick = _quick(assignment, first[1])
    main = run(
        [
            *_at(assignment, [kept.reference], effort.seeds[1:]),
            *_at(assignment, kept.variants, effort.seeds),
            *_at(assignment, kept.trivial[1:], (0,)),
            *_at(assignment, kept.mistakes, effort.mistake_seeds),
            *(
                # Those that are said to be equivalent come to an end, and short limits must not kill them.
                Trial(
                    assignment if m.id in equivalent_ids else quick, m, 0, without_speed(assignment), until_lost=True
                )
                for m in made
            ),
        ]
    )
    speed = frozenset(c.id for c in assignment.criteria) - without_speed(assignment)
    alive = [r.trial.specimen for r in main if r.trial.criteria is not None and not r.lost]
    last = run([Trial(assignment, mutant, 0, speed, until_lost=True) for mutant in alive]) if speed else []
    return judge(assignment, [*first, *main, *last], equivalent_ids)


def _at(assignment: Assignment, specimens: Iterable[Specimen], seeds: Iterable[int]) -> Iterator[Trial]:
    seeds = tuple(seeds)
    return (Trial(assignment, specimen, seed) for specimen in specimens for seed in seeds)


def _quick(assignment: Assignment, reference: Result) -> Assignment:
    """The assignment with limits that the reference stays far below: mutants often hang."""
    speed = without_speed(assignment)
    longest = max((e.cpu_seconds for e in reference.endings.values() if e.criterion in speed), default=0.0)
    return with_limits(assignment, max(_SHORTEST_CALL_SECONDS, _PATIENCE * longest))


def _check_rubric(assignment: Assignment, result: Result, bank: Bank) -> None:
    """Every test belongs to a criterion, and every criterion has a test."""
    path = bank.root / "assignments" / assignment.name / "assignment.toml"
    suite = bank.suite(assignment.name)
    known = [criterion.id for criterion in assignment.criteria]
    for name, ending in result.endings.items():
        if ending.criterion not in known:
            raise BankError(
                f"{suite / name}: its criterion is {ending.criterion!r}, which {path} does not have",
                cure=f"mark it @pytest.mark.criterion(…) with one of {', '.join(known)}",
            )
    tested = {ending.criterion for ending in result.endings.values()}
    for criterion in known:
        if criterion not in tested:
            raise BankError(
                f"{path}: no hidden test belongs to the criterion {criterion}",
                cure=f'mark a test in {suite} with @pytest.mark.criterion("{criterion}"), or remove the criterion',
            )


def _check_stub(result: Result, bank: Bank) -> None:
    for name, ending in result.endings.items():
        if ending.outcome is Outcome.PASSED:
            raise BankError(
                f"{bank.suite(result.trial.assignment.name) / name}: the test passes for the untouched stub",
                cure="have it see a right answer first, then whatever else it asks for",
            )
