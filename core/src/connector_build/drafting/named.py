"""Names that are given once: tables, settings and transforms of a draft."""

from collections.abc import Callable, Sequence

from connector_build.drafting.writing import constant_of, name_of
from connector_core.basics.names import stored_name


class Names:
    """Gives out names that are apart from each other, also in the destination and as constants of a plugin."""

    def __init__(self, taken: Sequence[str] = (), called: Callable[[str], str] = name_of) -> None:
        """*called* makes a name of what is wished for; ``table_name_of`` that of a table."""
        self._called = called
        self._taken = {stored_name(name) for name in taken}

    def given(self, *wishes: str) -> str:
        """The first of *wishes*, as a name, that is free; else the last with a number behind it."""
        names = [short(self._called(wish)) for wish in wishes]
        last = names[-1]
        numbered = (f"{last}_no_{number}" for number in range(2, 100_000))
        for name in [*names, *numbered]:
            if not ({stored_name(name), stored_name(constant_of(name).lower())} & self._taken):
                self._taken |= {stored_name(name), stored_name(constant_of(name).lower())}
                return name
        raise ValueError(f"no name is left for {last}")  # pragma: no cover


def short(name: str, limit: int = 60) -> str:
    """*name*, cut where it is longer than a destination takes."""
    return name if len(name) <= limit else name[:limit].rstrip("_")
