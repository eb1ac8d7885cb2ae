"""Assembly: ask each hook once, check what it answers, and keep it as one frozen value."""

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, get_args

import pluggy
from attrs import evolve, field, frozen

from connector_core.auth.kinds import AuthFactory
from connector_core.basics.errors import HookError, NameTakenError, PluginError
from connector_core.basics.names import check_distinct, did_you_mean, one_line, sdk_type
from connector_core.derived.extra_tables import Aggregate, Dimension, check_sources
from connector_core.derived.transforms import DerivedField, Transform
from connector_core.plugin import defaults, hooks
from connector_core.source.pagination import Paginator
from connector_core.source.settings import CORE_KINDS, Setting, threads
from connector_core.source.tables import Table

HOOKS = tuple(name for name in vars(hooks) if name.startswith("connector_"))


@frozen(hash=False)
class Plugin:
    """A module (or any object) with hookimpls, and what messages call it: its distribution or its file.

    name:    ``connector-fts``, or a file's path.
    module:  the object whose ``connector_…`` functions answer the hooks.
    version: the distribution's version; empty for a file.
    """

    name: str
    module: Any = field(repr=False, eq=False)
    version: str = ""


CORE = Plugin("connector-core", defaults)


@frozen
class Origin:
    """Where an answer came from."""

    plugin: str
    hook: str

    def __str__(self) -> str:
        return f"{self.plugin} ({self.hook})"


@frozen(hash=False)
class Option:
    """Something that ``--enable`` and ``--disable`` switch: a transform or an extra table, of which table, and from where."""

    value: Transform | DerivedField | Dimension | Aggregate
    table: str
    origin: Origin
    enabled: bool

    @property
    def name(self) -> str:
        """What ``--enable`` and ``--disable`` call it."""
        return self.value.name

    @property
    def kind(self) -> str:
        """``transform``, ``derived field``, ``dimension`` or ``aggregate``."""
        kinds = {Transform: "transform", DerivedField: "derived field", Dimension: "dimension", Aggregate: "aggregate"}
        return next(name for kind, name in kinds.items() if isinstance(self.value, kind))


@frozen(hash=False)
class TablePlan:
    """A source table with all that its sync needs; only what is enabled.

    columns:       column → type of the rows that go out: the declared columns as the transforms, in order, leave them.
    extra_columns: extra table → its columns.
    parent:        of a child table, the plan of its parent.
    """

    table: Table
    origin: Origin
    paginator: Paginator
    paginator_origin: Origin
    transforms: tuple[Transform | DerivedField, ...]
    extra_tables: tuple[Dimension | Aggregate, ...]
    columns: Mapping[str, str]
    extra_columns: Mapping[str, Mapping[str, str]]
    parent: "TablePlan | None" = None

    @property
    def repeats(self) -> bool:
        """Whether a record may come again.

        From the API, among those that an answer or a transform says are deleted, because an incremental strategy reads the edge
        of what it has again, or because a sync replaces the table or reads it parent by parent.
        """
        table = self.table
        again = getattr(self.paginator, "repeats", False) or any(transform.repeats for transform in self.transforms)
        return not table.append_only or again or bool(table.deleted or table.parent or table.full_refresh)


@frozen(hash=False)
class Assembly:
    """A connector, assembled: what a sync, a build and a description all start from."""

    plugins: tuple[Plugin, ...]
    tables: tuple[TablePlan, ...]
    auth: AuthFactory
    auth_origin: Origin
    settings: tuple[Setting, ...]
    setting_origins: Mapping[str, Origin]
    options: tuple[Option, ...]

    @property
    def needs(self) -> tuple[str, ...]:
        """The packages, by the name that they are imported under, that a plugin has to depend on."""
        of_tables = [name for plan in self.tables for name in plan.table.needs]
        return tuple(dict.fromkeys([*getattr(self.auth, "needs", ()), *of_tables]))

    @property
    def schema(self) -> list[dict[str, Any]]:
        """The schema as the Connector SDK takes it: each table with its primary key (a list) and columns."""
        tables = []
        for plan in self.tables:
            tables.append((plan.table.name, plan.table.primary_key, plan.columns))
            tables += [(extra.name, extra.by, plan.extra_columns[extra.name]) for extra in plan.extra_tables]
        return [
            {"table": name, "primary_key": list(key), "columns": {column: sdk_type(kind) for column, kind in columns.items()}}
            for name, key, columns in tables
        ]


def assemble(plugins: Sequence[Plugin], enable: Iterable[str] = (), disable: Iterable[str] = ()) -> Assembly:
    """The connector that *plugins* make together, the dataset's own first, with the named options switched on and off.

    Raises PluginError, with the plugin, the hook and the remedy, when an answer cannot be used; UnknownOptionError for a
    name in *enable* or *disable* that no plugin offers.
    """
    manager = _register(plugins)
    settings = _settings(manager)
    auth, auth_origin = _one(
        manager, "connector_auth", callable, "a factory from the configuration to an AuthBase: ApiKeyHeader(…)"
    )
    tables = _many(manager, "connector_tables", Table)
    if not tables:
        raise PluginError(
            f"{plugins[0].name} has no table. Write a function connector_tables, marked @hookimpl, that returns [Table(…)]."
        )
    claims = _Claims()
    for table, origin in tables:
        claims.claim("table", table.name, f"The table {table.name}", evolve(origin))
    options = _choose(_options(manager, [table for table, _ in tables]), set(enable), set(disable))
    plans = _with_parents([_plan(manager, table, origin, options, claims) for table, origin in tables])
    if any(plan.parent for plan in plans):
        settings = [(threads(), Origin(CORE.name, "connector_settings")), *settings]
    merged = _merge_settings(settings, auth, auth_origin)
    return Assembly(
        tuple(plugins),
        plans,
        auth,
        auth_origin,
        tuple(setting for setting, _ in merged.values()),
        {name: origin for name, (_, origin) in merged.items()},
        tuple(options),
    )


class UnknownOptionError(PluginError):
    """``--enable`` or ``--disable`` names what no plugin offers."""


def _register(plugins: Sequence[Plugin]) -> pluggy.PluginManager:
    """A manager of this assembly alone: core first, then the dataset, then extensions."""
    manager = pluggy.PluginManager(hooks.PROJECT)
    manager.add_hookspecs(hooks)
    for plugin in (CORE, *plugins):
        check_markers(plugin)
        try:
            manager.register(plugin.module, plugin.name)
        except pluggy.PluginValidationError as error:
            raise HookError(f"{plugin.name}: {one_line(error)}. See the hook's signature in docs/hooks.md.") from None
        except ValueError:
            raise PluginError(f"{plugin.name} is named twice. Name each plugin once.") from None
    return manager


def check_markers(plugin: Plugin) -> None:
    """Raise PluginError for a ``connector_…`` function without its marker, and for a marked function that is no hook."""
    for name, value in inspect.getmembers(plugin.module, inspect.isroutine):
        marked = hasattr(value, f"{hooks.PROJECT}_impl")
        ours = getattr(value, "__module__", None) == getattr(plugin.module, "__name__", None)
        if marked and name not in HOOKS:
            raise HookError(
                f"{plugin.name}: {name} is marked @hookimpl but is no hook{did_you_mean(name, HOOKS)}. "
                f"The hooks are {', '.join(HOOKS)}."
            )
        if name.startswith("connector_") and ours and not marked:
            remedy = (
                "Write @hookimpl above it" if name in HOOKS else f"There is no such hook{did_you_mean(name, HOOKS)}; rename it"
            )
            raise HookError(
                f"{plugin.name}: the function {name} is not marked as a hook. {remedy}, "
                "or give it a name without connector_ in front."
            )


def _answers(manager: pluggy.PluginManager, hook: str, **arguments: Any) -> list[tuple[Any, Origin]]:
    """Each plugin's own answer, in the order core, dataset, extensions; None left out.

    Pluggy keeps its implementations in this order, ``trylast`` and ``tryfirst`` at the ends, and calls the last first. Each
    is called here rather than through the hook, so that an answer and an error can be laid at its plugin's door.
    """
    found = []
    for implementation in getattr(manager.hook, hook).get_hookimpls():
        origin = Origin(implementation.plugin_name, hook)
        if implementation.hookwrapper or implementation.wrapper:
            raise HookError(
                f"{origin}: a wrapper cannot answer, because no hook sees what another plugin says. Write a plain @hookimpl."
            )
        try:
            answer = implementation.function(*(arguments[name] for name in implementation.argnames))
        except PluginError as error:
            raise type(error)(f"{origin}: {error}") from error
        except Exception as error:
            raise PluginError(
                f"{origin} failed with {type(error).__name__}: {one_line(error)}. "
                "Correct the function; it is called without network and configuration."
            ) from error
        if answer is not None:
            found.append((answer, origin))
    return found


def _one(
    manager: pluggy.PluginManager, hook: str, fits: Callable[[Any], bool], wanted: str, **arguments: Any
) -> tuple[Any, Origin]:
    answer, origin = _answers(manager, hook, **arguments)[-1]
    if isinstance(answer, type) or not fits(answer):
        raise HookError(f"{origin} returned {_shown(answer)}. Return {wanted}.")
    return answer, origin


def _many(manager: pluggy.PluginManager, hook: str, wanted: Any, **arguments: Any) -> list[tuple[Any, Origin]]:
    names = " or ".join(kind.__name__ for kind in get_args(wanted) or (wanted,))
    found = []
    for answer, origin in _answers(manager, hook, **arguments):
        if not isinstance(answer, list | tuple):
            raise HookError(f"{origin} returned {_shown(answer)}. Return a list: [{names}(…)].")
        for value in answer:
            if not isinstance(value, wanted):
                raise HookError(f"{origin} returned a list with {_shown(value)} in it. Each entry has to be a {names}.")
            found.append((value, origin))
    return found


def _shown(value: object) -> str:
    return f"the class {value.__name__}" if isinstance(value, type) else f"{type(value).__name__} {one_line(repr(value), 60)}"


def _options(manager: pluggy.PluginManager, tables: Iterable[Table]) -> list[Option]:
    options = []
    for table in tables:
        for hook, kinds in (
            ("connector_transforms", Transform | DerivedField),
            ("connector_extra_tables", Dimension | Aggregate),
        ):
            options += [
                Option(value, table.name, origin, value.default) for value, origin in _many(manager, hook, kinds, table=table)
            ]
    return options


def _choose(options: Sequence[Option], enable: set[str], disable: set[str]) -> list[Option]:
    known = sorted({option.name for option in options})
    for name in sorted(enable | disable):
        if name not in known:
            offered = f"It offers {', '.join(known)}." if known else "It offers nothing to switch."
            raise UnknownOptionError(
                f"This connector has no {one_line(name, 60)!r} to enable or disable{did_you_mean(name, known)}. {offered}"
            )
    if both := sorted(enable & disable):
        raise UnknownOptionError(f"{', '.join(both)}: both enabled and disabled. Leave it out of one of the two.")
    return [
        evolve(option, enabled=(option.enabled or option.name in enable) and option.name not in disable) for option in options
    ]


class _Claims:
    """Who has claimed which name; a second claim is an error that names both."""

    def __init__(self) -> None:
        self._owners: dict[tuple[str, str], tuple[Origin, str]] = {}

    def claim(self, scope: str, name: str, what: str, origin: Origin, table: str = "") -> None:
        owner, other = self._owners.setdefault((scope, name), (origin, table))
        if owner == origin and other != table:
            raise NameTakenError(
                f"{origin} gives {name} to {other} and to {table}. Look at its argument table, and give it to one of them."
            )
        if owner is not origin:
            raise _claimed_twice(what, owner, origin)


def _claimed_twice(what: str, owner: Origin, origin: Origin) -> PluginError:
    return NameTakenError(f"{what} is claimed twice, by {owner} and by {origin}. Rename one of them, or leave one plugin out.")


def _plan(manager: pluggy.PluginManager, table: Table, origin: Origin, options: Sequence[Option], claims: _Claims) -> TablePlan:
    paginator, paginator_origin = _one(
        manager, "connector_paginator", _is_paginator, "a paginator: CursorPaginator(…)", table=table
    )
    for column in table.columns:
        claims.claim(table.name, column, f"The column {column} of {table.name}", origin)
    own = [option for option in options if option.table == table.name]
    for option in own:
        _claim_option(option, claims)
    enabled = [option.value for option in own if option.enabled]
    transforms = tuple(value for value in enabled if isinstance(value, Transform | DerivedField))
    extras = tuple(value for value in enabled if isinstance(value, Dimension | Aggregate))
    columns = _columns(table, origin, [option for option in own if option.enabled])
    check_distinct(columns, f"{origin}: {table.name}")
    return TablePlan(
        table,
        origin,
        paginator,
        paginator_origin,
        transforms,
        extras,
        columns,
        {option.name: _extra_columns(option, table, columns) for option in own if option.value in extras},
    )


def _with_parents(plans: Sequence[TablePlan]) -> tuple[TablePlan, ...]:
    """The plans, each of a child table with that of its parent."""
    known = {plan.table.name: plan for plan in plans}
    return tuple(evolve(plan, parent=_parent(plan, known)) if plan.table.parent else plan for plan in plans)


def _parent(plan: TablePlan, known: Mapping[str, TablePlan]) -> TablePlan:
    child, name = plan.table, plan.table.parent.table if plan.table.parent else ""
    found = known.get(name)
    if found is None:
        raise PluginError(
            f"{plan.origin}: the parent of {child.name} is {name}{did_you_mean(name, known)}, which is no table of this "
            f"connector. Its tables are {', '.join(known)}."
        )
    if found.table.parent:
        raise PluginError(
            f"{plan.origin}: the parent of {child.name} is {name}, which is a child itself. Only a table of its own can be a "
            "parent: read the grandchildren through an address that lists them all, or by what the first parent knows."
        )
    return found


def _columns(table: Table, origin: Origin, options: Iterable[Option]) -> dict[str, str]:
    """The columns of *table* as those of its *options* that are transforms, in order, leave them."""
    columns = dict(table.columns)
    owners = dict.fromkeys(columns, origin)
    earlier: list[str] = []  # transforms that may leave a record out
    for option in options:
        transform = option.value
        if not isinstance(transform, Transform | DerivedField):
            continue
        try:
            removes, adds = transform.column_changes(columns)
        except PluginError as error:
            raise type(error)(f"{option.origin}: {transform.name}: {error}") from None
        _check_key(table, option, set(removes), set(adds), earlier)
        _check_deleted_key(table, option, set(removes))
        for name in removes:
            columns.pop(name, None)
            owners.pop(name, None)
        for name, kind in adds.items():
            # A field that is not declared may be given the name of a column that the table's own plugin declares.
            fills = kind is None and owners.get(name) is origin and origin.plugin == option.origin.plugin
            if name in owners and not fills:
                raise _claimed_twice(f"The column {name} of {table.name}", owners[name], option.origin)
            owners[name] = option.origin
            if kind is not None:
                columns[name] = kind
        earlier += [transform.name] if transform.leaves_out else []
    return columns


def _check_key(table: Table, option: Option, removes: set[str], adds: set[str], earlier: Sequence[str]) -> None:
    """Raise PluginError unless *option* leaves each key column where the API sends it, and unchanged once a delete needs it."""
    for name in table.primary_key:
        what = f"{name}, which identifies the records of {table.name}"
        if (name in removes) != (name in adds):
            raise PluginError(
                f"{option.origin}: {option.name} {'takes away' if name in removes else 'gives another field the name'} {what}. "
                "Name the key in primary_key and columns as the API sends it, and leave it there: "
                "Fivetran stores recordId as record_id."
            )
        if name in removes and earlier:
            raise PluginError(
                f"{option.origin}: {option.name} changes {what}, after {', '.join(earlier)}, which would delete a record by the "
                f"key from before. Put {option.name} first."
            )


def _check_deleted_key(table: Table, option: Option, removes: set[str]) -> None:
    """Raise PluginError when *option* changes a key column that the API lists deleted records by."""
    changed = [name for name in table.primary_key if name in removes]
    if table.deleted and changed:
        raise PluginError(
            f"{option.origin}: {option.name} changes {', '.join(changed)}, by which the API says what is deleted "
            f"({table.name}: {table.deleted}). Leave the key as the API sends it."
        )


def _extra_columns(option: Option, table: Table, columns: Mapping[str, str]) -> Mapping[str, str]:
    try:
        found = check_sources(option.value, table, columns)  # type: ignore[arg-type]  # the caller's choice of options
    except PluginError as error:
        raise type(error)(f"{option.origin}: {error}") from None
    check_distinct(found, f"{option.origin}: {option.name}")
    return found


def _claim_option(option: Option, claims: _Claims) -> None:
    # A fresh origin for each: two claims of one plugin's own clash as well.
    origin = evolve(option.origin)
    claims.claim("option", option.name, f"The name {option.name}", origin, option.table)
    if isinstance(option.value, Transform | DerivedField):
        for column in option.value.columns:
            if column not in option.value.removes:  # it would be the same column with another type
                claims.claim(option.table, column, f"The column {column} of {option.table}", origin)
    else:
        claims.claim("table", option.name, f"The table {option.name}", origin)


def _is_paginator(value: object) -> bool:
    return isinstance(value, Paginator)


def _settings(manager: pluggy.PluginManager) -> list[tuple[Setting, Origin]]:
    return _many(manager, "connector_settings", Setting)


def _merge_settings(
    settings: Sequence[tuple[Setting, Origin]], auth: AuthFactory, auth_origin: Origin
) -> dict[str, tuple[Setting, Origin]]:
    """The settings by name: those of the auth first, then the core's, then the rest.

    One plugin may replace a setting of the core's, and the plugin that gives the auth one of the auth's, to describe it better.
    """
    merged: dict[str, tuple[Setting, Origin]] = {}
    of_auth = getattr(auth, "settings", ())
    if not isinstance(of_auth, list | tuple) or not all(isinstance(setting, Setting) for setting in of_auth):
        raise PluginError(f"{auth_origin}: its auth has as settings {_shown(of_auth)}. Give it a list: [Setting(…)].")
    for setting, origin in [*((setting, auth_origin) for setting in of_auth), *settings]:
        known, owner = merged.get(setting.name, (None, None))
        restated = owner is not None and owner.hook == "connector_auth" and owner.plugin == origin.plugin
        if restated and known is not None and known.secret and not setting.secret:
            raise PluginError(f"{origin}: the setting {setting.name} is a secret of its auth. Write secret=True here too.")
        if owner is not None and owner.plugin != CORE.name and not restated:
            raise NameTakenError(
                f"The setting {setting.name} is claimed twice, by {owner} and by {origin}. "
                "Rename one of them, or leave one plugin out."
            )
        kind = CORE_KINDS.get(setting.name, setting.kind)
        if setting.kind != kind:
            remedy = f"Make it with {setting.name}(…)" if setting.name in ("base_url", "page_size") else f'Write kind="{kind}"'
            raise PluginError(f"{origin}: the setting {setting.name} is of kind {setting.kind}. {remedy}.")
        merged[setting.name] = (setting, origin)
    return merged
