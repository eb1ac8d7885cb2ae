{#- Live rows without a value. -#}
{% test live_not_null(model, column_name) %}

with live as (
    {{ live_rows(model) }}
)

select *
from live
where {{ quoted(column_name) }} is null

{% endtest %}
