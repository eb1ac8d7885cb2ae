"""One thing is one, none and several are many."""

import re

import pytest

from connector_core.basics.counting import counted, in_seconds, plural
from places import ROOT


@pytest.mark.parametrize(
    ("number", "things", "told"),
    [(0, "", "0 rows"), (1, "", "1 row"), (2, "", "2 rows"), (1, "rows differ", "1 row"), (2, "rows differ", "2 rows differ")],
)
def test_a_number_goes_with_its_thing(number: int, things: str, told: str) -> None:
    assert counted(number, "row", things) == told
    assert plural(number, "row", things) == told.partition(" ")[2]


def test_what_review_and_fleet_print_is_counted() -> None:
    """A number in front of a plural that is always one reads as "1 rules"."""
    plain = re.compile(
        r"(?<!of )(?<!has )\{len\([^{}]*\)(:,)?\} (requests|rules|datasets|connectors|answers|tables|files|pages|rows)\b"
    )
    files = [path for room in ("review", "fleet") for path in (ROOT / "core/src/connector_build" / room).rglob("*.py")]
    assert files
    assert [(path.name, found[0]) for path in files for found in plain.finditer(path.read_text())] == []


@pytest.mark.parametrize(
    ("time", "told"), [(0.6, "1 second"), (1, "1 second"), (30, "30 seconds"), (float("inf"), "inf seconds")]
)
def test_a_time_is_whole_seconds(time: float, told: str) -> None:
    assert in_seconds(time) == told


COUNTED = (  # noqa: SIM905
    "record row page request table column rule upsert checkpoint file line feed value byte entry sync key answer second member "
    "field group child dataset connector option setting place time"
).split()
# What is never one: limits of ours and of Fivetran, and numbers behind "of", "than" and "such as".
NEVER_ONE = re.compile(r"(of|than|the last|at most|up to|or|least) \{[^{}]*\}$|[A-Z_]{4,}|\bMOST\b")


def test_what_is_logged_and_raised_is_counted() -> None:
    """A number in front of a plural reads as "1 records" one day: `counted` knows."""
    plain = re.compile(rf"(\S+ \S+ )?\{{(?!counted|plural|in_seconds)[^{{}}]*\}} ({'|'.join(COUNTED)})s\b")
    found = [
        f"{path.name}: {line[0]}"
        for path in (ROOT / "core/src/connector_core").rglob("*.py")
        for line in plain.finditer(path.read_text(encoding="utf-8"))
        if not NEVER_ONE.search(line[0].rsplit(" ", 1)[0])
    ]
    assert found == []
