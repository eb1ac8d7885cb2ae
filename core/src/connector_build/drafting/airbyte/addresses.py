"""The addresses of the streams → the one address of a dataset."""

import re
from collections import Counter
from collections.abc import Sequence

from attrs import field, frozen

from connector_build.drafting.airbyte.asking import UNKNOWN
from connector_build.drafting.draft import Call, Value, guessed, todo
from connector_build.drafting.made import trouble
from connector_build.drafting.texts import secure


@frozen
class Address:
    """The origin that most streams have, and the setting ``base_url`` for it."""

    origin: str
    setting: Value = field(default=None)

    def serves(self, origin: str) -> bool:
        """Whether a stream of *origin* is read at this address. One without an origin is below whatever it is."""
        return origin in (self.origin, "") or self.origin == "" or origin.startswith(UNKNOWN)

    def below(self, path: str) -> str:
        """The path of a stream below the address."""
        return "/" + path.lstrip("/")


def address_of(origins: Sequence[str]) -> Address:
    """The address that most of *origins* share."""
    counted = Counter(origin for origin in origins if origin and not origin.startswith(UNKNOWN)).most_common(1)
    unknown = next((origin for origin in origins if origin.startswith(UNKNOWN)), "")
    if not counted and unknown:
        return Address("", todo(Call("base_url"), f"give the whole address, which was not understood: {unknown[1:]}"))
    if not counted:
        return Address("", todo(Call("base_url"), "no address was understood"))
    origin = counted[0][0]
    named = re.findall(r"\{settings\.(\w+)\}", origin)
    if named:
        shown = re.sub(r"\{settings\.(\w+)\}", r"<\1>", origin)
        why = (
            f"the address is {shown}"
            if origin.startswith("http")
            else f"the whole address is configured, as {named[0]} of the manifest"
        )
        return Address(origin, guessed(Call("base_url"), why))
    address = secure(origin)
    call = Call("base_url", (address,))
    if trouble(call):
        return Address(origin, todo(Call("base_url"), f"the address is {origin}"))
    return Address(origin, guessed(call, "http is refused beyond this machine") if address != origin else call)
