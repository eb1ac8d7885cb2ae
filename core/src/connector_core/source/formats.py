"""Answers in another format than one JSON object: unpacked and spooled as they arrive, and read record by record.

A body is never held whole in memory. It is written to a file before the first record is handed out, because a body that was
cut on its way must be noticed while another try can still help.
"""

import codecs
import csv
import io
import math
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from hashlib import blake2b
from itertools import chain, islice
from tempfile import SpooledTemporaryFile
from typing import Any, BinaryIO, ClassVar, overload
from weakref import finalize

from attrs import frozen

from connector_core.basics.decoding import NotJson, decode_text
from connector_core.basics.errors import PluginError, UnexpectedAnswer
from connector_core.basics.names import one_line

GZIP_MAGIC = b"\x1f\x8b"
PIECE_BYTES = 16 * 1024
STEP_BYTES = 64 * 1024
"""So much of a gzip body is unpacked at once, from so small a piece: zlib copies what is left of a piece at each step."""

IN_MEMORY_BYTES = 1024 * 1024
"""The records of one answer move from memory into a temporary file from this size on."""

LARGEST_FIELD = 2**31 - 1

_BOM = "\ufeff"
_FOLLOW = "If the API changed, the plugin has to follow."
_CHECK_URL = "Check that base_url is the API that this connector is made for; if the API changed, the plugin has to follow."


class BrokenBody(Exception):  # noqa: N818  (reads better where it is raised, as in errors)
    """The body was cut or damaged on its way: another try may help. The text says what is wrong with it."""


class TooLarge(Exception):  # noqa: N818
    """The body has more bytes, once unpacked, than anybody wants to read."""


def unpacked(chunks: Iterable[bytes], limit: int) -> Iterator[bytes]:
    """The body in *chunks*, gunzipped when it begins as gzip does (RFC 1952), and as it is when not.

    Raises BrokenBody when the gzip data is cut or damaged, TooLarge once there are more than *limit* bytes of the result.
    What *chunks* raises goes through untouched.
    """
    chunks = iter(chunks)
    head = b""
    for chunk in chunks:
        head += chunk
        if len(head) >= len(GZIP_MAGIC):
            break
    body = chain((head,), chunks)
    size = 0
    # Half of the magic and nothing after it is gzip that was cut: no text consists of that one control character.
    for part in _gunzipped(body) if head.startswith(GZIP_MAGIC) or head == GZIP_MAGIC[:1] else body:
        size += len(part)
        if size > limit:
            raise TooLarge(f"the body has more than {limit:,} bytes")
        if part:
            yield part


def _gunzipped(chunks: Iterable[bytes]) -> Iterator[bytes]:
    member = None
    for piece in _pieces(chunks):
        rest = piece
        while rest := rest if member else rest.lstrip(b"\0"):  # zeros may fill the room after a member
            member = member or zlib.decompressobj(wbits=31)
            try:
                part = member.decompress(rest, STEP_BYTES)
            except zlib.error as error:
                raise BrokenBody(f"the gzip data is damaged ({str(error).rpartition(': ')[2]})") from None
            yield part
            rest, member = (member.unused_data, None) if member.eof else (member.unconsumed_tail, member)
    if member:
        raise BrokenBody("the gzip data ends too early")


def _pieces(chunks: Iterable[bytes]) -> Iterator[bytes]:
    for chunk in chunks:
        for start in range(0, len(chunk), PIECE_BYTES):
            yield chunk[start : start + PIECE_BYTES]


Make = Callable[[], Any]
"""Makes one record, a new one at each call: so the last one can be had again as it was sent."""

Parse = Callable[[BinaryIO], Iterator[Make]]


class Records(Sequence[Any]):
    """The records of one answer, in order. Its bytes are kept, and parsed anew at each iteration.

    One iteration at a time may be under way, and in one thread. (Each has a place of its own in the file, so asking for the
    length or for a record during an iteration is safe.) The length and the last record are known after a complete iteration;
    any other record is found by reading from the start. ``list`` asks for the length first, so it may parse them twice. Two of
    them are equal when their bytes are.

    The first record is read at once, so what is wrong with it, or with a header, is raised here and not at an iteration.
    """

    def __init__(self, chunks: Iterable[bytes], parse: Parse) -> None:
        self._file = SpooledTemporaryFile(max_size=IN_MEMORY_BYTES)  # noqa: SIM115  (closed when nobody uses the records any more)
        self._close = finalize(self, self._file.close)
        self._parse = parse
        self._length: int | None = None
        self._last: Make | None = None
        digest = blake2b(digest_size=32)
        try:
            for chunk in chunks:
                digest.update(chunk)
                self._file.write(chunk)
            self._digest = digest.digest()
            self._filled = any(True for _ in self)
        except BaseException:
            self._close()
            raise

    def __iter__(self) -> Iterator[Any]:
        length = 0
        make = None
        for make in self._parse(io.BufferedReader(_Window(self._file))):
            yield make()
            length += 1
        self._length, self._last = length, make

    def __len__(self) -> int:
        if self._length is None:
            for _ in self:
                pass
        return self._length or 0

    def __bool__(self) -> bool:
        return self._filled

    @overload
    def __getitem__(self, index: int) -> Any: ...

    @overload
    def __getitem__(self, index: slice) -> list[Any]: ...

    def __getitem__(self, index: int | slice) -> Any:
        if isinstance(index, slice):
            return self._between(range(*index.indices(len(self))))
        place = index if index >= 0 else len(self) + index
        if self._last and place + 1 == self._length:
            return self._last()
        for record in islice(self, place, None) if place >= 0 else ():
            return record
        raise IndexError("there is no such record")

    def _between(self, places: range) -> list[Any]:
        if not places:
            return []
        upwards = places if places.step > 0 else places[::-1]
        found = list(islice(self, upwards.start, upwards.stop, upwards.step))
        return found if places.step > 0 else found[::-1]

    def __eq__(self, other: object) -> bool:
        return self._digest == other._digest if isinstance(other, Records) else NotImplemented

    __hash__ = None  # type: ignore[assignment]  # as for a list


class _Window(io.RawIOBase):
    """A file from its start, with a place of its own in it; closing it leaves the file open."""

    def __init__(self, file: "SpooledTemporaryFile[bytes]") -> None:
        self._file = file
        self._place = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._file.seek(self._place)
        count = self._file.readinto(buffer)
        self._place += count
        return count


@frozen
class Csv:
    """Comma-separated values with a header (RFC 4180), gzipped or not.

    delimiter: the character between two fields.
    encoding:  of the text; a byte order mark is skipped.
    null:      the text that stands for null, in every column. An empty number or boolean is null whatever this is.

    Values of columns declared as numbers or BOOLEAN are converted; any other value stays the text that it is. Blank lines are
    skipped. Raises PluginError when an argument cannot be used.
    """

    accept: ClassVar[str] = "text/csv"
    """What a request says that it takes."""

    delimiter: str = ","
    encoding: str = "utf-8"
    null: str = ""

    def __attrs_post_init__(self) -> None:
        delimiter = self.delimiter
        if not isinstance(delimiter, str) or len(delimiter) != 1 or delimiter in '"\r\n\0':
            raise PluginError(f'Csv: delimiter is {_shown(delimiter)}. Write one character, and no quote or line end: ";".')
        if not _is_encoding(self.encoding):
            raise PluginError(f'Csv: encoding is {_shown(self.encoding)}, which Python does not know. Write "utf-8" or "cp1252".')
        if not isinstance(self.null, str):
            raise PluginError(f'Csv: null is {_shown(self.null)}. Write the text that stands for null: "NULL".')

    def spool(self, chunks: Iterable[bytes], columns: Mapping[str, str], where: str, limit: int) -> Records:
        """The records of the body in *chunks*, all of which are read before this returns.

        columns: column name → declared Fivetran type; where: table and request, for messages; limit: bytes once unpacked.

        Raises what ``unpacked`` does, and UnexpectedAnswer, here or when the records are read, for what is no such CSV.
        """
        return Records(unpacked(chunks, limit), partial(_csv_records, self, columns, where))


@frozen
class JsonLines:
    """One JSON value on each line, in UTF-8, gzipped or not; blank lines are skipped."""

    accept: ClassVar[str] = "application/x-ndjson, application/json"
    """What a request says that it takes."""

    def spool(
        self,
        chunks: Iterable[bytes],
        columns: Mapping[str, str],  # noqa: ARG002  (the signature of every format; JSON has types of its own)
        where: str,
        limit: int,
    ) -> Records:
        """The records of the body in *chunks*, all of which are read before this returns; the arguments are those of Csv.

        Raises what ``unpacked`` does, and UnexpectedAnswer, here or when the records are read, for a line that is not JSON.
        """
        return Records(unpacked(chunks, limit), partial(_json_records, where))


Format = Csv | JsonLines


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


def _csv_records(form: Csv, columns: Mapping[str, str], where: str, file: BinaryIO) -> Iterator[Make]:
    rows = _csv_rows(form, where, file)
    _, header = next(rows, (0, None))
    if header is None:
        raise UnexpectedAnswer(f"{where}: the answer is blank, where CSV with a header was expected. {_CHECK_URL}")
    if header[0].lstrip().startswith("<"):
        raise UnexpectedAnswer(f"{where}: the answer is a web page, not CSV. {_CHECK_URL}")
    _check_header(header, where)
    if columns and not columns.keys() & set(header):
        raise UnexpectedAnswer(
            f"{where}: the CSV header has none of the declared columns, only {one_line(', '.join(header), 100)}. {_CHECK_URL}"
        )
    cells = [_Cell(name, columns.get(name, "STRING"), form.null) for name in header]
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
        if not name.strip():
            raise UnexpectedAnswer(
                f"{where}: field {place} of the CSV header is empty, so its column has no name. Ask the API's owner. {_FOLLOW}"
            )
        if name in seen:
            raise UnexpectedAnswer(
                f"{where}: the CSV header names {one_line(name, 60)} twice, so one value would overwrite the other. "
                f"Ask the API's owner. {_FOLLOW}"
            )
        seen.add(name)


def _fields(count: int) -> str:
    return f"{count} field{'' if count == 1 else 's'}"


def _csv_record(cells: Sequence["_Cell"], fields: Sequence[str], line: int, where: str) -> dict[str, Any]:
    record = {}
    for cell, text in zip(cells, fields, strict=True):
        try:
            record[cell.name] = cell.value(text)
        except (ValueError, KeyError):
            raise UnexpectedAnswer(
                f"{where}: line {line}: column {one_line(cell.name, 60)} is {_shown(text[:200])}, which is no {cell.kind}. "
                "If it stands for null, name it in the plugin's Csv(null=…); if not, declare another type, such as STRING."
            ) from None
    return record


class _Cell:
    """What the fields of one column become."""

    def __init__(self, name: str, kind: str, null: str) -> None:
        self.name = name
        self.kind = kind
        self._convert = _CONVERSIONS.get(kind)
        self._nulls = {null, ""} if self._convert else {null}

    def value(self, text: str) -> Any:
        """The value that *text* stands for. Raises ValueError or KeyError when it stands for none of this type."""
        if text in self._nulls:
            return None
        return self._convert(text) if self._convert else text


def _whole(text: str) -> int:
    return int(_plain(text))


def _finite(text: str) -> float:
    value = float(_plain(text))
    if not math.isfinite(value):
        raise ValueError
    return value


def _plain(text: str) -> str:
    # Python would take 1_000 and digits of other scripts.
    if "_" in text or not text.isascii():
        raise ValueError
    return text


_BOOLEANS = {"true": True, "t": True, "yes": True, "1": True, "false": False, "f": False, "no": False, "0": False}

_CONVERSIONS: Mapping[str, Callable[[str], Any]] = {
    **dict.fromkeys(("SHORT", "INT", "LONG"), _whole),
    **dict.fromkeys(("FLOAT", "DOUBLE"), _finite),
    "BOOLEAN": lambda text: _BOOLEANS[text.strip().lower()],
}


def _json_records(where: str, file: BinaryIO) -> Iterator[Make]:
    for number, line in enumerate(file, 1):
        content = (line.removeprefix(codecs.BOM_UTF8) if number == 1 else line).strip(b" \t\r\n")
        if content:
            yield partial(_json_value, content, f"{where}: line {number}")


def _json_value(line: bytes, where: str) -> Any:
    try:
        return decode_text(line.decode())
    except NotJson as error:
        raise UnexpectedAnswer(f"{where} {error}. {_CHECK_URL}") from None
    except UnicodeDecodeError:
        raise UnexpectedAnswer(f"{where} is no text in UTF-8, so it is not JSON. {_CHECK_URL}") from None
    except ValueError:
        raise UnexpectedAnswer(f"{where} is not JSON, where each line has to be one JSON value. {_CHECK_URL}") from None
