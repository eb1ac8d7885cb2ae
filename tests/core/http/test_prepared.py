"""A request is prepared as requests itself would, whatever its address and its parameters."""

from typing import Any

import requests
from hypothesis import example, given
from hypothesis import strategies as st
from requests.cookies import RequestsCookieJar

from connector_core.http.prepared import Prepared

addresses = st.builds(
    "{}{}{}".format,
    st.sampled_from(
        ["https://api.example.com", "http://127.0.0.1:8080", "https://Bücher.example", "HTTPS://API.example.com:443"]
    ),
    st.text(st.sampled_from("/aZ09-._~%25 äé+&=;@:[]|\\"), max_size=12).map(lambda path: f"/{path}"),
    st.sampled_from(["", "", "?a=1", "?", "#part", "?b=%20#x"]),
)
params = st.dictionaries(st.text(max_size=6), st.text(max_size=12) | st.integers() | st.none() | st.lists(st.text(max_size=3)))


def outcome(kind: type[requests.PreparedRequest], url: str, asked: Any) -> Any:
    prepared = kind()
    try:
        prepared.prepare("GET", url, headers={"Accept": "*/*"}, params=asked, cookies=RequestsCookieJar(), auth=lambda it: it)
    except ValueError as error:  # also what is no address to requests
        return type(error)
    return prepared.url, dict(prepared.headers), prepared.copy().url


@given(addresses, params)
@example("https://api.example.com", {})
@example("https://api.example.com", {"cursor": "~ä /+", "": "x"})
@example("mailto:nobody@example.com", {"a": "b"})
@example(" https://api.example.com/x", {"a": "\ud800"})
def test_it_is_what_requests_makes(url: str, asked: Any) -> None:
    assert outcome(Prepared, url, asked) == outcome(requests.PreparedRequest, url, asked)
    assert outcome(Prepared, url, asked) == outcome(requests.PreparedRequest, url, asked)  # as it is remembered


def test_cookies_are_sent_where_there_are_any() -> None:
    jar, prepared = RequestsCookieJar(), Prepared()
    jar.set("lang", "en", domain="api.example.com", path="/")
    prepared.prepare("GET", "https://api.example.com/items", headers={}, params={"n": "1"}, cookies=jar)
    assert prepared.headers["Cookie"] == "lang=en"
    assert prepared.url == "https://api.example.com/items?n=1"
