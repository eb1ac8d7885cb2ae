"""The one protocol that apps speak to; what stands behind it is DuckDB on this machine and Snowpark in Snowflake."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, Protocol

from connector_app.data.dictionary import Dictionary

if TYPE_CHECKING:
    import pandas as pd

Value = str | int | float | bool | None
"""What may be bound to a `?`. A date is bound as ISO text, behind `CAST(? AS DATE)`, which both dialects read alike."""
Kind = Literal["number", "text", "date", "time", "boolean", "other"]

DELETED: Final = "_fivetran_deleted"
ACTIVE: Final = "_fivetran_active"
SYNCED: Final = "_fivetran_synced"


class SessionError(Exception):
    """The data cannot be read or written; the message says what, where, and what to do."""


class Session(Protocol):
    """Where an app's data is.

    Names are given in lower case, as the plugin spells them; each session spells them for its dialect.
    """

    @property
    def dictionary(self) -> Dictionary:
        """What the tables and columns mean."""

    @property
    def where(self) -> str:
        """In words, for the page: which database this is."""

    @property
    def runs(self) -> Path | None:
        """The file that holds the history of local runs, which may not be there yet; None where the data is not of local runs."""

    def sql(self, query: str, parameters: Sequence[Value] = ()) -> "pd.DataFrame":
        """The rows of *query*, its `?` bound to *parameters*: lower-case column names, floats, no Decimal.

        The SQL has to be read alike by DuckDB and Snowflake. Raises SessionError.
        """

    def table(self, name: str) -> str:
        """A table of the data, qualified and quoted for SQL."""

    def name(self, column: str) -> str:
        """A column, quoted for SQL."""

    def tables(self) -> Sequence[str]:
        """The names of the tables that are there, without Fivetran's own, sorted."""

    def columns(self, table: str) -> Mapping[str, Kind]:
        """Column → the kind of its values, in the table's order; none when there is no such table."""

    def own(self, name: str) -> str:
        """A table that the app itself writes, qualified and quoted for `execute` and `read_own`."""

    def execute(self, statement: str, parameters: Sequence[Value] = ()) -> None:
        """Run a statement that writes into a table of the app's own. Raises SessionError."""

    def read_own(self, query: str, parameters: Sequence[Value] = ()) -> "pd.DataFrame":
        """The rows of *query* over tables of the app's own, as `sql` gives them. Raises SessionError."""

    @property
    def has_models(self) -> bool:
        """Whether there are language models beside the data, for `complete`."""

    def complete(self, model: str, prompt: str) -> str | None:
        """What a language model beside the data answers; None where there is none. Raises SessionError."""

    def version(self) -> str:
        """A text that changes when the data may have changed, for caches."""


def kind_of(sql_type: str) -> Kind:
    """The kind of values of a column, by its type as DuckDB or Snowflake names it."""
    name = sql_type.upper().partition("(")[0].strip()
    if name in ("BOOLEAN", "DATE"):
        return "boolean" if name == "BOOLEAN" else "date"
    if name.startswith(("TIMESTAMP", "DATETIME")):
        return "time"
    if name in ("VARCHAR", "TEXT", "STRING", "CHAR", "UUID"):
        return "text"
    if name.endswith("[]"):
        return "other"
    return "number" if name.endswith("INT") or name.startswith(_NUMBERS) else "other"


_NUMBERS: Final = ("INT", "DOUBLE", "FLOAT", "REAL", "DEC", "NUM", "FIXED")


_TYPES: Final[Mapping[Kind, str]] = {"number": "DOUBLE", "date": "DATE", "time": "TIMESTAMP", "boolean": "BOOLEAN"}


def live(session: Session, table: str, expected: Mapping[str, Kind] | None = None) -> str:
    """The rows of *table* that are not deleted (and, in history mode, the current ones), as something to select from.

    expected: columns that questions may name: those that are not there (blocked in Fivetran, say) are NULL in each row.
    """
    conditions = [f"COALESCE({session.name(DELETED)}, FALSE) = FALSE"] * (DELETED in session.columns(table))
    conditions += [f"{session.name(ACTIVE)} = TRUE"] * (ACTIVE in session.columns(table))
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    there = session.columns(table)
    blanks = [
        f", CAST(NULL AS {_TYPES.get(kind, 'VARCHAR')}) AS {session.name(column)}"
        for column, kind in (expected or {}).items()
        if column not in there
    ]
    return f"(SELECT *{''.join(blanks)} FROM {session.table(table)}{where})"
