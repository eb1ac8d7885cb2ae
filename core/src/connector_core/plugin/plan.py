"""What assembly makes of a plugin's answers: frozen values, from which a sync, a build and a description all start."""

from collections.abc import Mapping, Sequence
from typing import Any

from attrs import field, frozen

from connector_core.auth.kinds import AuthFactory
from connector_core.basics.names import sdk_type
from connector_core.basics.paths import LIBRARY, paths_of
from connector_core.derived.extra_tables import Aggregate, Dimension
from connector_core.derived.nested import Nested
from connector_core.derived.transforms import DerivedField, Ratio, Transform
from connector_core.source.columns import Declared, types_of
from connector_core.source.pagination import Paginator
from connector_core.source.settings import Setting
from connector_core.source.tables import Table, Undeclared


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


@frozen
class Origin:
    """Where an answer came from; *place* is the file and the line at which the hook's function begins."""

    plugin: str
    hook: str
    place: str = field(default="", eq=False, repr=False)

    def __str__(self) -> str:
        return f"{self.plugin} ({self.hook})"


KINDS: Mapping[type, str] = {
    Transform: "transform",
    DerivedField: "derived field",
    Dimension: "dimension",
    Aggregate: "aggregate",
    Nested: "nested",
}
"""What each kind of option is called."""


@frozen(hash=False)
class Option:
    """Something that ``--enable`` and ``--disable`` switch: a transform or an extra table, of which table, and from where."""

    value: Transform | DerivedField | Dimension | Aggregate | Nested
    table: str
    origin: Origin
    enabled: bool

    @property
    def name(self) -> str:
        """What ``--enable`` and ``--disable`` call it."""
        return self.value.name

    @property
    def kind(self) -> str:
        """``transform``, ``derived field``, ``dimension``, ``aggregate`` or ``nested``."""
        return next(name for kind, name in KINDS.items() if isinstance(self.value, kind))

    @property
    def description(self) -> str:
        """What its plugin says of it; of an extra table without a description, what its rows are."""
        match self.value:
            case Dimension() | Aggregate() as extra if not extra.description:
                return f"one row for each {', '.join(extra.by)} of {self.table}, with {_contents(extra)}"
            case Nested() as nested if not nested.description:
                return f"one row for each entry of {nested.at} of {self.table}"
        return self.value.description


def _contents(extra: Dimension | Aggregate) -> str:
    if isinstance(extra, Dimension):
        return f"the values of its newest record (by {extra.newest})"
    return "what its records add up to"


@frozen(hash=False)
class TablePlan:
    """A source table with all that its sync needs; only what is enabled.

    declared:       column → Column of the rows that go out: the declared columns as the transforms, in order, leave them.
    extra_declared: extra table → its columns.
    parent:         of a child table, the plan of its parent.
    events:         of a table whose deletes another one tells of, the plan of that.
    lister:         of a table of which another one lists what there is, the plan of that.
    written:        the table as the plugin wrote it, where *table* has the values of a configuration in it.
    told:           those of the values that tell which feed it is: setting → value.
    undeclared:     what becomes of fields that nobody declared.
    forgets:        the state does not keep what extra tables need of its rows, though it might.
    """

    table: Table
    origin: Origin
    paginator: Paginator
    paginator_origin: Origin
    transforms: tuple[Transform | DerivedField, ...]
    extra_tables: tuple[Dimension | Aggregate | Nested, ...]
    declared: Declared
    extra_declared: Mapping[str, Declared]
    parent: "TablePlan | None" = None
    events: "TablePlan | None" = None
    lister: "TablePlan | None" = None
    written: Table | None = None
    told: Mapping[str, Any] = field(factory=dict)
    undeclared: Undeclared = "allow"
    forgets: bool = False

    @property
    def columns(self) -> Mapping[str, str]:
        """Column → type of the rows that go out."""
        return types_of(self.declared)

    @property
    def extra_columns(self) -> Mapping[str, Mapping[str, str]]:
        """Extra table → its columns, with their types."""
        return {name: types_of(columns) for name, columns in self.extra_declared.items()}

    @property
    def grouped(self) -> tuple[Dimension | Aggregate, ...]:
        """The extra tables that group records."""
        return tuple(extra for extra in self.extra_tables if not isinstance(extra, Nested))

    @property
    def nested(self) -> tuple[Nested, ...]:
        """The extra tables of the entries of a list."""
        return tuple(extra for extra in self.extra_tables if isinstance(extra, Nested))

    @property
    def reads_whole(self) -> bool:
        """Whether each sync reads the whole feed."""
        how = getattr(self.paginator, "reads", "")
        remade = bool(self.grouped) and self.repeats and not self.keeps_values
        return self.table.full_refresh or remade or how.startswith("whole")

    @property
    def rests(self) -> bool:
        """Whether a finished sync may leave a place from which the next one goes on."""
        by_change = self.table.parent is not None and self.table.parent.changed is not None
        return not self.table.full_refresh and (by_change or not getattr(self.paginator, "reads", "").startswith("whole"))

    @property
    def keeps_values(self) -> bool:
        """Whether the state keeps what extra tables need of each row, so that a sync may read on from where the last one ended.

        Not where personal data would have to stand there, beyond what records are grouped by, which it has anyway.
        """
        return bool(self.grouped) and self.repeats and self.rests and not (self.personal or self.forgets)

    @property
    def personal(self) -> Sequence[str]:
        """Columns of personal data that the state would have to keep for extra tables, apart from what they group by."""
        grouped_by = {name for extra in self.grouped for name in extra.by}
        needed = dict.fromkeys([*self.table.primary_key, *(name for extra in self.grouped for name in extra.needs)])
        return [name for name in needed if name in self.declared and self.declared[name].pii and name not in grouped_by]

    @property
    def knows_unchanged(self) -> bool:
        """Whether a sync sends only what changed of a feed that it reads whole: the state tells what is there already."""
        by_change = self.table.parent is not None and self.table.parent.changed is not None
        return self.reads_whole and bool(self.table.primary_key) and not (self.table.full_refresh or by_change)

    @property
    def knows_tail(self) -> bool:
        """Whether a sync passes over rows that it meets again as they are, of a feed that it reads on from a bookmark.

        Two keys that are one in the destination have to be one digest, which a DECIMAL without digits does not grant.
        """
        kinds = [self.columns.get(name) for name in self.table.primary_key]
        return bool(kinds) and "DECIMAL" not in kinds and not (self.reads_whole or self.table.full_refresh)

    @property
    def remembers_lines(self) -> bool:
        """Whether the state has to remember which lines a record had: records come again, and the table is not replaced."""
        return self.repeats and not self.table.full_refresh

    @property
    def plain_floats(self) -> bool:
        """Whether nobody but the engine, which looks for itself, may want to know how a number of its records was written."""
        table = self.table
        apart = self.parent or table.rows or not table.primary_key or table.format or table.place.needs or table.place.alone
        return not (apart or self.nested) and all(isinstance(each.function, Ratio) for each in self.transforms)

    @property
    def deletes(self) -> bool:
        """Whether a sync may delete rows: it replaces the table, the API lists deleted keys, or a transform leaves some out."""
        table = self.table
        tells = bool(table.full_refresh or table.deleted or table.deleted_by or table.missing)
        return tells or any(transform.leaves_out for transform in self.transforms)

    @property
    def repeats(self) -> bool:
        """Whether a record may come again.

        From the API, among those that an answer or a transform says are deleted, because an incremental strategy reads the edge
        of what it has again, or because a sync replaces the table or reads it parent by parent.
        """
        table = self.table
        again = getattr(self.paginator, "repeats", False) or any(transform.repeats for transform in self.transforms)
        return not table.append_only or again or bool(table.deleted or table.deleted_by or table.parent or table.full_refresh)


@frozen(hash=False)
class Assembly:
    """A connector, assembled: what a sync, a build and a description all start from.

    undeclared: what the build says about fields that nobody declared; None where it says nothing.
    """

    plugins: tuple[Plugin, ...]
    tables: tuple[TablePlan, ...]
    auth: AuthFactory
    auth_origin: Origin
    settings: tuple[Setting, ...]
    setting_origins: Mapping[str, Origin]
    options: tuple[Option, ...]
    undeclared: Undeclared | None = None

    @property
    def needs(self) -> tuple[str, ...]:
        """The packages, by the name that they are imported under, that a plugin has to depend on."""
        words = [[plan.table, plan.paginator, *(each.function for each in plan.transforms)] for plan in self.tables]
        library = (LIBRARY,) if any(path.needs for path in paths_of([*words, self.auth])) else ()
        return tuple(dict.fromkeys([*getattr(self.auth, "needs", ()), *library]))

    @property
    def plain_floats(self) -> Sequence[str]:
        """The tables whose records may come with plain floats: other tables go by what the records of some say."""
        read = [each.table.name for plan in self.tables for each in (plan.parent, plan.events, plan.lister) if each]
        return [plan.table.name for plan in self.tables if plan.plain_floats and plan.table.name not in read]

    @property
    def schema(self) -> list[dict[str, Any]]:
        """The schema as the Connector SDK takes it: each table with its primary key (a list) and columns."""
        tables = []
        for plan in self.tables:
            tables.append((plan.table.name, plan.table.primary_key, plan.columns))
            tables += [(extra.name, extra.by, plan.extra_columns[extra.name]) for extra in plan.extra_tables]
        return [
            {
                "table": name,
                **({"primary_key": list(key)} if key else {}),  # without one, Fivetran makes it of all columns
                "columns": {column: sdk_type(kind) for column, kind in columns.items()},
            }
            for name, key, columns in tables
        ]
