"""MSO: manufacturing material supply optimization, from its REST API."""

from connector_core import ApiKeyHeader, CursorPaginator, DerivedField, Dimension, Setting, Table, base_url, hookimpl, ratio
from connector_mso.columns import RECORD

RECORDS = Table(
    name="mso_records",
    path="/mso_data",
    records="mso_records",
    primary_key=("record_id",),
    columns=RECORD,
    description="one calculation for the design of a product, with its material, its designer and what an optimization gains",
)
PRODUCT = ("product_name", "product_description", "product_lifecycle_stage", "product_lifecycle_status")


@hookimpl
def connector_tables() -> list[Table]:
    return [RECORDS]


@hookimpl
def connector_auth() -> ApiKeyHeader:
    return ApiKeyHeader("api_key")


@hookimpl
def connector_paginator(table: Table) -> CursorPaginator:
    return CursorPaginator(param="cursor", next_field="next_cursor", size_param="page_size", incremental=True)


@hookimpl
def connector_transforms(table: Table) -> list[DerivedField]:
    ratios = [DerivedField("efficiency_ratio", ratio("performance_improvement", "material_cost"), default=False)]
    return ratios if table == RECORDS else []


@hookimpl
def connector_extra_tables(table: Table) -> list[Dimension]:
    what = "each product, as its newest record describes it"
    products = Dimension("mso_products", ("product_id",), PRODUCT, "last_updated_epoch", default=False, description=what)
    return [products] if table == RECORDS else []


@hookimpl
def connector_settings() -> list[Setting]:
    return [base_url("https://sdk-demo-api-dot-internal-sales.uc.r.appspot.com")]
