"""One thing is one, none and several are many."""

import re

import pytest

from connector_build.screen.counting import counted, plural
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
