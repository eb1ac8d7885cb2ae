"""Where an answer lists what is gone."""

from typing import Any

from connector_core.basics.errors import UnexpectedAnswer
from connector_core.basics.hints import there_is
from connector_core.basics.paths import MISSING
from connector_core.source.tables import Table


def deleted_keys(table: Table, body: Any, where: str) -> Any:
    """What an answer has where it lists the keys of records that are gone; None for nothing.

    Raises UnexpectedAnswer where it has no such place, unless the table says that it may be left out.
    """
    assert table.gone is not None  # noqa: S101  (the caller has looked)
    found = table.gone.find(body)
    if found is not MISSING or "missing" in table.nothing:
        return table.gone.get(body)
    raise UnexpectedAnswer(
        f"{where}: the answer has no {table.gone}{there_is(str(table.gone), [body])}, under which {table.name} has the keys that "
        'are gone. Correct its deleted; if the API leaves it out where nothing is gone, write nothing="missing" in its Table.'
    )
