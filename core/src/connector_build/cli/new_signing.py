"""What signs the requests of `connector-build new`, as its options say it."""

import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from connector_build.errors import UsageProblem

if TYPE_CHECKING:
    from connector_build.drafting.probing.credentials import Credential

ASKED = "?"
"""What an option has that was given without a value: it is asked for, hidden."""


def header(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not name.strip() or not name.isprintable() or not name.isascii() or " " in name.strip():
        raise UsageProblem('--header: this is none. Write its name, a colon and its value: "X-API-Key: env:MY_KEY".')
    return name.strip(), value.strip() if colon else ASKED


def is_credential(text: str) -> bool:
    from connector_build.drafting.probing.credentials import is_secret

    name, value = header(text)
    return is_secret(name) or value == ASKED or "env:" in value


def credentials(headers: Sequence[str], params: Sequence[str], bearer: str | None, user: str | None) -> "list[Credential]":
    from connector_build.drafting.probing.credentials import Credential

    found = []
    if bearer is not None:
        found.append(Credential("bearer", "", _value(bearer, "Token")))
    if user is not None:
        name, colon, password = user.partition(":")
        found.append(
            Credential(
                "basic", _value(name, "User"), _value(password if colon else ASKED, f"Password of {name}", may_be_empty=True)
            )
        )
    for each in headers:
        if is_credential(each):
            name, value = header(each)
            found.append(Credential("header", name, _value(value, name)))
    for each in params:
        name, equals, value = each.partition("=")
        found.append(Credential("query", name, _value(value if equals else ASKED, name)))
    return found


def _value(text: str, what: str, *, may_be_empty: bool = False) -> str:
    """The value of a secret: asked for, from the environment, or as it was given."""
    before, marked, variable = text.partition("env:")
    if marked and (not before or before.endswith(" ")):
        value = os.environ.get(variable.strip())
        if not value:
            raise UsageProblem(
                f"{what}: the environment variable {variable.strip()} is not set, or empty. Set it, and call this again."
            )
        return before + value
    if text == ASKED:
        if not sys.stdin.isatty():
            raise UsageProblem(f"{what}: nobody can be asked for its value here. Put it into a variable, and write env:ITS_NAME.")
        return str(click.prompt(what, hide_input=True, default="" if may_be_empty else None, show_default=False))
    if text:
        click.echo(f"{what}: its value now is in the history of this shell. Write the name alone, or env:VARIABLE.", err=True)
    elif not may_be_empty:
        raise UsageProblem(f"{what}: it has no value. Write the name alone to be asked for it, or env:ITS_NAME.")
    return text
