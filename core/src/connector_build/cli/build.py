"""`connector-build DATASET`: writes its project."""

from pathlib import Path
from typing import Any

import click

from connector_build.cli.ending import Verb
from connector_build.cli.examples import of_build, write_examples
from connector_build.cli.options import choice_options, force_option, output_option


class _Build(Verb):
    """The command that builds a dataset. Of a name that is none, the name is what is wrong, and not what stands behind it."""

    def parse_args(self, context: click.Context, args: list[str]) -> list[str]:
        try:
            return super().parse_args(context, args)
        except click.UsageError:
            from connector_build.plugins.discovery import find

            find(self.name or "")
            raise

    def format_help_text(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        super().format_help_text(context, formatter)
        write_examples(formatter, of_build(self.name or "DATASET"))


def build_command(dataset: str) -> click.Command:
    @click.command(
        dataset,
        cls=_Build,
        help=f"Build the connector of the dataset {dataset}: an ordinary Fivetran project in dist/{_folder(dataset)}.",
    )
    @choice_options
    @click.option(
        "--pyproject", is_flag=True, help="Also write a pyproject.toml, for a package that many connections share: it has a name."
    )
    @output_option
    @force_option
    def build(output: Path | None, force: bool, **choice: Any) -> None:
        from connector_build.plugins.references import named
        from connector_build.project.making import build_into

        click.echo(build_into(output or Path("dist", named(dataset)), dataset, force=force, **choice))

    return build


def _folder(dataset: str) -> str:
    """What the folder is called, as far as help can say: a name that no dataset can have shows when it is built."""
    return Path(dataset.rpartition(".py:")[2]).stem if ".py" in dataset else dataset
