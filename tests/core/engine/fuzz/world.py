"""The records of a connector, and what becomes of them."""

import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from random import Random
from typing import Any

from attrs import evolve

from connector_build.api.exports import Exports
from connector_build.api.feed import Entry
from connector_build.api.vanishing import Vanishing
from connector_build.api.world import Hides, World
from connector_core import (
    Record,
)
from connector_core.plugin.assembly import TablePlan
from fuzz.connector import START, Spec


class Sampled(World):
    """The records of an installed dataset."""

    def come(self, number: int) -> None:
        """So many records are new."""
        self.append(self._assembly.tables[0], number)

    def turn(self, number: int) -> None:
        """So many records change."""
        self.change(self._assembly.tables[0], number)

    def go(self, number: int) -> None:
        """None is ever deleted."""


class Moving(Sampled):
    """The records of a made-up connector, every version that its API still sends, in the order in which they came."""

    def __init__(self, spec: Spec, seed: int) -> None:
        self.exports = Exports()
        self._vanishing = Vanishing((), {})  # what goes is told of elsewhere
        self._spec = spec
        self._luck = Random(seed)  # noqa: S311  (made-up data)
        self._counts = {"jobs": 0, "visits": 0}
        self._versions: dict[str, list[Entry]] = {"jobs": [], "visits": []}
        self._ticks = 0
        self.gone: list[Record] = []
        """The keys of what was deleted."""

    def records(self, table: str) -> list[Record]:
        plan_key = self._keys_of(table)
        return list({tuple(entry.record[name] for name in plan_key): entry.record for entry in self._versions[table]}.values())

    def entries(self, plan: TablePlan, parent: Record) -> list[Entry]:
        sent = self._versions[plan.table.name]
        if plan.parent is None:
            return list(sent)
        mine = [entry for entry in sent if entry.record["job"] == parent["id"]]
        return [evolve(entry, record={name: value for name, value in entry.record.items() if name != "job"}) for entry in mine]

    def _shown(self, plan: TablePlan, hides: Hides) -> list[Entry]:
        newest = {entry.number: entry for entry in self._versions[plan.table.name]}.values()
        shown = [entry for entry in newest if not hides(plan, entry.number)]
        if plan.parent is None:
            return shown
        parents = {entry.record["id"] for entry in self._shown(plan.parent, hides)}
        return [entry for entry in shown if entry.record["job"] in parents]

    def come(self, number: int) -> None:
        for _ in range(number):
            self._counts["jobs"] += 1
            self._store("jobs", self._job(self._counts["jobs"]), self._counts["jobs"])
            if self._spec.child != "no":
                self._welcome(self._luck.randint(1, 3) % self._counts["jobs"] + 1)  # a few jobs have all of them

    def turn(self, number: int) -> None:
        if self._spec.moves in ("never", "append only"):
            return
        for entry in self._some("jobs", number):
            self._store("jobs", self._job(entry.number) | {"gone": entry.record["gone"]}, entry.number)
        for entry in self._some("visits", number):
            self._store("visits", self._visit(entry.record["job"], entry.number), entry.number)
            self._touch(entry.record["job"])

    def go(self, number: int) -> None:
        if self._spec.gone == "tombstone":
            for entry in self._some("jobs", number):
                self._store("jobs", self._job(entry.number) | {"gone": True}, entry.number)
        elif self._spec.gone == "list" or self._spec.whole:
            for entry in self._some("jobs", number):
                self.gone.append({name: entry.record[name] for name in self._keys_of("jobs")})
                self._versions["jobs"] = [each for each in self._versions["jobs"] if each.number != entry.number]

    def _keys_of(self, table: str) -> tuple[str, ...]:
        return tuple(self._spec.columns)[: len(self._spec.key)] if table == "jobs" else ("job", "number")

    def _some(self, table: str, number: int) -> list[Entry]:
        newest = list({entry.number: entry for entry in self._versions[table]}.values())
        return self._luck.sample(newest, min(number, len(newest)))

    def _store(self, table: str, record: Record, number: int) -> None:
        self._ticks += 1
        sent, new = self._versions[table], Entry(self._ticks, record, number)
        if self._spec.moves == "in place" and any(entry.number == number for entry in sent):
            sent = [evolve(entry, record=record) if entry.number == number else entry for entry in sent]
        elif self._spec.moves == "sent again":
            sent = [*sent, new]
        else:
            sent = [*(entry for entry in sent if entry.number != number), new]
        self._versions[table] = sent

    def _touch(self, job: int) -> None:
        """A change of a visit is one of its job, where the connector goes by that."""
        if self._spec.child == "changed":
            for entry in [entry for entry in self._versions["jobs"] if entry.record["id"] == job][-1:]:
                self._store("jobs", entry.record | self._now(), entry.number)

    def _welcome(self, job: int) -> None:
        self._counts["visits"] += 1
        self._store("visits", self._visit(job, self._counts["visits"]), self._counts["visits"])
        self._touch(job)

    def _visit(self, job: int, number: int) -> Record:
        return {"job": job, "number": number, "name": self._luck.choice(["A", "B"]), **self._now()}

    def _now(self) -> Record:
        tick = self._ticks + 1
        return {"updated": _time(self._spec.time, tick // 2), "seq": tick}

    def _job(self, number: int) -> Record:
        keys = [_key(kind, number // 2 if len(self._spec.key) > 1 else number) for kind in self._spec.key[:1]]
        keys += [_key(kind, number % 2) for kind in self._spec.key[1:]]
        choice = self._luck.choice
        seven = 7.0 if self._spec.format == "csv" else 7  # a number without a point in a DOUBLE, which CSV cannot tell
        values = {
            "region": choice([None, "north", "north", "south", 'é, "x"\n']),
            "name": choice(["A", "B"]),
            "amount": choice([None, 0.0, -0.0, 0.1, 2.5, -2.5, seven]),
            "hours": choice([None, 0, 1, 3, 2**53 + 1]),
            "hidden": choice([None, False, False, True]),
            "day": (START + timedelta(days=min((number - 1) // 3, 19))).date().isoformat(),
            "gone": False,
        }
        tick = self._ticks + number  # which lines a job has changes with each version of it, without a draw of luck
        lines = [{"line": at, "what": "AB"[tick % 2]} for at in range(3) if tick >> at & 1]
        note = {"lines": json.dumps(lines)} if self._spec.format == "csv" else {"lines": lines, "note": {"of": [number]}}
        return {**dict(zip(self._keys_of("jobs"), keys, strict=True)), **values, **self._now(), **note}


def _time(kind: str, tick: int) -> Any:
    moment = START + timedelta(minutes=tick)
    match kind:
        case "LONG":
            return int(moment.timestamp())
        case "NAIVE_DATE":
            return (START + timedelta(days=tick // 2)).date().isoformat()
    return moment.strftime("%Y-%m-%dT%H:%M:%S") + ("Z" if kind == "UTC_DATETIME" else "")


def _key(kind: str, number: int) -> Any:
    makers: Mapping[str, Callable[[int], Any]] = {
        "STRING": lambda number: f'k{100 - number} é"\n,',
        "LONG": int,
        "DOUBLE": lambda number: number / 2,
        "BOOLEAN": bool,
        "UTC_DATETIME": lambda number: _time("UTC_DATETIME", number),
    }
    return makers[kind](number)
