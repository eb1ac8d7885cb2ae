"""What every verb has: examples in its help, and an end that tidies up when it is told to."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import click

from connector_build.cli.examples import VERBS, write_examples

INTERRUPTED: Final = 128 + signal.SIGINT
"""The exit code after Ctrl-C, as a shell has it."""


@contextmanager
def tidily() -> Iterator[None]:
    """Let temporary folders and child processes go before we do, where SIGTERM or SIGHUP tells us to end: with its exit code."""
    from connector_core.runtime.scripts.endings import Ended, endings

    try:
        with endings():
            yield
    except Ended as ended:
        raise click.exceptions.Exit(ended.code) from None


class Verb(click.Command):
    """A command of ours."""

    def format_help_text(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        super().format_help_text(context, formatter)
        write_examples(formatter, VERBS.get(self.name or "", ()))

    def invoke(self, context: click.Context) -> Any:
        with tidily():
            return super().invoke(context)
