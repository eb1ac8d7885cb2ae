{#-
    Rows of an aggregate in which a column is not what the live rows of its source table come to.
    by:          the columns that both have, and that records are grouped by; records with a null there are in no group.
    function:    count, sum, min or max. field: the column that it is taken of; of none for count.
    approximate: it is a sum of floats, see the macro sums_differ.
    That each group has a row, and each row a group, is for live_relationships to say.
-#}
{% test live_aggregate(model, column_name, source_table, by, function, field=none, approximate=false) %}

with live as (
    {{ live_rows(model) }}
),

live_records as (
    {{ live_rows(source_table) }}
),

computed as (
    select
        {{ quoted_list(by) }},
        {% if approximate -%}
        sum(abs({{ quoted(field) }})) as expected_scale,
        {% endif -%}
        {{ function }}({{ quoted(field) if field else '*' }}) as expected_value
    from live_records
    where {{ quoted_list(by, ' and ', suffix=' is not null') }}
    group by {{ quoted_list(by) }}
)

select
    {{ quoted_list(by, prefix='live.') }},
    live.{{ quoted(column_name) }} as found_value,
    computed.expected_value
from live
inner join computed
    on {{ equal_keys('live', 'computed', by, by) }}
where
    {% if approximate -%}
    {{ sums_differ('live.' ~ quoted(column_name), 'computed.expected_value', 'computed.expected_scale') }}
    {%- else -%}
    {{ differs('live.' ~ quoted(column_name), 'computed.expected_value') }}
    {%- endif %}

{% endtest %}
