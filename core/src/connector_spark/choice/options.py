"""Options of the data source: which table of which connector, how it is read, and the settings of the connection."""

from collections.abc import Mapping
from typing import Any, get_args

from attrs import field, frozen

from connector_core.basics.errors import ConfigurationError
from connector_core.basics.names import did_you_mean, one_line
from connector_core.plugin.assembly import Assembly, TablePlan
from connector_core.source.tables import Undeclared
from connector_spark.choice.finding import Choice, File
from connector_spark.choice.secrets import resolved

OURS = {
    "dataset": "the name of an installed dataset, its module, or the path of the file that it is",
    "table": "the table; not needed where there is only one",
    "numpartitions": "into how many parts the table is cut at most; 8 if not given",
    "columns": "the columns to read, with commas between them; all declared ones if not given",
    "enable": "options to switch on, with commas between them",
    "disable": "options to switch off",
    "extensions": "extensions that join the dataset",
    "pluginfile": "files with hooks that join the dataset",
    "undeclared": "what becomes of fields that nobody declared",
    "parents": "once: the driver lists parents; partitions: each part lists them, where they are too many for the driver",
    "filters": "push: filters go to the API where it can answer them; needs spark.sql.python.filterPushdown.enabled",
    "windowcolumn": "the column whose ids or times windows are of: filters on it become windows",
    "rowsperbatch": "of a stream: about how many rows a batch has at most; 10,000 if not given",
    "pollseconds": "of a stream: how long it leaves an API in peace that had nothing new; 10 if not given",
    "changes": "true: a column _change_type says whether a row is an upsert or a delete",
    "rests": "true: each part ends with a row that says where the next sync goes on, for a backfill",
}
"""Option, as Spark hands it over → what it says. Everything else is a setting of the connection; ``setting.NAME`` always is."""
SETTING = "setting."


@frozen
class Options:
    """What is read, and how. Its repr shows no setting's value.

    configuration: the settings of the connection; a secret may still be a reference to where it is (see ``secrets``).
    rests: the rows end with one that says where the next sync goes on.
    """

    choice: Choice
    table: str
    configuration: Mapping[str, str] = field(repr=False)
    partitions: int = 8
    columns: tuple[str, ...] = ()
    apart: bool = False
    pushes: bool = False
    window_column: str = ""
    rows_per_batch: int = 10_000
    poll_seconds: float = 10.0
    changes: bool = False
    rests: bool = False

    @classmethod
    def read(cls, raw: Mapping[str, str]) -> "Options":
        """Of the options that Spark hands over. Raises ConfigurationError or PluginError, with what to write instead."""
        own, choice = _own(raw), choice_of(raw)
        assembly = choice.assembly
        plan = _plan(assembly, own.get("table", ""))
        settings = {name.lower().removeprefix(SETTING): value for name, value in raw.items() if name.lower() not in OURS}
        _check_settings(assembly, settings)
        return cls(
            choice,
            plan.table.name,
            resolved(assembly.settings, settings),
            _number(own, "numpartitions", "numPartitions", 8),
            _columns(plan, _listed(own.get("columns", ""))),
            _one_of(own, "parents", ("once", "partitions")) == "partitions",
            _one_of(own, "filters", ("spark", "push")) == "push",
            own.get("windowcolumn", ""),
            _number(own, "rowsperbatch", "rowsPerBatch", 10_000),
            float(_number(own, "pollseconds", "pollSeconds", 10, least=0)),
            _one_of(own, "changes", ("false", "true")) == "true",
            _one_of(own, "rests", ("false", "true")) == "true",
        )

    @property
    def assembly(self) -> Assembly:
        """The connector, as it is for every connection."""
        return self.choice.assembly

    @property
    def plan(self) -> TablePlan:
        """The plan of the table, as it is for every connection."""
        return _plan(self.assembly, self.table)


def _own(raw: Mapping[str, str]) -> Mapping[str, str]:
    return {name.lower(): str(value).strip() for name, value in raw.items() if name.lower() in OURS}


def choice_of(raw: Mapping[str, str]) -> Choice:
    """Which connector the options choose. Raises ConfigurationError or PluginError."""
    own = _own(raw)
    dataset = own.get("dataset", "")
    if not dataset:
        raise ConfigurationError('The option dataset is missing: which connector is to be read? Write .option("dataset", "fts").')
    return Choice(
        File.at(dataset) if dataset.endswith(".py") or ".py:" in dataset else dataset,
        _listed(own.get("extensions", "")),
        tuple(File.at(path) for path in _listed(own.get("pluginfile", ""))),
        _listed(own.get("enable", "")),
        _listed(own.get("disable", "")),
        _one_of(own, "undeclared", (None, *get_args(Undeclared))),
    )


def _listed(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _plan(assembly: Assembly, table: str) -> TablePlan:
    plans = {plan.table.name: plan for plan in assembly.tables}
    if not table and len(plans) == 1:
        return next(iter(plans.values()))
    if table in plans:
        return plans[table]
    for plan in assembly.tables:
        if any(extra.name == table for extra in plan.extra_tables):
            raise ConfigurationError(
                f"{table} is an extra table, which Spark makes of {plan.table.name}: extra_table(spark, {table!r}, …) of "
                "connector_spark, with the same options."
            )
    hint = did_you_mean(table, plans) if table else ""
    what = f"There is no table {one_line(table, 60)!r}{hint}" if table else "The option table is missing"
    raise ConfigurationError(f"{what}. Write one of {', '.join(plans)}.")


def _check_settings(assembly: Assembly, settings: Mapping[str, str]) -> None:
    known = [setting.name for setting in assembly.settings]
    for name in settings:
        if name not in known:
            raise ConfigurationError(
                f"The option {one_line(name, 60)!r} is none of the data source, and no setting of this connector"
                f"{did_you_mean(name, [*known, *OURS])}. Settings: {', '.join(known)}."
            )


def _columns(plan: TablePlan, names: tuple[str, ...]) -> tuple[str, ...]:
    for name in names:
        if name not in plan.declared:
            raise ConfigurationError(
                f"columns names {one_line(name, 60)!r}, which {plan.table.name} does not have{did_you_mean(name, plan.declared)}."
            )
    return names


def _number(own: Mapping[str, str], name: str, shown: str, default: int, least: int = 1) -> int:
    text = own.get(name, "")
    if not text:
        return default
    if not text.isascii() or not text.isdecimal() or int(text) < least:
        raise ConfigurationError(f"The option {shown} is {one_line(repr(text), 60)}. Write a whole number, {least} or more.")
    return int(text)


def _one_of(own: Mapping[str, str], name: str, words: tuple[Any, ...]) -> Any:
    word = own.get(name) or words[0]
    if word not in words:
        raise ConfigurationError(
            f"The option {name} is {one_line(repr(word), 60)}. Write one of {', '.join(filter(None, words))}."
        )
    return word
