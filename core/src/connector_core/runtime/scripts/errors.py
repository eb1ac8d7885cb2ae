"""How a script ends before its time: one paragraph, and an exit code."""

NOTHING_DONE = 2
"""Something is missing or wrong here, and nothing was changed or sent."""


class ScriptError(Exception):
    """What a script ends with. *code* is its exit code."""

    def __init__(self, message: str, code: int = NOTHING_DONE) -> None:
        super().__init__(message)
        self.code = code
