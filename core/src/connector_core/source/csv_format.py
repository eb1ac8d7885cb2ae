"""CSV with a header (RFC 4180): what a plugin says of it, and how its bytes become records, row by row."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Any, BinaryIO, ClassVar

from attrs import evolve, field, frozen

from connector_core.basics.counting import counted
from connector_core.basics.errors import PluginError, UnexpectedAnswer
from connector_core.basics.names import column_names, did_you_mean, listed, one_line
from connector_core.source.columns import Column, Declared, UnfitError
from connector_core.source.spooled import Make, Parse, Records
from connector_core.source.unpacking import unpacked
from connector_core.source.values import OF_TEXTS, step

LARGEST_FIELD = 2**31 - 1

_BOM = "\ufeff"
_FOLLOW = "If the API changed, the plugin has to follow."
_CHECK_URL = "Check that base_url is the API that this connector is made for; if the API changed, the plugin has to follow."


@frozen
class Csv:
    """Comma-separated values with a header (RFC 4180), gzipped or not.

    delimiter: the character between two fields.
    encoding:  of the text; a byte order mark is skipped.
    null:      the text that stands for null, in every column. An empty number or boolean is null whatever this is.
    optional:  declared columns that the header may lack; they are null then. Any other has to be there.

    Blanks around a name in the header are no part of it. Values of columns declared as numbers or BOOLEAN are converted; a
    transform sees any other as the text that it is. Blank lines are skipped. Raises PluginError when an argument cannot be used.
    """

    accept: ClassVar[str] = "text/csv"
    """What a request says that it takes."""
    of_lines: ClassVar[bool] = True
    """Whether only the end of a line tells that a body is whole."""
    of_tags: ClassVar[bool] = False
    """Whether its own answers begin as a web page does."""
    held: ClassVar[bool] = False
    """Whether an answer is held in memory as a whole, so that its largest size has to be smaller."""

    delimiter: str = ","
    encoding: str = "utf-8"
    null: str = ""
    optional: tuple[str, ...] = field(default=(), converter=listed)

    def __attrs_post_init__(self) -> None:
        delimiter = self.delimiter
        if not isinstance(delimiter, str) or len(delimiter) != 1 or delimiter in '"\r\n\0':
            raise PluginError(f'Csv: delimiter is {_shown(delimiter)}. Write one character, and no quote or line end: ";".')
        if not _is_encoding(self.encoding):
            raise PluginError(f'Csv: encoding is {_shown(self.encoding)}, which Python does not know. Write "utf-8" or "cp1252".')
        if not isinstance(self.null, str):
            raise PluginError(f'Csv: null is {_shown(self.null)}. Write the text that stands for null: "NULL".')
        if self.optional != ():
            column_names(self.optional, "Csv: optional")

    def spool(self, chunks: Iterable[bytes], columns: Declared, where: str, limit: int) -> Records:
        """The records of the body in *chunks*, all of which are read before this returns.

        columns: the declared columns; where: table and request, for messages; limit: bytes once unpacked.

        Raises what ``unpacked`` does, and UnexpectedAnswer, here or when the records are read, for what is no such CSV.
        """
        return Records(unpacked(chunks, limit), self.parse(columns, where))

    def parse(self, columns: Declared, where: str) -> Parse:
        """What makes the records of a file in this format, unpacked already; the arguments are those of ``spool``."""
        return partial(_csv_records, self, columns, where)

    def without(self, names: Iterable[str]) -> "Csv":
        """The same for answers in which the columns *names* are not looked for: a record has them from elsewhere."""
        return evolve(self, optional=tuple(dict.fromkeys((*self.optional, *names))))


def _shown(value: object) -> str:
    return one_line(repr(value), 60)


def _is_encoding(name: object) -> bool:
    if not isinstance(name, str):
        return False
    try:
        "a".encode(name)  # codecs.lookup would take those that do not make bytes of text too, such as rot13
    except (LookupError, ValueError):
        return False
    return True


def _csv_records(form: Csv, columns: Declared, where: str, file: BinaryIO) -> Iterator[Make]:
    rows = _csv_rows(form, where, file)
    _, header = next(rows, (0, None))
    if header is None:
        raise UnexpectedAnswer(f"{where}: the answer is blank, where CSV with a header was expected. {_CHECK_URL}")
    if header[0].lstrip().startswith("<"):
        raise UnexpectedAnswer(f"{where}: the answer is a web page, not CSV. {_CHECK_URL}")
    names = [name.strip() for name in header]
    _check_header(names, where)
    _check_columns(form, columns, names, where)
    cells = [_Cell(name, columns.get(name, Column("STRING")), form.null) for name in names]
    for line, fields in rows:
        if len(fields) != len(cells):
            raise UnexpectedAnswer(
                f"{where}: line {line} has {_fields(len(fields))}, and the header {_fields(len(cells))}. "
                "Check the delimiter that the plugin's Csv names; if it is right, ask the API's owner to quote such texts."
            )
        yield partial(_csv_record, cells, fields, line, where)


def _csv_rows(form: Csv, where: str, file: BinaryIO) -> Iterator[tuple[int, list[str]]]:
    """The fields of each row that is not blank, with the number of the line that it begins on."""
    # The limit, of 131,072 characters, is one for the whole process, so it is only ever raised. What it protects against,
    # a quote that never ends, is bounded by the limit of bytes here; and a destination takes longer texts than that.
    csv.field_size_limit(max(csv.field_size_limit(), LARGEST_FIELD))
    rows = csv.reader(_text_lines(form, where, file), delimiter=form.delimiter, strict=True)
    while True:
        line = rows.line_num + 1
        try:
            fields = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            raise UnexpectedAnswer(
                f"{where}: the row that begins on line {line} is not CSV ({one_line(error)}). A quote in a quoted text has to "
                f"be written twice, and one at its beginning needs one at its end: ask the API's owner. {_FOLLOW}"
            ) from None
        if fields:
            yield line, fields


def _text_lines(form: Csv, where: str, file: BinaryIO) -> Iterator[str]:
    number = 0
    try:
        for number, line in enumerate(io.TextIOWrapper(file, form.encoding, newline=""), 1):
            if "\0" in line:
                raise UnexpectedAnswer(
                    f"{where}: line {number} holds a NUL byte, so it is no text in {one_line(form.encoding, 60)}. "
                    f"Check the encoding that the plugin's Csv names, such as utf-16. {_FOLLOW}"
                )
            yield line.removeprefix(_BOM) if number == 1 else line
    except UnicodeError:
        # The text is decoded some lines ahead, so the line itself is not known.
        raise UnexpectedAnswer(
            f"{where}: the answer is no text in {one_line(form.encoding, 60)}, somewhere after line {number}. "
            f"Check the encoding that the plugin's Csv names. {_FOLLOW}"
        ) from None


def _check_header(header: Sequence[str], where: str) -> None:
    seen: set[str] = set()
    for place, name in enumerate(header, 1):
        if not name:
            raise UnexpectedAnswer(
                f"{where}: field {place} of the CSV header is empty, so its column has no name. Ask the API's owner. {_FOLLOW}"
            )
        if name in seen:
            raise UnexpectedAnswer(
                f"{where}: the CSV header names {one_line(name, 60)} twice, so one value would overwrite the other. "
                f"Ask the API's owner. {_FOLLOW}"
            )
        seen.add(name)


def _check_columns(form: Csv, columns: Declared, header: Sequence[str], where: str) -> None:
    there = one_line(", ".join(header), 100)
    if columns and not columns.keys() & set(header):
        raise UnexpectedAnswer(f"{where}: the CSV header has none of the declared columns, only {there}. {_CHECK_URL}")
    missing = [name for name in columns if name not in header and name not in form.optional]
    if missing:
        name = missing[0]
        raise UnexpectedAnswer(
            f"{where}: the CSV header has no {one_line(name, 60)}{did_you_mean(name, header)}, which the plugin declares, only "
            f'{there}. Correct the name; if the header may lack it, write Csv(optional=["{one_line(name, 60)}"]); if a transform '
            "makes it, declare it in the transform's columns."
        )


def _fields(count: int) -> str:
    return counted(count, "field")


def _csv_record(cells: Sequence["_Cell"], fields: Sequence[str], line: int, where: str) -> dict[str, Any]:
    record = {}
    for cell, text in zip(cells, fields, strict=True):
        try:
            record[cell.name] = cell.value(text)
        except UnfitError:
            raise UnexpectedAnswer(
                f"{where}: line {line}: column {one_line(cell.name, 60)} is {_shown(text[:200])}, which is no {cell.kind}. "
                "If it stands for null, name it in the plugin's Csv(null=…); if not, declare another type, such as STRING."
            ) from None
    return record


class _Cell:
    """What the fields of one column become."""

    def __init__(self, name: str, column: Column, null: str) -> None:
        self.name = name
        self.kind = column.type
        self._convert = step(Column(column.type), str) if column.type in OF_TEXTS else None
        self._nulls = {null, *([""] if self._convert else []), *(each for each in column.null if isinstance(each, str))}

    def value(self, text: str) -> Any:
        """The value that *text* stands for. Raises UnfitError when it stands for none of this type."""
        if text in self._nulls:
            return None
        return self._convert(text) if self._convert else text
