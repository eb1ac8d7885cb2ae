"""The hooks: what a plugin may answer. Each is called once, when the connector is assembled, and returns plain values.

No hook sees a secret, a socket or a record. A hook that returns a list adds to what others return, in the order core,
dataset, extensions; of a hook with one answer the last in that order to give one wins, so an extension can replace what
the dataset says and the dataset what the core says.
"""

from collections.abc import Sequence

import pluggy

from connector_core.auth.kinds import AuthFactory
from connector_core.derived.extra_tables import Aggregate, Dimension
from connector_core.derived.nested import Nested
from connector_core.derived.transforms import DerivedField, Transform
from connector_core.source.pagination import Paginator
from connector_core.source.settings import Setting
from connector_core.source.tables import Table

PROJECT = "connector_core"
"""Pluggy's project name, and the entry-point group in which a dataset's plugin is found."""

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)
"""Marks a function of a plugin as the answer to the hook of its name."""


@hookspec
def connector_tables() -> Sequence[Table]:  # type: ignore[empty-body]  # a specification has no body
    """The source tables, in the order in which they are to be synced. At least one plugin has to answer.

    Example::

        @hookimpl
        def connector_tables():
            return [
                Table(
                    name="crew_shifts",
                    path="/shifts",
                    records="shifts",
                    primary_key=["shift_id"],
                    columns={"shift_id": "STRING", "hours": "DOUBLE"},
                )
            ]
    """


@hookspec(firstresult=True)
def connector_auth() -> AuthFactory | None:
    """How requests are signed: a callable from the configuration to a ``requests.auth.AuthBase``. Without an answer, not at all.

    Example::

        @hookimpl
        def connector_auth():
            return ApiKeyHeader("api_key")
    """


@hookspec(firstresult=True)
def connector_paginator(table: Table) -> Paginator | None:
    """How *table* is paged: a pure, frozen paginator. Without an answer, ``CursorPaginator()``.

    Example::

        @hookimpl
        def connector_paginator(table):
            return CursorPaginator(param="after", next_field="next", size_param="limit")
    """


@hookspec
def connector_transforms(table: Table) -> Sequence[Transform | DerivedField] | None:
    """The record transforms of *table*, in the order in which they are applied.

    Example::

        @hookimpl
        def connector_transforms(table):
            return [DerivedField("cost_per_hour", ratio("maintenance_cost", "downtime_hours"), default=False)]
    """


@hookspec
def connector_extra_tables(table: Table) -> Sequence[Dimension | Aggregate | Nested] | None:
    """The extra tables made from the records of *table*.

    Example::

        @hookimpl
        def connector_extra_tables(table):
            if table.name != "crew_shifts":
                return None
            return [Aggregate("crew_hours", by=["crew_id"], measures={"hours": total("hours")}, default=False)]
    """


@hookspec
def connector_settings() -> Sequence[Setting] | None:
    """Settings beyond those that every dataset has and those that its auth brings.

    A setting named ``base_url`` or ``page_size`` replaces the core's, to give it the API's own default or bounds.

    Example::

        @hookimpl
        def connector_settings():
            return [base_url("https://api.example.com"), page_size(50, maximum=500)]
    """
