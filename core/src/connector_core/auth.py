"""Auth: from the configuration to a ``requests`` auth object."""

from typing import Protocol, runtime_checkable

from attrs import field, frozen
from requests import PreparedRequest
from requests.auth import AuthBase

from connector_core.settings import Configuration, Setting


@runtime_checkable
class AuthFactory(Protocol):
    """What ``connector_auth`` returns: any callable from the configuration to an ``AuthBase``.

    It may have an attribute ``settings``, the settings that it reads; they join those of the dataset.
    """

    def __call__(self, configuration: Configuration) -> AuthBase: ...


@frozen
class ApiKeyHeader:
    """The API's key in a request header.

    header:  the header's name, such as ``api_key`` or ``X-API-Key``.
    setting: the name of the (secret, required) setting that holds the key.
    """

    header: str
    setting: str = "api_key"

    @property
    def settings(self) -> tuple[Setting, ...]:
        """The one setting that this auth reads."""
        return (Setting(self.setting, description=f"The API's key, sent in the header {self.header}.", secret=True),)

    def __call__(self, configuration: Configuration) -> AuthBase:
        return _HeaderAuth(self.header, configuration[self.setting])


@frozen
class NoAuth:
    """An API that asks for no credential."""

    def __call__(self, configuration: Configuration) -> AuthBase:  # noqa: ARG002  (the signature of every factory)
        return _Anonymous()


@frozen(eq=False)
class _HeaderAuth(AuthBase):
    header: str
    value: str = field(repr=False)

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        request.headers[self.header] = self.value
        return request


class _Anonymous(AuthBase):
    # An auth object that adds nothing, rather than none at all: without one, requests would look into ~/.netrc.
    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        return request
