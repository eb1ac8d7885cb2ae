"""Partition routers of a manifest → a parent table, or a list in the configuration."""

from typing import Any

from attrs import field, frozen

from connector_build.drafting.airbyte import manifest
from connector_build.drafting.airbyte.asking import Asked, Spot
from connector_build.drafting.airbyte.expressions import NotUnderstoodError, reference, single
from connector_build.drafting.airbyte.filling import Filling
from connector_build.drafting.airbyte.paging import spot_of
from connector_build.drafting.airbyte.settings import Settings, listed
from connector_build.drafting.columns import type_of
from connector_build.drafting.draft import Call, Value
from connector_build.drafting.shape import list_of, object_of, text_of
from connector_build.drafting.texts import path_to, singular
from connector_core.basics.names import one_line, stored_name


@frozen(hash=False)
class Partition:
    """What a table has one feed for each of.

    options: ``parent`` or ``each`` of the table. fills: the name in ``stream_partition`` → what stands for it.
    spots:   where a request carries it besides. column: which column has it, and *source* where it comes from.
    """

    options: dict[str, Value] = field(factory=dict)
    fills: dict[str, str] = field(factory=dict)
    spots: tuple[Spot, ...] = ()
    column: str = ""
    name: str = ""

    def gives(self, column: str, source: str) -> None:
        """Give rows what the parent has at *source* in *column*, which the manifest adds itself; once is enough."""
        for name, call in self.options.items():
            assert isinstance(call, Call)  # noqa: S101  (made below)
            adds = {key: value for key, value in object_of(call.options["adds"]).items() if value != source or key != self.column}
            self.options[name] = Call(call.word, call.args, {**call.options, "adds": {**adds, column: source}})


def parents_of(stream: Any) -> list[dict[str, Any]]:
    """The streams that *stream* is read for the records of."""
    return [object_of(config.get("stream")) for router in _routers(stream) for config in _configs(router)]


def _routers(stream: Any) -> list[dict[str, Any]]:
    retriever = manifest.field(stream, "retriever")
    given = manifest.field(retriever, "partition_router") or manifest.field(retriever, "stream_slicer")
    routers = [object_of(each) for each in (given if isinstance(given, list) else [given])]
    inner = [object_of(each.get("underlying_partition_router")) or each for each in routers if each]
    return [each for router in inner for each in (list_of(router.get("stream_slicers")) or [router])]


def _configs(router: Any) -> list[dict[str, Any]]:
    return [object_of(each) for each in list_of(object_of(router).get("parent_stream_configs"))]


def partition_of(
    stream: Any, tables: dict[str, str], columns: dict[str, Value], settings: Settings, unclear: list[str]
) -> Partition:
    """What the routers of *stream* say; of several the first, and the others are kept among what was *unclear*."""
    found: list[Partition] = []
    for router in _routers(stream):
        filling = Filling(settings, unclear=unclear)
        match manifest.kind(router):
            case "SubstreamPartitionRouter":
                found += [_of_parent(config, tables, columns, filling) for config in _configs(router)]
            case "ListPartitionRouter":
                found.append(_of_list(router, columns, filling))
            case kind:
                unclear.append(f"the partition router {text_of(router.get('class_name')) or kind}")
    if len(found) > 1:
        unclear.append(f"{len(found)} partitions at a time, of which a table has one: the first is taken")
    return found[0] if found else Partition()


def _of_parent(config: Any, tables: dict[str, str], columns: dict[str, Value], filling: Filling) -> Partition:
    parent = tables[str(manifest.field(config.get("stream"), "name"))]
    try:
        key = filling.constant(config.get("parent_key") or "id", config)
        name = filling.constant(config.get("partition_field") or "id", config)
    except NotUnderstoodError as error:
        filling.unclear.append(str(error))
        return Partition()
    source = path_to(*key.split("."))
    column = _column(name, columns, f"{singular(parent)}_{name}" if name in ("id", "key", "name", source) else "")
    spot = spot_of(config.get("request_option"), filling)
    call = Call("Parent", (parent,), {"adds": {column: source}})
    return Partition({"parent": call}, {name: f"{{parent.{key}}}"}, (spot,) if spot else (), column, name)


def _of_list(router: Any, columns: dict[str, Value], filling: Filling) -> Partition:
    given = router.get("values")
    try:
        name = filling.constant(router.get("cursor_field") or "value", router)
    except NotUnderstoodError as error:
        filling.unclear.append(str(error))
        name = "value"
    named = reference(single(given)) if isinstance(given, str) else None
    if named and named.root == "config":
        setting = filling.settings.read(named.keys, "list", named.default)
    else:
        values = [one_line(each, 200) for each in (given if isinstance(given, list) else [given]) if each is not None]
        about = f"Values of {one_line(name, 60)}, of which each is read."
        setting = filling.settings.added(f"{name}_values", {"description": about, "kind": "list", "default": listed(values)})
    spot = spot_of(router.get("request_option"), filling)
    column = _column(name, columns)
    call = Call("Each", (setting,), {"adds": {column: "value"}})
    return Partition({"each": call}, {name: "{each.value}"}, (spot,) if spot else (), column, name)


def _column(name: str, columns: dict[str, Value], other: str = "") -> str:
    """The column for what a router calls *name*: one that is there, unless that is *other* than the same; else a new one."""
    own = next((each for each in columns if stored_name(each) == stored_name(name)), None)
    if own is None:
        return name
    return f"{name}_read" if type_of(columns[own]) == "JSON" else other or own


def put_in(partition: Partition, asked: Asked) -> None:
    """Let a request carry the partition where its router says so."""
    for spot in partition.spots:
        (text,) = partition.fills.values()
        if spot.where == "body" and asked.body is not None:
            asked.body[spot.name] = text
        else:
            (asked.headers if spot.where == "header" else asked.params)[spot.name] = text
