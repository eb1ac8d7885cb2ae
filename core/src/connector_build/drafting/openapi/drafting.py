"""The draft of an OpenAPI description."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from attrs import field, frozen

from connector_build.drafting.columns import columns_of, twins, types_in
from connector_build.drafting.documents import document
from connector_build.drafting.draft import Call, Draft, TableDraft, Value, bare, guessed, todo
from connector_build.drafting.keys import key_of_names, key_options
from connector_build.drafting.made import made, settings_of
from connector_build.drafting.openapi.children import Listed, Placed, given_columns, parent_options, placed
from connector_build.drafting.openapi.increments import since
from connector_build.drafting.openapi.naming import table_names
from connector_build.drafting.openapi.paging import paging_of
from connector_build.drafting.openapi.parameters import Parameter
from connector_build.drafting.openapi.resources import Found, Resource, reasons_in_words, resources_of
from connector_build.drafting.openapi.schemas import Schemas
from connector_build.drafting.openapi.servers import address_of
from connector_build.drafting.openapi.signing import auth_of
from connector_build.drafting.openapi.stated import stated_paging
from connector_build.drafting.openapi.version2 import converted
from connector_build.drafting.shape import first_sentence, list_of, object_of, text_of
from connector_build.drafting.texts import is_header, literal_text
from connector_build.drafting.writing import name_of
from connector_build.errors import BuildError
from connector_core.basics.names import one_line

MOST: Final = 60
"""Tables that are drafted where nobody says which are wanted."""
_NO_HEADERS: Final = frozenset({"accept", "content-type", "authorization", "user-agent", "if-none-match", "cookie", "host"})


def openapi_draft(name: str, text: str, only: Sequence[str] = ()) -> Draft:
    """The dataset *name*, drafted from the description *text*: OpenAPI 3 or Swagger 2.0, in JSON or YAML.

    only: paths, beginnings of paths or tags of the resources that are wanted. Raises BuildError for what is no description, or
    for one that has no list of records.
    """
    spec = _described(document(text))
    schemas = Schemas(spec)
    found = resources_of(spec, schemas, only)
    if not found.resources:
        raise BuildError(_nothing(found, only))
    chosen = found.resources[:MOST]
    auth = auth_of(spec, [each.operation for each in chosen], schemas)
    drafting = _Drafting(schemas, set(settings_of(auth)), _sent_by(auth))
    tables = [drafting.table(each, table) for each, table in zip(chosen, table_names(chosen), strict=True)]
    settings = (address_of(spec), *drafting.settings())
    return Draft(name, _summary(spec, name), tuple(tables), auth, settings, _remarks(spec, found, drafting))


def _described(spec: dict[str, Any]) -> dict[str, Any]:
    if str(spec.get("swagger", "")).startswith("2"):
        spec = converted(spec)
    elif not str(spec.get("openapi", "")).startswith("3"):
        raise BuildError(_no_description(spec))
    if not object_of(spec.get("paths")):
        raise BuildError("it describes no path, so there is no resource to read.")
    return spec


def _no_description(spec: Mapping[str, Any]) -> str:
    said = next((f"{name}: {one_line(spec[name], 40)}" for name in ("openapi", "swagger") if name in spec), "")
    if said:
        return f"it says {said}, and OpenAPI 3 or Swagger 2.0 is read. Convert it to one of them."
    return "it is no OpenAPI description, as neither openapi (3.x) nor swagger (2.0) stands at its top. Name another file."


def _nothing(found: Found, only: Sequence[str]) -> str:
    asked = f" among {', '.join(map(repr, only))}" if only else ""
    why = f" Operations that were looked at: {reasons_in_words(found.left_out)}." if found.left_out else ""
    return f"no operation{asked} answers with a list of objects.{why}"


def _summary(spec: Mapping[str, Any], name: str) -> str:
    info = object_of(spec.get("info"))
    title, about = first_sentence(info.get("title"), 60), first_sentence(info.get("description"), 80)
    return f"{title}: {about}" if title and about and not about.startswith(("#", "<")) else title or name


def _remarks(spec: Mapping[str, Any], found: Found, drafting: "_Drafting") -> tuple[str, ...]:
    version = text_of(object_of(spec.get("info")).get("version"))
    remarks = [f"Drafted from an OpenAPI description{f', version {version}' if version else ''}; no request was made."]
    if len(found.resources) > MOST:
        left = len(found.resources) - MOST
        remarks.append(f"{left} more lists were left out beyond the first {MOST}; say which are wanted by their paths or tags.")
    if found.left_out:
        remarks.append(f"Operations that are no lists: {reasons_in_words(found.left_out)}.")
    return (*remarks, *drafting.remarks)


def _sent_by(auth: Value) -> set[str]:
    """Names of headers and parameters in small letters that the auth sends itself."""
    made_auth = made(auth) if auth is not None else None
    kinds = [made_auth, *getattr(made_auth, "options", {}).values()] if hasattr(made_auth, "options") else [made_auth]
    return {str(getattr(each, name)).lower() for each in kinds for name in ("header", "param") if hasattr(each, name)}


@frozen(hash=False)
class _Drafting:
    """What is known while the tables are drafted, one after the other: parents come before their children."""

    schemas: Schemas
    of_auth: set[str]
    sent: set[str]
    listed: dict[str, Listed] = field(factory=dict)
    asked: dict[str, Call] = field(factory=dict)
    sizes: list[Parameter] = field(factory=list)
    remarks: list[str] = field(factory=list)

    def table(self, resource: Resource, name: str) -> TableDraft:
        """The table *name* of *resource*."""
        columns = columns_of(resource.answer.schema, self.schemas.whole)
        doubled = twins(columns)
        for twin in doubled:
            del columns[twin]
        called = [name, name_of(str(bare(resource.answer.records)).rpartition(".")[2])]
        own, why = key_of_names(columns, called, [str(each) for each in list_of(resource.answer.schema.get("required"))])
        where = self._placed(resource)
        parents = parent_options(where, columns)
        key = [*given_columns(parents), *own] if own and "uuid" not in own[0] else own
        key = list(dict.fromkeys(key))
        paging = stated_paging(resource.operation, resource.inputs) or paging_of(resource.inputs, resource.answer, own)
        sent = self._sent(resource, {*paging.taken, *self.sent})
        self.listed.setdefault(resource.path.rstrip("/"), Listed(name, columns, tuple(key and own), where.filled))
        self.sizes.extend([paging.size] if paging.size else [])
        options: dict[str, Value] = {"name": name, "path": where.path, "records": resource.answer.records}
        options |= {**key_options(key, why), "columns": columns, **sent, **parents, **_described_as(resource)}
        transforms = (_without(name, doubled),) if doubled else ()
        return TableDraft(options, since(resource.inputs, columns, paging.paginator), transforms)

    def _placed(self, resource: Resource) -> Placed:
        where = placed(resource.path, self.listed)
        renamed = {
            setting: self._setting(setting, f"The part {param} of paths such as {resource.path}")
            for setting, param in where.settings.items()
        }
        path = where.path
        filled = dict(where.filled)
        for setting, own in renamed.items():
            path = path.replace(f"{{settings.{setting}}}", f"{{settings.{own}}}")
            filled = {param: text.replace(f"{{settings.{setting}}}", f"{{settings.{own}}}") for param, text in filled.items()}
        return Placed(path, filled, where.parent, where.adds, where.settings)

    def _setting(self, name: str, about: str, default: str | None = None, choices: Sequence[str] = ()) -> str:
        """The name of a setting for what a request needs, which is described once."""
        if name in self.of_auth or name in ("base_url", "page_size", "threads", "max_answer_mb", "ca_certificate", "auth"):
            name = f"{name}_sent"
        if name not in self.asked:
            options: dict[str, Value] = {"description": first_sentence(about) + "."}
            options |= {"default": default} if default is not None else {}
            options |= {"kind": "choice", "choices": list(choices)} if choices else {}
            self.asked[name] = Call("Setting", (name,), options)
        return name

    def _sent(self, resource: Resource, taken: set[str]) -> dict[str, Value]:
        """Parameters, headers and body of the first request: what the operation cannot do without."""
        needed = [each for each in resource.inputs if each.required and each.where != "path" and each.name not in taken]
        needed = [each for each in needed if each.where != "header" or is_header(each.name)]
        needed = [each for each in needed if each.name.lower() not in taken | (_NO_HEADERS if each.where == "header" else set())]
        found: dict[str, Value] = {}
        for part, where in (("params", "query"), ("headers", "header"), ("body", "body")):
            values = {each.name: self._value(each) for each in needed if each.where == where}
            if values or (part == "body" and resource.body is not None):
                found[part] = values
        return found

    def _value(self, parameter: Parameter) -> Value:
        for value in (parameter.default, *(parameter.values if len(parameter.values) == 1 else ())):
            if isinstance(value, str | int | float | bool) and value != "":
                return _sent_value(parameter, value)
        if parameter.where == "body" and not types_in(parameter.schema) <= {"string"}:
            return todo(None, f"the operation wants {parameter.name}")
        setting = self._setting(name_of(parameter.name, "value"), parameter.about or f"The parameter {parameter.name}")
        return guessed(f"{{settings.{setting}}}", f"the operation wants {parameter.name}")

    def settings(self) -> list[Value]:
        """The settings that the tables name, and the size of a page."""
        return [*self._size(), *self.asked.values()]

    def _size(self) -> list[Value]:
        if not self.sizes:
            return []
        said = [each.maximum for each in self.sizes if each.maximum and each.maximum > 0]
        defaults = [each.default for each in self.sizes if isinstance(each.default, int) and each.default > 0]
        if said:
            return [Call("page_size", (min(100, *said),), {"maximum": min(said)})]
        size = min([*defaults, 100])
        return [guessed(Call("page_size", (size,), {"maximum": max(size, 100)}), "no maximum is said")]


def _sent_value(parameter: Parameter, value: str | float | bool) -> Value:
    if parameter.where == "body":
        return literal_text(value) if isinstance(value, str) else value
    return literal_text(str(value).lower() if isinstance(value, bool) else str(value))


def _described_as(resource: Resource) -> dict[str, Value]:
    about = first_sentence(resource.answer.schema.get("description") or resource.operation.get("summary"))
    return {"description": about} if about else {}


def _without(table: str, names: Sequence[str]) -> Value:
    call = Call("Transform", (f"{table}_without_twins", Call("drop", tuple(names))))
    return guessed(call, f"{', '.join(names)} would be columns that are there already")
