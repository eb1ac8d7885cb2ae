"""Error rules: what a plugin says about answers of its API that mean something else than their status does elsewhere."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, cast, get_args

from attrs import field, frozen

from connector_core.basics.errors import PluginError
from connector_core.basics.names import one_line
from connector_core.basics.paths import Path, compile_path

Action = Literal["retry", "fail", "ignore", "wait_until", "renew", "start_over", "empty"]
Unit = Literal["seconds", "milliseconds"]
Match = str | tuple[str, Any]
"""A name alone, for any value that says something, or a name and the value that it has to have."""


def _statuses(value: object) -> tuple[int, ...]:
    # What is neither stays as it is, for the rule to object to.
    return (value,) if isinstance(value, int) else tuple(value) if isinstance(value, list) else cast("tuple[int, ...]", value)


def _pair(value: object) -> tuple[str, Any] | None:
    return (value, None) if isinstance(value, str) else cast("tuple[str, Any] | None", value)


@frozen
class ErrorRule:
    """Which answers a rule is for, and what becomes of them. Made with the functions of these names.

    action:        ``retry``, ``fail``, ``ignore``, ``wait_until``, ``renew``, ``start_over`` or ``empty``.
    status:        the status codes that it is for; none for any.
    header:        a header that the answer has to have, or its name and its value.
    content:       a path in the answer's JSON, such as ``error.code`` or ``errors[0].code``, where something has to be that is
                   not null, false, 0 or empty; or the path and the value that has to be there.
    hint:          what to do, for ``fail``.
    configuration: the person who set up the connection has to act, for ``fail``.
    until_header, until_path: for ``wait_until``: the header, or the path in the JSON, that says when to go on.
    unit:          for ``wait_until``: what a number of the API's counts, ``seconds`` or ``milliseconds``.

    A rule takes an answer that meets all that it says. Raises PluginError when a value cannot be used.
    """

    action: Action
    status: tuple[int, ...] = field(default=(), converter=_statuses)
    header: tuple[str, Any] | None = field(default=None, converter=_pair)
    content: tuple[str, Any] | None = field(default=None, converter=_pair)
    hint: str = ""
    configuration: bool = False
    until_header: str | None = None
    until_path: str | None = None
    unit: Unit = "seconds"
    places: tuple[Path, ...] = field(default=(), init=False, eq=False, repr=False)
    """The paths that it names, compiled."""

    def __attrs_post_init__(self) -> None:
        if self.action not in get_args(Action):
            raise PluginError(f"An error rule has the action {self.action!r}. Write one of {', '.join(get_args(Action))}.")
        self._check_status()
        self._check_pair("header", self.header, '("X-Error", "busy")', str)
        self._check_pair("content", self.content, '("error.code", "BUSY")', str | int | float)
        self._check_path("content", self.content[0] if self.content else None)
        self._check_path("path", self.until_path)
        if not (self.status or self.header or self.content):
            raise PluginError(f"{self.action}: it does not say which answers it is for. Write status=…, header=… or content=….")
        if 200 in self.status and not (self.header or self.content):
            raise PluginError(
                f"{self.action}: it is for every answer with status 200, so for every page. Add the header or the content "
                'that tells an error from a page: content="error".'
            )
        if self.action == "fail":
            self._check_hint()
        if self.action == "wait_until":
            self._check_until()

    def _check_status(self) -> None:
        numbers = self.status if isinstance(self.status, tuple) else (self.status,)
        for number in numbers:
            if isinstance(number, bool) or not isinstance(number, int) or not 200 <= number <= 599:
                raise PluginError(
                    f"{self.action}: status is {one_line(repr(number), 60)}. "
                    "Write a number from 200 to 599, or several: status=[409, 423]."
                )

    def _check_pair(self, name: str, value: object, example: str, kinds: Any) -> None:
        if value is None:
            return
        pair = value if isinstance(value, tuple) and len(value) == 2 else (None, None)
        if not isinstance(pair[0], str) or not pair[0] or not (pair[1] is None or isinstance(pair[1], kinds)):
            shown = one_line(repr(value), 60)
            raise PluginError(f"{self.action}: {name} is {shown}. Write a name, or a name and its value: {name}={example}.")

    def _check_path(self, name: str, path: object) -> None:
        if path is not None:
            try:
                object.__setattr__(self, "places", (*self.places, compile_path(path)))
            except PluginError as error:
                raise PluginError(f"{self.action}: {name}: {error}") from None

    def _check_hint(self) -> None:
        if not isinstance(self.hint, str) or not self.hint.strip():
            raise PluginError('fail: it has no hint. Say what to do about it: hint="Renew the plan.".')

    def _check_until(self) -> None:
        given = [name for name in (self.until_header, self.until_path) if name is not None]
        if len(given) != 1 or not isinstance(given[0], str) or not given[0]:
            raise PluginError(
                "wait_until: it has to name one place that says when to go on: a header, or a path in the answer. "
                'Write wait_until(header="X-Reset", status=403) or wait_until(path="error.retry_at", status=403).'
            )

        if self.unit not in get_args(Unit):
            raise PluginError(f"wait_until: unit is {one_line(repr(self.unit), 60)}. Write one of {', '.join(get_args(Unit))}.")

    def matches(self, status: int, headers: Mapping[str, str], at: Callable[[str], Any]) -> bool:
        """Whether the rule is for an answer; *at* gives the value at a path of its JSON, None where there is none."""
        return (
            (not self.status or status in self.status)
            and (self.header is None or _fits(headers.get(self.header[0]), self.header[1]))
            and (self.content is None or _says(at(self.content[0]), self.content[1]))
        )

    @property
    def until(self) -> str:
        """The place that says when to go on, for people."""
        return f"header {self.until_header}" if self.until_header else f"{self.until_path}"

    def __str__(self) -> str:
        unit = " in milliseconds" if self.unit == "milliseconds" else ""
        place = f" {self.until}{unit}" if self.action == "wait_until" else ""
        met = [f"status {', '.join(map(str, self.status))}"] if self.status else []
        met += [f"header {_pair_text(self.header)}"] if self.header else []
        met += [f"content {_pair_text(self.content)}"] if self.content else []
        hint = f": {self.hint}" if self.hint else ""
        return f"{self.action.replace('_', ' ')}{place} on {' and '.join(met)}{hint}"


def _fits(found: Any, wanted: Any) -> bool:
    if wanted is None or found is None:
        return found is not None
    # True is 1 in Python, but not in JSON.
    return bool(found == wanted) and isinstance(found, bool) == isinstance(wanted, bool)


def _says(found: Any, wanted: Any) -> bool:
    """As for a header; but ``"errors": []`` and ``"error": false`` say that there is none."""
    return bool(found) if wanted is None else _fits(found, wanted)


def _pair_text(pair: tuple[str, Any]) -> str:
    return pair[0] if pair[1] is None else f"{pair[0]} = {json.dumps(pair[1], ensure_ascii=False, default=str)}"


def retry(*, status: int | Sequence[int] = (), header: Match | None = None, content: Match | None = None) -> ErrorRule:
    """What passes by itself: the request is made again, as after a 503."""
    return ErrorRule("retry", status, header, content)


def fail(
    *,
    hint: str,
    status: int | Sequence[int] = (),
    header: Match | None = None,
    content: Match | None = None,
    configuration: bool = False,
) -> ErrorRule:
    """The sync fails, and its message ends with *hint*.

    configuration: the person who set up the connection has to act: a ConfigurationError instead of an UnexpectedAnswer.
    """
    return ErrorRule("fail", status, header, content, hint=hint, configuration=configuration)


def ignore(*, status: int | Sequence[int] = (), header: Match | None = None, content: Match | None = None) -> ErrorRule:
    """The answer counts as an empty page, and the feed ends there."""
    return ErrorRule("ignore", status, header, content)


def empty(*, status: int | Sequence[int] = (), header: Match | None = None, content: Match | None = None) -> ErrorRule:
    """The answer is a page without records. The paginator says whether the feed goes on; where it cannot, the feed ends."""
    return ErrorRule("empty", status, header, content)


def renew(*, status: int | Sequence[int] = (), header: Match | None = None, content: Match | None = None) -> ErrorRule:
    """The token has ended: it is renewed once, and the request made again. (A 401 means that without a rule.)"""
    return ErrorRule("renew", status, header, content)


def start_over(*, status: int | Sequence[int] = (), header: Match | None = None, content: Match | None = None) -> ErrorRule:
    """The place to go on from is gone: the feed is read whole, once in a sync.

    The first request of a sync means that without a rule, where it is answered 400, 404, 410 or 422.
    """
    return ErrorRule("start_over", status, header, content)


def wait_until(
    *,
    header: str | None = None,
    path: str | None = None,
    status: int | Sequence[int] = (),
    content: Match | None = None,
    unit: Unit = "seconds",
) -> ErrorRule:
    """The request is made again at the time that the answer names in *header*, or at *path* of its JSON.

    There has to be a number of seconds (or milliseconds, by *unit*) to wait, seconds or milliseconds since 1970, a time in ISO
    8601 or an HTTP date. Waiting is not failing: it may be asked for again and again, for an hour in all.
    """
    return ErrorRule("wait_until", status, None, content, until_header=header, until_path=path, unit=unit)
