"""Child tables: one feed for each parent, several at a time, and nothing missed wherever a sync crashes."""

import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from types import SimpleNamespace
from typing import Any, cast

import pytest
from attrs import define, evolve, field
from hypothesis import given, settings
from hypothesis import strategies as st

from connector_core import (
    Aggregate,
    CursorPaginator,
    DeliveryError,
    FunctionPaginator,
    KeysetPaginator,
    OffsetPaginator,
    Paginator,
    Parent,
    PluginError,
    Record,
    Request,
    SinglePage,
    Table,
    Transform,
    UnexpectedAnswer,
    UpdatedSince,
    count,
    hookimpl,
    ignore,
    only_if,
)
from connector_core.basics.errors import RequestRejected
from connector_core.engine.checkpoints import CheckpointPolicy
from connector_core.engine.child_place import EDGE, Place
from connector_core.engine.marks import KEY, mark_of, name_of, packed_places
from connector_core.engine.sync import Engine, sync
from connector_core.http.client import Client
from connector_core.http.pages import interleaved
from connector_core.plugin.assembly import Assembly, Plugin, assemble
from connector_core.source.children import for_parent
from connector_core.source.pagination import Page
from support import CONFIGURATION, Crash, ListLog, Warehouse, assert_exact, places

COMPANIES = Table("companies", "/companies", "items", ["id"], {"id": "LONG", "name": "STRING", "at": "LONG"})
DEPARTMENTS = Table(
    "departments",
    "/companies/{parent.id}/departments",
    "items",
    ["company_id", "number"],
    {"company_id": "LONG", "number": "LONG", "head": "STRING", "at": "LONG"},
    errors=[ignore(status=404)],
    parent=Parent("companies", adds={"company_id": "id"}),
)
HEADS = Aggregate("heads", ["head"], {"n": count()})
PAGES = CursorPaginator(size_param="limit", incremental=True)


def dataset(
    child: Table = DEPARTMENTS,
    pages: Paginator = PAGES,
    parents: Paginator = PAGES,
    transforms: Sequence[Transform] = (),
    extras: Sequence[Aggregate] = (),
    settings: Sequence[Any] = (),
) -> Assembly:
    """Companies and, for each of them, departments; *transforms* are of the companies, *extras* of the departments."""
    hooks = {
        "connector_tables": lambda: [COMPANIES, child],
        "connector_settings": lambda: list(settings),
    }
    of_table = {
        "connector_paginator": lambda table: parents if table == COMPANIES else pages,
        "connector_transforms": lambda table: list(transforms) if table == COMPANIES else [],
        "connector_extra_tables": lambda table: list(extras) if table != COMPANIES else [],
    }
    marked: dict[str, Any] = {name: hookimpl(answer) for name, answer in (hooks | of_table).items()}
    return assemble([Plugin("companies", SimpleNamespace(**marked))])


@define
class Companies:
    """An API of companies and their departments. A change of a department is one of its company too, unless *apart*.

    It pages by cursor (the position), or by offset, and filters by ``since``, in seconds since 1970.
    """

    companies: dict[int, tuple[int, str]] = field(factory=dict)
    departments: dict[int, dict[int, tuple[int, str]]] = field(factory=dict)
    gone: set[int] = field(factory=set)
    apart: bool = False
    now: int = 1_700_000_000
    crash_at: int | None = None
    asked: list[Request] = field(factory=list)
    threads: set[str] = field(factory=set)
    lock: Any = field(factory=threading.Lock)

    def found(self, company: int, name: str = "A") -> None:
        self.now += 1
        self.companies[company] = (self.now, name)
        self.departments.setdefault(company, {})

    def staff(self, company: int, number: int, head: str) -> None:
        if company not in self.companies:
            self.found(company)
        self.now += 1
        self.departments[company][number] = (self.now, head)
        if not self.apart:
            self.companies[company] = (self.now, self.companies[company][1])

    def live(self) -> dict[tuple[int, int], Record]:
        return {
            (company, number): {"company_id": company, "number": number, "head": head, "at": at}
            for company, departments in self.departments.items()
            for number, (at, head) in departments.items()
        }

    def __enter__(self) -> "Companies":
        return self

    def __exit__(self, *_: object) -> None: ...

    def fetch(self, table: Table, request: Request) -> Page:
        with self.lock:
            if self.crash_at is not None and len(self.asked) >= self.crash_at:
                raise Crash
            self.asked.append(request)
            self.threads.add(threading.current_thread().name)
        return self._page(request)

    def _page(self, request: Request) -> Page:
        since = int(request.params.get("since", 0))
        if request.path == "/companies":
            items: list[dict[str, Any]] = [
                {"id": company, "name": name, "at": at} for company, (at, name) in self.companies.items()
            ]
        else:
            company = int(request.path.split("/")[2])
            if company in self.gone:
                return Page({}, [], ended=True)
            items = [{"number": number, "head": head, "at": at} for number, (at, head) in self.departments[company].items()]
        items = sorted((item for item in items if item["at"] >= since), key=lambda item: item["at"])
        start, limit = int(request.params.get("cursor") or request.params.get("offset") or 0), int(request.params["limit"])
        end = start + limit
        cursor = str(end) if end < len(items) else None
        return Page({"next_cursor": cursor}, items[start:end])

    def paths(self) -> list[str]:
        """The addresses that were asked for, in order, and forgotten with this call."""
        asked, self.asked = [request.path for request in self.asked], []
        return asked


def synced(
    assembly: Assembly, warehouse: Warehouse, api: Companies, *, page_size: int = 2, threads: int = 2, log: ListLog | None = None
) -> ListLog:
    log = log or ListLog()
    warehouse.connect(assembly)
    known = {setting.name for setting in assembly.settings}
    given = {**CONFIGURATION, "page_size": str(page_size), "threads": str(threads)}
    configuration = {name: value for name, value in given.items() if name in known}
    engine = Engine(client=lambda *_: cast(Client, api), checkpoints=CheckpointPolicy(records=1))
    sync(assembly, configuration, warehouse.state, warehouse, log, engine)
    return log


def small() -> Companies:
    api = Companies()
    for company in (1, 2, 3):
        for number in range(company):
            api.staff(company, number, "AB"[number % 2])
    return api


def test_each_parent_has_a_feed_and_gives_its_key() -> None:
    api, assembly = small(), dataset()
    warehouse = Warehouse(assembly)
    log = synced(assembly, warehouse, api, page_size=2, threads=1)
    assert warehouse.live("departments") == api.live()
    assert api.paths() == [
        *["/companies"] * 2,
        "/companies",
        "/companies/1/departments",
        "/companies/2/departments",
        "/companies",
        *["/companies/3/departments"] * 2,
    ]
    assert places(warehouse.state) == {
        "tables": {
            "companies": {"next_cursor": "2"},
            "departments": {"rests": packed_places({name_of("3"): {"next_cursor": "2"}})},
        }
    }
    assert "departments: 6 records from 4 pages" in log.infos


def test_the_parents_stay_incremental_while_every_parent_is_looked_at() -> None:
    api, assembly = small(), dataset(parents=UpdatedSince("since", "at", PAGES), pages=UpdatedSince("since", "at", PAGES))
    api.apart = True
    warehouse = Warehouse(assembly)
    synced(assembly, warehouse, api, page_size=10)
    api.staff(1, 7, "C")
    synced(assembly, warehouse, api, page_size=10)
    assert warehouse.live("departments") == api.live()
    assert warehouse.count("upsert", "companies") == 0  # the newest one, at the edge, did not change
    assert warehouse.count("upsert", "departments") == 3  # the new one, and the newest of the companies that were not read last
    place = Place.read(warehouse.state["tables"]["departments"])
    assert place == Place(rests={name_of(str(n)): {"since": max(at for at, _ in api.departments[n].values())} for n in (1, 2, 3)})


def test_children_of_parents_that_did_not_change_are_left_out() -> None:
    child = evolve(DEPARTMENTS, parent=Parent("companies", {"company_id": "id"}, changed="at"))
    api, assembly = small(), dataset(child, pages=SizedSinglePage())
    warehouse = Warehouse(assembly)
    synced(assembly, warehouse, api, page_size=10)
    api.paths()
    api.staff(2, 9, "C")
    api.found(4)
    log = synced(assembly, warehouse, api, page_size=10)
    assert sorted(path for path in api.paths() if path != "/companies") == [
        "/companies/2/departments",
        "/companies/4/departments",
    ]
    assert warehouse.live("departments") == api.live()
    assert "departments: 2 records of companies did not change: no request for them" in log.infos
    del api.companies[1]
    synced(assembly, warehouse, api, page_size=10)
    assert Place.read(warehouse.state["tables"]["departments"]).changed.keys() == short("2", "3", "4")


def short(*keys: str) -> set[bytes]:
    """The digests by which the marks of parents are known."""
    return {name_of(key)[:KEY] for key in keys}


class SizedSinglePage(SinglePage):
    """One page, however many records there are."""

    def first(self, table: Table, page_size: int, bookmark: Mapping[str, Any]) -> Request:
        return super().first(table, page_size, bookmark).placed("query", "limit", 1000)


def test_a_parent_that_is_gone_is_a_rule() -> None:
    api, assembly = small(), dataset()
    warehouse = Warehouse(assembly)
    synced(assembly, warehouse, api)
    api.gone.add(2)
    api.staff(3, 5, "D")
    synced(assembly, warehouse, api)
    assert warehouse.live("departments") == api.live()


def test_without_the_rule_it_is_an_error_that_names_it() -> None:
    class Strict(Companies):
        def _page(self, request: Request) -> Page:
            if "/2/" in request.path:
                raise RequestRejected(f"{request}: 404 Not Found. There is nothing at this address: check base_url.")
            return super()._page(request)

    api = Strict()
    api.staff(1, 1, "A")
    api.staff(2, 1, "A")
    assembly = dataset()
    with pytest.raises(RequestRejected, match=r"gone, put ignore\(status=…\) into the errors of departments"):
        synced(assembly, Warehouse(assembly), api)


def test_a_place_that_is_gone_costs_one_parent_a_whole_read() -> None:
    class Forgetful(Companies):
        refused = ""

        def _page(self, request: Request) -> Page:
            if request.path.endswith(self.refused) and request.params.get("cursor"):
                raise RequestRejected(f"{request}: 410 Gone")
            return super()._page(request)

    api = Forgetful()
    for number in range(5):
        api.staff(1, number, "A")
        api.staff(2, number, "B")
    assembly = dataset()
    warehouse = Warehouse(assembly)
    api.refused = "never"
    synced(assembly, warehouse, api, page_size=3)
    api.paths()
    api.refused = "/companies/2/departments"
    with pytest.raises(RequestRejected):  # its second page cannot be had at all
        synced(assembly, warehouse, api, page_size=3)
    api.companies.pop(3, None)
    log = ListLog()
    synced(assembly, warehouse, api, page_size=5, log=log)
    assert [line for line in log.warnings if "no longer knows the cursor" in line and "/companies/2/" in line]
    assert warehouse.live("departments") == api.live()


def test_parents_that_a_transform_leaves_out_have_no_children() -> None:
    api = small()
    api.companies[2] = (api.companies[2][0], "closed")
    assembly = dataset(transforms=[Transform("open_only", only_if("name", ["A"]))])
    warehouse = Warehouse(assembly)
    synced(assembly, warehouse, api)
    assert warehouse.live("departments").keys() == {key for key in api.live() if key[0] != 2}


def test_an_extra_table_of_children_is_exact() -> None:
    api, assembly = small(), dataset(extras=[HEADS], pages=UpdatedSince("since", "at", PAGES))
    warehouse = Warehouse(assembly)
    synced(assembly, warehouse, api)
    assert_exact(assembly, warehouse)
    api.staff(1, 0, "B")
    synced(assembly, warehouse, api, page_size=1, threads=3)
    assert_exact(assembly, warehouse)
    assert warehouse.live("heads").keys() == {("A",), ("B",)}


CHILDREN: Mapping[str, tuple[Paginator, str | None]] = {
    "whole": (OffsetPaginator(), None),
    "updated since": (UpdatedSince("since", "at", OffsetPaginator()), None),
    "changed": (OffsetPaginator(), "at"),
    "changed, updated since": (UpdatedSince("since", "at", PAGES), "at"),
}
PARENTS: Mapping[str, Paginator] = {"offset": OffsetPaginator(), "since": UpdatedSince("since", "at", OffsetPaginator())}
steps = st.lists(st.tuples(st.integers(1, 6), st.integers(0, 4), st.sampled_from("ABC")), max_size=10)
syncs = st.tuples(steps, st.integers(1, 4), st.integers(1, 4), st.none() | st.integers(0, 25), st.booleans())


@pytest.mark.parametrize("parents", PARENTS)
@pytest.mark.parametrize("kind", CHILDREN)
@settings(max_examples=40, deadline=None)
@given(rounds=st.lists(syncs, min_size=1, max_size=4))
def test_wherever_a_sync_crashes_the_next_one_makes_it_whole(kind: str, parents: str, rounds: list[Any]) -> None:
    pages, changed = CHILDREN[kind]
    child = evolve(DEPARTMENTS, parent=Parent("companies", {"company_id": "id"}, changed))
    api, assembly = Companies(apart=changed is None), dataset(child, pages, PARENTS[parents])
    warehouse = Warehouse(assembly)
    for changes, page_size, threads, crash_at, by_operation in rounds:
        for company, number, head in changes:
            api.staff(company, number, head)
        if crash_at is not None:
            if by_operation:
                warehouse.crash_at(crash_at)
            else:
                api.asked, api.crash_at = [], crash_at
            with suppress(Crash):
                synced(assembly, warehouse, api, page_size=page_size, threads=threads)
            warehouse.crash_at(None)
            api.crash_at = None
        synced(assembly, warehouse, api, page_size=page_size, threads=threads)
        assert warehouse.live("departments") == api.live()
        assert "done" not in warehouse.state["tables"]["departments"]
        assert "open" not in warehouse.state["tables"]["departments"]


def test_a_crash_does_not_cost_the_parents_that_are_done() -> None:
    api = Companies()
    for company in range(1, 7):
        api.staff(company, 1, "A")
    assembly = dataset(pages=SizedSinglePage())
    warehouse = Warehouse(assembly)
    warehouse.crash_at(4 + 6 + 1)
    with suppress(Crash):
        synced(assembly, warehouse, api, page_size=10, threads=1)
    done = Place.read(warehouse.state["tables"]["departments"]).done.keys()
    warehouse.crash_at(None)
    api.paths()
    synced(assembly, warehouse, api, page_size=10, threads=1)
    asked = [path for path in api.paths() if path != "/companies"]
    assert done
    assert asked == [f"/companies/{company}/departments" for company in range(1, 7) if not short(str(company)) & done]
    assert warehouse.live("departments") == api.live()


def test_no_more_requests_at_a_time_than_the_setting_says() -> None:
    class Slow(Companies):
        under_way = 0
        most = 0

        def _page(self, request: Request) -> Page:
            with self.lock:
                self.under_way += 1
                self.most = max(self.most, self.under_way)
                here = self.under_way
            if "departments" in request.path and here < 3:
                threading.Event().wait(0.02)
            with self.lock:
                self.under_way -= 1
            return super()._page(request)

    api = Slow()
    for company in range(1, 10):
        api.staff(company, 1, "A")
    assembly = dataset()
    synced(assembly, Warehouse(assembly), api, page_size=10, threads=3)
    assert api.most == 3
    assert len({name for name in api.threads if name.startswith("children")}) == 3


def test_an_error_in_a_thread_fails_the_sync() -> None:
    class Failing(Companies):
        def _page(self, request: Request) -> Page:
            if "/3/" in request.path:
                raise UnexpectedAnswer("departments: the answer is a web page")
            return super()._page(request)

    api = Failing()
    for company in range(1, 6):
        api.staff(company, 1, "A")
    assembly = dataset()
    warehouse = Warehouse(assembly)
    with pytest.raises(UnexpectedAnswer, match="a web page"):
        synced(assembly, warehouse, api, threads=4)
    assert "next_cursor" in warehouse.state["tables"]["companies"]


def test_items_are_read_as_they_come_and_no_further_than_one_ahead() -> None:
    made: list[tuple[str, int]] = []

    def read(item: str) -> Iterator[int]:
        for number in range(3):
            made.append((item, number))
            yield number

    handed: list[tuple[str, int | None]] = []
    for item, value in interleaved(read, "abcd", 2):
        handed.append((item, value))
        for each in "abcd":
            assert sum(name == each for name, _ in made) <= sum(name == each for name, number in handed if number is not None) + 1
    assert [value for item, value in handed if item == "a"] == [0, 1, 2, None]
    assert sorted(item for item, value in handed if value is None) == list("abcd")


# Requests


def child(**parts: Any) -> Table:
    return evolve(DEPARTMENTS, **parts)


def test_values_of_the_parent_go_wherever_they_are_named() -> None:
    table = child(
        path="/c/{parent.id}/d",
        params={"of": "{parent.owner.name}", "mine": "{parent.open}"},
        headers={"X-Company": "c-{parent.id}"},
        body={"query": "{ viewer { id } }", "variables": {"ids": ["{parent.id}"], "open": "{parent.open}", "n": 3}},
    )
    made = for_parent(table, {"id": 7, "owner": {"name": "a b"}, "open": True}, "here")
    request = PAGES.first(made, 5, {})
    assert request == Request(
        "/c/7/d",
        {"of": "a b", "mine": "true", "limit": "5"},
        "POST",
        {"X-Company": "c-7"},
        {"query": "{ viewer { id } }", "variables": {"ids": [7], "open": True, "n": 3}},
    )


def test_a_value_cannot_lead_out_of_its_place_in_the_path() -> None:
    made = for_parent(DEPARTMENTS, {"id": "../a?b=c&d#e%2f"}, "here")
    assert made.path == "/companies/..%2Fa%3Fb%3Dc%26d%23e%252f/departments"
    for value in ("..", ".", ""):
        with pytest.raises(UnexpectedAnswer, match="cannot stand in the path"):
            for_parent(DEPARTMENTS, {"id": value}, "here")


@pytest.mark.parametrize("record", [{}, {"id": None}, {"id": [1]}, {"id": {"a": 1}}])
def test_a_parent_without_the_value(record: Record) -> None:
    with pytest.raises(UnexpectedAnswer, match="here: id, which departments is asked for by, is"):
        for_parent(DEPARTMENTS, record, "here")


def test_a_child_that_has_another_parents_key() -> None:
    class Wrong(Companies):
        def _page(self, request: Request) -> Page:
            page = super()._page(request)
            return evolve(page, records=[{**record, "company_id": 9} for record in page.records])

    api = Wrong()
    api.staff(1, 1, "A")
    assembly = dataset()
    with pytest.raises(UnexpectedAnswer, match="record 1 has 9 as company_id, but its parent has 1"):
        synced(assembly, Warehouse(assembly), api)


def test_a_paginator_never_leaks_from_one_parent_to_the_next() -> None:
    def following(request: Request, page: Page) -> Request | None:
        cursor = page.get("next_cursor")
        return request.placed("query", "cursor", cursor) if cursor else None

    api, assembly = small(), dataset(pages=FunctionPaginator(following, size_param="limit"))
    warehouse = Warehouse(assembly)
    synced(assembly, warehouse, api, page_size=1, threads=3)
    assert warehouse.live("departments") == api.live()


# Plugins


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Parent("companies"), "adds is {}"),
        (lambda: Parent("companies", adds={"company_id": ""}), "names the field ''"),
        (lambda: Parent("Companies", adds={"a": "b"}), "which Fivetran would rename"),
        (lambda: Parent("companies", adds={"a": "b"}, changed=""), "changed names the field ''"),
        (lambda: child(path="/departments"), "it asks for the same for each record of companies"),
        (lambda: child(path="/companies/{id}/departments"), r"path=\"/companies/{parent.id}/departments\""),
        (lambda: child(parent="companies"), "parent is 'companies'. Write Parent"),
        (lambda: child(parent=Parent("companies", adds={"of": "id"})), "adds of, which columns does not declare"),
        (lambda: dataset(child(parent=Parent("company", adds={"company_id": "id"}))), r"did you mean companies\?"),
        (
            lambda: dataset(child(parent=Parent("departments", adds={"company_id": "id"}))),
            "departments is a child of departments: that has no beginning",
        ),
    ],
)
def test_mistakes(make: Any, message: str) -> None:
    with pytest.raises(PluginError, match=message.replace("{", r"\{").replace("}", r"\}")):
        make()


def test_threads_are_a_setting_where_there_are_children() -> None:
    [setting] = [setting for setting in dataset().settings if setting.name == "threads"]
    assert (setting.default, setting.minimum, setting.maximum) == ("4", 1, 8)
    only = {"connector_tables": hookimpl(lambda: [COMPANIES])}
    alone = assemble([Plugin("companies", SimpleNamespace(**only))])
    assert "threads" not in {setting.name for setting in alone.settings}


def test_the_state_of_many_parents_has_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connector_core.engine.state.LIMIT", 200)
    api, assembly = Companies(), dataset(pages=UpdatedSince("since", "at", PAGES))
    for company in range(20):
        api.staff(company, 1, "A")
    with pytest.raises(
        DeliveryError, match=r"departments remembers \d+ records? of its parent\. List the parents by their change"
    ):
        synced(assembly, Warehouse(assembly), api)


def test_a_state_that_nobody_wrote_is_read_as_far_as_it_goes() -> None:
    api, assembly = small(), dataset()
    warehouse = Warehouse(assembly)
    warehouse.state = {"tables": {"departments": {"listing": 7, "done": "1", "open": {"1": 3}, "rests": None, "changed": []}}}
    log = synced(assembly, warehouse, api)
    assert warehouse.live("departments") == api.live()
    assert any("says nothing about where to go on" in line for line in log.warnings)
    assert json.dumps(warehouse.state)


# What a crash costs


def crashed(api: Companies, assembly: Assembly, warehouse: Warehouse, request: int, page_size: int = 2) -> dict[str, Any]:
    """The place of the departments after a sync that crashed at *request*."""
    api.asked, api.crash_at = [], request
    with pytest.raises(Crash):
        synced(assembly, warehouse, api, page_size=page_size, threads=1)
    api.asked, api.crash_at = [], None
    place = warehouse.state["tables"]["departments"]
    assert isinstance(place, dict)
    return place


def test_the_next_sync_goes_on_in_the_middle_of_a_parents_feed() -> None:
    api, assembly = Companies(), dataset()
    for number in range(9):
        api.staff(1, number, "A")
    warehouse = Warehouse(assembly)
    place = crashed(api, assembly, warehouse, 1 + 1 + 3)
    assert place == {"open": {"1": [{"next_cursor": "6"}, mark_of("1", None).hex()]}}
    synced(assembly, warehouse, api, threads=1)
    asked = [request.params["cursor"] for request in api.asked if "departments" in request.path]
    assert asked == ["6", "8"]
    assert warehouse.live("departments") == api.live()


def test_a_parents_feed_of_counted_pages_starts_over() -> None:
    api, assembly = Companies(), dataset(pages=OffsetPaginator())
    for number in range(9):
        api.staff(1, number, "A")
    warehouse = Warehouse(assembly)
    assert crashed(api, assembly, warehouse, 1 + 1 + 3) == {"open": {"1": [{}, mark_of("1", None).hex()]}}
    del api.departments[1][0], api.departments[1][1]
    synced(assembly, warehouse, api, threads=1)
    asked = [request.params["offset"] for request in api.asked if "departments" in request.path]
    assert asked == ["0", "2", "4", "6", "7"]
    assert api.live().items() <= warehouse.live("departments").items()


def test_the_next_sync_goes_on_in_the_middle_of_the_list_and_forgets_nobody_before_it() -> None:
    counted = OffsetPaginator()
    for parents in (PAGES, counted):
        api, assembly = Companies(), dataset(pages=UpdatedSince("since", "at", OffsetPaginator()), parents=parents)
        for company in range(1, 8):
            api.staff(company, 1, "A")
        warehouse = Warehouse(assembly)
        synced(assembly, warehouse, api)
        _check_goes_on_in_the_list(api, assembly, warehouse, counted=parents is counted)


def _check_goes_on_in_the_list(api: Companies, assembly: Assembly, warehouse: Warehouse, *, counted: bool) -> None:
    rests = warehouse.state["tables"]["departments"]["rests"]
    assert len(Place.read({"rests": rests}).rests) == 7
    of_departments = (1 + 2 * 2) * 2 + 1 + 1  # two pages of two parents, a list, and the first of the third
    place = crashed(api, assembly, warehouse, (5 if counted else 1) + of_departments)
    if counted:  # the list starts over, and passes over the parents who were done
        assert "listing" not in place
        assert short("1", "2", "3", "4") <= Place.read(place).done.keys()
    else:
        assert place["listing"] == {"next_cursor": "4"}
        assert Place.read(place).done.keys() <= short("5", "6")
    synced(assembly, warehouse, api, threads=1)
    asked = [request.path for request in api.asked if "departments" in request.path]
    assert not {"/companies/1/departments", "/companies/4/departments"} & set(asked)
    assert Place.read(warehouse.state["tables"]["departments"]).rests == Place.read({"rests": rests}).rests
    assert warehouse.live("departments") == api.live()


def test_a_parent_that_changed_back_is_still_read_to_its_end() -> None:
    child = evolve(DEPARTMENTS, parent=Parent("companies", {"company_id": "id"}, changed="name"))
    api, assembly = Companies(apart=True), dataset(child, pages=OffsetPaginator())
    for number in range(6):
        api.staff(1, number, "A")
    warehouse = Warehouse(assembly)
    synced(assembly, warehouse, api)
    api.companies[1] = (api.now, "B")
    for number in range(6):
        api.staff(1, number, "B")
    assert "1" in crashed(api, assembly, warehouse, 1 + 1 + 2)["open"]
    api.companies[1] = (api.now, "A")
    synced(assembly, warehouse, api)
    assert warehouse.live("departments") == api.live()


def test_a_transform_of_the_parent_does_not_spoil_what_its_children_are_asked_for_by() -> None:
    def spoil(record: Record) -> Record:
        record["owner"].pop("id")
        return record

    class Owned(Companies):
        def _page(self, request: Request) -> Page:
            if request.path == "/companies":
                return Page({"next_cursor": None}, [{"id": 1, "name": "A", "at": 1, "owner": {"id": 1}}])
            return super()._page(request)

    api = Owned()
    api.staff(1, 1, "A")
    assembly = dataset(child(path="/companies/{parent.owner.id}/departments"), transforms=[Transform("spoiled", spoil)])
    warehouse = Warehouse(assembly)
    synced(assembly, warehouse, api)
    assert warehouse.live("departments") == api.live()


# State that stays small


def test_a_state_of_an_earlier_release_is_taken_over() -> None:
    child = evolve(DEPARTMENTS, parent=Parent("companies", {"company_id": "id"}, changed="at"))
    api, assembly = small(), dataset(child, pages=UpdatedSince("since", "at", PAGES))
    warehouse = Warehouse(assembly)
    synced(assembly, warehouse, api, page_size=10)
    newest = {str(n): max(at for at, _ in api.departments[n].values()) for n in (1, 2, 3)}
    warehouse.state["tables"]["departments"] = {
        "rests": {key: {"since": at} for key, at in newest.items()},
        "changed": {str(n): at for n, (at, _) in api.companies.items()},
    }
    api.staff(2, 9, "C")
    api.paths()
    synced(assembly, warehouse, api, page_size=10)
    asked = [(each.path, each.params["since"]) for each in api.asked if "departments" in each.path]
    assert asked == [("/companies/2/departments", str(newest["2"]))]
    assert warehouse.live("departments") == api.live()
    assert warehouse.count("upsert", "departments") == 2  # the new one, and the one at the edge


OLD = {
    "listing": {"next_cursor": "2"},
    "done": ["3", "4"],
    "open": {"5": {"next_cursor": "6"}},
    "rests": {"1": {"since": 7}, "2": {"since": 7}},
    "changed": {"3": 8, "5": 9},
}


def test_each_part_of_an_earlier_release_is_understood_and_a_new_one_is_read_back() -> None:
    place = Place.read(OLD)
    assert place == Place(
        {"next_cursor": "2"},
        {name_of("3")[:KEY]: mark_of("3", 8), name_of("4")[:KEY]: mark_of("4", None)},
        {"5": ({"next_cursor": "6"}, mark_of("5", 9))},
        {name_of("1"): {"since": 7}, name_of("2"): {"since": 7}},
        {name_of("3")[:KEY]: mark_of("3", 8), name_of("5")[:KEY]: mark_of("5", 9)},
    )
    assert Place.read(json.loads(json.dumps(place.bookmark()))) == place
    assert len(place.bookmark()["rests"]) == 1  # one place, of two parents


@pytest.mark.parametrize(
    "part",
    [
        {"done": "x"},
        {"changed": "AAAA"},
        {"rests": [[{}, "é"], 1, [1, 2]]},
        {"open": {"1": [{}, "zz"]}},
        {"open": {"1": [1, "00"]}},
    ],
)
def test_a_part_that_cannot_be_read_is_left_out(part: dict[str, Any]) -> None:
    place = Place.read(part)
    assert (place.done, place.changed, place.rests) == ({}, {}, {})
    assert all(mark == b"" for _, mark in place.open.values())


BY_CHANGE = evolve(DEPARTMENTS, parent=Parent("companies", {"company_id": "id"}, changed="at", incremental=True))


def test_parents_that_are_listed_by_their_change_take_one_place_in_the_state() -> None:
    api, assembly = (
        Companies(apart=False),
        dataset(BY_CHANGE, parents=UpdatedSince("since", "at", PAGES), pages=SizedSinglePage()),
    )
    for company in range(1, 30):
        api.staff(company, 1, "A")
    warehouse = Warehouse(assembly)
    synced(assembly, warehouse, api, page_size=10)
    assert len(Place.read(warehouse.state["tables"]["departments"]).changed) <= EDGE
    api.staff(7, 2, "B")
    api.found(77)
    api.asked = []
    synced(assembly, warehouse, api, page_size=10)
    assert sorted(path for path in api.paths() if path != "/companies") == [
        "/companies/7/departments",
        "/companies/77/departments",
    ]
    assert warehouse.live("departments") == api.live()
    place = warehouse.state["tables"]["departments"]
    assert place["listing"] == {"since": max(at for at, _ in api.companies.values())}


@pytest.mark.parametrize("parents", [PAGES, UpdatedSince("since", "name"), KeysetPaginator("after", "at")])
def test_parents_that_nobody_asks_for_by_their_change_are_listed_whole_or_refused(parents: Paginator) -> None:
    with pytest.raises(PluginError, match="says incremental=True, but companies is not asked for by at"):
        dataset(BY_CHANGE, parents=parents)
    assert dataset(BY_CHANGE, parents=KeysetPaginator("after", "at", incremental=True))
