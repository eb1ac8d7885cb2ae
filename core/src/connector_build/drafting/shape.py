"""Small looks at a value that came from a document: of whatever type it is, the answer is of one."""

from typing import Any


def object_of(value: Any) -> dict[str, Any]:
    """*value* if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def list_of(value: Any) -> list[Any]:
    """*value* if it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def text_of(value: Any) -> str:
    """*value* if it is a text, else an empty one."""
    return value if isinstance(value, str) else ""


def whole(value: Any) -> int | None:
    """*value* if it is a whole number, else None."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def first_sentence(value: Any, limit: int = 110) -> str:
    """The first sentence of a description, without a full stop, on one line and at most *limit* letters long."""
    text = " ".join(text_of(value).split())
    text = text.partition(". ")[0].rstrip(". ")
    return text if len(text) <= limit else text[: limit - 3].rstrip() + "..."
