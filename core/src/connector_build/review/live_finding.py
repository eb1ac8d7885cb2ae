"""What `connector-build check --live` says of a table: findings, each with the word of the plugin to change."""

from collections.abc import Iterable, Mapping
from typing import Final, Literal

from attrs import evolve, frozen

from connector_core.basics.counting import plural
from connector_core.basics.discretion import strike

Kind = Literal["wrong", "remark", "unproved", "proved"]
ORDER: Final[Mapping[Kind, int]] = {"wrong": 0, "remark": 1, "proved": 2, "unproved": 3}


@frozen
class Finding:
    """One thing that was looked into.

    kind:  ``wrong``: a sync would fail, or end with wrong rows; ``remark``: it would not, but a word of the plugin does not fit
           the API; ``unproved``: nothing speaks against it, and nothing that was read proves it; ``proved``.
    proof: what it is about: ``pages``, ``end``, ``keys`` …
    text:  what was seen, for people. write: the word of the plugin to change, and how; empty where *text* says it.
    """

    kind: Kind
    proof: str
    text: str
    write: str = ""


def struck(secrets: Iterable[str], finding: Finding) -> Finding:
    """*finding* without a secret in it."""
    return evolve(finding, text=strike(secrets, finding.text), write=strike(secrets, finding.write))


def merged(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Of what the feeds of several parents say: each fault once, and else the best proof that one of them gave."""
    found = sorted(dict.fromkeys(findings), key=lambda each: ORDER[each.kind])
    faults = [each for each in found if each.kind in ("wrong", "remark")]
    about = {each.proof for each in faults}
    rest: dict[str, Finding] = {}
    for each in found:
        if each.proof not in about:
            rest.setdefault(each.proof, each)
    return (*faults, *rest.values())


def number_of(count: int, what: str) -> str:
    """*count* and *what*, in the plural where it is one."""
    return f"{count:,} {plural(count, what)}"
