"""Guards for credentials that prove themselves: an answer to a challenge, a token with a signature."""

import importlib
from hashlib import sha256
from itertools import count
from typing import Any, Final

from attrs import field, frozen
from requests.utils import parse_dict_header

from connector_build.api.exchange import Rehearsal
from connector_build.api.guard import Curl, Guarding, unauthorized
from connector_build.api.messages import Asked, Reply
from connector_core import JwtBearer
from connector_core.auth.jwt_bearer import pem
from connector_core.source.configuration import Configuration

REALM: Final = "sample"


def _hashed(*parts: str) -> str:
    return sha256(":".join(parts).encode()).hexdigest()


@frozen(eq=False)
class Challenge(Guarding):
    """HTTP Digest with SHA-256 and ``auth`` for its quality (RFC 7616, section 3.4.1): each nonce is this server's own."""

    username: str
    password: str = field(repr=False)
    _numbers: Any = field(factory=lambda: count(1))
    _given: set[str] = field(factory=set)

    def refusal(self, request: Asked) -> Reply | None:
        """A challenge, unless *request* answers one."""
        scheme, _, rest = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "digest":
            return self._challenge("missing Authorization header with Digest")
        given: dict[str, str] = parse_dict_header(rest)  # type: ignore[no-untyped-call]  # the stubs say nothing
        return None if self._fits(request, given) else self._challenge("wrong user name or password")

    def curl(self) -> Curl:
        """curl answers challenges itself."""
        return Curl(options=f" --digest -u '{self.username}:{self.password}'")

    def _fits(self, request: Asked, given: dict[str, str]) -> bool:
        said = [given.get(name, "") for name in ("nonce", "nc", "cnonce", "qop")]
        answer = _hashed(_hashed(self.username, REALM, self.password), *said, _hashed(request.method, given.get("uri", "")))
        known = given.get("nonce") in self._given and given.get("username") == self.username
        return known and given.get("uri") == request.target and given.get("response") == answer

    def _challenge(self, why: str) -> Reply:
        nonce = _hashed(REALM, str(next(self._numbers)))
        self._given.add(nonce)
        return unauthorized(why, f'Digest realm="{REALM}", qop="auth", algorithm=SHA-256, nonce="{nonce}"')


@frozen(eq=False)
class SignedToken(Guarding):
    """A JWT (RFC 7519) in the header Authorization: signed with the configured key, in time, with the plugin's claims."""

    kind: JwtBearer
    configuration: Configuration = field(repr=False)

    def refusal(self, request: Asked) -> Reply | None:
        """What is wrong with the token."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return unauthorized("missing Authorization header with Bearer", "Bearer")
        why = self._fault(token)
        return unauthorized(f"wrong token: {why}", "Bearer") if why else None

    def curl(self) -> Curl:
        """A token that was signed now."""
        made = Rehearsal.of(self.kind(self.configuration), self.kind, "http://localhost").made
        return Curl(options="".join(f" -H '{name}: {value}'" for name, value in made.headers.items()))

    def _fault(self, token: str) -> str | None:
        jwt = importlib.import_module("jwt")  # the plugin that signs with one depends on it
        try:
            claims = jwt.decode(
                token,
                self._key(jwt),
                [self.kind.algorithm],
                options={"require": ["exp", "iat"], "verify_aud": bool(self.kind.audience)},
                audience=self.kind.audience or None,
            )
            named = {**claims, "kid": jwt.get_unverified_header(token).get("kid")}
        except jwt.InvalidTokenError as error:
            return f"{type(error).__name__}: {error}"
        settings = {"iss": self.kind.issuer_setting, "sub": self.kind.subject_setting, "kid": self.kind.key_id_setting}
        wanted = {claim: self.configuration[setting] for claim, setting in settings.items() if setting} | dict(self.kind.claims)
        return next((f"{claim} is another" for claim, value in wanted.items() if named.get(claim) != value), None)

    def _key(self, jwt: Any) -> Any:
        if self.kind.algorithm.startswith("HS"):
            return self.configuration[self.kind.key_setting]
        algorithm = jwt.algorithms.get_default_algorithms()[self.kind.algorithm]
        return algorithm.prepare_key(pem(self.configuration, self.kind.key_setting)).public_key()
