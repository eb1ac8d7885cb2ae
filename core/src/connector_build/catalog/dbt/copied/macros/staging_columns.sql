{#-
    What a staging model selects: each declared column, null where the table does not have it yet.
    declared: a list of {"name", "datatype"}. found: the columns of the table, as the adapter has them.
-#}
{% macro staging_columns(declared, found) %}
    {%- set stored = {} -%}
    {%- for column in found -%}
        {%- do stored.update({column.name | lower: column.name}) -%}
    {%- endfor -%}
    {%- for column in declared -%}
        {%- if column.name in stored -%}
            {{ adapter.quote(stored[column.name]) }} as {{ quoted(column.name) }}
        {%- else -%}
            cast(null as {{ column.datatype }}) as {{ quoted(column.name) }}
        {%- endif -%}
        {%- if not loop.last %},
        {% endif -%}
    {%- endfor -%}
{% endmacro %}

{#- The names of the declared columns but for some, as a select has them. -#}
{% macro column_names(declared, without=[]) %}
    {{- return(quoted_list(declared | map(attribute='name') | reject('in', without) | list, ',\n    ')) -}}
{% endmacro %}
