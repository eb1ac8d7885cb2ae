"""Slack: channels and the messages of each, by a cursor in response_metadata; errors come with status 200."""

from connector_core import BearerToken, CursorPaginator, Parent, Setting, Table, base_url, fail, hookimpl, page_size, retry

ERRORS = [
    retry(content=("error", "ratelimited")),
    fail(hint="Slack says so: see its documentation of errors.", content=("ok", False)),
]

CHANNELS = Table(
    name="channels",
    path="/conversations.list",
    records="channels",
    primary_key=["id"],
    columns={"id": "STRING", "name": "STRING", "is_archived": "BOOLEAN", "created": "LONG"},
    errors=ERRORS,
)
MESSAGES = Table(
    name="messages",
    path="/conversations.history",
    records="messages",
    primary_key=["channel_id", "ts"],
    columns={"channel_id": "STRING", "ts": "STRING", "user": "STRING", "text": "STRING", "type": "STRING", "reactions": "JSON"},
    params={"channel": "{parent.id}"},
    parent=Parent("channels", adds={"channel_id": "id"}),
    errors=ERRORS,
)


@hookimpl
def connector_tables() -> list[Table]:
    return [CHANNELS, MESSAGES]


@hookimpl
def connector_auth() -> BearerToken:
    return BearerToken("bot_token")


@hookimpl
def connector_paginator(table: Table) -> CursorPaginator:
    return CursorPaginator("cursor", "response_metadata.next_cursor", size_param="limit", missing_ends=True)


@hookimpl
def connector_settings() -> list[Setting]:
    return [base_url("https://slack.com/api"), page_size(200, maximum=200)]
