"""What a file of `connector-build lakeflow` meets on Databricks, made for tests: the interface, the types, and a pipeline.

Written from the public interface of the community connectors; nothing of it is copied.
"""

import json
import sys
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from attrs import define, field


class LakeflowConnect(ABC):
    """The interface: a source has to answer all of these."""

    def __init__(self, options: dict[str, str]) -> None:
        raise AssertionError("a source has a beginning of its own")

    @abstractmethod
    def list_tables(self) -> list[str]: ...

    @abstractmethod
    def get_table_schema(self, table_name: str, table_options: dict[str, str]) -> Any: ...

    @abstractmethod
    def read_table_metadata(self, table_name: str, table_options: dict[str, str]) -> dict[str, Any]: ...

    @abstractmethod
    def read_table(self, table_name: str, start_offset: Any, table_options: dict[str, str]) -> tuple[Iterator[Any], Any]: ...

    def read_table_deletes(self, table_name: str, start_offset: Any, table_options: Any) -> tuple[Iterator[Any], Any]:
        raise NotImplementedError


class SupportsPartition(ABC):
    """The interface of a source that is read in parts, which it may have besides."""

    def __init_subclass__(cls) -> None:
        assert issubclass(cls, LakeflowConnect)

    @abstractmethod
    def get_partitions(self, table_name: str, table_options: dict[str, str]) -> list[dict[str, Any]]: ...

    @abstractmethod
    def read_partition(self, table_name: str, partition: dict[str, Any], table_options: dict[str, str]) -> Iterator[Any]: ...


def in_parts(source: Any, name: str, options: dict[str, str]) -> tuple[list[dict[str, Any]], int]:
    """All rows of a table, and in how many parts they came; each part travels as JSON."""
    parts = json.loads(json.dumps(source.get_partitions(name, options)))
    return [row for part in parts for row in source.read_partition(name, part, options)], len(parts)


def _types() -> ModuleType:
    """Spark's types, each with its name and what it was made with."""
    made = ModuleType("pyspark.sql.types")
    names = "String Long Double Boolean Date Timestamp Binary Decimal".split()  # noqa: SIM905
    for name in names:
        setattr(made, f"{name}Type", lambda *digits, name=name: (name, *digits))
    made.StructField = lambda name, kind, nullable, metadata=None: SimpleNamespace(  # type: ignore[attr-defined]
        name=name, dataType=kind, nullable=nullable, metadata=metadata or {}
    )
    made.StructType = lambda fields: SimpleNamespace(fields=fields)  # type: ignore[attr-defined]
    return made


@contextmanager
def databricks() -> Iterator[None]:
    """The modules that such a file imports."""
    with pytest.MonkeyPatch.context() as patch:
        interface = ModuleType("databricks.labs.community_connector.interface")
        interface.LakeflowConnect = LakeflowConnect  # type: ignore[attr-defined]
        for name in ("databricks", "databricks.labs", "databricks.labs.community_connector", "pyspark", "pyspark.sql"):
            patch.setitem(sys.modules, name, ModuleType(name))
        patch.setitem(sys.modules, interface.__name__, interface)
        parts = ModuleType(f"{interface.__name__}.supports_partition")
        parts.SupportsPartition = SupportsPartition  # type: ignore[attr-defined]
        patch.setitem(sys.modules, parts.__name__, parts)
        patch.setitem(sys.modules, "pyspark.sql.types", _types())
        yield


@define
class Pipeline:
    """Tables that a pipeline keeps by what a source says: rows by key, and the offset of each of its flows.

    options: those of every table. most: so many batches of a trigger are too many.
    """

    options: dict[str, str] = field(factory=dict)
    most: int = 200
    tables: dict[str, dict[tuple[Any, ...], dict[str, Any]]] = field(factory=dict)
    batches: dict[str, int] = field(factory=dict)
    _offsets: dict[tuple[str, bool], Any] = field(factory=dict)
    _gone: dict[str, dict[tuple[Any, ...], int]] = field(factory=dict)

    def trigger(self, source: Any) -> None:
        """Bring every table up to date."""
        for name in source.list_tables():
            about = source.read_table_metadata(name, self.options)
            if about["ingestion_type"] == "snapshot":
                self._replace(source, name, about["primary_keys"])
                continue
            self._follow(source, name, about, deletes=False)
            if about["ingestion_type"] == "cdc_with_deletes":
                self._follow(source, name, about, deletes=True)

    def _replace(self, source: Any, name: str, key: list[str]) -> None:
        rows, offset = source.read_table(name, None, self.options)
        assert offset is None
        found = [self._fitting(source, name, row) for row in rows]
        self.tables[name] = {tuple(row[each] for each in key or row): row for row in found}
        assert len(self.tables[name]) == len(found), "two rows of a snapshot have one key"

    def _follow(self, source: Any, name: str, about: Mapping[str, Any], *, deletes: bool) -> None:
        read = source.read_table_deletes if deletes else source.read_table
        start = self._offsets.get((name, deletes), {})
        for number in range(self.most):
            rows, end = read(name, start, self.options)
            found = list(rows)
            if end == start:
                assert not found, "the offset did not move, and there are rows"
                self.batches[name] = number
                return
            assert all(isinstance(value, str | int | bool) for value in end.values())
            for row in found:
                self._apply(source, name, about, row, deletes=deletes)
            start = self._offsets[name, deletes] = end
        raise AssertionError(f"{name}: its offset moves for ever")

    def _apply(self, source: Any, name: str, about: Mapping[str, Any], row: dict[str, Any], *, deletes: bool) -> None:
        table, gone, cursor = self.tables.setdefault(name, {}), self._gone.setdefault(name, {}), about["cursor_field"]
        key = tuple(row[each] for each in about["primary_keys"])
        known = max(table.get(key, {}).get(cursor, -1), gone.get(key, -1))
        if row[cursor] <= known:
            return
        if deletes:
            table.pop(key, None)
            gone[key] = row[cursor]
        else:
            table[key] = self._fitting(source, name, row)

    def _fitting(self, source: Any, name: str, row: dict[str, Any]) -> dict[str, Any]:
        fields = {each.name: each.nullable for each in source.get_table_schema(name, self.options).fields}
        assert row.keys() == fields.keys()
        assert all(nullable or row[name] is not None for name, nullable in fields.items())
        return row
