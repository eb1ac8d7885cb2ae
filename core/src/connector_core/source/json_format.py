"""JSON in a file of an archive: read whole, as an answer in JSON is."""

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any, BinaryIO, ClassVar

from attrs import field, frozen

from connector_core.basics.decoding import NotJson, decode, json_type
from connector_core.basics.errors import PluginError, UnexpectedAnswer
from connector_core.basics.paths import MISSING, Path, compile_path
from connector_core.source.columns import Declared
from connector_core.source.spooled import Make, Parse

_FOLLOW = "If the API changed, the plugin has to follow."


@frozen
class Json:
    """One JSON document in each file of a ``Zip``; *records* is where it has the list of records, as in a Table."""

    held: ClassVar[bool] = True

    records: str = "@"
    place: Path = field(init=False, eq=False, repr=False)
    """What *records* says, compiled."""

    def __attrs_post_init__(self) -> None:
        try:
            object.__setattr__(self, "place", compile_path(self.records))
        except PluginError as error:
            raise PluginError(f"Json: records is {self.records!r}. {error}") from None

    def parse(self, columns: Declared, where: str) -> Parse:  # noqa: ARG002  (the signature of every format; JSON has types)
        """What makes the records of a file in this format, unpacked already; the arguments are those of Csv."""
        return partial(_records, self.place, where)

    def without(self, names: Iterable[str]) -> "Json":  # noqa: ARG002  (as above; no field has to be there)
        """The same for answers in which *names* are not looked for."""
        return self


def _records(place: Path, where: str, file: BinaryIO) -> Iterator[Make]:
    try:
        found = place.find(decode(file.read()))
    except NotJson as error:
        raise UnexpectedAnswer(f"{where}: it {error}. Ask the API's owner. {_FOLLOW}") from None
    except ValueError:
        raise UnexpectedAnswer(f"{where}: it is not whole JSON. Ask the API's owner. {_FOLLOW}") from None
    if not isinstance(found, list):
        what = "there is nothing" if found is MISSING else f"there is a JSON {json_type(found)}, not a list of records,"
        raise UnexpectedAnswer(f"{where}: {what} at {place.text!r}. Correct records in the plugin's Json. {_FOLLOW}")
    for record in found:
        yield partial(_copied, record)


def _copied(record: Any) -> Any:
    """*record* anew, down to what is nested in it."""
    match record:
        case dict():
            return {name: _copied(value) for name, value in record.items()}
        case list():
            return [_copied(value) for value in record]
    return record
