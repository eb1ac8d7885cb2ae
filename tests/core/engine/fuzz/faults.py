"""An API that has faults."""

from collections.abc import Sequence

import requests
from attrs import define, evolve

from connector_build.api.messages import Asked, Reply
from fuzz.line import Honest, records_of
from fuzz.play import Play

FAULTS = ["408", "425", "429", "500", "503", "401", "403", "404", "410", "302", "reset", "cut", "page", "twice"]


@define
class Faulty:
    """What an API with *faults* answers. None of them looks like a page of the feed that it is not, but for one sent twice.

    So an answer 204 is none of them: it is an empty page, and the end of a feed that has nothing to say otherwise.
    """

    play: Play
    faults: Sequence[tuple[int, str, int]]
    before: Reply | None = None

    def __call__(self, number: int, asked: Asked, honest: Honest) -> Reply:
        kinds = [kind for first, kind, times in self.faults if first <= number < first + times]
        true = honest()
        reply = self._reply(kinds[0], true) if kinds else true
        self.before = reply if reply.status == 200 else self.before
        return reply

    def _reply(self, kind: str, true: Reply) -> Reply:
        if kind.isdecimal():
            return Reply(int(kind), {"Retry-After": "0"}, b'{"error": "made up"}')
        match kind:
            case "reset":
                raise requests.ConnectionError("made up")
            case "cut":
                return evolve(true, body=true.body[: len(true.body) // 2])
            case "page":
                return Reply(200, {"Content-Type": "text/html"}, b"<html>We will be back</html>")
            case "twice":
                return self._twice(true)
        raise AssertionError(kind)

    def _twice(self, true: Reply) -> Reply:
        """The page before once more, where that is not what was to come.

        It has records, and where the connector counts its pages it has several: an empty page, or one record, may be right where
        it stands, and so may the answer to one window where another was asked for. Nobody could tell.
        """
        spec, [table, *children] = self.play.spec, self.play.spec.tables
        counts = spec.pages in ("page", "offset")
        if children or spec.strategy in ("ids", "days") or self.before is None or true.status != 200:
            return true
        if len(records_of(table, self.before)) < 1 + counts:
            return true
        return true if records_of(table, self.before) == records_of(table, true) else self.before
