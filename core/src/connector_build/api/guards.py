"""The guard of a connector's API, and the configuration that it lets in."""

import importlib
from base64 import b64encode
from collections.abc import Callable, Mapping

from attrs import field, frozen
from requests.auth import HTTPDigestAuth

from connector_build.api.configured import made_up_configuration
from connector_build.api.errors import Unmimicked
from connector_build.api.exchange import Exchange, Rehearsal, token_answer
from connector_build.api.guard import Guard, KeyInPath, Open, Signed
from connector_build.api.proofs import Challenge, SignedToken
from connector_core import ApiKeyPath, AuthChoice, ClientCertificate, ConnectorError, JwtBearer
from connector_core.auth.kinds import AuthFactory
from connector_core.basics.names import one_line
from connector_core.plugin.assembly import Assembly
from connector_core.source.configuration import Configuration, read_configuration
from connector_core.source.settings import Setting


class NoDoor(Unmimicked):
    """A plugin's auth cannot be simulated."""


@frozen(eq=False)
class Door:
    """A way into the API: its guard, and the configuration that it lets in."""

    guard: Guard
    configuration: Mapping[str, str] = field(repr=False)


def doors(assembly: Assembly, url: str, secret: str) -> list[Door]:
    """Every way to sign that the API at *url* takes, the default first. *secret* is each of the secrets, whatever it is called.

    Raises NoDoor where there is none that can be simulated.
    """
    found, reasons = [], []
    for choice, factory in _ways(assembly.auth):
        try:
            found.append(_door(assembly, choice, factory, url, secret))
        except Unmimicked as reason:
            reasons.append(str(reason))
    if not found:
        raise NoDoor(reasons[0])
    return found


def _ways(auth: AuthFactory) -> list[tuple[Mapping[str, str], AuthFactory]]:
    if not isinstance(auth, AuthChoice):
        return [({}, auth)]
    names = sorted(auth.options, key=lambda name: name != auth.default)
    return [({auth.setting: name}, auth.options[name]) for name in names]


def _door(assembly: Assembly, choice: Mapping[str, str], factory: AuthFactory, url: str, secret: str) -> Door:
    if isinstance(factory, ClientCertificate):
        raise Unmimicked("Its auth shows a client certificate, and the simulated API speaks plain HTTP")

    def fill(setting: Setting) -> str:
        return url if setting.kind == "url" else _key(factory, setting, secret) or secret

    raw = made_up_configuration(assembly, url, fill, choice)
    try:
        return Door(_guard(factory, read_configuration(assembly.settings, raw), url), raw)
    except ConnectorError as error:
        raise Unmimicked(f"Its auth takes no made-up setting: {one_line(error, 300).removesuffix('.')}") from None


def _guard(factory: AuthFactory, configuration: Configuration, url: str) -> Guard:
    if isinstance(factory, JwtBearer):
        return SignedToken(factory, configuration)
    if isinstance(factory, ApiKeyPath):
        return KeyInPath(factory.prefix[1:], configuration[factory.setting])
    auth = factory(configuration)
    if isinstance(auth, HTTPDigestAuth):
        return Challenge(str(auth.username), str(auth.password))
    rehearsal = Rehearsal.of(auth, factory, url)
    if rehearsal.posted:
        again: Callable[[], Rehearsal] = lambda: Rehearsal.of(factory(configuration), factory, url)  # noqa: E731
        return Exchange(rehearsal, lambda token: token_answer(factory, token), again)
    made = rehearsal.made
    return Signed(auth, url, made) if made.headers or made.params else Open()


def _key(factory: AuthFactory, setting: Setting, secret: str) -> str | None:
    """The key that a JWT is signed with, where *setting* holds it: the secret made long enough, or a new private key."""
    if not isinstance(factory, JwtBearer) or setting.name != factory.key_setting:
        return None
    if factory.algorithm.startswith("HS"):
        return f"{secret}{'-long' * 20}"  # RFC 7518, section 3.2: at least as long as the hash
    return b64encode(_private_key(factory.algorithm)).decode()


def _private_key(algorithm: str) -> bytes:
    try:
        asymmetric = importlib.import_module("cryptography.hazmat.primitives.asymmetric")
        serialization = importlib.import_module("cryptography.hazmat.primitives.serialization")
        ec, ed25519, rsa = (importlib.import_module(f"{asymmetric.__name__}.{name}") for name in ("ec", "ed25519", "rsa"))
    except ImportError:
        raise Unmimicked(f"Its auth signs with {algorithm}, for which pyjwt[crypto] is not installed here") from None
    curves = {"ES256": ec.SECP256R1, "ES256K": ec.SECP256K1, "ES384": ec.SECP384R1, "ES512": ec.SECP521R1}
    if algorithm in curves:
        key = ec.generate_private_key(curves[algorithm]())
    elif algorithm == "EdDSA":
        key = ed25519.Ed25519PrivateKey.generate()
    else:
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    made: bytes = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return made
