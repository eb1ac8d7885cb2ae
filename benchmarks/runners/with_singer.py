"""A minimal Singer tap (singer-sdk): messages to standard output, where whoever reads counts the records.

Its streams are read one after another, and so are their pages: the SDK has nothing that would do otherwise.
"""

import sys
from typing import Any

from measure import measured, told
from singer_sdk import RESTStream, Tap
from singer_sdk.authenticators import APIKeyAuthenticator
from singer_sdk.pagination import BaseAPIPaginator, JSONPathPaginator, OffsetPaginator
from singer_sdk.typing import ArrayType, DateType, IntegerType, NumberType, PropertiesList, Property, StringType

TEXT = """record_id customer_id equipment_id erp_order_id log_description maintenance_status maintenance_type summarized_log
technician_id"""
TYPES = {
    **dict.fromkeys(TEXT.split(), StringType),
    **dict.fromkeys(["downtime_hours", "last_updated_epoch", "summarization_time_saved"], IntegerType),
    **dict.fromkeys(["failure_rate", "maintenance_cost"], NumberType),
    "log_date": DateType,
}
SETTINGS = PropertiesList(
    *(Property(name, StringType, required=True) for name in ("url", "key", "by", "path")),
    Property("page_size", IntegerType),
    Property("tables", ArrayType(StringType)),
)


class Offsets(OffsetPaginator):
    """Ends where the API's total is reached."""

    def has_more(self, response: Any) -> bool:
        """Whether a page follows."""
        return bool(self.current_value + self._page_size < response.json()["total"])


class Records(RESTStream):
    """One table."""

    primary_keys = ("record_id",)
    records_jsonpath = "$.fts_records[*]"
    schema = PropertiesList(*(Property(name, kind) for name, kind in TYPES.items())).to_dict()

    @property
    def url_base(self) -> str:
        return str(self.config["url"])

    @property
    def authenticator(self) -> APIKeyAuthenticator:
        return APIKeyAuthenticator(key="api_key", value=self.config["key"], location="header")

    def get_new_paginator(self) -> BaseAPIPaginator[Any]:
        offset = self.config["by"] == "offset"
        return Offsets(0, self.config["page_size"]) if offset else JSONPathPaginator("$.next_cursor")

    def get_url_params(self, context: Any, next_page_token: Any) -> dict[str, Any]:
        place = {self.config["by"]: next_page_token} if next_page_token else {}
        return {"page_size": self.config["page_size"], **place}


class Fts(Tap):
    """The tap."""

    name = "tap-fts"
    config_jsonschema = SETTINGS.to_dict()

    def discover_streams(self) -> list[Records]:
        return [Records(self, name=name, path=f"/{self.config['path']}") for name in self.config["tables"]]


def main() -> None:
    asked = told()
    config = {name: asked[name] for name in ("url", "key", "page_size", "tables", "path", "by")}
    with measured(asked["report"]):
        Fts(config=config).sync_all()
        sys.stdout.flush()


if __name__ == "__main__":
    main()
