"""Records by an export job: ask for it, wait until it is ready, read what it made."""

import json
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Any
from urllib.parse import quote

from attrs import evolve, field, frozen

from connector_core.basics.errors import LostJob, PluginError, StalePlace, UnexpectedAnswer
from connector_core.basics.hints import there_is
from connector_core.basics.names import listed, one_line
from connector_core.basics.paths import MISSING, Path, cached_path, compile_path
from connector_core.paging.around import Around
from connector_core.paging.places import is_address
from connector_core.paging.resting import RestsAtTheStart, first_request
from connector_core.paging.single import SinglePage
from connector_core.paging.web_links import resolved
from connector_core.source.limits import seconds_asked
from connector_core.source.pagination import Bookmark, Page, Paginator, Request, next_request
from connector_core.source.tables import Table

HERE = "{job}"
"""Where a request takes the id of the job."""
LED_ON = (302, 303)
GROWS = 1.5
"""By so much each pause is longer than the one before."""


def _request(value: Any) -> Any:
    return Request(value) if isinstance(value, str) else value


def _of_result(value: Any) -> Any:
    return Request(value) if isinstance(value, str) and value.startswith("/") else value


def _values(value: Any) -> Any:
    return listed(value) if isinstance(value, list | tuple) else (value,)


@frozen(hash=False)
class Job(Around, RestsAtTheStart):
    """The API makes an export when it is asked to, and hands it out once it is ready.

    The table's own path, params, headers and body are what asks for it, so settings, parents and strategies such as
    ``UpdatedSince`` go into it as into any request.

    create: where the answer to that names the job, by its id or by the address of its status: a place in the JSON, ``"data.id"``,
            or ``"header Location"``.
    status: what asks how far the job is: a path, ``"/exports/{job}"``, or a whole ``Request``, each with ``{job}`` where the id
            goes. None: *create* names the address.
    at:     where the answer to that says how far it is, ``"status"``. None: by its own status. 202 and 204 mean that it is not
            ready, all else that it is.
    done, failed: the values there that mean that it is ready, and that nothing will come of it; one, or a list.
    result: where the answer has the address of what was made, or a list of several: a place in the JSON (``"files[*].url"``). Or
            what asks for it, as with *status*: ``"/exports/{job}/file"``. None: the ``Location`` that the answer names (302,
            303), or else the address of the status itself.
    pages:  how each result is paged; usually it is one answer.
    every:  seconds between two questions at first. Each pause is half as long again, up to *slowest*. Retry-After counts more.
    longest: seconds that a job may take, from when it was asked for.

    Results are read one after the other, in the table's format. They may be at hosts that the table names as ``elsewhere``. Where
    the address of one is good no longer, the status is asked for another, once.

    While a job is under way the state holds ``{"job": …, "created": …}``, and how many of its results were read. A sync that was
    cut short goes on with that job. One that failed, or that the API does not know any more, is made anew, once in a sync. One
    that takes longer than *longest* ends the sync; the next asks once more how far it is before it makes another.
    """

    create: str
    status: Request | None = field(default=None, converter=_request)
    at: str | None = "status"
    done: Sequence[Any] = field(default=(), converter=_values)
    failed: Sequence[Any] = field(default=(), converter=_values)
    result: str | Request | None = field(default=None, converter=_of_result)
    pages: Paginator = field(factory=SinglePage, kw_only=True)
    every: float = field(default=5.0, kw_only=True)
    slowest: float = field(default=60.0, kw_only=True)
    longest: float = field(default=3600.0, kw_only=True)

    _places: tuple[Path, ...] = field(init=False, eq=False, repr=False)

    fills = ("job",)
    reads = "whole in each sync, by an export job that is made for it"

    @_places.default
    def _(self) -> tuple[Path, ...]:
        places = (self.create, self.at, self.result)
        return tuple(compile_path(each) for each in places if isinstance(each, str) and each and not _is_header(each))

    @property
    def in_words(self) -> str:
        """What becomes of the job, for people."""
        asked = f"{self.status.method} {self.status.path}" if self.status else f"the address under {self.create}"
        ready = f"ready where {self.at} is {_any(self.done)}" if self.at else "ready where that is no longer answered 202"
        lost = f", made anew once where it is {_any(self.failed)}" if self.at and self.failed else ""
        made = self.result.path if isinstance(self.result, Request) else self.result or "the address that this leads to"
        return (
            f"asks for an export, named under {self.create}; asks {asked} how far it is, at first after {self.every:g} s, each "
            f"time later, up to {max(self.slowest, self.every):g} s, and for {self.longest:g} s in all: {ready}{lost}; "
            f"reads {made}"
        )

    def __attrs_post_init__(self) -> None:
        self._check_place("create", self.create)
        for name, place in (("at", self.at), ("result", self.result)):
            if not (place is None or isinstance(place, Request)):
                self._check_place(name, place)
        if not (self.status is None or isinstance(self.status, Request)):
            shown = one_line(repr(self.status), 60)
            raise PluginError(f'Job: status is {shown}. Write the path that says how far a job is: "/exports/{{job}}".')
        if self.status is not None and HERE not in json.dumps(_parts(self.status)):
            raise PluginError('Job: status says nowhere which job is meant. Write {job} where its id goes: "/exports/{job}".')
        if self.at is not None and not self.done:
            raise PluginError(f'Job: done is empty. Name what {self.at} says when the job is ready: done="completed".')
        for name, seconds in (("every", self.every), ("slowest", self.slowest), ("longest", self.longest)):
            if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 < seconds < float("inf"):
                raise PluginError(f"Job: {name} is {one_line(repr(seconds), 60)}. Write seconds, a number above 0.")

    def _check_place(self, name: str, place: Any) -> None:
        if not isinstance(place, str) or not place.strip():
            raise PluginError(f'Job: {name} is {one_line(repr(place), 60)}. Write a place in the answer, such as "data.id".')

    def check(self, table: Table) -> None:
        """Raise PluginError when the results for *table* cannot be paged so."""
        if check := getattr(self.pages, "check", None):
            check(table)

    def first(self, table: Table, page_size: int, bookmark: Bookmark) -> Request:
        inner = self.pages.first(table, page_size, {})
        params = {name: value for name, value in inner.params.items() if name not in table.params}
        base = {"step": "create", "result": Request(table.path, params, position=inner.position), "polls": 0}
        create = evolve(first_request(table), asks=True if _is_header(self.create) else "json", position={"job": base})
        job, created = bookmark.get("job"), bookmark.get("created")
        if not isinstance(job, str) or not isinstance(created, int | float) or not (job if self.status else is_address(job)):
            return create
        read = {"read": bookmark.get("read", 0), "of": bookmark.get("of")}
        return self._ask(create, {**base, "job": job, "created": created, **read, "resumed": True}, 0.0)

    def following(self, request: Request, page: Page) -> Request | None:
        here = dict(request.position["job"])
        if here["step"] == "result":
            return self._after_result(request, page, here)
        if page.ended:
            return None
        return self._after_creation(request, page, here) if here["step"] == "create" else self._after_status(request, page, here)

    def bookmark(self, request: Request) -> Bookmark:
        here = request.position["job"]
        if here["step"] == "create":
            return {}
        place = {"job": request.path if here["step"] == "status" and self.status is None else here["job"]}
        place["created"] = here["created"]
        whole = not here.get("read") or here.get("within")
        return place if whole else {**place, "read": here["read"], "of": here["of"]}

    def anew(self, bookmark: Bookmark) -> Bookmark:
        """The job alone: what it made can be read from its beginning."""
        return {name: bookmark[name] for name in ("job", "created") if name in bookmark}

    def _after_creation(self, request: Request, page: Page, here: dict[str, Any]) -> Request:
        named = self._found(self.create, page)
        if isinstance(named, bool) or not isinstance(named, str | int) or named == "":
            raise UnexpectedAnswer(
                f"{request}: the answer names no job under {self.create}, so none was made{there_is(self.create, [page.body])}. "
                f"What came back is {page.told}. Correct the table's request, or create of the Job."
            )
        job = str(named)
        if self.status is None:
            job = self._resolved(job, request, page)
        return self._ask(request, {**here, "job": job, "created": page.at, "polls": 1}, self._pause(page, here))

    def _after_status(self, request: Request, page: Page, here: dict[str, Any]) -> Request | None:
        if page.gone:
            raise LostJob(f"{request}: {page.told}: the API does not know the export job any more")
        if self.status is None:
            here["job"] = request.path  # without a key that the answer repeated in it
        if self._is_ready(request, page):
            return self._result(request, here, self._results(request, page, here))
        return self._ask_again(request, page, here)

    def _is_ready(self, request: Request, page: Page) -> bool:
        if self.at is None or page.status in LED_ON:
            return page.status not in (202, 204)
        said = self._found(self.at, page)
        if said is MISSING and page.status in (202, 204):
            return False
        if said is MISSING:
            raise UnexpectedAnswer(
                f"{request}: the answer has no {self.at}{there_is(self.at, [page.body])}, so it cannot be told how far the "
                "export job is. Correct at of the Job."
            )
        if said in self.failed:
            raise LostJob(f"{request}: the export job has failed: {self.at} is {one_line(json.dumps(said), 60)}")
        return said in self.done

    def _ask_again(self, request: Request, page: Page, here: dict[str, Any]) -> Request:
        left = here["created"] + self.longest - page.at
        if left <= 0:
            text = f"{request}: the export job is not ready after {page.at - here['created']:.0f} s, but {page.told}"
            if here.get("resumed"):
                raise LostJob(text)
            raise UnexpectedAnswer(
                f"{text}. The next sync asks for it once more before it makes another one. If that is how the API says that it "
                "is ready or has failed, add it to done or failed of the Job; if it takes longer, set longest higher."
            )
        pause = min(self._pause(page, here), left)
        return self._ask(request, {**here, "polls": here["polls"] + 1, "resumed": False}, pause)

    def _pause(self, page: Page, here: Mapping[str, Any]) -> float:
        asked = seconds_asked(page.headers, page.at)
        grown = self.every * GROWS ** min(here["polls"], 50)
        return min(grown, max(self.slowest, self.every)) if asked is None else min(asked, self.longest)

    def _ask(self, request: Request, here: dict[str, Any], after: float) -> Request:
        job = here["job"]
        asked = Request(job) if self.status is None else _filled(self.status, job)
        position = {**request.position, "job": {**here, "step": "status"}}
        # A link: what a strategy asks for goes into the request for the job alone.
        asks: Any = True if self.at is None else "json"
        return evolve(asked, link=True, asks=asks, leased=True, after=after, position=position)

    def _results(self, request: Request, page: Page, here: Mapping[str, Any]) -> list[str]:
        """The addresses of what was made."""
        if self.result is None:
            led = page.headers.get("location") if page.status in LED_ON else None
            return [self._resolved(led, request, page) if led else request.path]
        if isinstance(self.result, Request):
            return [_filled(self.result, here["job"]).path]
        found = self._found(self.result, page)
        addresses = [] if found is None or found == "" else found if isinstance(found, list) else [found]
        if found is MISSING or not all(isinstance(each, str) and each for each in addresses):
            raise UnexpectedAnswer(
                f"{request}: the export job is ready, but {self.result} is no address and no list of addresses"
                f"{there_is(self.result, [page.body])}. Correct result of the Job."
            )
        return [self._resolved(each, request, page) for each in addresses]

    def _result(self, request: Request, here: dict[str, Any], results: list[str]) -> Request | None:
        """The request for the first result that was not read."""
        of = _digest(results)
        read = here.get("read", 0)
        if read and here.get("of") != of:
            raise StalePlace(f"{request}: the results are others than those that a read before had begun with")
        if read >= len(results):
            return None
        base: Request = here["result"]
        if isinstance(self.result, Request):
            asked = _filled(self.result, here["job"])
            base = evolve(asked, params={**asked.params, **base.params}, position=base.position)
        place = {**here, "step": "result", "read": read, "of": of, "results": results, "within": False}
        position = {**request.position, **base.position, "job": place}
        part = f"{here['job']} {read}{' once more' if here.get('renewed') else ''}"
        return evolve(base, path=results[read], leased=True, position=position, part=part)

    def _after_result(self, request: Request, page: Page, here: dict[str, Any]) -> Request | None:
        if page.gone and (here.get("renewed") or here["within"]):
            raise LostJob(f"{request}: {page.told}: what the export job made is gone")
        if page.gone:
            return self._ask(request, {**here, "renewed": True, "results": None}, 0.0)
        if (inner := next_request(self.pages, request, page)) is not None:
            position = {**request.position, **inner.position, "job": {**here, "within": True}}
            return evolve(inner, leased=True, position=position, part=request.part)
        return self._result(request, {**here, "read": here["read"] + 1, "renewed": False}, here["results"])

    def _found(self, place: str, page: Page) -> Any:
        if _is_header(place):
            return page.headers.get(place.split(maxsplit=1)[1].lower(), MISSING)
        return cached_path(place).find(page.body)

    def _resolved(self, link: str, request: Request, page: Page) -> str:
        try:
            path = resolved(link.strip(), request, page)
        except ValueError:
            path = ""
        if not is_address(path):
            raise UnexpectedAnswer(f"{request}: {one_line(repr(link.partition('?')[0]), 100)} is no address. Correct the Job.")
        return path


def _any(values: Sequence[Any]) -> str:
    return " or ".join(map(str, values))


def _is_header(place: str) -> bool:
    return place.lower().startswith("header ")


def _digest(results: Sequence[str]) -> str:
    """What tells whether these are the same results. What signs an address is another each time."""
    return blake2b(json.dumps([each.partition("?")[0] for each in results]).encode(), digest_size=6).hexdigest()


def _parts(request: Request) -> list[Any]:
    return [request.path, dict(request.params), dict(request.headers), request.json]


def _filled(status: Request, job: str) -> Request:
    """*status* with the id of the job in it, quoted in its path."""
    path, params, headers, body = _parts(status)
    return evolve(
        status,
        path=path.replace(HERE, quote(job, safe="")),
        params={name: value.replace(HERE, job) for name, value in params.items()},
        headers={name: value.replace(HERE, job) for name, value in headers.items()},
        json=_put(body, job),
    )


def _put(body: Any, job: str) -> Any:
    match body:
        case str():
            return body.replace(HERE, job)
        case Mapping():
            return {name: _put(value, job) for name, value in body.items()}
        case list():
            return [_put(value, job) for value in body]
    return body
