"""Incremental syncs of a manifest → strategies."""

import re
from collections.abc import Mapping
from typing import Any

from connector_build.drafting.airbyte import manifest
from connector_build.drafting.airbyte.asking import Asked, Spot
from connector_build.drafting.airbyte.expressions import NotUnderstoodError, filled, references
from connector_build.drafting.airbyte.filling import Filling, Timed
from connector_build.drafting.airbyte.paging import in_query, spot_of
from connector_build.drafting.airbyte.times import notation_of, seconds_of, step_of
from connector_build.drafting.draft import Call, Value, guessed
from connector_build.drafting.made import trouble
from connector_build.drafting.shape import object_of, text_of
from connector_core.basics.counting import counted
from connector_core.basics.names import one_line

_DAY = 86_400


def ends_of(sync: Any) -> dict[str, str]:
    """The names that the ends of a window go by in expressions."""
    start = manifest.field(sync, "partition_field_start") or "start_time"
    end = manifest.field(sync, "partition_field_end") or "end_time"
    return {str(start): "from", str(end): "to"} if object_of(sync) else {}


def incremental(sync: Any, asked: Asked, pages: Value, made_of: Mapping[str, str], filling: Filling) -> Value:
    """*pages* inside of the strategy that *sync* says; *pages* itself where the API is not asked by time.

    made_of: fields that transformations make → where the API's record has them.
    """
    if not object_of(sync):
        return pages
    kind = manifest.kind(sync)
    if kind != "DatetimeBasedCursor":
        filling.unclear.append(f"the incremental sync {text_of(sync.get('class_name')) or kind}: each sync reads the feed whole")
        return pages
    times = dict(asked.times)
    for option, end in (("start_time_option", "from"), ("end_time_option", "to")):
        spot = spot_of(sync.get(option), filling)
        spot = in_query(spot) if asked.body is None else spot
        if spot:
            times[spot] = Timed(f"{{{end}}}", frozenset({end}), None, whole=True)
    if not times:
        return pages
    try:
        made = _strategy(sync, times, pages, made_of, filling)
    except NotUnderstoodError as error:
        filling.unclear.append(f"the incremental sync: {error}")
        return pages
    if why := trouble(made):
        filling.unclear.append(f"the incremental sync: {why}")
        return pages
    return made


def _strategy(sync: Any, times: Mapping[Spot, Timed], pages: Value, made_of: Mapping[str, str], filling: Filling) -> Value:
    start, notes = _start(sync, filling)
    first = next(((spot, timed) for spot, timed in times.items() if "from" in timed.ends), None)
    last = next(((spot, timed) for spot, timed in times.items() if timed.ends == {"to"}), None)
    if first is None:
        raise NotUnderstoodError("no request has the start of its window")
    spot, timed = first
    notation = timed.notation or notation_of(manifest.field(sync, "datetime_format"))
    options: dict[str, Value] = {"notation": notation} if notation else {}
    options |= {"where": spot.where} if spot.where != "query" else {}
    step = _seconds(sync.get("step"), filling, notes)
    if timed.ends == {"from", "to"} or (last and step):
        notes += [] if step else ["no step is said: windows of 30 days"]
        made = _windows(spot, timed, last, start, step or 30 * _DAY, pages, options)
    else:
        notes += [f"{last[0].name}, the end of a window, is left out"] if last else []
        newest = filling.constant(manifest.field(sync, "cursor_field"), sync)
        newest = made_of.get(newest, newest)
        made = _since(spot, timed, newest, start, pages, options)
        lookback = _seconds(sync.get("lookback_window"), filling, notes)
        if lookback:
            made = Call(made.word, made.args, {**made.options, "lookback": Call("timedelta", (), {"seconds": lookback})})
    return guessed(made, "; ".join(notes)) if notes else made


def _since(spot: Spot, timed: Timed, newest: str, start: str | None, pages: Value, options: Mapping[str, Value]) -> Call:
    template: dict[str, Value] = {} if timed.whole else {"template": timed.template.replace("{from}", "{since}")}
    started: dict[str, Value] = {"start": start} if start else {}
    return Call("UpdatedSince", (spot.name, newest, pages), {**started, **template, **options})


def _windows(
    spot: Spot,
    timed: Timed,
    last: tuple[Spot, Timed] | None,
    start: str | None,
    seconds: int,
    pages: Value,
    options: Mapping[str, Value],
) -> Call:
    if start is None:
        raise NotUnderstoodError("no start is said")
    both = timed.ends == {"from", "to"}
    if not both and last and (last[0].where != spot.where or not (timed.whole and last[1].whole)):
        raise NotUnderstoodError(f"{timed.template} and {last[1].template} in two places")
    said: dict[str, Value] = {"template": timed.template} if both else {}
    end = None if both else last[0].name if last else None
    day = re.match(r"\d{4}-\d\d-\d\d", start)
    begin = day[0] if day else start
    return Call(
        "Windows",
        (spot.name, end),
        {"start": begin, "step": step_of(seconds), "pages": pages, "future": False, **said, **options},
    )


def _start(sync: Any, filling: Filling) -> tuple[str | None, list[str]]:
    """The start, as a day or as a setting that has one, and what is guessed about it."""
    given = sync.get("start_datetime")
    text = text_of(object_of(given).get("datetime") if isinstance(given, dict) else given)
    if not text:
        return None, []
    try:
        plain = filled(text, lambda _: None)
    except NotUnderstoodError:
        return _moving_start(text, filling)
    return (plain, []) if re.match(r"\d{4}-\d\d-\d\d", plain) else _moving_start(text, filling)


def _moving_start(text: str, filling: Filling) -> tuple[str, list[str]]:
    named = next((each for each in references(text) if each.root == "config" and each.keys), None)
    days = _days_ago(text)
    ago = f"{counted(days, 'day')} ago" if days else None
    if named is not None:
        day = re.match(r"\d{4}-\d\d-\d\d", str(named.default or filling.settings.default(named.keys) or ""))
        default = day[0] if day else ago
        setting = filling.settings.read(named.keys, "date", default)
        return f"{{settings.{setting}}}", []
    options = {"description": "The first day to read.", "kind": "date", "default": ago or "30 days ago"}
    setting = filling.settings.added("start_date", options)
    return f"{{settings.{setting}}}", [f"the start of the manifest is {one_line(text, 80)}"]


def _days_ago(text: str) -> int | None:
    found = re.search(r"duration\(\s*['\"](P[^'\"]{1,20})['\"]\s*\)", text)
    seconds = seconds_of(found[1]) if found else None
    if seconds:
        return max(seconds // _DAY, 1)
    delta = re.search(r"day_delta\(\s*-(\d{1,5})", text)
    return int(delta[1]) if delta else None


def _seconds(duration: Any, filling: Filling, notes: list[str]) -> int | None:
    """A duration in seconds; one that is made of a setting takes the setting's default."""
    if duration in (None, ""):
        return None
    text = str(duration)
    if "{{" in text:
        try:
            text = filled(text, lambda found: str(found.default or filling.settings.default(found.keys) or 30))
        except NotUnderstoodError:
            text = "P30D"
        notes.append(f"{one_line(duration, 60)} is {text}")
    seconds = seconds_of(text)
    if seconds is None and text not in ("P0D", "PT0S", "P0M", "P0Y"):
        notes.append(f"{one_line(duration, 60)} is left out")
    return seconds
