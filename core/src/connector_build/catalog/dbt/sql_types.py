"""Declared types as warehouses name them: expressions that dbt's Jinja fills in once it knows its target."""

from collections.abc import Mapping
from typing import Final

from connector_core.basics.names import decimal_digits

# Not dbt's own type_float() and type_timestamp(): one has 32 bits on DuckDB and Databricks, the other no zone on Snowflake.
_TYPES: Final[Mapping[str, tuple[str, Mapping[str, str]]]] = {
    "BOOLEAN": ("boolean", {}),
    "SHORT": ("smallint", {}),
    "INT": ("integer", {}),
    "LONG": ("bigint", {}),
    "FLOAT": ("float", {"bigquery": "float64"}),
    "DOUBLE": ("double", {"bigquery": "float64"}),
    "STRING": ("string", {}),
    "XML": ("string", {}),
    "NAIVE_DATE": ("date", {}),
    "NAIVE_DATETIME": ("timestamp_ntz", {"bigquery": "datetime", "duckdb": "timestamp"}),
    "UTC_DATETIME": ("timestamp", {"snowflake": "timestamp_tz", "duckdb": "timestamptz"}),
    "JSON": ("string", {"bigquery": "json", "duckdb": "json", "snowflake": "variant"}),
    "BINARY": ("binary", {"bigquery": "bytes"}),
}
"""Fivetran's type → its name, and what some targets call it instead. DECIMAL has digits."""


def sql_type(kind: str) -> str:
    """A declared type as an expression of Jinja's: ``'bigint'``, or one that asks for the target."""
    name, others = _names(kind)
    if not others:
        return f"'{name}'"
    pairs = ", ".join(f"'{target}': '{other}'" for target, other in others.items())
    return f"{{{pairs}}}.get(target.type, '{name}')"


def in_yaml(kind: str) -> str:
    """The same as YAML of dbt's has it, which is text unless it has braces around it."""
    name, others = _names(kind)
    return f"{{{{ {sql_type(kind)} }}}}" if others else name


def _names(kind: str) -> tuple[str, Mapping[str, str]]:
    digits = decimal_digits(kind)
    return _decimal(*digits) if digits else _TYPES[kind]


def _decimal(precision: int, scale: int) -> tuple[str, Mapping[str, str]]:
    """BigQuery's ``numeric`` has 9 places and 29 digits before them; beyond that, ``bignumeric`` has 38 of each."""
    fits = scale <= 9 and precision - scale <= 29
    return f"decimal({precision},{scale})", {"bigquery": f"{'numeric' if fits else 'bignumeric'}({precision},{scale})"}
