"""Retries: how often and how patiently a failed request is made again, and when the next one may go out at all."""

import random
import threading
import time
from collections.abc import Callable

import requests
from attrs import field, frozen

from connector_core.basics.counting import counted, in_seconds
from connector_core.basics.errors import SourceError
from connector_core.basics.operations import Log
from connector_core.source.limits import Budget, Limits, seconds_asked

SHOWN_FROM_SECONDS = 5.0
"""The log names a pause for the sake of a budget from this length on: shorter ones are how a budget is kept."""
TRANSIENT = frozenset({408, 425, 429, 500, 502, 503, 504})


@frozen
class Retry:
    """How often and how patiently a failed request is made again.

    attempts:      tries in all.
    first_wait:    seconds before the second try; doubled for each further one, up to *longest_wait*.
    longest_wait:  the longest pause that we choose ourselves, in seconds.
    longest_asked: the longest pause that the API may ask for (Retry-After) before the sync gives up, in seconds.
    longest_polled: how long the API may ask to wait for one answer (``wait_until``), again and again, in seconds in all.
    jitter:        a number from 0 to 1; the pause is drawn from its upper half, so that many connectors do not return at once.
    """

    attempts: int = 6
    first_wait: float = 1.0
    longest_wait: float = 60.0
    longest_asked: float = 600.0
    longest_polled: float = 3600.0
    jitter: Callable[[], float] = field(default=random.random, repr=False)

    def wait(self, attempt: int, asked: float | None) -> float:
        """Seconds to pause after try number *attempt* (from 1); *asked* is what the API asked for, if it did."""
        chosen = min(self.first_wait * 2.0 ** (attempt - 1), self.longest_wait) * (1 + self.jitter()) / 2
        return max(chosen, asked or 0.0)


class TransientError(Exception):
    """A request failed in a way that another try may mend.

    came_back: what came back instead of a page; asked: how many seconds the API asks to wait, if it does.
    """

    def __init__(self, came_back: str, asked: float | None = None) -> None:
        super().__init__(came_back)
        self.came_back = came_back
        self.asked = asked


class NotYet(Exception):  # noqa: N818  (nothing has failed)
    """The API asks to come back later, by a rule of the plugin.

    came_back: what came back instead of a page; asked: how many seconds it asks to wait.
    """

    def __init__(self, came_back: str, asked: float) -> None:
        super().__init__(came_back)
        self.came_back = came_back
        self.asked = asked


class Patience:
    """Pauses before a request: those between two tries, and those for the sake of a rate limit. ``close`` ends one.

    base_url: as messages show it; sleep: for tests.
    """

    def __init__(self, retry: Retry, limits: Limits, log: Log, base_url: str, sleep: Callable[[float], object] | None) -> None:
        self.retry = retry
        self.limits = limits
        self._log = log
        self._base_url = base_url
        self._closed = threading.Event()
        self.sleep = sleep or self._closed.wait

    def close(self) -> None:
        """Let whoever pauses give up."""
        self._closed.set()

    def pause(self, what: str, attempt: int, error: TransientError) -> None:
        """Pause after try number *attempt* of *what*. Raises SourceError where there is no further one."""
        what = f"{what}: {error.came_back}"
        self._check_asked(what, error.asked)
        if attempt >= self.retry.attempts:
            raise SourceError(
                f"{what}. It failed {counted(attempt, 'time')} in a row, so this sync ends here; "
                "the next one goes on from the last checkpoint. "
                f"If it keeps failing, check base_url ({self._base_url}) and the API's status."
            ) from None
        wait = self.retry.wait(attempt, error.asked)
        self._log.warning(f"{what}. Try {attempt + 1} of {self.retry.attempts} in {wait:.1f} s.")
        self.sleep(wait)
        self._check_open(what)

    def let_pass(self, what: str, seconds: float) -> None:
        """Pause because a request is to be made later."""
        self._check_open(what)
        self._log.info(f"{what}: asking in {seconds:.1f} s")
        self.sleep(seconds)
        self._check_open(what)

    def wait(self, what: str, waited: float, answer: NotYet) -> float:
        """Pause because the API asks for it, after *waited* seconds for the same answer; what it is then.

        Raises SourceError where that would be too long.
        """
        what = f"{what}: {answer.came_back}"
        self._check_asked(what, answer.asked)
        seconds = self.retry.wait(1, answer.asked)
        if waited + seconds > self.retry.longest_polled:
            raise SourceError(
                f"{what}. The API has asked to wait for {in_seconds(waited)} in all, and a sync waits "
                f"no longer than "
                f"{self.retry.longest_polled:.0f} for one answer. The next sync goes on from the last checkpoint; if it ends the "
                "same way, ask the API's owner, or ask for less at a time."
            )
        self._log.info(f"{what}. The API is not ready. Going on in {seconds:.1f} s.")
        self.sleep(seconds)
        self._check_open(what)
        return waited + seconds

    def _check_asked(self, what: str, asked: float | None) -> None:
        self._check_open(what)
        if asked is not None and asked > self.retry.longest_asked:
            raise SourceError(
                f"{what}. The API asks to wait {in_seconds(asked)}, longer than a sync waits "
                f"({self.retry.longest_asked:.0f}). "
                "Sync less often, or ask the API's owner for a higher limit; the next sync goes on from the last checkpoint."
            ) from None

    def await_turn(self, what: str, budget: Budget | None) -> None:
        """Pause until the API's quota and *budget* allow a request."""
        longest = self.retry.longest_asked
        slot = self.limits.take(budget, longest)
        while slot.wait > 0:
            why = "The API's quota is used up" if slot.quota else f"The plugin's budget of {budget} is used up"
            if slot.wait > longest:
                raise SourceError(
                    f"{what}: {why}, and the next request is due in {in_seconds(slot.wait)}, longer "
                    f"than a sync waits "
                    f"({longest:.0f}). Sync less often, or ask the API's owner for a higher limit; "
                    "the next sync goes on from the last checkpoint."
                )
            if slot.quota or slot.wait >= SHOWN_FROM_SECONDS:
                self._log.info(f"{what}: {why}. Going on in {slot.wait:.1f} s.")
            self.sleep(slot.wait)
            self._check_open(f"{what}: {why}")
            slot = self.limits.left()

    def _check_open(self, what: str) -> None:
        if self._closed.is_set():
            raise SourceError(f"{what}. The sync ended before the next try.") from None


def is_transient(response: requests.Response) -> bool:
    """Whether another try may bring another answer, by the status of this one."""
    return response.status_code in TRANSIENT or response.status_code >= 500


def retry_after(response: requests.Response) -> float | None:
    """Seconds that an answer asks to wait; None where it does not, or not so that it can be read (see ``seconds_asked``)."""
    return seconds_asked(response.headers, time.time())
