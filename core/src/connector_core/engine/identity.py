"""Identity: which feed a bookmark belongs to. Read by another table, or in another way, it would leave out records.

A feed is told by what it is asked for, with the values of the configuration in it, by the key of its rows, and by how it is
paged: the kind of the paginator, and the field whose value it goes on after. How a parameter is called or how large a page is
changes nothing about where a bookmark points.
"""

import json
import re
from hashlib import blake2b
from typing import Any

from connector_core.plugin.assembly import TablePlan

_DOCUMENTED = re.compile(r"/(\w+)_data")


def identity(plan: TablePlan) -> str:
    """The identity of the feed of *plan*, twelve hexadecimal digits: the same for the same feed in each release."""
    return blake2b(json.dumps(_parts(plan), sort_keys=True, default=repr).encode(), digest_size=6).hexdigest()


def _parts(plan: TablePlan) -> list[Any]:
    table = plan.written or plan.table
    asked = [table.path, dict(table.params), dict(table.headers), table.body, table.records]
    parent = [plan.parent.table.name, *_parts(plan.parent)] if plan.parent else []
    told: list[Any] = [dict(plan.told)] if plan.told else []
    told += ["form"] if table.form else []
    return [*asked, list(table.primary_key), _paging(plan.paginator), *parent, *told]


def _paging(paginator: Any) -> list[Any]:
    """The kind of a paginator, the fields of a record that its bookmark is a value of, and the same of what it is around.

    Its template is part of it: it may hold a filter, and records that another one left out are not new.
    """
    fields = [name for name in (getattr(paginator, each, None) for each in ("key", "newest")) if isinstance(name, str)]
    template, inner = (getattr(paginator, each, None) for each in ("template", "pages"))
    return [
        type(paginator).__name__,
        *fields,
        *([] if template is None else [template]),
        *([] if inner is None else [_paging(inner)]),
    ]


def is_documented(plan: TablePlan) -> bool:
    """Whether *plan* reads what the documented hand-written connectors read, as they do: ``fts_records`` from ``/fts_data``.

    A bookmark of such a feed is kept as they keep it, with nothing beside it.
    """
    table, found = plan.table, _DOCUMENTED.fullmatch(plan.table.path)
    name = f"{found[1]}_records" if found else ""
    plain = not (table.params or table.headers or table.body or plan.parent)
    same = table.name == table.records == name and table.primary_key == ("record_id",)
    return plain and same and _paging(plan.paginator) == ["CursorPaginator"]


def is_nearly_documented(plan: TablePlan) -> bool:
    """Whether *plan* may have been read as documented until its table was renamed, or was given another path or paginator."""
    table, found = plan.table, _DOCUMENTED.search(plan.table.path)
    of_path = bool(found) and table.records == f"{found[1]}_records"  # type: ignore[index]  # it was found
    of_name = table.records == table.name and table.name.endswith("_records")
    return not is_documented(plan) and (of_path or of_name)
