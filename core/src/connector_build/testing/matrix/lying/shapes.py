"""Lies about the shape of an answer and of its records."""

from typing import Any

from connector_build.api.bodies import set_at
from connector_build.api.messages import Asked, Reply
from connector_build.api.pointing import with_place
from connector_build.testing.matrix.apis import Api
from connector_build.testing.matrix.lying.saying import edited, holding
from connector_build.testing.matrix.strikes import Asking
from connector_core import UpdatedSince
from connector_core.plugin.assembly import TablePlan


def moved(asking: Asking) -> Reply:
    return edited(asking, lambda body: {"answer": body})


def renamed(asking: Asking) -> Reply:
    return edited(asking, lambda body: {f"{name}_of_now": value for name, value in body.items()})


def wrapped(asking: Asking) -> Reply:
    return holding(asking, [{"item": record} for record in asking.records])


def by_key(asking: Asking) -> Reply:
    found = {f"key-{number}": record for number, record in enumerate(asking.records)}
    return edited(asking, lambda body: set_at(body, asking.plan.table.records, found))


def one_alone(asking: Asking) -> Reply | None:
    """A list of one record becomes that record, as some that make JSON of XML have it."""
    if len(asking.records) != 1:
        return None
    return edited(asking, lambda body: set_at(body, asking.plan.table.records, asking.records[0]))


def key_renamed(asking: Asking) -> Reply:
    key = sent_key(asking.plan) or ""
    return holding(asking, [{**_less(record, key), key.upper(): record[key]} for record in asking.records])


def sent_key(plan: TablePlan) -> str | None:
    """The first column of the key of a table that the API sends, and that no parent adds."""
    adds = plan.table.parent.adds if plan.table.parent else {}
    return next((name for name in plan.table.primary_key if name not in adds), None)


def with_null(asking: Asking) -> Reply:
    return edited(asking, lambda body: set_at(body, asking.plan.table.records, [*asking.records, None]))


def time_renamed(asking: Asking) -> Reply:
    name = _newest(asking.plan)
    return holding(asking, [{**_less(record, name), f"{name}_of_now": record[name]} for record in asking.records])


def filter_ignored(api: Api, request: Asked) -> Asked:
    plan = api.plan_of(request)
    strategy = plan.paginator if plan else None
    return with_place(request, strategy.where, strategy.param, None) if isinstance(strategy, UpdatedSince) else request


def _newest(plan: TablePlan) -> str:
    return str(getattr(plan.paginator, "newest", ""))


def _less(record: Any, name: str) -> dict[str, Any]:
    return {each: value for each, value in record.items() if each != name}
