"""Elsewhere: hosts beside the API's own to which a table's requests may go, without any credential.

An API may keep what it exports in a store of somebody else's, and hand out an address that is signed for a while. Who may ask
there is said by the address itself, so nothing of ours goes along.
"""

import re
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

from connector_core.basics.errors import PluginError
from connector_core.basics.names import one_line
from connector_core.basics.wire import parse_url

_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_HOST = re.compile(rf"(?:\*\.)?{_LABEL}(?:\.{_LABEL})+")
_LOCAL = frozenset({"localhost", "local", "internal", "localdomain", "lan", "home", "test", "invalid"})
"""Last labels that no host of the public network has (RFC 6761, RFC 6762, RFC 8375)."""
_NAT64 = IPv6Network("64:ff9b::/96")


def check_hosts(hosts: Iterable[str], where: str) -> None:
    """Raise PluginError unless each of *hosts* is a host on the public network, or ``*.`` and what its hosts end with."""
    for host in hosts:
        if why := _fault(host):
            raise PluginError(
                f"{where}: elsewhere has {one_line(repr(host), 60)} in it, {why}. Name hosts to which links of the API lead, "
                'without a scheme: "exports.example.com", or "*.example.com" for every host below it.'
            )


def _fault(host: object) -> str:
    if not isinstance(host, str):
        return "which is no text"
    address = _address(host)
    if address is not None:
        return "" if is_public(address) else "which is no address of the public network"
    if not _HOST.fullmatch(host):
        return "which is no name of a host"
    if host.startswith("*.") and host.count(".") < 2:
        return "which is nearly every host there is"
    return "which is a name for this machine or its network" if host.lower().rpartition(".")[2] in _LOCAL else ""


def is_elsewhere(url: str, hosts: Iterable[str]) -> bool:
    """Whether *url* is at one of *hosts*, by https."""
    try:
        parts = parse_url(url)
    except ValueError:
        return False
    host = (parts.host or "").strip("[]").rstrip(".").lower()
    return parts.scheme == "https" and bool(host) and any(_fits(host, each.lower()) for each in hosts)


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether *address* is on the public network, and so is the one that it may stand for (RFC 4291, 3056, 4380, 6052)."""
    if isinstance(address, IPv6Address):
        teredo = address.teredo[1] if address.teredo else None
        nat64 = IPv4Address(int(address) & 0xFFFFFFFF) if address in _NAT64 else None
        inner = [each for each in (address.ipv4_mapped, address.sixtofour, teredo, nat64) if each is not None]
        if not all(map(is_public, inner)):
            return False
        if address.ipv4_mapped is not None:
            return True
    return address.is_global and not address.is_multicast


def _fits(host: str, pattern: str) -> bool:
    return host.endswith(pattern[1:]) and host != pattern[2:] if pattern.startswith("*.") else host == pattern


def _address(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host.strip("[]"))
    except ValueError:
        return None
