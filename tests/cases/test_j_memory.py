"""J. Memory: what cannot fit is told while reading, and what is held is measured by what it holds."""

import json
import os
import resource
import subprocess
import sys
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from cases.support import Call, Reply, connect, items, records, serving
from connector_core import Aggregate, CursorPaginator, DeliveryError, Dimension, SinglePage, UnexpectedAnswer, count
from connector_core.engine.ledger import IN_MEMORY, Ledger
from connector_core.engine.state import LIMIT

LONG = 1_000
PAGES = 400
COLUMNS = {"id": "STRING", "place": "STRING", "note": "STRING"}
EXTRAS = [
    Aggregate("places", by=["place"], measures={"items": count()}),
    Dimension("places", key=["place"], columns=["note"], newest="id"),
]


def endless_groups(call: Call) -> Any:
    """A page of a hundred records, each in a group of its own with a long name."""
    page = int(call.query.get("cursor", 0))
    found = records(100, page * 100, note="", place=lambda at: f"{at:0{LONG}}")
    return {"items": found, "next_cursor": str(page + 1) if page + 1 < PAGES else None}


@pytest.mark.parametrize("append_only", [False, True], ids=["read whole", "append only"])
@pytest.mark.parametrize("extra", EXTRAS, ids=["aggregate", "dimension"])
def test_j1_groups_that_cannot_fit_the_state_are_told_while_reading(extra: Any, append_only: bool) -> None:
    table = items(columns=COLUMNS, append_only=append_only)
    with serving(endless_groups) as api:
        connection = connect(api, table, paginator=CursorPaginator(), extra_tables=[extra])
        with pytest.raises(DeliveryError, match=r"places has more rows than can be remembered: .* Disable that extra table"):
            connection.sync(page_size="100")
    # The state holds a digest of each group, beside its name: so many pages fill it, and a few more may be in flight.
    assert len(api.calls) <= LIMIT / (LONG * 100) + 5 < PAGES / 2


@pytest.mark.parametrize("first", ["x", "x" * 50_000], ids=["small first", "large first"])
def test_j2_a_ledger_is_measured_by_what_it_holds(first: str) -> None:
    """Pages that begin with a small record hold as little in memory as pages that begin with a large one."""
    ledger = Ledger(["note"])
    tracemalloc.start()
    for page in range(20):
        large = [((f"{page}-{number}",), {"note": f"{number:050000}"}) for number in range(40)]
        ledger.put([((f"{page}-first",), {"note": first}), *large])
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    ledger.close()
    assert held < 2 * IN_MEMORY  # 40 MB went in


def test_j3_an_answer_that_would_not_fit_the_memory_is_refused_by_its_size() -> None:
    """15 MB of JSON at once is what a connector takes unless its setting says otherwise."""
    body = json.dumps({"items": records(16, note="x" * 1_000_000)}).encode()
    with serving(lambda _: Reply(body)) as api:
        connection = connect(api, items(columns=COLUMNS), paginator=SinglePage())
        with pytest.raises(UnexpectedAnswer, match=r"the answer is larger than 15 MB, .* page_size .* max_answer_mb"):
            connection.sync()
        connection.sync(max_answer_mb="20")
        assert len(connection.rows()) == 16


SYNC = """
import resource
from connector_core import SinglePage
from cases.support import Reply, connect, items, records, serving
nested = [{"a": [n, {"b": n}]} for n in range(20)]
import json
body = json.dumps({"items": records(18_000, nested=nested, flags=list(range(50)))}).encode()
assert 12e6 < len(body) < 15e6, len(body)
with serving(lambda _: Reply(body)) as api:
    connection = connect(api, items(columns={"id": "STRING", "nested": "JSON", "flags": "JSON"}), paginator=SinglePage())
    connection.sync()
    assert len(connection.rows()) == 18_000
"""


def test_j3_the_largest_answer_that_is_taken_fits_the_memory_of_a_connector() -> None:
    """1 GB, in which the server and the warehouse of this test live as well."""
    run = subprocess.run(
        [sys.executable, "-c", SYNC],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_DATA, (1_000_000_000,) * 2),
    )
    assert run.returncode == 0, run.stderr[-2000:]
