"""What the API reference has to know of our code: how attrs makes ``__init__``, and how our docstrings list arguments."""

import re
from collections.abc import Iterator
from typing import Any, Final

from griffe import (
    Alias,
    Attribute,
    Class,
    ExprCall,
    ExprKeyword,
    Extension,
    Function,
    Object,
    Parameter,
    ParameterKind,
    Parameters,
)

ENTRY: Final = re.compile(r"^(?P<name>\w+(?:, \w+)*(?:\([^)]*\))?):\s+(?P<text>\S.*)$")


class Docstrings(Extension):
    """Signatures of attrs classes, and lists of what a docstring lists line by line."""

    def on_package(self, *, pkg: Object, **_: Any) -> None:
        for made in list(_classes(pkg)):
            if _of_attrs(made) and "__init__" not in made.members:
                made.set_member("__init__", _init(made))
        for found in _objects(pkg):
            if found.docstring:
                found.docstring.value = listed(found.docstring.value)


def listed(text: str) -> str:
    """*text* with each paragraph of lines ``name: what`` as a list, and one colon before a block of code."""
    text = re.sub(r"::$", ":", text, flags=re.M)
    return "\n\n".join(_paragraph(paragraph) for paragraph in re.split(r"\n\s*\n", text))


def _paragraph(text: str) -> str:
    lines = text.split("\n")
    if not ENTRY.match(lines[0]) or not all(ENTRY.match(line) or line.startswith(" ") for line in lines):
        return text
    entries = (ENTRY.sub(r"- `\g<name>`: \g<text>", line) if ENTRY.match(line) else f"  {line.strip()}" for line in lines)
    return "\n".join(entries)


def _objects(found: Object) -> Iterator[Object]:
    yield found
    for member in found.members.values():
        if not isinstance(member, Alias):
            yield from _objects(member)


def _classes(found: Object) -> Iterator[Class]:
    return (each for each in _objects(found) if isinstance(each, Class))


def _of_attrs(made: Class) -> bool:
    return any(re.match(r"(frozen|define|mutable)\b", str(decorator.value)) for decorator in made.decorators)


def _init(made: Class) -> Function:
    """The ``__init__`` that attrs gives *made*: fields of its bases first, those by keyword only last."""
    bases = [base for base in reversed(made.mro()) if isinstance(base, Class) and _of_attrs(base)]
    fields = {name: each for one in (*bases, made) for name, each in _fields(one)}
    ordered = sorted(fields.values(), key=lambda each: each.kind is ParameterKind.keyword_only)
    own = Parameter("self", kind=ParameterKind.positional_or_keyword)
    return Function("__init__", parameters=Parameters(own, *ordered), returns="None")


def _fields(made: Class) -> Iterator[tuple[str, Parameter]]:
    for name, member in made.members.items():
        if not isinstance(member, Attribute) or member.annotation is None or {"property", "cached"} & member.labels:
            continue
        called = member.value if isinstance(member.value, ExprCall) and str(member.value.function) == "field" else None
        given = {each.name: each.value for each in called.arguments if isinstance(each, ExprKeyword)} if called else {}
        if str(given.get("init")) == "False":
            continue
        default = given.get("default", ExprCall(given["factory"], []) if "factory" in given else None) if called else member.value
        by_keyword = str(given.get("kw_only")) == "True"
        kind = ParameterKind.keyword_only if by_keyword else ParameterKind.positional_or_keyword
        yield name, Parameter(name.lstrip("_"), annotation=member.annotation, kind=kind, default=default)
