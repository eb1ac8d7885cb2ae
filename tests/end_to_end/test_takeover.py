"""A connection that a hand-written connector has served is taken over by a built one: nothing is lost, nothing comes twice.

Both are run by the real ``fivetran debug`` against the sample API. What the one leaves behind, its state and its rows, is put
into the folder of the other, which is what a redeploy amounts to.
"""

import json
import struct
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
import requests
from attrs import frozen

import connector_fts
from connector_build.api.simulation import Simulation
from connector_build.local.comparing import difference, expected
from connector_build.local.fivetran import debug, read_tables
from connector_build.sample import Record
from connector_core.plugin.assembly import Plugin, assemble
from distributions import built_fts
from places import TESTS
from simulated import simulated

pytestmark = pytest.mark.xdist_group("takeover")

KEY = "canary-27d0b5"
HANDWRITTEN = (TESTS / "handwritten") / "connector.py"
EXTRAS = ("fts_technicians", "cost_per_hour")
TABLE = simulated("fts")
FLOATS = [name for name, kind in connector_fts.RECORDS.columns.items() if kind == "DOUBLE"]
PAGES = 4

NEXT_CURSOR: Mapping[str, str] = {}
CURSOR = {'STATE_KEY = "next_cursor"': 'STATE_KEY = "cursor"'}
DOUBLES = {"] = {}": f"] = {dict.fromkeys(FLOATS, 'DOUBLE')}"}


class Killed(BaseException):
    """Raised to have the command ended."""


@frozen
class Left:
    """What a hand-written connector has left behind: the folder with its rows and its state, and that state."""

    files: Path
    state: dict[str, Any]


def new_server() -> Simulation:
    """The sample API as it was at first: from one seed come the same records, and the same cursors."""
    return Simulation([TABLE], secret=KEY)


@pytest.fixture
def server() -> Iterator[Simulation]:
    with new_server() as running:
        yield running


@pytest.fixture(scope="module", autouse=True)
def _home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A home of our own for the fivetran command, and none of its variables."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(tmp_path_factory.mktemp("home")))
        for name in ("FIVETRAN_API_KEY", "FIVETRAN_CONFIGURATION"):
            patch.delenv(name, raising=False)
        yield


def configure(project: Path, server: Simulation) -> Path:
    file = project / "configuration.json"
    file.write_text(json.dumps({"api_key": KEY, "base_url": server.url, "page_size": "100"}))
    return file


def write_by_hand(folder: Path, changes: Mapping[str, str]) -> Path:
    """The hand-written project, *changes* made to its text."""
    text = HANDWRITTEN.read_text()
    for old, new in changes.items():
        assert text.count(old) == 1
        text = text.replace(old, new)
    (folder / "connector.py").write_text(text)
    (folder / "requirements.txt").touch()
    return folder


def left_by(project: Path) -> Left:
    return Left(project / "files", json.loads((project / "files/state.json").read_text()))


@pytest.fixture(scope="module")
def served_by_hand(_home: None, tmp_path_factory: pytest.TempPathFactory) -> Callable[[Mapping[str, str]], Left]:
    """What is there after a whole sync of the hand-written connector, with changes made to its text; each is run once."""
    known: dict[str, Left] = {}

    def served(changes: Mapping[str, str]) -> Left:
        name = json.dumps(dict(changes))
        if name not in known:
            project = write_by_hand(tmp_path_factory.mktemp("by_hand"), changes)
            with new_server() as server:
                run = debug(project, configure(project, server))
            assert run.error is None, run.output
            known[name] = left_by(project)
        return known[name]

    return served


@pytest.fixture(scope="module")
def killed_in_the_middle(_home: None, tmp_path_factory: pytest.TempPathFactory) -> Left:
    """What is there after the hand-written connector was killed while it waited for a page, with four of eight behind it."""
    project = write_by_hand(tmp_path_factory.mktemp("killed"), NEXT_CURSOR)
    pages: list[str] = []

    def count(line: str) -> None:
        pages.extend([line] if line.endswith("page of 100 records") else [])
        if len(pages) == PAGES:
            raise Killed

    with new_server() as server:
        server.faults.add(f"latency=60,every={PAGES + 1}")
        with pytest.raises(Killed):
            debug(project, configure(project, server), on_line=count)
    return left_by(project)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Mapping[tuple[str, ...], Path]:
    """Options → the project that connector-build writes with them."""
    return {enable: built_fts(tmp_path_factory.mktemp("built"), enable) for enable in ((), EXTRAS)}


@frozen
class Connection:
    """A connection that a built connector has been deployed to."""

    project: Path
    server: Simulation

    def sync(self) -> int:
        """One sync; how many records it sent."""
        run = debug(self.project, configure(self.project, self.server))
        assert run.error is None, run.output
        return run.operations["upserts"]

    def assert_every_row(self, enable: tuple[str, ...], sent: Callable[[Record], Record] = dict) -> None:
        """Every table has the rows that it should, each once. *sent*: what became of a record on its way."""
        [plan] = assemble([Plugin("connector-fts", connector_fts)], enable=enable).tables
        wanted = expected(plan, map(sent, self.server.feed("fts").records()))
        found = read_tables(self.project, list(wanted), None)
        assert {rows.name: difference(rows, wanted[rows.name]) for rows in found} == dict.fromkeys(wanted)
        # The comparison passes over a column whose type cannot hold what was sent.
        assert {rows.columns[name] for rows in found if rows.name == "fts_records" for name in FLOATS} == {"DOUBLE"}


Redeploy = Callable[[Left, tuple[str, ...]], Connection]


@pytest.fixture
def redeploy(built: Mapping[tuple[str, ...], Path], server: Simulation, tmp_path: Path) -> Redeploy:
    """(what is there, options) → the connection with the built connector, which has yet to sync."""

    def redeployed(left: Left, enable: tuple[str, ...]) -> Connection:
        project = copytree(built[enable], tmp_path / "fts")
        copytree(left.files, project / "files")
        return Connection(project, server)

    return redeployed


def move(server: Simulation) -> None:
    server.feed("fts").append(25)
    server.feed("fts").change(40)


def read(server: Simulation, cursor: str | None, size: int = 200) -> list[tuple[list[Record], str | None]]:
    """The pages behind a cursor, each with its records and the next cursor, over HTTP as a connector is served."""
    pages: list[tuple[list[Record], str | None]] = []
    while not pages or cursor:
        asked = {"page_size": str(size), **({"cursor": cursor} if cursor else {})}
        body = requests.get(f"{server.url}/fts_data", params=asked, headers={"api_key": KEY}, timeout=10).json()
        cursor = body["next_cursor"]
        pages.append((body["fts_records"], cursor))
    return pages


def keys_behind(server: Simulation, cursor: str) -> set[str]:
    return {record["record_id"] for records, _ in read(server, cursor) for record in records}


def single(value: Any) -> Any:
    """The nearest 32-bit float, which is what a float becomes whose column nobody declares."""
    return struct.unpack("f", struct.pack("f", value))[0] if isinstance(value, float) else value


@pytest.mark.parametrize(
    ("changes", "key"),
    [(NEXT_CURSOR, "next_cursor"), (CURSOR, "cursor"), (DOUBLES, "next_cursor")],
    ids=["", "cursor", "doubles"],
)
def test_the_built_connector_goes_on_where_the_other_stopped(
    changes: Mapping[str, str],
    key: str,
    served_by_hand: Callable[[Mapping[str, str]], Left],
    redeploy: Redeploy,
    server: Simulation,
) -> None:
    left = served_by_hand(changes)
    assert list(left.state) == [key]
    connection = redeploy(left, ())
    move(server)
    again, before = keys_behind(server, left.state[key]), len(server.requests)
    assert connection.sync() == len(again) < 200
    assert server.requests[before].params["cursor"] == left.state[key]

    def sent(record: Record) -> Record:
        # What was not sent again is as it was: to 32 bits where the hand-written connector declared no DOUBLE.
        whole = record["record_id"] in again or changes == DOUBLES
        return record if whole else {name: single(value) for name, value in record.items()}

    connection.assert_every_row((), sent)
    assert list(left_by(connection.project).state) == ["next_cursor", "row_digests"]


def test_a_state_without_a_cursor_is_one_to_start_from(
    served_by_hand: Callable[[Mapping[str, str]], Left], redeploy: Redeploy, server: Simulation
) -> None:
    # What some write at the end of a feed, where the API names no next page. They read all of it in each sync.
    connection = redeploy(served_by_hand(NEXT_CURSOR), ())
    (connection.project / "files/state.json").write_text('{"next_cursor": null}')
    move(server)
    assert connection.sync() == len(server.feed("fts"))
    connection.assert_every_row(())


def test_extra_tables_are_filled_for_the_rows_of_before(
    served_by_hand: Callable[[Mapping[str, str]], Left], redeploy: Redeploy, server: Simulation
) -> None:
    connection = redeploy(served_by_hand(NEXT_CURSOR), EXTRAS)
    move(server)
    assert connection.sync() >= len(server.feed("fts"))
    connection.assert_every_row(EXTRAS)
    move(server)
    connection.sync()
    connection.assert_every_row(EXTRAS)


@pytest.mark.parametrize("enable", [(), EXTRAS], ids=["plain", "extras"])
def test_a_feed_that_was_left_in_the_middle_is_read_to_its_end(
    enable: tuple[str, ...], killed_in_the_middle: Left, redeploy: Redeploy, server: Simulation
) -> None:
    cursor = read(server, None, 100)[PAGES - 1][1]
    assert cursor is not None
    assert killed_in_the_middle.state == {"next_cursor": cursor}
    connection = redeploy(killed_in_the_middle, enable)
    move(server)
    again, before = keys_behind(server, cursor), len(server.requests)
    connection.sync()
    assert server.requests[before].params.get("cursor") == (None if enable else cursor)

    def sent(record: Record) -> Record:
        whole = enable or record["record_id"] in again
        return record if whole else {name: single(value) for name, value in record.items()}

    connection.assert_every_row(enable, sent)
