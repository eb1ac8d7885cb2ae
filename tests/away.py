"""Hosts beside the API, for tests: each is a server on this machine under a name of its own."""

from typing import Any

import requests
from attrs import define, field
from requests.adapters import HTTPAdapter

from connector_core.http.client import Client


@define(eq=False)
class StandIn(HTTPAdapter):
    """Sends what goes to *host* to the server at *url*; what came of it seems to come from *host*."""

    host: str
    url: str
    sent: list[requests.PreparedRequest] = field(factory=list)

    def __attrs_pre_init__(self) -> None:
        super().__init__()

    def send(self, request: requests.PreparedRequest, *arguments: Any, **options: Any) -> requests.Response:
        self.sent.append(request.copy())
        asked = str(request.url)
        request.url = asked.replace(f"https://{self.host}", self.url)
        answer = super().send(request, *arguments, **{**options, "proxies": None})
        answer.url = asked
        return answer


def mounted(make: Any, *standins: StandIn) -> Any:
    """What *make*, a function that makes a client, makes, with hosts elsewhere."""

    def made(*arguments: Any, **parts: Any) -> Client:
        client: Client = make(*arguments, **parts)
        for each in standins:
            client.mount(each, elsewhere=each.host)
        return client

    return made
