"""A part of a table: what one process reads of it, as a value that can travel to another machine."""

from collections.abc import Mapping, Set
from typing import Any, Literal

from attrs import field, frozen

from connector_core.source.pagination import Bookmark
from connector_core.source.tables import Record

Kind = Literal["whole", "children", "share", "windows", "pages"]


@frozen(hash=False)
class Part:
    """What one process reads of a table. Its repr shows no value of the API's.

    table:    its name.
    kind:     ``whole``: all of the feed. ``children``: the children of *parents*. ``share``: those of each parent whose key
              falls to this part. ``windows``: the windows from *begin* on, up to the one that starts at *until*. ``pages``: the
              counted pages from *begin* on, up to the one at *until*.
    number, of: which it is, from 0, of how many. A budget is divided by so many.
    parents:  records of the parent, with the fields that its children are asked for by.
    begin, until: None: from the start, and to the end.
    bookmark: where a read of the whole feed starts.
    after:    a time, in seconds since 1970, before which none of its requests goes out.
    """

    table: str
    kind: Kind = "whole"
    number: int = 0
    of: int = 1
    parents: tuple[Record, ...] = field(default=(), repr=False)
    begin: Any = field(default=None, repr=False)
    until: Any = field(default=None, repr=False)
    bookmark: Bookmark = field(factory=dict, repr=False)
    after: float = field(default=0.0, repr=False)


@frozen(hash=False)
class Wanted:
    """What is wanted of a table: all of it, or what a filter leaves. A part may bring more than that, and never less.

    bookmark:  where its feed may start.
    begin, until: the first and the last id, day or moment whose window is wanted.
    among:     column that a child is given by its parent → the values of it that are wanted.
    """

    bookmark: Bookmark = field(factory=dict)
    begin: Any = None
    until: Any = None
    among: Mapping[str, Set[Any]] = field(factory=dict)


ALL = Wanted()
