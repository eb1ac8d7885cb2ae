{#-
    The rows of a table that are not marked as deleted. Where nothing was ever deleted, the table may lack the column that says so.
    Of a subquery, as dbt makes one where a test has a "where", the columns cannot be looked up: it is taken to have that column.
-#}
{% macro live_rows(relation) %}
    select *
    from {{ relation }}
    {%- if not execute or relation is string or has_column(relation, '_fivetran_deleted') %}
    where not coalesce({{ quoted('_fivetran_deleted') }}, false)
    {%- endif %}
{% endmacro %}

{% macro has_column(relation, name) %}
    {%- set found = adapter.get_columns_in_relation(relation) | map(attribute='name') | map('lower') | list -%}
    {{- return(name in found) -}}
{% endmacro %}
