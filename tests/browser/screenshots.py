"""Pictures of the apps, from a demo of each dataset, into docs/images: `tox run -e screenshots`."""

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from browser_support import COMMAND, LAPTOP, PHONE, browser, opened, serving  # noqa: E402 - found by the line above

OPTIONS: Final = {"mso": "mso_products,efficiency_ratio", "fts": "fts_technicians,cost_per_hour"}
PAGES: Final = {
    "mso": (
        ("metrics", "", LAPTOP, "light"),
        ("savings-dark", "?section=Savings", LAPTOP, "dark"),
        ("insights", "?tab=AI+Insights", LAPTOP, "light"),
    ),
    "fts": (
        ("metrics", "", LAPTOP, "light"),
        ("equipment-phone", "?section=Equipment", PHONE, "light"),
        ("explorer", "?tab=Data+Explorer&column=maintenance_cost", LAPTOP, "light"),
    ),
}
"""Dataset → name, address, size and colours of each picture."""


def take(dataset: str, images: Path) -> None:
    """The pictures of one dataset's app."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        demo = [str(COMMAND), "demo", dataset, "--enable", OPTIONS[dataset], "--output", str(folder / "demo")]
        subprocess.run(demo, check=True, cwd=folder, stdout=subprocess.DEVNULL)
        with browser() as found, serving(dataset, folder / "demo/files/warehouse.db", folder) as address:
            for page, query, size, scheme in PAGES[dataset]:
                with opened(found, f"{address}/{query}", size, scheme) as open_page:
                    if page == "insights":
                        open_page.settled().get_by_role("button", name="Write the report").click()
                        open_page.page.get_by_text("and the SQL behind them").first.wait_for()
                    open_page.picture(images / f"{dataset}-{page}.png")


if __name__ == "__main__":
    for each in sys.argv[1:] or OPTIONS:
        take(each, ROOT / "docs/images")
