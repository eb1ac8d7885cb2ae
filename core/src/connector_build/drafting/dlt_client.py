"""The client of a REST API configuration of dlt: address, auth and paging, in our words."""

from collections.abc import Iterable, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from connector_build.drafting.draft import Call, Value, todo
from connector_build.drafting.made import trouble
from connector_build.drafting.shape import object_of, text_of, whole

UNKNOWN: Final = "\0unknown\0"
"""What stands for a value that is made by code."""


def records_of(selector: str) -> str:
    """Where an answer has its records, as a path."""
    return selector.removeprefix("$.").removeprefix("$") or "@"


def paging_of(rule: Mapping[str, Any]) -> Call | None:
    """The paginator that *rule* says; None for one that is made by code."""
    size = text_of(rule.get("limit_param")) or None
    total = records_of(text_of(rule.get("total_path"))) if text_of(rule.get("total_path")) else ""
    match rule.get("type"):
        case "single_page":
            return Call("SinglePage")
        case "header_link":
            return Call("LinkHeaderPaginator")
        case "json_link" | "json_response":
            return Call("NextLinkPaginator", (records_of(text_of(rule.get("next_url_path")) or "next"),), {"missing_ends": True})
        case "cursor":
            where = records_of(text_of(rule.get("cursor_path")) or "cursors.next")
            return Call(
                "CursorPaginator",
                (text_of(rule.get("cursor_param")) or "cursor", where),
                {"size_param": None, "missing_ends": True},
            )
        case "header_cursor":
            said: dict[str, Value] = {
                "param": text_of(rule.get("cursor_param")) or "cursor",
                "next_header": text_of(rule.get("cursor_key")) or "next",
                "size_param": None,
            }
            return Call("CursorPaginator", (), said)
        case "page_number":
            param = text_of(rule.get("page_param")) or "page"
            stop: dict[str, Value] = {"stop": [Call("last_page", (total,), {"param": param})]} if total else {}
            first = whole(rule.get("base_page")) or 0
            return Call("PageNumberPaginator", (), {"param": param, "first_page": first, "size_param": None, **stop})
        case "offset":
            param = text_of(rule.get("offset_param")) or "offset"
            stop = {"stop": [Call("total_reached", (total,), {"param": param})]} if total else {}
            return Call("OffsetPaginator", (), {"param": param, "size_param": size or "limit", **stop})
    return None


def page_size_of(rules: Iterable[Mapping[str, Any]]) -> list[Value]:
    """The setting of the size of a page, from the paginators *rules*."""
    sizes = [size for rule in rules if (size := whole(rule.get("limit"))) and 0 < size < 1_000_000]
    return [Call("page_size", (min(sizes),), {"maximum": max(sizes)})] if sizes else []


def address_of(client: Mapping[str, Any]) -> Value:
    """The setting of the address."""
    url = text_of(client.get("base_url")).rstrip("/")
    call = Call("base_url", (url,))
    if not urlsplit(url).scheme or url == UNKNOWN or trouble(call):
        return todo(Call("base_url"), "the address is not said as a text of https")
    return call


def auth_of(given: Any) -> Value:
    """How requests are signed; a marked stand-in where that is made by code."""
    rule = {"type": given} if isinstance(given, str) and given != UNKNOWN else object_of(given)
    if given is None:
        return None
    match rule.get("type", "bearer" if "token" in rule else ""):
        case "bearer":
            return Call("BearerToken")
        case "http_basic":
            return Call("BasicAuth")
        case "api_key":
            name = text_of(rule.get("name")) or "Authorization"
            if rule.get("location", "header") == "query":
                return Call("ApiKeyQuery", (name,))
            return Call("ApiKeyHeader", (name,))
        case "oauth2_client_credentials":
            url = text_of(rule.get("access_token_url"))
            call = Call("OAuth2ClientCredentials", (), {"token_url": url, "client_auth": "body"})
            return todo(Call("BearerToken"), "OAuth 2, of which no token address is said") if not url or trouble(call) else call
    return todo(Call("BearerToken"), "an auth that is made by code")
