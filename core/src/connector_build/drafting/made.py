"""What a draft says, made: each call of a word of `connector_core` as the value that it gives, to learn if it can be used."""

from collections.abc import Mapping
from datetime import timedelta
from types import ModuleType
from typing import Any

from attrs import evolve

import connector_core
from connector_build.drafting.draft import Call, Draft, Noted, Pair, TableDraft, Value, bare, notes, todo
from connector_build.drafting.writing import plugin_text
from connector_build.errors import BuildError
from connector_core.basics.errors import PluginError
from connector_core.basics.names import one_line
from connector_core.plugin.assembly import Assembly, Plugin, assemble
from connector_core.source.settings import OF_CORE
from connector_core.source.templates import names_in


def made(value: Value) -> Any:
    """*value* with each call carried out. Raises PluginError for a word with arguments that it does not take."""
    value = bare(value)
    match value:
        case Call():
            word = timedelta if value.word == "timedelta" else getattr(connector_core, value.word)
            try:
                return word(*(made(arg) for arg in value.args), **{name: made(part) for name, part in value.options.items()})
            except (TypeError, ValueError) as error:
                raise PluginError(f"{value.word}: {error}") from None
        case Mapping():
            return {name: made(part) for name, part in value.items()}
        case Pair():
            return tuple(made(part) for part in value)
        case list() | tuple():
            return [made(part) for part in value]
    return value


def trouble(value: Value) -> str:
    """Why *value* cannot be used; empty where it can."""
    try:
        made(value)
    except PluginError as error:
        return one_line(error, 160)
    return ""


def usable(value: Value, instead: Value, what: str) -> Value:
    """*value*, or *instead* with a note where *what* cannot be said by it."""
    why = trouble(value)
    return todo(instead, f"{what}: {why}") if why else value


def settings_of(auth: Value) -> list[str]:
    """The names of the settings that an auth of a draft reads."""
    return [setting.name for setting in getattr(made(auth), "settings", ())] if auth is not None else []


def assembled(draft: Draft) -> Assembly:
    """The connector that the text of *draft* makes. Raises PluginError, as a build would."""
    module = ModuleType(draft.name)
    # The text is of our own making, of literals and of the words of connector_core: see writing.
    exec(compile(plugin_text(draft), f"{draft.name}.py", "exec"), module.__dict__)  # noqa: S102  (see above)
    return assemble([Plugin(draft.name, module)])


def kept(draft: Draft) -> Draft:
    """*draft* as far as it can be assembled: tables that cannot are left out, with their children, and its remarks name them.

    Raises BuildError, which names the first of them, when none is left.
    """
    draft = without_idle_settings(draft)
    whole = _why_not(draft)
    if not whole:
        return draft
    dropped: dict[str, str] = {}
    for table in draft.tables:
        family = _with_ancestors(draft, table)
        lost = next((each.name for each in family if each.name in dropped), "")
        why = f"its parent {lost} is left out" if lost else _why_not(evolve(draft, tables=family))
        if why:
            dropped[table.name] = why
    tables = tuple(table for table in draft.tables if table.name not in dropped)
    unclear = {table.name: [note.why for note in notes(table) if note.kind == "TODO"] for table in draft.tables}
    remarks = tuple(f"TODO: {name} is left out: {'; '.join([why, *unclear[name]])}" for name, why in dropped.items())
    if not tables:
        raise BuildError(f"no table of it can be built. The first one is {draft.tables[0].name}: {dropped[draft.tables[0].name]}")
    draft = without_idle_settings(evolve(draft, tables=tables, remarks=(*draft.remarks, *remarks)))
    if why := _why_not(draft):
        raise BuildError(f"no plugin can be made of it: {why}")
    return draft


def _why_not(draft: Draft) -> str:
    try:
        assembled(without_idle_settings(draft))
    except PluginError as error:
        return one_line(error, 240)
    return ""


def _with_ancestors(draft: Draft, table: TableDraft) -> tuple[TableDraft, ...]:
    known = {each.name: each for each in draft.tables}
    family: list[TableDraft] = []
    at: TableDraft | None = table
    while at is not None and at not in family:
        family.insert(0, at)
        at = known.get(parent_of(at))
    return tuple(family)


def parent_of(table: TableDraft) -> str:
    """The name of the table whose child *table* is; empty where it is none."""
    parent = bare(table.table.get("parent"))
    return str(bare(parent.args[0])) if isinstance(parent, Call) and parent.word == "Parent" else ""


def without_idle_settings(draft: Draft) -> Draft:
    """*draft* without settings that nothing in it reads, which the core would refuse."""
    read = set(named_settings([table.table for table in draft.tables], [table.paginator for table in draft.tables]))
    read |= OF_CORE | {"base_url", "page_size"} | set(settings_of(draft.auth))
    return evolve(draft, settings=tuple(each for each in draft.settings if name_of_setting(each) in read))


def name_of_setting(setting: Value) -> str:
    """The name that a call of ``Setting`` gives, or the word itself for those of the core."""
    call = bare(setting)
    if not isinstance(call, Call):
        return ""
    return str(bare(call.args[0])) if call.word == "Setting" else call.word


def named_settings(*parts: Any) -> list[str]:
    """The settings that *parts* of a draft name, in templates or as the list of ``Each``."""
    found: list[str] = []
    for part in parts:
        match part:
            case str():
                found += names_in(part, "settings")
            case Noted():
                found += named_settings(part.value)
            case Call():
                found += [str(bare(part.args[0]))] if part.word == "Each" else []
                found += named_settings(*part.args, *part.options.values())
            case Mapping():
                found += named_settings(*part.values())
            case list() | tuple():
                found += named_settings(*part)
    return found
