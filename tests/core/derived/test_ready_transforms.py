"""Ready-made transforms: what they do to records, to the schema, and to tables over histories with crashes."""

import json
import re
from collections.abc import Callable
from contextlib import suppress
from copy import deepcopy
from hashlib import sha256
from itertools import product
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector_build.api.feed import FeedPage
from connector_build.catalog.reading import reading
from connector_build.project.describe import describe
from connector_build.sample import Sample
from connector_core import (
    Aggregate,
    DerivedField,
    Dimension,
    PluginError,
    Table,
    Transform,
    count,
    drop,
    flatten,
    hashed,
    hookimpl,
    only_if,
    rename,
    tombstones,
    total,
)
from connector_core.engine.checkpoints import CheckpointPolicy
from connector_core.plugin.assembly import Assembly, Plugin, assemble
from connector_core.source.tables import Record
from places import ROOT
from support import Crash, FakeApi, LogFeed, Warehouse, assert_exact, plugin, run

Function = Callable[[Record], Record | None]

TABLE = Table(
    "people",
    "/people",
    "people",
    ["id"],
    {"id": "LONG", "email": "STRING", "address": "JSON", "pay": "DOUBLE", "team": "STRING", "at": "LONG", "deleted": "BOOLEAN"},
)
APPEND_ONLY = Table("people", "/people", "people", ["id"], dict(TABLE.columns), append_only=True)
OFTEN = CheckpointPolicy(records=3, share=0.0)


def make(*transforms: Transform | DerivedField, extra_tables: Any = (), table: Table = TABLE) -> Assembly:
    return assemble([plugin(table, transforms=transforms, extra_tables=extra_tables)])


def columns(*transforms: Transform | DerivedField) -> dict[str, str]:
    return dict(make(*transforms).tables[0].columns)


# Examples

NOES: list[Any] = [None, False, 0, "", "false", "No", "0", " N ", [], {}]


@pytest.mark.parametrize(
    ("function", "record", "expected"),
    [
        (rename({"a": "b"}), {"a": 1, "c": 2}, {"b": 1, "c": 2}),
        (rename({"a": "b"}), {"b": 1}, {"b": 1}),
        (rename({"a": "b"}), {"a": None}, {"b": None}),
        (rename({"a": "b", "b": "a"}), {"a": 1, "b": 2}, {"a": 2, "b": 1}),
        (drop("a", "b"), {"a": 1, "c": 2}, {"c": 2}),
        (hashed("a", salt="s"), {"a": "é", "b": "x"}, {"a": sha256("sé".encode()).hexdigest(), "b": "x"}),
        (hashed("a", salt="s"), {"a": 12}, {"a": sha256(b"s12").hexdigest()}),
        (hashed("a", salt="s"), {"a": {"z": 1, "y": 2}}, {"a": sha256(b's{"y": 2, "z": 1}').hexdigest()}),
        (hashed("a", salt="s"), {"a": None}, {"a": None}),
        (hashed("a", salt="s"), {"a": ""}, {"a": sha256(b"s").hexdigest()}),
        (flatten("a"), {"a": {"b": {"c": 1}, "d": [{"e": 2}]}, "f": 3}, {"a_b_c": 1, "a_d": [{"e": 2}], "f": 3}),
        (flatten("a", depth=1), {"a": {"b": {"c": 1}}}, {"a_b": {"c": 1}}),
        (flatten("a", separator="."), {"a": {"b": None}}, {"a.b": None}),
        (flatten("a", "b"), {"a": {"x": 1}, "b": {"x": 2}}, {"a_x": 1, "b_x": 2}),
        (flatten("a"), {"a": [1]}, {"a": [1]}),
        (flatten("a"), {"a": None}, {"a": None}),
        (only_if("a", ["x"]), {"a": "x"}, {"a": "x"}),
        (only_if("a", ["x"]), {"a": "y"}, None),
        (only_if("a", ["x"]), {}, None),
        (only_if("a", [None]), {}, {}),
        (only_if("a", [1]), {"a": True}, None),
        (only_if("a", [1]), {"a": 1.0}, {"a": 1.0}),
        (only_if("a", {1, "x"}), {"a": [1]}, None),
        (only_if("a.b", ["x"]), {"a": {"b": "x"}}, {"a": {"b": "x"}}),
        (only_if("a.b", ["x"]), {"a": "x"}, None),
        (only_if("a", lambda value: (value or 0) > 2), {"a": 3}, {"a": 3}),
        (only_if("a", lambda value: (value or 0) > 2), {"a": None}, None),
        (tombstones("gone"), {"gone": True}, None),
        (tombstones("gone"), {"gone": "2026-01-01"}, None),
        (tombstones("gone"), {"gone": 1}, None),
        (tombstones("meta.gone"), {"meta": {"gone": "Y"}}, None),
        *((tombstones("gone"), {"gone": no}, {"gone": no}) for no in NOES),
        (tombstones("gone"), {}, {}),
        (tombstones("state", ["dead"]), {"state": "dead"}, None),
        (tombstones("state", ["dead"]), {"state": "alive"}, {"state": "alive"}),
        (tombstones("state", ["dead"]), {}, {}),
    ],
)
def test_what_a_record_becomes(function: Function, record: Record, expected: Record | None) -> None:
    assert function(record) == expected


@pytest.mark.parametrize(
    ("transform", "record", "words"),
    [
        (rename({"old": "new"}), {"old": 1, "new": None}, ["the field old would become new, which the record has already"]),
        (flatten("team"), {"team": {"x": 1}, "team_x": 2}, ["the nested field team.x would become team_x"]),
        (flatten("team"), {"team": {"x": {"y": 1}, "x_y": 2}}, ["the nested field team.x_y would become team_x_y"]),
    ],
)
def test_a_clash_in_a_record_names_both_fields_and_the_record(transform: Function, record: Record, words: list[str]) -> None:
    with pytest.raises(PluginError) as caught:
        sync(make(Transform("tidy", transform)), [{"id": 7, **record}])
    for word in ["people: the transform tidy failed on record 7", *words]:
        assert word in str(caught.value)


@pytest.mark.parametrize(
    ("make_one", "message"),
    [
        (lambda: rename([("a", "b")]), 'Write rename({"old": "new"})'),  # type: ignore[arg-type]
        (lambda: rename({}), "its old names is empty"),
        (lambda: rename({"a": "c", "b": "c"}), "its new names names a column twice: c, c"),
        (lambda: rename({"a": "_fivetran_id"}), "Fivetran keeps names"),
        (drop, "drop is empty"),
        (lambda: drop(["a"]), "has a column named ['a']"),  # type: ignore[arg-type]
        (lambda: hashed("a", salt=""), "hashed: its salt is empty"),
        (lambda: flatten("a", depth=0), "depth is 0"),
        (lambda: flatten("a", separator=None), "separator is None"),  # type: ignore[arg-type]
        (lambda: only_if("a", "open"), "Write them as a list: ['open']"),
        (lambda: only_if("a", []), "its values are []"),
        (lambda: only_if("a..b", ["x"]), "its path is 'a..b'"),
        (lambda: tombstones("", ["x"]), "its path is ''"),
        (lambda: tombstones("a", "Y"), "Write them as a list: ['Y']"),
        (lambda: Transform("a", dict, columns={"b": "TEXT"}), "declares column 'b' as 'TEXT'"),
        (lambda: Transform("a", dict, removes="b"), "must be a list of column names"),
    ],
)
def test_what_cannot_be_used_is_said_when_it_is_made(make_one: Callable[[], object], message: str) -> None:
    with pytest.raises(PluginError, match=re.escape(message)):
        make_one()


def test_equal_by_value_and_without_the_salt_in_sight() -> None:
    def one() -> list[Transform]:
        functions: list[Function] = [
            rename({"a": "b"}), drop("a"), hashed("a", salt="pepper"), flatten("a"), only_if("a", {2, 1}), tombstones("a")
        ]  # fmt: skip
        return [Transform(f"t{number}", function) for number, function in enumerate(functions)]

    assert one() == one()
    assert "pepper" not in repr([transform.function for transform in one()])


# Properties

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", min_size=1, max_size=2), inner, max_size=3),
    max_leaves=8,
)
records = st.dictionaries(st.sampled_from(["a", "b", "c", "d"]), values, max_size=4)


@given(records)
def test_other_fields_stay_and_nothing_raises(record: Record) -> None:
    functions: list[Function] = [
        rename({"a": "new"}), drop("a"), hashed("a", salt="s"), flatten("a", separator="/"),
        only_if("a", [1, "x", None]), only_if("a.b", bool), tombstones("a"), tombstones("a.b", [1, None]),
    ]  # fmt: skip
    others = {name: value for name, value in record.items() if name != "a"}
    for function in functions:
        made = function(deepcopy(record))
        assert made is None or others.items() <= made.items()
        assert made is None or "a" in record or made == record


@given(records)
def test_renaming_there_and_back_is_the_identity(record: Record) -> None:
    there, back = rename({"a": "x", "b": "a", "c": "b"}), rename({"x": "a", "a": "b", "b": "c"})
    assert back(there(deepcopy(record))) == record


def leaves(value: Any) -> list[str]:
    """Every value that is no object, as text."""
    if isinstance(value, dict):
        return sorted(leaf for inner in value.values() for leaf in leaves(inner))
    return [json.dumps(value, sort_keys=True)]


@given(records, st.none() | st.integers(1, 3))
def test_flattening_loses_no_value(record: Record, depth: int | None) -> None:
    made = flatten("a", "b", "c", "d", separator="/", depth=depth)(deepcopy(record))
    assert leaves(made) == leaves(record)
    assert depth is not None or not any(isinstance(value, dict) and value for value in made.values())


@given(values, values)
def test_hashes_are_equal_when_their_values_are(one: Any, other: Any) -> None:
    def hash_of(value: Any) -> Any:
        return hashed("a", salt="s")({"a": deepcopy(value)})["a"]

    assert hash_of(one) == hash_of(one)
    assert hash_of(one) is None or re.fullmatch("[0-9a-f]{64}", hash_of(one))
    if isinstance(one, str) and isinstance(other, str):
        assert (hash_of(one) == hash_of(other)) == (one == other)


# The schema


def test_the_columns_after_transforms() -> None:
    assert columns(Transform("a", rename({"pay": "salary", "unknown": "else"}))) == {
        **{name: kind for name, kind in TABLE.columns.items() if name != "pay"},
        "salary": "DOUBLE",
    }
    assert "email" not in columns(Transform("a", drop("email")))
    assert columns(Transform("a", hashed("pay", salt="s")))["pay"] == "STRING"
    flat = columns(Transform("a", flatten("address"), columns={"address_city": "STRING"}))
    assert flat["address_city"] == "STRING"
    assert "address" not in flat
    assert columns(Transform("a", dict, columns={"pay": "STRING"}, removes=["pay", "email"]))["pay"] == "STRING"
    assert columns(Transform("a", rename({"pay": "wage"})), Transform("b", rename({"wage": "pay"}))) == TABLE.columns
    assert columns(Transform("a", rename({"Team": "team"}))) == TABLE.columns
    assert columns(Transform("a", drop("pay"), default=False)) == TABLE.columns
    assert columns(Transform("a", tombstones("deleted")), Transform("b", only_if("pay", bool))) == TABLE.columns


def test_extra_tables_read_what_transforms_leave() -> None:
    salaries = Aggregate("salaries", by=["team"], measures={"salary": total("salary"), "n": count()})
    assembly = make(Transform("a", rename({"pay": "salary"})), extra_tables=[salaries])
    assert assembly.schema[1]["columns"] == {"team": "STRING", "salary": "DOUBLE", "n": "LONG"}
    warehouse = sync(assembly, [{"id": 1, "team": "x", "pay": 2.5}])
    assert warehouse.live("salaries") == {("x",): {"team": "x", "salary": 2.5, "n": 1}}
    with pytest.raises(PluginError, match=r"extra_tables\): pays reads pay, which an enabled transform of people takes away"):
        make(Transform("a", drop("pay")), extra_tables=[Aggregate("pays", by=["team"], measures={"pay": total("pay")})])


@pytest.mark.parametrize(
    ("transforms", "words"),
    [
        ([Transform("a", drop("id"))], ["a takes away id, which identifies the records of people"]),
        ([Transform("a", rename({"id": "key"}))], ["a takes away id"]),
        ([Transform("a", rename({"ID": "id"}))], ["a gives another field the name id", "as the API sends it"]),
        ([Transform("a", flatten("id"))], ["a takes away id"]),
        ([Transform("a", dict, removes=["id"])], ["a takes away id"]),
        (
            [Transform("a", tombstones("deleted")), Transform("b", hashed("id", salt="s"))],
            ["b changes id", "after a", "Put b first"],
        ),
        ([Transform("a", hashed("emial", salt="s"))], ["hashed names emial (did you mean email?)"]),
        (
            [Transform("a", rename({"pay": "team"}))],
            ["The column team of people is claimed twice", "test-plugin (connector_tables)"],
        ),
        ([Transform("a", rename({"x": "z"})), Transform("b", rename({"y": "z"}))], ["The column z of people is claimed twice"]),
        ([Transform("a", rename({"x": "z"})), DerivedField("z", len)], ["The column z of people is claimed twice"]),
        ([Transform("a", flatten("address"), columns={"pay": "LONG"})], ["The column pay of people is claimed twice"]),
        ([Transform("a", rename({"pay": "At"}))], ["at and At both become at"]),
    ],
)
def test_what_transforms_cannot_do_to_a_table(transforms: list[Transform | DerivedField], words: list[str]) -> None:
    with pytest.raises(PluginError) as caught:
        make(*transforms)
    for word in words:
        assert word in str(caught.value)


def test_columns_of_two_plugins_clash() -> None:
    def extension(transform: Transform) -> Plugin:
        return Plugin("my-extension", SimpleNamespace(connector_transforms=hookimpl(lambda: [transform])))

    for transform in (Transform("x", rename({"Team": "team"})), Transform("x", rename({"other": "salary"}))):
        with pytest.raises(PluginError, match=r"claimed twice, by test-plugin .* and by my-extension \(connector_transforms\)"):
            assemble([plugin(TABLE, transforms=[Transform("a", rename({"pay": "salary"}))]), extension(transform)])
    off = Transform("x", dict, default=False, columns={"team": "STRING"})
    with pytest.raises(PluginError, match="column team of people is claimed twice"):
        assemble([plugin(TABLE), extension(off)])


def test_show_says_what_a_transform_does() -> None:
    assembly = make(Transform("a", hashed("email", salt="pepper")), Transform("b", only_if("pay", bool)))
    description = describe(assembly, dataset="people", versions={})
    assert [option["function"] for option in description["options"]] == [
        "puts a salted hash in the place of email",
        "keeps a record only where pay is as bool wants it",
    ]
    kinds = [(column["name"], column["type"], column["derived"]) for column in description["tables"][0]["columns"]]
    assert ("email", "STRING", False) in kinds


# Syncs


class Script:
    """A feed of these records."""

    def __init__(self, records: list[Record]) -> None:
        self.records = records

    def page(self, cursor: str | None, page_size: int) -> FeedPage:
        start = int(cursor or 0)
        more = start + page_size < len(self.records)
        chosen = deepcopy(self.records[start : start + page_size])
        return FeedPage(chosen, str(start + page_size) if more else None, more)


def sync(assembly: Assembly, feed: list[Record]) -> Warehouse:
    warehouse = Warehouse(assembly)
    run(assembly, warehouse, FakeApi({"people": Script(feed)}), 4)
    return warehouse


def test_the_log_counts_what_each_transform_leaves_out() -> None:
    assembly = make(Transform("paid", only_if("pay", bool)), Transform("gone", tombstones("deleted")))
    feed = [{"id": number, "pay": number % 3, "deleted": number % 5 == 0} for number in range(30)]
    warehouse = Warehouse(assembly)
    log = run(assembly, warehouse, FakeApi({"people": Script(feed)}), 7)
    kept = [record for record in feed if record["pay"] and not record["deleted"]]
    assert sorted(warehouse.live("people")) == [(record["id"],) for record in kept]
    gone = sum(1 for record in feed if record["pay"] and record["deleted"])
    assert log.infos[-1] == f"people: {len(kept)} records from 5 pages, {30 - len(kept)} left out (paid 10, gone {gone})"
    assert warehouse.count("delete") == 30 - len(kept)


def test_a_sync_that_leaves_everything_out_still_makes_checkpoints() -> None:
    assembly = make(Transform("paid", only_if("pay", bool, optional=True)))
    warehouse = Warehouse(assembly)
    run(assembly, warehouse, FakeApi({"people": Script([{"id": number} for number in range(500)])}), 50)
    assert warehouse.count("checkpoint") == 5
    assert not warehouse.live("people")


def test_a_record_is_left_out_in_one_sync_and_back_in_the_next() -> None:
    teams = Aggregate("teams", by=["team"], measures={"n": count()})
    for extra_tables in ([], [teams]):
        assembly = make(Transform("paid", only_if("pay", bool)), extra_tables=extra_tables)
        warehouse = Warehouse(assembly)
        feed: list[Record] = [{"id": 1, "team": "x", "pay": 1.0}, {"id": 2, "team": "x", "pay": 1.0}]
        for pay, ids in ((0, [2]), (3.0, [1, 2]), (None, [2])):
            feed.append({"id": 1, "team": "x", "pay": pay})
            log = run(assembly, warehouse, FakeApi({"people": Script(feed)}), 2)
            assert sorted(warehouse.live("people")) == [(number,) for number in ids]
            assert_exact(assembly, warehouse)
            assert "left out (paid " in log.infos[-1]


def test_a_key_is_hashed_before_its_record_is_deleted() -> None:
    table = Table("people", "/people", "people", ["email"], {"email": "STRING", "deleted": "BOOLEAN"})
    assembly = make(Transform("h", hashed("email", salt="s")), Transform("gone", tombstones("deleted")), table=table)
    feed: list[Record] = [{"email": "a"}, {"email": "b"}, {"email": "a", "deleted": True}]
    assert list(sync(assembly, feed).live("people")) == [(sha256(b"sb").hexdigest(),)]


TEAMS = Aggregate("teams", by=["team"], measures={"n": count(), "pay": total("pay")})
NAMES = Dimension("newest", key=["team"], columns=["email"], newest="at")


def tombstoned(table: Table) -> Assembly:
    return make(Transform("gone", tombstones("deleted", optional=True)), extra_tables=[TEAMS, NAMES], table=table)


def people(seed: int) -> LogFeed:
    """A log in which every second change is a tombstone, which has nothing but its key; some come back later."""

    def new(number: int, random: Any) -> Record:
        return {"id": number, "team": random.choice(["x", "y", None]), "pay": random.choice([0.5, 2, None]), "at": number % 3,
                "email": random.choice("ab"), "deleted": random.random() < 0.1}  # fmt: skip

    def change(record: Record, random: Any) -> Record:
        return {"id": record["id"], "deleted": True} if random.random() < 0.5 else new(record["id"], random)

    return LogFeed(Sample(count=8, make=new, change=change), "id", seed)


def check(assembly: Assembly, warehouse: Warehouse, feed: LogFeed) -> None:
    alive = {(record["id"],): record for record in feed.records() if not record["deleted"]}
    live = warehouse.live("people")
    assert live.keys() == alive.keys()
    assert all(record.items() <= live[key].items() for key, record in alive.items())
    assert_exact(assembly, warehouse)


def test_with_tombstones_extra_tables_do_not_add_to_totals() -> None:
    plan = tombstoned(APPEND_ONLY).tables[0]
    assert plan.repeats
    assert "made from its live rows, of which the state keeps" in reading(plan)
    assert not make(Transform("paid", only_if("pay", bool)), table=APPEND_ONLY).tables[0].repeats


@pytest.mark.parametrize("table", [TABLE, APPEND_ONLY], ids=["sent again", "declared append-only"])
@given(
    seed=st.integers(0, 100),
    history=st.lists(
        st.tuples(st.integers(0, 4), st.integers(0, 5), st.sampled_from([2, 5]), st.none() | st.integers(0, 30), st.booleans()),
        min_size=1,
        max_size=5,
    ),
)
def test_tombstones_over_histories(table: Table, seed: int, history: list[tuple[int, int, int, int | None, bool]]) -> None:
    assembly, feed = tombstoned(table), people(seed)
    warehouse = Warehouse(assembly)
    for appended, changed, page_size, crash, rolled_back in history:
        feed.append(appended)
        feed.change(changed)
        warehouse.crash_at(crash)
        try:
            run(assembly, warehouse, FakeApi({"people": feed}), page_size, checkpoints=OFTEN)
            check(assembly, warehouse, feed)
        except Crash:
            if rolled_back:
                warehouse.roll_back()
    warehouse.crash_at(None)
    run(assembly, warehouse, FakeApi({"people": feed}), 5, checkpoints=OFTEN)
    check(assembly, warehouse, feed)


@pytest.mark.parametrize("extras", [True, False], ids=["with extra tables", "incremental"])
def test_tombstones_and_a_crash_at_any_operation(extras: bool) -> None:
    assembly = tombstoned(TABLE) if extras else make(Transform("gone", tombstones("deleted")))
    for number, after, rolled_back in product(range(60), [False, True], [False, True]):
        feed, warehouse = people(3), Warehouse(assembly)
        run(assembly, warehouse, FakeApi({"people": feed}), 4, checkpoints=OFTEN)
        feed.change(6)
        warehouse.crash_at(number, after=after)
        with suppress(Crash):
            run(assembly, warehouse, FakeApi({"people": feed}), 4, checkpoints=OFTEN)
        if rolled_back:
            warehouse.roll_back()
        warehouse.crash_at(None)
        feed.change(2)
        run(assembly, warehouse, FakeApi({"people": feed}), 4, checkpoints=OFTEN)
        check(assembly, warehouse, feed)


def test_a_group_that_goes_right_before_a_crash_and_comes_back_as_it_was() -> None:
    """Its delete arrived, and the state of the crashed sync must not take its row for one that is there."""
    teams = Aggregate("teams", by=["team"], measures={"n": count()})
    assembly = make(Transform("gone", tombstones("deleted", optional=True)), extra_tables=[teams])
    for crash in range(8):
        feed: list[Record] = [{"id": 1, "team": "x"}]
        warehouse = Warehouse(assembly)
        run(assembly, warehouse, FakeApi({"people": Script(feed)}))
        feed.append({"id": 1, "deleted": True})
        warehouse.crash_at(crash, after=True)
        with suppress(Crash):
            run(assembly, warehouse, FakeApi({"people": Script(feed)}))
        warehouse.crash_at(None)
        feed.append({"id": 1, "team": "x"})
        run(assembly, warehouse, FakeApi({"people": Script(feed)}))
        assert warehouse.live("teams") == {("x",): {"team": "x", "n": 1}}, f"crash after operation {crash}"


# docs/sources.md

SOURCES = (ROOT / "docs" / "sources.md").read_text(encoding="utf-8")
SECTIONS = "".join(SOURCES.partition(f"\n## {title}\n")[2].partition("\n## ")[0] for title in ("Records", "Deletes"))
ELSEWHERE = {
    "Where the records are",
    "Nothing, in the words of the API",
    "JSON lines and CSV",
    "XML",
    "Zip archives",
    "Form-encoded requests",
    "Undeclared fields",
    "Derived fields",
    "Transforms",
    "A list of deleted keys",
    "A table that is replaced",
    "Rows made of an answer",
    "A table without a key",
    "Deletes that another table tells of",
    "Rows that are no longer there",
}
EXAMPLES = {
    title: example
    for title, example in re.findall(r"^### (.+?)$.*?^```python\n(.*?)^```$", SECTIONS, re.M | re.S)
    if title not in ELSEWHERE  # tests/house/test_source_examples.py, test_reach_examples.py
}
SHIFTS = Table("crew_shifts", "/shifts", "shifts", ["id"], {"id": "LONG", "email": "STRING", "st": "STRING", "address": "JSON"})
SHIFT: Record = {
    "id": 1,
    "mbr": "M1",
    "st": "x",
    "notes": "n",
    "email": "a",
    "address": {"city": "Ulm", "geo": {"lat": 1.0, "lon": 2.0}},
}
BECOMES: dict[str, Record] = {
    "Rename": {"member_id": "M1", "state": "x"},
    "Drop": {},
    "Hash": {"email": sha256(b"crew shifts 2026a").hexdigest()},
    "Flatten": {"address_city": "Ulm", "address_geo_lat": 1.0, "address_geo_lon": 2.0},
    "Filter": {"status": {"code": "done"}},
    "Tombstones": {},
}
LEAVES_OUT: dict[str, Record] = {"Filter": {"status": {"code": "planned"}}, "Tombstones": {"deleted_at": "2026-01-01"}}


@pytest.mark.parametrize("title", EXAMPLES)
def test_the_examples_of_the_page_do_what_it_says(title: str) -> None:
    module = ModuleType("connector_crew")
    exec(compile(EXAMPLES[title], "sources.md", "exec"), module.__dict__)  # noqa: S102  (our own page)
    assembly = assemble([plugin(SHIFTS), Plugin("connector-crew", module)])
    warehouse = Warehouse(assembly)
    sent = {**SHIFT, "status": {"code": "done"}} if title == "Filter" else SHIFT
    feed = [sent, {"id": 2, **LEAVES_OUT.get(title, {"deleted_at": None})}]
    run(assembly, warehouse, FakeApi({"crew_shifts": Script(feed)}))
    assert len(warehouse.live("crew_shifts")) == (1 if title in LEAVES_OUT else 2)
    assert BECOMES[title].items() <= warehouse.live("crew_shifts")[(1,)].items()
    assert ("notes" in warehouse.live("crew_shifts")[(1,)]) == (title != "Drop")


def test_the_page_has_an_example_of_each_function() -> None:
    assert list(EXAMPLES) == list(BECOMES)
    assert SECTIONS.count("\n### ") == SECTIONS.count("```python")
