"""What `connector-build` tells its user when it cannot go on; `cli` prints the message and chooses the exit code."""

from typing import Final

TRACEBACK: Final = "CONNECTOR_BUILD_TRACEBACK"


class BuildError(Exception):
    """Something failed: one clear paragraph that says what, where, and what to do. Exit code 1."""


class UsageProblem(BuildError):  # noqa: N818 - click has a UsageError of its own
    """The command was called in a way, or with a configuration, that cannot work. Exit code 2."""


def as_problem(error: Exception) -> BuildError:
    """Any *error* as one that a user can be told: one paragraph."""
    from connector_core.basics.errors import ConfigurationError, ConnectorError
    from connector_core.basics.names import one_line
    from connector_core.plugin.assembly import UnknownOptionError

    match error:
        case BuildError():
            return error
        case UnknownOptionError() | ConfigurationError():
            return UsageProblem(str(error))
        case ConnectorError():
            return BuildError(str(error))
    return BuildError(
        f"connector-build itself failed, with {type(error).__name__}: {one_line(error)}. "
        f"Please report it, with what the same command prints when {TRACEBACK}=1 is set."
    )
