"""A REST API configuration of dlt → a draft. A file of Python is parsed for one dict of literals, and never imported."""

import ast
import re
from collections.abc import Mapping
from typing import Any, Final

from connector_build.drafting.dlt_client import UNKNOWN, address_of, auth_of, page_size_of, paging_of, records_of
from connector_build.drafting.documents import MOST_BYTES, document
from connector_build.drafting.draft import Call, Draft, TableDraft, Value, guessed, todo
from connector_build.drafting.keys import key_options
from connector_build.drafting.made import trouble
from connector_build.drafting.named import Names
from connector_build.drafting.shape import list_of, object_of, text_of, whole
from connector_build.drafting.texts import literal_text
from connector_build.drafting.writing import table_name_of
from connector_build.errors import BuildError
from connector_core.basics.names import one_line

_PYTHON: Final = 2_000_000
_OF_RESOURCE: Final = re.compile(r"\{resources\.(\w+)\.([\w.]+)\}")
"""What stands for a field of another resource's record, in a path or a parameter."""


def dlt_draft(name: str, text: str) -> Draft:
    """The dataset *name*, drafted from the configuration *text*: a dict in a file of Python, JSON or YAML.

    Raises BuildError for what has no such dict, or no resource in it.
    """
    config = _config(text)
    defaults = object_of(config.get("resource_defaults"))
    resources = [_resource(each, defaults) for each in list_of(config.get("resources"))]
    resources = [each for each in resources if text_of(each.get("name"))]
    if not resources:
        raise BuildError("it has no resources, as a REST API configuration of dlt does.")
    client = object_of(config.get("client"))
    names = Names(called=table_name_of)
    tables_of = {text_of(each["name"]): names.given(text_of(each["name"])) for each in resources}
    drafted = [_Resource(each, client, tables_of, resources) for each in resources]
    auth = auth_of(client.get("auth"))
    pagers = (object_of(each.endpoint.get("paginator", client.get("paginator"))) for each in drafted)
    settings = [address_of(client), *page_size_of(pagers)]
    remarks = ("Drafted from a REST API configuration of dlt, which has no types: columns are declared for keys only.",)
    return Draft(
        name, f"{name}: {', '.join(tables_of.values())}", tuple(each.table() for each in drafted), auth, tuple(settings), remarks
    )


def _config(text: str) -> dict[str, Any]:
    if text.lstrip()[:1] == "{" or not any(word in text for word in ("=", "import ")):
        found = document(text)
        return object_of(found.get("rest_api")) or found
    if len(text) > min(_PYTHON, MOST_BYTES):
        raise BuildError(f"it has {len(text):,} characters, and at most {_PYTHON:,} of Python are read.")
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise BuildError(f"it is no Python that can be read: {one_line(error, 120)}.") from None
    for node in ast.walk(tree):
        config = object_of(_plain(node)) if isinstance(node, ast.Dict) else {}
        if "client" in config and "resources" in config:
            return config
    raise BuildError('it has no dict with "client" and "resources" in it.')


def _plain(node: ast.AST) -> Any:
    """The value of a literal; what is none, such as a call, stands for something unknown. Nothing is run."""
    match node:
        case ast.Dict():
            pairs = zip(node.keys, node.values, strict=True)
            return {_plain(key): _plain(value) for key, value in pairs if isinstance(key, ast.Constant)}
        case ast.List() | ast.Tuple():
            return [_plain(each) for each in node.elts]
        case ast.Constant():
            return node.value if isinstance(node.value, str | int | float | bool | None) else UNKNOWN
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as value)):
            return -value
    return UNKNOWN


def _resource(given: Any, defaults: Mapping[str, Any]) -> dict[str, Any]:
    own = {"name": given, "endpoint": given} if isinstance(given, str) else object_of(given)
    endpoint = own.get("endpoint", own.get("name"))
    endpoint = {"path": endpoint} if isinstance(endpoint, str) else object_of(endpoint)
    base = object_of(defaults.get("endpoint"))
    params = {**object_of(base.get("params")), **object_of(endpoint.get("params"))}
    merged = {**base, **endpoint, "params": params}
    merged.setdefault("path", text_of(own.get("name")))
    return {**defaults, **own, "endpoint": merged}


class _Resource:
    """One resource, as a table."""

    def __init__(
        self, given: dict[str, Any], client: dict[str, Any], tables: Mapping[str, str], every: list[dict[str, Any]]
    ) -> None:
        self.given, self.client, self.tables, self.every = given, client, tables, every
        self.endpoint = object_of(given["endpoint"])
        self.unclear: list[str] = []
        self.columns: dict[str, Value] = {}
        self.parent: dict[str, Value] = {}

    def table(self) -> TableDraft:
        """The table."""
        params = {name: value for name, value in object_of(self.endpoint.get("params")).items() if value is not None}
        path, params = self._resolved(text_of(self.endpoint.get("path")), params)
        pages = self._paginator()
        pages, sent = self._incremental(params, pages)
        selector = text_of(self.endpoint.get("data_selector"))
        key = self._key()
        options: dict[str, Value] = {"name": self.tables[text_of(self.given["name"])], "path": f"/{path.lstrip('/')}"}
        options["records"] = records_of(selector) if selector else guessed("@", "no data_selector: the answer is the list")
        options |= {"primary_key": key} if key else key_options([], "")
        options |= {"columns": self.columns, **self.parent, **({"params": sent} if sent else {})}
        body = self.endpoint.get("json")
        options |= {"body": _literal(body)} if text_of(self.endpoint.get("method")).upper() == "POST" else {}
        rules = self._rules()
        options |= {"errors": rules} if rules else {}
        if self.given.get("processing_steps"):
            self.unclear.append("processing_steps")
        if self.unclear:
            options["path"] = todo(options["path"], "not understood: " + "; ".join(self.unclear))
        return TableDraft(options, pages)

    def _resolved(self, path: str, params: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """The path and the parameters with what a parent gives in its place."""
        kept: dict[str, Any] = {}
        path = _OF_RESOURCE.sub(self._of_parent, path)
        for name, value in params.items():
            rule = object_of(value)
            parent, source = text_of(rule.get("resource")), text_of(rule.get("field"))
            if rule.get("type") == "resolve" and parent in self.tables and source:
                self._child(parent, source, name)
                text = f"{{parent.{source}}}"
                if f"{{{name}}}" in path:
                    path = path.replace(f"{{{name}}}", text)
                else:
                    kept[name] = text
            elif isinstance(value, str) and _OF_RESOURCE.fullmatch(value):
                kept[name] = _OF_RESOURCE.sub(self._of_parent, value)
            else:
                kept[name] = value
        return path, kept

    def _of_parent(self, found: re.Match[str]) -> str:
        """Our words for a field of another resource; what names none of the configuration stays as it is."""
        if found[1] not in self.tables:
            return found[0]
        self._child(found[1], found[2], f"{self.tables[found[1]]}_{found[2].replace('.', '_')}")
        return f"{{parent.{found[2]}}}"

    def _child(self, parent: str, source: str, name: str) -> None:
        column = name if name not in ("id",) else f"{self.tables[parent]}_id"
        self.columns.setdefault(column, "STRING")
        self.parent = {"parent": Call("Parent", (self.tables[parent],), {"adds": {column: source}})}

    def _key(self) -> list[str]:
        given = self.given.get("primary_key")
        key = [
            each for each in (given if isinstance(given, list) else [given]) if isinstance(each, str) and each and each != UNKNOWN
        ]
        own = text_of(self.given["name"])
        rules = [object_of(rule) for each in self.every for rule in object_of(object_of(each["endpoint"]).get("params")).values()]
        asked = [text_of(rule.get("field")) for rule in rules if rule.get("type") == "resolve" and rule.get("resource") == own]
        texts = [text for each in self.every for text in _texts(object_of(each["endpoint"]))]
        asked += [found[2] for text in texts for found in _OF_RESOURCE.finditer(text) if found[1] == own]
        key = key or [each for each in asked if each.isidentifier()][:1]
        for each in key:
            self.columns.setdefault(each, guessed("STRING", "a key, of which no type is said"))
        return list(dict.fromkeys(key))

    def _paginator(self) -> Value:
        given = self.endpoint.get("paginator", self.client.get("paginator"))
        rule = {"type": given} if isinstance(given, str) else object_of(given)
        if not rule:
            return todo(Call("SinglePage"), "no paginator is said, and dlt would look for one in the answers")
        found = paging_of(rule)
        if found is None or trouble(found):
            return todo(Call("SinglePage"), f"the paginator {one_line(rule.get('type'), 60).replace(UNKNOWN, 'made by code')}")
        return found

    def _rules(self) -> list[Value]:
        """What the core does not do by itself of what becomes of an answer."""
        found: list[Value] = []
        for each in list_of(self.endpoint.get("response_actions")):
            rule = object_of(each)
            status = whole(rule.get("status_code"))
            if (
                rule.get("action") == "ignore"
                and status
                and not rule.get("content")
                and not trouble(Call("ignore", (), {"status": status}))
            ):
                found.append(Call("ignore", (), {"status": status}))
            else:
                self.unclear.append("an entry of response_actions")
        return found

    def _incremental(self, params: dict[str, Any], pages: Value) -> tuple[Value, dict[str, Value]]:
        sent: dict[str, Value] = {}
        for name, value in params.items():
            rule = object_of(value)
            if rule.get("type") == "incremental":
                pages = self._since(name, rule, pages)
            elif isinstance(value, dict | list) or value == UNKNOWN:
                self.unclear.append(f"the parameter {one_line(name, 40)}")
            else:
                sent[name] = value if isinstance(value, str) and value.startswith("{parent.") else _literal_text(value)
        rule = object_of(self.endpoint.get("incremental"))
        if text_of(rule.get("start_param")):
            pages = self._since(text_of(rule["start_param"]), rule, pages)
        return pages, sent

    def _since(self, name: str, rule: Mapping[str, Any], pages: Value) -> Value:
        start = rule.get("initial_value")
        options: dict[str, Value] = {"start": start} if isinstance(start, str | int) and start != UNKNOWN else {}
        call = Call("UpdatedSince", (name, text_of(rule.get("cursor_path")), pages), options)
        if why := trouble(call):
            self.unclear.append(f"the incremental parameter {one_line(name, 40)}: {why}")
            return pages
        return call


def _texts(endpoint: Mapping[str, Any]) -> list[str]:
    """The texts of *endpoint* in which a field of another resource may stand."""
    return [text_of(endpoint.get("path")), *(text_of(value) for value in object_of(endpoint.get("params")).values())]


def _literal_text(value: Any) -> str:
    return literal_text(str(value).lower() if isinstance(value, bool) else str(value))


def _literal(value: Any) -> Any:
    match value:
        case str():
            return literal_text(value.replace(UNKNOWN, ""))
        case dict():
            return {str(name): _literal(part) for name, part in value.items()}
        case list():
            return [_literal(part) for part in value]
    return value if value is not None else {}
