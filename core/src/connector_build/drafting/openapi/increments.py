"""A filter on the time of the last change, and the field of a record that has it: what a sync may ask by. A guess."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from connector_build.drafting.columns import type_of
from connector_build.drafting.draft import Call, Value, guessed
from connector_build.drafting.made import trouble
from connector_build.drafting.openapi.parameters import Parameter
from connector_build.drafting.writing import name_of

_CHANGED: Final = "updat|modif|chang"
_FILTER: Final = re.compile(
    rf"({_CHANGED}).*(since|after|from|gte?|min|start|begin)$|(since|after|from|min)_.*({_CHANGED})|^if_modified_since$"
)
_FIELD: Final = re.compile(
    r"^(updated|modified|changed|last_updated|last_modified|last_changed|update|modification|last_modification|last_update)"
    r"(_?(at|on|date|time|datetime|timestamp|date_time|time_stamp))?$"
)


def since(parameters: Sequence[Parameter], columns: Mapping[str, Value], paginator: Value) -> Value:
    """*paginator* inside of ``UpdatedSince``, where a parameter and a field speak of the last change; else itself."""
    field = next((name for name, kind in columns.items() if _FIELD.match(name_of(name)) and type_of(kind) != "JSON"), None)
    param = next((each for each in parameters if each.where in ("query", "body") and _is_filter(each)), None)
    if field is None or param is None:
        return paginator
    options: dict[str, Any] = {"where": "body"} if param.where == "body" else {}
    if param.is_number and type_of(columns[field]) == "UTC_DATETIME":
        options["notation"] = "epoch"
    call = Call("UpdatedSince", (param.name, field, paginator), options)
    return paginator if trouble(call) else guessed(call, f"the parameter {param.name} and the field {field}")


def _is_filter(param: Parameter) -> bool:
    return bool(_FILTER.search(param.plain)) or (param.plain in ("since", "updated_since") and "updat" in param.about.lower())
