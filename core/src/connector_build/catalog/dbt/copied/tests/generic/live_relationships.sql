{#- Live rows that name a row which is not among the live rows of another table. A null in one of the columns names none. -#}
{% test live_relationships(model, columns, to, to_columns) %}

with live as (
    {{ live_rows(model) }}
),

live_there as (
    {{ live_rows(to) }}
),

named as (
    select distinct {{ quoted_list(to_columns) }}
    from live_there
    where {{ quoted_list(to_columns, ' and ', suffix=' is not null') }}
)

select {{ quoted_list(columns, prefix='live.') }}
from live
left join named
    on {{ equal_keys('live', 'named', columns, to_columns) }}
where
    named.{{ quoted(to_columns[0]) }} is null
    and {{ quoted_list(columns, ' and ', prefix='live.', suffix=' is not null') }}

{% endtest %}
