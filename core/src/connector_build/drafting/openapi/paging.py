"""How a resource is paged, told from the names of its parameters and of what the answer says beside its records: a guess."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from attrs import frozen

from connector_build.drafting.columns import types_in
from connector_build.drafting.draft import Call, Value, bare, guessed, todo
from connector_build.drafting.made import trouble
from connector_build.drafting.openapi.answers import Answer
from connector_build.drafting.openapi.parameters import Parameter, named
from connector_build.drafting.openapi.words import (
    CURSORS,
    KEYSETS,
    LAST_PAGES,
    MORE,
    NEXT_CURSORS,
    NEXT_LINKS,
    OFFSETS,
    PAGES,
    SIZES,
    TOTALS,
)
from connector_build.drafting.shape import text_of
from connector_build.drafting.writing import name_of


@frozen
class Paging:
    """A paginator, and the parameters that it sends."""

    paginator: Value
    taken: tuple[str, ...] = ()
    size: Parameter | None = None


@frozen
class _Evidence:
    """What there is to go by: the parameters, and the fields beside the records by their last names."""

    parameters: Sequence[Parameter]
    answer: Answer
    key: Sequence[str]

    @property
    def size(self) -> Parameter | None:
        """What takes the size of a page."""
        return named([each for each in self.parameters if each.is_number or not each.schema.get("type")], SIZES)

    def field(self, names: Sequence[str], *kinds: str) -> str:
        """The path of the first of *names* beside the records, of one of *kinds* or of none; empty where there is none."""
        fit = {
            path: _ends(path)
            for path, schema in self.answer.beside.items()
            if not types_in(schema) or types_in(schema) & {*kinds}
        }
        return next((path for name in names for path, ends in fit.items() if name in ends), "")


def _ends(path: str) -> set[str]:
    """The names that a field may be known by: its last key, its last two, and the whole way to it."""
    parts = path.split(".")
    return {name_of(parts[-1]), name_of("_".join(parts[-2:])), name_of("_".join(parts))}


def paging_of(parameters: Sequence[Parameter], answer: Answer, key: Sequence[str]) -> Paging:
    """The paginator that fits, with the evidence in words; one page where nothing speaks of more."""
    seen = _Evidence(parameters, answer, key)
    for rule in _RULES:
        found = rule(seen)
        if found is not None and not trouble(found.paginator):
            return found
    if seen.size:
        return Paging(guessed(Call("SinglePage"), f"{seen.size.name} is a size, and nothing says how to get to the next page"))
    if more := seen.field(MORE, "boolean"):
        return Paging(todo(Call("SinglePage"), f"the answer has {more}, and no parameter leads to the next page"))
    return Paging(Call("SinglePage"))


def _with_size(seen: _Evidence, where: str = "query") -> dict[str, Value]:
    size = seen.size
    fits = size is not None and (size.where == where or (where in ("header", "path") and size.where == "query"))
    return {"size_param": size.name if fits and size else None}


def _sized_link(seen: _Evidence) -> dict[str, Value]:
    return {name: value for name, value in _with_size(seen).items() if value is not None}


def _made(seen: _Evidence, call: Call, why: str, *taken: Parameter) -> Paging:
    """The paginator, and the parameters that it sends itself. A link has its own size, where none is sent."""
    sized = bare(call.options.get("size_param")) is not None
    size = seen.size if sized else None
    names = tuple(each.name for each in (*taken, *([size] if size else [])))
    return Paging(guessed(call, why), names, size)


def _by_header(seen: _Evidence) -> Paging | None:
    if not any(name.lower() == "link" for name in seen.answer.headers):
        return None
    page = named(seen.parameters, PAGES)
    taken = [page] if page else []
    return _made(seen, Call("LinkHeaderPaginator", (), _sized_link(seen)), "the answer has a header Link", *taken)


def _by_cursor(seen: _Evidence) -> Paging | None:
    for name in CURSORS:
        param = named(seen.parameters, [name])
        where = seen.field(_cursors_for(name), "string", "integer") if param else ""
        if param and where and not _is_link(seen, where) and not (param.is_number and name in ("page", "offset", "after")):
            more = seen.field(MORE, "boolean")
            options: dict[str, Value] = {**_with_size(seen, param.where), **({"more_field": more} if more else {})}
            options |= {"where": "body"} if param.where == "body" else {}
            options["missing_ends"] = True
            call = Call("CursorPaginator", (param.name, where), options)
            return _made(seen, call, f"the parameter {param.name} and the field {where}", param)
    return None


def _cursors_for(param: str) -> list[str]:
    """The fields that may hold what *param* takes: one of the same name at last, since an answer may repeat the request."""
    names = [f"next_{param}", *(name for name in NEXT_CURSORS if name != param)]
    return [*names, param] if param not in ("page", "after", "next") else names


def _is_link(seen: _Evidence, path: str) -> bool:
    schema = seen.answer.beside[path]
    example = text_of(schema.get("example"))
    return text_of(schema.get("format")) in ("uri", "url", "uri-reference", "iri") or example.startswith(("http", "/"))


def _by_link(seen: _Evidence) -> Paging | None:
    where = seen.field(NEXT_LINKS, "string")
    if not where:
        where = next((path for path in seen.answer.beside if name_of(path).endswith(("links_next", "links_next_href"))), "")
    certain = where and (_is_link(seen, where) or name_of(where).endswith(("link", "url", "uri", "href", "links_next")))
    plain = where and named(seen.parameters, [*PAGES, *OFFSETS]) and name_of(where.rpartition(".")[2]) == "next"
    if not (certain or plain):
        return None
    page = named(seen.parameters, [*PAGES, *OFFSETS, *CURSORS])
    call = Call("NextLinkPaginator", (where,), _sized_link(seen))
    return _made(seen, call, f"the field {where}", *([page] if page else []))


def _by_keyset(seen: _Evidence) -> Paging | None:
    param = named(seen.parameters, KEYSETS)
    if param is None or len(seen.key) != 1:
        return None
    more = seen.field(MORE, "boolean")
    options = {**_with_size(seen, param.where), "order": "any", **({"stop": [Call("no_more", (more,))]} if more else {})}
    options |= {"where": "body"} if param.where == "body" else {}
    call = Call("KeysetPaginator", (param.name, seen.key[0]), options)
    return _made(seen, call, f"the parameter {param.name}, and no field with a cursor", param)


def _by_page(seen: _Evidence) -> Paging | None:
    param = named(seen.parameters, PAGES)
    if param is None or not _counts(param):
        return None
    stop = _stop(param, seen.field(LAST_PAGES, "integer", "number"), "last_page")
    first = 0 if 0 in (param.minimum, param.default) and param.default != 1 else 1
    options: dict[str, Value] = {
        "param": param.name,
        **({"first_page": 0} if first == 0 else {}),
        **_with_size(seen, param.where),
        **stop,
    }
    options |= {"where": "body"} if param.where == "body" else {}
    return _made(seen, Call("PageNumberPaginator", (), options), f"the parameter {param.name}", param)


def _by_offset(seen: _Evidence) -> Paging | None:
    param = named(seen.parameters, OFFSETS)
    if param is None or not _counts(param):
        return None
    stop = _stop(param, seen.field(TOTALS, "integer", "number"), "total_reached")
    options: dict[str, Value] = {"param": param.name, **_with_size(seen, param.where), **stop}
    options |= {"where": "body"} if param.where == "body" else {}
    return _made(seen, Call("OffsetPaginator", (), options), f"the parameter {param.name}", param)


def _counts(param: Parameter) -> bool:
    """Whether *param* takes a number. Many a description calls it a text; a few names are too short to go by then."""
    return param.is_number or not param.schema.get("type") or param.plain not in ("start", "from", "p", "pg")


def _stop(param: Parameter, where: str, rule: str) -> dict[str, Value]:
    """The rule that ends the feed, and an empty page besides, since a total may be left out."""
    if not where:
        return {}
    options: Mapping[str, Any] = {"param": param.name, **({"where": "body"} if param.where == "body" else {})}
    return {"stop": [Call(rule, (where,), options), Call("empty_page")]}


_RULES: Final[tuple[Callable[[_Evidence], Paging | None], ...]] = (
    _by_header,
    _by_cursor,
    _by_link,
    _by_keyset,
    _by_page,
    _by_offset,
)
