"""The address of a specification: https, but for one on this machine."""

import pytest

from connector_build.drafting.airbyte.addresses import address_of
from connector_build.drafting.draft import Call, Noted
from connector_build.drafting.openapi.servers import address_of as server_of


@pytest.mark.parametrize("url", ["http://127.0.0.1:8711", "http://localhost:8711", "http://[::1]:8711", "http://127.8.0.1"])
def test_plain_http_to_this_machine_stays(url: str) -> None:
    assert address_of([url]).setting == server_of({"servers": [{"url": url}]}) == Call("base_url", (url,))


def test_plain_http_to_another_machine_becomes_https() -> None:
    url = "http://api.example.com"
    for setting in (address_of([url]).setting, server_of({"servers": [{"url": url}]})):
        assert isinstance(setting, Noted)
        assert setting.value == Call("base_url", ("https://api.example.com",))
