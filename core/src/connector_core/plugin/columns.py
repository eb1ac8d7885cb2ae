"""Columns: what the rows of a table hold after its transforms, and whether its key survives them."""

from collections.abc import Iterable, Sequence

from connector_core.basics.blame import see, sentence
from connector_core.basics.errors import PluginError
from connector_core.basics.names import check_distinct
from connector_core.derived.extra_tables import check_sources
from connector_core.derived.nested import Nested
from connector_core.derived.transforms import DerivedField, Transform
from connector_core.plugin.claims import claimed_twice
from connector_core.plugin.plan import Option, Origin
from connector_core.source.columns import Column, Declared
from connector_core.source.tables import Table


def declared_after(table: Table, origin: Origin, options: Iterable[Option]) -> dict[str, Column]:
    """The columns of *table* as those of its *options* that are transforms, in order, leave them."""
    columns = dict(table.declared)
    owners = dict.fromkeys(columns, origin)
    earlier: list[str] = []  # transforms that may leave a record out
    for option in options:
        transform = option.value
        if not isinstance(transform, Transform | DerivedField):
            continue
        try:
            removes, adds = transform.column_changes(columns)
        except PluginError as error:
            raise type(error)(f"{option.origin}: {transform.name}: {sentence(error)}{see(option.origin.place)}") from None
        _check_key(table, option, set(removes), set(adds), earlier)
        _check_deleted_key(table, option, set(removes))
        _check_updated(table, option, {*removes, *adds})
        for name in removes:
            columns.pop(name, None)
            owners.pop(name, None)
        for name, column in adds.items():
            # A field that is not declared may be given the name of a column that the table's own plugin declares.
            fills = column is None and owners.get(name) is origin and origin.plugin == option.origin.plugin
            if name in owners and not fills:
                raise claimed_twice(f"The column {name} of {table.name}", owners[name], option.origin)
            owners[name] = option.origin
            if column is not None:
                columns[name] = column
        earlier += [transform.name] if transform.leaves_out else []
    return columns


def typed(table: Table, transforms: Iterable[Transform | DerivedField]) -> tuple[Transform | DerivedField, ...]:
    """*transforms* of *table*, in order, each derived field with the types of the columns that those before it leave."""
    columns = dict(table.declared)
    found: list[Transform | DerivedField] = []
    for transform in transforms:
        removes, adds = transform.column_changes(columns)
        found.append(transform.of(columns) if isinstance(transform, DerivedField) else transform)
        for name in removes:
            columns.pop(name, None)
        columns.update({name: column for name, column in adds.items() if column is not None})
    return tuple(found)


def _check_key(table: Table, option: Option, removes: set[str], adds: set[str], earlier: Sequence[str]) -> None:
    """Raise PluginError unless *option* leaves each key column where the API sends it, and unchanged once a delete needs it."""
    for name in table.primary_key:
        what = f"{name}, which identifies the records of {table.name}"
        if (name in removes) != (name in adds):
            raise PluginError(
                f"{option.origin}: {option.name} {'takes away' if name in removes else 'gives another field the name'} {what}. "
                "Name the key in primary_key and columns as the API sends it, and leave it there: "
                f"Fivetran stores recordId as record_id.{see(option.origin.place)}"
            )
        if name in removes and earlier:
            raise PluginError(
                f"{option.origin}: {option.name} changes {what}, after {', '.join(earlier)}, which would delete a record by the "
                f"key from before. Put {option.name} first.{see(option.origin.place)}"
            )


def _check_deleted_key(table: Table, option: Option, removes: set[str]) -> None:
    """Raise PluginError when *option* changes a key column that the API lists deleted records by."""
    changed = [name for name in table.primary_key if name in removes]
    if table.deleted and changed:
        raise PluginError(
            f"{option.origin}: {option.name} changes {', '.join(changed)}, by which the API says what is deleted "
            f"({table.name}: {table.deleted}). Leave the key as the API sends it.{see(option.origin.place)}"
        )


def _check_updated(table: Table, option: Option, changes: set[str]) -> None:
    """Raise PluginError when *option* changes the column that tells which rows have changed."""
    if table.updated in changes:
        raise PluginError(
            f"{option.origin}: {option.name} changes {table.updated}, by which {table.name} tells what has changed (updated). "
            f"Leave that column as the API sends it.{see(option.origin.place)}"
        )


def extra_columns(option: Option, table: Table, columns: Declared) -> Declared:
    """The columns of the extra table that *option* makes from *columns* of *table*."""
    try:
        if isinstance(option.value, Nested):
            option.value.check(table)
        found = check_sources(option.value, table, columns)  # type: ignore[arg-type]  # the caller's choice of options
    except PluginError as error:
        raise type(error)(f"{option.origin}: {sentence(error)}{see(option.origin.place)}") from None
    check_apart(found, option.name, option.origin)
    return found


def check_apart(columns: Iterable[str], what: str, origin: Origin) -> None:
    """Raise PluginError when two of *columns* would be one in the destination."""
    try:
        check_distinct(columns, f"{origin}: {what}")
    except PluginError as error:
        raise type(error)(f"{error}{see(origin.place)}") from None
