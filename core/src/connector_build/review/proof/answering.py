"""A recording for a connector that nobody here has written: what it asks for is found although it says it in its own way."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import product
from typing import Final

from attrs import evolve

from connector_build.api.messages import Asked, Reply, refused
from connector_build.api.nearest import from_the_start, page_sizes
from connector_build.api.recording import NotRecorded, Recording
from connector_build.api.replaying import UNKNOWN, Replayed
from connector_core.plugin.assembly import Assembly


class Routed(Replayed):
    """Answers from *recording* what a hand-written connector asks for, whose configuration has the values *given*.

    The address of the API may have a path of its own, which a recording does not tell, and the key may be in the query. Whoever
    asks for a token where the plugin's auth does, gets one.
    """

    def __init__(self, recording: Recording, assembly: Assembly, secret: str, given: Iterable[str]) -> None:
        super().__init__(recording, assembly, secret)
        self._given = frozenset(text for text in given if text)

    @property
    def asked(self) -> int:
        """How many requests the connector has made."""
        return sum(not _is_of_the_command(request) for request in self.requests)

    def reply(self, request: Asked) -> Reply:
        """The recorded answer; 421 where there is none."""
        if _is_of_the_command(request):
            return refused(404, "this is a recording")
        if (token := self._token(request)) is not None:
            return token
        bare = self._bare(request)
        for variant in self._variants(bare):
            try:
                return self._here(self.recording.reply(variant))
            except NotRecorded:
                continue
        said = self._lacking(bare)
        self.missed.append(said)
        return refused(UNKNOWN, said)

    def _lacking(self, request: Asked) -> str:
        """What was not recorded, and what helps."""
        found = self.recording.nearest(request)
        if found and (sizes := page_sizes(request, found)):
            helps = (
                f"It asks for pages of {sizes[0]}, and the recording has pages of {sizes[1]}: set page_size to {sizes[0]} in the "
                "configuration of the new connector and record again, or let the old one ask for the other."
            )
        else:
            helps = "To compare the two, record with the page size and the filters that the old one asks with."
        return f"{self.recording.lacks(request)} {helps}"

    def _asks(self, request: Asked, posted: Asked) -> bool:
        return request.method == posted.method and request.path.endswith(posted.path)

    def _variants(self, request: Asked) -> Iterator[Asked]:
        """What *request* may have been recorded as. Only where nothing else fits, its first page is the one without a number."""
        made = [
            evolve(request, path=path, params=own) for path, own in product(_ends(request.path), self._params(request.params))
        ]
        yield from made
        recorded = [each.request for each in self.recording.answers]
        yield from filter(None, (from_the_start(each, recorded) for each in made))

    def _params(self, params: Mapping[str, str]) -> Iterator[Mapping[str, str]]:
        yield params
        own = {name: value for name, value in params.items() if value not in self._given}
        if own != params:
            yield own


def _is_of_the_command(request: Asked) -> bool:
    """Whether `fivetran` itself asks, for a newer release of its own or of its maker, and not the connector that it runs."""
    host = request.headers.get("host", "").partition(":")[0].lower()
    return _OWN_RELEASES in request.path or host == _MAKER or host.endswith(f".{_MAKER}")


_MAKER: Final = "fivetran.com"
_OWN_RELEASES: Final = "/fivetran-connector-sdk"
"""What an address of its releases has in its path, whichever index it asks: the names of its distributions begin so."""


def _ends(path: str) -> Iterator[str]:
    """*path*, and what is left of it without its first segments."""
    parts = path.split("/")
    yield from ("/" + "/".join(parts[start:]) for start in range(1, len(parts)))
