"""A connector in words."""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from functools import cache
from types import SimpleNamespace
from typing import Any

from attrs import evolve, frozen

import connector_fts
import connector_fts.sample
import connector_mso
import connector_mso.sample
from connector_build.sample import Sample
from connector_core import (
    Aggregate,
    ApiKeyHeader,
    Csv,
    CursorPaginator,
    DerivedField,
    Dimension,
    FullRead,
    JsonLines,
    KeysetPaginator,
    LinkHeaderPaginator,
    Nested,
    NextLinkPaginator,
    OffsetPaginator,
    PageNumberPaginator,
    Paginator,
    Parent,
    SinglePage,
    Table,
    Transform,
    UpdatedSince,
    Windows,
    count,
    empty_page,
    hookimpl,
    last_page,
    maximum,
    minimum,
    no_more,
    only_if,
    ratio,
    short_page,
    tombstones,
    total,
    total_reached,
)
from connector_core.plugin.assembly import Assembly, Plugin, assemble

EXTRAS = (
    Aggregate(
        "regions",
        by=("region",),
        measures={
            "jobs": count(),
            "amount": total("amount"),
            "hours": total("hours"),
            "least": minimum("amount"),
            "latest": maximum("updated"),
        },
        default=False,
    ),
    Aggregate("levels", by=("amount", "hidden"), measures={"hours": total("hours")}, default=False),
    Dimension("names", key=("region",), columns=("name", "amount"), newest="updated", default=False),
)
RATE = DerivedField("rate", ratio("amount", "hours"), default=False)
VISIBLE = Transform("visible", only_if("hidden", [False]), default=False)
VISITORS = Aggregate("visitors", by=("name",), measures={"visits": count()}, default=False)
DERIVED = (RATE.name, VISIBLE.name, "cost_per_hour", "efficiency_ratio")
NESTED = ("job_lines", "job_places")
OPTIONS = (*(extra.name for extra in EXTRAS), *NESTED, VISITORS.name, RATE.name, VISIBLE.name)
START = datetime(2026, 1, 1, tzinfo=UTC)
TODAY = date(2026, 1, 20)
NEXT = "X-Next"
FORMATS: Mapping[str, Csv | JsonLines] = {"csv": Csv(), "json lines": JsonLines()}


@frozen(hash=False)
class Spec:
    """A connector in words. Of words that do not go together, ``made`` takes the first."""

    pages: str = "cursor"
    stop: str = "told"
    where: str = "query"
    strategy: str = "none"
    format: str = "json"
    records: str = "items"
    key: tuple[str, ...] = ("STRING",)
    time: str = "LONG"
    inclusive: bool = True
    moves: str = "to the end"
    gone: str = "no"
    child: str = "no"
    full_refresh: bool = False
    gzip: bool = False
    filter: bool = False
    nothing: str = "list"
    may_be_empty: bool = True

    @classmethod
    def made(cls, words: Mapping[str, Any]) -> "Spec":
        """The connector that *words* stand for."""
        spec = cls(**{**words, "key": tuple(words.get("key", ["STRING"]))})
        if spec.format != "json":
            spec = evolve(spec, records="@")
        if spec.format != "json" and spec.nothing == "null":
            spec = evolve(spec, nothing="204")
        if spec.records == "@":
            spec = evolve(spec, gone="no" if spec.gone == "list" else spec.gone)
        if spec.child != "no":
            spec = evolve(spec, key=("LONG",), gone="no", strategy="none" if spec.strategy in ("ids", "days") else spec.strategy)
            spec = evolve(spec, moves="to the end" if spec.moves in ("never", "append only") else spec.moves)
        if spec.strategy in ("ids", "days"):
            spec = evolve(spec, moves="never", pages="cursor" if spec.pages == "keyset" else spec.pages)
        if spec.moves in ("never", "append only"):
            spec = evolve(spec, gone="no")
        if spec.moves == "in place" and (spec.strategy == "since" or spec.pages in ("cursor", "keyset")):
            spec = evolve(spec, moves="to the end")
        return spec

    @property
    def bare(self) -> bool:
        """Whether an answer is its records and nothing else."""
        return self.records == "@"

    @property
    def shifts(self) -> bool:
        """Whether records move from page to page when one before them does."""
        return self.pages in ("page", "offset") and self.moves not in ("never", "append only")

    @property
    def follows(self) -> bool:
        """Whether what moves behind the place where a read stands comes again further on."""
        by_place = self.pages not in ("page", "offset") and self.moves != "in place"
        return by_place and self.child == "no" and self.strategy not in ("ids", "days")

    @property
    def robust(self) -> bool:
        """Whether a read that is taken up again brings all that moved since."""
        starts_over = self.strategy == "since" and self.shifts and self.child == "no"
        return self.follows or starts_over or (self.full_refresh and self.child == "no")

    @property
    def whole(self) -> bool:
        """Whether records may go without a word. Windows of ids cannot see beyond a wide gap, as the documentation says."""
        return self.full_refresh and self.child == "no" and self.strategy != "ids"

    @property
    def columns(self) -> dict[str, str]:
        """Those of the table of jobs."""
        keys = {"id": self.key[0]} | ({"part": self.key[1]} if len(self.key) > 1 else {})
        values = {"region": "STRING", "name": "STRING", "amount": "DOUBLE", "hours": "LONG", "hidden": "BOOLEAN"}
        return {**keys, **values, "updated": self.time, "seq": "LONG", "day": "NAIVE_DATE", "gone": "BOOLEAN", "lines": "JSON"}

    @property
    def nested(self) -> list[Nested]:
        """The lines of a job: by a field of their own, and by their place."""
        adds = {f"job_{name}": name for name in tuple(self.columns)[: len(self.key)]}
        return [
            Nested(NESTED[0], "lines", (*adds, "line"), adds, {"line": "LONG", "what": "STRING"}, default=False),
            Nested(NESTED[1], "lines", (*adds, "place"), adds | {"region": "region"}, {"what": "STRING"}, "place", default=False),
        ]

    @property
    def tables(self) -> list[Table]:
        """Jobs and, with a child table, the visits of each."""
        form = FORMATS.get(self.format)
        body = {"kind": "all"} if self.where == "body" else None
        params = {"state": "open"} if self.filter else {}
        null = "missing" if self.records == "edges[*].node" else "null"  # an expression finds nothing in null
        nothing = (null,) if self.nothing == "null" else ()
        jobs = Table(
            "jobs",
            "/jobs",
            self.records,
            tuple(self.columns)[: len(self.key)],
            self.columns,
            append_only=self.moves == "append only",
            params=params,
            body=body,
            nothing=nothing,
            may_be_empty=self.may_be_empty,
            format=form,
            deleted="gone.keys" if self.gone == "list" else None,
            full_refresh=self.full_refresh,
        )
        if self.child == "no":
            return [jobs]
        parent = Parent("jobs", adds={"job": "id"}, changed="seq" if self.child == "changed" else None)
        columns = {"job": "LONG", "number": "LONG", "name": "STRING", "updated": self.time, "seq": "LONG"}
        path = "/jobs/{parent.id}/visits"
        parts = {
            "params": params,
            "body": body,
            "format": form,
            "parent": parent,
            "nothing": nothing,
            "may_be_empty": self.may_be_empty,
        }
        return [jobs, Table("visits", path, self.records, ("job", "number"), columns, **parts)]  # type: ignore[arg-type]

    @property
    def paginator(self) -> Paginator:
        """How both tables are read."""
        pages = self._pages()
        match self.strategy:
            case "full":
                return FullRead(pages)
            case "since":
                return UpdatedSince("since", "updated", pages, inclusive=self.inclusive)
            case "ids":
                return Windows("from", "to", 1, 4, pages, empty=2)
            case "days":
                return Windows("from", "to", "2026-01-01", 5, pages, today=lambda: TODAY)
        return pages

    def _pages(self) -> Paginator:
        size, stop = "limit", self._stop("limit")
        match self.pages:
            case "page":
                return PageNumberPaginator(size_param=size, stop=stop)
            case "offset":
                return OffsetPaginator(size_param=size, stop=stop)
            case "keyset":
                return KeysetPaginator("after", "seq", size, stop)
            case "link":
                return LinkHeaderPaginator(size_param=size) if self.bare else NextLinkPaginator("links.next", size_param=size)
            case "single":
                return SinglePage()
        return CursorPaginator("at", "next", size, "more", self.where, NEXT if self.bare else None)  # type: ignore[arg-type]

    def _stop(self, size: str) -> list[Any]:
        told = {"page": last_page("pages"), "offset": total_reached("total"), "keyset": no_more("more")}
        if self.stop == "told" and not self.bare and self.pages in told:
            return [told[self.pages]]
        return [short_page(size)] if self.stop == "short" else [empty_page()]


@frozen
class Dataset:
    """An installed dataset: its plugin, how its records are made up, and what can be switched on."""

    plugin: Plugin
    sample: Sample
    options: tuple[str, ...]


DATASETS = {
    "fts": Dataset(Plugin("fts", connector_fts), connector_fts.sample.SAMPLE, ("fts_technicians", "cost_per_hour")),
    "mso": Dataset(Plugin("mso", connector_mso), connector_mso.sample.SAMPLE, ("mso_products", "efficiency_ratio")),
}


@cache
def assembled(words: str, on: frozenset[str]) -> Assembly:
    """The connector of a spec or a dataset, given as JSON, with those of the options on that it has."""
    given = json.loads(words)
    if dataset := DATASETS.get(given.get("dataset")):
        return assemble([dataset.plugin], enable=on & set(dataset.options))
    spec = Spec.made(given)
    jobs, *visits = spec.tables
    marks = [Transform("tombstone", tombstones("gone"))] if spec.gone == "tombstone" else []
    hooks: dict[str, Any] = {
        "connector_tables": lambda: [jobs, *visits],
        "connector_auth": lambda: ApiKeyHeader("X-Key"),
        "connector_paginator": lambda: spec.paginator,
        "connector_transforms": lambda table: [RATE, *marks, VISIBLE] if table == jobs else [],
        "connector_extra_tables": lambda table: [*EXTRAS, *spec.nested] if table == jobs else [VISITORS],
    }
    hidden = {VISITORS.name} if not visits else {VISIBLE.name}
    plugin = Plugin("fuzzed", SimpleNamespace(**{name: hookimpl(answer) for name, answer in hooks.items()}))
    return assemble([plugin], enable=on & set(OPTIONS) - hidden)
