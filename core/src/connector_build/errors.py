"""What `connector-build` tells its user when it cannot go on; `cli` prints the message and chooses the exit code."""


class BuildError(Exception):
    """Something failed: one clear paragraph that says what, where, and what to do. Exit code 1."""


class UsageProblem(BuildError):  # noqa: N818 - click has a UsageError of its own
    """The command was called in a way, or with a configuration, that cannot work. Exit code 2."""
