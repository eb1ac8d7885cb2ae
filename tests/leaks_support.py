"""What the tests of leaks share: credentials that can be told anywhere, a server that says anything, a sync, and the search.

Every secret begins with ``MARK`` and ends with it backwards, and between the two stand the characters that are written
differently in JSON, HTML and addresses. So the search needs no list of every way to write a secret: the mark is letters and
digits, which all of them leave as they are; only base64 hides it.
"""

import io
import itertools
import json
import logging
import re
import socket
import ssl
import struct
import threading
import traceback
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from datetime import UTC, datetime, timedelta
from html import escape
from http.server import BaseHTTPRequestHandler
from ipaddress import ip_address
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from urllib.parse import unquote

from attrs import define, evolve, field, frozen
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from requests.auth import AuthBase

from connector_core import (
    Aggregate,
    ApiKeyHeader,
    ApiKeyQuery,
    AuthChoice,
    AuthFactory,
    BasicAuth,
    BearerToken,
    ClientCertificate,
    Configuration,
    ConnectorError,
    CursorPaginator,
    DigestAuth,
    JwtBearer,
    NextLinkPaginator,
    NoAuth,
    OAuth2ClientCredentials,
    OAuth2RefreshToken,
    Page,
    Paginator,
    Request,
    SessionLogin,
    Setting,
    Table,
    Transform,
    hookimpl,
)
from connector_core.basics.operations import Log as LogProtocol
from connector_core.engine.checkpoints import CheckpointPolicy
from connector_core.engine.sync import Engine, make_client, sync
from connector_core.http.client import Client
from connector_core.http.retries import Retry
from connector_core.plugin.assembly import Assembly, Plugin, assemble
from sinks import Log, Sink, accept

# The search

MARK = "Zq7Xw9Kd"
TAIL = MARK[::-1]
SHORTEST = 4
"""So many characters of a secret may not be shown; fewer, in front of dots, do not tell it."""


def canary(name: str) -> str:
    """A secret that can be told anywhere, with all the characters that are written differently in one place or another."""
    return f"{MARK} {name}+/=%&\"'<\\!{TAIL}"


def base64_of(text: str) -> tuple[str, ...]:
    """What stands in the base64 of anything that holds *text*: it depends on where in a group of three bytes *text* begins."""
    found = []
    for before in range(3):
        padded = b64encode(b"\0" * before + text.encode()).decode().rstrip("=")
        found.append(padded[-(-before * 8 // 6) : len(text + "\0" * before) * 8 // 6])
    return tuple(found)


ENCODED = (*base64_of(MARK), *base64_of(TAIL))
NEEDLES = (MARK[:SHORTEST], TAIL[-SHORTEST:], *ENCODED, "eyJ")
"""What tells a secret in a text: its beginning, its end, either of them in base64, and the beginning of every JWT."""
IN_BYTES = (MARK, TAIL, *ENCODED, "eyJhbGciOi")
"""The same for megabytes of any bytes, where three or four of them would be found by chance."""


@frozen
class Search:
    """A search for secrets. *more* are pieces of those that cannot hold the mark, such as the key of a certificate."""

    more: tuple[str, ...] = ()

    def hits(self, places: Mapping[str, str | bytes]) -> list[str]:
        """Where a secret stands: the place, and what is around it."""
        return [hit for place, content in places.items() for hit in self._in(place, content)]

    def _in(self, place: str, content: str | bytes) -> Iterator[str]:
        text, needles = (content, NEEDLES) if isinstance(content, str) else (content.decode("latin-1"), IN_BYTES)
        # What is written in two bytes a character, UTF-16, comes out with something between any two.
        for written in (text, text.replace("\0", ""), text.replace("?", "")):
            for needle in (*needles, *self.more):
                if (at := written.find(needle)) >= 0:
                    yield f"{place}: {written[max(0, at - 40) : at + 60]!r}"
                    return


def pieces(pem_in_base64: str) -> tuple[str, ...]:
    """Pieces of a private key, and of its base64, by which it can be told: from its middle, where no two are alike."""
    pem = b64decode(pem_in_base64).decode()
    body = "".join(pem.splitlines()[1:-1])
    middle = pem.splitlines()[2][:24]
    return (pem_in_base64[120:160], body[60:84] if len(body) > 84 else body, middle)


def files_in(folder: Path, *besides: str) -> dict[str, str | bytes]:
    """Relative path → contents, of every file below *folder* but those named; a path may hold a secret as well."""
    files = {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*")) if path.is_file()}
    return {name: name.encode() + b"\n" + path.read_bytes() for name, path in files.items() if name not in besides}


# What an error tells


def chain(error: BaseException) -> dict[str, str]:
    """The texts of *error* and of all that hangs on it, also of what a traceback leaves out."""
    found: dict[int, BaseException] = {}
    queue: list[BaseException | None] = [error]
    while queue:
        each = queue.pop()
        if each is not None and id(each) not in found:
            found[id(each)] = each
            queue += [each.__cause__, each.__context__]
    return {
        f"{number}. {type(each).__name__}": f"{each} {each!r} {each.args!r} {getattr(each, '__notes__', '')}"
        for number, each in enumerate(found.values())
    }


def printed(error: BaseException) -> str:
    """The traceback as Python prints it."""
    return "".join(traceback.format_exception(error))


def variables(error: BaseException | None, given: Mapping[str, str]) -> str:
    """The variables of the functions that *error* and its causes came through: `fivetran debug` puts them into its crash report.

    It leaves out what the configuration holds word for word (*given*), and shows what is made of that.
    """
    shown = []
    while error is not None:
        frames = (frame for frame, _ in traceback.walk_tb(error.__traceback__) if frame.f_code.co_name != "run")
        shown += [f"{name} = {_masked(value, set(given.values()))}" for frame in frames for name, value in frame.f_locals.items()]
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return "\n".join(shown)


def _masked(value: object, known: set[str]) -> object:
    if isinstance(value, Mapping | list | tuple):
        return [_masked(each, known) for each in (value.values() if isinstance(value, Mapping) else value)]
    return "****" if isinstance(value, str) and value in known else value


class Lines(logging.Handler):
    """Whatever is logged anywhere, formatted, with tracebacks."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(f"{record.name}: {self.format(record)}")


@contextmanager
def logged() -> Iterator[list[str]]:
    """Everything that Python's loggers are told meanwhile, with those of urllib3 asked for details."""
    handler, root, urllib3 = Lines(), logging.getLogger(), logging.getLogger("urllib3")
    levels = root.level, urllib3.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    urllib3.setLevel(logging.DEBUG)
    try:
        yield handler.lines
    finally:
        root.removeHandler(handler)
        root.setLevel(levels[0])
        urllib3.setLevel(levels[1])


def is_plain(line: str) -> bool:
    """Whether *line* is one line of printable ASCII, but for the dots that stand for a value in messages of our own."""
    return all(" " <= character <= "~" or character == "…" for character in line)


# A server that says anything


@frozen
class Heard:
    """A request as it came in; header names in lower case. *number* counts the requests for its path, from 1."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: str
    number: int = 1

    @property
    def path(self) -> str:
        """The path without the query."""
        return self.target.partition("?")[0]

    @property
    def credentials(self) -> dict[str, str]:
        """What came beside the usual headers."""
        usual = ("host", "user-agent", "accept", "accept-encoding", "connection", "content-length", "content-type")
        return {name: value for name, value in self.headers.items() if name not in usual}

    @property
    def echo(self) -> dict[str, Any]:
        """The request as an API repeats it that wants to be helpful."""
        return {"sent": self.credentials, "url": self.target, "body": self.body}

    @property
    def whole(self) -> str:
        """Everything that came."""
        return f"{self.method} {self.target} {dict(self.headers)} {self.body}"


Say = Callable[[Heard], bytes | None]
"""What a server answers: bytes as they are; none at all: the connection is reset; None: silence."""


def reply(body: object, status: int = 200, *, reason: str = "Said", headers: Mapping[str, str] | None = None) -> bytes:
    """An answer: *body* as JSON, unless it is bytes."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = {"Content-Length": str(len(content)), "Connection": "close", **(headers or {})}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"HTTP/1.1 {status} {reason}\r\n{head}\r\n".encode("latin-1") + content


@define
class Server:
    """A server on a port of its own, and what it was asked so far."""

    port: int
    scheme: str
    heard: list[Heard] = field(factory=list)

    @property
    def url(self) -> str:
        """Its address."""
        return f"{self.scheme}://127.0.0.1:{self.port}"

    @property
    def host(self) -> str:
        """Host and port."""
        return f"127.0.0.1:{self.port}"


@contextmanager
def serving(say: Say, tls: ssl.SSLContext | None = None) -> Iterator[Server]:
    """A server that answers with *say*. It ends at once: the tests start hundreds of them."""
    stopped = threading.Event()
    lock = threading.Lock()
    server = Server(0, "https" if tls else "http")

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode("latin-1")
            headers = {name.lower(): value for name, value in self.headers.items()}
            with lock:
                path = self.path.partition("?")[0]
                number = 1 + sum(heard.path == path for heard in server.heard)
                heard = Heard(self.command, self.path, headers, body, number)
                server.heard.append(heard)
            said = say(heard)
            if said is None:
                stopped.wait(10)
            elif not said:
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.connection.close()
            else:
                self.wfile.write(said)

        do_GET = do_POST = do_CONNECT = answer  # noqa: N815 - named by http.server

        def log_message(self, *_: Any) -> None:
            """Nothing."""

    def handle(connection: socket.socket) -> None:
        with suppress(OSError, ValueError), connection:
            secured = tls.wrap_socket(connection, server_side=True) if tls else connection
            with secured:
                Handler(secured, ("127.0.0.1", 0), cast(Any, None))

    with listening(handle) as server.port:
        try:
            yield server
        finally:
            stopped.set()


@contextmanager
def listening(handle: Callable[[socket.socket], None]) -> Iterator[int]:
    """A port at which each connection is handled by *handle*, in a thread of its own."""
    stopped = threading.Event()

    def accept() -> None:
        while not stopped.is_set():
            connection, _ = listener.accept()
            threading.Thread(target=handle, args=(connection,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        accepting = threading.Thread(target=accept, daemon=True)
        accepting.start()
        try:
            yield listener.getsockname()[1]
        finally:
            stopped.set()
            socket.create_connection(listener.getsockname()).close()
            accepting.join()


# TLS


@frozen
class Authority:
    """A certificate authority of the test's own."""

    name: str
    key: ec.EllipticCurvePrivateKey = field(factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def certificate(
        self, key: ec.EllipticCurvePrivateKey, host: str, days: tuple[int, int] = (-1, 1), *, authority: bool = False
    ) -> str:
        """A certificate for *key* and *host* as PEM, valid between the *days* from now."""
        try:
            name: x509.GeneralName = x509.IPAddress(ip_address(host))
        except ValueError:
            name = x509.DNSName(host)
        now = datetime.now(UTC)
        built = (
            x509.CertificateBuilder()
            .subject_name(_name(self.name if authority else host))
            .issuer_name(_name(self.name))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + timedelta(days=days[0]))
            .not_valid_after(now + timedelta(days=days[1]))
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
            .add_extension(x509.SubjectAlternativeName([name]), critical=False)
            # What RFC 5280 asks of every certificate, and Python 3.13 of each that it is to trust.
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), critical=False)
            .add_extension(key_usage(authority=authority), critical=True)
        )
        return built.sign(self.key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()

    def file(self, folder: Path) -> Path:
        """Its own certificate, as a file that a client can trust."""
        path = folder / f"{self.name}.pem"
        path.write_text(self.certificate(self.key, self.name, authority=True))
        return path

    def server(self, folder: Path, host: str = "127.0.0.1", days: tuple[int, int] = (-1, 1)) -> ssl.SSLContext:
        """The server's side of TLS for *host*; a certificate is asked of the client, if it has one."""
        key = ec.generate_private_key(ec.SECP256R1())
        path = folder / f"{self.name}-{host}.pem"
        path.write_text(self.certificate(key, host, days) + pem_of(key))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        context.load_verify_locations(cadata=self.certificate(self.key, self.name, authority=True))
        context.verify_mode = ssl.CERT_OPTIONAL
        return context

    def client(self) -> dict[str, str]:
        """The configuration of a client that this authority vouches for."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = self.certificate(key, "client.example")
        return {
            "client_certificate": b64encode(certificate.encode()).decode(),
            "client_key": b64encode(pem_of(key).encode()).decode(),
        }


def pem_of(key: ec.EllipticCurvePrivateKey) -> str:
    """A private key as PEM."""
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    return key.private_bytes(encoding, form, serialization.NoEncryption()).decode()


def key_usage(*, authority: bool) -> x509.KeyUsage:
    """What a key of a certificate may be used for: to sign others, or to sign what it says itself."""
    no = dict.fromkeys(("content_commitment", "key_encipherment", "data_encipherment", "key_agreement"), False)
    return x509.KeyUsage(
        digital_signature=not authority,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
        **no,
    )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def without_proxies(names: Iterable[str] = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")) -> Sequence[str]:
    """The variables that name a proxy, as they are written both ways."""
    return [spelling for name in names for spelling in (name, name.upper())]


# The kinds of auth


@frozen
class Kind:
    """A kind of auth with credentials for it.

    tokens:  it asks /token for one first. travels: what it sends is as good as the secret itself.
    tls:     it works over TLS only. more: pieces of its secrets by which they can be told.
    """

    auth: AuthFactory
    configuration: Mapping[str, str]
    tokens: bool = False
    travels: bool = True
    tls: bool = False
    more: tuple[str, ...] = ()
    settings: tuple[Setting, ...] = ()


KEY, PASSWORD, CLIENT_SECRET, REFRESH_TOKEN = map(canary, ("key", "password", "client secret", "refresh token"))
USER = {"username": "crew", "password": PASSWORD}
CLIENT = {"client_id": "crew", "client_secret": CLIENT_SECRET}
PEM = b64encode(pem_of(ec.generate_private_key(ec.SECP256R1())).encode()).decode()
AUTHORITY = Authority("authority")
CERTIFICATE = AUTHORITY.client()


def own_function(configuration: Configuration) -> AuthBase:
    """A function of the plugin's own."""
    return BearerToken()(configuration)


KINDS = {
    "none": Kind(NoAuth(), {}, travels=False),
    "key in a header": Kind(ApiKeyHeader("X-Key"), {"api_key": KEY}),
    "key with two blanks": Kind(ApiKeyHeader("X-Key"), {"api_key": f"{MARK}  two  blanks{TAIL}"}),
    "key with a line break behind it": Kind(ApiKeyHeader("X-Key"), {"api_key": f" {KEY}\n"}),
    "key behind a word": Kind(ApiKeyHeader("Authorization", prefix="Token "), {"api_key": KEY}),
    "key in the query": Kind(ApiKeyQuery("api_key"), {"api_key": KEY}),
    "bearer": Kind(BearerToken(), {"token": KEY}),
    "basic": Kind(BasicAuth(), USER),
    "basic without password": Kind(BasicAuth("api_key", password_setting=None), {"api_key": KEY}),
    "digest": Kind(DigestAuth(), USER, travels=False),
    "client credentials": Kind(OAuth2ClientCredentials(token_url="/token"), CLIENT, tokens=True),
    "client credentials in the body": Kind(OAuth2ClientCredentials(token_url="/token", client_auth="body"), CLIENT, tokens=True),
    "refresh token": Kind(OAuth2RefreshToken(token_url="/token"), {**CLIENT, "refresh_token": REFRESH_TOKEN}, tokens=True),
    "session": Kind(SessionLogin("/token", token="access_token"), USER, tokens=True),
    "session by form": Kind(
        SessionLogin("/token", token="access_token", form=True, header="X-Session", prefix=""), USER, tokens=True
    ),
    "JWT with a shared secret": Kind(JwtBearer(algorithm="HS256"), {"private_key": KEY + PASSWORD, "issuer": "crew"}),
    "JWT with a key": Kind(JwtBearer(algorithm="ES256"), {"private_key": PEM, "issuer": "crew"}, more=pieces(PEM)),
    "certificate": Kind(
        ClientCertificate(),
        CERTIFICATE,
        travels=False,
        tls=True,
        more=(*pieces(CERTIFICATE["client_key"]), *pieces(CERTIFICATE["client_certificate"])),
    ),
    "choice": Kind(
        AuthChoice("auth", {"key": ApiKeyHeader("X-Key"), "basic": BasicAuth(), "none": NoAuth()}),
        {"auth": "basic", "api_key": KEY, **USER},
    ),
    "own function": Kind(own_function, {"token": KEY}, settings=(Setting("token", secret=True),)),
}
TRAVELLING = [name for name, kind in KINDS.items() if kind.travels]
WITH_TOKENS = [name for name, kind in KINDS.items() if kind.tokens]


def issue(heard: Heard) -> bytes:
    """A token endpoint that gives a token, and another refresh token, to whoever asks."""
    return reply(
        {
            "access_token": f"{MARK}issued{heard.number}{TAIL}",
            "token_type": "Bearer",
            "expires_in": 3600,
            "refresh_token": f"{MARK}rotated{heard.number}{TAIL}",
        }
    )


CHALLENGE = reply({}, 401, headers={"WWW-Authenticate": 'Digest realm="crew", qop="auth", algorithm=SHA-256, nonce="n0nce"'})

# The scenarios

TABLE = Table("items", "/items", "items", primary_key=["id"], columns={"id": "STRING"})
LINKS = NextLinkPaginator("next")


@frozen
class Scenario:
    """Something that goes wrong.

    api:    what the API says to a request for records.
    raises: the error that it has to end in; None: it ends well, and its lines are searched all the same.
    words:  a part of the error's message, which tells that it is the scenario that was meant.
    token:  what the token endpoint says. kinds: for which kinds of auth.
    echoes: what the API says of what it heard is shown, so that stars have to stand in its place.
    refuse: what the destination makes of a row. place: where the API is: here, untrusted, refused, nowhere.
    patience: seconds until an answer is late. size: the setting max_answer_mb.
    """

    api: Say
    raises: type[ConnectorError] | None
    words: str = ""
    token: Say = issue
    kinds: Sequence[str] = tuple(KINDS)
    echoes: bool = True
    table: Table = TABLE
    paginator: Paginator = field(factory=CursorPaginator)
    transforms: Sequence[Transform] = ()
    children: Sequence[Table] = ()
    extras: Sequence[Aggregate] = ()
    refuse: Callable[[dict[str, Any]], None] = accept
    place: str = "here"
    patience: float = 5.0
    size: str = "100"


def says(body: object = None, status: int = 200, **options: Any) -> Say:
    """A server that always says the same; the request itself where *body* is None."""
    return lambda heard: reply(heard.echo if body is None else body, status, **options)


def page(records: object, *, headers: Mapping[str, str] | None = None, **more: object) -> bytes:
    return reply({"items": records, "next_cursor": None, "has_more": False, **more}, headers=headers)


def then(first: Callable[[Heard], bytes], second: Say) -> Say:
    """*first* for the first request, *second* for those after it."""
    return lambda heard: first(heard) if heard.number == 1 else second(heard)


def secret_in(heard: Heard) -> str:
    """A secret that came with a request, as the API knows it after unquoting; a harmless text where none did."""
    found = [text for text in heard.credentials.values() if not text.startswith("Digest ")]
    found += [unquote(heard.target.partition("api_key=")[2].partition("&")[0])]
    return re.sub("^(Bearer|Token|Basic) ", "", next((text for text in found if text), "nothing"))


def written(write: Callable[[str], str]) -> Say:
    """A refusal that repeats the request in the way that *write* has."""
    return lambda heard: reply(write(" ".join([*heard.credentials.values(), unquote(heard.target)])).encode(), 400)


def as_html(heard: Heard) -> bytes:
    rows = "".join(f"<li>{name}: {escape(value)}" for name, value in {**heard.credentials, "url": heard.target}.items())
    return reply(f"<!doctype html>{rows}".encode(), headers={"Content-Type": "text/html"})


def fails_with(text: str) -> Callable[[dict[str, Any]], None]:
    def refuse(row: dict[str, Any]) -> None:
        raise TypeError(f"{text}: {row}")

    return refuse


def tell(record: dict[str, Any]) -> dict[str, Any]:
    raise ValueError(f"cannot use {record}")


def shy(record: dict[str, Any]) -> dict[str, Any]:
    raise ValueError("no more is said")


def shy_of_pages(request: Request, page: Page) -> Request | None:
    raise LookupError("no more is said")


def tell_page(request: Request, page: Page) -> Request | None:
    raise LookupError(f"no idea: {page.body}")


def record_of(heard: Heard) -> dict[str, Any]:
    """A record in which the API repeats what it heard."""
    return {"id": "1", "heard": heard.echo}


def table(**changes: Any) -> Table:
    return evolve(TABLE, **changes)


# A sync, and what it leaves behind


@frozen
class Evidence:
    """What a sync left behind: texts by the place where they stand, and what the API heard."""

    shown: Mapping[str, str]
    hidden: Mapping[str, str]
    lines: Sequence[str]
    message: str
    kind: type[Exception] | None
    rows: str
    heard: Sequence[Heard] = ()


class Destination(Sink):
    """A sink that does not tell its rows: Fivetran's does not either."""

    def __repr__(self) -> str:
        return "<destination>"


@define
class Lab:
    """Runs syncs of a tiny plugin, and keeps what they left behind."""

    folder: Path
    known: dict[tuple[str, str], Evidence] = field(factory=dict)
    trusted: Path = field(init=False)
    ours: ssl.SSLContext = field(init=False)
    strange: ssl.SSLContext = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.trusted = AUTHORITY.file(self.folder)
        self.ours = AUTHORITY.server(self.folder)
        self.strange = Authority("stranger").server(self.folder)

    def cell(self, kind: str, name: str, scenario: Scenario) -> Evidence:
        """One cell of the table; it is run once."""
        if (kind, name) not in self.known:
            self.known[kind, name] = self.attempt(KINDS[kind], scenario)
        return self.known[kind, name]

    def attempt(self, kind: Kind, scenario: Scenario) -> Evidence:
        """One sync of *scenario*."""
        with self.api(kind, scenario) as (url, server):
            return evolve(run(kind, scenario, url, self.trusted), heard=server.heard)

    @contextmanager
    def api(self, kind: Kind, scenario: Scenario) -> Iterator[tuple[str, Server]]:
        """The address of the API of *scenario*, and the server that hears what goes there."""
        tls = {"untrusted": self.strange}.get(scenario.place, self.ours if kind.tls else None)
        scheme = "https" if kind.tls else "http"
        with serving(answering(kind, scenario), tls) as server:
            url = {"refused": f"{scheme}://127.0.0.1:1", "nowhere": "https://nowhere.invalid"}.get(scenario.place, server.url)
            yield url, server


def answering(kind: Kind, scenario: Scenario) -> Say:
    """A server for *scenario*, with a challenge first where *kind* needs one. Requests for tokens are counted apart."""
    counted = itertools.count(1)

    def say(heard: Heard) -> bytes | None:
        if heard.path == "/token":
            return scenario.token(heard)
        if isinstance(kind.auth, DigestAuth) and "authorization" not in heard.headers:
            return CHALLENGE
        return scenario.api(evolve(heard, number=next(counted)))

    return say


def assembly_of(kind: Kind, scenario: Scenario) -> Assembly:
    """The tiny plugin."""
    hooks: dict[str, Callable[..., Any]] = {
        "connector_tables": lambda: [scenario.table, *scenario.children],
        "connector_auth": lambda: kind.auth,
        "connector_settings": lambda: list(kind.settings),
        "connector_paginator": lambda table: scenario.paginator if table.name == "items" else CursorPaginator(),
        "connector_transforms": lambda table: list(scenario.transforms) if table.name == "items" else [],
        "connector_extra_tables": lambda table: list(scenario.extras) if table.name == "items" else [],
    }
    return assemble([Plugin("test-plugin", SimpleNamespace(**{name: hookimpl(hook) for name, hook in hooks.items()}))])


def settings_of(kind: Kind, scenario: Scenario, url: str) -> dict[str, str]:
    """The configuration of a connection to the API at *url*."""
    return {"base_url": url, "max_answer_mb": scenario.size, **kind.configuration}


def connecting(
    scenario: Scenario, trusted: Path | None, made: list[Client] | None = None
) -> Callable[[Assembly, Configuration, LogProtocol], Client]:
    """What makes the client of a sync: the real one, but for pauses. It checks certificates against *trusted*, if given."""

    def connect(assembly: Assembly, configuration: Configuration, log: LogProtocol) -> Client:
        retry = Retry(attempts=2, jitter=lambda: 1.0)
        timeout = (5.0, scenario.patience)
        client = make_client(assembly, configuration, log, retry=retry, sleep=lambda _: None, timeout=timeout)
        if trusted:
            client._session.verify = str(trusted)
        if made is not None:
            made.append(client)
        return client

    return connect


def run(
    kind: Kind, scenario: Scenario, url: str, trusted: Path | None, state: Mapping[str, Any] | None = None, **settings: str
) -> Evidence:
    """One sync from the API at *url*, and all that it said anywhere. *trusted*: see ``connecting``."""
    made: list[Client] = []
    log, out, error = Log(), io.StringIO(), None
    sink = Destination({"items": ["id"], "parts": ["id"], "items_heard": ["heard"]}, refuse=scenario.refuse)
    configuration = {**settings_of(kind, scenario, url), **settings}
    engine = Engine(connecting(scenario, trusted, made), checkpoints=CheckpointPolicy(records=1, share=0.0))
    with logged() as lines, redirect_stdout(out), redirect_stderr(out):
        try:
            sync(assembly_of(kind, scenario), configuration, state or {}, sink, log, engine)
        except Exception as caught:  # noqa: BLE001 - whatever it is, it is searched
            error = caught
    shown = {
        "the log": "\n".join(log.lines),
        "Python's loggers": "\n".join(lines),
        "the message": str(error),
        "the traceback": printed(error) if error else "",
        "the crash report": variables(error, configuration),
        "the state": json.dumps(sink.states),
        "standard output": out.getvalue(),
        "a repr": repr([made, kind.auth, [client._auth for client in made], [client._secrets for client in made]]),
    }
    hidden = chain(error) if error else {}
    return Evidence(shown, hidden, log.lines, str(error), type(error) if error else None, str(sink.rows))
