"""The command ``connector-build``.

Everything beyond click is imported inside the commands, so that ``--help`` answers at once.
"""

import errno
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Any, TypeVar

import click

from connector_build.errors import BuildError, UsageProblem

if TYPE_CHECKING:
    from rich.console import Console

    from connector_build.api.sample import SampleTable
    from connector_build.plugins.discovery import Source
    from connector_build.project.writer import Project
    from connector_core.plugin.assembly import Assembly

F = TypeVar("F", bound=Callable[..., Any])
TRACEBACK = "CONNECTOR_BUILD_TRACEBACK"


class _Commands(click.Group):
    """A group in which any name that is no verb is a dataset to build."""

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        return super().get_command(context, name) or _build_command(name)

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
    from connector_core.basics.errors import ConfigurationError, ConnectorError
    from connector_core.basics.names import one_line
    from connector_core.plugin.assembly import UnknownOptionError

    known = isinstance(error, BuildError | ConnectorError)
    message = (
        str(error)
        if known
        else (
            f"connector-build itself failed, with {type(error).__name__}: {one_line(error)}. "
            f"Please report it, with what the same command prints when {TRACEBACK}=1 is set."
        )
    )
    wrong_use = isinstance(error, UsageProblem | UnknownOptionError | ConfigurationError)
    return _WrongUse(message) if wrong_use else click.ClickException(message)


class _WrongUse(click.ClickException):
    exit_code = 2


@click.group(
    cls=_Commands,
    subcommand_metavar="DATASET | COMMAND [OPTIONS]",
    context_settings={"help_option_names": ["-h", "--help"]},
    invoke_without_command=True,
)
@click.version_option(package_name="connector-core", prog_name="connector-build")
@click.option("--all", "build_all", is_flag=True, help="Build every connector that connectors.toml lists.")
@click.option(
    "--file", "fleet", type=click.Path(path_type=Path), metavar="FILE", help="With --all: the list; connectors.toml if not given."
)
@click.option("--force", is_flag=True, help="With --all: discard changes made by hand in earlier builds.")
@click.pass_context
def main(context: click.Context, build_all: bool, fleet: Path | None, force: bool) -> None:
    """Assemble installed dataset plugins into Fivetran Connector SDK projects.

    \b
    connector-build list              what is installed
    connector-build fts               write the connector of the dataset fts into dist/fts
    connector-build fts --help        the options of a build
    connector-build demo fts          try it on this machine, against a sample API
    connector-build check fts         what every plugin has to keep, rule by rule
    connector-build verify dist/fts   what was changed by hand since the build
    connector-build diff dist/fts     what building it again would change in the destination
    connector-build --all             every connector that connectors.toml lists
    """
    if context.invoked_subcommand is None:
        _without_command(context, build_all, fleet, force)
    elif build_all or fleet or force:
        raise click.UsageError("--all builds what a file lists: name no dataset or command beside it.")


def _without_command(context: click.Context, build_all: bool, fleet: Path | None, force: bool) -> None:
    if not build_all:
        if fleet or force:
            raise click.UsageError("--file and --force go with --all here.")
        click.echo(context.get_help())
        context.exit(2)
    from connector_build.fleet import builds as fleets

    outcomes = fleets.build_all(fleets.read_fleet(fleet or Path(fleets.FILE)), force=force, console=_console())
    fleets.show_outcomes(outcomes, _console())
    if not all(outcome.built for outcome in outcomes):
        context.exit(1)


def _names(_: click.Context, __: click.Parameter, values: Sequence[str]) -> tuple[str, ...]:
    """Names given as ``a,b`` or by repeating the option."""
    return tuple(name.strip() for value in values for name in value.split(",") if name.strip())


def _source_options(command: F) -> F:
    """The options that say which plugins a connector is assembled from, beyond the dataset's own."""
    options = [
        click.option(
            "--with", "extensions", multiple=True, callback=_names, metavar="NAMES", help="Installed extensions to add."
        ),
        click.option(
            "--plugin-file",
            "files",
            multiple=True,
            type=click.Path(path_type=Path),
            metavar="PATH",
            help="A local Python file with hookimpls to add.",
        ),
    ]
    for option in reversed(options):
        command = option(command)
    return command


def _choice_options(command: F) -> F:
    """The options that say what a connector is assembled from, and what of it is on."""
    options = [
        click.option(
            "--enable",
            multiple=True,
            callback=_names,
            metavar="NAMES",
            help="Transforms and extra tables to switch on, with commas.",
        ),
        click.option(
            "--disable", multiple=True, callback=_names, metavar="NAMES", help="Transforms and extra tables to switch off."
        ),
        _source_options,
    ]
    for option in reversed(options):
        command = option(command)
    return command


_output_option = click.option(
    "--output", type=click.Path(path_type=Path), metavar="FOLDER", help="Where to write; dist/DATASET if not given."
)
_force_option = click.option(
    "--force",
    is_flag=True,
    help="Discard changes made by hand in an earlier build, and build anew where its lock is damaged or missing.",
)
_json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON, for a script.")


class _Build(click.Command):
    """The command that builds a dataset. Of a name that is none, the name is what is wrong, and not what stands behind it."""

    def parse_args(self, context: click.Context, args: list[str]) -> list[str]:
        try:
            return super().parse_args(context, args)
        except click.UsageError:
            from connector_build.plugins.discovery import find

            find(self.name or "")
            raise


def _build_command(dataset: str) -> click.Command:
    @click.command(
        dataset, cls=_Build, help=f"Build the connector of the dataset {dataset}: an ordinary Fivetran project in dist/{dataset}."
    )
    @_choice_options
    @_output_option
    @_force_option
    def build(output: Path | None, force: bool, **choice: Any) -> None:
        from connector_build.project.output import write_project

        project, _ = _make(dataset, **choice)
        folder = output or Path("dist", dataset)
        written = write_project(project, folder, force=force)
        _report(project, folder, rebuilt=written.rebuilt, missing=written.missing_settings)

    return build


def _assemble(
    dataset: str,
    enable: Sequence[str] = (),
    disable: Sequence[str] = (),
    extensions: Sequence[str] = (),
    files: Sequence[Path] = (),
) -> "tuple[Assembly, list[Source]]":
    from connector_build.plugins.discovery import load
    from connector_core.plugin.assembly import Plugin, assemble

    sources = load(dataset, extensions, files)
    return assemble([Plugin(source.name, source.module, source.version) for source in sources], enable, disable), sources


def _make(dataset: str, **choice: Any) -> "tuple[Project, Assembly]":
    from connector_build.plugins.discovery import core
    from connector_build.project.writer import make_project

    assembly, sources = _assemble(dataset, **choice)
    return make_project(dataset, assembly, core(), sources), assembly


def _report(project: "Project", folder: Path, *, rebuilt: bool, missing: Sequence[str]) -> None:
    """Say what was built, what is in it, and what to type next."""
    from connector_build.project.readme import reading

    assembly = project.assembly
    made_of = ", ".join(f"{plugin.name} {plugin.version}".strip() for plugin in assembly.plugins)
    off = [option.name for option in assembly.options if not option.enabled]
    on = [option.name for option in assembly.options if option.enabled]
    lines = [
        f"{'Rebuilt' if rebuilt else 'Built'} {folder} from {made_of}",
        f"  tables        {', '.join(project.tables)}",
        f"  enabled       {', '.join(on) or 'nothing beyond the source tables'}",
        *([f"  can enable    {', '.join(off)}"] if off else []),
        f"  needs there   {', '.join(f'{name}=={version}' for name, version in project.requirements.items())}",
        *(f"  each sync     {reading(plan).replace('`', '')}" for plan in assembly.tables),
        *([f"  not set yet   {', '.join(missing)} in the configuration.json that was kept"] if missing else []),
        "Next:",
        *(["  fill in " + str(folder / "configuration.json")] if not rebuilt or missing else []),
        f"  cd {quote(str(folder))} && ./debug_and_reset.sh",
        f"  cd {quote(str(folder))} && ./deploy.sh",
    ]
    click.echo("\n".join(lines))


@main.command("list")
@_json_option
def list_command(as_json: bool) -> None:
    """List installed datasets, their versions and what each can enable; imports none of them."""
    from connector_build.plugins.discovery import installed
    from connector_build.project.describe import show_list

    rows = [
        {
            "dataset": each.name,
            "distribution": each.distribution,
            "version": each.version,
            "summary": each.summary,
            "options": list(each.options),
            "problem": each.problem,
        }
        for each in installed()
    ]
    if as_json:
        _echo_json(rows)
    else:
        show_list(rows, _console())


@main.command("show")
@click.argument("dataset")
@_choice_options
@_json_option
def show_command(dataset: str, as_json: bool, **choice: Any) -> None:
    """Show a dataset's settings, tables, columns, paging and options, and where each comes from."""
    from connector_build.project.describe import describe, show

    assembly, sources = _assemble(dataset, **choice)
    description = describe(assembly, dataset=dataset, versions={source.name: source.version for source in sources})
    if as_json:
        _echo_json(description)
    else:
        show(description, _console())


@main.command("debug")
@click.argument("dataset")
@_choice_options
@_output_option
@_force_option
@click.option(
    "--configuration",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The configuration; configuration.json of the project if not given.",
)
@click.option("--reset", is_flag=True, help="Forget the state and the tables of earlier runs first.")
def debug_command(dataset: str, output: Path | None, force: bool, configuration: Path | None, reset: bool, **choice: Any) -> None:
    """Build a dataset's connector and run `fivetran debug` on it, against the configured API."""
    from connector_build.local import fivetran
    from connector_build.project.configuration import check_configuration
    from connector_build.project.output import write_project

    project, assembly = _make(dataset, **choice)
    folder = output or Path("dist", dataset)
    write_project(project, folder, force=force)
    file = (configuration or folder / "configuration.json").absolute()
    check_configuration(assembly, file)
    if reset:
        fivetran.reset(folder)
    run = fivetran.debug(folder, file, on_line=fivetran.without_traceback(click.echo))
    # Not the exit code: a connector that ends itself in the middle of a sync leaves it at 0.
    if run.error:
        raise BuildError(run.error)


@main.command("check")
@click.argument("dataset")
@_source_options
@click.option("--rule", "rules", multiple=True, callback=_names, metavar="NAMES", help="Only this rule; repeat for several.")
@click.option("--pages", type=click.Path(path_type=Path), metavar="FILE", help="Recorded pages that stand in for the API.")
@click.option("--live", is_flag=True, help="Instead of the contract, compare one page of the real API with what is declared.")
@click.option(
    "--configuration", type=click.Path(path_type=Path), metavar="FILE", help="The configuration to ask the real API with."
)
@_json_option
def check_command(
    dataset: str, live: bool, configuration: Path | None, rules: Sequence[str], pages: Path | None, as_json: bool, **sources: Any
) -> None:
    """Check that a dataset's plugin keeps the contract, or with --live that it declares what its API sends.

    Exit code 1 when it does not. Nothing is delivered, and without --live no API is asked.
    """
    _check_options(live, configuration, rules, pages)
    if configuration is not None:
        fails = _check_live(dataset, configuration, as_json, **sources)
    else:
        fails = _check_contract(dataset, as_json, rules=rules, pages=pages, **sources)
    if fails:
        raise click.exceptions.Exit(1)


def _check_options(live: bool, configuration: Path | None, rules: Sequence[str], pages: Path | None) -> None:
    if live and configuration is None:
        raise UsageProblem("--live needs to know how to ask the API. Add --configuration dist/DATASET/configuration.json.")
    if configuration is not None and not live:
        raise UsageProblem("--configuration is for --live: the contract is checked without any API. Leave it out, or add --live.")
    if live and (rules or pages is not None):
        raise UsageProblem("--live asks the real API and checks no rule. Leave out --rule and --pages, or --live.")


def _check_contract(dataset: str, as_json: bool, **options: Any) -> bool:
    """Whether a rule of the contract is broken; prints what was found."""
    from connector_build.plugins.discovery import find
    from connector_build.review import check

    find(dataset)
    console = _console()
    findings = check.run_contract(dataset, console=None if as_json else console, **options)
    if as_json:
        _echo_json(check.as_json(findings))
    else:
        check.show(findings, console)
    return any(finding.status == "fail" for finding in findings)


def _check_live(dataset: str, configuration: Path, as_json: bool, **sources: Any) -> bool:
    """Whether the API sends something else than is declared; prints what was found."""
    from connector_build.review import live
    from connector_build.review.check import status

    assembly, _ = _assemble(dataset, **sources)
    values, remarks = live.read_values(assembly, configuration)
    for remark in remarks:
        click.echo(f"{configuration}: {remark}.", err=True)
    console = _console()
    with status(None if as_json else console, f"{dataset}: asking the API") as update:
        compared = live.compare(assembly, values, live.StatusLog(update))
    if as_json:
        _echo_json(live.as_json(compared))
    else:
        live.show(compared, console)
    return any(each.breaks for each in compared)


@main.command("verify")
@click.argument("path", type=click.Path(path_type=Path))
@_json_option
def verify_command(path: Path, as_json: bool) -> None:
    """Say what was changed by hand in a built project, a folder or a zip of one, since connector-build wrote it.

    Exit code 1 when anything was.
    """
    from connector_build.review import verify

    verdict = verify.verify(path)
    if as_json:
        _echo_json(verify.as_json(path, verdict))
    else:
        verify.show(path, verdict, _console())
    if verdict.differences:
        raise click.exceptions.Exit(1)


@main.command("diff")
@click.argument("old", type=click.Path(path_type=Path))
@click.argument("new", type=click.Path(path_type=Path), required=False)
@_source_options
@_json_option
@click.pass_context
def diff_command(
    context: click.Context, old: Path, new: Path | None, as_json: bool, extensions: Sequence[str], files: Sequence[Path]
) -> None:
    """Say what a new build means for a destination that the old one has filled.

    OLD and NEW are built projects, zips of them, or their locks. Without NEW, OLD is compared with what its own dataset,
    extensions and options would be built into now; local plugin files that it was built with have to be named.

    The exit code is 0 where all is safe, 10 where something asks for a re-sync, and 20 where something would break.
    """
    from connector_build.review import diff

    before = diff.read_lock(old)
    if new and (extensions or files):
        raise click.UsageError("--with and --plugin-file say what to build now: leave them out, or NEW.")
    after = diff.read_lock(new) if new else _lock_of_now(before, extensions, files)
    changes = diff.compare(before, after)
    if as_json:
        _echo_json(diff.as_json(changes))
    else:
        diff.show(str(old), str(new) if new else "what would be built now", changes, _console())
    context.exit(diff.LEVELS[diff.verdict(changes)])


def _lock_of_now(before: Mapping[str, Any], extensions: Sequence[str], files: Sequence[Path]) -> Mapping[str, Any]:
    """The lock that the same dataset, with the same extensions and options, would have if it were built now."""
    import json

    from connector_build.project.writer import LOCK
    from connector_build.review.diff import added_sources

    names, local = added_sources(before)
    if missing := [name for name in local if name not in [path.name for path in files]]:
        raise UsageProblem(f"It was built with the local file {missing[0]}. Say where that is: --plugin-file PATH.")
    project, _ = _make(
        before["dataset"],
        enable=before["enabled"],
        disable=before["disabled"],
        extensions=[*names, *extensions],
        files=files,
    )
    lock: Mapping[str, Any] = json.loads(project.files[LOCK])
    return lock


@main.command("demo")
@click.argument("dataset")
@_choice_options
@_output_option
def demo_command(dataset: str, output: Path | None, **choice: Any) -> None:
    """Go the whole road on this machine: sample API, build, `fivetran debug` twice, rows, counts, next state."""
    from connector_build.local.demo import run_demo
    from connector_build.project.output import write_project

    project, assembly = _make(dataset, **choice)
    folder = output or Path("dist", f"demo-{dataset}")
    run_demo(
        dataset=dataset,
        tables=_sample_tables(dataset, assembly),
        table_names=project.tables,
        build=lambda target: write_project(project, target, force=True),
        project=folder,
        console=_console(),
        plans=assembly.tables,
    )


@main.command("serve")
@click.argument("datasets", nargs=-1)
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="0 for any free one.")
@click.option("--api-key", default="sample-key", show_default=True, help="The key that the API asks for.")
@click.option("--seed", type=int, default=0, show_default=True, help="The same seed gives the same records and cursors.")
@click.option(
    "--fault",
    "faults",
    multiple=True,
    metavar="FAULT",
    help="Misbehave, such as status=429,retry_after=2,times=3; see above, and repeat for several.",
)
def serve_command(datasets: Sequence[str], port: int, api_key: str, seed: int, faults: Sequence[str]) -> None:
    """Serve the sample APIs of the installed datasets, until Ctrl-C.

    \b
    A FAULT is one of
      status=CODE      answer with this status; with retry_after=SECONDS, or a date
      drop             close the connection without an answer
      truncate         send less than was promised
      html             a web page, and no JSON
      loop             a next_cursor that leads back to the same page
      expire           forget every cursor
      latency=SECONDS  wait first; goes with each of the others
    and behind it, with a comma, times=N for the next N requests, or every=K for each Kth one.
    """
    from connector_build.api.serving import serve_until_interrupted

    if datasets:
        tables = [table for name in datasets for table in _sample_tables(name, _assemble(name)[0])]
    else:
        tables = _every_sample_table()
    serve_until_interrupted(tables, port=port, api_key=api_key, seed=seed, faults=faults)


def _every_sample_table() -> "list[SampleTable]":
    """The sample tables of every installed dataset that has some; one that is broken is named and passed over."""
    from connector_build.plugins.discovery import installed, sample
    from connector_core.basics.errors import PluginError

    tables = []
    for each in installed():
        try:
            if each.problem is None and sample(each.name) is not None:
                tables += _sample_tables(each.name, _assemble(each.name)[0])
        except (BuildError, PluginError) as error:
            click.echo(f"Left out: {error}", err=True)
    return tables


def _sample_tables(dataset: str, assembly: "Assembly") -> "list[SampleTable]":
    """What the sample API of a dataset serves: its first source table, with the records that the plugin makes up."""
    from connector_build.api.sample import SampleTable
    from connector_build.plugins.discovery import sample

    made_up = sample(dataset)
    if made_up is None:
        raise BuildError(
            f"The dataset {dataset} describes no sample records, so there is no sample API to run it against. "
            "Write a module with SAMPLE = Sample(...) into its package, and name it in its pyproject.toml, below "
            f'[project.entry-points.connector_core_samples]: {dataset} = "THE_PACKAGE.sample:SAMPLE" (docs/tutorial.md, step 5). '
            "Then install the plugin again."
        )
    table = assembly.tables[0].table
    size = next(setting for setting in assembly.settings if setting.name == "page_size")
    bounds = (size.minimum or 1, size.maximum or 1000, int(size.default or 100))
    return [SampleTable(dataset, table.name, table.path, table.records, table.columns, made_up, bounds)]


def _console() -> "Console":
    from rich.console import Console

    return Console(soft_wrap=not sys.stdout.isatty(), highlight=False)


def _echo_json(value: Any) -> None:
    import json

    click.echo(json.dumps(value, indent=2))
