"""`connector-build compare`."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from connector_build.cli.completion import complete_dataset
from connector_build.cli.ending import Verb
from connector_build.cli.options import choice_options, json_option
from connector_build.errors import UsageProblem

if TYPE_CHECKING:
    from rich.console import Console

    from connector_build.api.recording import Recording
    from connector_build.project.writer import Project


@click.command("compare", cls=Verb)
@click.argument("old", type=click.Path(path_type=Path))
@click.argument("new", shell_complete=complete_dataset)
@choice_options
@click.option("--pages", type=click.Path(path_type=Path), metavar="FILE", help="The recording that both are run over.")
@click.option(
    "--configuration",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Without --pages: the configuration of the new connector, to record the real API with first.",
)
@click.option(
    "--old-configuration",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The configuration of the old connector; configuration.json in its folder if not given.",
)
@click.option(
    "--max-requests", type=click.IntRange(min=1), default=100, show_default=True, metavar="N", help="Record at most so many."
)
@json_option
def compare_command(
    old: Path,
    new: str,
    pages: Path | None,
    configuration: Path | None,
    old_configuration: Path | None,
    max_requests: int,
    as_json: bool,
    **choice: Any,
) -> None:
    """Run a hand-written connector and a built one over one recording, and compare their tables row by row.

    OLD is the folder of the hand-written connector.py. NEW is a dataset, or a project that was built of one. Both run by
    `fivetran debug` in folders that are gone afterwards; the HTTP of the old one is led to the recording, whatever host it names.

    The exit code is 0 where nothing differs, 10 where the new connector is right wherever something does, and 20 where it is
    not, or the recording does not tell.
    """
    if (pages is None) is (configuration is None):
        raise UsageProblem("Say what both are run over: --pages FILE, or --configuration FILE to record the real API first.")
    from connector_build.project.output import write_project
    from connector_build.review.proof import comparing, proof, running, shown
    from connector_build.screen.printing import console, print_json
    from connector_build.screen.progress import lasting, status

    screen = console()
    running.check(old)
    given = running.configuration_of(old, old_configuration)
    project = _project(new, screen, quiet=as_json, **choice)
    recording = _recording(new, project, pages, configuration, max_requests, None if as_json else screen)

    def build(folder: Path) -> None:
        write_project(project, folder, force=True)

    sides = comparing.Sides(old, given, project.assembly, build)
    with status(None, "") if as_json else lasting(screen, "fivetran debug: both connectors") as update:
        found = comparing.compared(sides, recording, update)
    if as_json:
        print_json(comparing.as_json(found))
    else:
        shown.show(found, screen)
    raise click.exceptions.Exit(proof.EXITS[found.verdict])


def _project(new: str, console: "Console", *, quiet: bool, **choice: Any) -> "Project":
    """The project that NEW is, or is built into: for a built one, of the same dataset with the same options."""
    from rich.console import Console

    from connector_build.local.demo import demo_project

    name, options = new, choice
    if (lock := Path(new) / "connector.lock.json").is_file():
        name, options = _as_built(lock, choice)
    return demo_project(name, Console(quiet=True) if quiet else console, **options)


def _as_built(lock: Path, choice: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    from connector_build.review.diff import added_sources, read_lock

    found = read_lock(lock)
    if choice["enable"] or choice["disable"] or choice["undeclared"]:
        raise click.UsageError("NEW was built with options: leave out --enable, --disable and --undeclared, or name a dataset.")
    names, local = added_sources(found)
    if missing := [each for each in local if each not in [path.name for path in choice["files"]]]:
        raise UsageProblem(f"It was built with the local file {missing[0]}. Say where that is: --plugin-file PATH.")
    kept = {"enable": found["enabled"], "disable": found["disabled"], "undeclared": found.get("undeclared")}
    return found["dataset"], {**kept, "extensions": [*names, *choice["extensions"]], "files": choice["files"]}


def _recording(
    new: str, project: "Project", pages: Path | None, configuration: Path | None, most: int, console: "Console | None"
) -> "Recording":
    from connector_build.api.recording import Recording
    from connector_build.review import recorded

    if pages is not None:
        return Recording.load(pages)
    assert configuration is not None  # noqa: S101  (the caller has looked)
    asked = recorded.Asked(new, project.assembly, configuration, most)
    return recorded.read(asked, console, lambda said: click.echo(said, err=True))
