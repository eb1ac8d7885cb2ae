"""What `connector-build` tells its user when it cannot go on; `cli` prints the message and ends with the exit code."""

from typing import ClassVar


class BuildError(Exception):
    """Something failed: one clear paragraph that says what, where, and what to do."""

    exit_code: ClassVar[int] = 1


class UsageProblem(BuildError):  # noqa: N818 - click has a UsageError of its own
    """The command was called in a way, or with a configuration, that cannot work."""

    exit_code: ClassVar[int] = 2
