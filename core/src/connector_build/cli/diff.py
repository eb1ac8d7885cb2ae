"""`connector-build diff`."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from connector_build.cli.ending import Verb
from connector_build.cli.options import json_option, source_options
from connector_build.errors import UsageProblem


@click.command("diff", cls=Verb)
@click.argument("old", type=click.Path(path_type=Path))
@click.argument("new", type=click.Path(path_type=Path), required=False)
@source_options
@json_option
@click.pass_context
def diff_command(
    context: click.Context, old: Path, new: Path | None, as_json: bool, extensions: Sequence[str], files: Sequence[Path]
) -> None:
    """Say what a new build means for a destination that the old one has filled.

    OLD and NEW are built projects, zips of them, or their locks. Without NEW, OLD is compared with what its own dataset,
    extensions and options would be built into now; local plugin files that it was built with have to be named. A NEW that is a
    Python file, or one of the datasets in it, is the dataset that would be built now.

    The exit code is 0 where all is safe, 10 where something asks for a re-sync, and 20 where something would break.
    """
    from connector_build.plugins.references import is_python
    from connector_build.review import diff
    from connector_build.screen.printing import console, print_json

    before = diff.read_lock(old)
    built = new if new and not is_python(str(new)) else None
    if built and (extensions or files):
        raise click.UsageError("--with and --plugin-file say what to build now: leave them out, or NEW.")
    after = diff.read_lock(built) if built else _lock_of_now(old, new, before, extensions, files)
    changes = diff.compare(before, after)
    if as_json:
        print_json(diff.as_json(changes))
    else:
        diff.show(str(old), str(new) if new else "what would be built now", changes, console())
    context.exit(diff.LEVELS[diff.verdict(changes)])


def _lock_of_now(
    old: Path, new: Path | None, before: Mapping[str, Any], extensions: Sequence[str], files: Sequence[Path]
) -> Mapping[str, Any]:
    """The lock that the same dataset, or the one in the file *new*, with the same extensions and options, would have if it were
    built now."""
    import json

    from connector_build.project.making import made
    from connector_build.project.writer import LOCK, PYPROJECT
    from connector_build.review.diff import added_sources, own_file

    names, local = added_sources(before)
    if missing := [name for name in local if name not in [path.name for path in files]]:
        raise UsageProblem(f"It was built with the local file {missing[0]}. Say where that is: --plugin-file PATH.")
    own = own_file(before)
    if own and new is None:
        which = own if Path(own).stem == before["dataset"] else f"{own}:{before['dataset']}"
        raise UsageProblem(f"It was built from the local file {own}. Say where that is: connector-build diff {old} PATH/{which}.")
    project = made(
        before["dataset"] if new is None else str(new),
        enable=before["enabled"],
        disable=before["disabled"],
        undeclared=before.get("undeclared"),
        pyproject=PYPROJECT in before["files"],
        extensions=[*names, *extensions],
        files=files,
    )
    lock: Mapping[str, Any] = json.loads(project.files[LOCK])
    return lock
