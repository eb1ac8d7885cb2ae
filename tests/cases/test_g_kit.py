"""Cases of kind G: the kit itself. A right plugin passes its contract, whatever its tables look like; a wrong word is found."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from connector_build.testing import Finding, check_contract
from distributions import connector_build, install_dataset

HEAD = """
from connector_core import *
from connector_core import base_url, hookimpl, page_size


@hookimpl
def connector_settings():
    return [base_url("https://api.example.com"), page_size(10, maximum=100)]
"""
ITEMS = """
@hookimpl
def connector_tables():
    return [Table("case_items", "/items", "items", ["id"], {"id": "STRING", "cost": "DOUBLE", "day": "NAIVE_DATE"})]
"""
MAIN = ("paginator_ends", "paginator_advances", "bookmarks", "exact_tables")
TRANSFORMS = ("transforms_take_any_record", "transforms_keep_nothing", "derived_fields_only_read")

Check = Callable[..., dict[str, Finding]]


@pytest.fixture
def check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Check:
    """The findings about a plugin, by rule."""
    monkeypatch.syspath_prepend(tmp_path)

    def checked(
        dataset: str, source: str, rules: tuple[str, ...] = MAIN, pages: Path | None = None, options: tuple[str, ...] = ()
    ) -> dict[str, Finding]:
        install_dataset(tmp_path, dataset, HEAD + source, options=options)
        return {each.rule: each for each in check_contract(dataset, rules=rules, pages=pages)}

    return checked


def statuses(findings: Mapping[str, Finding]) -> set[tuple[str, str]]:
    return {(each.status, each.message) for each in findings.values()}


PASSED = {("pass", "")}

# G1: an answer that is one record

ONE = """
@hookimpl
def connector_tables():
    return [TABLES]


@hookimpl
def connector_paginator(table):
    return PAGES
"""
ACCOUNT = 'Table("account", "/account", "[data]", ["id"], {"id": "STRING", "plan": "STRING", "changed": "LONG"}EXTRA)'
USERS = 'Table("users", "/users", "data", ["id"], {"id": "STRING"})'
PROFILE = (
    'Table("profiles", "/users/{parent.id}/profile", "[profile]", ["user"], {"user": "STRING", "mail": "STRING"}, '
    'parent=Parent("users", {"user": "id"}))'
)


@pytest.mark.parametrize(
    ("name", "tables", "pages"),
    [
        ("account", ACCOUNT.replace("EXTRA", ""), "SinglePage()"),
        ("whole_answer", ACCOUNT.replace("EXTRA", "").replace("[data]", "[@]"), "SinglePage()"),
        ("nested", ACCOUNT.replace("EXTRA", "").replace("[data]", "[answer.data]"), "SinglePage()"),
        ("replaced", ACCOUNT.replace("EXTRA", ", full_refresh=True"), "SinglePage()"),
        ("first_of_a_list", ACCOUNT.replace("EXTRA", "").replace("[data]", "data[0].accounts"), "SinglePage()"),
        ("since", ACCOUNT.replace("EXTRA", ""), 'UpdatedSince("since", newest="changed")'),
        ("profiles", f"{USERS}, {PROFILE}", 'SinglePage() if table.name == "profiles" else CursorPaginator()'),
    ],
)
def test_g1_one_record_in_place_of_a_list(name: str, tables: str, pages: str, check: Check) -> None:
    assert statuses(check(f"g1_{name}", ONE.replace("TABLES", tables).replace("PAGES", pages))) == PASSED


# G2: tables that share an address

SHARED = """
COLUMNS = {"id": "STRING", "amount": "LONG"}


@hookimpl
def connector_tables():
    return [
        Table("orders", "/report", "ORDERS", ["id"], COLUMNS),
        Table("customers", "/report", "CUSTOMERS", ["id"], COLUMNS),
        Table("others", "/others", "others", ["id"], COLUMNS),
    ]


@hookimpl
def connector_paginator(table):
    return PAGES
"""


@pytest.mark.parametrize(
    ("name", "pages"),
    [
        ("single", "SinglePage()"),
        ("cursor", "CursorPaginator()"),
        ("link", 'NextLinkPaginator("links.next", size_param="n")'),
        ("header", 'LinkHeaderPaginator(size_param="n")'),
        ("offset", 'OffsetPaginator(stop=[total_reached("meta.total")])'),
        ("page", 'PageNumberPaginator(stop=[last_page("meta.pages")])'),
        ("empty_page", "PageNumberPaginator()"),
        ("keyset", 'KeysetPaginator("after", "id", stop=[no_more("meta.more")])'),
    ],
)
def test_g2_two_tables_at_one_path(name: str, pages: str, check: Check) -> None:
    source = SHARED.replace("ORDERS", "data.orders").replace("CUSTOMERS", "data.customers").replace("PAGES", pages)
    assert statuses(check(f"g2_{name}", source)) == PASSED


def test_g2_two_tables_from_one_list(check: Check) -> None:
    source = SHARED.replace("ORDERS", "rows").replace("CUSTOMERS", "rows").replace("PAGES", "CursorPaginator()")
    assert statuses(check("g2_one_list", source)) == PASSED


def test_g2_two_tables_from_one_list_told_apart_by_a_transform(check: Check) -> None:
    below = """
@hookimpl
def connector_transforms(table):
    wanted = {"orders": 0, "customers": 1}
    return [Transform(f"only_{table.name}", only_if("amount", [0, 1, 7]), default=True)] if table.name in wanted else []
"""
    source = SHARED.replace("ORDERS", "rows").replace("CUSTOMERS", "rows").replace("PAGES", "OffsetPaginator()")
    assert statuses(check("g2_filtered", source + below)) == PASSED


def test_g2_two_tables_told_apart_by_a_parameter_that_only_one_has(check: Check) -> None:
    source = """
@hookimpl
def connector_tables():
    every = Table("every", "/items", "items", ["id"], {"id": "STRING"})
    return [every, Table("sold", "/items", "items", ["id"], {"id": "LONG"}, params={"state": "sold"})]
"""
    assert statuses(check("g2_parameter", source)) == PASSED


def test_g2_siblings_below_one_parent(check: Check) -> None:
    source = """
@hookimpl
def connector_tables():
    of = {"parent": Parent("users", {"user": "id"})}
    return [
        Table("users", "/users", "data", ["id"], {"id": "STRING"}),
        Table("mails", "/users/{parent.id}/all", "mails", ["user", "id"], {"user": "STRING", "id": "LONG"}, **of),
        Table("calls", "/users/{parent.id}/all", "calls", ["user", "id"], {"user": "STRING", "id": "LONG"}, **of),
    ]
"""
    assert statuses(check("g2_siblings", source)) == PASSED


# G3: derived fields expect values of their declared type

NULL_SAFE = """
def per_day(record):
    cost = record.get("cost")
    return None if cost is None else round(cost / 30, 2)


def week(record):
    from datetime import date, timedelta

    day = record.get("day")
    return None if day is None else (date.fromisoformat(day) + timedelta(days=7)).isoformat()


@hookimpl
def connector_transforms(table):
    return [
        DerivedField("per_day", per_day, default=False),
        DerivedField("next_week", week, type="NAIVE_DATE", default=False),
        DerivedField("short", lambda record: record["id"][:3], type="STRING", default=False),
    ]
"""


def test_g3_a_null_safe_field_that_expects_numbers(check: Check) -> None:
    assert statuses(check("g3_null_safe", ITEMS + NULL_SAFE, (*TRANSFORMS, *MAIN))) == PASSED


@pytest.mark.parametrize(
    ("name", "function", "on"),
    [
        ("null", 'record["cost"] * 2', "nothing but its key with KeyError"),
        ("none", '"cost" in record and record["cost"] * 2', "null in every field with TypeError"),
        ("zero", 'record.get("cost") is not None and 1 / record["cost"]', "nothing in every field with ZeroDivisionError"),
        ("negative", 'record.get("cost") and __import__("math").sqrt(record["cost"])', "a negative value in every field with"),
        (
            "day",
            'record.get("day") is not None and int(record["day"][-2:]) // (record["day"] < "2030")',
            "a large value in every",
        ),
        ("empty", 'record.get("name") is not None and record["name"][0]', "nothing in every field with IndexError"),
    ],
)
def test_g3_each_edge_of_a_type_is_tried(name: str, function: str, on: str, check: Check) -> None:
    items = ITEMS.replace('"day"', '"name": "STRING", "day"')
    below = f"""
@hookimpl
def connector_transforms(table):
    return [DerivedField("made", lambda record: {function}, default=False)]
"""
    found = check(f"g3_{name}", items + below, ("transforms_take_any_record",))["transforms_take_any_record"]
    assert found.status == "fail"
    assert f"made fails on a record with {on}" in found.message


def test_g3_a_rule_that_cannot_be_checked_switches_no_other_off(check: Check) -> None:
    """Its API cannot be made up, so the rules about pages cannot be checked; but each of them says so by itself."""
    below = """
@hookimpl
def connector_paginator(table):
    return FunctionPaginator(lambda request, page: None)
"""
    findings = check("g3_switches", ITEMS + below, (*MAIN, "survives_faults"))
    assert {each.status for each in findings.values()} == {"skip"}
    assert {each.message.partition(". ")[0] for each in findings.values()} == {"Its API cannot be made up"}


# G4: one table whose API cannot be made up

LEDGER = """
@hookimpl
def connector_tables():
    return [
        Table("ledger", "/ledger", RECORDS, ["id"], {"id": "LONG"}),
        Table("items", "/items", "items", ["id"], {"id": "STRING"}),
        Table("lines", "/ledger/{parent.id}", "lines", ["id", "of"], {"id": "LONG", "of": "LONG"},
              parent=Parent("ledger", {"of": "id"})),
    ]


@hookimpl
def connector_paginator(table):
    return PAGES if table.name == "ledger" else CursorPaginator()
"""
FUNCTION = (
    "FunctionPaginator(lambda request, page: request.placed('query', 'at', page.get('more')) if page.get('more') else None)"
)


@pytest.mark.parametrize(
    ("name", "pages", "records", "why"),
    [
        ("function", FUNCTION, "'rows'", "its paginator is a FunctionPaginator, and how the API answers it cannot be told"),
        ("stop_rule", "OffsetPaginator(stop=[lambda request, page: not page.records])", "'rows'", "is a function, and what that"),
        ("jmespath", "CursorPaginator()", "'rows[].{id: number}'", "its records, at 'rows[].{id: number}', cannot be made up"),
    ],
)
def test_g4_the_other_tables_are_checked(name: str, pages: str, records: str, why: str, check: Check) -> None:
    source = LEDGER.replace("RECORDS", records).replace("PAGES", pages)
    findings = check(f"g4_{name}", source)
    assert {each.status for each in findings.values()} == {"pass"}
    for each in findings.values():
        assert each.message.startswith("Not checked for ledger: ")
        assert why in each.message
        assert "lines: its parent's API cannot be made up. Give recorded pages of the API" in each.message


EXPRESSIONS = {
    "each": "rows[*].entry",
    "values": "values(rows)",
    "projection": "rows.*",
    "flattened": "rows[].entries[]",
    "or_none": "rows || `[]`",
    "not_null": "not_null(rows, `[]`)",
    "slice": "rows[:100]",
    "list": "to_array(rows)",
}


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_g4_expressions_that_can_be_made_up_are(name: str, check: Check) -> None:
    assert statuses(check(f"g4_{name}", ITEMS.replace('"/items", "items"', f'"/items", "{EXPRESSIONS[name]}"'))) == PASSED


@pytest.mark.parametrize(("name", "path"), [("filter", "rows[?kind=='ledger'].entry"), ("hash", "rows[].{id: number}")])
def test_g4_one_that_cannot_is_not_taken_for_one_that_can(name: str, path: str, check: Check) -> None:
    findings = check(f"g4_not_{name}", ITEMS.replace('"/items", "items"', f'"/items", "{path}"'))
    assert {each.status for each in findings.values()} == {"skip"}


def test_g4_recorded_pages_stand_in(check: Check, tmp_path: Path) -> None:
    """What was recorded of the ledger stands in for its API, and is read beside the one that is made up for the others."""
    import json

    def answer(target: str, body: object) -> dict[str, object]:
        return {"request": f"GET {target}", "status": 200, "headers": {}, "body": json.dumps(body)}

    ends = {"next_cursor": None, "has_more": False}
    answers = [
        answer("/ledger", {"rows": [{"id": 1}], "more": "2"}),
        answer("/ledger?at=2", {"rows": [{"id": 2}], "more": None}),
        answer("/items?page_size=10", {"items": [{"id": "a"}], **ends}),
        *(answer(f"/ledger/{number}?page_size=10", {"lines": [{"id": number}], **ends}) for number in (1, 2)),
    ]
    pages = tmp_path / "pages.json"
    pages.write_text(json.dumps({"page_size": 10, "answers": answers}))
    source = LEDGER.replace("RECORDS", "'rows'").replace("PAGES", FUNCTION)
    assert statuses(check("g4_recorded", source, pages=pages)) == PASSED
    pages.write_text(json.dumps({"page_size": 10, "answers": answers[:1]}))
    failed = {each.rule: each.message for each in check_contract("g4_recorded", rules=MAIN, pages=pages) if each.status == "fail"}
    assert "GET /ledger?at=2 is not in the recording" in failed["paginator_ends"]


def test_g4_the_command_says_what_was_checked_in_part(tmp_path: Path) -> None:
    install_dataset(tmp_path, "g4_command", HEAD + LEDGER.replace("RECORDS", "'rows'").replace("PAGES", FUNCTION))
    done = connector_build("check", "g4_command", "--rule", ",".join(MAIN), path=tmp_path, cwd=tmp_path)
    assert done.returncode == 0, done.stdout
    assert done.stdout.count("in part") == 5
    assert f"in part: {', '.join(MAIN)}: Not checked for ledger: its paginator is a FunctionPaginator" in done.stdout
    assert done.stdout.endswith("4 rules: 4 pass, 0 fail, 0 not checked\n")


# G5: options in the metadata that the hooks do not have

TOTALS = """
@hookimpl
def connector_extra_tables(table):
    return [Aggregate("DATASET_totals", ["day"], {"items": count()}, default=False)]
"""


@pytest.mark.parametrize(
    ("name", "option", "words"),
    [
        ("misspelt", "DATASET.DATASET_total", "which no hook offers (did you mean DATASET_totals?)"),
        ("gone", "DATASET.something_of_before", "which no hook offers. Correct the entry point"),
        ("other_dataset", "nobody.nobody_totals", "which is of no installed dataset. Write DATASET.OPTION"),
        ("no_dataset", "DATASET_totals", "which is of no installed dataset"),
    ],
)
def test_g5_an_option_that_the_hooks_do_not_have(name: str, option: str, words: str, check: Check, tmp_path: Path) -> None:
    dataset = f"g5_{name}"
    named = option.replace("DATASET", dataset)
    source = ITEMS + TOTALS.replace("DATASET", dataset)
    found = check(dataset, source, ("options",), options=(f"{dataset}.{dataset}_totals", named))["options"]
    assert found.status == "fail"
    assert f"connector-{dataset} names the option '{named}' in its metadata, " in found.message
    assert words.replace("DATASET", dataset).replace(f"{dataset}.OPTION", "DATASET.OPTION") in found.message
    built = connector_build(dataset, path=tmp_path, cwd=tmp_path)
    assert built.returncode == 0, built.stderr
    assert f"  warning       connector-{dataset} names the option '{named}' in its metadata, " in built.stdout


def test_g5_right_options_pass_and_need_no_word(check: Check, tmp_path: Path) -> None:
    source = ITEMS + TOTALS.replace("DATASET", "g5_right")
    assert statuses(check("g5_right", source, ("options",), options=("g5_right.g5_right_totals",))) == PASSED
    assert "warning" not in connector_build("g5_right", path=tmp_path, cwd=tmp_path).stdout
