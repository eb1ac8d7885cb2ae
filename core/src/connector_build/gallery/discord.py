"""Discord: guilds, their channels, and the messages of each channel."""

from connector_core import ApiKeyHeader, KeysetPaginator, Parent, Setting, SinglePage, Table, base_url, hookimpl, short_page

GUILDS = Table(
    name="guilds",
    path="/users/@me/guilds",
    records="@",
    primary_key=["id"],
    columns={"id": "STRING", "name": "STRING", "owner": "BOOLEAN"},
)
CHANNELS = Table(
    name="channels",
    path="/guilds/{parent.id}/channels",
    records="@",
    primary_key=["id"],
    columns={"id": "STRING", "guild_id": "STRING", "name": "STRING", "type": "LONG"},
    parent=Parent("guilds", adds={"guild_id": "id"}),
)
MESSAGES = Table(
    name="messages",
    path="/channels/{parent.id}/messages",
    records="@",
    primary_key=["id"],
    columns={
        "id": "STRING",
        "channel_id": "STRING",
        "guild_id": "STRING",
        "content": "STRING",
        "timestamp": "UTC_DATETIME",
        "edited_timestamp": "UTC_DATETIME",
    },
    parent=Parent("channels", adds={"guild_id": "guild_id", "channel_id": "id"}),
)


@hookimpl
def connector_tables() -> list[Table]:
    return [GUILDS, CHANNELS, MESSAGES]


@hookimpl
def connector_auth() -> ApiKeyHeader:
    return ApiKeyHeader("Authorization", setting="bot_token", prefix="Bot ")


@hookimpl
def connector_paginator(table: Table) -> SinglePage | KeysetPaginator:
    if table == MESSAGES:  # ids are snowflakes, which grow with time
        return KeysetPaginator("after", "id", size_param="limit", stop=[short_page("limit")])
    return SinglePage()


@hookimpl
def connector_settings() -> list[Setting]:
    return [base_url("https://discord.com/api/v10")]
