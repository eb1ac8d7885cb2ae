"""What the log says of a sync's progress, and how often: Fivetran takes 1,500 lines of ``info`` a minute."""

from collections.abc import Callable, Mapping
from math import inf
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from attrs import define, field, frozen

from connector_core.basics.counting import counted, plural
from connector_core.basics.names import one_line
from connector_core.basics.operations import Log
from connector_core.source.pagination import Request
from connector_core.source.tables import Table

PAGES_TOLD = 20
"""The log names each request of a table up to this one, and then at most one a second: of a slow API still each."""
SECOND, MINUTE = 1.0, 60.0
A_MINUTE = 700
"""Lines of info in each minute by our clock: any sixty seconds then hold less than the 1,500 that Fivetran takes."""
LONGEST = 80
"""A longer text in a request is cut: its beginning tells what it is."""


@define
class PacedLog:
    """A log that writes at most A_MINUTE lines of info a minute, and says how many it left out. Warnings always go through."""

    log: Log
    clock: Callable[[], float]
    _since: float = -inf
    _written: int = 0
    _left_out: int = 0

    def info(self, message: str) -> None:
        now = self.clock()
        if now - self._since >= MINUTE:
            left_out, self._since, self._written, self._left_out = self._left_out, now, 0, 0
            if left_out:
                self.log.info(
                    f"({counted(left_out, 'line')} of this log {plural(left_out, 'was', 'were')} left out: Fivetran "
                    f"takes 1,500 a minute)"
                )
        if self._written < A_MINUTE:
            self._written += 1
            self.log.info(message)
        else:
            self._left_out += 1

    def warning(self, message: str) -> None:
        self.log.warning(message)

    def alert(self, message: str) -> None:
        self.log.alert(message)


@define
class _Told:
    """Of one table: how many requests were made, and when the log last named one."""

    requests: int = 0
    at: float = -inf


@frozen(hash=False)
class Journal:
    """The lines about the tables of one sync. Threads may share it.

    paths: table → where its records are asked for.
    """

    log: Log
    paths: Mapping[str, str]
    clock: Callable[[], float]
    _told: dict[str, _Told] = field(factory=dict, init=False)

    def note(self, table: str, text: str) -> None:
        """One line; the table's name is in front of it where the connector reads several."""
        self.log.info(f"{table}: {text}" if len(self.paths) > 1 else text)

    def fetching(self, table: Table, request: Request) -> None:
        """Say that *request* is waited for."""
        told = self._told.get(table.name) or self._told.setdefault(table.name, _Told())
        told.requests += 1
        now = self.clock()
        if told.requests > PAGES_TOLD and now - told.at < SECOND:
            return
        told.at = now
        elsewhere = urlsplit(request.path).path
        place = "" if elsewhere == self.paths.get(table.name) else f" from {one_line(elsewhere)}"
        number = f" (request {told.requests})" if told.requests > PAGES_TOLD else ""
        self.note(table.name, f"Fetching data with params: {params_of(request)}{place}{number}")


def params_of(request: Request) -> str:
    """What *request* asks for, as one line: what is in its query, in its headers and in its body."""
    if request.away:
        return "{}"
    query = dict(parse_qsl(urlsplit(request.path).query, keep_blank_values=True))
    body = request.json if isinstance(request.json, Mapping) else {} if request.json is None else {"body": request.json}
    # First what tells this page from others: the rest of a long body may be cut.
    first = request.in_body if request.placed_in_body else {}
    return one_line(_short({**request.params, **query, **request.headers, **first, **body}), 500)


def _short(value: Any) -> Any:
    """A value as it is shown: a text of digits as the number that it is, a long text by its beginning."""
    if isinstance(value, Mapping):
        return {name: _short(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_short(inner) for inner in value]
    if not isinstance(value, str):
        return value
    if value.isascii() and value.isdigit() and len(value) <= 18 and (value[0] != "0" or value == "0"):
        return int(value)
    return value if len(value) <= LONGEST else f"{value[: LONGEST - 3]}..."
