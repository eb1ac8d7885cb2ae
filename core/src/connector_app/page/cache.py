"""A session that does not ask the same question twice, until the data changes."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd
import streamlit as st
from attrs import frozen

from connector_app.data.dictionary import Dictionary
from connector_app.data.session import Kind, Session, Value


@frozen(hash=False)
class Cached:
    """*session*, with the answers of `sql` kept for ten minutes at most, and for one version of the data."""

    session: Session

    @property
    def dictionary(self) -> Dictionary:
        return self.session.dictionary

    @property
    def where(self) -> str:
        return self.session.where

    @property
    def runs(self) -> Path | None:
        return self.session.runs

    def sql(self, query: str, parameters: Sequence[Value] = ()) -> pd.DataFrame:
        return _asked(self.session, self.session.version(), query, tuple(parameters))

    def table(self, name: str) -> str:
        return self.session.table(name)

    def name(self, column: str) -> str:
        return self.session.name(column)

    def tables(self) -> Sequence[str]:
        return _tables(self.session, self.session.version())

    def columns(self, table: str) -> Mapping[str, Kind]:
        return _columns(self.session, self.session.version(), table)

    def own(self, name: str) -> str:
        return self.session.own(name)

    def execute(self, statement: str, parameters: Sequence[Value] = ()) -> None:
        self.session.execute(statement, parameters)

    def read_own(self, query: str, parameters: Sequence[Value] = ()) -> pd.DataFrame:
        return self.session.read_own(query, parameters)

    @property
    def has_models(self) -> bool:
        return self.session.has_models

    def complete(self, model: str, prompt: str) -> str | None:
        return self.session.complete(model, prompt)

    def version(self) -> str:
        return self.session.version()


@st.cache_data(ttl=600, max_entries=500, show_spinner=False)
def _asked(_session: Session, version: str, query: str, parameters: tuple[Value, ...]) -> pd.DataFrame:  # noqa: ARG001 - the key
    return _session.sql(query, parameters)


@st.cache_data(ttl=600, max_entries=20, show_spinner=False)
def _tables(_session: Session, version: str) -> Sequence[str]:  # noqa: ARG001 - the key
    return _session.tables()


@st.cache_data(ttl=600, max_entries=200, show_spinner=False)
def _columns(_session: Session, version: str, table: str) -> Mapping[str, Kind]:  # noqa: ARG001 - the key
    return _session.columns(table)
