"""The draft of a low-code manifest."""

from collections.abc import Mapping
from typing import Any, Final

from attrs import evolve, field, frozen

from connector_build.drafting.airbyte import manifest
from connector_build.drafting.airbyte.addresses import Address, address_of
from connector_build.drafting.airbyte.asking import asked
from connector_build.drafting.airbyte.errors import rules_of
from connector_build.drafting.airbyte.filling import Filling
from connector_build.drafting.airbyte.increments import ends_of, incremental
from connector_build.drafting.airbyte.paging import paged
from connector_build.drafting.airbyte.partitions import parents_of, partition_of, put_in
from connector_build.drafting.airbyte.records import Read, columns, decoder_of, key_of, made_of, records_of, transforms_of
from connector_build.drafting.airbyte.settings import Settings
from connector_build.drafting.airbyte.signing import auth_of
from connector_build.drafting.columns import type_of
from connector_build.drafting.documents import document
from connector_build.drafting.draft import Call, Draft, TableDraft, Value, bare, guessed, todo
from connector_build.drafting.keys import key_options
from connector_build.drafting.made import settings_of
from connector_build.drafting.named import Names
from connector_build.drafting.shape import list_of, object_of, text_of
from connector_build.drafting.writing import table_name_of
from connector_build.errors import BuildError
from connector_core.basics.names import one_line

MOST: Final = 200
_BASE_KINDS: Final = frozenset({"", "DeclarativeStream"})


def airbyte_draft(name: str, text: str, schemas: Read = lambda _: None) -> Draft:
    """The dataset *name*, drafted from the low-code manifest *text*. *schemas*: reads the files that it names for columns.

    Raises BuildError for what is no manifest, or for one without a stream that can be drafted.
    """
    source = manifest.resolved(document(text))
    streams, remarks = _streams(source)
    settings = Settings(object_of(object_of(source.get("spec")).get("connection_specification")))
    drafting = _Drafting(settings, schemas, _table_names(streams))
    found = [drafting.stream(stream) for stream in streams]
    address = address_of([each.origin for each in found])
    tables, left = _at_one_address(_with_keys(found), address)
    auth, about_auth = _auth(found)
    of_auth = settings_of(auth)
    sizes = sorted({each.size for each in found if each.size})
    options = (*([address.setting] if address.setting is not None else []), *_page_size(sizes), *settings.drafted(of_auth))
    first = "Drafted from a low-code manifest of Airbyte; no request was made."
    return Draft(
        name,
        f"{name}: {', '.join(each.name for each in tables[:4])}",
        tables,
        auth,
        options,
        (first, *remarks, *left, *about_auth),
    )


@frozen(hash=False)
class _Stream:
    """A table that was drafted, with what is settled for all of them together: its origin, its auth, its page size."""

    table: TableDraft
    origin: str
    path: str
    auth: Value
    size: int | None
    unclear: tuple[str, ...] = ()


def _streams(source: Mapping[str, Any]) -> tuple[list[dict[str, Any]], list[str]]:
    """The streams, each behind those that it is read for, and remarks on what is none."""
    remarks: list[str] = []
    dynamic = list_of(source.get("dynamic_streams"))
    if dynamic:
        remarks.append(f"TODO: {len(dynamic)} dynamic streams, whose tables only the API knows, are left out.")
    given: list[Any] = []
    for each in list_of(source.get("streams")):
        given += list_of(object_of(each).get("streams")) if manifest.kind(each) == "ConditionalStreams" else [each]
    ordered: dict[str, dict[str, Any]] = {}
    for each in given:
        _visit(object_of(each), ordered, remarks, 0)
    if len(ordered) > MOST:
        remarks.append(f"{len(ordered) - MOST} more streams were left out beyond the first {MOST}.")
    if not ordered:
        raise BuildError(f"it has no stream that can be drafted.{' ' + ' '.join(remarks) if remarks else ''}")
    return list(ordered.values())[:MOST], remarks


def _visit(stream: dict[str, Any], ordered: dict[str, dict[str, Any]], remarks: list[str], depth: int) -> None:
    if manifest.kind(stream) == "StateDelegatingStream":
        stream = object_of(stream.get("incremental_stream")) or object_of(stream.get("full_refresh_stream"))
    name = str(manifest.field(stream, "name") or "")
    retriever = manifest.field(stream, "retriever")
    if not name or name in ordered or depth > 20:
        return
    if manifest.kind(retriever) not in ("", "SimpleRetriever", "CustomRetriever") or manifest.kind(stream) not in _BASE_KINDS:
        kind = manifest.kind(retriever) if manifest.kind(stream) in _BASE_KINDS else manifest.kind(stream)
        remarks.append(f"TODO: the stream {one_line(name, 60)} is left out: {one_line(kind, 60)} has no draft.")
        return
    parents = parents_of(stream)
    for parent in parents:
        _visit(parent, ordered, remarks, depth + 1)
    missing = [each for each in parents if str(manifest.field(each, "name") or "") not in ordered]
    if missing:
        remarks.append(f"TODO: the stream {one_line(name, 60)} is left out: its parent is.")
        return
    ordered[name] = stream


def _table_names(streams: list[dict[str, Any]]) -> dict[str, str]:
    names = Names(called=table_name_of)
    return {str(manifest.field(stream, "name")): names.given(str(manifest.field(stream, "name"))) for stream in streams}


@frozen(hash=False)
class _Drafting:
    settings: Settings
    schemas: Read
    tables: dict[str, str]
    keys: dict[str, dict[str, Value]] = field(factory=dict)

    def stream(self, stream: dict[str, Any]) -> _Stream:
        """One stream, with every expression that was not understood in its note."""
        unclear: list[str] = []
        table = self.tables[str(manifest.field(stream, "name"))]
        retriever = manifest.field(stream, "retriever")
        requester = manifest.field(retriever, "requester")
        sync = stream.get("incremental_sync")
        plain = Filling(self.settings, unclear=unclear)
        fields = columns(stream, self.schemas, plain)
        partition = partition_of(stream, self.tables, fields, self.settings, unclear)
        filling = Filling(self.settings, partition.fills, ends_of(sync), unclear)
        for component in (each for each in (retriever, requester) if manifest.kind(each).startswith("Custom")):
            unclear.append(f"{text_of(component.get('class_name')) or 'a custom part'}, of which only the fields are read")
        request = asked(requester, filling)
        put_in(partition, request)
        pages = paged(manifest.field(retriever, "paginator"), request, filling)
        paginator = incremental(sync, request, pages.value, made_of(stream), filling)
        key = key_of(stream, fields, filling)
        transforms = transforms_of(stream, table, partition, fields, filling)
        self._give(partition.options, fields)
        selector = manifest.field(retriever, "record_selector")
        options: dict[str, Value] = {"name": table, "path": request.path, "records": records_of(selector, filling)}
        stated: dict[str, Value] = {"primary_key": key} if key else key_options([], "")
        options |= {**stated, "columns": fields, **partition.options, **decoder_of(retriever, filling)}
        options |= {name: value for name, value in (("params", request.params), ("headers", request.headers)) if value}
        options |= {"body": request.body} if request.body is not None else {}
        options |= {"form": True} if request.form and request.body is not None else {}
        rules = rules_of(manifest.field(requester, "error_handler"), filling)
        options |= {"errors": rules} if rules else {}
        auth = auth_of(manifest.field(requester, "authenticator"), plain) or next(iter(request.auth), None)
        self.keys[table] = fields
        drafted = TableDraft(options, paginator, tuple(transforms))
        return _Stream(drafted, request.origin, request.path, auth, pages.size, tuple(dict.fromkeys(unclear)))

    def _give(self, options: Mapping[str, Value], fields: dict[str, Value]) -> None:
        """Declare the column that a parent, or a list, gives each row."""
        for call in options.values():
            call = bare(call)
            assert isinstance(call, Call)  # noqa: S101  (made by partition_of)
            for column, source in object_of(call.options["adds"]).items():
                known = self.keys.get(str(bare(call.args[0])), {}).get(str(source))
                kind = type_of(known) if known is not None and call.word == "Parent" else "STRING"
                fields.setdefault(column, kind if kind != "JSON" else "STRING")


def _with_keys(found: list[_Stream]) -> list[_Stream]:
    """The streams, of which those that have children but no key are told by what their children are read by."""
    sources: dict[str, str] = {}
    for each in found:
        parent = bare(each.table.table.get("parent"))
        if isinstance(parent, Call):
            source = next(iter(object_of(parent.options["adds"]).values()))
            sources.setdefault(str(parent.args[0]), str(source))
    return [_with_key(each, sources[each.table.name]) if each.table.name in sources else each for each in found]


def _with_key(stream: _Stream, source: str) -> _Stream:
    table = dict(stream.table.table)
    if bare(table["primary_key"]) or not source.isidentifier():
        return stream
    fields = dict(object_of(table["columns"]))
    fields.setdefault(source, "STRING")
    table |= {"primary_key": guessed([source], "what its children are read by"), "columns": fields}
    table.pop("full_refresh", None)
    return evolve(stream, table=evolve(stream.table, table=table))


def _at_one_address(found: list[_Stream], address: Address) -> tuple[tuple[TableDraft, ...], list[str]]:
    """The tables at *address*, each with its path below it and with its note; and remarks on those elsewhere."""
    tables, left = [], []
    for each in found:
        if not address.serves(each.origin):
            left.append(
                f"TODO: the stream {each.table.name} is left out: it is at {one_line(each.origin, 80)}, a dataset of its own."
            )
            continue
        path: Value = address.below(each.path)
        if each.unclear:
            path = todo(path, "not understood: " + "; ".join(each.unclear))
        tables.append(evolve(each.table, table={**each.table.table, "path": path}))
    return tuple(tables), left


def _auth(found: list[_Stream]) -> tuple[Value, list[str]]:
    """The auth of most streams; one dataset has one."""
    kinds: list[Value] = []
    for each in found:
        if each.auth is not None and bare(each.auth) not in [bare(kind) for kind in kinds]:
            kinds.append(each.auth)
    if not kinds:
        return None, []
    rest = [text_of(getattr(bare(kind), "word", "")) for kind in kinds[1:]]
    return kinds[0], [f"TODO: some streams sign in otherwise, by {', '.join(rest)}."] if rest else []


def _page_size(sizes: list[int]) -> list[Value]:
    if not sizes:
        return []
    call = Call("page_size", (sizes[0],), {"maximum": sizes[-1]})
    return [guessed(call, f"streams ask for {', '.join(map(str, sizes))}") if len(sizes) > 1 else call]
