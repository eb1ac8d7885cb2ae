"""Schemas: the columns of a table as Spark has them, and rows as tuples of them."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from pyspark.sql.types import (
    BinaryType,
    BooleanType,
    DataType,
    DateType,
    DecimalType,
    DoubleType,
    FloatType,
    IntegerType,
    LongType,
    ShortType,
    StringType,
    StructField,
    StructType,
    TimestampNTZType,
    TimestampType,
)

from connector_core.basics.names import decimal_digits
from connector_core.source.columns import Column, Declared
from connector_core.source.texts import json_text

_TYPES: Mapping[str, type[DataType]] = {
    "BOOLEAN": BooleanType,
    "SHORT": ShortType,
    "INT": IntegerType,
    "LONG": LongType,
    "FLOAT": FloatType,
    "DOUBLE": DoubleType,
    "STRING": StringType,
    "XML": StringType,
    "JSON": StringType,
    "NAIVE_DATE": DateType,
    "NAIVE_DATETIME": TimestampNTZType,
    "UTC_DATETIME": TimestampType,
    "BINARY": BinaryType,
}

CHANGE, UPSERT, DELETE = "_change_type", "upsert", "delete"
"""The column of a stream that says what becomes of a row, and its words."""
REST, PART = "_rest", "_part"
"""The columns of a row that says where the next sync of a part goes on."""
OF_OURS = frozenset({CHANGE, REST, PART})

Row = tuple[Any, ...]


def type_of(column: Column) -> DataType:
    """The type of Spark that holds every value of *column* as it is."""
    digits = decimal_digits(column.type)
    return DecimalType(*digits) if digits else _TYPES[column.type]()


def schema_of(columns: Declared, names: Iterable[str] = ()) -> StructType:
    """The schema of *columns*, or of those named, with what they mean as comments."""
    return StructType([_field(name, columns[name]) for name in names or columns])


def _field(name: str, column: Column) -> StructField:
    return StructField(
        name, type_of(column), nullable=True, metadata={"comment": column.description} if column.description else {}
    )


def with_change(schema: StructType) -> StructType:
    """*schema* with the column that says what becomes of a row."""
    return StructType(
        [*schema.fields, StructField(CHANGE, StringType(), nullable=False, metadata={"comment": f"{UPSERT} or {DELETE}"})]
    )


def with_rest(schema: StructType) -> StructType:
    """*schema* with the columns in which the last row of each part says where the next sync goes on."""
    return StructType([*schema.fields, StructField(PART, IntegerType()), StructField(REST, StringType())])


def as_tuples(rows: Iterable[Mapping[str, Any]], columns: Declared, names: Iterable[str]) -> Iterator[Row]:
    """*rows*, each value in the form of its column, as tuples of *names*. A column of JSON holds the text of it."""
    made = [(name, _AS_JSON if name in columns and columns[name].type == "JSON" else _AS_IT_IS) for name in names]
    return (tuple([convert(row.get(name)) for name, convert in made]) for row in rows)


def _as_it_is(value: Any) -> Any:
    return value


def _as_json(value: Any) -> str | None:
    # A text is one: where a format has nothing else, the JSON in it stands there already.
    return value if value is None or isinstance(value, str) else str(json_text(value))


_AS_IT_IS: Callable[[Any], Any] = _as_it_is
_AS_JSON: Callable[[Any], Any] = _as_json
