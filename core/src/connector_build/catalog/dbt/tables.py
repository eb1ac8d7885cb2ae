"""The tables of a connector as a dbt package names them: as Fivetran stores them."""

from collections.abc import Mapping, Sequence
from itertools import chain, count

from attrs import frozen

from connector_build.catalog.entries import ColumnEntry, Dictionary, TableEntry


@frozen
class PackagedTable:
    """A table of the destination. *short* is what its staging model is called behind ``stg_DATASET__``."""

    entry: TableEntry
    short: str

    @property
    def name(self) -> str:
        """Its name in the destination."""
        return self.entry.stored_name

    @property
    def columns(self) -> Mapping[str, ColumnEntry]:
        """Name in the destination → column."""
        return {column.stored_name: column for column in self.entry.columns}

    @property
    def key(self) -> list[str]:
        """The columns of its primary key, by their names in the destination."""
        return self.stored(self.entry.primary_key)

    def stored(self, names: Sequence[str]) -> list[str]:
        """The names in the destination of some of its columns."""
        return [self.entry.column(name).stored_name for name in names]


def packaged(dictionary: Dictionary) -> list[PackagedTable]:
    """Every table that the connector writes: source tables in their order, each followed by its extra tables."""
    short = short_names([table.stored_name for table in dictionary.tables], dictionary.dataset)
    return [PackagedTable(table, short[table.stored_name]) for table in dictionary.tables]


def short_names(names: Sequence[str], dataset: str) -> dict[str, str]:
    """Each of *names* without the dataset's in front, as Fivetran's own packages have it, unless that is another's.

    No two are the same, and none is another one with the ``_tmp`` of its model for the rows as they are.
    """
    front = f"{dataset}_"
    short: dict[str, str] = {}
    taken: set[str] = set()
    for name in sorted(names, key=lambda name: name.startswith(front)):  # a name that is short already keeps it
        wanted = chain([name.removeprefix(front) or name], (name + "_" * more for more in count()))
        short[name] = next(each for each in wanted if taken.isdisjoint({each, f"{each}_tmp"}))
        taken |= {short[name], f"{short[name]}_tmp"}
    return short
