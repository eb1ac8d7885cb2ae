"""Where the time of a sync goes, part by part: ``tox run -e profile``. It says so on the terminal, and writes nothing.

Each connector reads the benchmark's API under SDK 2.13.1's gRPC server, with its functions watched at a few seams (see
connectors/profiled.py). Nothing waits for the API, so nothing is read ahead, and one thread does everything; what the SDK sends
meanwhile from a thread of its own stands where the first thread waits for it or shares the interpreter with it.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from speed.api import KEY, make_pages, running

HERE = Path(__file__).resolve().parent
OF = {
    "written by hand": "handwritten",
    "ours": "",
    "ours, derived field": "cost_per_hour",
    "ours, derived field and aggregate": "cost_per_hour,fts_technicians",
}
PARTS = ("fetch", "decode", "transform", "upsert", "extra tables", "checkpoint", "rest")


def spent_in(of: str, url: str, size: int) -> Mapping[str, Any]:
    """What one sync spent, by part."""
    with tempfile.TemporaryDirectory(prefix="profile-") as folder:
        report = Path(folder) / "spent.json"
        asked = {"url": url, "key": KEY, "page_size": size, "folder": folder, "report": f"{folder}/report.json"}
        asked["connector"] = str(HERE / "connectors" / "profiled.py")
        command = [sys.executable, str(HERE / "runners" / "over_grpc.py"), json.dumps(asked)]
        subprocess.run(command, check=True, env={**os.environ, "PROFILE_OF": of, "PROFILE_REPORT": str(report)})
        found: Mapping[str, Any] = json.loads(report.read_text(encoding="utf-8"))
    return found


def lines(label: str, spent: Mapping[str, Any], records: int) -> list[str]:
    """The table of one connector: the parts, and the sum."""
    total = {"wall": 0.0, "cpu": 0.0, "calls": 0}
    for part in spent.values():
        total = {name: total[name] + part[name] for name in total}
    rows = [(part, spent[part]) for part in PARTS if part in spent] + [("together", total)]
    return [
        f"{label}, {records:,} records",
        f"  {'part':<12}  {'seconds':>8}  {'share':>6}  {'us a record':>11}  {'CPU seconds':>11}  {'calls':>8}",
        *(
            f"  {name:<12}  {part['wall']:>8.3f}  {part['wall'] / total['wall']:>6.1%}  "
            f"{part['wall'] / records * 1e6:>11.2f}  {part['cpu']:>11.3f}  {part['calls']:>8,}"
            for name, part in rows
        ),
        "",
    ]


def main() -> None:
    parser = argparse.ArgumentParser(prog="tox run -e profile --", description="Where the time of a sync goes.")
    parser.add_argument("--records", type=int, default=20_000, help="in the feed (20,000)")
    parser.add_argument("--page-size", type=int, default=100, help="records in a page (100)")
    asked = parser.parse_args()
    with running() as api:
        make_pages(api, asked.records, asked.page_size)
        for label, of in OF.items():
            spent = spent_in(of, f"{api}/{asked.records}/0", asked.page_size)
            sys.stdout.write("\n".join(lines(label, spent, asked.records)) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
