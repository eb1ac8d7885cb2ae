"""Backfills by Spark, for the command: a session, what can be missing on this machine, and the state as a file."""

import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from connector_build.errors import BuildError, UsageProblem
from connector_build.project.configuration import read_object
from connector_core.basics.names import one_line

if TYPE_CHECKING:
    from connector_spark import Backfill


@frozen
class Wanted:
    """What is to be read, by what, and where it goes. *choice* is what `assembled` takes."""

    dataset: str
    to: str
    form: str
    configuration: Path
    partitions: int
    master: str | None
    conf: Sequence[str]
    force: bool
    choice: Mapping[str, Any] = field(repr=False)


def run(wanted: Wanted, update: Callable[[str], object]) -> "Backfill":
    """Read and write all tables; *update* is told of each. Raises BuildError with what is missing or has gone wrong."""
    _check_installed()
    options, properties = _options(wanted), _properties(wanted)
    _check_empty(wanted)
    from connector_core.basics.errors import ConnectorError
    from connector_spark import backfill, message_of

    try:
        with _session(wanted.master, properties) as spark:
            return backfill(spark, options, wanted.to, wanted.form, update)
    except ConnectorError:
        raise
    except Exception as error:
        said = message_of(error)
        raise BuildError(said or f"Spark failed, with {type(error).__name__}: {one_line(error, 500)}") from error


def write_state(path: Path, state: Mapping[str, Any]) -> Path:
    """Write *state* to *path*, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.new")
    beside.write_text(json.dumps(state, indent=2) + "\n", encoding="utf-8")
    beside.replace(path)
    return path


def lines(found: "Backfill", to: str, state: Path) -> Iterator[str]:
    """What to say of it."""
    for each in found.tables:
        yield f"{each.table}: {each.rows:,} rows"
    goes_on = [each.table for each in found.tables if each.goes_on]
    yield f"Files: {to}"
    yield f"State: {state}" + (f", from which {', '.join(goes_on)} go on" if goes_on else "")
    yield "What it takes to let a Fivetran connection go on from there: docs/scale.md"


def as_json(found: "Backfill", state: Path) -> dict[str, Any]:
    """The same for a script."""
    tables = {each.table: {"rows": each.rows, "parts": each.parts, "goes_on": each.goes_on} for each in found.tables}
    return {"tables": tables, "state": str(state)}


def _check_installed() -> None:
    missing = [name for name in ("pyspark", "pyarrow") if find_spec(name) is None]
    if missing:
        raise BuildError(
            f"--engine spark needs {' and '.join(missing)}, which is not installed here: pip install 'connector-core[spark]'"
        )
    if not (shutil.which("java") or os.environ.get("JAVA_HOME")):
        raise BuildError(
            "Spark runs on Java, and there is none here. Install Java 17 (on Debian: apt-get install openjdk-17-jre-headless), "
            "or set JAVA_HOME."
        )


def _check_empty(wanted: Wanted) -> None:
    folder = Path(wanted.to)
    if wanted.form != "iceberg" and "://" not in wanted.to and not wanted.force and folder.is_dir() and any(folder.iterdir()):
        raise UsageProblem(
            f"--to {one_line(wanted.to, 200)}: there is something in it. Name another folder, or replace it with --force."
        )


def _options(wanted: Wanted) -> dict[str, str]:
    """The options of the data source."""
    configuration = {name: str(value) for name, value in read_object(wanted.configuration).items()}
    choice = {
        "dataset": wanted.dataset,
        "numPartitions": str(wanted.partitions),
        "enable": ",".join(wanted.choice["enable"]),
        "disable": ",".join(wanted.choice["disable"]),
        "extensions": ",".join(wanted.choice["extensions"]),
        "pluginFile": ",".join(map(str, wanted.choice["files"])),
        "undeclared": wanted.choice["undeclared"] or "",
    }
    return {f"setting.{name}": value for name, value in configuration.items()} | {
        name: text for name, text in choice.items() if text
    }


def _properties(wanted: Wanted) -> dict[str, str]:
    found = {}
    for each in wanted.conf:
        name, equals, value = each.partition("=")
        if not equals or not name.startswith("spark."):
            raise UsageProblem(f"--conf {one_line(each, 100)}: write a property of Spark and its value, spark.NAME=VALUE.")
        found[name] = value
    return found


def _session(master: str | None, properties: Mapping[str, str]) -> Any:
    from pyspark.sql import SparkSession

    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = SparkSession.builder.appName("connector-build backfill")
    if master:
        builder = builder.master(master)
    quiet = {"spark.ui.showConsoleProgress": "false", "spark.log.level": "ERROR"}
    for name, value in {**quiet, **properties}.items():
        builder = builder.config(name, value)
    return builder.getOrCreate()
