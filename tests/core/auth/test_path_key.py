"""A key in the path: it goes where it has to, and nowhere else."""

import json
import logging
from typing import Any
from urllib.parse import quote, unquote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cases.support import Call, Connection, Reply, connect, items, serving
from connector_core import ApiKeyPath, ConfigurationError, ConnectorError, NextLinkPaginator, PluginError, SinglePage
from connector_core.basics.discretion import SEGMENT, Secrets
from connector_core.basics.links import link_without

KEY = "123456:canary-7f3a/bé?x"
RAW = "123456%3Acanary-7f3a%2Fb%C3%A9%3Fx"


def shown(connection: Connection) -> str:
    states = [done.data for done in connection.warehouse.operations if done.kind == "checkpoint"]
    return json.dumps([states, connection.log.infos, connection.log.warnings])


@pytest.mark.parametrize("base", ["", "/v2"])
@pytest.mark.parametrize("link", ["{base}{path}?at=1", "{path}?at=1", "?at=1", "{bare}?at=1"])
def test_a_link_that_repeats_the_key_is_followed(base: str, link: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    broken = True

    def answer(call: Call) -> Any:
        path = f"{base}/bot{RAW}/items"
        assert call.path == path
        at = int(call.query.get("at", 0))
        if at == 1 and broken:
            return Reply({"error": f"no {KEY} {RAW}"}, 400)
        where = link.format(base=call.base, path=path, bare=f"{call.base}{base}/items")
        return {"items": [{"id": f"i{at}"}], "next": where if at == 0 else None}

    with serving(answer) as api:
        paginator = NextLinkPaginator("next")
        given_ = {"api_key": KEY, "base_url": api.url + base}
        connection = connect(api, items(), auth=ApiKeyPath("/bot"), paginator=paginator, configuration=given_)
        with pytest.raises(ConnectorError) as caught:
            connection.sync()
        told = shown(connection) + str(caught.value)
        broken = False
        connection.sync()
        told += shown(connection)
        assert connection.ids() == ["i0", "i1"]
    for secret in (KEY, RAW, "canary"):
        assert secret not in told
        assert secret not in caplog.text


def test_a_redirect_that_brings_the_key_along_is_followed() -> None:
    def answer(call: Call) -> Any:
        if "old" in call.path:
            return Reply({}, 307, {"Location": call.path.replace("old", "items")})
        return {"items": [{"id": call.path}]}

    with serving(answer) as api:
        connection = connect(api, items(path="/old"), auth=ApiKeyPath(), paginator=SinglePage(), configuration={"api_key": "k1"})
        connection.sync()
        assert connection.ids() == ["/k1/items"]


def test_what_no_path_can_hold_is_refused() -> None:
    with serving(lambda _: {}) as api, pytest.raises(ConfigurationError, match="api_key is made of dots"):
        connect(api, auth=ApiKeyPath(), configuration={"api_key": ".."}).sync()
    for prefix in ("bot", "/a/b", "/bot?", "", "/b t", 7):
        with pytest.raises(PluginError, match="ApiKeyPath: prefix is"):
            ApiKeyPath(prefix=prefix)  # type: ignore[arg-type]  # on purpose


WORDS = st.text("abé/:? %x", min_size=1, max_size=6)


@settings(max_examples=200)
@given(key=WORDS, other=WORDS, more=st.lists(WORDS, max_size=3))
def test_only_the_whole_segment_is_taken_out_of_a_link_and_only_where_it_was_sent_as_one(
    key: str, other: str, more: list[str]
) -> None:
    as_path, as_header = Secrets(), Secrets()
    as_path.add(key, name=SEGMENT)
    as_header.add(key, name="X-Key")
    rest = "".join(f"/{quote(part, safe='')}" for part in more)
    link = f"/{quote(key, safe='')}{rest}?a={quote(other)}"
    assert link_without(link, as_header.sent_back) == link
    assert link_without(link, as_path.sent_back) == f"{rest or '/'}?a={quote(other)}"
    assert link_without(f"https://h{link}", as_path.sent_back) == f"https://h{rest}?a={quote(other)}"
    longer = f"/{quote(other + key, safe='')}{rest}"
    kept = [unquote(part) for part in link_without(longer, as_path.sent_back).split("/")]
    assert kept[1] == other + key
