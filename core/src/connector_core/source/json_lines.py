"""JSON lines (https://jsonlines.org): one JSON value on each line, read line by line."""

import codecs
from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any, BinaryIO, ClassVar

from attrs import frozen

from connector_core.basics.decoding import NotJson, decode_text
from connector_core.basics.errors import UnexpectedAnswer
from connector_core.source.columns import Declared
from connector_core.source.spooled import Make, Parse, Records
from connector_core.source.unpacking import unpacked

_CHECK_URL = "Check that base_url is the API that this connector is made for; if the API changed, the plugin has to follow."


@frozen
class JsonLines:
    """One JSON value on each line, in UTF-8, gzipped or not; blank lines are skipped."""

    accept: ClassVar[str] = "application/x-ndjson, application/json"
    """What a request says that it takes."""
    of_lines: ClassVar[bool] = True
    of_tags: ClassVar[bool] = False
    held: ClassVar[bool] = False

    def spool(
        self,
        chunks: Iterable[bytes],
        columns: Declared,
        where: str,
        limit: int,
    ) -> Records:
        """The records of the body in *chunks*, all of which are read before this returns; the arguments are those of Csv.

        Raises what ``unpacked`` does, and UnexpectedAnswer, here or when the records are read, for a line that is not JSON.
        """
        return Records(unpacked(chunks, limit), self.parse(columns, where))

    def parse(self, columns: Declared, where: str) -> Parse:  # noqa: ARG002  (the signature of every format; JSON has types)
        """What makes the records of a file in this format, unpacked already; the arguments are those of ``spool``."""
        return partial(_json_records, where)

    def without(self, names: Iterable[str]) -> "JsonLines":  # noqa: ARG002  (as above; no field of a line has to be there)
        """The same for answers in which *names* are not looked for."""
        return self


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
