"""Tables: what an author may write, and what is said to one who wrote something else."""

from datetime import date
from typing import Any

import pytest

from connector_core import PluginError, Table
from connector_core.basics.names import COLUMN_TYPES, did_you_mean, one_line, sdk_type


def table(**changes: Any) -> Table:
    return Table(
        **{
            "name": "crew_shifts",
            "path": "/shifts",
            "records": "shifts",
            "primary_key": ["shift_id"],
            "columns": {"shift_id": "STRING", "hours": "DOUBLE"},
            **changes,
        }
    )


def test_a_table_is_a_value() -> None:
    columns = {"shift_id": "STRING"}
    one = table(columns=columns)
    columns["hours"] = "LONG"
    assert dict(one.columns) == {"shift_id": "STRING"}
    assert one == table(columns={"shift_id": "STRING"}, primary_key=("shift_id",))
    assert one.primary_key == ("shift_id",)
    assert not one.append_only
    with pytest.raises(AttributeError):
        one.name = "other"  # type: ignore[misc]
    with pytest.raises(TypeError):
        one.columns["hours"] = "LONG"  # type: ignore[index]


@pytest.mark.parametrize("name", ["Shifts", "crew shifts", "crew-shifts", "1st", "_shifts", "", "é", "shifts\n", None, 7])
def test_a_name_that_fivetran_would_change(name: object) -> None:
    with pytest.raises(PluginError) as caught:
        table(name=name)
    assert str(caught.value) == (
        f"A table is named {name!r}, which Fivetran would rename. "
        "Write lower-case letters, digits and underscores, with a letter first."
    )


@pytest.mark.parametrize("name", ["a", "a1", "crew_shifts", "a__b_"])
def test_a_name_that_stays(name: str) -> None:
    assert table(name=name).name == name


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"path": "shifts"}, ["path is 'shifts'", "slash in front"]),
        ({"path": "https://api.example.com/shifts"}, ["path is 'https://", "below base_url"]),
        ({"path": None}, ["path is None", "slash in front"]),
        ({"records": ""}, ["records is ''", "key of the answer"]),
        ({"records": ["shifts"]}, ["records is ['shifts']", "key of the answer"]),
        ({"primary_key": "shift_id"}, ["primary_key must be a list", "not the text 'shift_id'", 'Write ["shift_id"]']),
        ({"primary_key": []}, ["primary_key is empty", "append_only or full_refresh"]),
        ({"primary_key": None}, ["primary_key must be a list", "NoneType"]),
        ({"primary_key": ["shift_id", "shift_id"]}, ["primary_key names a column twice", "shift_id, shift_id"]),
        ({"primary_key": ["shift_id", 7]}, ["primary_key", "named 7"]),
        ({"primary_key": ["id"]}, ["primary_key names id", "columns does not declare"]),
        ({"columns": {}}, ["primary_key names shift_id", "columns does not declare"]),
        ({"columns": None}, ["columns", "dict", "NoneType"]),
        ({"columns": ["shift_id"]}, ["columns", "dict", "list"]),
        ({"columns": {"shift_id": "string"}}, ["column 'shift_id' as 'string'", "did you mean STRING?", "DECIMAL(15,2)"]),
        ({"columns": {"shift_id": "TEXT"}}, ["column 'shift_id' as 'TEXT'", "The SDK takes BINARY, BOOLEAN"]),
        ({"columns": {"shift_id": "DECIMAL"}}, ["column 'shift_id' as 'DECIMAL'", "DECIMAL(15,2)"]),
        ({"columns": {"shift_id": "DECIMAL(15)"}}, ["as 'DECIMAL(15)'", "DECIMAL(15,2)"]),
        ({"columns": {"shift_id": str}}, ["column 'shift_id' as <class 'str'>"]),
        ({"columns": {"shift_id": None}}, ["column 'shift_id' as None"]),
        ({"columns": {"shift_id": "STRING", "": "LONG"}}, ["a column named ''"]),
        ({"columns": {"shift_id": "STRING", 7: "LONG"}}, ["a column named 7"]),
        ({"columns": {"shift_id": "STRING", "_fivetran_id": "LONG"}}, ["'_fivetran_id'", "for itself"]),
    ],
)
def test_a_table_that_cannot_be_used(changes: dict[str, Any], words: list[str]) -> None:
    with pytest.raises(PluginError) as caught:
        table(**changes)
    message = str(caught.value)
    assert message.startswith("Table crew_shifts")
    assert "\n" not in message
    for word in words:
        assert word in message


@pytest.mark.parametrize("kind", [*sorted(COLUMN_TYPES), "DECIMAL(15,2)", "DECIMAL(38, 0)"])
def test_every_type_of_the_sdk_is_taken(kind: str) -> None:
    assert table(columns={"shift_id": "STRING", "other": kind}).columns["other"] == kind


def test_no_list_identifies_a_row() -> None:
    with pytest.raises(PluginError, match="primary_key names shift_id, which is JSON"):
        table(columns={"shift_id": "JSON"})


def test_types_as_the_sdk_takes_them() -> None:
    assert sdk_type("STRING") == "STRING"
    assert sdk_type("DECIMAL(15,2)") == {"type": "DECIMAL", "precision": 15, "scale": 2}
    assert sdk_type("DECIMAL(38, 0)") == {"type": "DECIMAL", "precision": 38, "scale": 0}


def test_the_key_of_a_record_has_the_types_of_its_columns() -> None:
    two = table(primary_key=["shift_id", "day"], columns={"shift_id": "LONG", "day": "NAIVE_DATE"})
    assert two.key_of({"day": "2026-02-17", "shift_id": 7, "hours": 1.5}) == (7, date(2026, 2, 17))


def test_did_you_mean() -> None:
    assert did_you_mean("cost_per_hr", ["cost_per_hour", "other"]) == " (did you mean cost_per_hour?)"
    assert did_you_mean("colour", ["cost_per_hour"]) == ""
    assert did_you_mean("colour", []) == ""


def test_one_line() -> None:
    assert one_line("a\r\nb\tc\x1b[0m\u2028d\u202e") == "a b c?[0m d\\u202e"
    assert one_line("x" * 300) == "x" * 197 + "..."
    assert one_line("x" * 50, 50) == "x" * 50
    assert one_line(None) == "None"
