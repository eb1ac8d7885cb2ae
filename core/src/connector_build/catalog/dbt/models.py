"""The SQL of a dbt package: staging models, and the columns that each has."""

from connector_build.catalog.dbt.sources import DELETED, SYNCED
from connector_build.catalog.dbt.sql_types import sql_type
from connector_build.catalog.dbt.tables import PackagedTable


def tmp_sql(dataset: str, table: PackagedTable) -> str:
    """The rows of a source table as they are."""
    return f"select *\nfrom {{{{ source('{dataset}', '{table.name}') }}}}\n"


def staging_sql(dataset: str, table: PackagedTable) -> str:
    """The live rows of a source table, with every declared column."""
    tmp = f"ref('stg_{dataset}__{table.short}_tmp')"
    # No SQL from outside: every name in it is lower-case snake_case.
    return f"""\
with base as (

    select *
    from {{{{ {tmp} }}}}

),

declared as (

    select
        {{{{ staging_columns(get_{table.name}_columns(), adapter.get_columns_in_relation({tmp})) }}}}
    from base

)

select
    {{{{ column_names(get_{table.name}_columns(), without=['_fivetran_deleted']) }}}}
from declared
where not coalesce({{{{ quoted('_fivetran_deleted') }}}}, false)
"""


def columns_sql(table: PackagedTable) -> str:
    """The macro that lists the columns of a table with their types."""
    columns = (*table.entry.columns, DELETED, SYNCED)
    lines = [f'    {{"name": "{column.stored_name}", "datatype": {sql_type(column.type)}}}' for column in columns]
    listed = ",\n".join(lines)
    return f"{{% macro get_{table.name}_columns() %}}\n\n{{{{ return([\n{listed}\n]) }}}}\n\n{{% endmacro %}}\n"
