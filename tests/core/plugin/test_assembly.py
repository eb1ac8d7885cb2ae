"""Assembly: each hook asked once, the answers checked and laid at their plugin's door."""

from collections.abc import Callable, Sequence
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from attrs import evolve
from requests.auth import AuthBase

import connector_fts
import connector_mso
from connector_core import (
    Aggregate,
    ApiKeyHeader,
    Configuration,
    CursorPaginator,
    DerivedField,
    Dimension,
    NoAuth,
    PluginError,
    Setting,
    Table,
    Transform,
    base_url,
    count,
    hookimpl,
    page_size,
    total,
)
from connector_core.plugin.assembly import HOOKS, Assembly, Plugin, UnknownOptionError, assemble

FTS = Plugin("connector-fts", connector_fts, "0.1.0")
MSO = Plugin("connector-mso", connector_mso, "0.1.0")
SHIFTS = Table(
    "crew_shifts", "/shifts", "shifts", ("shift_id",), {"shift_id": "STRING", "crew": "STRING", "pay": "DECIMAL(15,2)"}
)
BREAKS = Table("breaks", "/breaks", "breaks", ("break_id",), {"break_id": "STRING"})


def plugin(distribution: str, **hooks: Any) -> Plugin:
    """A plugin of this name; a hook given as a function is used as it is, anything else is what the hook answers."""
    module = ModuleType(distribution.replace("-", "_"))
    for name, answer in hooks.items():
        setattr(module, name, answer if callable(answer) and hasattr(answer, "connector_core_impl") else _hook(name, answer))
    return Plugin(distribution, module)


def _hook(name: str, answer: Any) -> Callable[..., Any]:
    if name in ("connector_paginator", "connector_transforms", "connector_extra_tables"):

        def for_a_table(table: Table) -> Any:
            return answer

        return hookimpl(for_a_table)

    def plain() -> Any:
        return answer

    return hookimpl(plain)


def refusal(plugins: Sequence[Plugin], kind: type[PluginError] = PluginError, **options: Any) -> str:
    with pytest.raises(PluginError) as caught:
        assemble(plugins, **options)
    message = str(caught.value)
    assert isinstance(caught.value, kind)
    assert isinstance(caught.value, UnknownOptionError) == (kind is UnknownOptionError)
    assert message.isprintable()
    return message


def option_names(assembly: Assembly, *, enabled: bool) -> list[str]:
    return [option.name for option in assembly.options if option.enabled is enabled]


# What comes together


def test_the_core_answers_what_a_plugin_does_not() -> None:
    assembly = assemble([plugin("connector-crew", connector_tables=[SHIFTS])])
    [plan] = assembly.tables
    assert plan.paginator == CursorPaginator()
    assert str(plan.paginator_origin) == "connector-core (connector_paginator)"
    assert assembly.auth == NoAuth()
    assert str(assembly.auth_origin) == "connector-core (connector_auth)"
    assert [setting.name for setting in assembly.settings] == ["base_url", "page_size", "max_answer_mb"]
    assert [setting.required for setting in assembly.settings] == [True, False, False]
    assert assembly.options == ()
    assert plan.columns == SHIFTS.columns


def test_the_datasets_as_they_are() -> None:
    fts, mso = assemble([FTS]), assemble([MSO])
    assert [setting.name for setting in fts.settings] == ["api_key", "base_url", "page_size", "max_answer_mb"]
    assert str(fts.setting_origins["api_key"]) == "connector-fts (connector_auth)"
    assert str(fts.setting_origins["base_url"]) == "connector-fts (connector_settings)"
    assert str(fts.setting_origins["page_size"]) == "connector-core (connector_settings)"
    assert [(option.name, option.kind, option.enabled) for option in fts.options] == [
        ("cost_per_hour", "derived field", False),
        ("fts_technicians", "aggregate", False),
    ]
    assert [(option.name, option.kind, option.enabled) for option in mso.options] == [
        ("efficiency_ratio", "derived field", False),
        ("mso_products", "dimension", False),
    ]


def test_lists_are_in_the_order_core_dataset_extension() -> None:
    early, late = Transform("early", dict), Transform("late", dict)
    shifts = evolve(SHIFTS, params={"region": "{settings.region}", "zone": "{settings.zone}"})
    assembly = assemble(
        [
            plugin("dataset", connector_tables=[shifts], connector_transforms=[early], connector_settings=[Setting("region")]),
            plugin("extension", connector_transforms=[late], connector_settings=[Setting("zone")]),
        ]
    )
    assert [setting.name for setting in assembly.settings] == ["base_url", "page_size", "max_answer_mb", "region", "zone"]
    assert [transform.name for transform in assembly.tables[0].transforms] == ["early", "late"]


def only(wanted: Table, *answers: Any) -> Callable[..., Any]:
    """A hook that answers for one table."""

    @hookimpl
    def hook(table: Table) -> list[Any]:
        return list(answers) if table == wanted else []

    return hook


def test_tables_are_synced_in_the_order_of_the_plugins() -> None:
    assembly = assemble(
        [plugin("dataset", connector_tables=[SHIFTS]), plugin("extension", connector_tables=[BREAKS])],
    )
    assert [(plan.table.name, plan.origin.plugin) for plan in assembly.tables] == [
        ("crew_shifts", "dataset"),
        ("breaks", "extension"),
    ]


def test_of_a_hook_with_one_answer_the_extension_wins_over_the_dataset_and_the_dataset_over_the_core() -> None:
    dataset = plugin(
        "dataset", connector_tables=[SHIFTS], connector_auth=ApiKeyHeader("X-Key"), connector_paginator=CursorPaginator("after")
    )
    extension = plugin("extension", connector_auth=ApiKeyHeader("X-Other"), connector_paginator=CursorPaginator("from"))
    alone, extended = assemble([dataset]), assemble([dataset, extension])
    assert alone.auth == ApiKeyHeader("X-Key")
    assert alone.tables[0].paginator == CursorPaginator("after")
    assert extended.auth == ApiKeyHeader("X-Other")
    assert str(extended.auth_origin) == "extension (connector_auth)"
    assert extended.tables[0].paginator == CursorPaginator("from")
    assert extended.tables[0].paginator_origin.plugin == "extension"
    assert [setting.name for setting in extended.settings].count("api_key") == 1


def test_an_answer_of_none_leaves_it_to_the_others() -> None:
    nothing = dict.fromkeys(HOOKS)
    assembly = assemble([FTS, plugin("extension", **nothing)])
    assert assembly.auth == ApiKeyHeader("api_key")
    assert assembly.tables == assemble([FTS]).tables


def test_each_hook_is_asked_once_for_each_table() -> None:
    asked: list[str] = []

    def asking(name: str) -> Any:
        def for_a_table(table: Table) -> None:
            asked.append(f"{name} {table.name}")

        def plain() -> None:
            asked.append(name)

        one_table = name in ("connector_paginator", "connector_transforms", "connector_extra_tables")
        return hookimpl(for_a_table if one_table else plain)

    assemble([FTS, plugin("extension", **{name: asking(name) for name in HOOKS})])
    one = ["connector_auth", "connector_settings", "connector_tables"]
    each = ["connector_extra_tables fts_records", "connector_paginator fts_records", "connector_transforms fts_records"]
    assert sorted(asked) == sorted(one + each)


def test_a_hook_may_leave_out_its_argument() -> None:
    @hookimpl
    def connector_paginator() -> CursorPaginator:
        return CursorPaginator("after")

    assembly = assemble([plugin("dataset", connector_tables=(SHIFTS,), connector_paginator=connector_paginator)])
    assert assembly.tables[0].paginator == CursorPaginator("after")


def test_an_object_may_be_a_plugin() -> None:
    class Extension:
        @hookimpl
        def connector_transforms(self, table: Table) -> list[Transform]:
            return [Transform("as_is", dict)]

    assert "as_is" in option_names(assemble([FTS, Plugin("extension", Extension())]), enabled=True)


def test_an_assembly_is_a_value() -> None:
    assert assemble([FTS], ["cost_per_hour"]) == assemble([FTS], ["cost_per_hour"])
    assert assemble([FTS], ["cost_per_hour"]) != assemble([FTS])
    with pytest.raises(AttributeError):
        assemble([FTS]).options = ()  # type: ignore[misc]


def test_two_assemblies_do_not_see_each_others_plugins() -> None:
    extension = plugin("extension", connector_transforms=[Transform("as_is", dict)])
    extended, plain, other = assemble([FTS, extension]), assemble([FTS]), assemble([MSO])
    assert "as_is" in option_names(extended, enabled=True)
    assert "as_is" not in option_names(plain, enabled=True)
    assert [plan.table.name for plan in other.tables] == ["mso_records"]
    assert plain == assemble([FTS])


def test_the_schema_is_what_the_sdk_takes() -> None:
    pay = Aggregate("crew_pay", ["crew"], {"shifts": count(), "pay": total("pay")})
    crews = Dimension("crews", ("crew",), ("pay",), newest="shift_id")
    worth = DerivedField("worth", len, type="DECIMAL(10,4)")
    assembly = assemble(
        [plugin("dataset", connector_tables=[SHIFTS], connector_transforms=[worth], connector_extra_tables=[pay, crews])]
    )
    decimal = {"type": "DECIMAL", "precision": 15, "scale": 2}
    assert assembly.schema == [
        {
            "table": "crew_shifts",
            "primary_key": ["shift_id"],
            "columns": {
                "shift_id": "STRING",
                "crew": "STRING",
                "pay": decimal,
                "worth": {"type": "DECIMAL", "precision": 10, "scale": 4},
            },
        },
        {
            "table": "crew_pay",
            "primary_key": ["crew"],
            "columns": {"crew": "STRING", "shifts": "LONG", "pay": {**decimal, "precision": 38}},
        },
        {"table": "crews", "primary_key": ["crew"], "columns": {"crew": "STRING", "pay": decimal}},
    ]
    for table in assembly.schema:
        assert type(table["columns"]) is dict
        assert type(table["primary_key"]) is list


def test_only_what_is_enabled_is_in_the_schema() -> None:
    assert [table["table"] for table in assemble([FTS]).schema] == ["fts_records"]
    assert "cost_per_hour" not in assemble([FTS]).schema[0]["columns"]
    enabled = assemble([FTS], ["fts_technicians", "cost_per_hour"]).schema
    assert [table["table"] for table in enabled] == ["fts_records", "fts_technicians"]
    assert enabled[0]["columns"]["cost_per_hour"] == "DOUBLE"
    assert enabled[1] == {
        "table": "fts_technicians",
        "primary_key": ["technician_id"],
        "columns": {
            "technician_id": "STRING",
            "total_tasks": "LONG",
            "total_maintenance_cost": "DOUBLE",
            "total_downtime_hours": "LONG",
            "total_time_saved": "LONG",
        },
    }


# Hooks that cannot be used


@pytest.mark.parametrize(
    ("hook", "answer", "words"),
    [
        ("connector_tables", SHIFTS, ["returned Table", "Return a list: [Table(…)]"]),
        ("connector_tables", [Table], ["the class Table", "has to be a Table"]),
        ("connector_tables", Table, ["returned the class Table", "Return a list: [Table(…)]"]),
        ("connector_tables", [None], ["NoneType None", "has to be a Table"]),
        ("connector_tables", ["crew_shifts"], ["str 'crew_shifts'", "has to be a Table"]),
        ("connector_tables", {"crew_shifts": SHIFTS}, ["returned dict", "Return a list: [Table(…)]"]),
        ("connector_tables", iter([SHIFTS]), ["returned list_iterator", "Return a list: [Table(…)]"]),
        ("connector_auth", "api_key", ["returned str 'api_key'", "Return a factory", "ApiKeyHeader(…)"]),
        ("connector_auth", ApiKeyHeader, ["returned the class ApiKeyHeader", "Return a factory", "ApiKeyHeader(…)"]),
        ("connector_auth", [ApiKeyHeader("X")], ["returned list", "Return a factory"]),
        ("connector_paginator", "cursor", ["returned str 'cursor'", "Return a paginator: CursorPaginator(…)"]),
        ("connector_paginator", CursorPaginator, ["the class CursorPaginator", "Return a paginator: CursorPaginator(…)"]),
        ("connector_paginator", SimpleNamespace(first=print), ["returned SimpleNamespace", "Return a paginator"]),
        ("connector_transforms", DerivedField("worth", len), ["returned DerivedField", "[Transform or DerivedField(…)]"]),
        ("connector_transforms", [len], ["builtin_function_or_method", "has to be a Transform or DerivedField"]),
        ("connector_transforms", [DerivedField], ["the class DerivedField", "has to be a Transform or DerivedField"]),
        ("connector_transforms", [Transform("a", dict), None], ["NoneType None", "has to be a Transform or DerivedField"]),
        ("connector_extra_tables", [SHIFTS], ["Table Table(", "has to be a Dimension or Aggregate"]),
        ("connector_extra_tables", [Aggregate], ["the class Aggregate", "has to be a Dimension or Aggregate"]),
        ("connector_settings", Setting("region"), ["returned Setting", "Return a list: [Setting(…)]"]),
        ("connector_settings", ["region"], ["str 'region'", "has to be a Setting"]),
        ("connector_settings", True, ["returned bool True", "Return a list: [Setting(…)]"]),
    ],
)
def test_a_wrong_answer(hook: str, answer: object, words: list[str]) -> None:
    message = refusal([FTS, plugin("my-extension", **{hook: answer})])
    assert message.startswith(f"my-extension ({hook}) returned ")
    for word in words:
        assert word in message


def test_an_auth_whose_settings_are_no_settings() -> None:
    class Signing:
        settings = ("api_key",)

        def __call__(self, configuration: Configuration) -> AuthBase:
            raise NotImplementedError

    message = refusal([FTS, plugin("my-extension", connector_auth=Signing())])
    assert "my-extension (connector_auth)" in message
    assert "Setting" in message


@pytest.mark.parametrize("hook", HOOKS)
def test_a_hook_that_raises(hook: str) -> None:
    @hookimpl
    def failing() -> None:
        raise LookupError("no such\nthing")

    message = refusal([FTS, plugin("my-extension", **{hook: failing})])
    assert message.startswith(f"my-extension ({hook}) failed with LookupError: no such thing. ")
    assert "Correct the function" in message


def test_a_value_that_cannot_be_made_is_laid_at_its_plugins_door() -> None:
    @hookimpl
    def connector_tables() -> list[Table]:
        return [Table("Shifts", "/shifts", "shifts", ("shift_id",), {"shift_id": "STRING"})]

    message = refusal([plugin("connector-crew", connector_tables=connector_tables)])
    assert message.startswith("connector-crew (connector_tables): A table is named 'Shifts'")


def test_a_misspelt_hook() -> None:
    message = refusal([FTS, plugin("my-extension", connector_transform=[])])
    assert "my-extension: connector_transform is marked @hookimpl but is no hook" in message
    assert "did you mean connector_transforms?" in message
    assert all(hook in message for hook in HOOKS)


def marked_without(name: str) -> Plugin:
    """A plugin with a function of this name that lacks its marker."""

    def forgotten() -> None:
        """Never asked."""

    extension = plugin("my-extension")
    forgotten.__module__ = extension.module.__name__
    setattr(extension.module, name, forgotten)
    return extension


def test_a_hook_without_its_marker() -> None:
    message = refusal([FTS, marked_without("connector_tables")])
    assert "my-extension: the function connector_tables is not marked as a hook" in message
    assert "Write @hookimpl above it" in message


def test_a_misspelt_hook_without_its_marker() -> None:
    message = refusal([FTS, marked_without("connector_table")])
    assert "my-extension: the function connector_table is not marked as a hook" in message
    assert "did you mean connector_tables?" in message


def test_a_function_of_another_name_needs_no_marker() -> None:
    assemble([FTS, marked_without("tables"), Plugin("other", SimpleNamespace(connector_tables_made=[]))])


def test_a_hook_with_wrong_arguments() -> None:
    @hookimpl
    def connector_transforms(tabel: Table) -> list[Transform]:
        return []

    message = refusal([FTS, plugin("my-extension", connector_transforms=connector_transforms)])
    assert message.startswith("my-extension: ")
    for word in ("connector_transforms", "tabel", "docs/hooks.md", "table"):
        assert word in message


@pytest.mark.parametrize("old_style", [False, True])
def test_a_wrapper_is_refused(old_style: bool) -> None:
    def connector_settings() -> Any:
        yield

    marked = hookimpl(connector_settings, hookwrapper=True) if old_style else hookimpl(connector_settings, wrapper=True)
    message = refusal([FTS, plugin("my-extension", connector_settings=marked)])
    assert message.startswith("my-extension (connector_settings): a wrapper cannot answer")
    assert "Write a plain @hookimpl" in message


def test_a_wrapper_that_is_no_generator() -> None:
    @hookimpl(wrapper=True)
    def connector_settings() -> None:
        """No yield."""

    message = refusal([FTS, plugin("my-extension", connector_settings=connector_settings)])
    assert message.startswith("my-extension: ")
    assert "connector_settings" in message


def test_a_plugin_without_tables() -> None:
    message = refusal([plugin("connector-crew")])
    assert message.startswith("connector-crew has no table. Write a function connector_tables, marked @hookimpl")
    assert refusal([plugin("connector-crew", connector_tables=[])]) == message


@pytest.mark.parametrize("again", [FTS, Plugin("other-name", connector_fts), Plugin("connector-fts", ModuleType("other"))])
def test_a_plugin_is_named_once(again: Plugin) -> None:
    assert refusal([FTS, again]) == f"{again.name} is named twice. Name each plugin once."


# Names claimed twice


def twice(what: str, *owners: str) -> list[str]:
    return [f"{what} is claimed twice", *owners, "Rename one of them"]


@pytest.mark.parametrize(
    ("hooks", "words"),
    [
        pytest.param(
            {"connector_tables": [connector_fts.RECORDS]},
            twice("The table fts_records", "connector-fts (connector_tables)", "my-extension (connector_tables)"),
            id="a table by two plugins",
        ),
        pytest.param(
            {"connector_tables": [SHIFTS, SHIFTS]},
            twice("The table crew_shifts", "my-extension (connector_tables)"),
            id="a table twice in one list",
        ),
        pytest.param(
            {"connector_extra_tables": only(connector_fts.RECORDS, Aggregate("fts_records", ("technician_id",), {"n": count()}))},
            twice("The table fts_records", "connector-fts (connector_tables)", "my-extension (connector_extra_tables)"),
            id="an extra table like a source table",
        ),
        pytest.param(
            {
                "connector_tables": [SHIFTS],
                "connector_extra_tables": only(
                    connector_fts.RECORDS, Aggregate("crew_shifts", ("technician_id",), {"n": count()})
                ),
            },
            twice("The table crew_shifts", "my-extension (connector_tables)", "my-extension (connector_extra_tables)"),
            id="an extra table like a source table of the same plugin",
        ),
        pytest.param(
            {"connector_extra_tables": [Dimension("fts_technicians", ("technician_id",), ("customer_id",), newest="log_date")]},
            twice("fts_technicians", "connector-fts (connector_extra_tables)", "my-extension (connector_extra_tables)"),
            id="two extra tables",
        ),
        pytest.param(
            {"connector_transforms": [DerivedField("failure_rate", len)]},
            twice("The column failure_rate of fts_records", "connector-fts (connector_tables)", "(connector_transforms)"),
            id="a derived field like a column",
        ),
        pytest.param(
            {"connector_transforms": [DerivedField("cost_per_hour", len)]},
            twice("cost_per_hour", "connector-fts (connector_transforms)", "my-extension (connector_transforms)"),
            id="two derived fields",
        ),
        pytest.param(
            {"connector_transforms": [DerivedField("worth", len), DerivedField("worth", len)]},
            twice("worth", "my-extension (connector_transforms)"),
            id="two derived fields in one list",
        ),
        pytest.param(
            {"connector_settings": [Setting("api_key", secret=True)]},
            twice("The setting api_key", "connector-fts (connector_auth)", "my-extension (connector_settings)"),
            id="a setting of the auth",
        ),
        pytest.param(
            {"connector_settings": [base_url("https://other.example.com")]},
            twice("The setting base_url", "connector-fts (connector_settings)", "my-extension (connector_settings)"),
            id="a setting by two plugins",
        ),
        pytest.param(
            {"connector_settings": [page_size(10), page_size(20)]},
            twice("The setting page_size", "my-extension (connector_settings)"),
            id="a setting twice in one list",
        ),
    ],
)
def test_a_name_claimed_twice(hooks: dict[str, Any], words: list[str]) -> None:
    message = refusal([FTS, plugin("my-extension", **hooks)])
    for word in words:
        assert word in message


def test_a_hook_that_answers_the_same_for_every_table() -> None:
    worth = DerivedField("worth", len)
    message = refusal([plugin("dataset", connector_tables=[SHIFTS, BREAKS], connector_transforms=[worth])])
    for word in ("worth", "dataset (connector_transforms)", "crew_shifts", "breaks", "argument table"):
        assert word in message


def test_the_cores_settings_may_be_replaced_once() -> None:
    assembly = assemble([FTS, plugin("extension", connector_settings=[page_size(50, maximum=500)])])
    [size] = [setting for setting in assembly.settings if setting.name == "page_size"]
    assert (size.default, size.maximum) == ("50", 500)
    assert str(assembly.setting_origins["page_size"]) == "extension (connector_settings)"
    assert [setting.name for setting in assembly.settings] == ["api_key", "base_url", "page_size", "max_answer_mb"]


@pytest.mark.parametrize(
    ("setting", "remedy"),
    [
        (Setting("base_url"), "base_url("),
        (Setting("page_size", default="100"), "page_size("),
        (Setting("max_answer_mb", default="100"), 'kind="integer"'),
        (Setting("threads", default="2"), 'kind="integer"'),
    ],
)
def test_the_cores_settings_keep_their_kind(setting: Setting, remedy: str) -> None:
    # As plain text, base_url would let the key leave over plain http, and page_size could be anything.
    message = refusal([plugin("dataset", connector_tables=[SHIFTS], connector_settings=[setting])])
    for word in ("dataset (connector_settings)", setting.name, remedy):
        assert word in message


# Options


def test_enable_and_disable() -> None:
    default_on = plugin("extension", connector_transforms=[Transform("as_is", dict)])
    assembly = assemble([FTS, default_on], ["fts_technicians"], ["as_is"])
    assert option_names(assembly, enabled=True) == ["fts_technicians"]
    assert option_names(assembly, enabled=False) == ["cost_per_hour", "as_is"]
    assert assembly.tables[0].transforms == ()
    again = assemble([FTS, default_on], ["as_is", "as_is"], ["cost_per_hour"])
    assert option_names(again, enabled=True) == ["as_is"]


@pytest.mark.parametrize("how", ["enable", "disable"])
def test_an_unknown_option(how: str) -> None:
    message = refusal([FTS], UnknownOptionError, **{how: ["cost_per_hr"]})
    for word in ("'cost_per_hr'", "did you mean cost_per_hour?", "cost_per_hour, fts_technicians"):
        assert word in message


def test_an_unknown_option_of_a_plugin_that_has_none() -> None:
    message = refusal([plugin("connector-crew", connector_tables=[SHIFTS])], UnknownOptionError, enable=["anything\nat all"])
    assert "'anything at all'" in message
    assert "nothing to switch" in message


def test_an_option_both_enabled_and_disabled() -> None:
    message = refusal([FTS], UnknownOptionError, enable=["cost_per_hour"], disable=["cost_per_hour"])
    assert "cost_per_hour: both enabled and disabled" in message
    assert "Leave it out of one" in message


def test_an_aggregate_of_a_derived_field_needs_that_field() -> None:
    worth = Aggregate("worth", ("technician_id",), {"worth": total("cost_per_hour")}, default=False)
    plugins = [FTS, plugin("my-extension", connector_extra_tables=[worth])]
    message = refusal(plugins, enable=["worth"])
    for word in ("my-extension (connector_extra_tables)", "worth reads cost_per_hour", "enable that field too"):
        assert word in message
    assert assemble(plugins, ["worth", "cost_per_hour"]).tables[0].extra_columns["worth"]["worth"] == "DOUBLE"
    assert assemble(plugins).tables[0].extra_tables == ()


def test_an_extra_table_of_a_misspelt_column() -> None:
    crews = Dimension("customers", ("customer",), ("technician_id",), newest="last_updated_epoch")
    message = refusal([FTS, plugin("my-extension", connector_extra_tables=[crews])])
    for word in ("my-extension (connector_extra_tables)", "customers reads customer", "did you mean customer_id?"):
        assert word in message


# An extension, as somebody would write it


@hookimpl
def connector_transforms(table: Table) -> list[DerivedField]:
    return [DerivedField("is_costly", lambda record: (record["maintenance_cost"] or 0) > 1000, type="BOOLEAN")]


@hookimpl
def connector_extra_tables(table: Table) -> list[Dimension]:
    return [Dimension("fts_customers", ("customer_id",), ("technician_id", "is_costly"), newest="last_updated_epoch")]


def test_a_module_extends_fts_with_a_derived_field_and_a_dimension() -> None:
    module = ModuleType("fts_customers")
    module.connector_transforms = connector_transforms  # type: ignore[attr-defined]
    module.connector_extra_tables = connector_extra_tables  # type: ignore[attr-defined]
    assembly = assemble([FTS, Plugin("fts_customers.py", module)], ["cost_per_hour"])
    [plan] = assembly.tables
    assert [transform.name for transform in plan.transforms] == ["cost_per_hour", "is_costly"]
    assert plan.columns["is_costly"] == "BOOLEAN"
    assert plan.extra_columns["fts_customers"] == {"customer_id": "STRING", "technician_id": "STRING", "is_costly": "BOOLEAN"}
    assert [(option.name, option.origin.plugin) for option in assembly.options] == [
        ("cost_per_hour", "connector-fts"),
        ("is_costly", "fts_customers.py"),
        ("fts_technicians", "connector-fts"),
        ("fts_customers", "fts_customers.py"),
    ]
    assert [table["table"] for table in assembly.schema] == ["fts_records", "fts_customers"]
    assert [known.name for known in assembly.plugins] == ["connector-fts", "fts_customers.py"]
    plain = assemble([FTS, Plugin("fts_customers.py", module)], disable=["is_costly", "fts_customers"])
    assert plain.schema == assemble([FTS]).schema


@pytest.mark.parametrize(
    ("one", "other", "stored"), [("createdAt", "created_at", "created_at"), ("top10", "top_10", "top_10"), ("a b", "a-b", "a_b")]
)
def test_columns_that_would_be_one_in_the_destination(one: str, other: str, stored: str) -> None:
    table = Table("crew_shifts", "/shifts", "shifts", ["id"], {"id": "STRING", one: "STRING", other: "STRING"})

    @hookimpl
    def connector_tables() -> list[Table]:
        return [table]

    with pytest.raises(PluginError, match=f"{one} and {other} both become {stored}"):
        assemble([Plugin("connector-crew", SimpleNamespace(connector_tables=connector_tables))])
