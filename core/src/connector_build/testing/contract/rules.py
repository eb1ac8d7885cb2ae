"""The rules of the contract: what a plugin owes to those who sync with it, each as a function that raises Broken.

What core refuses by itself is laid at a rule by the class of its error (see contract.py). The rules about column types,
secrets, paging, transforms and syncs have a module each.
"""

import inspect
import json
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from attrs import frozen
from requests.auth import AuthBase

from connector_build.api.mimic import known_part
from connector_build.errors import BuildError
from connector_build.plugins.discovery import Source, odd_options
from connector_build.project.literals import check_no_secrets
from connector_build.project.output import write_project
from connector_build.project.shipping import source_files
from connector_build.testing.contract.bare import import_bare
from connector_build.testing.contract.check_columns import check_column_types
from connector_build.testing.contract.check_paging import check_advances, check_bookmarks, check_ends
from connector_build.testing.contract.check_secrets import check_secrets, choices, configured
from connector_build.testing.contract.check_syncs import check_exact
from connector_build.testing.contract.check_transforms import check_keep_nothing, check_only_read, check_take_any_record
from connector_build.testing.contract.outcomes import Broken, NotChecked, difference
from connector_build.testing.contract.subject import Subject
from connector_core import Aggregate, DerivedField, Nested
from connector_core.basics.names import one_line, stored_name
from connector_core.plugin.assembly import HOOKS, Assembly


@frozen
class Rule:
    """One rule. *needs*: the rules that it is not checked without, where they are broken. *api*: whether it takes an API."""

    name: str
    title: str
    check: Callable[[Subject], None]
    needs: tuple[str, ...] = ()
    api: bool = False


def _assembles(subject: Subject) -> None:
    if subject.asked:
        raise Broken(
            f"It asks the network for {', '.join(dict.fromkeys(subject.asked))} while it is imported or assembled. A plugin is "
            "assembled at build time, where the API is out of reach: return plain values, and leave requests to the sync."
        )


def _assembles_the_same(subject: Subject) -> None:
    found = difference(subject.described(subject.assembly_with_everything), subject.described(subject.assemble_anew()))
    if found:
        raise Broken(
            f"Assembled twice, it is not the same: {found}. Let the hooks return the same values whenever they are called, "
            "without times, random numbers or counters."
        )


def _looks_like_a_hook(source: Source, name: str, value: object) -> bool:
    """Whether a plugin's author may take *value* for a hook: it is called like one, or nearly so and the plugin's own."""
    package = source.module.__name__.partition(".")[0]
    own = inspect.isroutine(value) and (getattr(value, "__module__", None) or "").partition(".")[0] == package
    return name in HOOKS or (own and name.startswith("connector_"))


def _hooks(subject: Subject) -> None:
    for source in subject.sources:
        for name, value in inspect.getmembers(source.module, callable):
            if _looks_like_a_hook(source, name, value) and not hasattr(value, "connector_core_impl"):
                remedy = "Write @hookimpl above it" if name in HOOKS else "There is no such hook: rename it"
                raise Broken(f"{source.name}: {name} is not marked as a hook, so it is never asked. {remedy}.")
    assembly = subject.assembly_with_everything
    for choice in choices(assembly):
        _check_auth(assembly, choice)


def _check_auth(assembly: Assembly, choice: Mapping[str, str]) -> None:
    try:
        auth = assembly.auth(configured(assembly, choice))
    except Exception:  # noqa: BLE001  (a made-up configuration may be none that it takes)
        return
    if not isinstance(auth, AuthBase):
        raise Broken(f"{assembly.auth_origin}: the factory makes {type(auth).__name__}. Return a requests.auth.AuthBase.")


def _names(subject: Subject) -> None:
    for what, name in _chosen_names(subject.assembly_with_everything):
        stored = stored_name(name)
        if stored != name:
            raise Broken(f"{what} {name} would be stored by Fivetran as {stored}. Name it so yourself.")


def _chosen_names(assembly: Assembly) -> Iterator[tuple[str, str]]:
    """The names that a plugin's author chooses; those of columns are the API's."""
    for plan in assembly.tables:
        yield "The table", plan.table.name
        for transform in plan.transforms:
            if isinstance(transform, DerivedField):
                yield f"{plan.table.name}: the derived field", transform.name
        for extra in plan.extra_tables:
            yield "The extra table", extra.name
            if isinstance(extra, Aggregate):
                yield from ((f"{extra.name}: the measure", name) for name in extra.measures)
            if isinstance(extra, Nested):
                given = [*extra.adds, *([extra.index] if extra.index else [])]
                yield from ((f"{extra.name}: the column", name) for name in given)


def _extra_table_names(subject: Subject) -> None:
    own = stored_name(f"{subject.dataset}_")  # as the names of tables are: those of the dataset orders2 are orders_2_lines
    for plan in subject.assembly_with_everything.tables:
        for extra in plan.extra_tables:
            if not extra.name.startswith(own):
                raise Broken(
                    f"The extra table {extra.name} does not say whose it is among the tables of other connectors. "
                    f"Name it {own}{extra.name}."
                )


def _distinct_names(subject: Subject) -> None:
    schema = subject.assembly_with_everything.schema
    _check_distinct("The tables", (entry["table"] for entry in schema))
    for entry in schema:
        _check_distinct(f"{entry['table']}: the columns", entry["columns"])


def _check_distinct(what: str, names: Iterable[str]) -> None:
    owners: dict[str, str] = {}
    for name in names:
        other = owners.setdefault(stored_name(name), name)
        if other != name:
            raise Broken(f"{what} {other} and {name} both become {stored_name(name)} in the destination. Rename one of them.")


def _keys(subject: Subject) -> None:
    for entry in subject.assembly_with_everything.schema:
        missing = [name for name in entry.get("primary_key", ()) if name not in entry["columns"]]
        if missing:
            what = f"{', '.join(missing)} of its key is not declared"
            raise Broken(f"{entry['table']}: {what}. Name the columns that identify a row, and declare them.")


def _options(subject: Subject) -> None:
    offered = [option.name for option in subject.assembly.options]
    faults = odd_options(subject.dataset, offered, [source.name for source in subject.sources if source.distribution])
    if faults:
        raise Broken(" ".join(faults))


def _literal_secrets(subject: Subject) -> None:
    for source in subject.sources:
        try:
            files = source_files(source)
        except BuildError:
            continue  # what it says is that of bare_import
        try:
            check_no_secrets(files)
        except BuildError as error:
            raise Broken(str(error)) from None


def _bare_import(subject: Subject) -> None:
    try:
        project = subject.project
    except BuildError as error:
        raise Broken(str(error)) from None
    with tempfile.TemporaryDirectory() as folder:
        write_project(project, Path(folder, "built"))
        problem = import_bare(project, Path(folder, "built"))
    if problem:
        raise Broken(problem)


def _same_bytes(subject: Subject) -> None:
    first = subject.hashes()
    try:
        second = json.loads(subject.hashes_elsewhere())
    except (subprocess.CalledProcessError, ValueError, IndexError) as error:
        told = one_line(getattr(error, "stderr", "").strip()[-300:], 300)
        raise Broken(
            f"Another process cannot build it: {told.removesuffix('.')}. Let it depend on nothing but what is installed."
        ) from None
    changed = sorted(path for path in first.keys() | second.keys() if first.get(path) != second.get(path))
    if changed:
        raise Broken(
            f"Built twice, {', '.join(changed)} differ. Return lists and dicts, whose order stays, and no sets; and no times "
            "or random numbers."
        )


def _survives_faults(subject: Subject) -> None:
    from connector_build.testing.matrix.runs import survive

    assembly, recording = subject.assembly_with_everything, subject.recording
    part, _ = known_part(assembly)
    if not part.tables and recording is None:
        raise NotChecked(f"Its API cannot be made up. {subject.left_out}")
    try:
        if part.tables:
            survive(part, sample=subject.sample if part.tables[0] is assembly.tables[0] else None)
        if recording is not None:
            survive(assembly, recording=recording)
    except AssertionError as error:
        raise Broken(str(error)) from None


_PAGING = ("paginator_ends", "paginator_advances")
_TRANSFORMS = ("transforms_take_any_record", "transforms_keep_nothing")

RULES: tuple[Rule, ...] = (
    Rule("assembles", "it is imported and assembled without network and configuration", _assembles),
    Rule("assembles_the_same", "two assemblies are equal", _assembles_the_same),
    Rule("hooks", "each hook is marked, and its answer has the right type", _hooks),
    Rule("names", "Fivetran keeps the names of tables, derived fields and measures as they are", _names),
    Rule("extra_table_names", "the names of extra tables start with that of the dataset", _extra_table_names),
    Rule("distinct_names", "no name is taken twice", _distinct_names),
    Rule("keys", "primary keys are not empty, and declared", _keys),
    Rule("options", "the options that the metadata names are those of the hooks", _options),
    Rule("column_types", "column types are those of the SDK", check_column_types),
    Rule("secrets", "no repr, error, log line or state shows a secret", check_secrets),
    Rule("literal_secrets", "no secret stands in the source", _literal_secrets),
    Rule("paginator_ends", "the paginator comes to an end", check_ends, api=True),
    Rule("paginator_advances", "the paginator makes no request twice", check_advances, ("paginator_ends",), api=True),
    Rule(
        "bookmarks",
        "a bookmark leads back to its request, through JSON and with another page size",
        check_bookmarks,
        _PAGING,
        api=True,
    ),
    Rule("transforms_take_any_record", "transforms take empty, null and odd records", check_take_any_record),
    Rule("transforms_keep_nothing", "transforms keep and share no record", check_keep_nothing),
    Rule("derived_fields_only_read", "derived fields leave their record as it is", check_only_read),
    Rule(
        "exact_tables",
        "after several syncs every table is exact, and every extra table what SQL makes of its source",
        check_exact,
        (*_PAGING, "bookmarks", *_TRANSFORMS),
        api=True,
    ),
    Rule("bare_import", "the built project can be imported where no plugin is installed", _bare_import, ("literal_secrets",)),
    Rule("same_bytes", "built twice, it is the same bytes", _same_bytes, ("bare_import",)),
    Rule(
        "survives_faults",
        "a sync of an API that fails ends with the right rows, or loudly",
        _survives_faults,
        ("exact_tables",),
        api=True,
    ),
)
"""Every rule, in the order in which they are checked. The names stay; what they look at may grow."""
