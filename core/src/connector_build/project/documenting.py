"""The dictionary of a dataset, as files in a folder."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from connector_build.catalog.pages.every import every_page
from connector_build.catalog.samples import examples
from connector_build.errors import BuildError, UsageProblem
from connector_build.plugins.discovery import sample
from connector_build.project.making import assembled, explained
from connector_build.project.writer import LOCK
from connector_core.basics.names import one_line


def documents(dataset: str, *, destination: str = "", **choice: Any) -> Mapping[str, str]:
    """File name → text; *destination* is what `openlineage` takes, *choice* what `assembled` takes.

    Raises UsageProblem for a destination that is none.
    """
    if destination and not all(destination.partition("://")):
        raise UsageProblem(
            f"--destination is {one_line(destination, 80)!r}. Write it as OpenLineage names it: snowflake://ACCOUNT/DATABASE.SCHEMA."
        )
    assembly, sources = assembled(dataset, **choice)
    shown = examples(assembly.tables[0], sample(dataset))
    return every_page(explained(dataset, assembly, sources), shown, destination)


def write_documents(pages: Mapping[str, str], folder: Path) -> None:
    """Write *pages* into *folder*, over those of before; other files there stay.

    Raises BuildError where nothing can be written, and for the folder of a built project, which holds nothing but its build.
    """
    if (folder / LOCK).exists():
        raise BuildError(f"{folder} holds a built connector, and only that belongs there. Choose another folder with --output.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in pages.items():
            (folder / name).write_text(text, encoding="utf-8", errors="replace", newline="\n")
    except OSError as error:
        raise BuildError(f"{folder}: cannot be written: {error.strerror}. Choose another folder with --output.") from None
