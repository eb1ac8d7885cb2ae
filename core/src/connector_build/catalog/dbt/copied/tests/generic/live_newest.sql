{#-
    Rows of a dimension in which a column is not that of the newest record with its key.
    by:     the columns of the key; records with a null there are in no row.
    newest: the column that tells which record is the newest, a null being the oldest. ties: the key of the records, the largest
            of which is the newest of equals.
    json:   the column holds JSON.
-#}
{% test live_newest(model, column_name, source_table, by, newest, ties, json=false) %}

with live as (
    {{ live_rows(model) }}
),

live_records as (
    {{ live_rows(source_table) }}
),

ranked as (
    select
        {{ quoted_list(by) }},
        {{ comparable(quoted(column_name), json) }} as expected_value,
        row_number() over (
            partition by {{ quoted_list(by) }}
            order by
                case when {{ quoted(newest) }} is null then 1 else 0 end,
                {{ quoted(newest) }} desc,
                {{ quoted_list(ties, suffix=' desc') }}
        ) as place
    from live_records
    where {{ quoted_list(by, ' and ', suffix=' is not null') }}
)

select
    {{ quoted_list(by, prefix='live.') }},
    {{ comparable('live.' ~ quoted(column_name), json) }} as found_value,
    ranked.expected_value
from live
inner join ranked
    on {{ equal_keys('live', 'ranked', by, by) }}
where
    ranked.place = 1
    and {{ differs(comparable('live.' ~ quoted(column_name), json), 'ranked.expected_value') }}

{% endtest %}
