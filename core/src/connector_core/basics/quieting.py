"""The loggers of urllib3, which show whole addresses and headers when they are asked for details, show no secret."""

import logging
from weakref import WeakSet

from connector_core.basics.discretion import Secrets, strike


class _SecretsFilter(logging.Filter):
    """Strikes secrets out of the lines of a logger that is not ours.

    It is told of secrets once and forgets them when nobody holds them any more: a request may still be under way, and be
    logged, after its sync has ended.
    """

    def __init__(self) -> None:
        super().__init__()
        self.known: WeakSet[Secrets] = WeakSet()

    def filter(self, record: logging.LogRecord) -> bool:
        secrets = Secrets.of_all(tuple(self.known))
        record.msg, record.args = strike(secrets, record.getMessage()), ()
        if record.exc_info and any(secrets):  # the traceback tells what the message does
            record.exc_info = record.exc_text = None
        return True


_FILTER = _SecretsFilter()


def quieten(secrets: Secrets) -> None:
    """Let urllib3 show none of *secrets*."""
    _FILTER.known.add(secrets)
    for name in ("connection", "connectionpool", "response", "util.retry"):
        logging.getLogger(f"urllib3.{name}").addFilter(_FILTER)
