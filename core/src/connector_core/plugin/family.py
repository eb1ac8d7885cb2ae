"""Families: what the datasets of one API share, said once."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from attrs import evolve, field, frozen

from connector_core.auth.kinds import AuthFactory
from connector_core.basics.arguments import guarded
from connector_core.basics.errors import PluginError
from connector_core.basics.names import did_you_mean, one_line
from connector_core.derived.extra_tables import Aggregate, Dimension
from connector_core.derived.nested import Nested
from connector_core.derived.transforms import DerivedField, Transform
from connector_core.plugin.hooks import hookimpl
from connector_core.source.pagination import Paginator
from connector_core.source.settings import Setting
from connector_core.source.tables import Table

T = TypeVar("T")
Transforms = Sequence[Transform | DerivedField]
ExtraTables = Sequence[Dimension | Aggregate | Nested]


def _kept(value: Any) -> Any:
    """A list as a frozen value keeps it."""
    return tuple(value) if isinstance(value, list) else value


@frozen(kw_only=True, hash=False)
class dataset:  # noqa: N801  (it is called, as a function is)
    """A dataset as a value, in place of a module with hooks: what several datasets of one API share, and each of them.

    tables:       the source tables. What has none is no dataset yet, and what others are made of.
    auth:         how requests are signed; not at all if not given.
    paginator:    for every table, or table → its own.
    settings:     settings beyond those that every dataset has.
    transforms:   for every table, or table → its own.
    extra_tables: likewise.
    summary:      what it is, in a line, for `connector-build list`.

    Raises PluginError for a table that is named and not there.

    Example::

        API = dataset(auth=ApiKeyHeader("api_key"), settings=[base_url("https://api.example.com")])
        ships = API.with_(tables=[SHIPS], summary="The ships of a ferry line.")
    """

    tables: Sequence[Table] = field(default=(), converter=_kept)
    auth: AuthFactory | None = None
    paginator: Paginator | Mapping[str, Paginator] | None = None
    settings: Sequence[Setting] = field(default=(), converter=_kept)
    transforms: Transforms | Mapping[str, Transforms] = field(default=(), converter=_kept)
    extra_tables: ExtraTables | Mapping[str, ExtraTables] = field(default=(), converter=_kept)
    summary: str = ""

    def __attrs_post_init__(self) -> None:
        self._check_kinds()
        known = [table.name for table in self.tables]
        for what in ("paginator", "transforms", "extra_tables"):
            value = getattr(self, what)
            for name in value if known and isinstance(value, Mapping) else ():
                if name not in known:
                    raise PluginError(
                        f"dataset: {what} names the table {one_line(name, 60)}{did_you_mean(str(name), known)}, which is none of "
                        f"{', '.join(known)}. Correct the name, or add the table to tables."
                    )

    def _check_kinds(self) -> None:
        """Raise PluginError for what is no list where one has to be. What transforms and extra tables are, the hooks check."""
        for what, kind in (("tables", Table), ("settings", Setting)):
            value = getattr(self, what)
            if not isinstance(value, tuple):
                raise PluginError(f"dataset: {what} is {one_line(repr(value), 60)}. Write a list: {what}=[{kind.__name__}(…)].")
            for at, each in enumerate(value):
                if not isinstance(each, kind):
                    told = f"{type(each).__name__} {one_line(repr(each), 60)}"
                    raise PluginError(f"dataset: {what}[{at}] is {told}. It takes a {kind.__name__}.")
        for what in ("transforms", "extra_tables"):
            value = getattr(self, what)
            if not isinstance(value, tuple | Mapping):
                raise PluginError(f"dataset: {what} is {one_line(repr(value), 60)}. Write a list, or a table's name → its list.")
        if not isinstance(self.summary, str):
            raise PluginError(f"dataset: summary is {one_line(repr(self.summary), 60)}. Write one line of text.")

    @guarded
    def with_(
        self,
        *,
        tables: Sequence[Table] | None = None,
        auth: AuthFactory | None = None,
        paginator: Paginator | Mapping[str, Paginator] | None = None,
        settings: Sequence[Setting] = (),
        transforms: Transforms | Mapping[str, Transforms] | None = None,
        extra_tables: ExtraTables | Mapping[str, ExtraTables] | None = None,
        summary: str | None = None,
    ) -> "dataset":
        """The same with what is given in place of what it says. Settings are added; one of a known name takes its place."""
        given: dict[str, Any] = {
            "tables": tables,
            "auth": auth,
            "paginator": paginator,
            "transforms": transforms,
            "extra_tables": extra_tables,
            "summary": summary,
        }
        merged = {setting.name: setting for setting in (*self.settings, *settings)}
        changed = {name: value for name, value in given.items() if value is not None}
        return evolve(self, settings=list(merged.values()), **changed)

    @hookimpl
    def connector_tables(self) -> Sequence[Table]:
        """The source tables."""
        return self.tables

    @hookimpl
    def connector_auth(self) -> AuthFactory | None:
        """How requests are signed."""
        return self.auth

    @hookimpl
    def connector_paginator(self, table: Table) -> Paginator | None:
        """How *table* is paged."""
        return self.paginator.get(table.name) if isinstance(self.paginator, Mapping) else self.paginator

    @hookimpl
    def connector_settings(self) -> Sequence[Setting]:
        """Settings beyond those that every dataset has."""
        return self.settings

    @hookimpl
    def connector_transforms(self, table: Table) -> Transforms:
        """What becomes of each record of *table*."""
        return _of(self.transforms, table)

    @hookimpl
    def connector_extra_tables(self, table: Table) -> ExtraTables:
        """What is made from the records of *table*."""
        return _of(self.extra_tables, table)


def _of(said: Sequence[T] | Mapping[str, Sequence[T]], table: Table) -> Sequence[T]:
    return said.get(table.name, ()) if isinstance(said, Mapping) else said


def datasets_in(values: Mapping[str, Any]) -> dict[str, dataset]:
    """Those of *values* that are datasets with tables: what a module offers."""
    return {name: value for name, value in values.items() if isinstance(value, dataset) and value.tables}
