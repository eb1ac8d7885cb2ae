"""Auth by a key that is a part of the path."""

import re
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from attrs import field, frozen
from requests import PreparedRequest
from requests.auth import AuthBase

from connector_core.basics.discretion import SEGMENT
from connector_core.basics.errors import ConfigurationError, PluginError
from connector_core.basics.names import one_line
from connector_core.source.configuration import Configuration
from connector_core.source.settings import Setting

_PREFIX = re.compile(r"/[A-Za-z0-9._~!$&'()*+,;=:@-]*")


@frozen
class ApiKeyPath:
    """The API's key in the path, between ``base_url`` and the path of a table: ``/bot<key>/getUpdates``.

    prefix:  a slash and what stands before the key in its segment of the path: ``"/bot"``.
    setting: the name of the (secret, required) setting that holds the key.

    The key is percent-encoded, so that it stays in its segment (RFC 3986, section 3.3). A link of the API that repeats it is
    followed; what is kept of the link is kept without it. Raises PluginError for another prefix.
    """

    prefix: str = "/"
    setting: str = "api_key"

    def __attrs_post_init__(self) -> None:
        if not isinstance(self.prefix, str) or not _PREFIX.fullmatch(self.prefix):
            raise PluginError(
                f"ApiKeyPath: prefix is {one_line(repr(self.prefix), 60)}. Write a slash and what stands before the key in its "
                'segment of the path: "/bot". What comes before that belongs to base_url.'
            )

    @property
    def settings(self) -> tuple[Setting, ...]:
        """The one setting that this auth reads."""
        return (Setting(self.setting, description=f"The API's key, sent in the path behind {self.prefix}.", secret=True),)

    def __call__(self, configuration: Configuration) -> AuthBase:
        """Raises ConfigurationError for a key that no path can hold as a part of its own."""
        key: str = configuration[self.setting]
        before = self.prefix[1:]
        if not before and key in (".", ".."):
            raise ConfigurationError(f"{self.setting} is made of dots, which no path keeps. Correct it in the configuration.")
        configuration.hidden.add(key)
        configuration.hidden.add(before + key, name=SEGMENT)
        base = urlsplit(configuration.get("base_url", "")).path.rstrip("/")
        return _PathAuth(base, before + quote(key, safe=""))


@frozen(eq=False)
class _PathAuth(AuthBase):
    """Puts *segment* behind *base*, the path of ``base_url``."""

    base: str
    segment: str = field(repr=False)

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        parts = urlsplit(str(request.url))
        below = parts.path.removeprefix(self.base)
        first, _, rest = below[1:].partition("/")
        if unquote(first) == unquote(self.segment):  # a redirect brings it along
            below = f"/{rest}"
        request.url = urlunsplit(parts._replace(path=f"{self.base}/{self.segment}{below}"))
        return request
