"""Servers of a description → the address of the API."""

from collections.abc import Mapping
from typing import Any

from connector_build.drafting.draft import Call, Value, guessed, todo
from connector_build.drafting.made import trouble
from connector_build.drafting.shape import list_of, object_of, text_of
from connector_build.drafting.texts import secure


def address_of(document: Mapping[str, Any]) -> Value:
    """A call of ``base_url``: with the first server's address, or without one that can be used."""
    servers = [object_of(each) for each in list_of(document.get("servers"))]
    url = text_of(servers[0].get("url")) if servers else ""
    filled, named = _filled(url, object_of(servers[0].get("variables")) if servers else {})
    filled = filled.rstrip("/")
    others = f"; there are {len(servers) - 1} more" if len(servers) > 1 else ""
    if filled.startswith("//"):
        filled = f"https:{filled}"
    if not filled.startswith(("http://", "https://")):
        return todo(Call("base_url"), f"the address of the server is said as {url!r}" if url else "no server is described")
    if "{" in filled:
        return guessed(Call("base_url"), f"the address is {filled}, with values of yours in braces")
    address = secure(filled)
    call = Call("base_url", (address,))
    if trouble(call):
        return todo(Call("base_url"), f"the address of the server is said as {url!r}")
    why = [f"{', '.join(named)} as by default"] if named else []
    why += ["http is refused beyond this machine"] if address != filled else []
    why += [f"the first server{others}"] if others else []
    return guessed(call, "; ".join(why)) if why else call


def _filled(url: str, variables: Mapping[str, Any]) -> tuple[str, list[str]]:
    named = []
    for name, variable in variables.items():
        default = object_of(variable).get("default")
        if default is not None and str(default) != "" and f"{{{name}}}" in url:
            url = url.replace(f"{{{name}}}", str(default))
            named.append(name)
    return url, named
