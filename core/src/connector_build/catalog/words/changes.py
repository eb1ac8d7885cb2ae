"""What is made of records, in words: transforms, and measures of aggregates."""

from typing import Any

from connector_build.catalog.words.saying import all_of, any_of, said
from connector_core.derived.measures import IN_WORDS, CountIf, Measure
from connector_core.derived.ready_transforms import Drop, Flatten, Hashed, OnlyIf, Rename, Tombstones


@said.register
def _(made: Rename) -> str:
    return f"renames {', '.join(f'{old} to {new}' for old, new in made.fields)}"


@said.register
def _(made: Drop) -> str:
    return f"leaves out {all_of(made.fields)}"


@said.register
def _(made: Hashed) -> str:
    return f"puts a salted hash in the place of {all_of(made.fields)}"


@said.register
def _(made: Flatten) -> str:
    depth = "" if made.depth is None else f", down to {made.depth} levels"
    return f"makes columns of what is inside of {all_of(made.fields)}{depth}"


@said.register
def _(made: OnlyIf) -> str:
    return f"keeps a record only where {made.path} is {_values(made.values)}"


@said.register
def _(made: Tombstones) -> str:
    says = "says so" if made.values is None else f"is {_values(made.values)}"
    return f"deletes the row of a record whose {made.path} {says}"


@said.register
def _(measure: Measure) -> str:
    return f"{IN_WORDS[measure.kind]} of {measure.column}" if measure.column else "number of records"


@said.register
def _(measure: CountIf) -> str:
    return f"number of records whose {measure.column} is {any_of(measure.values)}"


def _values(values: Any) -> str:
    return f"as {getattr(values, '__qualname__', 'a function')} wants it" if callable(values) else any_of(values)
