"""Rulings: doing what a plugin's error rules say about an answer."""

from collections.abc import Callable

from attrs import field, frozen

from connector_core.basics.discretion import Secrets
from connector_core.basics.errors import ConfigurationError, UnexpectedAnswer
from connector_core.basics.operations import Log
from connector_core.basics.telling import came_back
from connector_core.http.answers import Answer
from connector_core.http.retries import TransientError, retry_after
from connector_core.source.error_rules import ErrorRule
from connector_core.source.limits import seconds_until
from connector_core.source.tables import Table


@frozen
class Rulings:
    """The rulings of one sync; now: seconds since 1970."""

    secrets: Secrets = field(repr=False)
    log: Log
    now: Callable[[], float]
    _ignored: dict[tuple[str, ErrorRule], object] = field(factory=dict, init=False)

    def ended(self, table: Table, where: str, answer: Answer) -> bool:
        """Do what the first of the table's rules that fits *answer* says; True where it ends the feed, False where none fits."""
        response = answer.response
        streamed = table.format is not None and response.status_code == 200
        for rule in table.errors:
            # What is streamed is no JSON, so there is nothing for a rule about its content.
            if not (streamed and rule.content) and rule.matches(response.status_code, response.headers, answer.at):
                self._follow(rule, table.name, where, answer)
                return True
        return False

    def _follow(self, rule: ErrorRule, table: str, where: str, answer: Answer) -> None:
        """Do what *rule* says; return where that is to ignore the answer."""
        told = came_back(self.secrets, answer.response, answer.content)
        match rule.action:
            case "retry":
                raise TransientError(told, retry_after(answer.response))
            case "wait_until":
                raise TransientError(told, self._asked(rule, f"{where}: {told}", answer))
            case "fail":
                error = ConfigurationError if rule.configuration else UnexpectedAnswer
                raise error(f"{where}: {told}. {rule.hint}")
            case "ignore":
                mark = object()
                if self._ignored.setdefault((table, rule), mark) is mark:
                    self.log.info(
                        f"{where}: {told}. The plugin ignores such an answer: it counts as an empty page, and ends the feed."
                    )

    def _asked(self, rule: ErrorRule, what: str, answer: Answer) -> float:
        value = answer.response.headers.get(rule.until_header) if rule.until_header else answer.at(rule.until_path or "@")
        asked = seconds_until(value, self.now())
        if asked is None:
            raise UnexpectedAnswer(
                f"{what}. The plugin waits after such an answer, but {rule.until} does not say until when. "
                "If the API changed, change the plugin's error rule."
            )
        return asked
