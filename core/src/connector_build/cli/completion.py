"""`connector-build completion`, and what a shell is told when somebody presses Tab."""

from typing import Final

import click
from click.shell_completion import CompletionItem, get_completion_class

from connector_build.cli.ending import Verb

SHELLS: Final = ("bash", "zsh", "fish")


def complete_dataset(_: click.Context, __: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
    """Files, since a file may be a dataset, and the installed datasets."""
    return [CompletionItem(incomplete, type="file"), *datasets(incomplete)]


def datasets(incomplete: str) -> list[CompletionItem[str]]:
    """The installed datasets that begin so; none of them is imported."""
    from connector_build.plugins.discovery import installed

    return [
        CompletionItem(each.name, help=" ".join(each.summary.split())) for each in installed() if each.name.startswith(incomplete)
    ]


@click.command("completion", cls=Verb)
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def completion_command(context: click.Context, shell: str) -> None:
    """Print what makes a shell complete commands, datasets and options.

    \b
    bash  in ~/.bashrc:
            source <(connector-build completion bash)
    zsh   in ~/.zshrc, behind compinit:
            source <(connector-build completion zsh)
    fish  in ~/.config/fish/config.fish:
            connector-build completion fish | source
    """
    made = get_completion_class(shell)
    assert made  # noqa: S101  (click has each of SHELLS)
    click.echo(made(context.find_root().command, {}, "connector-build", "_CONNECTOR_BUILD_COMPLETE").source())
