"""Answers that are anything."""

import gzip
import json
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from attrs import define, evolve, field

from connector_build.api.bodies import set_at
from connector_build.api.messages import Asked, Reply
from connector_build.api.world import transformed
from connector_core import (
    Record,
)
from connector_core.plugin.assembly import TablePlan
from fuzz.keeping import Case
from fuzz.line import Honest, records_of, sized
from fuzz.play import Play


def answers(case: Case) -> None:
    """A sync that gets one answer, or several, in which anything may stand; those after it get honest ones again."""
    play = Play.begun(case)
    play.world.come(12)
    if case.get("later"):
        play.succeed()
        play.world.come(3)
        play.world.turn(3)
    strange = Strange(play, case["at"], case.get("times", 1), case["answer"])
    play.sync(strange)
    if strange.plausible:
        believed(play, strange)
    elif strange.blunt:
        assert play.error is not None, "an answer that is no page, and nobody said so"
    play.settle()


def believed(play: Play, strange: "Strange") -> None:
    """After an answer that is a page like any other, the rows that it was about may be what it said, until all is synced anew."""
    told, true = strange.told, play.world.expected(play.assembly.tables[0])
    live = play.warehouse.live("jobs") if play.error is None else {}
    wrong = {key: row for key, row in live.items() if key in told and row not in (told[key], true.get(key))}
    assert not wrong, f"{wrong} instead of {told}"
    for _ in range(2):
        play.sync()
        assert play.error is None, f"an API that behaves, and yet: {play.error!r}"
    if told and play.error is None:
        play.check(but=told.keys())
    play.forget()


@define
class Strange:
    """What an API answers that gives a strange answer *times* times, from request *at* on.

    plausible: one of these answers was such that a page of the feed may look like it.
    blunt:     one was JSON with a 200, so another try could not help, and yet no such page.
    told:      key → row of each job with a field that is not as it should be; none where more is strange than that.
    """

    play: Play
    at: int
    times: int
    answer: Mapping[str, Any]
    plausible: bool = False
    blunt: bool = False
    told: dict[Any, Record] = field(factory=dict)

    def __call__(self, number: int, asked: Asked, honest: Honest) -> Reply:
        if not self.at <= number < self.at + self.times:
            return honest()
        reply = sized(self._changed(honest()))
        plausible = self._is_plausible(reply)
        self.plausible |= plausible
        self.blunt |= not plausible and reply.status == 200 and not self.answer.get("headers") and "bytes" not in self.answer
        return reply

    def _changed(self, true: Reply) -> Reply:
        match self.answer:
            case {"json": body, **rest}:
                return Reply(rest.get("status", 200), rest.get("headers", {}), written(body))
            case {"parts": parts}:
                return self._merged(true, parts)
            case {"bytes": edits}:
                return evolve(true, body=edited(true.body, edits))
            case {"record": record, "number": number}:
                return self._with_records(true, lambda records: [*records[:number], record, *records[number + 1 :]])
            case {"field": name, "value": value, "number": number}:
                return self._with_field(true, name, value, number)
        raise AssertionError(self.answer)

    def _merged(self, true: Reply, parts: Mapping[str, Any]) -> Reply:
        body = plain(true) if true.status == 200 else None
        return evolve(true, body=written({**body, **parts})) if isinstance(body, dict) else true

    def _with_records(self, true: Reply, change: Callable[[list[Any]], list[Any]]) -> Reply:
        [table, *_] = self.play.spec.tables
        if table.format is not None or true.status != 200:
            return true
        body = plain(true)
        new = change(records_of(table, true))
        match table.records:
            case "@":
                body = new
            case "edges[*].node":
                body["edges"] = [{"node": record} for record in new]
            case path:
                body = set_at(body, path, new)
        return evolve(true, body=written(body))

    def _with_field(self, true: Reply, name: str, value: Any, number: int) -> Reply:
        plan = self.play.assembly.tables[0]

        def change(records: list[Any]) -> list[Any]:
            if number >= len(records) or not isinstance(records[number], dict):
                return records
            told = records[number] | {name: value}
            self._tell(plan, told, name)
            return [*records[:number], told, *records[number + 1 :]]

        return self._with_records(true, change)

    def _tell(self, plan: TablePlan, told: Record, name: str) -> None:
        """Note what the row has to be, where the field is neither key nor what the feed is paged by."""
        if self.play.spec.child != "no" or name in (*plan.table.primary_key, "updated", "seq", "day", "gone", "hidden"):
            return
        row = None
        with suppress(RecursionError, OverflowError):  # nested too deeply to be read, or too large a number for a transform
            row = transformed(plan, json.loads(written(told)))
        if row is not None:
            self.told[tuple(row[key] for key in plan.table.primary_key)] = dict.fromkeys(plan.columns) | row

    def _is_plausible(self, reply: Reply) -> bool:
        table = self.play.spec.tables[0]
        if reply.status != 200 or table.format is not None or "bytes" in self.answer:
            return reply.status == 200 or 300 <= reply.status < 400
        try:
            body = plain(reply)
            found = table.find(body)
            return isinstance(found, list) or table.is_nothing(found) or (body is None and table.is_nothing(None))
        except ValueError:
            return False
        except RecursionError:  # it depends on who reads it
            return True


NESTED = "nested to the level of"
"""The key that stands, in a case, for lists in lists: with its value, so many of them."""


def written(value: Any) -> bytes:
    """A value of a case as JSON."""
    text = json.dumps(value)
    return re.sub(rf'\{{"{NESTED}": (\d+)\}}', lambda found: "[" * int(found[1]) + "]" * int(found[1]), text).encode()


def plain(reply: Reply) -> Any:
    """The JSON of an answer."""
    return json.loads(gzip.decompress(reply.body) if reply.body.startswith(b"\x1f\x8b") else reply.body)


def edited(body: bytes, edits: Sequence[tuple[int, int, str]]) -> bytes:
    """*body* with some of its bytes replaced by others: where, how many, by what."""
    for place, number, text in edits:
        at = place % (len(body) + 1)
        body = body[:at] + text.encode("latin-1") + body[at + number :]
    return body
