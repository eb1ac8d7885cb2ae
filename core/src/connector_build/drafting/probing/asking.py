"""Pages as evidence: each is asked for once, and what is asked for is counted."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from attrs import define, evolve, field, frozen

from connector_core import Page, Record, Request, Table
from connector_core.basics.counting import counted, plural
from connector_core.basics.errors import ConnectorError, UnexpectedAnswer
from connector_core.basics.names import one_line
from connector_core.basics.paths import cached_path
from connector_core.http.answers import records_in
from connector_core.http.pages import watched
from connector_core.paging.evidence import Evidence
from connector_core.source.pagination import Paginator, next_request
from connector_core.source.rows import records_of

Fetch = Callable[[Request], Page]
"""What brings the page of a request; its records are not looked for yet."""


class Unknown(Exception):  # noqa: N818  (nothing has failed)
    """What a request would bring is not known: no more are allowed, or nobody was asked. Its text says which."""


class Refused(Exception):  # noqa: N818  (as above)
    """The API does not answer a request with a page. Its text says what came back, as *status* and *body* do, if anything did."""

    def __init__(self, text: str, status: int = 0, body: Any = None) -> None:
        super().__init__(text)
        self.status, self.body = status, body


@define
class Asker:
    """Brings each page once, and no more of them than *most*."""

    fetch: Fetch
    most: int
    asked: int = field(default=0, init=False)
    _known: dict[str, Page | Refused] = field(factory=dict, init=False, repr=False)

    def page(self, request: Request) -> Page:
        """The page that *request* brings. Raises Refused, Unknown, or what a wrong key or an API that is not there raises."""
        name = told(request)
        if name not in self._known:
            self._known[name] = self._brought(request)
        found = self._known[name]
        if isinstance(found, Refused):
            raise found
        return evolve(found)  # nobody else has this page: a witness is put into it

    def _brought(self, request: Request) -> Page | Refused:
        if self.asked >= self.most:
            raise Unknown(f"no more than {counted(self.most, 'request')} {plural(self.most, 'was', 'were')} to be made")
        self.asked += 1
        try:
            return self.fetch(request)
        except Refused as refused:
            return refused
        except ConnectorError as error:
            if self.asked == 1:
                raise
            return Refused(one_line(error, 300))


def told(request: Request) -> str:
    """*request* as a text by which two that ask for the same are one."""
    path, _, _ = request.path.partition("?")
    parts = [request.method, path, {**request.linked, **request.params}, dict(request.headers), request.json]
    return json.dumps(parts, sort_keys=True, default=str)


@frozen
class Step:
    """A request, its page with the records where the table has them, and the rows that are made of these."""

    request: Request
    page: Page = field(repr=False)
    rows: tuple[Record, ...] = field(repr=False)


@frozen
class Walk:
    """The pages of a feed, from its first on.

    ended: the feed was read to its end, and the answers have nothing against that.
    why:   what stopped it before that, in words; failed: the plugin cannot be read so.
    """

    steps: tuple[Step, ...]
    ended: bool = False
    why: str = ""
    failed: bool = False

    @property
    def rows(self) -> list[Record]:
        """All rows, in the order in which they came."""
        return [row for step in self.steps for row in step.rows]


def walk(asker: Asker, table: Table, paginator: Paginator, size: int, most: int) -> Walk:
    """At most so many pages of *table*, as a sync reads them."""
    steps: list[Step] = []
    evidence = Evidence(table, lambda _, __: None)
    try:
        request: Request | None = paginator.first(table, size, {})
        while request is not None and len(steps) < most:
            step = stepped(asker, table, request)
            if step.rows and any(step.rows == before.rows for before in steps):
                step = evolve(step, page=evolve(step.page, repeated=True))
            steps.append(step)
            watched(step.page, evidence, request)
            request = next_request(paginator, request, step.page)
            if step.page.repeated and request is None:
                steps[-1] = evolve(step, rows=())  # it is behind the end, and each row was there already
    except Unknown as error:
        return Walk(tuple(steps), why=str(error))
    except (Refused, ConnectorError, ValueError, TypeError) as error:
        return Walk(tuple(steps), why=one_line(error, 300), failed=True)
    return Walk(
        tuple(steps),
        ended=request is None,
        why="" if request is None else f"{counted(most, 'page')} {plural(most, 'was', 'were')} read",
    )


def stepped(asker: Asker, table: Table, request: Request) -> Step:
    """What *request* brings of *table*. Raises as ``Asker.page`` does, and UnexpectedAnswer where the records are elsewhere."""
    try:
        raw = asker.page(request)
    except Refused as refused:
        if not _is_ignored(table, refused):
            raise
        raw = Page({}, [], ended=True, status=refused.status)
    ended = raw.ended or (raw.silent and not raw.body)
    page = evolve(raw, records=[] if ended else records_in(table, table.name, raw.body))
    return Step(request, page, tuple(_rows(table, page, request)))


def _is_ignored(table: Table, refused: Refused) -> bool:
    """Whether a rule of the table takes the answer for the end of the feed."""
    said = [(rule.status, *rule.content) for rule in table.errors if rule.content is not None]
    return any(refused.status in status and cached_path(path).get(refused.body) == value for status, path, value in said)


def _rows(table: Table, page: Page, request: Request) -> list[Record]:
    rows = list(records_of(table, page, request, table.name))
    if any(not isinstance(row, Mapping) for row in rows):
        raise UnexpectedAnswer(f"{table.name}: not every record is an object")
    return rows


def plainly(value: Any) -> str:
    """*value* as a text by which two that are alike are one."""
    return json.dumps(value, sort_keys=True, default=str)
