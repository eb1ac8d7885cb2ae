"""What `connector-build new` is given, made into a request, what signs it, and what brings its pages."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from attrs import evolve, field, frozen

from connector_build.drafting.probing.beginning import Choose
from connector_build.drafting.probing.credentials import Credential, Signing, is_secret, signing
from connector_build.drafting.probing.drafted import Access
from connector_build.drafting.probing.files import Kept
from connector_build.drafting.probing.places import places_in
from connector_build.drafting.probing.positions import Given
from connector_build.errors import UsageProblem
from connector_build.review.sources import FileSource, LiveSource, Source, is_for_caches
from connector_core.basics.counting import counted
from connector_core.basics.discretion import Secrets
from connector_core.basics.names import one_line
from connector_core.basics.operations import Log

_LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")


@frozen
class Evidence:
    """A request, how its API is reached, and what brings its pages; *configuration* has what signs it, and is never written."""

    given: Given
    access: Access
    source: Source = field(repr=False)
    configuration: Mapping[str, str] = field(repr=False, factory=dict)
    ordered: bool = False


@frozen
class Asked:
    """A request as somebody gave it: the address in parts, and what of it signs it."""

    origin: str
    path: str
    params: Mapping[str, str]
    credentials: tuple[Credential, ...] = field(repr=False)


def split(url: str) -> Asked:
    """The parts of an address; what is called like a credential in its query signs it, and is taken out.

    Raises UsageProblem for one that is none, or that would send a credential in the open.
    """
    try:
        parts = urlsplit(url.strip())
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port, parts = None, None, urlsplit("")
    if parts.scheme not in ("http", "https") or not host or not url.isprintable():
        raise UsageProblem(
            f"--url {one_line(url.partition('?')[0], 100)}: this is no address. Write it whole: https://api.example.com/v1/orders."
        )
    if parts.scheme == "http" and host not in _LOOPBACK:
        raise UsageProblem("--url: plain http is taken on this machine only, as anybody on the way reads it. Write https.")
    if parts.username or parts.password:
        raise UsageProblem("--url: it has a user name in it. Give that with --user, so that it is not written anywhere.")
    netloc = f"[{host}]" if ":" in host else host
    origin = f"{parts.scheme}://{netloc}" + (f":{port}" if port else "")
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    signs = tuple(Credential("query", name, value) for name, value in pairs if is_secret(name) and value)
    plain = [(name, value) for name, value in pairs if not (is_secret(name) and value) and not is_for_caches(name, value)]
    return Asked(origin, *_path(parts.path or "/", plain), signs)


def _path(path: str, pairs: Sequence[tuple[str, str]]) -> tuple[str, Mapping[str, str]]:
    """A path and parameters; those that are given more than once stay in the path, as no mapping has them."""
    names = [name for name, _ in pairs]
    twice = [(name, value) for name, value in pairs if names.count(name) > 1]
    path = path.replace("{", "%7B").replace("}", "%7D")  # which a template would take for a name
    return path + (f"?{urlencode(twice)}" if twice else ""), {name: value for name, value in pairs if names.count(name) == 1}


def _access(asked: Asked, credentials: Sequence[Credential]) -> tuple[Access, Signing]:
    signed = signing((*credentials, *asked.credentials))
    return Access(asked.origin, signed.auth), signed


def of_url(url: str, headers: Mapping[str, str], credentials: Sequence[Credential], body: Any, log: Log) -> Evidence:
    """The API at *url*, asked now. Raises UsageProblem or ConfigurationError for what cannot be used."""
    asked = split(url)
    access, signed = _access(asked, credentials)
    source = LiveSource.of(access, signed.configuration, log)
    return Evidence(Given.of(asked.path, asked.params, headers, body), access, source, signed.configuration)


def of_files(
    kept: Sequence[Kept],
    name: str,
    url: str,
    headers: Mapping[str, str],
    credentials: Sequence[Credential],
    body: Any,
    choose: Choose,
) -> Evidence:
    """Pages that were kept; *url* is what they came for, where the files do not say so."""
    if any(each.url for each in kept):
        return _of_archive(_one_feed([each for each in kept if each.url], choose), headers, credentials)
    asked = split(url) if url else Asked("", f"/{name}", {}, ())
    access, signed = _access(asked, credentials)
    if not url:
        access = evolve(
            access,
            remarks=(
                "TODO: the address is not known. Write the path of the table, and the API's address as the default of base_url.",
            ),
        )
    source = FileSource(kept, _secrets(signed))
    return Evidence(
        Given.of(asked.path, asked.params, headers, body), access, source, signed.configuration, ordered=len(kept) > 1
    )


def _secrets(signed: Signing) -> Secrets:
    secrets = Secrets()
    for name, value in signed.configuration.items():
        secrets.add(value, name=name)
    return secrets


def _one_feed(kept: Sequence[Kept], choose: Choose) -> list[Kept]:
    """The answers of one address: the one with the most records, or whichever is chosen."""
    feeds: dict[tuple[str, str, str], list[Kept]] = {}
    for each in kept:
        parts = urlsplit(each.url)
        feeds.setdefault((each.method, f"{parts.scheme}://{parts.netloc}", parts.path), []).append(each)
    ranked = sorted(feeds.items(), key=lambda item: -_worth(item[1]))
    said = [f"{method} {origin}{one_line(path, 80)}: {counted(len(found), 'answer')}" for (method, origin, path), found in ranked]
    return ranked[choose("Which of these is the table?", said) if len(ranked) > 1 else 0][1]


def _worth(kept: Sequence[Kept]) -> float:
    places = places_in([kept[0].body])
    return (places[0].score + min(places[0].number * len(kept), 100)) if places else -1.0


def _of_archive(kept: Sequence[Kept], headers: Mapping[str, str], credentials: Sequence[Credential]) -> Evidence:
    first = kept[0]
    asked = split(first.url)
    own = [Credential("header", name, value) for name, value in first.sent.items() if is_secret(name) and name != "cookie"]
    chosen = (*credentials, *sorted(own, key=lambda each: each.name != "authorization"), *asked.credentials)[:1]
    access, signed = _access(evolve(asked, credentials=()), chosen)
    if signed.auth is None and "cookie" in first.sent:
        access = evolve(
            access,
            remarks=("TODO: a cookie of the browser signed these requests, which no connector has. Write connector_auth.",),
        )
    sent = {_title(name): value for name, value in first.sent.items() if _is_kept(name, value)}
    secrets = _secrets(signed)
    for each in kept:
        secrets.add(*(value for name, value in each.sent.items() if is_secret(name)))
    body = first.json if isinstance(first.json, dict) else None
    return Evidence(
        Given.of(asked.path, asked.params, {**sent, **headers}, body), access, FileSource(kept, secrets), signed.configuration
    )


def _is_kept(name: str, value: str) -> bool:
    """Whether a header of the browser says something to the API: a version, or a media type of its own."""
    return (name == "accept" and "vnd." in value) or ("version" in name and not name.startswith("sec-"))


def _title(name: str) -> str:
    return "-".join(part.capitalize() for part in name.split("-"))
