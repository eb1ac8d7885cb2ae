"""Parents: whose child a table is, and which of the parent's fields its requests name."""

from collections.abc import Collection, Mapping
from typing import Any, ClassVar

from attrs import field, frozen

from connector_core.basics.errors import PluginError
from connector_core.basics.names import check_column_name, check_name, one_line
from connector_core.basics.paths import Path, compile_path, taken
from connector_core.source.templates import names_in


@frozen(hash=False)
class Parent:
    """Whose child a table is. Its path, ``params``, ``headers`` and ``body`` name fields of the parent's record: ``{parent.id}``.

    table:   the parent, another table of the dataset. It may be a child itself: guilds → channels → messages.
    adds:    column of the child → field of the parent's record: what each row of the child is given. Name the parent's key. What
             the parent was given by its own parent counts as a field of its record.
    changed: a field of the parent that changes whenever its children do, such as ``updated_at``. Children of a parent whose
             value there is that of the last sync are left out. None: the children of every parent are read in each sync.

    incremental: the parent's own paginator asks by what *changed* names (``UpdatedSince("since", "updated_at")``), so its records
             are listed from where the last sync ended, and not all of them: the state has one place, however many there are.

    A field may be nested, with dots: ``{parent.owner.id}``. Raises PluginError when a value cannot be used.
    """

    table: str
    adds: Mapping[str, str] = field(factory=dict)
    changed: str | None = None
    incremental: bool = False
    places: Mapping[str, Path] = field(init=False, eq=False, repr=False)
    """Of each column in *adds*, where its value is in the parent's record."""
    changes: Path | None = field(init=False, eq=False, repr=False)
    """Where *changed* is."""

    scope = "parent"

    def __attrs_post_init__(self) -> None:
        check_name(self.table, "A parent table")
        where = f"Parent {self.table}"
        _set_places(self, where, 'Name the column for the parent\'s key: {"parent_id": "id"}.')
        object.__setattr__(self, "changes", None if self.changed is None else _field(self.changed, f"{where}: changed"))

    def added(self, record: Mapping[str, Any]) -> dict[str, Any]:
        """Column → value of what *adds* takes from the parent's *record*; null where it has nothing there."""
        return taken(self.places, record)

    @property
    def named(self) -> str:
        """What a table has one feed for each of, for people."""
        return f"record of {self.table}"


@frozen(hash=False)
class Each:
    """One feed for each value of a list in the configuration.

    Path, ``params``, ``headers`` and ``body`` of the table name it: ``{each.value}``.

    setting: the setting that holds the list, of kind ``list``.
    adds:    column of the table → ``"value"``: what each row is given.

    Each feed has a bookmark of its own. Rows of a value that was taken out of the list stay as they are, unless the table is one
    with ``full_refresh``. Raises PluginError when a value cannot be used.
    """

    setting: str
    adds: Mapping[str, str] = field(factory=dict)
    places: Mapping[str, Path] = field(init=False, eq=False, repr=False)

    scope = "each"
    changed: ClassVar[str | None] = None
    incremental: ClassVar[bool] = False
    changes: ClassVar[Path | None] = None

    def __attrs_post_init__(self) -> None:
        check_name(self.setting, "The setting of Each")
        where = f"Each {self.setting}"
        _set_places(self, where, f'Name the column that holds the value: {{"{self.setting.removesuffix("s")}": "value"}}.')
        for column, name in self.adds.items():
            if name != "value":
                raise PluginError(f'{where}: adds has {name!r} for {column}. An entry of a list has nothing but "value".')

    def added(self, record: Mapping[str, Any]) -> dict[str, Any]:
        """Column → the value in *record*, which stands for an entry of the list."""
        return taken(self.places, record)

    @property
    def table(self) -> str:
        """What the list is called where a parent has the name of its table."""
        return f"each_{self.setting}"

    @property
    def named(self) -> str:
        """What a table has one feed for each of, for people."""
        return f"value of the setting {self.setting}"


def _set_places(made: Parent | Each, where: str, remedy: str) -> None:
    if not isinstance(made.adds, Mapping) or not made.adds:
        raise PluginError(f"{where}: adds is {one_line(repr(made.adds), 60)}. {remedy}")
    for column in made.adds:
        check_column_name(column, f"{where}: adds")
    object.__setattr__(made, "adds", dict(made.adds))
    object.__setattr__(made, "places", {column: _field(name, f"{where}: adds") for column, name in made.adds.items()})


def _field(name: object, where: str) -> Path:
    try:
        return compile_path(name)
    except PluginError as error:
        raise PluginError(f"{where} names the field {name!r}. Write a field of the parent's record. {error}") from None


def check_child(table: str, parent: object, asked: Collection[Any], columns: Collection[str]) -> None:
    """Raise PluginError unless a child asks for something else for each parent, and declares what it is given.

    table: its name. asked: the parts of its requests in which a field of the parent may be named. columns: those it declares.
    """
    if not isinstance(parent, Parent | Each):
        raise PluginError(
            f'Table {table}: parent is {one_line(repr(parent), 60)}. Write Parent("companies", adds={{"company_id": "id"}}).'
        )
    named = [name for part in asked for name in names_in(part, parent.scope)]
    for name in named:
        _field(name, f"Table {table}: {{{parent.scope}.{name}}}")
    if not named:
        example = "/companies/{parent.id}/departments" if isinstance(parent, Parent) else "/repositories/{each.value}/issues"
        what = "a field of the parent" if isinstance(parent, Parent) else "it"
        raise PluginError(f'Table {table}: it asks for the same for each {parent.named}. Name {what}, such as path="{example}".')
    if isinstance(parent, Each) and (wrong := [name for name in named if name != "value"]):
        raise PluginError(f"Table {table}: it names {{each.{wrong[0]}}}, but an entry of a list has nothing but {{each.value}}.")
    undeclared = [column for column in parent.adds if column not in columns]
    if undeclared:
        raise PluginError(f"Table {table}: its parent adds {', '.join(undeclared)}, which columns does not declare.")
