"""A session over the active Snowpark session: what an app has in Snowflake."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, Protocol

from attrs import field, frozen

from connector_app.data.dictionary import Dictionary
from connector_app.data.frames import tidy
from connector_app.data.session import Kind, SessionError, Value, kind_of

if TYPE_CHECKING:
    import pandas as pd

_COMPLETE: Final = "SELECT SNOWFLAKE.CORTEX.COMPLETE(?, ?) AS answer"


class Snowpark(Protocol):
    """What is used of a Snowpark session; anything with this method will do."""

    def sql(self, query: str, params: Sequence[Any] | None = None) -> Any:
        """A Snowpark DataFrame, with `to_pandas()` and `collect()`."""


def snowflake_session(snowpark: Any, database: str, schema: str, dictionary: Dictionary, kept: str = "") -> "SnowflakeSession":
    """The session of a deployed app: where *database* or *schema* is empty, that of the app itself."""
    database = database or str(snowpark.get_current_database()).strip('"')
    schema = schema or str(snowpark.get_current_schema()).strip('"')
    return SnowflakeSession(snowpark, database, schema, dictionary, kept)


@frozen(hash=False)
class SnowflakeSession:
    """The tables of one schema in Snowflake.

    snowpark: the session, such as `get_active_session()` gives it.
    database, schema: where Fivetran lands the data. kept: DATABASE.SCHEMA for the app's own tables, the same when empty.
    upper:    whether names there are in upper case, as Fivetran makes them; otherwise they are taken as they are.
    """

    snowpark: Snowpark
    database: str
    schema: str
    dictionary: Dictionary = field(factory=Dictionary)
    kept: str = ""
    upper: bool = True
    _known: dict[str, Any] = field(factory=dict, init=False, repr=False, eq=False)

    @property
    def runs(self) -> None:
        """No local run has filled these tables."""

    @property
    def where(self) -> str:
        return f"{self.database}.{self.schema} in Snowflake"

    def sql(self, query: str, parameters: Sequence[Value] = ()) -> "pd.DataFrame":
        return tidy(self._run(query, parameters).to_pandas())

    def table(self, name: str) -> str:
        return ".".join(self.name(part) for part in (self.database, self.schema, name))

    def name(self, column: str) -> str:
        spelt = column.upper() if self.upper else column
        return '"' + spelt.replace('"', '""') + '"'

    def tables(self) -> Sequence[str]:
        return sorted({table for table, _, _ in self._catalog() if not table.startswith(("_", "fivetran_"))})

    def columns(self, table: str) -> Mapping[str, Kind]:
        return {column: kind_of(kind) for name, column, kind in self._catalog() if name == table.lower()}

    def own(self, name: str) -> str:
        place = self.kept or f"{self.database}.{self.schema}"
        return ".".join(self.name(part) for part in (*place.split("."), name))

    def execute(self, statement: str, parameters: Sequence[Value] = ()) -> None:
        try:
            self._run(statement, parameters).collect()
        except SessionError:
            raise
        except Exception as error:  # noqa: BLE001 - Snowpark runs the statement here, and its errors are a family of their own
            raise _said(error) from None

    def read_own(self, query: str, parameters: Sequence[Value] = ()) -> "pd.DataFrame":
        return self.sql(query, parameters)

    @property
    def has_models(self) -> bool:
        return True

    def complete(self, model: str, prompt: str) -> str | None:
        answer = self.sql(_COMPLETE, (model, prompt))
        return str(answer["answer"].iloc[0])

    def version(self) -> str:
        # Snowflake keeps the results of equal queries by itself; the page's cache is short-lived beside that.
        return f"{self.database}.{self.schema}"

    def _catalog(self) -> list[tuple[str, str, str]]:
        if "catalog" not in self._known:
            place = f"{self.name(self.database)}.INFORMATION_SCHEMA.COLUMNS"
            rows = self.sql(
                f"SELECT table_name, column_name, data_type FROM {place} WHERE table_schema = ? "
                "ORDER BY table_name, ordinal_position",
                (self.schema.upper() if self.upper else self.schema,),
            )
            self._known["catalog"] = [
                (str(table).lower(), str(column).lower(), str(kind)) for table, column, kind in rows.itertuples(index=False)
            ]
        found: list[tuple[str, str, str]] = self._known["catalog"]
        return found

    def _run(self, query: str, parameters: Sequence[Value]) -> "_Asked":
        try:
            return _Asked(self.snowpark.sql(query, params=list(parameters)))
        except Exception as error:  # noqa: BLE001 - as above
            raise _said(error) from None


@frozen
class _Asked:
    """A Snowpark DataFrame: it is run only when its rows are wanted."""

    frame: Any

    def to_pandas(self) -> "pd.DataFrame":
        try:
            rows: pd.DataFrame = self.frame.to_pandas()
        except Exception as error:  # noqa: BLE001 - as above
            raise _said(error) from None
        return rows

    def collect(self) -> Any:
        return self.frame.collect()


def _said(error: Exception) -> SessionError:
    return SessionError(
        f"Snowflake did not run the query: {' '.join(str(error).split())}. The README of the app lists the grants that it needs."
    )
