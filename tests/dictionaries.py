"""A dictionary for the tests of what is written from one: every kind of table, and texts that break what is not careful."""

from cases.support import plugin_of
from connector_build.catalog.dictionary import dictionary_of
from connector_build.catalog.entries import Dictionary
from connector_core import (
    Aggregate,
    ApiKeyHeader,
    Column,
    DerivedField,
    Dimension,
    Parent,
    Setting,
    Table,
    Transform,
    base_url,
    count,
    hashed,
    ratio,
    total,
)
from connector_core.plugin.assembly import assemble

NASTY = """<script src="https://elsewhere.example/x.js">alert('1')</script>
| a `b` "c" 'd' \\ ![x](https://elsewhere.example/y.png) */ }} {% if x %} \x07"""


def described(said: str = NASTY) -> Dictionary:
    """A connector with every kind of table, of which everything is described as *said*."""
    columns: dict[str, str | Column] = {
        "orderId": Column("STRING", said),
        "mail": Column("STRING", said, pii=True),
        "cost": Column("DECIMAL(15,2)", said),
        "hours": Column("DOUBLE", said),
        'we"ird`na|me': Column("STRING", said),
        "at": "UTC_DATETIME",
    }
    region = {"region": "{settings.region}"}
    orders = Table("orders2", "/orders", "data.items", ["orderId"], columns, params=region, description=said)
    lines = Table(
        "order_lines",
        "/orders/{parent.orderId}/lines",
        "lines",
        ["order", "id"],
        {"id": "STRING", "order": "STRING", "n": "LONG"},
        parent=Parent("orders2", adds={"order": "orderId"}),
        description=said,
    )
    plugin = plugin_of(
        orders,
        lines,
        auth=ApiKeyHeader("api_key"),
        transforms=[
            DerivedField("rate", ratio("cost", "hours"), description=said),
            Transform("hide", hashed("mail", salt="pepper-of-ours"), description=said),
        ],
        extra_tables=[
            Aggregate("buyers", ["mail"], {"n": count(said), "sum": total("hours", said)}, description=said),
            Dimension("shops", ["at"], ["cost"], newest="hours", description=said),
        ],
        settings=[
            Setting("region", "Region", said, "eu", kind="choice", choices=("eu", "us")),
            base_url("https://api.example/v2"),
        ],
    )
    return dictionary_of(assemble([plugin]), "orders", version="2.0", summary=f"Orders: {said}")
