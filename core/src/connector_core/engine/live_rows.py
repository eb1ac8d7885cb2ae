"""The rows of an extra table that the destination has, as the state remembers them: a name and a digest for each."""

import json
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Any

from connector_core.basics.errors import DeliveryError
from connector_core.basics.operations import Delivery, Log
from connector_core.derived.extra_tables import Accumulator, ExtraTable, Group
from connector_core.source.columns import Declared, UnfitError
from connector_core.source.tables import Record
from connector_core.source.values import as_json, read

Groups = dict[Group, Accumulator]
UNSURE = ""
"""The digest of a row that may or may not have reached the destination."""


class LiveRows:
    """The rows of one extra table that the destination has: group → digest.

    A state of before may name a group in another spelling than that of its columns' types. Its row has one key in the destination
    all the same, so it is known by its form; where two spellings are one, nobody knows which of the rows arrived last.
    """

    def __init__(self, extra: ExtraTable, columns: Declared, part: Mapping[str, Any]) -> None:
        self.extra = extra
        self._columns = columns
        known = part.get("rows", {})
        # Rows grouped by other columns cannot be told apart by these; they all go before any new one comes.
        self._foreign = part if known and part.get("by") != list(extra.by) else None
        self._digests: dict[str, str] = {}
        for name, digest in () if self._foreign else known.items():
            group = group_of(name, extra, columns)
            known_as = name if group is None else name_of(group)
            self._digests[known_as] = UNSURE if known_as in self._digests else digest

    def __len__(self) -> int:
        return len(self._foreign["rows"]) if self._foreign else len(self._digests)

    def state(self) -> dict[str, Any]:
        """What the destination has, as the state keeps it; rows of another grouping stay there until they are gone."""
        return dict(self._foreign) if self._foreign else {"by": list(self.extra.by), "rows": dict(self._digests)}

    def truncate_foreign(self, delivery: Delivery) -> None:
        """Empty the table if the plugin groups by other columns now."""
        if self._foreign:
            delivery.truncate(self.extra.name)
            self._foreign = None

    def doubt(self, groups: Groups) -> bool:
        """Note that the rows of *groups* which are about to be sent or deleted may have arrived; False if there are none."""
        wanted = {name_of(group): digest_of(self.extra.row(group, accumulator)) for group, accumulator in groups.items()}
        unsure = [name for name, digest in wanted.items() if self._digests.get(name) != digest]
        gone = self._digests.keys() - wanted.keys()
        self._digests.update(dict.fromkeys([*unsure, *gone], UNSURE))  # a group that is gone may come back just as it was
        return bool(unsure or gone)

    def send(self, groups: Groups, delivery: Delivery, log: Log) -> None:
        """Make the destination's rows those of *groups*, once ``doubt`` has told which of them differ from what it has."""
        for group, accumulator in groups.items():
            name = name_of(group)
            if self._digests[name] == UNSURE:
                row = self.extra.row(group, accumulator)
                delivery.upsert(self.extra.name, row, group)
                self._digests[name] = digest_of(row)
        for name in self._digests.keys() - {name_of(group) for group in groups}:
            self._delete(name, delivery, log)
            del self._digests[name]

    def _delete(self, name: str, delivery: Delivery, log: Log) -> None:
        group = group_of(name, self.extra, self._columns)
        keys: Sequence[Any] = json.loads(name) if group is None else group
        try:
            delivery.delete(self.extra.name, dict(zip(self.extra.by, keys, strict=True)))
        except DeliveryError as error:
            # What the SDK refuses to delete, it refused to upsert: a sync ended there, and the row never was.
            log.warning(f"{error} The group is gone, and so is what was known of its row.")


def digest_of(row: Record) -> str:
    """A short text that tells whether a row is still the same."""
    return blake2b(json.dumps(row, default=as_json).encode(), digest_size=8).hexdigest()


def name_of(group: Group) -> str:
    """A group as the key of a JSON object; a whole number is written alike whether its column holds whole ones or floats."""
    return json.dumps(
        [int(value) if isinstance(value, float) and value.is_integer() else value for value in group], default=as_json
    )


def group_of(name: str, extra: ExtraTable, columns: Declared) -> Group | None:
    """The group of that name, each value in the form of its column; None where one is not of its type, or a list."""
    try:
        values = json.loads(name)
        if any(isinstance(value, list | dict) for value in values):
            return None
        return tuple([read(columns[column], value) for column, value in zip(extra.by, values, strict=True)])
    except (UnfitError, ValueError, TypeError):
        return None
