"""What is asked of a round of ``soak.py``, and how it tells how far it is."""

from __future__ import annotations

from dataclasses import dataclass

import click

TOLD_SECONDS = 10.0


class SoakError(click.ClickException):
    """The round could not be brought to its end."""


@dataclass(frozen=True)
class Order:
    """What is asked for.

    Attributes:
        submissions: how many.
        sandbox: kind.
        kills: of the main process.
        engine_restart: shell command; empty for none.
        cluster: workers; 0 for none.
        kill_worker: whether one of them is killed.
        jobs: of ``grader batch``; ``None`` for its own choice.
        seed: of the hidden inputs.
        all_tests: of the k-NN assignment, not 15 of them.
    """

    submissions: int
    sandbox: str
    kills: int
    engine_restart: str
    cluster: int
    kill_worker: bool
    jobs: int | None
    seed: int
    all_tests: bool


def say(text: str) -> None:
    """Tell how far it is."""
    click.echo(f"soak: {text}", err=True)
