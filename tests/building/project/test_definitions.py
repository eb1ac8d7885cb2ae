"""What a lock says of an option is what its rows depend on: words for people change none of it."""

from typing import Any

import pytest

from connector_build.project.definitions import definition
from connector_core import Aggregate, Column, DerivedField, Dimension, Transform, count, ratio, total
from connector_core.plugin.assembly import Option, Origin


def made_of(value: Any) -> str:
    return str(definition(Option(value, "logs", Origin("ours", "hook"), enabled=True))["made_of"])


def same(record: dict[str, Any]) -> dict[str, Any]:
    return record


@pytest.mark.parametrize(
    ("plain", "said"),
    [
        (
            DerivedField("share", ratio("a", "b"), type="LONG"),
            DerivedField("share", ratio("a", "b"), type=Column("LONG", "a share", pii=True), description="of the whole"),
        ),
        (Transform("t", same, columns={"a": "LONG"}), Transform("t", same, columns={"a": Column("LONG", "x")}, description="y")),
        (
            Aggregate("a", ["b"], {"n": count(), "s": total("c")}),
            Aggregate("a", ["b"], {"n": count("how many"), "s": total("c", "in all")}, description="z"),
        ),
        (Dimension("a", ["b"], ["c"], "d"), Dimension("a", ["b"], ["c"], "d", description="z")),
    ],
    ids=["derived", "transform", "aggregate", "dimension"],
)
def test_words_for_people_change_no_definition(plain: Any, said: Any) -> None:
    assert made_of(plain) == made_of(said)


def test_what_a_column_is_changes_it() -> None:
    kinds = [Column("LONG"), Column("DOUBLE"), Column("LONG", null=[0])]
    assert len({made_of(DerivedField("share", ratio("a", "b"), type=kind)) for kind in kinds}) == 3
