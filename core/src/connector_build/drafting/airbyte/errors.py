"""Error handlers of a manifest → error rules."""

from typing import Any

from jinja2 import nodes

from connector_build.drafting.airbyte import manifest
from connector_build.drafting.airbyte.expressions import equality, single
from connector_build.drafting.airbyte.filling import Filling
from connector_build.drafting.draft import Call, Pair, Value
from connector_build.drafting.made import trouble
from connector_build.drafting.shape import list_of, object_of, text_of
from connector_core.basics.names import one_line

_WORDS = {"IGNORE": "ignore", "FAIL": "fail", "RETRY": "retry", "RATE_LIMITED": "retry", "SUCCESS": "empty"}
_BY_ITSELF = frozenset({408, 425, 429, *range(500, 600)})
"""Statuses after which the core tries again without a rule."""


_READ = frozenset({"retry-after", "x-ratelimit-reset", "ratelimit-reset"})
"""Headers that the core reads without a rule."""


def rules_of(handler: Any, filling: Filling) -> list[Value]:
    """The rules of *handler*, as far as the core does not do so by itself."""
    kind = manifest.kind(handler)
    if kind == "CompositeErrorHandler":
        return [rule for each in list_of(handler.get("error_handlers")) for rule in rules_of(each, filling)]
    if kind not in ("", "DefaultErrorHandler"):
        filling.unclear.append(f"the error handler {text_of(object_of(handler).get('class_name')) or kind}")
        return []
    found: list[Value] = []
    for each in list_of(object_of(handler).get("response_filters")):
        rule = _rule(object_of(each), filling)
        found += [rule] if rule is not None and rule not in found else []
    return [*found, *_waits(handler)]


def _rule(each: dict[str, Any], filling: Filling) -> Value:
    word = _WORDS.get(text_of(each.get("action")).upper(), "")
    codes = [int(code) for code in list_of(each.get("http_codes")) if str(code).isdigit() and 200 <= int(code) <= 599]
    if not word or (word == "retry" and codes and set(codes) <= _BY_ITSELF):
        return None
    options: dict[str, Value] = {"status": codes[0] if len(codes) == 1 else codes} if codes else {}
    content = _content(text_of(each.get("predicate")))
    if content:
        options["content"] = content
    elif word == "fail" and each.get("error_message_contains") and all(code >= 400 for code in codes):
        return None  # such an answer is an error by itself
    elif each.get("predicate") or each.get("error_message_contains"):
        filling.unclear.append(f"{word} on {one_line(each.get('predicate') or each.get('error_message_contains'), 140)}")
        return None
    hint = text_of(each.get("error_message"))
    options |= (
        {"hint": one_line(hint, 200) if hint and "{{" not in hint else "The manifest says that this is an error."}
        if word == "fail"
        else {}
    )
    call = Call(word, (), options)
    if why := trouble(call):
        filling.unclear.append(f"{word}: {why}")
        return None
    return call


def _content(predicate: str) -> Value:
    """The path and value of ``response.code == 'x'``, alone or behind the check that it is there."""
    node: Any = single(predicate)
    while isinstance(node, nodes.And):
        node = node.right
    found = equality(node)
    if found and found[0].root == "response" and found[0].keys and len(found[1]) == 1:
        return Pair((found[0].path, found[1][0]))
    return None


def _waits(handler: Any) -> list[Value]:
    found: list[Value] = []
    for each in list_of(object_of(handler).get("backoff_strategies")):
        header = text_of(object_of(each).get("header"))
        waits = manifest.kind(each) in ("WaitTimeFromHeader", "WaitUntilTimeFromHeader")
        if (
            waits
            and header
            and "{{" not in header
            and header.lower() not in ("retry-after", "x-ratelimit-reset", "ratelimit-reset")
        ):
            found.append(Call("wait_until", (), {"header": header, "status": 429}))
    return found
