"""The tables of a connector as a dbt package names them: as Fivetran stores them."""

from collections import Counter
from collections.abc import Mapping, Sequence

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
    """Each of *names* without the dataset's in front, as Fivetran's own packages have it, unless two would become one."""
    short = {name: name.removeprefix(f"{dataset}_") for name in names}
    taken = Counter(short.values())
    return {name: each if each and taken[each] == 1 else name for name, each in short.items()}
