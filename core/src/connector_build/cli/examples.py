"""What is typed, and what for: the examples of the help texts, those of each verb in its own."""

from collections.abc import Iterable, Mapping
from typing import Final

import click

ROOM: Final = 30
"""Columns that words beside a command need, with the space around them."""

FIRST: Final = (
    ("connector-build list", "what is installed"),
    ("connector-build new orders", "write a plugin, orders.py"),
    ("connector-build fts", "write its connector into dist/fts"),
    ("connector-build fts --help", "the options of a build"),
    ("connector-build crew.py", "the same of a plugin in one file"),
    ("connector-build show fts", "its settings, tables and options"),
    ("connector-build demo fts", "try it here, against a sample API"),
    ("connector-build preview fts", "the first page of each table"),
    ("connector-build debug fts", "a sync here, against the real API"),
    ("connector-build run fts --to fts.duckdb", "its rows, without Fivetran"),
    ("connector-build backfill fts --to rows/", "all of it, by Spark"),
    ("connector-build runs fts", "the last runs on this machine"),
    ("connector-build app fts", "its app, over the last rows"),
    ("connector-build docs fts", "what its tables and columns mean"),
    ("connector-build cost fts", "what a month takes"),
    ("connector-build record fts", "real answers, to be replayed"),
    ("connector-build serve fts", "its API, simulated"),
    ("connector-build check fts", "what every plugin has to keep"),
    ("connector-build verify dist/fts", "what was changed by hand"),
    ("connector-build diff dist/fts", "what building it again would change"),
    ("connector-build compare old/ fts", "a hand-written one and this one"),
    ("connector-build dbt fts", "a dbt package for its tables"),
    ("connector-build lakeflow fts", "a source for Databricks' Lakeflow"),
    ("connector-build completion bash", "completion for this shell"),
    ("connector-build --all", "all that connectors.toml lists"),
)
"""Of each verb one, short enough for a terminal of 80 columns; fts and crew.py stand for any dataset."""
VERBS: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    "list": (
        ("connector-build list", "what is installed"),
        ("connector-build list --json", "the same for a script"),
    ),
    "new": (
        ("connector-build new orders --url https://api.example.com/v1/orders --header X-API-Key", "write a plugin, orders.py"),
        ("connector-build new orders --from page1.json --from page2.json", "from pages that were kept"),
        ("connector-build new orders --openapi openapi.yaml --only /orders", "from a description of the API"),
        ("connector-build new github --like github", "from a plugin of the gallery"),
        ("connector-build new --package orders.py", "make a distribution of it"),
    ),
    "show": (("connector-build show fts", "its settings, tables, columns and options, in words"),),
    "demo": (
        ("connector-build demo fts", "try it on this machine, against a simulated API"),
        ("connector-build demo fts --pages fts.pages.json", "against answers that were recorded"),
    ),
    "preview": (("connector-build preview fts --configuration my.json", "the first page of each table, as rows with types"),),
    "debug": (
        ("connector-build debug fts", "a sync on this machine, against the configured API"),
        ("connector-build debug fts --reset --verbose", "from an empty start, with every line of the log"),
    ),
    "run": (
        ("connector-build run fts --to fts.duckdb --configuration my.json", "its rows without Fivetran, in DuckDB"),
        ("connector-build run fts --to rows/", "as Parquet files"),
        ("connector-build run fts --to singer --state state.json", "for any Singer target"),
    ),
    "backfill": (
        ("connector-build backfill fts --to rows/ --configuration my.json", "all of it at once, in parts, by Spark, into files"),
    ),
    "lakeflow": (("connector-build lakeflow fts", "a source for Databricks' Lakeflow community connectors, in one file"),),
    "runs": (("connector-build runs fts", "the last runs on this machine"),),
    "cost": (("connector-build cost fts --rows 200000", "what a month takes: keys, upserts and requests"),),
    "record": (
        ("connector-build record fts --configuration my.json", "real answers without secrets, to be replayed"),
        ("connector-build record fts --configuration my.json --again", "what has drifted from them"),
    ),
    "compare": (
        ("connector-build compare old/ fts --pages fts.pages.json", "a hand-written connector and this one, row by row"),
    ),
    "app": (
        ("connector-build app fts", "its app, over the rows of the last demo or debug"),
        ("connector-build app fts --output snowflake", "what Snowflake deploys"),
    ),
    "docs": (("connector-build docs fts", "what its tables, columns and settings mean, as a web page"),),
    "serve": (
        ("connector-build serve", "the simulated APIs of everything that is installed, until Ctrl-C"),
        ("connector-build serve fts --port 8000", "one of them"),
    ),
    "check": (
        ("connector-build check fts", "what every plugin has to keep, rule by rule"),
        ("connector-build check --all", "of everything that is installed or listed"),
        ("connector-build check fts --live --configuration my.json", "what the real API does that is not as the plugin says"),
    ),
    "verify": (("connector-build verify dist/fts", "what was changed by hand since the build"),),
    "diff": (("connector-build diff dist/fts", "what building it again would change in the destination"),),
    "dbt": (("connector-build dbt fts", "a dbt package for its tables: sources, staging models, tests"),),
    "completion": (("connector-build completion bash", "how a shell completes these commands"),),
}


def of_build(dataset: str) -> list[tuple[str, str]]:
    """Examples of building *dataset*."""
    return [
        (f"connector-build {dataset}", "write its connector"),
        (f"connector-build {dataset} --enable NAMES", f"with what `connector-build show {dataset}` says can be switched on"),
        (f"connector-build {dataset} --output FOLDER", "somewhere else"),
    ]


def write_examples(formatter: click.HelpFormatter, examples: Iterable[tuple[str, str]]) -> None:
    """The examples in two columns; each command is whole, so where that leaves no room what it is for stands below it."""
    if not (shown := list(examples)):
        return
    widest = max(len(command) for command, _ in shown)
    with formatter.section("Examples"):
        if widest + ROOM <= formatter.width:
            formatter.write_dl(shown, col_max=widest)
            return
        for command, what in shown:
            formatter.write(f"{'':>{formatter.current_indent}}{command}\n")
            with formatter.indentation():
                formatter.write_text(what)
