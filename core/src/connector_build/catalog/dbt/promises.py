"""What a connector promises of its tables, as tests of a dbt package: each a value for its YAML.

The generic tests themselves lie in ``copied/tests/generic``. All of them look at live rows only.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

from attrs import frozen

from connector_build.catalog.dbt.tables import PackagedTable
from connector_build.catalog.entries import ColumnEntry, Relation

Test = dict[str, Any]
"""A test as the YAML of a package has it."""

_FUNCTIONS: Final = {"count": "count", "total": "sum", "minimum": "min", "maximum": "max"}
"""A measure → the function of SQL that it is."""


@frozen
class Promises:
    """The tests of a package.

    tables:    those of the connector, by their names in the plugin. relations: between them.
    shrinking: the tables from which a sync may delete rows, by their names in the plugin.
    """

    dataset: str
    tables: Mapping[str, PackagedTable]
    relations: Collection[Relation]
    shrinking: Collection[str] = ()

    def of_table(self, table: PackagedTable) -> list[Test]:
        """The tests of whole rows: one row a key, and for each row those of other tables that it belongs to."""
        unique = _test(
            "live_unique",
            f"{table.name}__key__unique",
            f"No two live rows of {table.name} have the same {', '.join(table.key)}.",
            {"columns": table.key},
        )
        return [unique, *(test for relation in self.relations for test in self._related(relation, table))]

    def of_columns(self, table: PackagedTable) -> dict[str, list[Test]]:
        """Column → its tests: a key is never null, and a column of an extra table equals its query over the source table."""
        source = self.tables[table.entry.source] if table.entry.source else None
        return {
            name: [_not_null(table, name)] if column.key else [self._made(table, source, name, column)] if source else []
            for name, column in table.columns.items()
        }

    def _related(self, relation: Relation, table: PackagedTable) -> Iterator[Test]:
        """What a relation says of the rows of *table*: that there are others for them.

        Rows of an extra table are there for those of its source, and the other way round.
        """
        one, other = self.tables[relation.table], self.tables[relation.to_table]
        columns, theirs = one.stored(relation.columns), other.stored(relation.to_columns)
        if relation.kind != "child":
            if table == one:
                yield self._belongs(one, columns, other, theirs)
            elif table == other:
                yield self._belongs(other, theirs, one, columns)
        elif table == one and _comparable(one, columns, other, theirs):
            # A parent's row may go, and rows of its children stay: that is worth a look, and no fault of the connector.
            yield self._belongs(one, columns, other, theirs, "warn" if relation.to_table in self.shrinking else "error")

    def _belongs(
        self, table: PackagedTable, columns: list[str], other: PackagedTable, theirs: list[str], severity: str = "error"
    ) -> Test:
        return _test(
            "live_relationships",
            f"{table.name}__has_its__{other.name}",
            f"For each {', '.join(columns)} in a live row of {table.name} there is a live row of {other.name}.",
            {"columns": columns, "to": self._source(other), "to_columns": theirs},
            severity,
        )

    def _made(self, table: PackagedTable, source: PackagedTable, name: str, column: ColumnEntry) -> Test:
        """That a column of an extra table is what its source table comes to."""
        of: dict[str, Any] = {"source_table": self._source(source), "by": table.key}
        fields = source.stored([each.field for each in column.lineage.inputs])
        function = _FUNCTIONS.get(column.lineage.measure or "")
        by = ", ".join(table.key)
        if function:
            return _test(
                "live_aggregate",
                f"{table.name}__{name}__holds",
                f"{name} is {function}({fields[0] if fields else '*'}) over the live rows of {source.name}, by {by}.",
                of
                | {"function": function}
                | ({"field": fields[0]} if fields else {})
                | ({"approximate": True} if function == "sum" and column.type == "DOUBLE" else {}),
            )
        [newest] = source.stored([table.entry.newest or ""])
        return _test(
            "live_newest",
            f"{table.name}__{name}__holds",
            f"{name} is that of the newest live row of {source.name} (by {newest}), for each {by}.",
            of | {"newest": newest, "ties": source.key} | ({"json": True} if column.type == "JSON" else {}),
        )

    def _source(self, table: PackagedTable) -> str:
        """What an argument says for a table that dbt is to look up."""
        return f"source('{self.dataset}', '{table.name}')"


def _not_null(table: PackagedTable, column: str) -> Test:
    name = f"{table.name}__{column}__not_null"
    return _test("live_not_null", name, f"{column} identifies a row of {table.name}, so no live row lacks it.")


def _comparable(one: PackagedTable, columns: list[str], other: PackagedTable, theirs: list[str]) -> bool:
    """Whether columns have the same types, which any database can compare."""
    types = [one.columns[name].type for name in columns]
    return types == [other.columns[name].type for name in theirs] and "JSON" not in types


def _test(kind: str, name: str, description: str, arguments: Mapping[str, Any] | None = None, severity: str = "error") -> Test:
    test: Test = {"name": name, "description": description}
    if severity != "error":
        test["config"] = {"severity": severity}
    return {kind: test | ({"arguments": arguments} if arguments else {})}
