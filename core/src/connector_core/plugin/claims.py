"""Claims: each name of a connector belongs to one plugin, and a second claim is an error that names both."""

from attrs import evolve

from connector_core.basics.blame import see
from connector_core.basics.errors import NameTakenError, PluginError
from connector_core.derived.transforms import DerivedField, Transform
from connector_core.plugin.plan import Option, Origin


class Claims:
    """Who has claimed which name; a second claim is an error that names both."""

    def __init__(self) -> None:
        self._owners: dict[tuple[str, str], tuple[Origin, str]] = {}

    def claim(self, scope: str, name: str, what: str, origin: Origin, table: str = "") -> None:
        """Give *name* of *scope* to *origin*, or raise NameTakenError; an equal origin is a second claim too."""
        owner, other = self._owners.setdefault((scope, name), (origin, table))
        if owner == origin and other != table:
            raise NameTakenError(
                f"{origin} gives {name} to {other} and to {table}. Look at its argument table, and give it to one of them."
                f"{see(origin.place)}"
            )
        if owner is not origin:
            raise claimed_twice(what, owner, origin)


def claimed_twice(what: str, owner: Origin, origin: Origin) -> PluginError:
    """The error of two that claim *what*."""
    return NameTakenError(
        f"{what} is claimed twice, by {owner} and by {origin}. Rename one of them, or leave one plugin out."
        f"{see(owner.place, origin.place)}"
    )


def claim_option(option: Option, claims: Claims) -> None:
    """Claim the name of *option*, and the columns or the table that it makes."""
    # A fresh origin for each: two claims of one plugin's own clash as well.
    origin = evolve(option.origin)
    claims.claim("option", option.name, f"The name {option.name}", origin, option.table)
    if isinstance(option.value, Transform | DerivedField):
        for column in option.value.columns:
            if column not in option.value.removes:  # it would be the same column with another type
                claims.claim(option.table, column, f"The column {column} of {option.table}", origin)
    else:
        claims.claim("table", option.name, f"The table {option.name}", origin)
