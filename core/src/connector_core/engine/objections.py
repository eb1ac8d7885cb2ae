"""Objections: what there is to say of a record that cannot become a row, with the key that it is known by."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NoReturn

from connector_core.basics.blame import begin_of, see, told
from connector_core.basics.errors import DeliveryError, PluginError, UnexpectedAnswer
from connector_core.basics.hints import LOOKED_AT, did_you_mean_place, there_is
from connector_core.basics.names import one_line
from connector_core.derived.applying import TransformFailed
from connector_core.derived.transforms import DerivedField, Transform
from connector_core.source.tables import Record, Table
from connector_core.source.texts import json_text
from connector_core.source.values import text


def plain_key(table: Table, row: Mapping[str, Any]) -> str:
    """The primary key of *row*, as people read it."""
    return one_line(", ".join(text(row.get(name)) for name in table.primary_key), 80)


def no_object(record: object, where: str) -> NoReturn:
    """Raise what is to be said of a record that is no object."""
    raise UnexpectedAnswer(f"{where} is {one_line(repr(record), 60)}, not an object. Ask the API's owner, or change the plugin.")


def no_key(table: Table, row: Record, where: str, transforms: Sequence[Transform | DerivedField] = ()) -> NoReturn:
    """Raise what is to be said of a row without its key: of the API, or of the *transforms* that took it away."""
    name = next(name for name in table.primary_key if row.get(name) is None)
    lack, meant = ("is null", "") if name in row else ("is missing", did_you_mean_place(name, [row]))
    if transforms:
        raise PluginError(
            f"{where} cannot be stored, because {name}, which identifies it, {lack} after the transforms "
            f"{', '.join(transform.name for transform in transforms)}. Correct the one that took it away."
        )
    raise UnexpectedAnswer(
        f"{where} cannot be stored, because {name}, which identifies it, {lack}{meant}. "
        "Ask the API's owner, or change the plugin's primary_key."
    )


def check_columns(table: Table, records: Iterable[Any], where: str) -> None:
    """Raise UnexpectedAnswer where none of *records*, those of a table without a key, has a declared column.

    A key would be missing where records are others than the plugin says. Without one, what they hold has to tell.
    """
    columns = table.columns.keys() - (table.parent.adds.keys() if table.parent else ())
    objects = [record for record in records if isinstance(record, dict)]
    if columns and objects and not any(record.keys() & columns for record in objects):
        raise UnexpectedAnswer(
            f"{where}: no record of this page has any of the columns {one_line(', '.join(sorted(columns)), 200)}"
            f"{there_is('@', objects[:LOOKED_AT])}. Correct the columns of {table.name}, or where its records are."
        )


def failed_transform(table: Table, failed: TransformFailed, record: Record) -> PluginError:
    """The error of a transform that fails on a record."""
    where = f"{table.name}: the transform {failed.transform.name}"
    function = failed.transform.function
    if isinstance(failed.__cause__, Exception):
        return PluginError(
            f"{where} failed on record {plain_key(table, record)} with {told(failed.__cause__, function)} "
            "Correct it, or disable it until it is."
        )
    return PluginError(
        f"{where} returned {type(failed.made).__name__}. Return the record, or None to leave it out.{see(begin_of(function))}"
    )


def misfit(table: Table, row: Mapping[str, Any], name: str, kind: str, why: str) -> DeliveryError:
    """The error of a value in the column *name* that is none of its type *kind*; *why* says what it is, behind "which"."""
    value = row[name]
    shown = one_line(_as_json(value), 60)
    null = f'Column("{kind}", null=[{shown}])' if isinstance(value, str | int | float) else ""
    remedy = f"If it stands for null, declare {null}; if not" if null else "If that is right"
    return DeliveryError(
        f"{table.name}: {name} of record {plain_key(table, row)} is {shown}, which {why}. {remedy}, declare another type than "
        f"{kind}, such as STRING, or convert it in a transform. "
        "Nothing before this record is lost; the next sync starts from the last checkpoint."
    )


def _as_json(value: object) -> str:
    """*value* as the API wrote it, or would have."""
    try:
        return json_text(value)
    except ValueError:
        return f"a value of the class {type(value).__name__}"
