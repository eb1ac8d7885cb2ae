"""Paginators of a manifest → those of a plugin."""

from collections.abc import Mapping
from typing import Any

from attrs import frozen
from jinja2 import nodes

from connector_build.drafting.airbyte import manifest
from connector_build.drafting.airbyte.asking import WHERE, Asked, Spot
from connector_build.drafting.airbyte.expressions import Reference, equality, reference, references, single
from connector_build.drafting.airbyte.filling import Filling
from connector_build.drafting.draft import Call, Value, guessed
from connector_build.drafting.shape import list_of, object_of, text_of, whole
from connector_build.drafting.texts import path_to
from connector_core.basics.names import one_line


@frozen
class Paged:
    """A paginator, and how many records it asks for at once, where that is said."""

    paginator: Call
    size: int | None = None
    why: str = ""

    @property
    def value(self) -> Value:
        """The paginator, noted where it is a guess."""
        return guessed(self.paginator, self.why) if self.why else self.paginator


@frozen
class _Options:
    token: Spot | None
    size: Spot | None
    records: int | None

    @property
    def size_param(self) -> str | None:
        """What takes the size of a page, where a request can carry it beside the position."""
        if self.size is None or self.records is None:
            return None
        beside = self.token is None or self.size.where == self.token.where or self.size.where == "query"
        return self.size.name if beside and self.size.where != "path" else None

    @property
    def where(self) -> dict[str, Value]:
        """Where the position goes, unless that is the query."""
        return {"where": self.token.where} if self.token and self.token.where != "query" else {}


_ONE = Call("SinglePage")


def paged(paginator: Any, asked: Asked, filling: Filling) -> Paged:
    """What *paginator* says. What it cannot be said by is kept among what was unclear, and one page is read."""
    kind = manifest.kind(paginator)
    if not object_of(paginator) or kind == "NoPagination":
        return Paged(_ONE)
    strategy = manifest.field(paginator, "pagination_strategy")
    name = manifest.kind(strategy)
    options = _options(paginator, strategy, asked, filling)
    makers = {"PageIncrement": _pages, "OffsetIncrement": _offsets, "CursorPagination": _cursor}
    if name not in makers or (kind and kind != "DefaultPaginator"):
        filling.unclear.append(f"the paginator {text_of(object_of(strategy).get('class_name')) or name or kind}")
        return Paged(_ONE)
    found = makers[name](paginator, strategy, options, filling)
    if found is None:
        return Paged(_ONE)
    if options.size and options.records and not found.paginator.options.get("size_param"):
        (asked.params if options.size.where == "query" else asked.headers)[options.size.name] = str(options.records)
    return found


def _options(paginator: Any, strategy: Any, asked: Asked, filling: Filling) -> _Options:
    token = spot_of(manifest.field(paginator, "page_token_option"), filling)
    size = spot_of(manifest.field(paginator, "page_size_option") or manifest.field(strategy, "page_size_option"), filling)
    if asked.body is None:  # a GET has none, whatever the manifest says
        token, size = (Spot(each.name, "query") if each and each.where == "body" else each for each in (token, size))
    token = token or (asked.token[0] if asked.token else None)
    if asked.body is None:  # a GET has none, whatever the manifest says
        token, size = in_query(token), in_query(size)
    return _Options(token, size, _size(manifest.field(strategy, "page_size"), filling))


def in_query(spot: Spot | None) -> Spot | None:
    """*spot* for a request without a body."""
    return Spot(spot.name, "query") if spot and spot.where == "body" else spot


def spot_of(option: Any, filling: Filling) -> Spot | None:
    """Where a RequestOption puts its value."""
    where = WHERE.get(text_of(object_of(option).get("inject_into")))
    keys = list_of(object_of(option).get("field_path")) or [object_of(option).get("field_name")]
    names = [filling.soft(key, option) for key in keys if key not in (None, "")]
    if where is None or not names or None in names:
        return None
    plain = [str(name) for name in names]
    return Spot(
        path_to(*plain)
        if where == "body"
        else plain[-1]
        if len(plain) == 1
        else "".join(plain[:1] + [f"[{each}]" for each in plain[1:]]),
        where,
    )


def _size(value: Any, filling: Filling) -> int | None:
    number = whole(value)
    if number is None and isinstance(value, str):
        named = reference(single(value))
        given = filling.settings.default(named.keys) if named and named.root == "config" else value
        given = given if given is not None else named.default if named else None
        number = int(str(given)) if str(given).strip().isdigit() else 100 if named else None
    return number if number and 0 < number <= 1_000_000 else None


def _short(options: _Options) -> dict[str, Value]:
    """A page that is not full ends the feed, where the manifest says how many records it asks for."""
    if options.size_param is None:
        return {}
    where: dict[str, Value] = {"where": "body"} if options.size and options.size.where == "body" else {}
    return {"stop": [Call("short_page", (options.size_param,), where)]}


def _pages(paginator: Any, strategy: Any, options: _Options, filling: Filling) -> Paged | None:
    if options.token is None:
        filling.unclear.append("page numbers of which no parameter is said")
        return None
    first = whole(manifest.field(strategy, "start_from_page")) or 0
    call = Call(
        "PageNumberPaginator",
        (),
        {"param": options.token.name, "first_page": first, "size_param": options.size_param, **_short(options), **options.where},
    )
    if first == 0 and not strategy.get("inject_on_first_request") and not paginator.get("inject_on_first_request"):
        return Paged(call, options.records, "the first request of the manifest has no page number, and the second has 1")
    return Paged(call, options.records)


def _offsets(paginator: Any, strategy: Any, options: _Options, filling: Filling) -> Paged | None:  # noqa: ARG001  (each kind of paging takes the same)
    if options.token is None:
        filling.unclear.append("offsets of which no parameter is said")
        return None
    said = {"param": options.token.name, "size_param": options.size_param, **_short(options), **options.where}
    return Paged(Call("OffsetPaginator", (), said), options.records)


def _cursor(paginator: Any, strategy: Any, options: _Options, filling: Filling) -> Paged | None:
    text = str(manifest.field(strategy, "cursor_value") or "")
    node = _plain(single(text))
    found = reference(node)
    stop = str(manifest.field(strategy, "stop_condition") or "")
    if found is None and (counted := _next_number(node)) and options.token:
        call = Call("PageNumberPaginator", (), {"param": options.token.name, "size_param": options.size_param, **options.where})
        return Paged(call, options.records, f"the next page is {counted.path} and 1")
    link = manifest.kind(manifest.field(paginator, "page_token_option")) == "RequestPath"
    if found is None or not (link or options.token):
        filling.unclear.append(f"the next page {one_line(text, 120)}")
        return None
    made = _by_link(found) if link else _by_value(found, options)
    if made is None:
        filling.unclear.append(f"the next page {one_line(text, 120)}")
        return None
    call, why = made
    return Paged(_stopped(call, found, stop, options, filling), options.records, why)


def _plain(node: Any) -> Any:
    """The value of a condition: ``x if x else None`` is x."""
    if isinstance(node, nodes.CondExpr) and (node.expr2 is None or isinstance(node.expr2, nodes.Const)):
        return node.expr1
    return node


def _next_number(node: Any) -> Reference | None:
    if isinstance(node, nodes.Add) and isinstance(node.right, nodes.Const) and node.right.value == 1:
        return reference(node.left)
    return None


def _of_link_header(found: Reference) -> bool:
    return found.root == "headers" and "link" in [str(key).lower() for key in found.keys]


def _by_link(found: Reference) -> tuple[Call, str] | None:
    if _of_link_header(found):
        return Call("LinkHeaderPaginator"), ""
    return (Call("NextLinkPaginator", (found.path,), {"missing_ends": True}), "") if found.root == "response" else None


def _by_value(found: Reference, options: _Options) -> tuple[Call, str] | None:
    token = options.token
    assert token is not None  # noqa: S101  (the caller looked)
    sized: Mapping[str, Value] = {"size_param": options.size_param, **options.where}
    if _of_link_header(found):
        size: dict[str, Value] = {"size_param": options.size_param} if options.size_param else {}
        return Call("LinkHeaderPaginator", (), size), "its links are followed, where the manifest takes a cursor out of them"
    if found.root == "headers" and len(found.keys) == 1:
        return Call("CursorPaginator", (), {"param": token.name, "next_header": str(found.keys[0]), **sized}), ""
    if found.root == "last_record":
        return Call("KeysetPaginator", (token.name, found.path), {**sized, "order": "any"}), ""
    if found.root == "response" and -1 in found.keys:
        key = found.keys[found.keys.index(-1) + 1 :]
        why = "the value that follows the last record of a list is taken for one of the records"
        return (Call("KeysetPaginator", (token.name, Reference("", key).path), {**sized, "order": "any"}), why) if key else None
    if found.root == "response" and found.keys:
        return Call("CursorPaginator", (token.name, found.path), {**sized, "missing_ends": True}), ""
    return None


def _stopped(call: Call, found: Reference, stop: str, options: _Options, filling: Filling) -> Call:
    """*call* with the rule that *stop* says, if it says more than that there is no next page."""
    if not stop or stop.strip().lower() in ("false", "{{ false }}"):
        return call
    said = equality(single(stop))
    if said and _of_link_header(said[0]) and call.word == "LinkHeaderPaginator" and isinstance(said[1][0], str):
        return Call(call.word, call.args, {**call.options, "stop": [Call("link_is", (str(said[0].keys[-1]), said[1][0]))]})
    named = [each for each in references(stop) if each.root not in ("none", "None", "true", "false", "True", "False")]
    if named and all(each.root in ("response", "headers", "last_record", found.root) and _near(each, found) for each in named):
        return call
    flag = _flag(single(stop))
    if flag and call.word == "CursorPaginator":
        return Call(call.word, call.args, {**call.options, "more_field": flag})
    if flag:
        return Call(call.word, call.args, {**call.options, "stop": [Call("no_more", (flag,))]})
    if any(each.root in ("last_page_size", "last_records") for each in named) or "length" in stop:
        rule = _short(options).get("stop", [Call("empty_page")])
        return Call(call.word, call.args, {**call.options, "stop": rule})
    filling.unclear.append(f"the end of the pages {one_line(stop, 120)}")
    return call


def _near(one: Reference, other: Reference) -> bool:
    """Whether one is the other, or what the other is in: that it is not there says the same.

    A link to itself counts as the next one: the core notices by itself when pages go in a circle.
    """
    shorter = min(len(one.keys), len(other.keys))
    keys = tuple("next" if key == "self" else key for key in one.keys)
    return one.root == other.root and keys[:shorter] == other.keys[:shorter]


def _flag(node: Any) -> str:
    """The path of what says that there is more, of ``not response.has_more`` or ``response.has_more == false``."""
    inner = node.node if isinstance(node, nodes.Not) else None
    if isinstance(node, nodes.Compare) and len(node.ops) == 1 and node.ops[0].op == "eq":
        value = node.ops[0].expr
        inner = node.expr if isinstance(value, nodes.Const) and value.value is False else None
    if isinstance(node, nodes.Test) and node.name in ("false", "none"):
        inner = node.node
    found = reference(inner)
    return found.path if found and found.root == "response" and found.keys else ""
