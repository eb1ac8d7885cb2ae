"""The configuration of a connector, as its specification describes it → settings, of which only those read are drafted."""

import json
from collections.abc import Collection, Mapping
from typing import Any

from attrs import field, frozen

from connector_build.drafting.airbyte.expressions import Keys
from connector_build.drafting.draft import Call, Value
from connector_build.drafting.made import trouble
from connector_build.drafting.named import Names
from connector_build.drafting.shape import first_sentence, list_of, object_of, text_of
from connector_build.drafting.writing import name_of
from connector_core.source.settings import OF_CORE


@frozen(hash=False)
class Settings:
    """Names for what is configured, by its place in the specification's object; each is described once it was asked for."""

    specification: Mapping[str, Any]
    _names: Names = field(factory=lambda: Names([*OF_CORE, "threads", "base_url", "page_size", "auth"]), init=False)
    _named: dict[Keys, str] = field(factory=dict, init=False)
    _drafted: dict[str, Call] = field(factory=dict, init=False)
    _today: list[str] = field(factory=list, init=False)

    def name(self, keys: Keys) -> str:
        """The name of the setting for what is configured at *keys*."""
        if keys not in self._named:
            own = [name_of(str(key), "value") for key in keys] or ["value"]
            self._named[keys] = self._names.given(own[-1], "_".join(own))
        return self._named[keys]

    def is_secret(self, keys: Keys) -> bool:
        """Whether the specification calls it a secret."""
        return self._described(keys).get("airbyte_secret") is True

    def read(self, keys: Keys, kind: str | None = None, default: Any = None) -> str:
        """The name of a setting that a table or a paginator reads, of *kind* where the specification's own is none of ours."""
        name = self.name(keys)
        if name not in self._drafted or kind:
            self._drafted[name] = _setting(name, self._described(keys), kind, default)
        return name

    def added(self, name: str, options: Mapping[str, Value]) -> str:
        """The name of a setting that the specification does not have."""
        given = self._names.given(name)
        self._drafted[given] = Call("Setting", (given,), options)
        return given

    def today(self) -> str:
        """The name of the one setting that stands for the day of a sync."""
        if not self._today:
            options: dict[str, Value] = {"description": "The last day to read.", "kind": "date", "default": "today"}
            self._today.append(self.added("last_day", options))
        return self._today[0]

    def drafted(self, of_auth: Collection[str]) -> list[Value]:
        """The settings that were read, but for those that the auth brings."""
        return [call for name, call in self._drafted.items() if name not in of_auth]

    def default(self, keys: Keys) -> Any:
        """The default that the specification has for it."""
        return self._described(keys).get("default")

    def _described(self, keys: Keys) -> dict[str, Any]:
        at = object_of(self.specification)
        for key in keys:
            at = object_of(_properties(at).get(str(key)))
        return at


def _properties(schema: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for part in (*list_of(schema.get("oneOf")), *list_of(schema.get("anyOf")), schema):
        found |= object_of(object_of(part).get("properties"))
    return found


def _setting(name: str, schema: Mapping[str, Any], kind: str | None, default: Any) -> Call:
    about = first_sentence(schema.get("description") or schema.get("title"))
    options: dict[str, Value] = {"description": f"{about}."} if about else {}
    options |= {"kind": kind} if kind else _kind(schema)
    given = default if default is not None else schema.get("default")
    text = _default(given)
    call = Call("Setting", (name,), options | ({"default": text} if text is not None else {}))
    return Call("Setting", (name,), options) if trouble(call) else call


def _kind(schema: Mapping[str, Any]) -> dict[str, Value]:
    choices = [each for each in list_of(schema.get("enum")) if isinstance(each, str)]
    if choices:
        return {"kind": "choice", "choices": choices}
    kinds = {"integer": "integer", "boolean": "flag", "array": "list"}
    own = schema.get("type")
    names = [text_of(each) for each in (own if isinstance(own, list) else [own])]
    return {"kind": kinds[names[0]]} if names[0] in kinds else {}


def _default(value: Any) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return listed([str(each) for each in value])
    return str(value) if isinstance(value, str | int | float) else None


def listed(values: list[str]) -> str:
    """A list as the default of a setting: with commas, or as JSON where a value has one."""
    plain = all(value.strip() == value and value and not set(value) & set(",\n[]") for value in values)
    return ",".join(values) if plain else json.dumps(values)
