"""Datasets as values: what several share, and what each says itself."""

from collections.abc import Callable
from typing import Any, Final

import pytest

import connector_core
from connector_core import (
    ApiKeyHeader,
    BearerToken,
    CursorPaginator,
    DerivedField,
    Dimension,
    OffsetPaginator,
    PluginError,
    Setting,
    SinglePage,
    Table,
    base_url,
    dataset,
    hookimpl,
    ratio,
)
from connector_core.plugin.assembly import Assembly, Plugin, assemble

COLUMNS: Final = {"id": "STRING", "a": "DOUBLE", "b": "DOUBLE"}
TABLES: Final = [
    Table(name=name, path=f"/{{settings.region}}/{name}", records="data", primary_key=["id"], columns=COLUMNS)
    for name in ("ships", "ports")
]
REGION = Setting("region")
FIELD = DerivedField("a_per_b", ratio("a", "b"))
EXTRA = Dimension("ships_a", key=["a"], columns=["b"], newest="id", default=False)
API = dataset(auth=ApiKeyHeader("key"), paginator=SinglePage(), settings=[base_url("https://a.example.com"), REGION])


def assembled(plugin: Any) -> Assembly:
    return assemble([Plugin("ferry", plugin)])


def test_a_dataset_says_what_a_module_with_hooks_says() -> None:
    class Hooks:
        @hookimpl
        def connector_tables(self) -> Any:
            return TABLES

        @hookimpl
        def connector_auth(self) -> Any:
            return ApiKeyHeader("key")

        @hookimpl
        def connector_paginator(self, table: Table) -> Any:
            return OffsetPaginator() if table.name == "ports" else SinglePage()

        @hookimpl
        def connector_settings(self) -> Any:
            return [base_url("https://a.example.com"), REGION]

        @hookimpl
        def connector_transforms(self, table: Table) -> Any:
            return [FIELD] if table.name == "ships" else []

        @hookimpl
        def connector_extra_tables(self, table: Table) -> Any:
            return [EXTRA] if table.name == "ships" else []

    value = API.with_(
        tables=TABLES,
        paginator={"ports": OffsetPaginator(), "ships": SinglePage()},
        transforms={"ships": [FIELD]},
        extra_tables={"ships": [EXTRA]},
    )
    one, other = assembled(value), assembled(Hooks())
    assert one.schema == other.schema
    assert one.settings == other.settings
    assert one.options == other.options
    assert one.auth == other.auth
    assert [plan.paginator for plan in one.tables] == [plan.paginator for plan in other.tables]


def test_what_is_left_out_is_the_cores() -> None:
    found = assembled(dataset(tables=TABLES[:1], settings=[REGION]))
    assert isinstance(found.tables[0].paginator, CursorPaginator)
    assert {setting.name for setting in found.settings} >= {"base_url", "page_size"}
    partly = assembled(dataset(tables=TABLES, settings=[REGION], paginator={"ports": SinglePage()}))
    assert [type(plan.paginator) for plan in partly.tables] == [CursorPaginator, SinglePage]


def test_what_is_given_takes_the_place_of_what_is_shared_and_settings_are_added() -> None:
    own = API.with_(tables=TABLES[:1], auth=BearerToken(), settings=[base_url("https://b.example.com"), Setting("fleet")])
    settings = {setting.name: setting.default for setting in own.settings}
    assert list(settings) == ["base_url", "region", "fleet"]
    assert settings["base_url"] == "https://b.example.com"
    assert isinstance(own.auth, BearerToken)
    assert own.paginator == SinglePage()
    assert API.tables == ()
    assert [setting.name for setting in API.settings] == ["base_url", "region"]


def test_transforms_of_a_list_are_for_every_table() -> None:
    found = assembled(API.with_(tables=TABLES[:1], transforms=[FIELD], extra_tables=[EXTRA]))
    assert [option.name for option in found.options] == ["a_per_b", "ships_a"]


def test_lists_that_change_later_change_nothing() -> None:
    tables = TABLES[:1]
    value = dataset(tables=tables)
    tables.append(TABLES[1])
    assert len(value.tables) == 1


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: dataset(auht=1), r"dataset takes no argument auht \(did you mean auth\?\)"),  # type: ignore[call-arg]
        (lambda: API.with_(tabels=[]), r"with_ takes no argument tabels \(did you mean tables\?\)"),  # type: ignore[call-arg]
        (lambda: API.with_(tables=[3]), r"tables\[0\] is int 3\. It takes a Table"),  # type: ignore[list-item]
        (
            lambda: dataset(auth=ApiKeyHeader),  # type: ignore[arg-type]
            r"Write ApiKeyHeader\(…\)",
        ),
        (lambda: dataset(settings=["region"]), r"settings\[0\]"),
        (lambda: dataset(tables=TABLES, transforms={"ship": []}), r"transforms names the table ship \(did you mean ships\?\)"),
        (
            lambda: dataset(tables=TABLES, paginator={"x": SinglePage()}),
            r"paginator names the table x, which is none of ships, ports",
        ),
        (lambda: API.with_(tables=TABLES, extra_tables={"port": []}), r"extra_tables names the table port"),
    ],
)
def test_wrong_arguments(make: Callable[[], object], words: str) -> None:
    with pytest.raises(PluginError, match=words):
        make()


def test_what_has_no_table_is_no_dataset_yet() -> None:
    with pytest.raises(PluginError, match="ferry has no table"):
        assembled(API)


def test_it_is_public() -> None:
    assert connector_core.dataset is dataset
    assert "dataset" in connector_core.__all__
