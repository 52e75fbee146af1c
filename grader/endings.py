"""How commands end: an exit code for every failure, one clear line and the cure, and nothing left running."""

from __future__ import annotations

import os
import sys
import traceback
from difflib import get_close_matches
from typing import Any

import click

from grader.errors import ExitCode, GraderError
from grader.stopping import interrupts_remembered

_DEBUG = "grader.debug"

debug_option = click.option(
    "--debug",
    is_flag=True,
    expose_value=False,
    callback=lambda ctx, _parameter, value: ctx.find_root().meta.update({_DEBUG: value}),
    help="Show a traceback when something of ours fails.",
)


class GraderGroup(click.Group):
    """Gives every ending its exit code, a hint for a mistyped command, and commands by who they are for."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.sections: dict[str, list[str]] = {}

    def add_section(self, title: str, *commands: click.Command) -> None:
        """Add commands under a title of their own in the help."""
        for command in commands:
            self.add_command(command)
        self.sections[title] = [command.name or "" for command in commands]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        width = max(len(name) for name in self.commands)
        for title, names in self.sections.items():
            rows = [(n.ljust(width), self.commands[n].get_short_help_str(formatter.width - width - 6)) for n in names]
            with formatter.section(title):
                formatter.write_dl(rows)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            with interrupts_remembered():
                return super().invoke(ctx)
        except GraderError as error:
            _complain(str(error), error.cure)
            _show_traceback(ctx)
            ctx.exit(error.exit_code)
        except (KeyboardInterrupt, click.Abort):
            click.echo("grader: interrupted; nothing was scored, nothing is left running", err=True)
            ctx.exit(ExitCode.INTERRUPTED)
        except (click.exceptions.Exit, click.ClickException):
            raise
        except BrokenPipeError:
            # Whoever read our output has seen enough.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            ctx.exit(ExitCode.FAULT)
        except Exception as error:
            _complain(
                f"a bug in grader: {type(error).__name__}: {error}",
                "report it with the output of --debug; not scored",
            )
            _show_traceback(ctx)
            ctx.exit(ExitCode.FAULT)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            near = get_close_matches(args[0], self.list_commands(ctx), n=1)
            if near and "Did you mean" not in error.message:
                raise click.UsageError(f"{error.message} Did you mean {near[0]!r}?", ctx) from error
            raise


def _complain(message: str, cure: str) -> None:
    click.echo(f"grader: {' '.join(message.split())}", err=True)
    if cure:
        click.echo(f"        {' '.join(cure.split())}", err=True)


def _show_traceback(ctx: click.Context) -> None:
    if ctx.find_root().meta.get(_DEBUG):
        traceback.print_exc()
