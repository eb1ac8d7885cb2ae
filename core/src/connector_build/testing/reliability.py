"""The fault matrix of every installed dataset, and the lies, written into a page of the documentation.

python -m connector_build.testing.reliability [--output docs/reliability.md] [--plugin-file PATH]...
"""

import importlib.util
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import count
from pathlib import Path

import click
from attrs import frozen
from rich.console import Console

from connector_build.errors import UsageProblem
from connector_build.plugins import discovery
from connector_build.sample import Sample
from connector_build.screen.markdown import folded, markdown_table
from connector_build.screen.progress import status
from connector_build.testing import lies_table
from connector_build.testing.matrix.faults import FAULTS
from connector_build.testing.matrix.further import FURTHER
from connector_build.testing.matrix.runs import FAILED, LOUD, NOT, RIGHT, Cell, run_matrix, with_everything
from connector_core.plugin.assembly import Assembly, Plugin, assemble

BEGIN = "<!-- matrix: begin. python -m connector_build.testing.reliability writes what follows. -->"
END = "<!-- matrix: end -->"
LIES_BEGIN = "<!-- lies: begin. python -m connector_build.testing.reliability writes what follows. -->"
LIES_END = "<!-- lies: end -->"


@frozen(hash=False)
class Column:
    """One column of the table: a connector, and what makes the records of its first table."""

    name: str
    assembly: Assembly
    sample: Sample | None = None


def columns(files: Iterable[Path]) -> Iterator[Column]:
    """Every installed dataset, and a dataset for each local plugin; what has options with all of them and with none."""
    for dataset in discovery.installed():
        sources = discovery.load(dataset.name)
        plugins = [Plugin(source.name, source.plugin, source.version) for source in sources]
        yield from _columns(dataset.name, plugins, discovery.sample(dataset.name))
    for path in files:
        yield from _columns(path.stem, [_local(path)])


def _columns(name: str, plugins: Sequence[Plugin], sample: Sample | None = None) -> Iterator[Column]:
    assembly = assemble(plugins)
    names = [option.name for option in assembly.options]
    yield Column(name, with_everything(assembly), sample)
    if names:
        yield Column(f"{name}, nothing enabled", assemble(plugins, disable=names), sample)


def _local(path: Path) -> Plugin:
    spec = importlib.util.spec_from_file_location(path.stem, path) if path.is_file() else None
    if spec is None or spec.loader is None:
        raise UsageProblem(f"--plugin-file {path}: there is no such Python file. Give the path of one .py file with hookimpls.")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return Plugin(path.name, module)


def table(results: Mapping[str, Sequence[Cell]], further: Mapping[str, Sequence[Cell]] | None = None) -> str:
    """What stands between the markers: figures, the table of faults and columns, and why some do not apply.

    further: results of the connectors that are more than a paged list, for a table of their own.
    """
    further = further or {}
    every = [cell for cells in (*results.values(), *further.values()) for cell in cells]
    figures = ", ".join(f"{sum(cell.outcome == outcome for cell in every)} {outcome}" for outcome in (RIGHT, LOUD, NOT))
    failed = sum(cell.outcome == FAILED for cell in every)
    rows = [[fault.name, fault.what, *(_ends(fault.name, cells) for cells in results.values())] for fault in FAULTS]
    lines = [
        f"{len(FAULTS)} faults, {len(results) + len(further)} connectors, {len(every)} cells: {figures}, {failed} failed.",
        "",
        folded("Each fault, and how it ends", markdown_table(["fault", "what happens", *results], rows)),
        *(_further(further) if further else ()),
    ]
    reasons = list(_reasons({**results, **further}))
    return "\n".join([*lines, "", folded("Why some do not apply", "\n".join(reasons))] if reasons else lines)


def _further(results: Mapping[str, Sequence[Cell]]) -> Iterator[str]:
    rows = [[fault.name, *(_shortly(_ends(fault.name, cells)) for cells in results.values())] for fault in FAULTS]
    yield from ("", folded("The same for tables that are more than a paged list", markdown_table(["fault", *results], rows)))


def _shortly(ends: str) -> str:
    words: Mapping[str, str] = {str(outcome): word for outcome, word in lies_table.WORDS.items()}
    return " / ".join(words[each] for each in ends.split(" / "))


def _ends(fault: str, cells: Iterable[Cell]) -> str:
    """What a cell of the table says: how both syncs end, once where they end alike."""
    first, incremental = [cell.outcome for cell in sorted(cells, key=lambda cell: cell.incremental) if cell.fault == fault]
    return first if first == incremental else f"{first} / {incremental}"


def _reasons(results: Mapping[str, Sequence[Cell]]) -> Iterator[str]:
    """Each reason for which a fault does not apply, with its faults and the connectors."""
    found: dict[str, tuple[dict[str, None], dict[str, None]]] = {}
    for name, cells in results.items():
        for cell in cells:
            if cell.outcome == NOT:
                faults, connectors = found.setdefault(cell.detail, ({}, {}))
                faults[cell.fault], connectors[name] = None, None
    for reason, (faults, connectors) in found.items():
        yield f"- {'; '.join(faults)}: {reason} ({'; '.join(connectors)})."


def written(page: str, text: str, begin: str = BEGIN, end: str = END) -> str:
    """*page* with *text* between its markers. Raises UsageProblem when it does not have both, once each."""
    between = re.compile(f"(?<={re.escape(begin)}\n).*?(?={re.escape(end)})", re.DOTALL)
    if page.count(begin) != 1 or len(between.findall(page)) != 1:
        raise UsageProblem(f"The page does not have the two lines between which the table goes. Write:\n{begin}\n{end}")
    return between.sub(lambda _: f"\n{text}\n\n", page)


def _run(column: Column, console: Console) -> list[Cell]:
    total, done = 2 * len(FAULTS), count(1)
    with status(console, column.name) as update:
        return run_matrix(
            column.assembly,
            column.sample,
            lambda cell: update(f"{column.name}: {next(done)} of {total} cells, last {cell.fault}"),
        )


@click.command()
@click.option("--output", type=click.Path(path_type=Path), default=Path("docs/reliability.md"), help="The page to write.")
@click.option("--plugin-file", "files", type=click.Path(path_type=Path), multiple=True, help="A further plugin to try.")
def main(output: Path, files: Sequence[Path]) -> None:
    """Run the fault matrix for every installed dataset, and the lies, and write the tables into a page of the documentation."""
    console = Console(stderr=True)
    try:
        empty = f"{BEGIN}\n{END}\n\n{LIES_BEGIN}\n{LIES_END}\n"
        page = output.read_text(encoding="utf-8") if output.is_file() else empty
        written(written(page, ""), "", LIES_BEGIN, LIES_END)  # rather now than after the run
        results = {column.name: _run(column, console) for column in list(columns(files))}
        further = {name: _run(Column(name, each), console) for family in FURTHER.values() for name, each in family.items()}
        lies = lies_table.told_to_all(console)
        page = written(written(page, table(results, further)), lies_table.tables(lies), LIES_BEGIN, LIES_END)
        output.write_text(page, encoding="utf-8")
    except UsageProblem as problem:
        raise click.UsageError(str(problem)) from None
    every = [*results.items(), *further.items(), *lies.items()]
    failed = [(name, cell) for name, cells in every for cell in cells if cell.outcome == FAILED]
    for name, cell in failed:
        click.echo(f"{name}: {cell}", err=True)
    click.echo(f"{output}: {len(dict(every))} connectors, {sum(len(cells) for _, cells in every)} cells, {len(failed)} failed")
    if failed:
        sys.exit(1)


if __name__ == "__main__":
    main()
