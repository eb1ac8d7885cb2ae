"""`connector-build backfill`, as far as it goes without Spark: the tests with it have an environment of their own."""

import json
from importlib.util import find_spec
from pathlib import Path

import pytest
from click.testing import CliRunner

from connector_build.cli.main import main
from connector_build.local.backfilling import write_state


@pytest.mark.skipif(find_spec("pyspark") is not None, reason="Spark is there")
def test_without_spark_it_says_how_to_get_it(tmp_path: Path) -> None:
    (tmp_path / "configuration.json").write_text("{}")
    done = CliRunner().invoke(main, ["backfill", "fts", "--to", "x", "--configuration", str(tmp_path / "configuration.json")])
    assert done.exit_code == 1
    assert "pip install 'connector-core[spark]'" in done.output


def test_a_state_is_written_whole(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "fts.state.json"
    path.parent.mkdir()
    path.write_text("before")
    assert write_state(path, {"next_cursor": "a"}) == path
    assert json.loads(path.read_text()) == {"next_cursor": "a"}
    assert list(path.parent.iterdir()) == [path]
