"""The app in docs/apps.md runs as it is shown."""

from pathlib import Path

from streamlit.testing.v1 import AppTest

from app_support import many
from places import ROOT


def test_the_app_that_the_page_shows(tmp_path: Path) -> None:
    many(tmp_path, 200)
    text = (ROOT / "docs/apps.md").read_text(encoding="utf-8")
    [shown] = [block.partition("```")[0] for block in text.split("```python\n")[1:]]
    path = str(tmp_path / "warehouse.db")
    over = f"from pathlib import Path\nfrom connector_app.data.duck import DuckDBSession\nmain(DuckDBSession(Path({path!r})))\n"
    test = AppTest.from_string(f"{shown}\n{over}", default_timeout=60).run()
    assert [each.value for each in (*test.exception, *test.error)] == []
    assert test.title[0].value == ":material/groups: Crew"
    assert "##### Which crew works most?" in [each.value for each in test.markdown]
