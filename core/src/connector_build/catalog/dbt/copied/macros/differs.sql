{#- Whether two values differ; two nulls do not. -#}
{% macro differs(one, other) -%}
    (
        {{ one }} <> {{ other }}
        or ({{ one }} is null and {{ other }} is not null)
        or ({{ one }} is not null and {{ other }} is null)
    )
{%- endmacro %}

{#-
    The same of sums of floats. A database adds floats up in an order of its own, and each addition rounds; the connector's own sum
    is the nearest float to the exact one. Both are within a billionth of the sum of the absolute values, which is the scale.
-#}
{% macro sums_differ(one, other, scale) -%}
    (
        abs({{ one }} - {{ other }}) > 1e-9 * {{ scale }}
        or ({{ one }} is null and {{ other }} is not null)
        or ({{ one }} is not null and {{ other }} is null)
    )
{%- endmacro %}

{#- A column that can be compared: of JSON its text. -#}
{% macro comparable(column, json=false) -%}
    {%- if not json -%}
        {{ column }}
    {%- elif target.type == 'bigquery' -%}
        to_json_string({{ column }})
    {%- else -%}
        cast({{ column }} as {{ dbt.type_string() }})
    {%- endif -%}
{%- endmacro %}

{#- Whether the columns of two relations are equal, one after the other. -#}
{% macro equal_keys(one, others, columns, their_columns) -%}
    {%- for column in columns -%}
        {{ one }}.{{ quoted(column) }} = {{ others }}.{{ quoted(their_columns[loop.index0]) }}
        {%- if not loop.last %} and {% endif -%}
    {%- endfor -%}
{%- endmacro %}
