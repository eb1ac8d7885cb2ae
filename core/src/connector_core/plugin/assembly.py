"""Assembly: ask each hook once, check what it answers, and keep it as one frozen value."""

from collections.abc import Iterable, Sequence

import pluggy
from attrs import evolve

from connector_core.basics.blame import see
from connector_core.basics.errors import PluginError
from connector_core.basics.names import check_distinct
from connector_core.derived.extra_tables import Aggregate, Dimension
from connector_core.derived.nested import Nested
from connector_core.derived.transforms import DerivedField, Transform
from connector_core.plugin.asking import CORE, many, one, register
from connector_core.plugin.claims import Claims, claim_option
from connector_core.plugin.columns import check_apart, declared_after, extra_columns, typed
from connector_core.plugin.markers import HOOKS
from connector_core.plugin.options import UnknownOptionError, choose, offered
from connector_core.plugin.parents import with_parents
from connector_core.plugin.placeholders import check_filled, check_settings
from connector_core.plugin.plan import Assembly, Option, Origin, Plugin, TablePlan
from connector_core.plugin.settings import merge_settings
from connector_core.source.pagination import Paginator
from connector_core.source.settings import MAX_ANSWER, SPOOLED_MB, Setting, max_answer_mb, threads
from connector_core.source.tables import Table, Undeclared, check_undeclared

__all__ = ["HOOKS", "Assembly", "Option", "Origin", "Plugin", "TablePlan", "UnknownOptionError", "assemble"]


def assemble(
    plugins: Sequence[Plugin],
    enable: Iterable[str] = (),
    disable: Iterable[str] = (),
    undeclared: Undeclared | None = None,
) -> Assembly:
    """The connector that *plugins* make together, the dataset's own first, with the named options switched on and off.

    *undeclared* is what becomes of fields that nobody declared, in tables that do not say it themselves.

    Raises PluginError, with the plugin, the hook and the remedy, when an answer cannot be used; UnknownOptionError for a
    name in *enable* or *disable* that no plugin offers.
    """
    check_undeclared(undeclared, "The build")
    manager = register(plugins)
    settings = many(manager, "connector_settings", Setting)
    auth, auth_origin = one(
        manager, "connector_auth", callable, "a factory from the configuration to an AuthBase: ApiKeyHeader(…)"
    )
    tables = many(manager, "connector_tables", Table)
    if not tables:
        raise PluginError(
            f"{plugins[0].name} has no table. Write a function connector_tables, marked @hookimpl, that returns [Table(…)]."
        )
    claims = Claims()
    for table, origin in tables:
        claims.claim("table", table.name, f"The table {table.name}", evolve(origin))
    options = choose(offered(manager, [table for table, _ in tables]), set(enable), set(disable))
    made = [option.name for option in options if option.enabled and isinstance(option.value, Dimension | Aggregate | Nested)]
    check_distinct([*(table.name for table, _ in tables), *made], plugins[0].name, "tables")
    plans = with_parents([_plan(manager, table, origin, options, claims, undeclared) for table, origin in tables])
    if len(plans) > 1 or any(plan.parent or getattr(plan.paginator, "parallel", False) for plan in plans):
        settings = [(threads(), Origin(CORE.name, "connector_settings")), *settings]
    if all(table.format and not table.format.held for table, _ in tables):
        settings = [_larger_answers(*setting) for setting in settings]
    merged = merge_settings(settings, auth, auth_origin)
    check_settings(plans, merged, auth)
    return Assembly(
        tuple(plugins),
        plans,
        auth,
        auth_origin,
        tuple(setting for setting, _ in merged.values()),
        {name: origin for name, (_, origin) in merged.items()},
        tuple(options),
        undeclared,
    )


def _larger_answers(setting: Setting, origin: Origin) -> tuple[Setting, Origin]:
    """The core's own limit of an answer, for a dataset of which no answer is held in memory."""
    ours = origin.plugin == CORE.name and setting.name == MAX_ANSWER
    return (max_answer_mb(SPOOLED_MB) if ours else setting), origin


def _plan(
    manager: pluggy.PluginManager,
    table: Table,
    origin: Origin,
    options: Sequence[Option],
    claims: Claims,
    undeclared: Undeclared | None,
) -> TablePlan:
    paginator, paginator_origin = one(
        manager, "connector_paginator", _is_paginator, "a paginator: CursorPaginator(…)", table=table
    )
    check_filled(table, origin, paginator, paginator_origin)
    _check_paginator(paginator, table, paginator_origin)
    for column in table.columns:
        claims.claim(table.name, column, f"The column {column} of {table.name}", origin)
    own = [option for option in options if option.table == table.name]
    for option in own:
        claim_option(option, claims)
    enabled = [option.value for option in own if option.enabled]
    transforms = tuple(value for value in enabled if isinstance(value, Transform | DerivedField))
    extras = tuple(value for value in enabled if isinstance(value, Dimension | Aggregate | Nested))
    columns = declared_after(table, origin, [option for option in own if option.enabled])
    check_apart(columns, table.name, origin)
    found = {option.name: extra_columns(option, table, columns) for option in own if option.value in extras}
    plan = TablePlan(
        table,
        origin,
        paginator,
        paginator_origin,
        typed(table, transforms),
        tuple(each.of(columns) if isinstance(each, Aggregate) else each for each in extras),
        columns,
        found,
        undeclared=table.undeclared or undeclared or "allow",
    )
    _check_carried(plan, own)
    return plan


def _check_carried(plan: TablePlan, options: Iterable[Option]) -> None:
    """Raise PluginError for a measure that cannot ride in the state, where the table is read on from the cursor."""
    for extra in () if plan.repeats else plan.extra_tables:
        for name, measure in extra.measures.items() if isinstance(extra, Aggregate) else ():
            if not measure.carried:
                origin = next(option.origin for option in options if option.name == extra.name)
                raise PluginError(
                    f"{origin}: {extra.name}: {name} is {measure}, which can be told only where each sync reads all records, and "
                    f"{plan.table.name} is declared append_only, so it reads on from the cursor. Take append_only out of the "
                    f"table, or that measure out of the aggregate.{see(origin.place)}"
                )


def _check_paginator(paginator: Paginator, table: Table, origin: Origin) -> None:
    """Raise PluginError when *paginator* says that it cannot page *table*."""
    try:
        if check := getattr(paginator, "check", None):
            check(table)
    except PluginError as error:
        raise type(error)(f"{origin}: {table.name}: {error}") from None


def _is_paginator(value: object) -> bool:
    return isinstance(value, Paginator)
