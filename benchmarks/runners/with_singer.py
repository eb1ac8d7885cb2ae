"""A minimal Singer tap (singer-sdk) for the same table: messages to standard output, where whoever reads counts the records."""

import sys
from typing import Any

from measure import measured, told
from singer_sdk import RESTStream, Tap
from singer_sdk.authenticators import APIKeyAuthenticator
from singer_sdk.pagination import JSONPathPaginator
from singer_sdk.typing import DateType, IntegerType, NumberType, PropertiesList, Property, StringType

TEXT = """record_id customer_id equipment_id erp_order_id log_description maintenance_status maintenance_type summarized_log
technician_id"""
TYPES = {
    **dict.fromkeys(TEXT.split(), StringType),
    **dict.fromkeys(["downtime_hours", "last_updated_epoch", "summarization_time_saved"], IntegerType),
    **dict.fromkeys(["failure_rate", "maintenance_cost"], NumberType),
    "log_date": DateType,
}
SETTINGS = PropertiesList(
    Property("url", StringType, required=True), Property("key", StringType, required=True), Property("page_size", IntegerType)
)


class Records(RESTStream):
    """The table fts_records."""

    name = "fts_records"
    path = "/fts_data"
    primary_keys = ("record_id",)
    records_jsonpath = "$.fts_records[*]"
    schema = PropertiesList(*(Property(name, kind) for name, kind in TYPES.items())).to_dict()

    @property
    def url_base(self) -> str:
        return str(self.config["url"])

    @property
    def authenticator(self) -> APIKeyAuthenticator:
        return APIKeyAuthenticator(key="api_key", value=self.config["key"], location="header")

    def get_new_paginator(self) -> JSONPathPaginator:
        return JSONPathPaginator("$.next_cursor")

    def get_url_params(self, context: Any, next_page_token: str | None) -> dict[str, Any]:
        cursor = {"cursor": next_page_token} if next_page_token else {}
        return {"page_size": self.config["page_size"], **cursor}


class Fts(Tap):
    """The tap."""

    name = "tap-fts"
    config_jsonschema = SETTINGS.to_dict()

    def discover_streams(self) -> list[Records]:
        return [Records(self)]


def main() -> None:
    asked = told()
    config = {name: asked[name] for name in ("url", "key", "page_size")}
    with measured(asked["report"]):
        Fts(config=config).sync_all()
        sys.stdout.flush()


if __name__ == "__main__":
    main()
