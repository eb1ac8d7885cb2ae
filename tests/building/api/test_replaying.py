"""A recording over HTTP: every auth is let in, links lead back, and what was not recorded is refused in words."""

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import pytest
import requests

from connector_build.api.messages import Asked
from connector_build.api.presents import asks_the_same
from connector_build.api.recording import NotRecorded, Recorded, Recording
from connector_build.api.replaying import UNKNOWN, Replayed
from connector_build.api.serving import recorded_hints
from connector_build.testing import ListLog, Warehouse
from connector_core import (
    ApiKeyHeader,
    ApiKeyPath,
    ApiKeyQuery,
    BasicAuth,
    BearerToken,
    DigestAuth,
    NextLinkPaginator,
    OAuth2ClientCredentials,
    SessionLogin,
    Setting,
    Table,
    hookimpl,
)
from connector_core.basics.errors import UnexpectedAnswer
from connector_core.engine.sync import sync
from connector_core.plugin.assembly import Assembly, Plugin, assemble

JSON = {"content-type": "application/json"}
PAGES = Recording(
    7,
    (
        Recorded(
            Asked("GET", "/of/7/items"),
            200,
            JSON,
            '{"items": [{"id": 1}], "next": "https:\\/\\/api.example.com\\/items?page=2"}',
            table="it_items",
        ),
        Recorded(Asked("GET", "/items", {"page": "2"}), 200, JSON, '{"items": [{"id": 2}], "next": null}', table="it_items"),
    ),
    settings={"account": "7"},
    made="2026-03-05T10:00:00Z",
)
WITHOUT_SECOND = Recording(7, PAGES.answers[:1], PAGES.settings, PAGES.made)


def dataset(auth: Any) -> Assembly:
    @hookimpl
    def connector_tables() -> list[Table]:
        return [Table("it_items", "/of/{settings.account}/items", "items", ["id"], {"id": "LONG"})]

    @hookimpl
    def connector_auth() -> Any:
        return auth

    @hookimpl
    def connector_settings() -> list[Setting]:
        return [Setting("account")]

    @hookimpl
    def connector_paginator(table: Table) -> NextLinkPaginator:
        return NextLinkPaginator("next")

    return assemble([Plugin("it", SimpleNamespace(**{name: value for name, value in locals().items() if "connector_" in name}))])


@pytest.mark.parametrize(
    "auth",
    [
        ApiKeyHeader("X-Key"),
        ApiKeyQuery("key"),
        ApiKeyPath("/bot"),
        BearerToken(),
        BasicAuth(),
        DigestAuth(),
        SessionLogin("/login"),
        OAuth2ClientCredentials(token_url="/token"),
    ],
    ids=lambda auth: type(auth).__name__,
)
def test_a_real_connector_reads_what_was_recorded_whatever_it_signs_with(auth: Any) -> None:
    assembly = dataset(auth)
    warehouse = Warehouse(assembly)
    with Replayed(PAGES, assembly, "any") as api:
        sync(assembly, api.configuration, {}, warehouse, ListLog())
        assert api.configuration["account"] == "7"
        assert api.missed == []
    assert sorted(warehouse.live("it_items")) == [(1,), (2,)]


@pytest.mark.parametrize(
    ("auth", "asked"),
    [
        (ApiKeyPath("/bot"), Asked("GET", "/botANY/of/7/items")),
        (ApiKeyQuery("key"), Asked("GET", "/of/7/items", {"key": "ANY"})),
        (BearerToken(), Asked("GET", "/of/7/items", {}, {"authorization": "Bearer ANY"})),
        (SessionLogin("/login"), Asked("POST", "/login", json={"username": "ANY", "password": "ANY"})),
    ],
    ids=["path", "query", "header", "login"],
)
def test_any_credential_is_taken(auth: Any, asked: Asked) -> None:
    with Replayed(PAGES, dataset(auth), "another") as api:
        assert api.reply(asked).status == 200
        assert api.missed == []


def test_what_was_not_recorded_is_refused_in_words_and_not_tried_again() -> None:
    assembly, told = dataset(BearerToken()), list[str]()
    with Replayed(WITHOUT_SECOND, assembly, "any", missed=told.append) as api:
        with pytest.raises(UnexpectedAnswer, match=r"GET /items\?page=2 is not in the recording"):
            sync(assembly, api.configuration, {}, Warehouse(assembly), ListLog())
        assert [each.path for each in api.requests] == ["/of/7/items", "/items"]
        assert told == api.missed
        assert "record the API anew" in told[0]
        assert "It was made on 2026-03-05, and knows of no time after that." in told[0]
        assert requests.get(f"{api.url}/other", timeout=10).status_code == UNKNOWN


def test_links_lead_to_where_it_is_served() -> None:
    with Replayed(PAGES, dataset(BearerToken()), "any") as api:
        body = requests.get(f"{api.url}/of/7/items", timeout=10).json()
    assert body["next"] == f"{api.url}/items?page=2"


def test_it_says_what_to_ask_for() -> None:
    with Replayed(PAGES, dataset(BearerToken()), "any") as api:
        first, *curls, configuration = recorded_hints("it", api)
    assert first == "it: 2 recorded answers of 2026-03-05, for any credential"
    assert curls == [f"  curl '{api.url}/of/7/items'"]
    assert '"account": "7"' in configuration


MADE = "2026-03-05T10:00:00Z"


@pytest.mark.parametrize(
    ("then", "now"),
    [
        ({"from": "2026-03-01", "to": "2026-03-05"}, {"from": "2026-03-01", "to": "2026-09-30"}),
        ({"to": "2026-03-05T09:59:58Z"}, {"to": "2026-03-08T00:00:00Z"}),
        ({"to": "1772704800"}, {"to": "1790000000"}),
        ({"to": "1772704800000"}, {"to": "1790000000000"}),
        ({"q": "[2026-03-01 TO 2026-03-05]"}, {"q": "[2026-03-01 TO 2026-04-01]"}),
    ],
)
def test_the_present_of_a_recording_stands_for_that_of_today(then: Mapping[str, str], now: Mapping[str, str]) -> None:
    made = Recording(1, (Recorded(Asked("GET", "/days", then), 200, {}, "found"),), made=MADE)
    assert made.reply(Asked("GET", "/days", now)).body == b"found"


@pytest.mark.parametrize(
    ("then", "now"),
    [
        ({"to": "2026-03-01"}, {"to": "2026-03-02"}),  # no present: a window before
        ({"to": "2026-03-05"}, {"to": "2026-03-04"}),
        ({"to": "2026-03-05"}, {"to": "1790000000"}),
        ({"to": "2026-03-05", "page": "1"}, {"to": "2026-03-06", "page": "2"}),
        ({"from": "2026-03-05"}, {"to": "2026-03-06"}),
        ({"id": "1772704800"}, {"id": "177270480"}),
        ({"to": "2026-03-05"}, {"to": "soon"}),
    ],
)
def test_nothing_else_is_taken_for_the_same_request(then: Mapping[str, str], now: Mapping[str, str]) -> None:
    assert not asks_the_same(Asked("GET", "/days", then), Asked("GET", "/days", now), MADE)
    with pytest.raises(NotRecorded):
        Recording(1, (Recorded(Asked("GET", "/days", then), 200, {}, ""),), made=MADE).reply(Asked("GET", "/days", now))


def test_of_a_recording_that_does_not_say_when_it_was_made_there_is_no_present() -> None:
    assert not asks_the_same(Asked("GET", "/days", {"to": "2026-03-05"}), Asked("GET", "/days", {"to": "2026-03-06"}), "")
