"""A source table: what the API serves, under which names and types."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from attrs import field, frozen

from connector_core.error_rules import ErrorRule
from connector_core.errors import PluginError
from connector_core.limits import Budget
from connector_core.names import check_column_types, check_name, column_names, listed, one_line

Record = dict[str, Any]
"""One row: column name → value, as decoded from JSON or as a transform made it."""

Key = tuple[str, ...]
"""A record's primary key, each value as text: what tells whether two records are the same row."""


def frozen_mapping(value: Mapping[str, Any]) -> Mapping[str, Any]:
    """A read-only copy of *value*; anything but a mapping is an error of the plugin's."""
    if not isinstance(value, Mapping):
        raise PluginError(f"expected a dict, got {type(value).__name__}: {value!r}")
    return MappingProxyType(dict(value))


def _rules(rules: Sequence[ErrorRule]) -> tuple[ErrorRule, ...]:
    if isinstance(rules, str | Mapping) or not isinstance(rules, Sequence):
        raise PluginError(f"errors must be a list of error rules, not {_shown(rules)}. Write errors=[ignore(status=404)].")
    for rule in rules:
        if not isinstance(rule, ErrorRule):
            raise PluginError(f"errors has {_shown(rule)} in it. Each entry has to be an error rule: ignore(status=404).")
    return tuple(rules)


def _shown(value: object) -> str:
    return getattr(value, "__name__", None) or one_line(str(value) if isinstance(value, ErrorRule) else repr(value), 60)


@frozen(hash=False)
class Table:
    """A source table.

    name:        the table in the destination, lower-case snake_case.
    path:        where the API serves it, below ``base_url``, with a slash in front.
    records:     where the answer has the list of records: a key, keys with dots between them (``data.items``), or ``@`` where
                 the answer is the list.
    primary_key: the columns that identify a row, in order; each is declared in *columns*.
    columns:     column name → Fivetran type (``STRING``, ``LONG``, ``DOUBLE``, ``NAIVE_DATE`` …). A field that is not
                 declared arrives all the same, but floats of such a field are cut to 32 bits: declare ``DOUBLE``.
    params:      query parameters of every first request, such as a filter.
    body:        the JSON object to POST; None for a GET.
    append_only: the API never sends a record again with other values. Extra tables are then kept up from the cursor
                 on; where it is False they are made from the whole feed in each sync.
    errors:      rules for answers that mean something else here than elsewhere; the first that fits an answer decides.
    budget:      how many requests the API takes in which time; None where nobody says.

    Raises PluginError when a value cannot be used.
    """

    name: str
    path: str
    records: str
    primary_key: tuple[str, ...] = field(converter=listed)
    columns: Mapping[str, str]
    append_only: bool = False
    params: Mapping[str, str] = field(factory=dict, converter=frozen_mapping)
    body: Mapping[str, Any] | None = None
    errors: Sequence[ErrorRule] = ()
    budget: Budget | None = None

    def __attrs_post_init__(self) -> None:
        check_name(self.name, "A table")
        where = f"Table {self.name}"
        if not isinstance(self.path, str) or not self.path.startswith("/"):
            raise PluginError(f'{where}: path is {self.path!r}. Write it below base_url, with a slash in front: "/fts_data".')
        if not isinstance(self.records, str) or not self.records:
            raise PluginError(
                f"{where}: records is {self.records!r}. Name the key of the answer that holds the list of records, or @."
            )
        try:
            object.__setattr__(self, "errors", _rules(self.errors))
        except PluginError as error:
            raise PluginError(f"{where}: {error}") from None
        if not (self.budget is None or isinstance(self.budget, Budget)):
            raise PluginError(f"{where}: budget is {_shown(self.budget)}. Write Budget(requests=100, seconds=60).")
        object.__setattr__(self, "primary_key", column_names(self.primary_key, f"{where}: primary_key"))
        if not isinstance(self.columns, Mapping):
            raise PluginError(f'{where}: columns must be a dict, not {type(self.columns).__name__}. Write {{"id": "STRING", …}}.')
        object.__setattr__(self, "columns", frozen_mapping(self.columns))
        check_column_types(self.columns, where)
        undeclared = [name for name in self.primary_key if name not in self.columns]
        if undeclared:
            raise PluginError(f"{where}: primary_key names {', '.join(undeclared)}, which columns does not declare.")

    def key_of(self, record: Mapping[str, Any]) -> Key:
        """The primary key of *record*, each value as text."""
        return tuple(str(record[name]) for name in self.primary_key)
