"""`connector-build new`."""

import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from connector_build.cli.ending import Verb
from connector_build.errors import UsageProblem

if TYPE_CHECKING:
    from connector_build.drafting.probing.credentials import Credential

ASKED = "?"
"""What an option has that was given without a value: it is asked for, hidden."""


@click.command("new", cls=Verb)
@click.argument("name")
@click.option("--url", metavar="URL", help="An address that records come back for, with the parameters that it takes.")
@click.option(
    "--from",
    "pages",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="A page as JSON, what `curl -i` printed, or a HAR file of the browser; repeat for further pages. No network is used.",
)
@click.option("--like", metavar="NAME", help="A plugin of the gallery to begin with, such as github.")
@click.option("--header", "headers", multiple=True, metavar="TEXT", help='A header: "X-API-Key: env:MY_KEY", or its name alone.')
@click.option(
    "--query", "params", multiple=True, metavar="TEXT", help='A secret parameter: "api_key=env:MY_KEY", or its name alone.'
)
@click.option("--bearer", is_flag=False, flag_value=ASKED, metavar="[TOKEN]", help="An access token (RFC 6750).")
@click.option("--user", metavar="NAME[:PASSWORD]", help="User name and password (RFC 7617).")
@click.option("--body", metavar="JSON", help="The JSON object to POST, or @FILE with it.")
@click.option("--max-requests", type=click.IntRange(1, 200), default=20, show_default=True, help="So many requests at most.")
@click.option("--yes", is_flag=True, help="Take the likeliest instead of asking.")
@click.option("--force", is_flag=True, help="Overwrite NAME.py.")
def new_command(
    name: str,
    url: str | None,
    pages: Sequence[Path],
    like: str | None,
    headers: Sequence[str],
    params: Sequence[str],
    bearer: str | None,
    user: str | None,
    body: str | None,
    max_requests: int,
    yes: bool,
    force: bool,
) -> None:
    """Write a plugin, NAME.py, from an address, from pages of an API, or from a plugin of the gallery.

    \b
    What was seen stands in it as it is. What rests on a guess has a comment: # guessed.
    The value of a secret is asked for where only a name is given (--header X-API-Key, --bearer), and read from the variable
    MY_KEY where it is env:MY_KEY. It is sent to the API alone, and written nowhere.
    """
    from connector_build.review.newly import check_target

    if sum([bool(like), bool(url or pages)]) != 1:
        raise UsageProblem("Say what to begin with: --url https://api.example.com/v1/orders, --from page.json, or --like github.")
    file = check_target(name, force=force)
    if like:
        _copy(file, like)
        return
    credentials = _credentials(headers, params, bearer, user)
    plain = dict(_header(each) for each in headers if not _is_credential(each))
    _from_evidence(file, url, pages, plain, credentials, _body(body), max_requests, _chooser(yes))


def _copy(file: Path, like: str) -> None:
    from connector_build.review.like import like as text_like
    from connector_build.review.newly import replace

    replace(file, text_like(like).encode())
    click.echo(f"Wrote {file}, as the gallery's {like}. Change it, then: connector-build check {file}")


def _from_evidence(
    file: Path,
    url: str | None,
    pages: Sequence[Path],
    headers: Mapping[str, str],
    credentials: "Sequence[Credential]",
    body: Any,
    most: int,
    choose: Callable[[str, Sequence[str]], int],
) -> None:
    from connector_build.review import new_evidence, new_shown, newly
    from connector_build.screen.printing import console
    from connector_build.screen.progress import StatusLog, status

    screen = console()
    if pages:
        from connector_build.drafting.probing.files import read_files

        found = new_evidence.of_files(read_files(pages), file.stem, url or "", headers, credentials, body, choose)
    else:
        log = StatusLog(lambda words: click.echo(words, err=True))  # no line that moves: questions may be asked meanwhile
        found = new_evidence.of_url(str(url), headers, credentials, body, log)
    made = newly.made_from(file.stem, found, most=most, choose=choose)
    files = newly.write(file, made)
    with status(screen, f"{file.stem}: checking") as update:
        findings = newly.checked(file, files[1] if len(files) > 1 else None, lambda rule: update(f"{file.stem}: {rule}"))
    new_shown.show(made, files, findings, screen)
    if any(each.status == "fail" for each in findings):
        raise click.exceptions.Exit(1)


def _chooser(yes: bool) -> Callable[[str, Sequence[str]], int]:
    from connector_build.drafting.probing.beginning import first_of

    def ask(question: str, answers: Sequence[str]) -> int:
        click.echo(question)
        for number, answer in enumerate(answers, 1):
            click.echo(f"  {number}  {answer}")
        return int(click.prompt("Number", type=click.IntRange(1, len(answers)), default=1)) - 1

    return ask if not yes and sys.stdin.isatty() and sys.stdout.isatty() else first_of


# What signs a request


def _header(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not name.strip() or not name.isprintable() or not name.isascii() or " " in name.strip():
        raise UsageProblem('--header: this is none. Write its name, a colon and its value: "X-API-Key: env:MY_KEY".')
    return name.strip(), value.strip() if colon else ASKED


def _is_credential(text: str) -> bool:
    from connector_build.drafting.probing.credentials import is_secret

    name, value = _header(text)
    return is_secret(name) or value == ASKED or "env:" in value


def _credentials(headers: Sequence[str], params: Sequence[str], bearer: str | None, user: str | None) -> "list[Credential]":
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
        if _is_credential(each):
            name, value = _header(each)
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


def _body(text: str | None) -> Any:
    if text is None:
        return None
    try:
        body = json.loads(Path(text[1:]).read_text(encoding="utf-8") if text.startswith("@") else text)
    except (OSError, ValueError) as error:
        raise UsageProblem(
            f"--body: it is no JSON that can be read ({type(error).__name__}). Write an object: '{{\"limit\": 100}}'."
        ) from None
    if not isinstance(body, dict):
        raise UsageProblem("--body: it is no JSON object. Write one: '{\"limit\": 100}'.")
    return body
