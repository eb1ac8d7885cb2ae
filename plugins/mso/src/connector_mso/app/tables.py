"""The kit's tables, with the names and units of this app."""

from functools import partial
from typing import Final

from connector_app.page import tables
from connector_mso.app.words import called

listed: Final = partial(tables.listed, called=called)
"""`connector_app.page.tables.listed`, in the words of this app."""
