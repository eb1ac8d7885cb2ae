"""A configuration that is a pipe, empty or broken."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from connector_build.api.simulation import Simulation
from connector_build.cli.main import main
from connector_build.errors import UsageProblem
from connector_build.project.configuration import check_can_be_handed_on, check_configuration, read_object
from connector_build.project.making import assembled
from connector_build.review.live import read_values
from simulated import simulated


@pytest.fixture
def pipe() -> Iterator[Path]:
    """What ``<(echo ...)`` is to a command: it can be read once."""
    reading, writing = os.pipe()
    os.write(writing, b'{"api_key": "k", "base_url": "https://api.example.com"}')
    os.close(writing)
    yield Path(f"/dev/fd/{reading}")
    os.close(reading)


def test_a_pipe_is_read_once(pipe: Path) -> None:
    assert check_configuration(assembled("fts")[0], pipe)["api_key"] == "k"


def test_values_come_from_a_pipe(pipe: Path) -> None:
    values, remarks = read_values(assembled("fts")[0], pipe)
    assert (values["api_key"], remarks) == ("k", [])


def test_debug_wants_a_file_and_builds_nothing(pipe: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(main, ["debug", "fts", "--configuration", str(pipe)])
    assert (done.exit_code, list(tmp_path.iterdir())) == (2, [])
    assert "is a pipe, which can be read once" in done.stderr


def test_record_reads_a_pipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with Simulation([simulated("fts", 20)]) as api:
        reading, writing = os.pipe()
        os.write(writing, json.dumps(dict(api.of("fts").configuration)).encode())
        os.close(writing)
        done = CliRunner().invoke(main, ["record", "fts", "--configuration", f"/dev/fd/{reading}", "--output", "p.json"])
        os.close(reading)
    assert done.exit_code == 0, done.output
    assert (tmp_path / "p.json").is_file()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"", "is empty. Write one object of texts"),
        (b" \n", "is empty"),
        (b"{", "is not JSON: "),
        (b"[" * 100_000, "is not JSON: "),
        (b'{"a": "\xff"}', "is not UTF-8 text"),
        (b"[]", "holds a JSON list, not an object"),
        (b"null", "holds a JSON null, not an object"),
    ],
    ids=["empty", "blank", "broken", "deep", "bytes", "list", "null"],
)
@pytest.mark.parametrize("option", ["--configuration", "--old-configuration"])
def test_what_is_no_object_is_one_message(text: bytes, words: str, option: str, tmp_path: Path) -> None:
    file = tmp_path / "c.json"
    file.write_bytes(text)
    with pytest.raises(UsageProblem, match=r"^[^\n]+$") as caught:
        read_object(file, option)
    assert words in str(caught.value)


def test_the_option_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageProblem, match="Name the configuration with --old-configuration"):
        read_object(tmp_path / "none.json", "--old-configuration")


def test_a_value_may_name_a_variable_of_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "mine.json"
    file.write_text(json.dumps({"api_key": "env:THE_KEY", "base_url": "https://api.example.com"}))
    with pytest.raises(UsageProblem, match=r"^api_key: the environment variable THE_KEY is not set, or empty"):
        check_configuration(assembled("fts")[0], file)
    monkeypatch.setenv("THE_KEY", "k")
    assert check_configuration(assembled("fts")[0], file)["api_key"] == "k"
    with pytest.raises(UsageProblem, match=r"mine\.json: api_key names a variable .* Write the value there"):
        check_can_be_handed_on(file)


def test_debug_does_not_take_the_name_of_a_variable_for_a_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert CliRunner().invoke(main, ["fts"]).exit_code == 0
    Path("dist/fts/configuration.json").write_text(json.dumps({"api_key": "env:THE_KEY"}))
    result = CliRunner().invoke(main, ["debug", "fts"])
    assert result.exit_code == 2
    assert "names a variable of the environment" in result.output
