"""Settings and the configuration: read, or refused with one message that shows no secret."""

import re
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from connector_core import Configuration, ConfigurationError, PluginError, Setting, base_url, page_size
from connector_core.source.configuration import read_configuration, unknown_names
from connector_core.source.setting_kinds import is_loopback

KEY = "canary-7f3a"
API_KEY = Setting("api_key", description="The API's key.", secret=True)
SETTINGS = (API_KEY, base_url("https://api.example.com"), page_size())


def read(**raw: Any) -> Configuration:
    return read_configuration(SETTINGS, {"api_key": KEY, **raw})


def refusal(**raw: Any) -> str:
    with pytest.raises(ConfigurationError) as caught:
        read(**raw)
    return str(caught.value)


def outcome(raw: dict[str, str]) -> Configuration | str:
    """The configuration, or the message that refuses it."""
    try:
        return read_configuration(SETTINGS, raw)
    except ConfigurationError as error:
        return str(error)


# Values


def test_defaults_stand_in_for_what_is_not_given() -> None:
    assert dict(read()) == {"api_key": KEY, "base_url": "https://api.example.com", "page_size": 100}


@pytest.mark.parametrize("nothing", ["", "  ", "\n", None])
def test_an_empty_value_is_as_good_as_none(nothing: str | None) -> None:
    assert dict(read(base_url=nothing, page_size=nothing)) == dict(read())


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("page_size", "1", 1),
        ("page_size", "200", 200),
        ("page_size", " 50\n", 50),
        ("api_key", f" {KEY}\n", KEY),
        ("api_key", "two words", "two words"),
        ("base_url", "https://example.com/", "https://example.com"),
        ("base_url", "https://example.com:8443/api/v1//", "https://example.com:8443/api/v1"),
        ("base_url", "HTTPS://Example.com", "HTTPS://Example.com"),
        ("base_url", "https://[2001:db8::1]:8443", "https://[2001:db8::1]:8443"),
        ("base_url", "http://localhost:8080", "http://localhost:8080"),
        ("base_url", "http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("base_url", "http://127.8.8.8", "http://127.8.8.8"),
        ("base_url", "http://[::1]:8080", "http://[::1]:8080"),
        ("base_url", "http://LOCALHOST", "http://LOCALHOST"),
    ],
)
def test_values_are_read(name: str, text: str, value: object) -> None:
    assert read(**{name: text})[name] == value


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1.example.com",
        "localhost.example.com",
        "example.com",
        "10.0.0.1",
        "192.168.0.1",
        "0.0.0.0",  # noqa: S104 - refused, which is the point
        "2130706433",
        "0x7f.0.0.1",
        "[::]",
        "[::ffff:10.0.0.1]",
    ],
)
def test_plain_http_goes_to_this_machine_only(host: str) -> None:
    message = refusal(base_url=f"http://{host}/")
    assert "base_url is plain http to" in message
    assert "write https://" in message


@pytest.mark.parametrize(
    ("host", "is_own"), [("localhost", True), ("127.0.0.1", True), ("::1", True), ("example.com", False), ("", False)]
)
def test_loopback(host: str, is_own: bool) -> None:
    assert is_loopback(host) is is_own


@pytest.mark.parametrize(
    "address",
    [
        "https://exa mple.com",
        "https://exa\tmple.com",
        "https://exa\nmple.com",
        "https://example.com\\@127.0.0.1",
        "https://%",
        "https:///path",
        "https:example.com",
        "//example.com",
        "https://example.com:0x50",
        "https://example.com:-1",
    ],
)
def test_an_address_that_no_request_could_go_to(address: str) -> None:
    assert "base_url" in refusal(base_url=address)


def test_a_secret_in_the_address_is_not_shown() -> None:
    for address in (f"https://{KEY}:x@h", f"https://x:{KEY}@h", f"http://{KEY}@h", f"https://h?{KEY}", f"https://h#{KEY}"):
        assert KEY not in refusal(base_url=address)
    for address in (f"https://x:{KEY}@[", f"x:{KEY}@h", f"//x:{KEY}@h", f"https//x:{KEY}@h", f"h/?api_key={KEY}"):
        assert KEY not in refusal(base_url=address)


@pytest.mark.parametrize("value", [1, 1.5, True, ["a"], {"a": "b"}, b"bytes"])
@pytest.mark.parametrize("name", ["api_key", "base_url", "page_size"])
def test_a_value_that_is_no_text(name: str, value: object) -> None:
    message = refusal(**{name: value})
    assert f"{name} is {type(value).__name__}, but every value is a text: write it in quotes" in message


@pytest.mark.parametrize("text", ["1e2", "1.0", "-1", "0", "201", "9" * 5000, "9" * 4000, "0b1", "--1", "\x00"])
def test_a_whole_number_is_written_with_digits(text: str) -> None:
    message = refusal(page_size=text)
    assert "from 1 to 200" in message
    assert len(message) < 400
    assert message.isprintable()


@pytest.mark.parametrize(
    ("minimum", "maximum", "words"), [(None, None, "a whole number."), (2, None, "of at least 2"), (None, 9, "of at most 9")]
)
def test_the_bounds_are_named(minimum: int | None, maximum: int | None, words: str) -> None:
    setting = Setting("days", kind="integer", minimum=minimum, maximum=maximum)
    with pytest.raises(ConfigurationError, match=words):
        read_configuration([setting], {"days": "many"})


def test_everything_wrong_is_listed_in_the_order_of_the_settings() -> None:
    message = refusal(api_key="<your api_key>", base_url="nowhere", page_size="many")
    parts = message.removeprefix("The configuration cannot be used: ").removesuffix(". Correct it and sync again.").split("; ")
    assert [part.split()[0] for part in (parts[0], parts[1], parts[-1])] == ["api_key", "base_url", "page_size"]


# Secrets


secret_texts = st.text(st.characters(min_codepoint=33, max_codepoint=0x3000, exclude_characters="<>"), min_size=6)


@given(secret=secret_texts, junk=st.text(max_size=5))
def test_a_secret_shows_neither_in_a_repr_nor_in_a_message(secret: str, junk: str) -> None:
    marked = f"{KEY}{secret}"
    configuration = outcome({"api_key": marked})
    assert KEY not in f"{configuration!r} {configuration}"
    if isinstance(configuration, Configuration):
        assert configuration.secrets == (marked.strip(),)
    with pytest.raises(ConfigurationError) as caught:
        read(api_key=marked, page_size=f"x{junk}")
    assert KEY not in str(caught.value)


@given(texts=st.dictionaries(st.sampled_from(["api_key", "base_url", "page_size", "other"]) | st.text(), st.text()))
@example({"api_key": "k", "base_url": "https://[::1"})
@example({"api_key": "k", "base_url": "https://[v1.x]"})
@example({"api_key": "k", "base_url": "https://h:٣"})
@example({"api_key": "k", "base_url": "https://℀.com"})
@example({"api_key": "k", "page_size": "9" * 5000})
def test_any_texts_are_read_or_refused(texts: dict[str, str]) -> None:
    remarks = unknown_names(SETTINGS, texts)
    assert len(remarks) == len(texts.keys() - {"api_key", "base_url", "page_size"})
    assert all(remark.isprintable() for remark in remarks)
    configuration = outcome(texts)
    if isinstance(configuration, str):
        assert configuration.isprintable()
        assert re.search(r"\b(api_key|base_url|page_size)\b", configuration)
    else:
        assert set(configuration) == {"api_key", "base_url", "page_size"}
        assert 1 <= configuration["page_size"] <= 200


@given(st.from_regex(r"(?s)https?://[a-z@:/\[\]\\?#%. \x00-\x1f]{0,12}", fullmatch=True))
def test_any_address_is_read_or_refused(address: str) -> None:
    assert str(outcome({"api_key": "k", "base_url": address})).isprintable()


def test_only_secrets_that_are_there_are_struck_out() -> None:
    settings = [API_KEY, Setting("region", default="eu"), Setting("token", secret=True)]
    configuration = read_configuration(settings, {"api_key": KEY, "token": "t0k", "region": "us"})
    assert configuration.secrets == (KEY, "t0k")
    assert read_configuration([Setting("region", default="eu")], {}).secrets == ()


# Names that are no setting


def test_an_unknown_name_is_remarked_on_without_its_value() -> None:
    remarks = unknown_names(SETTINGS, {"api-key": KEY, "api_key": KEY, "pagesize": "1", "colour": "red\n"})
    assert remarks == [
        "api-key is not a setting of this connector (did you mean api_key?) and is ignored",
        "pagesize is not a setting of this connector (did you mean page_size?) and is ignored",
        "colour is not a setting of this connector and is ignored",
    ]


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        ({"api_kye": "k"}, "api_key is missing; api_kye is not a setting of this connector (write api_key)"),
        ({"api_key": "k", "base_ulr": "https://mine.example"}, "base_ulr is not a setting of this connector (write base_url)"),
        ({"api_key": "k", "base_url": " ", "baseurl": "https://mine.example"}, "baseurl is not a setting"),
        ({"api_key": "k", "pagesize": "50"}, "pagesize is not a setting of this connector (write page_size)"),
    ],
)
def test_a_misspelt_name_is_refused_where_the_right_one_is_not_there(texts: dict[str, str], words: str) -> None:
    """With base_url misspelt, the key would go to the address that the plugin was written for."""
    assert words in str(outcome(texts))


@pytest.mark.parametrize("name", ["colour", "api_url", "next_cursor"])
def test_a_name_that_is_nothing_alike_is_left_aside(name: str) -> None:
    assert set(outcome({"api_key": "k", name: "x"})) == {"api_key", "base_url", "page_size"}


# What an author of a plugin writes


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"name": "Api Key"}, ["A setting is named 'Api Key'", "lower-case"]),
        ({"name": ""}, ["A setting is named ''", "lower-case"]),
        ({"name": 7}, ["A setting is named 7", "lower-case"]),
        ({"name": "n", "kind": "number"}, ["Setting n: kind is 'number'", "integer, list, text, url"]),
        ({"name": "n", "secret": True, "default": "x"}, ["Setting n is a secret and has a default", "leave one of them out"]),
        ({"name": "n", "kind": "integer", "default": "many"}, ["Setting n: its own default 'many'", "not a whole number"]),
        ({"name": "n", "kind": "integer", "default": "0", "minimum": 1}, ["Setting n: its own default '0'", "at least 1"]),
        ({"name": "n", "kind": "url", "default": "http://h"}, ["Setting n: its own default", "plain http"]),
        ({"name": "n", "kind": "integer", "default": 5}, ["Setting n", "default", "text"]),
    ],
)
def test_a_setting_that_contradicts_itself(arguments: dict[str, Any], words: list[str]) -> None:
    with pytest.raises(PluginError) as caught:
        Setting(**arguments)
    for word in words:
        assert word in str(caught.value)


def test_what_a_setting_says_of_itself() -> None:
    assert (API_KEY.label, API_KEY.required, API_KEY.placeholder) == ("Api key", True, "<your api_key>")
    assert (page_size().label, page_size().required, page_size().placeholder) == ("Page size", False, "100")
    assert base_url().required
    assert base_url("https://h").placeholder == "https://h"


def test_page_size_takes_the_bounds_of_the_api() -> None:
    setting = page_size(20, minimum=10, maximum=1000)
    assert read_configuration([setting], {"page_size": "1000"})["page_size"] == 1000
    with pytest.raises(ConfigurationError, match="page_size is 9, not a whole number from 10 to 1000"):
        read_configuration([setting], {"page_size": "9"})
    with pytest.raises(PluginError, match="Setting page_size: its own default '20' is 20, not a whole number from 30 to 200"):
        page_size(20, minimum=30)


@given(st.sampled_from([API_KEY, base_url(), base_url("https://h"), page_size()]))
def test_a_placeholder_is_either_refused_or_the_default(setting: Setting) -> None:
    raw = {setting.name: setting.placeholder}
    if setting.required:
        with pytest.raises(ConfigurationError, match=f"{setting.name} still holds its placeholder"):
            read_configuration([setting], raw)
    else:
        assert dict(read_configuration([setting], raw)) == dict(read_configuration([setting], {}))
