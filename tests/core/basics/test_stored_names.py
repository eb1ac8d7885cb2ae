"""What Fivetran makes of names, asked of the real command, and our own rule, which has to say the same.

``stored_names.json`` has what the command answered. ``python tests/core/basics/test_stored_names.py`` asks it again and writes
the file; add a name to it, with anything behind it, to ask for more.
"""

import json
import sys
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

import duckdb
import pytest

from connector_build.local.fivetran import debug
from connector_core import PluginError
from connector_core.basics.names import check_column_name, check_distinct, same_stored, stored_name

FILE = Path(__file__).with_name("stored_names.json")
MEASURED: Mapping[str, str] = json.loads(FILE.read_text(encoding="utf-8"))
KEY = "the_key_of_it"

CONNECTOR = f"""
import json
from pathlib import Path
from fivetran_connector_sdk import Connector, Operations as op

NAMES = json.loads(Path(__file__).with_name("names.json").read_text())

def schema(configuration):
    return [{{"table": f"table_{{n}}", "primary_key": ["{KEY}"], "columns": {{"{KEY}": "LONG", NAMES[n]: "STRING"}} if n % 2 else
             {{"{KEY}": "LONG"}}}} for n in range(len(NAMES))]

def update(configuration, state):
    for n, name in enumerate(NAMES):
        op.upsert(f"table_{{n}}", {{"{KEY}": 1, name: f"x{{n}}y"}})
    op.checkpoint({{}})

connector = Connector(update=update, schema=schema)
"""


def ask(names: Iterable[str]) -> dict[str, str]:
    """Name → the name that the command stores it under; every other one as a declared column, the rest undeclared."""
    asked = list(names)
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder)
        (project / "connector.py").write_text(CONNECTOR, encoding="utf-8")
        (project / "names.json").write_text(json.dumps(asked), encoding="utf-8")
        (project / "requirements.txt").touch()
        (project / "configuration.json").write_text("{}", encoding="utf-8")
        ran = debug(project, project / "configuration.json")
        assert ran.error is None, ran.error
        with duckdb.connect(str(project / "files/warehouse.db"), read_only=True) as database:
            rows = database.execute(
                "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'tester' "
                f"AND column_name NOT IN ('{KEY}', '_fivetran_deleted', '_fivetran_synced')"
            ).fetchall()
    stored = dict(rows)
    return {name: stored[f"table_{number}"] for number, name in enumerate(asked)}


@pytest.mark.parametrize("name", MEASURED, ids=lambda name: ascii(name)[1:-1][:60])
def test_our_rule_is_that_of_the_command(name: str) -> None:
    assert stored_name(name) == MEASURED[name]


@pytest.mark.xdist_group("end-to-end")
def test_the_command_still_stores_what_it_did() -> None:
    assert ask(MEASURED) == MEASURED


@pytest.mark.parametrize("name", ["_fivetran_synced", "_FIVETRAN_Deleted", "$fivetran.id", "_fivetranX"])
def test_what_fivetran_keeps_for_itself_is_refused_however_it_is_spelled(name: str) -> None:
    with pytest.raises(PluginError, match="Fivetran keeps names with _fivetran in front for itself"):
        check_column_name(name, "Table shifts")


def test_a_name_of_which_nothing_is_kept_is_refused() -> None:
    with pytest.raises(PluginError, match="of which Fivetran keeps nothing"):
        check_column_name("\u0301", "Table shifts")


@pytest.mark.parametrize(
    ("names", "twins"),
    [
        (["userId", "name", "user_id"], ("userId", "user_id")),
        (["usage_trend_30d", "usage_trend_30_d"], ("usage_trend_30d", "usage_trend_30_d")),
        (["größe", "gro_e"], ("größe", "gro_e")),
        (["total (usd)", "total-usd-"], ("total (usd)", "total-usd-")),
        (["日本", "имя"], ("日本", "имя")),
        (["x", "x_"], None),
        (["a", "b"], None),
    ],
)
def test_two_names_that_end_as_one_are_told(names: list[str], twins: tuple[str, str] | None) -> None:
    assert same_stored(names) == twins
    if twins:
        with pytest.raises(PluginError, match="both become"):
            check_distinct(names, "Table shifts")


if __name__ == "__main__":
    FILE.write_text(json.dumps(ask(MEASURED), indent=0, ensure_ascii=True) + "\n", encoding="utf-8")
    sys.stdout.write(f"{len(MEASURED)} names\n")
