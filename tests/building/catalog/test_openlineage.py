"""OpenLineage events are as the specification says, and name what each column is made from."""

import json

import pytest

from connector_build.catalog.pages.openlineage import openlineage
from dictionaries import described
from openlineage_schema import VALID


@pytest.mark.parametrize("destination", ["", "snowflake://acme/RAW.ORDERS", "bigquery://acme"])
def test_openlineage_is_as_its_specification_says(destination: str) -> None:
    events = openlineage(described(), destination)
    VALID.validate(events)
    assert len(events) == 4
    wrong = json.loads(json.dumps(events))
    wrong[0]["dataset"]["facets"]["columnLineage"]["fields"]["cost"]["inputFields"][0].pop("field")
    assert not VALID.is_valid(wrong)


def test_openlineage_names_what_each_column_is_made_from() -> None:
    orders, buyers, shops, lines = (event["dataset"] for event in openlineage(described("said"), "snowflake://acme/RAW.ORDERS"))
    assert [each["name"] for each in (orders, buyers, shops, lines)] == [
        "RAW.ORDERS.orders_2",
        "RAW.ORDERS.buyers",
        "RAW.ORDERS.shops",
        "RAW.ORDERS.order_lines",
    ]
    assert {each["namespace"] for each in (orders, buyers, shops, lines)} == {"snowflake://acme"}
    fields = orders["facets"]["columnLineage"]["fields"]
    [source] = fields["order_id"]["inputFields"]
    assert (source["namespace"], source["name"], source["field"]) == ("https://api.example", "/v2/orders", "orderId")
    assert source["transformations"][0]["subtype"] == "IDENTITY"
    assert [(each["field"], each["transformations"][0]["subtype"]) for each in fields["rate"]["inputFields"]] == [
        ("cost", "TRANSFORMATION"),
        ("hours", "TRANSFORMATION"),
    ]
    assert fields["mail"]["inputFields"][0]["transformations"][0]["masking"]
    lineage = buyers["facets"]["columnLineage"]
    assert set(lineage["fields"]) == {"mail", "sum"}, "a count is made from no column"
    assert lineage["fields"]["sum"]["inputFields"][0]["name"] == "RAW.ORDERS.orders_2"
    assert lineage["fields"]["sum"]["inputFields"][0]["transformations"][0]["subtype"] == "AGGREGATION"
    influences = shops["facets"]["columnLineage"]["dataset"]
    told = [(each["field"], each["transformations"][0]["subtype"]) for each in influences]
    assert told == [("at", "GROUP_BY"), ("hours", "SORT")]
    assert lines["facets"]["documentation"]["description"] == "said"
