"""Rulings: doing what a plugin's error rules say about an answer."""

from collections.abc import Callable
from typing import Literal

import requests
from attrs import field, frozen

from connector_core.basics.discretion import Secrets
from connector_core.basics.errors import ConfigurationError, StaleCursor, UnexpectedAnswer
from connector_core.basics.operations import Log
from connector_core.basics.telling import came_back
from connector_core.http.answers import Answer
from connector_core.http.retries import NotYet, TransientError, retry_after
from connector_core.source.error_rules import ErrorRule
from connector_core.source.limits import seconds_until
from connector_core.source.tables import Table

Ruling = Literal["ended", "empty"]
"""What a rule makes of an answer that no error comes of: the end of the feed, or a page without records."""


class TokenOver(Exception):  # noqa: N818  (it is renewed)
    """By a rule, the token that *request* was signed with has ended."""

    def __init__(self, came_back: str, request: requests.PreparedRequest) -> None:
        super().__init__(came_back)
        self.came_back = came_back
        self.request = request


@frozen
class Rulings:
    """The rulings of one sync; now: seconds since 1970."""

    secrets: Secrets = field(repr=False)
    log: Log
    now: Callable[[], float]
    _ignored: dict[tuple[str, ErrorRule], object] = field(factory=dict, init=False)

    def on(self, table: Table, where: str, answer: Answer, *, streamed: bool) -> Ruling | None:
        """Do what the first of the table's rules that fits *answer* says; None where none fits.

        streamed: it is no JSON, so there is nothing for a rule about its content.
        """
        response = answer.response
        for rule in table.errors:
            if not (streamed and rule.content) and rule.matches(response.status_code, response.headers, answer.at):
                return self._follow(rule, table.name, where, answer)
        return None

    def _follow(self, rule: ErrorRule, table: str, where: str, answer: Answer) -> Ruling:
        told = came_back(self.secrets, answer.response, answer.content)
        match rule.action:
            case "retry":
                raise TransientError(told, retry_after(answer.response))
            case "wait_until":
                raise NotYet(told, self._asked(rule, f"{where}: {told}", answer))
            case "renew":
                raise TokenOver(told, answer.response.request)
            case "start_over":
                raise StaleCursor(f"{where}: {told}")
            case "fail":
                error = ConfigurationError if rule.configuration else UnexpectedAnswer
                raise error(f"{where}: {told}. {rule.hint}")
            case "empty":
                return "empty"
            case "ignore":
                self._remark(rule, table, f"{where}: {told}")
                return "ended"

    def _remark(self, rule: ErrorRule, table: str, what: str) -> None:
        mark = object()
        if self._ignored.setdefault((table, rule), mark) is mark:
            self.log.info(f"{what}. The plugin ignores such an answer: it counts as an empty page, and ends the feed.")

    def _asked(self, rule: ErrorRule, what: str, answer: Answer) -> float:
        value = answer.response.headers.get(rule.until_header) if rule.until_header else answer.at(rule.until_path or "@")
        asked = seconds_until(value, self.now(), 0.001 if rule.unit == "milliseconds" else 1.0)
        if asked is None:
            raise UnexpectedAnswer(
                f"{what}. The plugin waits after such an answer, but {rule.until} does not say until when. "
                "If the API changed, change the plugin's error rule."
            )
        return asked
