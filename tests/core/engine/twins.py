"""Two connectors of the same API: one that knows what it has sent, and one that sends everything. Their rows are the same."""

from collections.abc import Callable
from email.utils import formatdate
from typing import Any, cast

from attrs import define, field

from cases.support import items, plugin_of
from connector_build.testing.warehouse.memory import Crash, ListLog, Warehouse
from connector_core import Aggregate, CursorPaginator, Nested, Page, Request, Table, Transform, UpdatedSince, count, only_if
from connector_core.engine.checkpoints import CheckpointPolicy
from connector_core.engine.sync import Engine, sync
from connector_core.plugin.assembly import Assembly, assemble
from page_source import PageSource

COLUMNS = {"id": "STRING", "at": "LONG", "kind": "STRING", "cost": "DOUBLE", "tags": "JSON"}
TABLE = items(columns=COLUMNS)
NAME = TABLE.name
KEPT = Transform("kept", only_if("kind", lambda kind: kind != "gone", optional=True))
KINDS = Aggregate("kinds", by=("kind",), measures={"n": count()})
TAGS = Nested("tags_of", at="tags", key=("id", "place"), adds={"id": "id"}, index="place")
EPOCH = 1_700_000_000
INCREMENTAL = CursorPaginator(incremental=True)
SINCE = UpdatedSince("since", "at", CursorPaginator(), lookback=2)
WHOLE = CursorPaginator()


def assembly_of(table: Table = TABLE, paginator: Any = INCREMENTAL, extras: Any = (), transforms: Any = (KEPT,)) -> Assembly:
    return assemble([plugin_of(table, paginator=paginator, extra_tables=list(extras), transforms=list(transforms))])


@define
class Feed(PageSource):
    """A client whose API has records, *page* of them at a time, each behind a number of its own, so that no cursor shifts."""

    entries: list[tuple[int, dict[str, Any]]] = field(factory=list)
    page: int = 2
    last: int = 0
    dies_at: int | None = None
    asked: int = 0
    now: int = EPOCH + 1000
    """What its clock says."""
    during: tuple[int, Callable[[], object]] | None = None
    """Something that happens right before it answers a request."""

    def append(self, record: dict[str, Any]) -> None:
        self.last += 1
        self.entries.append((self.last, record))

    def drop(self, key: str) -> None:
        self.entries = [each for each in self.entries if each[1]["id"] != key]

    def replace(self, key: str, **values: Any) -> None:
        """Change the last version of a record where it stands."""
        for at in range(len(self.entries) - 1, -1, -1):
            number, record = self.entries[at]
            if record["id"] == key:
                self.entries[at] = (number, {**record, **values})
                return

    def fetch(self, table: Table, request: Request) -> Page:
        self.asked += 1
        if self.asked - 1 == self.dies_at:
            raise Crash(f"at request {self.dies_at}")
        if self.during and self.during[0] == self.asked - 1:
            self.during[1]()
        since = int(request.params.get("since", 0))
        after = int(request.params.get("cursor", "after0")[5:])
        behind = [each for each in self.entries if each[0] > after and (not since or each[1]["at"] >= since)]
        rows = [dict(record) for _, record in behind[: self.page]]
        following = f"after{behind[self.page - 1][0]}" if len(behind) > self.page else None
        body = {"items": rows, "next_cursor": following, "has_more": following is not None}
        return Page(body, rows, headers={"date": formatdate(self.now, usegmt=True)})


def record(key: object, **values: Any) -> dict[str, Any]:
    return {"id": f"r{key}", "at": EPOCH, "kind": "A", "cost": 1.5, "tags": ["x"], **values}


@define
class Connection:
    """A connector that is synced again and again; *most* of its rows are remembered, None: as many as in life."""

    assembly: Assembly
    feed: Feed
    most: int | None = None
    warehouse: Warehouse = field(init=False)

    @warehouse.default
    def _(self) -> Warehouse:
        return Warehouse(self.assembly)

    def sync(self, every: int = 1, dies_at: int | None = None) -> ListLog:
        """One sync with *every* so many records between two checkpoints; at request *dies_at* it crashes."""
        log = ListLog()
        self.warehouse.connect(self.assembly)
        self.feed.asked, self.feed.dies_at = 0, dies_at
        remembered = {} if self.most is None else {NAME: self.most}
        engine = Engine(cast(Any, self.feed), checkpoints=CheckpointPolicy(records=every, share=0.0), remembered=remembered)
        sync(self.assembly, {"base_url": "http://127.0.0.1:9"}, self.warehouse.state, self.warehouse, log, engine)
        return log

    @property
    def sent(self) -> list[str]:
        return [f"{each.kind} {each.data['id']}" for each in self.warehouse.on(NAME)]


def connection(*records: dict[str, Any], most: int | None = None, **parts: Any) -> Connection:
    """A connector after its first sync."""
    feed = Feed()
    for each in records or map(record, range(5)):
        feed.append(each)
    made = Connection(assembly_of(**parts), feed, most)
    made.sync()
    return made


@define
class Twins:
    """The same API twice, and on each side a connector: one that knows what it has sent, and one that sends everything."""

    ours: Connection
    other: Connection
    now: int = EPOCH

    @classmethod
    def of(cls, most: int | None, assembly: Assembly, other: Assembly | None = None) -> "Twins":
        twins = cls(Connection(assembly, Feed(), most), Connection(other or assembly, Feed(), 0))
        twins.both(lambda feed: feed.append(record("stays")))
        return twins

    def both(self, move: Callable[[Feed], None]) -> None:
        for each in (self.ours, self.other):
            move(each.feed)

    def step(self, what: str, first: int, second: str, third: int) -> None:
        """A record comes or changes, or both connectors sync or crash."""
        if what == "sync":
            self.sync(first, third, lost=bool(second))
        elif what == "crash":
            self.crash(first, third, rolled_back=bool(second))
        else:
            self.move(what, f"r{first}", second, third)

    def move(self, what: str, key: str, kind: str, later: int) -> None:
        """What happens to a record: it is *put* to the end, stands there *again*, is *replaced* where it stands, or *dropped*."""
        self.now += later
        made = record(key[1:], at=self.now, kind=kind, tags=[kind] * (1 + later))
        if what in ("put", "drop"):
            self.both(lambda feed: feed.drop(key))
        if what in ("put", "again"):
            self.both(lambda feed: feed.append(dict(made)))
        if what == "replace":
            self.both(lambda feed: feed.replace(key, kind=kind, at=self.now))

    def sync(self, page: int, every: int, *, lost: bool) -> None:
        for each in (self.ours, self.other):
            each.feed.page = page
            if lost:
                each.warehouse.state = {}
            each.sync(every)
        self.check()

    def crash(self, page: int, request: int, *, rolled_back: bool) -> None:
        """Both die at the same request, so that they have met the same records; what arrived may be gone as well."""
        for each in (self.ours, self.other):
            each.feed.page = page
            try:
                each.sync(dies_at=request)
            except Crash:
                if rolled_back:
                    each.warehouse.roll_back()
        self.check()

    def check(self) -> None:
        for entry in self.ours.assembly.schema:
            name = entry["table"]
            assert self.ours.warehouse.live(name) == self.other.warehouse.live(name), name
