"""Numbers of things in words: one row, two rows."""


def counted(number: int, thing: str, things: str = "") -> str:
    """*number* with what it counts: ``1 row``, ``2 rows``. things: several of them, where an s behind it is not enough."""
    return f"{number} {plural(number, thing, things)}"


def plural(number: int, thing: str, things: str = "") -> str:
    """What *number* things are called, for a number that is written otherwise."""
    return thing if number == 1 else things or f"{thing}s"


def in_seconds(time: float) -> str:
    """A time as whole seconds: ``1 second``, ``30 seconds``; also one that is no number that int knows."""
    text = f"{time:.0f}"
    return f"{text} {'second' if text == '1' else 'seconds'}"
