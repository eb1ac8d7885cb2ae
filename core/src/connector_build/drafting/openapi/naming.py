"""Names of tables, from the paths of their resources."""

from collections import Counter
from collections.abc import Sequence

from connector_build.drafting.named import Names
from connector_build.drafting.openapi.resources import Resource
from connector_build.drafting.writing import name_of, table_name_of

_NO_NAMES = frozenset({"search", "query", "list", "all", "find", "filter", "index", "get", "json", "api", "data"})


def table_names(resources: Sequence[Resource]) -> list[str]:
    """A name for each: its path's last word where no other ends with it, else as many of its words as tell it apart."""
    words = [_words(each.path) for each in resources]
    common = _common(words)
    words = [each[common:] or each[-1:] for each in words]
    ends = Counter(each[-1] for each in words)
    names = Names(called=table_name_of)
    # The shortest first: /orders is orders, and /customers/{id}/orders is customers_orders.
    found: dict[int, str] = {}
    for at in sorted(range(len(words)), key=lambda at: len(words[at])):
        each = words[at]
        short = [each[-1]] if ends[each[-1]] == 1 or len(each) == 1 else []
        found[at] = names.given(*short, *("_".join(each[-count:]) for count in range(2, len(each) + 1)), "_".join(each))
    return [found[at] for at in range(len(words))]


def _words(path: str) -> list[str]:
    parts = [name_of(part.partition(".json")[0]) for part in path.split("/") if part and "{" not in part]
    return [part for part in parts if part not in _NO_NAMES] or parts or ["records"]


def _common(words: Sequence[list[str]]) -> int:
    """How many words every path begins with, such as api and v1."""
    if len(words) < 2:
        return max(len(words[0]) - 1, 0) if words else 0
    count = 0
    while all(len(each) > count + 1 and each[count] == words[0][count] for each in words):
        count += 1
    return count
