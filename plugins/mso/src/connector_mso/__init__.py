"""MSO: manufacturing material supply optimization, from its REST API."""

from connector_core import ApiKeyHeader, CursorPaginator, DerivedField, Dimension, Setting, Table, base_url, hookimpl, ratio

TEXT = """record_id cad_file_name cad_system designer_id designer_name designer_skill_level material_id material_name
material_optimization_recommendation material_selection_recommendation product_description product_id product_lifecycle_stage
product_lifecycle_status product_name"""
INTEGERS = "designer_experience last_updated_epoch"
FLOATS = """cost_savings density material_cost material_optimization_score material_selection_score material_waste material_weight
performance_improvement poissons_ratio product_performance waste_reduction weight_reduction youngs_modulus"""
DATES = "material_optimization_date material_selection_date"

RECORDS = Table(
    name="mso_records",
    path="/mso_data",
    records="mso_records",
    primary_key=("record_id",),
    columns={
        **dict.fromkeys(TEXT.split(), "STRING"),
        **dict.fromkeys(INTEGERS.split(), "LONG"),
        **dict.fromkeys(FLOATS.split(), "DOUBLE"),
        **dict.fromkeys(DATES.split(), "NAIVE_DATE"),
    },
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
    products = Dimension("mso_products", ("product_id",), PRODUCT, newest="last_updated_epoch", default=False)
    return [products] if table == RECORDS else []


@hookimpl
def connector_settings() -> list[Setting]:
    return [base_url("https://sdk-demo-api-dot-internal-sales.uc.r.appspot.com")]
