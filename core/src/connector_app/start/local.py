"""The script that `streamlit run` is given on this machine: an app, or the standard explorer, over a warehouse file.

Its arguments are one JSON object: `warehouse` (a path), `schema`, `dictionary` (a path or ""), `runs` (the path of
the history of local runs, or ""), `app` ("module:function" or ""), `title`.
"""

import json
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from connector_app.data.dictionary import read_dictionary
from connector_app.data.duck import DuckDBSession
from connector_app.page.standard import draw_standard


def main(arguments: str) -> None:
    """Draw the page that *arguments* ask for."""
    asked: dict[str, Any] = json.loads(arguments)
    dictionary = read_dictionary(Path(asked["dictionary"])) if asked.get("dictionary") else read_dictionary(None)
    runs = Path(asked["runs"]) if asked.get("runs") else None
    session = DuckDBSession(Path(asked["warehouse"]), asked.get("schema", ""), dictionary, runs=runs)
    if asked.get("app"):
        module, _, function = asked["app"].partition(":")
        getattr(import_module(module), function or "main")(session)
    else:
        draw_standard(session, asked.get("title", "Explorer"))


if __name__ == "__main__":
    main(sys.argv[1])
