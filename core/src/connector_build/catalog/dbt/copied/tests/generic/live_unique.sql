{#- Keys of one or more columns that several live rows have. -#}
{% test live_unique(model, columns) %}

with live as (
    {{ live_rows(model) }}
)

select
    {{ quoted_list(columns) }},
    count(*) as row_count
from live
where {{ quoted_list(columns, ' and ', suffix=' is not null') }}
group by {{ quoted_list(columns) }}
having count(*) > 1

{% endtest %}
