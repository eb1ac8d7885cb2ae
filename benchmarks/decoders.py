"""What another JSON decoder would gain: msgspec in the place of Python's, made as strict as ours is.

    .tox/bench/bin/python -m pip install msgspec
    .tox/bench/bin/python benchmarks/decoders.py [--rounds 20]

Three times over, in turns: the bodies of pages are decoded and nothing else; a whole sync reads them from memory, without the
SDK; and a whole sync runs under the SDK's gRPC server, from an API that answers at once. A ratio is taken within a round, of CPU
seconds. The project does not depend on msgspec: Decision 17 says why.
"""

import argparse
import gc
import importlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from beside import write_pages
from speed.api import KEY, make_pages, running
from speed.figures import spread
from speed.tables import shown

from connector_build.screen.markdown import markdown_table
from connector_core.basics.decoding import decode as of_python
from connector_core.http import answers

HERE = Path(__file__).resolve().parent
sys.path.append(str(HERE / "runners"))
PAGE = 100
NAMES = ("python", "msgspec")
Measure = Callable[[str], Mapping[str, float]]
"""The name of a decoder → what one try took: ``cpu``, and maybe ``peak_mb``."""


@contextmanager
def decoding_with(name: str) -> Iterator[Callable[..., Any]]:
    """That decoder while the context lasts, also for every answer in this process."""
    before = answers.decode  # type: ignore[attr-defined]  # its own module's name
    try:
        if name == "msgspec":
            importlib.import_module("with_msgspec").use()
        yield answers.decode  # type: ignore[attr-defined]  # as above
    finally:
        answers.decode = before  # type: ignore[attr-defined]  # as above


def alone(pages: list[bytes], name: str, *, digits: bool) -> Mapping[str, float]:
    """Decoding every page, ten times."""
    with decoding_with(name) as decode:
        gc.collect()
        cpu = time.process_time()
        for _ in range(10):
            for page in pages:
                decode(page, None, digits=digits)
        return {"cpu": (time.process_time() - cpu) / 10}


def in_memory(dataset: str, folder: str, name: str) -> Mapping[str, float]:
    """A first sync of the pages in *folder*, without a socket and without the SDK."""
    sync, _ = importlib.import_module("in_process").sync_of({"dataset": dataset, "enable": [], "url": "", "folder": folder})
    with decoding_with(name):
        gc.collect()
        cpu = time.process_time()
        sync()
        return {"cpu": time.process_time() - cpu}


def over_grpc(url: str, name: str) -> Mapping[str, float]:
    """A first sync of fts under the SDK's server."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        report = Path(folder) / "report.json"
        asked = {"url": url, "key": KEY, "page_size": PAGE, "folder": folder, "report": str(report)}
        asked["connector"] = str(HERE / "connectors" / "fts_by_msgspec.py")
        command = [sys.executable, str(HERE / "runners" / "over_grpc.py"), json.dumps(asked)]
        subprocess.run(command, check=True, env={**os.environ, "DECODER": name})
        found: Mapping[str, float] = json.loads(report.read_text(encoding="utf-8"))
    return found


def agreed(pages: list[bytes]) -> None:
    """Raises ValueError where the two decoders differ over *pages*."""
    with decoding_with("msgspec") as decode:
        for page in pages:
            for digits in (True, False):
                if repr(decode(page, digits=digits)) != repr(of_python(page, digits=digits)):
                    raise ValueError("the two decoders do not agree on a page")


def line(label: str, measure: Measure, rounds: int) -> list[str]:
    """What each takes, and the ratio within a round; the first round is for warming up."""
    found = [{name: measure(name) for name in NAMES[:: -1 if number % 2 else 1]} for number in range(rounds + 1)][1:]
    times = [f"{spread([each[name]['cpu'] for each in found]).median * 1000:.1f}" for name in NAMES]
    peaks = [f"{spread([each[name].get('peak_mb', 0) for each in found]).median:.1f}" for name in NAMES]
    ratio = shown(spread([each["msgspec"]["cpu"] / each["python"]["cpu"] for each in found]), "ratio")
    return [label, *times, ratio, " / ".join(peaks) if peaks[0] != "0.0" else "-"]


def main() -> None:
    parser = argparse.ArgumentParser(prog="decoders.py", description="What another JSON decoder would gain.")
    parser.add_argument("--rounds", type=int, default=20, help="tries of each (20; a quarter of them under the SDK)")
    parser.add_argument("--records", type=int, default=10_000, help="in the feed (10,000)")
    asked = parser.parse_args()
    rows = []
    for dataset in ("fts", "mso"):
        with tempfile.TemporaryDirectory(prefix="bench-") as folder:
            write_pages(Path(folder), dataset, asked.records)
            pages = [path.read_bytes() for path in Path(folder).glob("*.json")]
            agreed(pages)
            for what, digits in (("plain floats", False), ("digits kept", True)):
                rows.append(line(f"{dataset}, decoding alone, {what}", partial(alone, pages, digits=digits), asked.rounds))
            rows.append(line(f"{dataset}, a sync from memory", partial(in_memory, dataset, folder), asked.rounds))
    with running() as api:
        make_pages(api, asked.records, PAGE)
        rows.append(line("fts, a sync through the SDK", partial(over_grpc, f"{api}/{asked.records}/0"), -(-asked.rounds // 4)))
    head = ["what", "Python's, CPU ms", "msgspec's", "ratio", "peak MB"]
    sys.stdout.write(f"{asked.records:,} records, {asked.rounds} rounds\n\n{markdown_table(head, rows)}\n")


if __name__ == "__main__":
    main()
