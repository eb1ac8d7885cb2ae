"""How the command finds its verbs and datasets, and how it ends when something fails."""

import errno
import os
import sys
from contextlib import suppress
from typing import Any, Final

import click
from click.shell_completion import CompletionItem

from connector_build.cli.build import build_command
from connector_build.cli.completion import datasets
from connector_build.cli.ending import INTERRUPTED
from connector_build.cli.examples import FIRST, write_examples
from connector_build.errors import TRACEBACK, UsageProblem, as_problem

WHOLE: Final = 10_000
"""More characters than the first sentence of any help text has."""


class Commands(click.Group):
    """A group in which any name that is no verb is a dataset to build."""

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        return super().get_command(context, name) or build_command(name)

    def shell_complete(self, context: click.Context, incomplete: str) -> list[CompletionItem[str]]:
        """The verbs and options that begin so, and the datasets, which are built."""
        return [*super().shell_complete(context, incomplete), *datasets(incomplete)]

    def format_help_text(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        super().format_help_text(context, formatter)
        write_examples(formatter, FIRST)

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002  (click's)
        """Each verb with what it does, in full: click would cut that to one line."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, each.get_short_help_str(WHOLE)) for name, each in sorted(self.commands.items())])

    def main(self, *arguments: Any, **options: Any) -> Any:
        try:
            return super().main(*arguments, **options)
        except OSError as error:
            if not _is_of_output(error):
                raise
            _give_up_output(error)
            sys.exit(1)

    def invoke(self, context: click.Context) -> Any:
        try:
            return super().invoke(context)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except KeyboardInterrupt:
            click.echo("\nInterrupted.", err=True)
            raise click.exceptions.Exit(INTERRUPTED) from None
        except Exception as error:
            if os.environ.get(TRACEBACK) or _is_of_output(error):
                raise
            raise _as_click(error) from None


def _is_of_output(error: Exception) -> bool:
    """Whether it is our own output that cannot be written: an error of a file names that file."""
    refused = (errno.EPIPE, errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
    return isinstance(error, OSError) and error.filename is None and error.errno in refused


def _give_up_output(error: OSError) -> None:
    """Say why, unless the reader has gone; what is still to be written goes nowhere, or Python would complain at its end."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if error.errno != errno.EPIPE:
        with suppress(OSError):
            click.echo(f"Error: The output cannot be written: {error.strerror}.", err=True)


def _as_click(error: Exception) -> click.ClickException:
    """*error* as click shows it: one paragraph; exit 2 for wrong usage or configuration, 1 for everything else."""
    problem = as_problem(error)
    return _WrongUse(str(problem)) if isinstance(problem, UsageProblem) else click.ClickException(str(problem))


class _WrongUse(click.ClickException):
    exit_code = 2
