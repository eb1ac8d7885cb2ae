"""A source table: what the API serves, under which names and types."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from types import MappingProxyType
from typing import Any, Literal, get_args

from attrs import field, frozen

from connector_core.basics.errors import KeyColumnsError, PluginError
from connector_core.basics.names import check_name, column_names, listed, one_line
from connector_core.basics.paths import LIBRARY, MISSING, Path, compile_path, paths_of
from connector_core.source.columns import Declared, checked_columns, given_columns, types_of
from connector_core.source.deletes import DeletedBy, ListedIn, check_deletes
from connector_core.source.elsewhere import check_hosts
from connector_core.source.error_rules import ErrorRule
from connector_core.source.form import check_form
from connector_core.source.formats import Format
from connector_core.source.limits import Budget
from connector_core.source.parents import Each, Parent, check_child
from connector_core.source.updated import check_updated
from connector_core.source.values import read

Record = dict[str, Any]
"""One row: column name → value, as decoded from JSON or as a transform made it."""

Undeclared = Literal["allow", "warn", "fail", "drop"]
"""What becomes of fields that nobody declared."""
UNDECLARED: tuple[str, ...] = get_args(Undeclared)

Key = tuple[Any, ...]
"""A record's primary key, each value in the form of its column: what tells whether two records are the same row."""


def frozen_mapping(value: Mapping[str, Any]) -> Mapping[str, Any]:
    """A read-only copy of *value*; what is no mapping stays as it is, to be refused with the name of its argument."""
    return MappingProxyType(dict(value)) if isinstance(value, Mapping) else value


def _rules(rules: Sequence[ErrorRule]) -> tuple[ErrorRule, ...]:
    if isinstance(rules, str | Mapping) or not isinstance(rules, Sequence):
        raise PluginError(f"errors must be a list of error rules, not {_shown(rules)}. Write errors=[ignore(status=404)].")
    for rule in rules:
        if not isinstance(rule, ErrorRule):
            raise PluginError(f"errors has {_shown(rule)} in it. Each entry has to be an error rule: ignore(status=404).")
    return tuple(rules)


def _shown(value: object) -> str:
    return getattr(value, "__name__", None) or one_line(str(value) if isinstance(value, ErrorRule) else repr(value), 60)


def _steps(rows: Any) -> tuple[Any, ...]:
    return tuple(rows) if isinstance(rows, list | tuple) else (rows,)


def _several(values: Any) -> tuple[str, ...]:
    return (values,) if isinstance(values, str) else listed(values)


@frozen(hash=False)
class Table:
    """A source table.

    name:        the table in the destination, lower-case snake_case.
    path:        where the API serves it, below ``base_url``, with a slash in front.
    records:     where the answer has the list of records: a key, keys with dots between them (``data.items``), ``@`` where
                 the answer is the list, brackets around one of these where it has one object instead of a list
                 (``[data]``), or any other JMESPath expression (``edges[*].node``), for which the plugin depends on jmespath.
    primary_key: the columns that identify a row, in order; each is declared in *columns*.
    columns:     column name → Fivetran type (``STRING``, ``LONG``, ``DOUBLE``, ``NAIVE_DATE`` …), or a ``Column`` that says more
                 about it. A field that is not declared arrives all the same, but floats of such a field are cut to 32 bits:
                 declare ``DOUBLE``. Read back, ``columns`` has the types, and ``declared`` the columns.
    append_only: the API never sends a record again with other values. Totals of extra tables are then all that the state keeps of
                 them; where it is False it keeps what they need of each row, or they are made from the whole feed in each sync.
    params, headers: query parameters and headers of every first request, such as a filter.
    body:        the JSON object to POST; None for a GET.
    form:        *body* is sent as the fields of a form (``application/x-www-form-urlencoded``) instead of as JSON. A paginator's
                 ``where="body"`` puts its position into the form then.
    errors:      rules for answers that mean something else here than elsewhere; the first that fits an answer decides.
    budget:      how many requests the API takes in which time; None where nobody says.
    format:      ``Csv()``, ``JsonLines()``, ``Xml("item")`` or ``Zip(Csv())`` for an API that answers so, with *records* ``@``;
                 None for JSON. Gzip of each is noticed by itself.
    parent:      makes it a child table, with one feed for each record of the parent.
    each:        one feed for each value of a list in the configuration: ``Each("repositories", adds={"repository": "value"})``.
                 Read back, *parent* has it too: a parent is a table or a list.
    deleted:     where each answer lists the keys of records that are gone: a list of values or, for a key of several columns,
                 of objects. They are deleted after the answer's records.
    full_refresh: each sync reads the whole feed and replaces the table: rows that the API no longer sends are deleted. The
                 table is emptied when the last page has been read, and not before.

    overrule:    signs in an answer that there is more to read which say something else here, by the names that the error about
                 them gives: ``["has_more"]``. Also for a table of which only the first page is wanted.
    nothing:     what stands at *records* where there are none, for an API that does not send an empty list then: ``"null"``,
                 ``"missing"`` (it is left out, as in ``{}``), or other JSON that is empty, such as ``"{}"``; one, or a list. With
                 ``"missing"`` the list of *deleted* keys may be left out too. An answer 204 is an empty page by itself.
    undeclared:  what becomes of a field that is no column, once the transforms are done: ``"allow"``, it arrives all the same;
                 ``"warn"``, it arrives, and is named once in a warning; ``"fail"``, the sync ends there; ``"drop"``, it is left
                 out. None: what the build says, and ``"allow"`` where that says nothing.
    may_be_empty: a feed without a record means that there is none any more. Otherwise a sync that would delete every row, of the
                 table or of an extra table made from it, is an error: APIs fail with an empty answer, and transforms lose a
                 ``return``.
    description: what a row of it is, for people: ``"one task of a field technician"``.

    deleted_by:  another table, of events that say which rows of this one are gone: ``DeletedBy("events", {"id": "object.id"})``.
    missing:     ``"delete"``: rows that the feed, read whole, no longer has are deleted, without replacing the table; or
                 ``ListedIn("ids", {"id": "id"})``: rows that another table, a complete list, does not name. The state then holds
                 the key of every row.
    updated:     of a table that each sync reads whole: the column that the API moves with every change and every new record,
                 such as ``last_updated_epoch``: a time, or a number of seconds (milliseconds …) since 1970. Of up to 20,000 rows,
                 digests tell what has changed; of more, a sync sends those that are not older than the newest which the last
                 finished one had seen. lookback: how far before that, as of ``UpdatedSince``, for records that come late.
    rows:        what makes the records out of what stands at *records*, where that has no list of them with a key: functions of
                 page and request, one after the other, such as ``exploded("lines", keep={"order_id": "id"})``; one, or a list.

    elsewhere:   hosts beside the API's to which links, redirects and results of export jobs may lead: ``["*.amazonaws.com"]``.
                 Requests go there by https and bare: no credential, no cookie, no header or body of ours.

    A table without a key has ``primary_key=[]``: a row is then told from another by all that it holds, and two that are alike are
    one. That is for a feed that only grows (*append_only*) or a table that is replaced (*full_refresh*).

    Raises PluginError when a value cannot be used.
    """

    name: str
    path: str
    records: str
    primary_key: tuple[str, ...] = field(converter=listed)
    declared: Declared = field(alias="columns", converter=given_columns)
    append_only: bool = False
    params: Mapping[str, str] = field(factory=dict, converter=frozen_mapping)
    body: Mapping[str, Any] | None = None
    errors: Sequence[ErrorRule] = ()
    budget: Budget | None = None
    headers: Mapping[str, str] = field(factory=dict, converter=frozen_mapping)
    format: Format | None = None
    parent: Parent | Each | None = None
    deleted: str | None = None
    full_refresh: bool = False
    overrule: tuple[str, ...] = field(default=(), converter=listed)
    nothing: tuple[str, ...] = field(default=(), converter=_several)
    may_be_empty: bool = False
    form: bool = field(default=False, kw_only=True)
    undeclared: Undeclared | None = field(default=None, kw_only=True)
    each: Each | None = field(default=None, kw_only=True)
    deleted_by: DeletedBy | None = field(default=None, kw_only=True)
    missing: Literal["delete"] | ListedIn | None = field(default=None, kw_only=True)
    rows: tuple[Callable[[Any, Any], Iterable[Any]], ...] = field(default=(), converter=_steps, kw_only=True)
    elsewhere: tuple[str, ...] = field(default=(), converter=_several, kw_only=True)
    updated: str | None = field(default=None, kw_only=True)
    lookback: timedelta | int = field(default=0, kw_only=True)
    description: str = field(default="", kw_only=True, eq=False, repr=False)
    columns: Mapping[str, str] = field(init=False, eq=False, repr=False)
    """Column name → Fivetran type."""
    place: Path = field(init=False, eq=False, repr=False)
    """What *records* says, compiled."""
    gone: Path | None = field(init=False, eq=False, repr=False)
    """What *deleted* says, compiled."""

    def __attrs_post_init__(self) -> None:
        check_name(self.name, "A table")
        where = f"Table {self.name}"
        if not isinstance(self.path, str) or not self.path.startswith("/"):
            raise PluginError(f'{where}: path is {self.path!r}. Write it below base_url, with a slash in front: "/fts_data".')
        self._check_columns(where)
        self._check_answers(where)
        check_undeclared(self.undeclared, where)
        check_updated(self, where)
        if self.form:
            check_form(self.body, where)
        self._check_each(where)
        if self.parent is not None:
            check_child(self.name, self.parent, (self.path, self.params, self.headers, self.body), self.columns)

    def _check_each(self, where: str) -> None:
        if self.each is None:
            return
        if not isinstance(self.each, Each):
            raise PluginError(
                f'{where}: each is {_shown(self.each)}. Write Each("repositories", adds={{"repository": "value"}}), with a '
                "setting of kind list."
            )
        if self.parent not in (None, self.each):
            raise PluginError(f"{where}: it has a parent and each. Give each to the parent, whose children it then reads.")
        object.__setattr__(self, "parent", self.each)

    def _check_columns(self, where: str) -> None:
        self._check_keyless(where)
        try:
            names = column_names(self.primary_key, f"{where}: primary_key") if self.primary_key != () else ()
            object.__setattr__(self, "primary_key", names)
        except PluginError as error:
            raise KeyColumnsError(str(error)) from None
        object.__setattr__(self, "declared", checked_columns(self.declared, where))
        object.__setattr__(self, "columns", types_of(self.declared))
        undeclared = [name for name in self.primary_key if name not in self.columns]
        if undeclared:
            raise KeyColumnsError(f"{where}: primary_key names {', '.join(undeclared)}, which columns does not declare.")
        if lists := [name for name in self.primary_key if self.columns[name] == "JSON"]:
            raise KeyColumnsError(f"{where}: primary_key names {', '.join(lists)}, which is JSON: no list identifies a row.")

    def _check_keyless(self, where: str) -> None:
        if self.primary_key != ():
            return
        if not (self.append_only or self.full_refresh):
            raise KeyColumnsError(
                f"{where}: primary_key is empty. Name the columns that identify a row. A table without a key has to be "
                "append_only or full_refresh: a record that comes again with other values would be a second row."
            )
        if self.deleted is not None:
            raise KeyColumnsError(f"{where}: it has no primary_key, so no list under {self.deleted} can say which rows are gone.")

    def _check_rows(self, where: str) -> None:
        for step in self.rows:
            if not callable(step) or isinstance(step, type):
                raise PluginError(
                    f'{where}: rows has {_shown(step)} in it. Write exploded("lines"), or a function of a page and its request.'
                )

    def _check_answers(self, where: str) -> None:
        if not isinstance(self.records, str) or not self.records:
            raise PluginError(
                f"{where}: records is {self.records!r}. Name the key of the answer that holds the list of records, or @."
            )
        try:
            object.__setattr__(self, "place", compile_path(self.records))
            object.__setattr__(self, "errors", _rules(self.errors))
        except PluginError as error:
            raise type(error)(f"{where}: {error}") from None
        if not (self.budget is None or isinstance(self.budget, Budget)):
            raise PluginError(f"{where}: budget is {_shown(self.budget)}. Write Budget(requests=100, seconds=60).")
        try:
            object.__setattr__(self, "gone", None if self.deleted is None else compile_path(self.deleted))
        except PluginError as error:
            raise PluginError(
                f'{where}: deleted is {self.deleted!r}. Name the key of the answer that holds the keys: "deleted". {error}'
            ) from None
        self._check_nothing(where)
        self._check_rows(where)
        check_deletes(self, where)
        if not isinstance(self.overrule, tuple) or not all(isinstance(name, str) and name for name in self.overrule):
            raise PluginError(f'{where}: overrule is {_shown(self.overrule)}. Name the signs, as a list: overrule=["has_more"].')
        self._check_format(where)
        if not isinstance(self.elsewhere, tuple):
            raise PluginError(f'{where}: elsewhere is {_shown(self.elsewhere)}. Name hosts, as a list: ["*.amazonaws.com"].')
        check_hosts(self.elsewhere, where)

    def _check_nothing(self, where: str) -> None:
        for each in self.nothing if isinstance(self.nothing, tuple) else (self.nothing,):
            if each != "missing" and not _is_empty_json(each):
                raise PluginError(
                    f"{where}: nothing has {one_line(repr(each), 60)} in it. Write what stands in place of an empty list: "
                    'nothing="null", nothing="missing" where it is left out, or other JSON that is empty.'
                )

    def _check_format(self, where: str) -> None:
        if self.records == "@" and self.deleted is not None:
            raise PluginError(f"{where}: the answer is its records, so it cannot list under {self.deleted} what is gone.")
        if self.format is None:
            return
        if not isinstance(self.format, Format):
            raise PluginError(
                f'{where}: format is {_shown(self.format)}. Write Csv(), JsonLines(), Xml("item"), Zip(Csv()), or leave it out '
                "for JSON."
            )
        if self.records != "@":
            raise PluginError(f'{where}: in {self.format}, an answer is its records and nothing else. Write records="@".')

    @property
    def method(self) -> str:
        """``GET``, or ``POST`` where there is a body to send."""
        return "GET" if self.body is None else "POST"

    @property
    def find(self) -> Callable[[Any], Any]:
        """What stands at *records* in decoded JSON; ``MISSING`` where there is nothing."""
        return self.place.find

    @property
    def needs(self) -> tuple[str, ...]:
        """The packages, by the name that they are imported under, that this table needs beyond what ships."""
        return (LIBRARY,) if any(path.needs for path in paths_of(self)) else ()

    def is_nothing(self, found: Any) -> bool:
        """Whether what was found at *records*, no list, is how this API says that there are none."""
        if found is MISSING:
            return "missing" in self.nothing
        return not found and json.dumps(found) in {json.dumps(json.loads(each)) for each in self.nothing if each != "missing"}

    def key_of(self, record: Mapping[str, Any]) -> Key:
        """The primary key of *record*, each value in the form of its column. Raises UnfitError where one is none."""
        return tuple(read(self.declared[name], record[name]) for name in self.primary_key)


def check_undeclared(word: object, where: str) -> None:
    """Raise PluginError unless *word* says what becomes of undeclared fields, or is None; *where* begins the message."""
    if word is not None and word not in UNDECLARED:
        raise PluginError(f"{where}: undeclared is {_shown(word)}. Write one of {', '.join(map(repr, UNDECLARED))}.")


def _is_empty_json(text: object) -> bool:
    """Whether *text* is JSON for something empty that is no list."""
    try:
        value = json.loads(text) if isinstance(text, str) else True
    except ValueError:
        return False
    return not value and not isinstance(value, list)
