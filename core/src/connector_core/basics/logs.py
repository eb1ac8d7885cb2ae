"""Logs that stand in front of another, or in the place of one."""

from collections.abc import Iterable

from attrs import field, frozen

from connector_core.basics.discretion import strike
from connector_core.basics.operations import Log


@frozen
class DiscreetLog:
    """A log that shows no secret, whatever the API says. *secrets* may grow while it is used."""

    log: Log
    secrets: Iterable[str] = field(repr=False)

    def info(self, message: str) -> None:
        self.log.info(strike(self.secrets, message))

    def warning(self, message: str) -> None:
        self.log.warning(strike(self.secrets, message))

    def alert(self, message: str) -> None:
        self.log.alert(strike(self.secrets, message))


class SilentLog:
    """A log for what says in its answer all that there is to say."""

    def info(self, message: str) -> None: ...

    def warning(self, message: str) -> None: ...

    def alert(self, message: str) -> None: ...
