"""How long a connector takes from the start of Python to its first request: a built one beside one written by hand.

    .tox/bench/bin/python benchmarks/cold_start.py [--rounds 20]

Each is a process of its own that imports ``connector.py`` and calls its update, until its request arrives here; then it is ended.
They take turns, and a ratio is taken within a round: of seconds on the clock, and of those of the processor, which a busy machine
distorts less. Fivetran's packages hold no bytecode, so a connector is measured with its own modules compiled before, and with
none of them compiled. What pip has installed is compiled in both.
"""

import argparse
import os
import resource
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from shutil import copytree, ignore_patterns, rmtree

from attrs import frozen
from speed.environments import Environments
from speed.figures import spread
from speed.tables import shown

from connector_build.screen.markdown import markdown_table

START = """
import importlib, sys
from fivetran_connector_sdk import Logging
Logging.LOG_LEVEL = Logging.Level.INFO  # as the SDK does before it calls an update
sys.path[0] = sys.argv[1]
update = importlib.import_module(sys.argv[2]).connector.update_method
update(configuration={"api_key": "a-key", "base_url": sys.argv[3], "page_size": "100"}, state={})
"""
FLOOR = """
import sys, requests
from fivetran_connector_sdk import Connector
requests.get(sys.argv[3])
"""
LONGEST = 30.0
HERE = Path(__file__).resolve().parent


@frozen
class Starter:
    """Something to start: what Python runs, in which folder its modules are, and whether they are compiled by then."""

    label: str
    folder: Path
    module: str = "connector"
    code: str = START
    compiled: bool = True

    def command(self, url: str) -> list[str]:
        """What is run."""
        return [sys.executable, *([] if self.compiled else ["-B"]), "-c", self.code, str(self.folder), self.module, url]


@frozen
class Started:
    """Seconds until the first request: on the clock, and of the processor."""

    seconds: float
    cpu: float


def request_of(process: subprocess.Popen[bytes], api: socket.socket) -> bool:
    """Whether a request came, which is waited for until the process ends, or has taken too long."""
    end = time.monotonic() + LONGEST
    while process.poll() is None and time.monotonic() < end:
        with suppress(TimeoutError), api.accept()[0] as asked:
            asked.settimeout(LONGEST)
            return bool(asked.recv(1))
    return False


def started(starter: Starter) -> Started:
    """Start it once. Raises RuntimeError when no request comes."""
    if not starter.compiled:
        for cache in starter.folder.rglob("__pycache__"):
            rmtree(cache)
    environment = {**os.environ, "NO_PROXY": "127.0.0.1", "DO_NOT_TRACK": "1", "PYTHONDONTWRITEBYTECODE": ""}
    with socket.create_server(("127.0.0.1", 0)) as api, tempfile.TemporaryFile() as said:
        api.settimeout(0.1)
        began = time.perf_counter()
        command = starter.command(f"http://127.0.0.1:{api.getsockname()[1]}")
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        with subprocess.Popen(command, env=environment, stdout=said, stderr=said) as process:
            asked = request_of(process, api)
            seconds = time.perf_counter() - began
            process.kill()
        if not asked:
            said.seek(0)
            raise RuntimeError(f"{starter.label} asked for nothing: {said.read()[-2000:].decode()}")
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return Started(seconds, used.ru_utime + used.ru_stime - before.ru_utime - before.ru_stime)


def starters(folder: Path) -> list[Starter]:
    """What is measured."""
    environments = Environments(Path(sys.prefix) / "peers")
    by_hand = folder / "by_hand"
    by_hand.mkdir()
    (by_hand / "connector.py").write_bytes((HERE / "connectors" / "handwritten.py").read_bytes())
    projects = {
        "written by hand": by_hand,
        "ours": environments.built("fts", ()),
        "ours, both extras": environments.built("fts", ("cost_per_hour", "fts_technicians")),
    }
    found = [Starter("requests and the SDK, and nothing else", folder, code=FLOOR)]
    for compiled in (True, False):
        for label, project in projects.items():
            place = folder / f"{'compiled' if compiled else 'fresh'}-{len(found)}"
            copytree(project, place, ignore=ignore_patterns("__pycache__"))
            found.append(Starter(f"{label}, {'' if compiled else 'not '}compiled", place, compiled=compiled))
    return found


def table(found: dict[Starter, list[Started]]) -> str:
    """Seconds of each, and its ratio to the loop written by hand that is compiled, or not, as it is."""
    rows = []
    for starter, each in found.items():
        by_hand = next(other for other in found if other.label.startswith("written") and other.compiled == starter.compiled)
        pairs = list(zip(each, found[by_hand], strict=True))
        rows.append(
            [
                starter.label,
                shown(spread([one.seconds for one in each]), "ratio"),
                shown(spread([one.cpu for one in each]), "ratio"),
                shown(spread([one.seconds / other.seconds for one, other in pairs]), "ratio"),
                shown(spread([one.cpu / other.cpu for one, other in pairs]), "ratio"),
            ]
        )
    return markdown_table(["what", "seconds", "CPU seconds", "seconds, of by hand", "CPU seconds, of by hand"], rows)


def measured(chosen: Sequence[Starter], rounds: int) -> dict[Starter, list[Started]]:
    """What each took, one after another in each round; what a first round compiles counts nowhere."""
    found: dict[Starter, list[Started]] = {starter: [] for starter in chosen}
    for number in range(rounds + 1):
        for starter in chosen:
            each = started(starter)
            if number:
                found[starter].append(each)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(prog="cold_start.py", description="From the start of Python to the first request.")
    parser.add_argument("--rounds", type=int, default=20, help="starts of each (20)")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        found = measured(starters(Path(folder)), asked.rounds)
    sys.stdout.write(f"{asked.rounds} rounds\n\n{table(found)}\n")


if __name__ == "__main__":
    main()
