"""Numbers of things in words; the same as the core has, which is not beside an app in Snowflake."""


def counted(number: int, thing: str) -> str:
    """*number* with what it counts: ``1 record``, ``2,000 records``."""
    return f"{number:,} {plural(number, thing, f'{thing}s')}"


def plural(number: int, one: str, several: str) -> str:
    """The word that goes with *number*."""
    return one if number == 1 else several
