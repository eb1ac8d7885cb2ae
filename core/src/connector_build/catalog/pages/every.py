"""All files of a dictionary, as values."""

import json
from collections.abc import Mapping
from typing import Any

from connector_build.catalog.entries import Dictionary
from connector_build.catalog.pages.dbml import dbml
from connector_build.catalog.pages.diagram import diagram
from connector_build.catalog.pages.html import html
from connector_build.catalog.pages.markdown import markdown
from connector_build.catalog.pages.openlineage import openlineage
from connector_build.catalog.samples import Examples


def every_page(dictionary: Dictionary, examples: Examples, destination: str = "") -> Mapping[str, str]:
    """File name → text. *destination* is what `openlineage` takes."""
    name = dictionary.dataset
    return {
        f"{name}.html": html(dictionary, examples),
        f"{name}.md": markdown(dictionary, examples),
        f"{name}.json": _json(dictionary.as_json()),
        f"{name}.dbml": dbml(dictionary),
        f"{name}.svg": diagram(dictionary),
        "openlineage.json": _json(openlineage(dictionary, destination)),
    }


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
