"""The core's own answers to the hooks, for a plugin that gives none."""

from connector_core.auth.kinds import AuthFactory, NoAuth
from connector_core.paging.cursor import CursorPaginator
from connector_core.plugin.hooks import hookimpl
from connector_core.source.pagination import Paginator
from connector_core.source.settings import Setting, base_url, max_answer_mb, page_size
from connector_core.source.tables import Table


@hookimpl
def connector_auth() -> AuthFactory:
    """No credential."""
    return NoAuth()


@hookimpl
def connector_paginator(table: Table) -> Paginator:  # noqa: ARG001  (every table alike)
    """A cursor in the query, the next one in the answer."""
    return CursorPaginator()


@hookimpl
def connector_settings() -> list[Setting]:
    """The settings that every dataset has."""
    return [base_url(), page_size(), max_answer_mb()]
