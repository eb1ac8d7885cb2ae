"""A recording over HTTP: an API on this machine that answers what was recorded, whoever asks."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Self
from urllib.parse import unquote

from attrs import evolve

from connector_build.api.configured import made_up_configuration
from connector_build.api.errors import Unmimicked
from connector_build.api.exchange import Exchange
from connector_build.api.guards import Door, doors
from connector_build.api.messages import Asked, Reply, json_reply, refused
from connector_build.api.recording import ZIP, NotRecorded, Recording
from connector_build.api.server import ApiServer
from connector_core import ApiKeyPath
from connector_core.plugin.assembly import Assembly

RECORDED_URL = "https://api.example.com"
"""What stands in a recording for the address of the API."""
UNKNOWN = 421
"""The status of a request that is not in the recording (RFC 9110, section 15.5.20): nobody tries such a one again, and no plugin
has a rule for it."""


class Replayed:
    """The API of *assembly* as *recording* has it, on a port of its own, until ``close``. Use it as a context manager.

    It takes every credential, gives a token to who asks as the plugin's auth does, and refuses what was not recorded.

    Raises OSError where the port is taken.
    """

    def __init__(
        self,
        recording: Recording,
        assembly: Assembly,
        secret: str,
        *,
        port: int = 0,
        missed: Callable[[str], object] = lambda _: None,
    ) -> None:
        """*missed* is told of each request that is not in the recording."""
        self.recording = recording
        self.assembly = assembly
        self.missed: list[str] = []
        """The same, in words."""
        self._tell = missed
        self._server = ApiServer(port=port)
        self.url = self._server.url
        self._secret = secret
        self._doors = _doors_of(assembly, self.url, secret)
        self._server.answering = self.reply

    @property
    def configuration(self) -> Mapping[str, str]:
        """A configuration with which it can be read as it was recorded."""
        known = {setting.name for setting in self.assembly.settings}
        own = {name: value for name, value in self.recording.settings.items() if name in known}
        made = (
            self._doors[0].configuration
            if self._doors
            else made_up_configuration(self.assembly, self.url, lambda _: self._secret)
        )
        return {**made, **own, "page_size": str(self.recording.page_size), "base_url": self.url}

    @property
    def requests(self) -> Sequence[Asked]:
        """What was asked so far."""
        return self._server.requests

    def reply(self, request: Asked) -> Reply:
        """The answer to *request*; 421 for one that was not recorded."""
        if (token := self._token(request)) is not None:
            return token
        try:
            return self._here(self.recording.reply(self._bare(request)))
        except NotRecorded as error:
            self.missed.append(str(error))
            self._tell(str(error))
            return refused(UNKNOWN, str(error))

    def _token(self, request: Asked) -> Reply | None:
        """A token for who asks where the plugin's auth does, whatever credentials it shows; None for any other request."""
        for guard in (door.guard for door in self._doors):
            posted = guard.rehearsal.posted if isinstance(guard, Exchange) else ()
            if isinstance(guard, Exchange) and any(self._asks(request, each) for each in posted):
                return json_reply(guard.answer("recorded-token"))
            if (reply := guard.token(request)) is not None:
                return reply
        return None

    def _asks(self, request: Asked, posted: Asked) -> bool:
        return (request.method, request.path) == (posted.method, posted.path)

    def _bare(self, request: Asked) -> Asked:
        """*request* without what belongs to the credential, and with this server's address as it was recorded."""
        own = {name for door in self._doors for name in door.guard.params}
        params = {name: self._recorded(value) for name, value in request.params.items() if name not in own}
        path = request.path
        if isinstance(self.assembly.auth, ApiKeyPath) and not self._has(path):
            path = re.sub(f"{re.escape(self.assembly.auth.prefix)}[^/]*", "", path, count=1)
        body = request.json if request.json is None else json.loads(self._recorded(json.dumps(request.json)))
        return evolve(request, path=path if self._has(path) else unquote(path), params=params, json=body)

    def _has(self, path: str) -> bool:
        return any(each.request.path == path for each in self.recording.answers)

    def _recorded(self, text: str) -> str:
        return text.replace(self.url, RECORDED_URL)

    def _here(self, reply: Reply) -> Reply:
        """*reply* with links that lead here, also those to other hosts from which something was recorded."""
        headers = {name: self._led(value.encode()).decode() for name, value in reply.headers.items()}
        body = reply.body if reply.body.startswith(ZIP) else self._led(reply.body)
        return evolve(reply, headers=headers, body=body)

    def _led(self, text: bytes) -> bytes:
        for place in (RECORDED_URL, *self.recording.elsewhere):
            for form, own in ((place, self.url), (place.replace("/", "\\/"), self.url.replace("/", "\\/"))):
                text = text.replace(form.encode(), own.encode())
        return text

    def close(self) -> None:
        """Stop listening; may be called twice."""
        self._server.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def _doors_of(assembly: Assembly, url: str, secret: str) -> Sequence[Door]:
    """The ways to sign for which tokens can be given; none where the auth cannot be simulated, and any credential is taken."""
    try:
        return doors(assembly, url, secret)
    except Unmimicked:
        return ()
