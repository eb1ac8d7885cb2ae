"""How far a run is, by what the command prints, and which of its lines are shown."""

import io

from rich.console import Console

from connector_build.local.watching import Progress, log_to, watching

LOG = """\
10:00:00 INFO ✓ connector Fetching data with params: {'page_size': 100}
10:00:00 INFO ✓ connector Checkpoint saved after 1 record
10:00:01 INFO ✓ connector crews: Fetching data with params: {'page': 21} (request 21)
10:00:01 INFO ✓ connector crews: Fetching data with params: {'page': 40} (request 40)
10:00:02 INFO ✓ connector crews: Checkpoint saved after 750 records
10:00:02 WARNING ⚠ connector crews: a field that nobody declared
    and a line that belongs to it
10:00:03 SEVERE ✗ connector Error
Traceback (most recent call last):
    of no use here
10:00:04 INFO ✓ sdk done
"""


def test_rows_and_pages_are_those_of_every_table() -> None:
    progress = Progress()
    heard = [progress.hear(printed) for printed in LOG.splitlines()]
    assert heard.count(True) == 5
    assert progress.rows == {"": 1, "crews": 750}
    assert progress.in_words == "41 pages"


def test_without_the_log_the_warnings_are_shown() -> None:
    shown: list[str] = []
    say = log_to(shown.append, every=False)
    for printed in LOG.splitlines():
        say(printed)
    assert shown == [
        "10:00:02 WARNING ⚠ connector crews: a field that nobody declared",
        "    and a line that belongs to it",
    ]


def test_with_the_log_all_but_tracebacks_is_shown() -> None:
    shown: list[str] = []
    say = log_to(shown.append, every=True)
    for printed in LOG.splitlines():
        say(printed)
    assert "\n".join(shown) == LOG.partition("Traceback")[0] + "10:00:04 INFO ✓ sdk done"


def test_a_terminal_shows_how_far_it_is_and_a_pipe_nothing() -> None:
    for terminal, wanted in ((True, "751 of 900 rows, 41 pages"), (False, "")):
        out, said = io.StringIO(), list[str]()
        with watching(Console(file=out, width=100, force_terminal=terminal, _environ={}), "fts", 900, said.append) as hear:
            for printed in LOG.splitlines():
                hear(printed)
        assert (wanted in out.getvalue()) if wanted else out.getvalue() == ""
        assert said == LOG.splitlines()
