"""Fields that nobody declared: what becomes of them in the rows of one table, by what the table or the build says."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from attrs import define, field

from connector_core.basics.errors import UnexpectedAnswer
from connector_core.basics.names import one_line
from connector_core.basics.operations import Log
from connector_core.engine.objections import plain_key
from connector_core.source.columns import Declared
from connector_core.source.tables import Table, Undeclared

_TYPES: Mapping[type, str] = {bool: "BOOLEAN", int: "LONG", float: "DOUBLE", dict: "JSON", list: "JSON"}


@define
class Strangers:
    """The fields of one table's rows that are none of its *columns*, as the transforms leave them.

    told: those that there was something to say of; each is named once.
    """

    table: Table
    columns: Declared
    word: Undeclared
    log: Log
    told: set[str] = field(factory=set)

    def left_out(self, rows: Iterable[Any], where: str, first: int = 1) -> Iterable[Any]:
        """*rows*, the first of which is number *first* of the page *where*, without the fields that are to be left out.

        Raises UnexpectedAnswer where none may be there that is not declared.
        """
        return rows if self.word == "allow" else self._looked_at(rows, where, first)

    def _looked_at(self, rows: Iterable[Any], where: str, first: int) -> Iterator[Any]:
        usual: list[str] = []
        spare: Collection[str] = ()
        for number, row in enumerate(rows, first):
            if isinstance(row, dict) and list(row) != usual:
                usual, spare = list(row), self._among(row, f"{where}: record {number}")
            yield {name: value for name, value in row.items() if name not in spare} if spare and isinstance(row, dict) else row

    def _among(self, row: Mapping[str, Any], where: str) -> Collection[str]:
        names = [name for name in row if name not in self.columns]
        if names and self.word == "fail":
            raise UnexpectedAnswer(
                f"{where} ({plain_key(self.table, row)}) has the field {one_line(names[0], 60)}, which is not declared, and "
                f'undeclared is "fail". {_remedy(names[0], row[names[0]])}; or say undeclared="warn" in the table, or when it is '
                "built: --undeclared warn."
            )
        for name in names:
            if name not in self.told:
                self.told.add(name)
                self._tell(name, row[name])
        return frozenset(names) if self.word == "drop" else ()

    def _tell(self, name: str, value: object) -> None:
        what = f"{self.table.name}: field {one_line(name, 60)} is not declared"
        if self.word == "drop":
            self.log.info(f'{what} and is left out, as undeclared is "drop".')
        else:
            self.log.alert(f"{what} ({one_line(repr(value), 40)}). {_remedy(name, value)}.")


def _remedy(name: str, value: object) -> str:
    kind = next((kind for of, kind in _TYPES.items() if isinstance(value, of)), "STRING")
    return f'Add "{one_line(name, 60)}": "{kind}" to the table\'s columns, or drop it with a transform'
