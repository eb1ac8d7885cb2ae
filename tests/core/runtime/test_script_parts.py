"""The parts that the scripts of a project are made of; the scripts themselves are run in tests/building/local and end_to_end."""

import io
import os
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector_core.runtime.scripts.api_keys import SHOWN, struck
from connector_core.runtime.scripts.boxes import GAP, WIDEST, box, ends, tidy, wide
from connector_core.runtime.scripts.command import Tail, pieces, run, surroundings
from connector_core.runtime.scripts.errors import ScriptError
from connector_core.runtime.scripts.terminal import Terminal
from connector_core.runtime.scripts.warehouse import WarehouseError, read_tables
from connector_core.runtime.scripts.words import Words, on_the_server
from places import ROOT

# Boxes


def test_a_box() -> None:
    assert box(["id", "cost"], [["a", 1.5], ["long one", None]], 80, numbers=[1]) == [
        "┌──────────┬──────┐",
        "│ id       │ cost │",
        "├──────────┼──────┤",
        "│ a        │  1.5 │",
        "│ long one │ NULL │",
        "└──────────┴──────┘",
    ]


def test_the_first_and_the_last_columns_of_a_wide_table() -> None:
    lines = box([f"column_{number}" for number in range(15)], [range(15)], 51)
    assert lines[1] == "│ column_0 │ column_1 │ … │ column_13 │ column_14 │"
    assert lines[3] == "│ 0        │ 1        │ … │ 13        │ 14        │"


@given(st.lists(st.integers(1, WIDEST), min_size=1, max_size=20), st.integers(1, 200))
def test_as_many_columns_as_fit_from_both_ends(widths: list[int], room: int) -> None:
    chosen = ends(widths, room)
    shown = [column for column in chosen if column is not None]
    assert shown == sorted(set(shown))
    assert shown[0] == 0
    if None not in chosen:
        assert len(chosen) == len(widths)
    elif len(shown) > 1:
        front, back = chosen[: chosen.index(None)], chosen[chosen.index(None) + 1 :]
        assert front == list(range(len(front)))
        assert back == list(range(len(widths) - len(back), len(widths)))
        assert 0 <= len(front) - len(back) <= 1
        assert sum(widths[column] + 3 for column in shown) + 4 + 1 <= room


@given(st.lists(st.lists(st.text() | st.none() | st.floats(), min_size=3, max_size=3), max_size=5), st.integers(20, 120))
def test_every_line_of_a_box_is_as_wide_as_the_others_and_steers_nothing(rows: list[list[object]], room: int) -> None:
    lines = box(["a", "b", "c"], rows, room)
    assert len({wide(line) for line in lines}) == 1
    assert all(letter.isprintable() for line in lines for letter in line)


@given(st.text())
def test_a_tidy_value_is_short(text: str) -> None:
    assert wide(tidy(text)) <= WIDEST
    assert tidy(text) == text or not text.isprintable() or tidy(text).endswith(GAP)


# The key


@given(st.text(min_size=SHOWN), st.text(), st.text(), st.data())
def test_no_part_of_a_key_is_shown(key: str, before: str, after: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(key) - SHOWN))
    end = data.draw(st.integers(start + SHOWN, len(key)))
    shown = struck(f"{before}{key[start:end]}{after}", key)
    left = shown.split("***")
    assert len(left) > 1
    assert not any(key[at : at + SHOWN] in piece for at in range(len(key) - SHOWN + 1) for piece in left)


def test_what_is_no_part_of_a_key_stays() -> None:
    assert struck("deploying my_fts", "c2VjcmV0a2V5") == "deploying my_fts"
    assert struck("a c2VjcmV and more", "c2VjcmV0a2V5") == "a c2VjcmV and more", "seven characters are no part"
    assert struck("--api-key c2VjcmV0********", "c2VjcmV0a2V5") == "--api-key ***********"
    assert struck("a short one", "short") == "a *** one"
    assert struck("nothing", "") == "nothing"


# What the command prints


def test_a_question_is_shown_before_it_is_answered() -> None:
    read, write = os.pipe()
    os.write(write, "one\nżółć: ".encode())
    found = pieces(read)
    assert next(found) == "one\n"
    since = time.monotonic()
    assert next(found) == "żółć: "
    assert time.monotonic() - since < 5
    os.write(write, b"no\n" + "ż".encode()[:1])
    assert next(found) == "no\n"
    os.write(write, "ż".encode()[1:])
    os.close(write)
    assert list(found) == ["ż"]
    os.close(read)


def test_what_hangs_is_listened_to_for_so_long_only() -> None:
    read, write = os.pipe()
    os.write(write, b"half a line")
    assert list(pieces(read, 0.3)) == ["half a line"]
    os.close(write)
    os.close(read)


def test_what_surrounds_the_command(tmp_path: Path) -> None:
    said = Tail()
    with surroundings({"PATH": os.defpath, "MINE": "kept"}) as environment:
        code = "import os, shutil; print(os.environ['MINE'], shutil.which('pipreqs')); os.system('pipreqs .')"
        command = [sys.executable, "-c", code]
        assert run(command, tmp_path, environment, said.add) == 0
        folder = environment["PATH"].split(os.pathsep)[0]
    assert said.text == f"kept {folder}/pipreqs\n"
    assert not Path(folder).exists()


def test_what_a_killed_command_leaves_among_temporary_files_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    code = "import os, signal, tempfile; tempfile.mkstemp(); os.kill(os.getpid(), signal.SIGKILL)"
    with surroundings({"PATH": os.defpath}) as environment:
        assert run([sys.executable, "-c", code], tmp_path, environment, print) == -9
        assert len(list(Path(environment["TMPDIR"]).iterdir())) == 1
    assert list((tmp_path / "tmp").iterdir()) == []


def test_a_command_that_cannot_be_started(tmp_path: Path) -> None:
    with pytest.raises(ScriptError, match=r"^nothing here cannot be started in .*: No such file or directory\.$"):
        run(["nothing", "here"], tmp_path, {}, print)


def test_a_command_that_does_not_want_to_end_is_made_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connector_core.runtime.scripts.command.PATIENCE", 0.2)
    deaf = "import os, signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN)"
    stubborn = f"{deaf}; print(os.getpid(), flush=True); time.sleep(60)"
    seen: list[int] = []

    def interrupt(piece: str) -> None:
        seen.append(int(piece))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run([sys.executable, "-c", stubborn], tmp_path, os.environ, interrupt)
    with pytest.raises(ProcessLookupError):
        os.kill(seen[0], 0)


def test_after_ctrl_c_a_command_may_tidy_up(tmp_path: Path) -> None:
    tidying = "import time; print('begun', flush=True); time.sleep(0.5); print('tidied', flush=True)"
    seen: list[str] = []

    def interrupt(piece: str) -> None:
        seen.append(piece)
        if piece == "begun\n":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run([sys.executable, "-c", tidying], tmp_path, os.environ, interrupt, grace=10)
    assert seen == ["begun\n", "tidied\n"]


# The terminal


class _Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("screen", "environment", "coloured"),
    [
        (_Screen(), {}, True),
        (_Screen(), {"NO_COLOR": ""}, True),
        (_Screen(), {"NO_COLOR": "1"}, False),
        (_Screen(), {"TERM": "dumb"}, False),
        (io.StringIO(), {}, False),
    ],
)
def test_colour_on_a_terminal_only(screen: io.StringIO, environment: dict[str, str], coloured: bool) -> None:
    terminal = Terminal.of(screen, io.StringIO(), io.StringIO(), environment)
    terminal.good("done")
    terminal.step(1, "first")
    terminal.banner("title")
    assert ("\x1b[" in screen.getvalue()) == coloured
    assert ("✓ done\n" in screen.getvalue()) != coloured


# The warehouse


def test_names_are_quoted_where_they_need_it(tmp_path: Path) -> None:
    (tmp_path / "files").mkdir()
    with duckdb.connect(str(tmp_path / "files/warehouse.db")) as database:
        for name in ("plain", "order", "Mixed", 'odd "one'):
            quoted = name.replace('"', '""')
            database.execute(f'CREATE TABLE "{quoted}" AS SELECT [now()] AS times, 1 AS "select"')
    found = read_tables(tmp_path, ["plain", "order", "Mixed", 'odd "one'], 5, as_text=True)
    assert [table.source for table in found] == ["main.plain", 'main."order"', 'main."Mixed"', 'main."odd ""one"']
    assert all(isinstance(value, str) for table in found for value in table.rows[0])


def test_without_duckdb_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "files").mkdir()
    (tmp_path / "files/warehouse.db").touch()
    monkeypatch.setitem(sys.modules, "duckdb", None)
    with pytest.raises(WarehouseError, match="pip install duckdb"):
        read_tables(tmp_path, ["a"], 5)


# What `fivetran deploy` says


@pytest.mark.parametrize(
    "line",
    [
        "\N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK} uploading package\n",
        "> uploading package\n",
        "✓ connection created\n",
        "  connection id: abc\n",
        "executing deploy:\n",
        "fivetran deploy --destination W --connection c --api-key c2VjcmV0****** --configuration configuration.json\n",
        "\N{INFORMATION SOURCE}\ufe0f reading api key from FIVETRAN_API_KEY environment variable\n",
        "visit the Fivetran dashboard to start the initial sync:\n",
        "https://fivetran.com/dashboard/connections/abc/status\n",
    ],
)
def test_what_is_said_otherwise_is_not_shown(line: str) -> None:
    assert Words("c2VjcmV0a2V5").shown(line) == ""


@pytest.mark.parametrize(
    "line", ["+ creating connection\n", "connection created but setup tests failed\n", "continue with update? (y/N): ", "\n"]
)
def test_every_other_line_is_shown(line: str) -> None:
    assert Words("c2VjcmV0a2V5").shown(line) == line


@pytest.mark.parametrize("cut", range(1, 96, 5))
def test_a_line_that_shows_the_beginning_of_the_key_is_not_shown_however_it_comes(cut: int) -> None:
    line = "10:00:00 INFO sdk fivetran deploy --destination W --connection c --api-key c2VjcmV0****** --configuration x\n"
    words = Words("c2VjcmV0a2V5")
    shown = words.shown(line[:cut]) + words.shown(line[cut:])
    assert "c2Vj" not in shown
    assert words.shown("and another line\n") == "and another line\n"


def test_a_page_of_another_dashboard_is_the_one_that_was_printed() -> None:
    words = Words("key")
    words.hear("  connection id: abc\n")
    assert words.page == "https://fivetran.com/dashboard/connections/abc/status"
    words.hear("https://eu.fivetran.example/dashboard/connections/abc/status\n")
    assert words.page == "https://eu.fivetran.example/dashboard/connections/abc/status"


@given(st.lists(st.sampled_from(["Package sent", "uploaded all", "package stored", "Upload: 3", "? packages"]), min_size=1))
def test_what_is_not_known_never_passes_for_nothing(lines: list[str]) -> None:
    words = Words("key")
    for line in lines:
        words.hear(f"{line}\n")
    assert on_the_server(words, "my_fts").startswith("not known. ")


# The entry


def test_each_module_is_free_of_what_only_a_sync_needs() -> None:
    """They run in a project, with what that installs and nothing of ours."""
    pins = tomllib.loads((ROOT / "core/pyproject.toml").read_text())["project"]["dependencies"]
    assert any(pin.startswith("attrs") for pin in pins)
    code = "import sys, connector_core.runtime.scripts.deploying, connector_core.runtime.scripts.debugging; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"fivetran_connector_sdk", "duckdb", "rich", "click", "connector_build"} & set(done.stdout.split())


@pytest.mark.parametrize("arguments", [["deploy"], ["reset", "fts", "a"]])
def test_a_wrong_start_is_one_paragraph(arguments: list[str], tmp_path: Path) -> None:
    command = [sys.executable, "-m", "connector_core.runtime.scripts", *arguments]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("Error: ")
    assert "Traceback" not in done.stderr
