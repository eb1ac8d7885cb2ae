"""The log of a read: that of the Python process that does it, which Spark keeps with those of its executor."""

import logging

LOG = logging.getLogger("connector_spark")


class PythonLog:
    """A log of the engine's that writes into Python's."""

    def info(self, message: str) -> None:
        LOG.info(message)

    def warning(self, message: str) -> None:
        LOG.warning(message)

    def alert(self, message: str) -> None:
        LOG.warning(message)
