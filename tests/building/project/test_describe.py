"""A description says what a connector is made of, in JSON and in print, and never more than it should."""

import io
import json
from collections.abc import Iterable
from typing import Any

import pytest
from rich.console import Console

import connector_fts
import connector_mso
from connector_build.project.describe import describe
from connector_build.project.described import show, show_list
from connector_build.project.readme import readme
from connector_core import (
    Aggregate,
    ApiKeyHeader,
    Budget,
    Column,
    CursorPaginator,
    DerivedField,
    FullRead,
    KeysetPaginator,
    NextLinkPaginator,
    OffsetPaginator,
    PageNumberPaginator,
    Paginator,
    Setting,
    Table,
    Transform,
    UpdatedSince,
    Windows,
    base_url,
    count,
    fail,
    hookimpl,
    ignore,
    repeated_page,
    short_page,
    tombstones,
    total,
    wait_until,
)
from connector_core.plugin.assembly import Assembly, Plugin, assemble
from support import plugin


class Appending:
    """A dataset whose feed only appends; its auth is a function."""

    @hookimpl
    def connector_tables(self) -> list[Table]:
        columns = {"id": "LONG", "cost": "DOUBLE"}
        return [Table("logs", "/logs", "logs", ("id",), columns, append_only=True)]

    @hookimpl
    def connector_auth(self) -> Any:
        def signed(configuration: Any) -> Any:
            return ApiKeyHeader("key")(configuration)

        return signed

    @hookimpl
    def connector_transforms(self, table: Table) -> list[Transform]:
        return [Transform("only_new", lambda record: record)]

    @hookimpl
    def connector_extra_tables(self, table: Table) -> list[Aggregate]:
        return [Aggregate("by_id", by=("id",), measures={"n": count(), "sum": total("cost")})]

    @hookimpl
    def connector_settings(self) -> list[Setting]:
        return [
            base_url("https://example.com"),
            Setting("token", secret=True),
            Setting("days", default="3", kind="integer", minimum=1),
        ]

    @hookimpl
    def connector_paginator(self) -> CursorPaginator:
        return CursorPaginator(incremental=True)


class Whole(Appending):
    """The same, read whole in each sync."""

    @hookimpl
    def connector_paginator(self) -> CursorPaginator:
        return CursorPaginator()


class Personal(Appending):
    """The same, of a table that changes, with personal data and an extra table that is off."""

    @hookimpl
    def connector_tables(self) -> list[Table]:
        return [Table("logs", "/logs", "logs", ("id",), {"id": "STRING", "cost": Column("DOUBLE", pii=True)})]

    @hookimpl
    def connector_transforms(self, table: Table) -> list[Transform]:
        return []

    @hookimpl
    def connector_extra_tables(self, table: Table) -> list[Aggregate]:
        return [Aggregate("by_id", by=("id",), measures={"sum": total("cost")}, default=False)]


def of(module: object, name: str, *enable: str) -> Assembly:
    return assemble([Plugin(name, module, "0.1.0")], enable)


def described(module: object, name: str, *enable: str) -> dict[str, Any]:
    made = describe(of(module, name, *enable), dataset=name.removeprefix("connector-"), versions={})
    assert json.loads(json.dumps(made)) == made
    return made


def printed(description: dict[str, Any], *, width: int = 80, terminal: bool = False) -> str:
    console = Console(file=io.StringIO(), width=width, force_terminal=terminal, highlight=False, no_color=True)
    show(description, console)
    return console.file.getvalue()  # type: ignore[attr-defined,no-any-return]


def by_name(parts: Iterable[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {part["name"]: part for part in parts}


def test_fts() -> None:
    made = described(connector_fts, "connector-fts", "cost_per_hour")
    assert made["plugins"] == [{"name": "connector-fts", "version": "0.1.0"}]
    assert made["auth"] == {
        "value": "ApiKeyHeader(header='api_key', setting='api_key')",
        "words": "the setting api_key in the header api_key",
        "from": {"plugin": "connector-fts", "hook": "connector_auth"},
    }
    settings = by_name(made["settings"])
    assert list(settings) == ["api_key", "base_url", "page_size", "max_answer_mb"]
    assert settings["api_key"]["secret"]
    assert settings["api_key"]["required"]
    assert (settings["page_size"]["minimum"], settings["page_size"]["maximum"]) == (1, 200)
    assert settings["page_size"]["from"] == {"plugin": "connector-core", "hook": "connector_settings"}
    (table,) = made["tables"]
    assert table["primary_key"] == ["record_id"]
    assert table["paginator"]["value"].startswith("CursorPaginator(param='cursor'")
    assert by_name(table["columns"])["cost_per_hour"] == {
        "name": "cost_per_hour",
        "type": "DOUBLE",
        "derived": True,
        "description": "maintenance_cost divided by downtime_hours; 0 where downtime_hours is not above 0",
        "pii": False,
    }
    assert not by_name(table["columns"])["log_date"]["derived"]
    options = by_name(made["options"])
    assert options["cost_per_hour"]["enabled"]
    assert not options["cost_per_hour"]["default"]
    assert options["fts_technicians"]["by"] == ["technician_id"]
    assert options["fts_technicians"]["measures"]["total_tasks"] == "number of records"
    assert options["fts_technicians"]["measures"]["total_maintenance_cost"] == "sum of maintenance_cost"


def test_a_dimension() -> None:
    option = by_name(described(connector_mso, "connector-mso")["options"])["mso_products"]
    assert (option["kind"], option["by"], option["newest"]) == ("dimension", ["product_id"], "last_updated_epoch")
    assert "product_name" in option["columns"]


def test_what_a_sync_reads() -> None:
    (off,) = described(connector_fts, "connector-fts")["tables"]
    assert off["reads"] == "from the cursor on"
    assert "incrementally" in off["reading"]
    assert off["reading"].endswith("picks up what was added since.")
    (on,) = described(connector_fts, "connector-fts", "fts_technicians")["tables"]
    assert on["reads"] == "from the cursor on"
    assert "made from its live rows, of which the state keeps record_id, technician_id, maintenance_cost" in on["reading"]
    assert "a sync reads the whole of fts_records" in on["reading"]
    (off,) = described(Personal(), "connector-logs")["tables"]
    assert off["reads"] == "from the cursor on"
    assert off["reading"].endswith("With by_id on, each sync would read the whole feed.")
    (on,) = described(Personal(), "connector-logs", "by_id")["tables"]
    assert on["reads"] == "the whole feed"
    assert "the state does not keep what it had (cost: personal data), so each sync reads the whole of logs" in on["reading"]
    (whole,) = described(Whole(), "connector-logs")["tables"]
    assert whole["reads"] == "the whole feed"
    assert whole["reading"] == (
        "logs is read whole in each sync, from its start; rows that did not change are not sent again. by_id is made from it; "
        "rows are sent only when they changed."
    )
    (appending,) = described(Appending(), "connector-logs")["tables"]
    assert appending["reads"] == "from the cursor on"
    assert "its totals are part of the state" in appending["reading"]


def test_error_rules_and_a_budget() -> None:
    class Ruled(Appending):
        @hookimpl
        def connector_tables(self) -> list[Table]:
            rules = [
                ignore(status=[404, 410]),
                fail(content=("error", "[gone]"), hint="Renew it."),
                wait_until(header="X-Reset", status=403),
            ]
            return [Table("logs", "/logs", "logs", ("id",), {"id": "LONG", "cost": "DOUBLE"}, errors=rules, budget=Budget(5, 60))]

    made = described(Ruled(), "connector-logs")
    assert made["tables"][0]["errors"] == [
        "ignore on status 404, 410",
        'fail on content error = "[gone]": Renew it.',
        "wait until header X-Reset on status 403",
    ]
    text = printed(made)
    assert '  errors     ignore on status 404, 410\n  errors     fail on content error = "[gone]": Renew it.\n' in text
    assert "  budget     5 requests in 60 s\n" in text
    without = described(connector_fts, "connector-fts")
    assert (without["tables"][0]["errors"], without["tables"][0]["budget"]) == ([], None)
    assert "  errors " not in printed(without)
    assert "  budget " not in printed(without)


def test_a_function_is_named_without_its_address() -> None:
    made = described(Appending(), "connector-logs")
    assert made["auth"]["value"].endswith("signed")
    assert "0x" not in json.dumps(made)


def test_versions_fill_in() -> None:
    assembly = assemble([Plugin("connector-fts", connector_fts)])
    made = describe(assembly, dataset="fts", versions={"connector-fts": "9.9"})
    assert made["plugins"] == [{"name": "connector-fts", "version": "9.9"}]


def test_piped_it_is_plain_and_not_folded() -> None:
    text = printed(described(connector_fts, "connector-fts", "fts_technicians"))
    assert "\x1b" not in text
    assert text.startswith("fts: connector-fts 0.1.0\n")
    for whole in (
        "https://sdk-demo-api-dot-internal-sales.uc.r.appspot.com",
        "Records in a page of the API. At least 1. At most 200.",
        "connector-core (connector_settings)",
        "total_tasks, number of records; total_maintenance_cost, sum of maintenance_cost",
        "GET /fts_data, under fts_records",
    ):
        assert whole in text


def test_in_a_terminal_it_fits() -> None:
    text = printed(described(connector_mso, "connector-mso"), width=70, terminal=True)
    assert "\x1b[1m" in text
    assert "efficiency_ratio" in text


def test_brackets_are_no_markup() -> None:
    made = described(connector_fts, "connector-fts")
    made["settings"][0]["description"] = "[red]key[/] in [brackets]"
    made["tables"][0]["records"] = "[/nothing]"
    text = printed(made)
    assert "[red]key[/] in [brackets]" in text
    assert "[/nothing]" in text


def test_no_options() -> None:
    made = described(connector_fts, "connector-fts")
    assert printed({**made, "options": []}).endswith("Can be switched with --enable and --disable\n  nothing\n")


@pytest.mark.parametrize("terminal", [False, True])
def test_list(terminal: bool) -> None:
    console = Console(file=io.StringIO(), width=120, force_terminal=terminal, no_color=True)
    sound = {"dataset": "fts", "distribution": "connector-fts", "version": "0.1.0", "summary": "tasks", "options": ["a", "b"]}
    broken = {**sound, "dataset": "list", "options": [], "problem": "list is a verb."}
    show_list([{**sound, "problem": None}, broken], console)
    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert "a, b" in text
    assert "list: list is a verb." in text


def test_an_empty_list_says_what_to_do() -> None:
    console = Console(file=io.StringIO())
    show_list([], console)
    assert "pip install" in console.file.getvalue()  # type: ignore[attr-defined]


def test_the_risks_that_a_plugin_takes_stand_in_the_description_and_in_the_readme() -> None:
    table = Table(
        "logs", "/logs", "logs", ["id"], {"id": "LONG"}, overrule=["has_more"], nothing="missing", errors=[ignore(status=404)]
    )
    paginator = FullRead(NextLinkPaginator("next", missing_ends=True))
    transforms = [Transform("gone", tombstones("deleted_at", optional=True))]
    assembly = assemble([plugin(table, paginator=paginator, transforms=transforms)])
    risks = [
        "has_more in an answer is overruled: where it says that there is more, the rest is not read.",
        "An answer that has no logs counts as one without records.",
        "An answer ends the feed without an error (ignore on status 404).",
        "An answer without next ends the feed.",
        "The transform gone goes by deleted_at also where no record has it.",
    ]
    assert describe(assembly, dataset="logs", versions={})["tables"][0]["risks"] == risks
    assert all(f"\n- {risk}\n" in readme("logs", assembly) for risk in risks)
    console = Console(file=io.StringIO(), width=200)
    show(describe(assembly, dataset="logs", versions={}), console)
    assert all(f"  risk       {risk}\n" in console.file.getvalue() for risk in risks)  # type: ignore[attr-defined]  # a StringIO


SAID = "cost | of <script>alert('it')</script>\n![x](http://elsewhere.example/x.png)"


def test_what_is_said_of_each_part_stands_in_show_and_in_the_readme() -> None:
    columns = {
        "id": Column("LONG", "identifier"),
        "name": Column("STRING", "who it was", pii=True),
        "cost": Column("DOUBLE", SAID),
    }
    table = Table("logs", "/logs", "logs", ["id"], columns, description="one entry")
    extra = Aggregate("names", ["name"], {"n": count(), "sum": total("cost", "in all")}, description="one person")
    share = DerivedField("share", len, description="of the whole")
    assembly = assemble([plugin(table, transforms=[share], extra_tables=[extra])])
    made = describe(assembly, dataset="logs", versions={})
    [described_table] = made["tables"]
    assert described_table["description"] == "one entry"
    assert by_name(described_table["columns"])["name"] == {
        "name": "name",
        "type": "STRING",
        "derived": False,
        "description": "who it was",
        "pii": True,
    }
    assert [option["description"] for option in made["options"]] == ["of the whole", "one person"]
    shown = printed(made, width=300)
    for words in ("  each row   one entry\n", "who it was", "personal data", "  share  of the whole\n", "  names  one person\n"):
        assert words in shown
    page = readme("logs", assembly)
    for line in ("Each row: one entry.", "Each row: one person.", "| `name` | STRING | who it was (personal data) |"):
        assert f"\n{line}\n" in page
    assert "| `sum` | DOUBLE | in all |" in page
    assert "<script>" not in page
    assert "](http" not in page
    assert "\n| `cost` | DOUBLE | cost &#124; of &#60;script&#62;alert('it')&#60;/script&#62; !&#91;x&#93;(http" in page


def test_a_plugin_that_takes_no_risk_is_not_accused_of_one() -> None:
    fts = assemble([Plugin("connector-fts", connector_fts)])
    [risk] = describe(fts, dataset="fts", versions={})["tables"][0]["risks"]
    assert risk.startswith("A record that changes without coming again behind the last cursor keeps its old values")
    assert "ends the feed" not in readme("fts", fts)
    table = Table("logs", "/logs", "logs", ["id"], {"id": "LONG"})
    for paginator in (CursorPaginator(), KeysetPaginator("after", "id"), OffsetPaginator(), NextLinkPaginator(keep=["a"])):
        assembly = assemble([plugin(table, paginator=paginator)])
        assert describe(assembly, dataset="logs", versions={})["tables"][0]["risks"] == []


@pytest.mark.parametrize(
    ("paginator", "words"),
    [
        (CursorPaginator(incremental=True), "because the plugin says incremental=True"),
        (KeysetPaginator("after", "id", incremental=True), "comes late with an older id, is not read again"),
        (UpdatedSince("since", "at"), "without a new at is not read again"),
        (UpdatedSince("since", "at", OffsetPaginator()), "Pages by number or offset shift"),
        (Windows("from", "to", 1, 9), "in a window before the last two that had records is not read again"),
        (OffsetPaginator(stop=[short_page("limit")]), "A page with fewer records than were asked for ends the feed"),
        (PageNumberPaginator(stop=[repeated_page()]), "A page with the same records as another ends the feed"),
        (NextLinkPaginator(keep=[]), "because the plugin says keep=[]"),
    ],
)
def test_each_part_that_takes_a_risk_names_it(paginator: Paginator, words: str) -> None:
    assembly = assemble([plugin(Table("logs", "/logs", "logs", ["id"], {"id": "LONG"}), paginator=paginator)])
    assert any(words in risk for risk in describe(assembly, dataset="logs", versions={})["tables"][0]["risks"])
