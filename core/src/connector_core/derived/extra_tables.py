"""Extra tables: what a dimension and an aggregate hold, as pure steps over the records of a source table.

Both group records by some columns and fold each group into an *accumulator*, a small value. Records have each value in the form
of its column (see ``connector_core.source.values``), so values compare and add up as they do in the destination. An extra table
is therefore the answer to one SQL query over the live rows of its source table; each class states its query.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from attrs import evolve, field, frozen

from connector_core.basics.errors import PluginError
from connector_core.basics.names import check_column_name, check_name, column_names, did_you_mean, listed, one_line
from connector_core.derived.measures import RESULTS, Measure, measured, restored, same
from connector_core.source.columns import Column, Declared
from connector_core.source.tables import Key, Record, Table, frozen_mapping
from connector_core.source.values import read, text

Accumulator = Any
"""What a group has come to so far: lists of values, each in the form of its column. None: no record yet."""

Group = tuple[Any, ...]
"""The values of the columns that records are grouped by, each in the form of its column."""


class ExtraTable(Protocol):
    """What the sync engine asks of a dimension or an aggregate; every method is pure."""

    @property
    def name(self) -> str:
        """The table in the destination, and what ``--enable`` calls it."""

    @property
    def default(self) -> bool:
        """Whether it is on unless the build says otherwise."""

    @property
    def by(self) -> tuple[str, ...]:
        """The columns that records are grouped by: the primary key of the extra table."""

    @property
    def needs(self) -> tuple[str, ...]:
        """The columns of the source table that it reads."""

    def columns_from(self, source: Declared) -> Declared:
        """Its columns, given those of the source table. Raises PluginError where something cannot be made from them."""

    def fold(self, accumulator: Accumulator, record: Record, key: Key) -> Accumulator:
        """The accumulator with one more record, of primary key *key*, in it."""

    def row(self, group: Group, accumulator: Accumulator) -> Record:
        """The row of one group."""

    def restored(self, accumulator: Accumulator, source: Declared, key: Sequence[str]) -> Accumulator:
        """An accumulator as it comes back from a state, in which a date is a text; *key* names the source table's primary key.

        Raises UnfitError, TypeError or ValueError for what is none.
        """


@frozen(hash=False)
class Aggregate:
    """An extra table of measures, one row a group.

    ``SELECT by…, measure… FROM source WHERE by IS NOT NULL GROUP BY by…``

    name:     the table in the destination.
    by:       the source columns to group by; the primary key of the extra table.
    measures: column → ``count()``, ``total("column")``, ``average("column")``, ``minimum("column")``, ``maximum("column")``,
              ``count_if("column", values)`` or ``count_distinct("column")``.
    default:  whether it is on unless the build says otherwise.
    description: what a row of it is, for people; made from *by* when left out.
    """

    name: str
    by: tuple[str, ...] = field(converter=listed)
    measures: Mapping[str, Measure] = field(converter=frozen_mapping)
    default: bool = field(default=True, repr=False)
    description: str = field(default="", kw_only=True, eq=False, repr=False)
    _steps: Sequence[tuple[Callable[[Any, Any], Any], str]] = field(init=False, eq=False, repr=False)
    _nothing: Sequence[None] = field(init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        check_name(self.name, "An aggregate")
        where = f"Aggregate {self.name}"
        object.__setattr__(self, "by", column_names(self.by, f"{where}: by"))
        if not self.measures:
            raise PluginError(f'{where} has no measures. Write at least one, such as measures={{"records": count()}}.')
        for name, measure in self.measures.items():
            check_column_name(name, where)
            if name in self.by:
                raise PluginError(f"{where} names the column {name!r} both in by and in measures. Name the measure differently.")
            if not isinstance(measure, Measure):
                raise PluginError(
                    f'{where}: measure {name!r} is {measure!r}. Write count(), total("column"), minimum(…) or maximum(…).'
                )
        # Looked up once: a fold is made for each record.
        object.__setattr__(self, "_steps", [(measure.step, measure.column or "") for measure in self.measures.values()])
        object.__setattr__(self, "_nothing", [None] * len(self.measures))

    @property
    def needs(self) -> tuple[str, ...]:
        """The columns of the source table that it reads."""
        columns = (measure.column for measure in self.measures.values())
        return tuple(dict.fromkeys([*self.by, *(column for column in columns if column is not None)]))

    def columns_from(self, source: Declared) -> Declared:
        """Its columns, given those of the source table. Raises PluginError where something cannot be made from them."""
        by = {name: _groupable(source[name], name) for name in self.by}
        return by | {name: measured(measure, source) for name, measure in self.measures.items()}

    def of(self, source: Declared) -> "Aggregate":
        """The same for a source table of these columns."""
        return evolve(self, measures={name: measure.of(source) for name, measure in self.measures.items()})

    def fold(self, accumulator: Accumulator, record: Record, key: Key) -> Accumulator:
        """The accumulator with one more record in it; the one from before is not to be used again."""
        before = accumulator or self._nothing
        try:
            return [step(so_far, record.get(column)) for so_far, (step, column) in zip(before, self._steps, strict=True)]
        except TypeError as error:
            raise PluginError(
                f"{self.name}: record {one_line(', '.join(map(text, key)), 80)}: {error}. "
                "Measure another column, or convert it in a transform."
            ) from None

    def row(self, group: Group, accumulator: Accumulator) -> Record:
        """The row of one group."""
        try:
            values = [RESULTS.get(m.kind, same)(a) for m, a in zip(self.measures.values(), accumulator, strict=True)]
        except TypeError as error:
            raise PluginError(
                f"{self.name}: the row of {one_line(group, 80)}: {error}. Measure another column, or convert it."
            ) from None
        return dict(zip((*self.by, *self.measures), (*group, *values), strict=True))

    def restored(self, accumulator: Accumulator, source: Declared, key: Sequence[str]) -> Accumulator:  # noqa: ARG002
        """An accumulator as it comes back from a state, in which a date is a text."""
        return [restored(measure, part, source) for measure, part in zip(self.measures.values(), accumulator, strict=True)]


@frozen
class Dimension:
    """An extra table of attributes, one row a key, taken from the key's newest record.

    ``SELECT DISTINCT ON (key…) key…, column… FROM source WHERE key IS NOT NULL
    ORDER BY key…, newest DESC NULLS LAST, primary key DESC``

    name:    the table in the destination.
    key:     the source columns that identify a row of the dimension; its primary key.
    columns: the further source columns that it shows.
    newest:  the source column that tells which record is the newest, such as ``last_updated_epoch``.
    default: whether it is on unless the build says otherwise.
    description: what a row of it is, for people; made from *key* when left out.
    """

    name: str
    key: tuple[str, ...] = field(converter=listed)
    columns: tuple[str, ...] = field(converter=listed)
    newest: str
    default: bool = field(default=True, repr=False)
    description: str = field(default="", kw_only=True, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        check_name(self.name, "A dimension")
        where = f"Dimension {self.name}"
        object.__setattr__(self, "key", column_names(self.key, f"{where}: key"))
        object.__setattr__(self, "columns", column_names(self.columns, f"{where}: columns"))
        check_column_name(self.newest, f"{where}: newest")
        both = sorted(set(self.key) & set(self.columns))
        if both:
            raise PluginError(f"{where} names {', '.join(both)} both in key and in columns. Leave it in key only.")

    @property
    def by(self) -> tuple[str, ...]:
        """The columns that records are grouped by."""
        return self.key

    @property
    def needs(self) -> tuple[str, ...]:
        """The columns of the source table that it reads."""
        return tuple(dict.fromkeys([*self.key, *self.columns, self.newest]))

    def columns_from(self, source: Declared) -> Declared:
        """Its columns, given those of the source table. Raises PluginError where something cannot be made from them."""
        if source[self.newest].type == "JSON":
            raise PluginError(
                f"{self.newest} is declared JSON, and of lists and objects none is the newest. Name another column."
            )
        return {name: _groupable(source[name], name) for name in self.key} | {
            name: evolve(source[name], null=()) for name in self.columns
        }

    def fold(self, accumulator: Accumulator, record: Record, key: Key) -> Accumulator:
        """The accumulator with one more record, of primary key *key*, in it."""
        rank = [record.get(self.newest), list(key)]
        if accumulator is not None and not _newer(rank, accumulator[0]):
            return accumulator
        return [rank, [record.get(name) for name in self.columns]]

    def row(self, group: Group, accumulator: Accumulator) -> Record:
        """The row of one key."""
        return dict(zip((*self.key, *self.columns), (*group, *accumulator[1]), strict=True))

    def restored(self, accumulator: Accumulator, source: Declared, key: Sequence[str]) -> Accumulator:
        """An accumulator as it comes back from a state, in which a date is a text."""
        (newest, identity), values = accumulator
        rank = [_read(source, self.newest, newest), [_read(source, *pair) for pair in zip(key, identity, strict=True)]]
        return [rank, [_read(source, *pair) for pair in zip(self.columns, values, strict=True)]]


def check_sources(extra: ExtraTable, table: Table, columns: Declared) -> Declared:
    """The columns of *extra*, given those of *table* after its transforms.

    Raises PluginError when it reads a column that is not among them, which would be null in every row, and when nothing can be
    grouped or computed by what is in one.
    """
    unknown = [name for name in extra.needs if name not in columns]
    if unknown and unknown[0] in table.columns:
        raise PluginError(
            f"{extra.name} reads {unknown[0]}, which an enabled transform of {table.name} takes away. "
            "Read what it leaves instead, or disable it."
        )
    if unknown:
        raise PluginError(
            f"{extra.name} reads {', '.join(unknown)}{did_you_mean(unknown[0], columns)}, "
            f"which {table.name} does not declare. Declare the column in the table's "
            "columns; if it is a derived field, enable that field too."
        )
    try:
        return extra.columns_from(columns)
    except PluginError as error:
        raise PluginError(f"{extra.name}: {error}") from None


def _read(source: Declared, name: str, value: Any) -> Any:
    return read(Column(source[name].type), value)


def _groupable(column: Column, name: str) -> Column:
    if column.type == "JSON":
        raise PluginError(f"{name} is declared JSON, and by lists and objects nothing can be grouped. Group by another column.")
    return evolve(column, null=())


def _newer(rank: Sequence[Any], than: Sequence[Any]) -> bool:
    (order, key), (other_order, other_key) = rank, than
    if order is None or other_order is None:
        return (order is not None, key) > (other_order is not None, other_key)
    return bool((order, key) > (other_order, other_key))
