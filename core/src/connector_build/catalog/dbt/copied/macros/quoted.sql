{#-
    A column's name in the quotes of the target's dialect. Fivetran stores names in small letters; Snowflake keeps them in capitals.
-#}
{% macro quoted(name) %}
    {{- return(adapter.quote(name | upper if target.type == 'snowflake' else name)) -}}
{% endmacro %}

{#- The same of several names, with what separates them and what stands before each. -#}
{% macro quoted_list(names, separator=', ', prefix='', suffix='') %}
    {%- set all = [] -%}
    {%- for name in names -%}
        {%- do all.append(prefix ~ quoted(name) ~ suffix) -%}
    {%- endfor -%}
    {{- return(all | join(separator)) -}}
{% endmacro %}
