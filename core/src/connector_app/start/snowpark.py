"""A stand-in for the Snowpark session of a Streamlit app, over a warehouse file on this machine.

An app that was written for Snowflake finds it under the names that it imports (the folder `standin`, which the command puts on
`PYTHONPATH`). It knows `sql`, `table` and what is commonly done with their answers; the SQL has to be such that DuckDB reads it.
"""

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Final

import duckdb
import pandas as pd
from attrs import evolve, frozen

from connector_app.data.duck import DuckDBSession

WAREHOUSE: Final = "CONNECTOR_APP_WAREHOUSE"
"""The environment's variable that names the warehouse file."""
_COMPLETE: Final = re.compile(r"\b(?:SNOWFLAKE\s*\.\s*CORTEX\s*\.\s*COMPLETE|AI_COMPLETE)\s*\(", re.IGNORECASE)
_FIGURES: Final = re.compile(r"\d")


class SnowparkSQLException(Exception):  # noqa: N818 - Snowpark's name
    """What a query that fails raises there, and here."""


@frozen
class Row:
    """A row of `collect()`: its values by number, by name in any case of letters, or as attributes."""

    names: tuple[str, ...]
    values: tuple[Any, ...]

    def __getitem__(self, key: int | slice | str) -> Any:
        return self.as_dict()[key.upper()] if isinstance(key, str) else self.values[key]

    def __getattr__(self, name: str) -> Any:
        try:
            return self.as_dict()[name.upper()]
        except KeyError:
            raise AttributeError(name) from None

    def __len__(self) -> int:
        return len(self.values)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.values)

    def as_dict(self) -> dict[str, Any]:
        return dict(zip(self.names, self.values, strict=True))


@frozen
class DataFrame:
    """A query that runs when its rows are wanted."""

    session: "Session"
    query: str
    params: tuple[Any, ...] = ()

    def to_pandas(self) -> pd.DataFrame:
        """All rows; names in upper case, as Snowflake gives them."""
        with self.session.open() as database:
            frame: pd.DataFrame = database.execute(_readable(self.query), list(self.params)).df()
        frame.columns = pd.Index([name.upper() for name in frame.columns])
        return frame

    def collect(self) -> list[Row]:
        with self.session.open() as database:
            cursor = database.execute(_readable(self.query), list(self.params))
            names = tuple(each[0].upper() for each in cursor.description or ())
            return [Row(names, tuple(values)) for values in cursor.fetchall()]

    @property
    def columns(self) -> list[str]:
        return [str(name) for name in self.limit(0).to_pandas().columns]

    def count(self) -> int:
        return int(self._of("SELECT COUNT(*) FROM ({})").collect()[0][0])

    def limit(self, n: int) -> "DataFrame":
        return self._of(f"SELECT * FROM ({{}}) LIMIT {n:d}")

    def select(self, *columns: str) -> "DataFrame":
        return self._of(f"SELECT {', '.join(columns)} FROM ({{}})")

    def filter(self, condition: str) -> "DataFrame":
        return self._of(f"SELECT * FROM ({{}}) WHERE {condition}")

    def where(self, condition: str) -> "DataFrame":
        return self.filter(condition)

    def sort(self, *columns: str) -> "DataFrame":
        return self._of(f"SELECT * FROM ({{}}) ORDER BY {', '.join(columns)}")

    order_by = sort

    def _of(self, around: str) -> "DataFrame":
        return evolve(self, query=around.replace("{}", self.query.rstrip().rstrip(";")))


@frozen
class Session:
    """What `get_active_session()` gives on this machine."""

    path: Path

    def sql(self, query: str, params: Sequence[Any] | None = None) -> DataFrame:
        return DataFrame(self, query, tuple(params or ()))

    def table(self, name: str) -> DataFrame:
        return DataFrame(self, f"SELECT * FROM {name}")

    @contextmanager
    def open(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """The warehouse, read only, with its tables as unqualified names and a Cortex that says that it is none."""
        known = DuckDBSession(self.path)
        schema = known.table("x").partition(".")[0].strip('"')
        try:
            with duckdb.connect(str(self.path), read_only=True) as database:
                database.execute(f"SET search_path = '{schema}'")
                database.create_function("cortex_complete", complete, ["VARCHAR", "VARCHAR"], "VARCHAR")
                yield database
        except duckdb.Error as error:
            raise SnowparkSQLException(f"On this machine DuckDB answers, which says: {error}") from None


def complete(model: str, prompt: str) -> str:
    """What stands in for SNOWFLAKE.CORTEX.COMPLETE: the lines of the prompt that hold figures, and that no model wrote this."""
    lines = [line.strip().lstrip("-*• ") for line in prompt.splitlines() if _FIGURES.search(line)]
    figures = "\n".join(f"- {line}" for line in lines[:20])
    said = f"No language model is on this machine, so none wrote this. In Snowflake, {model} would answer this prompt of"
    return f"*{said} {len(prompt):,} characters. The figures in it:*\n\n{figures}"


@cache
def get_active_session() -> Session:
    """The session over the warehouse that the command chose."""
    return Session(Path(os.environ[WAREHOUSE]))


def _readable(query: str) -> str:
    """*query* with Cortex's function under the name that it has here."""
    return _COMPLETE.sub("cortex_complete(", query)
