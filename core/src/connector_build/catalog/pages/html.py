"""A dictionary as one web page: nothing of another host, for a screen, a phone and a printer, in light and in dark."""

from markupsafe import Markup

from connector_build.catalog.entries import Dictionary
from connector_build.catalog.pages import words
from connector_build.catalog.pages.diagram import diagram
from connector_build.catalog.samples import Examples
from connector_build.screen.templating import filled


def html(dictionary: Dictionary, examples: Examples) -> str:
    """The page; whatever a plugin says is escaped."""
    return filled(
        "connector_build.catalog.pages",
        "dictionary.html.jinja",
        filters={
            "bounds": words.bounds,
            "comes_from": words.comes_from,
            "default": words.default,
            "listed": words.listed,
            "marks": words.marks,
            "related": words.related,
            "where": words.where_from,
        },
        dictionary=dictionary,
        kinds=words.KINDS,
        diagram=Markup(diagram(dictionary)),  # noqa: S704  (our own, with its texts escaped)
        examples=examples,
    )
