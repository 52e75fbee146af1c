"""The command line."""

from __future__ import annotations

import click

from grader import __version__
from grader.cli.authoring import new, validate
from grader.cli.batching import batch, impact
from grader.cli.candidate import check, pack, start
from grader.cli.cohorts import cohort
from grader.cli.comparing import diff
from grader.cli.completing import completion
from grader.cli.giving import inspect, release
from grader.cli.gradebook import gradebook
from grader.cli.interviewing import interview
from grader.cli.marking import mark
from grader.cli.proving import verify
from grader.cli.questions import questions
from grader.cli.scoring import SCORE_EXIT_CODES, doctor, list_assignments, score
from grader.cli.similar import similar
from grader.endings import GraderGroup


@click.group(cls=GraderGroup, epilog=SCORE_EXIT_CODES, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="grader")
def main() -> None:
    """Score machine-learning take-homes.

    The hidden tests run here; the candidate's code runs in a sandbox and never meets them.

    \b
    Examples:
      grader start work && cd work && grader check
      grader score submission.zip
    """


main.add_section("For candidates", start, check, pack)
main.add_section("For staff", release, inspect, score, interview, verify, diff, list_assignments)
main.add_section("For a whole round", batch, cohort, similar, impact)
main.add_section("Written answers", gradebook, mark)
main.add_section("For authors of assignments", new, validate, questions)
main.add_section("For everybody", doctor, completion)
