"""The SQL of a nested list: its rows, from the live rows of its source table, in DuckDB."""

from collections.abc import Callable, Mapping

from connector_core.derived.nested import VALUE, Nested


def unnesting(nested: Nested, columns: Mapping[str, str], source: str, type_of: Callable[[str], str]) -> str:
    """The SQL that *nested*, with these *columns* (name → declared type), promises to be the answer to.

    Of lines with one key, the last of the list is what stays.
    """
    found = f"json_extract({quoted(nested.column)}::JSON, {_literal(_path(nested.inside))})"
    listed = (
        f"SELECT *, CASE WHEN json_type({found}) = 'ARRAY' THEN json_extract({found}, '$[*]') ELSE [] END AS _list FROM {source}"
    )
    entries = f"SELECT *, unnest(_list) AS _entry, generate_subscripts(_list, 1) - 1 AS _at FROM ({listed})"
    values = ", ".join(f"{_value(nested, name, type_of(kind), kind)} AS {quoted(name)}" for name, kind in columns.items())
    key = ", ".join(map(quoted, nested.key))
    rows = f"SELECT {values}, _at FROM ({entries})"
    return f"SELECT * EXCLUDE (_at) FROM ({rows}) QUALIFY row_number() OVER (PARTITION BY {key} ORDER BY _at DESC) = 1"


def _value(nested: Nested, name: str, type_: str, kind: str) -> str:
    if name in nested.adds:
        return quoted(nested.adds[name])
    if name == nested.index:
        return "_at"
    bare = "_entry->>'$'" if name == VALUE else "NULL"
    text = f"CASE WHEN json_type(_entry) = 'OBJECT' THEN _entry->>{_literal(_path((name,)))} ELSE {bare} END"
    return f"from_base64({text})" if kind == "BINARY" else f"({text})::{type_}"


def _path(steps: tuple[str | int, ...]) -> str:
    parts = [f'."{_escaped(step)}"' if isinstance(step, str) else f"[{step if step >= 0 else f'#{step}'}]" for step in steps]
    return f"${''.join(parts)}"


def _escaped(key: str) -> str:
    return key.replace("\\", "\\\\").replace('"', '\\"')


def _literal(text: str) -> str:
    quote = "'"
    return f"'{text.replace(quote, quote * 2)}'"


def quoted(name: str) -> str:
    """A column's name as SQL takes it, whatever is in it."""
    return '"' + name.replace('"', '""') + '"'
