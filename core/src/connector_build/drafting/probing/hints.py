"""What headers and fields say beside the records: a rate limit, and when a record was changed last."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from connector_build.drafting.draft import Call, Value, bare, guessed
from connector_core import Record
from connector_core.basics.names import one_line

_SECONDS: Final[Mapping[str, int]] = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}
_WINDOW: Final = re.compile(r"(\d{1,9})\s*;\s*(?:.*;)?\s*w\s*=\s*\"?(\d{1,9})")
_LIMIT: Final = re.compile(r"(?:x-)?rate-?limit-limit-(second|minute|hour|day)")
_CHANGED: Final = re.compile(
    r"^(?:date_?)?(?:last_?)?(?:updated|modified|changed|edited)(?:_?(?:at|on|time|date|gmt|epoch|timestamp))?$|"
    r"^(?:last_?)?(?:update|modification|change|edit)_?(?:d?_?at|time|date|timestamp)$|^sys_updated_on$|^updated_?since$",
    re.IGNORECASE,
)


def budget(headers: Mapping[str, str]) -> Value:
    """What the API takes in which time, by the headers of an answer; None where they do not say both."""
    for name, value in sorted(headers.items()):
        policy = _WINDOW.search(value) if "ratelimit" in name.replace("-", "") else None
        limit = _LIMIT.fullmatch(name)
        number = re.match(r"\s*(\d{1,9})\b", value)
        if policy and int(policy[1]) and int(policy[2]):
            return _budget(int(policy[1]), int(policy[2]), name, value)
        if limit and number and int(number[1]):
            return _budget(int(number[1]), _SECONDS[limit[1]], name, value)
    return None


def _budget(requests: int, seconds: int, name: str, value: str) -> Value:
    call = Call("Budget", (), {"requests": requests, "seconds": seconds})
    return guessed(call, f"the header {one_line(name, 60)}: {one_line(value, 60)}")


def changed_at(columns: Mapping[str, Value], rows: Sequence[Record]) -> str | None:
    """The field that says when a record was changed last; None where none is called so and filled in each row."""
    return next((name for name in _times(columns) if all(row.get(name) for row in rows)), None)


def _times(columns: Mapping[str, Value]) -> Iterable[str]:
    for name, kind in columns.items():
        plain = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name)
        if _CHANGED.match(plain) and (str(bare(kind)).endswith(("DATETIME", "DATE", "LONG"))):
            yield name


def remark(table: str, field: str) -> str:
    """What to say of a field that says when a record was changed."""
    name = one_line(field, 60)
    return (
        f"Each sync reads {table} whole. {name} looks like the time of the last change: where the API has a filter for that, "
        f'UpdatedSince("its_parameter", "{name}", ...) around the paginator reads what changed only.'
    )
