"""Simulated APIs on this machine: what `connector-build serve` and `connector-build demo` run."""

import ssl
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any, Final

from connector_build.api.errors import Unmimicked
from connector_build.api.faults import Fault, Faults
from connector_build.api.feed import Feed
from connector_build.api.messages import Asked, Reply, json_reply, refused
from connector_build.api.server import ApiServer
from connector_build.api.simulated import Dataset, Simulated
from connector_core.basics.counting import counted

CONTROL: Final = "/_sample/"
SECRET: Final = "sample-key"  # noqa: S105  (made up, and told to everybody)

_MOST_AT_ONCE: Final = 1_000_000


class Simulation:
    """The APIs of some datasets, on a port of their own, from construction until `close()`. Use it as a context manager.

    `faults` says how they misbehave; `of(dataset)` is one of them.
    """

    def __init__(
        self,
        datasets: Sequence[Dataset],
        *,
        secret: str = SECRET,
        seed: int = 0,
        port: int = 0,
        host: str = "127.0.0.1",
        tls: ssl.SSLContext | None = None,
        leave_out: Callable[[str], None] | None = None,
        away: bool = False,
    ) -> None:
        """Listen on `host` and `port` (0: any free one). *secret* is every key, password and token that a plugin asks for.

        tls:       what it speaks TLS with; None: plain HTTP.
        away:      files lie at the hosts that plugins name as ``elsewhere``, and whoever runs this leads them here.
        leave_out: told why a dataset cannot be simulated beside the others, which is then left out. None: that is Unmimicked.

        Raises OSError when the port is taken.
        """
        self.secret = secret
        self.faults = Faults()
        self._server = ApiServer(host=host, port=port, tls=tls)
        self.url = self._server.url
        self._apis: dict[str, Simulated] = {}
        try:
            for each in datasets:
                self._add(each, secret, seed, leave_out, away=away)
        except BaseException:
            self._server.close()
            raise
        self._server.answering = self.answer

    def _add(self, dataset: Dataset, secret: str, seed: int, leave_out: Callable[[str], None] | None, *, away: bool) -> None:
        try:
            self._check_addresses(dataset)
            self._apis[dataset.name] = Simulated.of(dataset, self.url, secret, seed, away=away)
        except Unmimicked as reason:
            if leave_out is None:
                raise
            leave_out(f"{reason}.")

    def _check_addresses(self, dataset: Dataset) -> None:
        for api in self._apis.values():
            own, others = ({plan.table.path for plan in each} for each in (dataset.assembly.tables, api.tables))
            if api.name == dataset.name or own & others:
                what = ", ".join(sorted(own & others)) or dataset.name
                raise Unmimicked(
                    f"{dataset.name}: {api.name} is at {what} already. Serve it alone: connector-build serve {dataset.name}"
                )

    @property
    def apis(self) -> Sequence[Simulated]:
        """What is served."""
        return list(self._apis.values())

    def of(self, dataset: str) -> Simulated:
        """The API of a dataset. Raises KeyError for one that is not served."""
        return self._apis[dataset]

    def feed(self, dataset: str, table: str = "") -> Feed:
        """The records of a table, the first one if none is named. Raises KeyError for what is not served."""
        return self._apis[dataset].feed(table)

    @property
    def requests(self) -> list[Asked]:
        """The requests so far (the last 100,000), oldest first, without those that control the simulation."""
        return [each for each in self._server.requests if not each.path.startswith(CONTROL)]

    @property
    def connections(self) -> int:
        """How many connections clients have opened so far."""
        return self._server.connections

    @property
    def errors(self) -> Sequence[Exception]:
        """What went wrong here, and was answered with a 500."""
        return self._server.errors

    def close(self) -> None:
        """Stop listening and close every connection; may be called twice."""
        self._server.close()

    def __enter__(self) -> "Simulation":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def answer(self, request: Asked) -> Reply:
        """The answer to *request*: for another server that stands for a host elsewhere."""
        if request.path.startswith(CONTROL):
            return self._control(request)
        for api in self._apis.values():
            if request.method == "GET" and request.path == f"/{api.name}_api_spec":
                return json_reply(api.spec())
        tokens = [reply for api in self._apis.values() if (reply := api.token(request)) is not None]
        if tokens:
            return min(tokens, key=lambda reply: reply.status)
        for api in self._apis.values():
            if api.serves(request):
                return self._data(api, request)
        return refused(404, f"there is nothing at {request.path}")

    def _data(self, api: Simulated, request: Asked) -> Reply:
        strike = self.faults.strike(has_cursor=api.goes_on(request))
        self._server.wait(strike.latency)
        return api.reply(request) if strike.fault is None else api.broken(request, strike.fault)

    # From a second terminal

    def _control(self, request: Asked) -> Reply:
        """Let a second terminal move the records and set faults while the simulation runs."""
        match request.method, request.path.removeprefix(CONTROL).split("/"):
            case "POST", ["fault"]:
                return self._add_fault(request)
            case "DELETE", ["fault"]:
                self.faults.clear()
                return json_reply({"faults": 0})
            case "POST", [dataset, "append" | "change" as verb]:
                return self._move(dataset, verb, request)
        return refused(404, f"there is nothing at {request.path} for a {request.method}")

    def _add_fault(self, request: Asked) -> Reply:
        if not isinstance(request.json, dict) or not request.body.lstrip().startswith(b"{"):
            return refused(400, 'the body is a JSON object such as {"status": 429, "times": 3}')
        try:
            self.faults.add(Fault.of(request.json))
        except ValueError as error:
            return refused(400, str(error))
        return json_reply({"faults": len(self.faults.pending())})

    def _move(self, dataset: str, verb: str, request: Asked) -> Reply:
        if dataset not in self._apis:
            return refused(404, f"no dataset {dataset!r} here; known: {', '.join(sorted(self._apis))}")
        api = self._apis[dataset]
        tables = {plan.table.name: plan for plan in api.tables}
        table = request.params.get("table", next(iter(tables)))
        if table not in tables:
            return refused(404, f"no table {table!r} in {dataset}; known: {', '.join(tables)}")
        text = request.params.get("count", "1")
        if not (text.isascii() and text.isdigit() and len(text) < 20 and 1 <= int(text) <= _MOST_AT_ONCE):
            return refused(400, f"count is a whole number from 1 to {_MOST_AT_ONCE}, not {text!r}")
        return self._moved(api, verb, table, int(text))

    def _moved(self, api: Simulated, verb: str, table: str, number: int) -> Reply:
        plan = next(each for each in api.tables if each.table.name == table)
        records = len(api.feed(table))
        if verb == "change" and number > records:
            return refused(400, f"cannot change {number} of the {counted(records, 'record')} of {table}")
        moved = api.world.append(plan, number) if verb == "append" else api.world.change(plan, number)
        answer: dict[str, Any] = {"dataset": api.name, "table": table, verb: moved, "records": len(api.feed(table))}
        return json_reply(answer)
