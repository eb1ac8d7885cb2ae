"""Cases of every kind, as Hypothesis draws them."""

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

from hypothesis import strategies as st

from fuzz.answers import NESTED
from fuzz.connector import DATASETS, NEXT, OPTIONS
from fuzz.faults import FAULTS
from fuzz.lies import LIES, REORDERED, TOLD, fits
from fuzz.line import MOST_REQUESTS

few = st.integers(1, 8)
places = st.integers(0, 40)
connectors = st.fixed_dictionaries(
    {
        "pages": st.sampled_from(["cursor", "cursor", "page", "offset", "keyset", "link", "single"]),
        "stop": st.sampled_from(["told", "short", "empty"]),
        "where": st.sampled_from(["query", "body", "header"]),
        "strategy": st.sampled_from(["none", "none", "full", "since", "ids", "days"]),
        "format": st.sampled_from(["json", "json", "json", "csv", "json lines"]),
        "records": st.sampled_from(["items", "data.items", "edges[*].node", "@"]),
        "key": st.sampled_from([["STRING"], ["LONG"], ["DOUBLE"], ["UTC_DATETIME"], ["LONG", "BOOLEAN"], ["STRING", "LONG"]]),
        "time": st.sampled_from(["LONG", "UTC_DATETIME", "NAIVE_DATETIME", "NAIVE_DATE"]),
        "inclusive": st.booleans(),
        "moves": st.sampled_from(["to the end", "sent again", "append only", "to the end", "in place", "never"]),
        "gone": st.sampled_from(["no", "list", "tombstone"]),
        "child": st.sampled_from(["no", "no", "no", "plain", "changed"]),
        "full_refresh": st.sampled_from([False, False, False, False, True]),
        "gzip": st.booleans(),
        "filter": st.booleans(),
        "nothing": st.sampled_from(["list", "204", "null"]),
    }
)
ALONE = {"child": "no", "strategy": "none", "full_refresh": False}
FAMILIES: Mapping[str, Mapping[str, Any]] = {
    "any": {},
    "cursor": {"pages": "cursor"},
    "page": {"pages": "page"},
    "offset": {"pages": "offset"},
    "keyset": {"pages": "keyset"},
    "link": {"pages": "link"},
    "single": {"pages": "single"},
    "append only": {**ALONE, "moves": "append only", "pages": "cursor"},
    "sent again": {**ALONE, "moves": "sent again", "pages": "cursor"},
    "in place": {**ALONE, "moves": "in place", "pages": "link"},
    "deleted list": {**ALONE, "gone": "list", "records": "items", "format": "json", "moves": "to the end"},
    "tombstones": {**ALONE, "gone": "tombstone", "moves": "to the end"},
    "full read": {"strategy": "full", "child": "no"},
    "updated since": {"strategy": "since", "child": "no"},
    "windows of ids": {"strategy": "ids", "child": "no"},
    "windows of days": {"strategy": "days", "child": "no"},
    "child": {"child": "plain", "strategy": "none", "pages": "cursor"},
    "child by change": {"child": "changed"},
    "full refresh": {"full_refresh": True, "child": "no"},
    "csv": {"format": "csv"},
}
"""What some connectors have in common: each of these is tried equally often."""
datasets = st.sampled_from([{"dataset": name} for name in DATASETS])


faults = st.tuples(st.integers(0, 8), st.sampled_from(FAULTS), st.sampled_from([1, 1, 2, 9]))


def step(*parts: st.SearchStrategy[Any] | str) -> st.SearchStrategy[list[Any]]:
    return st.tuples(*(st.just(part) if isinstance(part, str) else part for part in parts)).map(list)


def rounds(options: Sequence[str]) -> st.SearchStrategy[list[Any]]:
    """What can happen to a connector with these options, again and again: something moves, and then somebody syncs."""
    moves = st.one_of(
        step("append", few),
        step("change", few),
        step("delete", st.integers(1, 3)),
        step("size", st.sampled_from([1, 2, 3, 5, 50])),
        step("switch", st.sampled_from(options)),
        step("redeploy", st.sampled_from(options)),
    )
    syncs = st.one_of(
        step("clean"),
        step("crash", places, st.booleans(), st.booleans()),
        step("crash", st.integers(0, 4), st.just(False), st.booleans(), st.just("checkpoint")),
        step("die", st.integers(0, 8), st.booleans()),
        step("move_meanwhile", st.integers(0, 5), few),
        step("misbehave", st.lists(faults, min_size=1, max_size=3)),
    )
    return st.tuples(st.lists(moves, max_size=3), syncs).map(lambda both: [*both[0], both[1]])


def told(connector: st.SearchStrategy[Any], options: Sequence[str]) -> st.SearchStrategy[dict[str, Any]]:
    """Histories of such a connector; each begins with some records."""
    history = st.lists(rounds(options), min_size=2, max_size=8)
    return st.fixed_dictionaries(
        {
            "connector": connector,
            "seed": st.integers(0, 1000),
            "on": st.lists(st.sampled_from(options), min_size=1, unique=True),
            "history": history.map(lambda found: [["append", 12], *chain.from_iterable(found)]),
        }
    )


@st.composite
def lying(draw: st.DrawFn, name: str) -> dict[str, Any]:
    """Histories of a connector whose API tells the lie *name* in each sync."""
    words = {**draw(connectors), **draw(st.sampled_from(TOLD[name])), "nothing": "list"}
    if not fits(LIES[name], words):  # with children, other words go together
        words["child"] = "no"
    if name in REORDERED and words["moves"] == "sent again":
        words["moves"] = "to the end"
    words["may_be_empty"] = words["gone"] != "no" or words["full_refresh"]  # where records go, they may all be gone
    return {"lie": name, **draw(told(st.just(words), OPTIONS))}


SAYINGS = [
    "",
    "next",
    "/jobs?limit=3",
    "https://elsewhere.example.com/jobs",
    "http://[",
    "after-3",
    "9" * 30,
    "\ud800",
    "\0",
    "<html>",
    "2026-01-01",
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59+14:00",
    'a,b\n"c',
    "..",
    "{parent.id}",
    "\u202e",
    "nan",
]
NUMBERS = [0, -1, 1, 2**53 + 1, 2**63, -(2**63) - 1, 10**30, 10**400, 1e308, -1e308, 5e-324, -0.0, 1.5]
NAMES = "items data edges node next more pages total links gone keys id seq updated name".split()  # noqa: SIM905
texts = st.one_of(st.sampled_from(SAYINGS), st.text(max_size=8))
leaves = st.one_of(st.none(), st.booleans(), st.sampled_from(NUMBERS), st.integers(-3, 3), st.floats(allow_nan=False), texts)


anything = st.one_of(
    st.recursive(
        leaves,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(NAMES) | texts, inner, max_size=4),
        max_leaves=10,
    ),
    st.integers(100, 3000).map(lambda levels: {NESTED: levels}),
)
HEADERS = {
    "Retry-After": ["0", "5", "601", "nan", "-1", "1e9", "Fri, 31 Dec 9999 23:59:59 GMT", "soon", "9" * 400],
    "Link": ['<>; rel="next"', '</jobs?limit=3>; rel="next"', "<http://[>; rel=next", '<https://x.example.com/z>; rel="next"'],
    "Location": ["/jobs", "https://elsewhere.example.com/", "http://[", "//", "\xff", "", "?"],
    "X-RateLimit-Remaining": ["0", "1", "-1", "many"],
    "X-RateLimit-Reset": ["5", "601", "1790000005", "1790000005000", "1e400", "nan", "never", "9999-12-31T23:59:59Z"],
    "RateLimit": ['"a";r=0;t=5', '"a";r=0;t=' + "9" * 5000, '"";r=;t=', "r=0"],
    "Content-Encoding": ["gzip", "deflate", "br", "zstd", "identity", "gzip, gzip"],
    "Content-Type": ["text/html", "application/json; charset=utf-16", ""],
    NEXT: [text for text in SAYINGS if text.isascii() and text.isprintable()],
}
headers = st.fixed_dictionaries({}, optional={name: st.sampled_from(values) for name, values in HEADERS.items()})
statuses = st.one_of(
    st.sampled_from([200, 200, 204]),
    st.sampled_from([int(fault) for fault in FAULTS if fault.isdecimal()]),
    st.integers(200, 599),
)
whole = st.fixed_dictionaries({"json": anything}, optional={"status": statuses, "headers": headers})
parts = st.fixed_dictionaries({"parts": st.dictionaries(st.sampled_from(NAMES), anything, min_size=1, max_size=3)})
records = st.fixed_dictionaries({"record": anything, "number": st.integers(0, 4)})
fields = st.fixed_dictionaries(
    {
        "field": st.sampled_from(["id", "region", "name", "amount", "hours", "hidden", "updated", "seq", "day", "gone", "new"]),
        "value": anything,
        "number": st.integers(0, 4),
    }
)
edits = st.fixed_dictionaries(
    {
        "bytes": st.lists(
            st.tuples(st.integers(0, 2000), st.integers(0, 40), st.text(st.characters(max_codepoint=255), max_size=4)),
            min_size=1,
            max_size=3,
        )
    }
)


def answered(answer: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """A sync of any connector, with such an answer somewhere."""
    return st.fixed_dictionaries(
        {
            "connector": connectors,
            "seed": st.integers(0, 1000),
            "on": st.lists(st.sampled_from(OPTIONS), unique=True),
            "later": st.booleans(),
            "page_size": st.sampled_from([2, 5, 50]),
            "at": st.integers(0, 5),
            "times": st.sampled_from([1, 1, 2, MOST_REQUESTS]),
            "answer": answer,
        }
    )
