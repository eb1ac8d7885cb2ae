"""`connector-build new`."""

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from connector_build.cli.ending import Verb
from connector_build.cli.new_signing import ASKED, credentials, header, is_credential
from connector_build.cli.options import names
from connector_build.errors import UsageProblem

if TYPE_CHECKING:
    from connector_build.drafting.probing.credentials import Credential

SPECS = {
    "openapi": "An OpenAPI description (3.x or Swagger 2.0) to begin with, YAML or JSON.",
    "airbyte": "A low-code manifest of Airbyte to begin with.",
    "singer": "A catalog of Singer to begin with.",
    "dlt": "A REST API configuration of dlt to begin with: a dict in Python, JSON or YAML. It is not run.",
}
"""As drafting.specs has them, which takes a while to import."""
BEGINNINGS = (
    "--url https://api.example.com/v1/orders, --from page.json, --openapi spec.yaml, --airbyte manifest.yaml or --like github"
)


def spec_options(command: Callable[..., None]) -> Callable[..., None]:
    """The options that name a file to begin with."""
    for kind, about in reversed(SPECS.items()):
        command = click.option(f"--{kind}", type=click.Path(path_type=Path), metavar="FILE", help=about)(command)
    return command


@click.command("new", cls=Verb)
@click.argument("name", required=False)
@click.option("--url", metavar="URL", help="An address that records come back for, with the parameters that it takes.")
@click.option(
    "--from",
    "pages",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="A page as JSON, what `curl -i` printed, or a HAR file of the browser; repeat for further pages. No network is used.",
)
@spec_options
@click.option(
    "--only", multiple=True, callback=names, metavar="NAMES", help="Of such a file: these paths, tags or streams alone."
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
@click.option(
    "--package", type=click.Path(path_type=Path), metavar="FILE", help="Make a distribution of the dataset in this Python file."
)
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="With --package: where to; connector-DATASET if not given.",
)
@click.option("--yes", is_flag=True, help="Take the likeliest instead of asking.")
@click.option("--force", is_flag=True, help="Overwrite NAME.py.")
def new_command(name: str | None, package: Path | None, output: Path | None, **asked: Any) -> None:
    """Write a plugin, NAME.py, from an address, from pages or a description of an API, or from a plugin of the gallery.

    What was seen stands in it as it is. What rests on a guess has a comment: # guessed.
    The value of a secret is asked for where only a name is given (--header X-API-Key, --bearer), and read from the variable
    MY_KEY where it is env:MY_KEY. It is sent to the API alone, and written nowhere.

    With --package FILE.py, make a distribution of a plugin in one file, which can be installed and shared.
    """
    begun = [option for option in ("url", "pages", "like", *SPECS) if asked[option]]
    if package is not None:
        if begun or name:
            raise UsageProblem("--package makes a distribution of a file that is there: leave out NAME and what to begin with.")
        _package(package, output)
    elif not name:
        raise UsageProblem(f"Name the dataset, and say what to begin with: connector-build new orders with {BEGINNINGS}.")
    elif output is not None:
        raise UsageProblem("--output goes with --package. A plugin is written to NAME.py, here.")
    else:
        _begin(name, begun, **asked)


def _begin(name: str, begun: Sequence[str], *, force: bool, **asked: Any) -> None:
    from connector_build.review.newly import check_target

    if len(begun) != 1 and begun != ["url", "pages"]:
        raise UsageProblem(f"Say what to begin with, one of these: {BEGINNINGS}.")
    if asked["only"] and begun[0] not in SPECS:
        raise UsageProblem(f"--only goes with {', '.join(f'--{kind}' for kind in SPECS)}: other beginnings have one table.")
    file = check_target(name, force=force)
    if begun == ["like"]:
        _copy(file, asked["like"])
    elif begun[0] in SPECS:
        _from_spec(file, begun[0], asked[begun[0]], asked["only"])
    else:
        signing = credentials(asked["headers"], asked["params"], asked["bearer"], asked["user"])
        plain = dict(header(each) for each in asked["headers"] if not is_credential(each))
        body = _body(asked["body"])
        _from_evidence(file, asked["url"], asked["pages"], plain, signing, body, asked["max_requests"], _chooser(asked["yes"]))


def _package(file: Path, output: Path | None) -> None:
    from shlex import quote

    from connector_build.project.packaging import package_into

    folder = package_into(output, file)
    shown = quote(str(folder.relative_to(Path.cwd()) if folder.is_relative_to(Path.cwd()) else folder))
    click.echo(f"Wrote {folder}\nNext:\n  pip install -e {shown}\n  python -m pytest {shown}\n  and choose a licence")


def _copy(file: Path, like: str) -> None:
    from connector_build.review.like import like as text_like
    from connector_build.review.new_shown import show_next
    from connector_build.review.newly import replace
    from connector_build.screen.printing import console, line

    replace(file, text_like(like).encode())
    screen = console()
    line(screen, f"Wrote {file}, as the gallery's {like}. Change it to be yours.")
    show_next([file], screen)


def _from_spec(file: Path, kind: str, spec: Path, only: Sequence[str]) -> None:
    from connector_build.review import new_shown, newly, specified
    from connector_build.screen.printing import console
    from connector_build.screen.progress import status

    screen = console()
    with status(screen, f"{file.stem}: reading {spec}") as update:
        made = specified.made_from(kind, spec, file.stem, only)  # type: ignore[arg-type]  # one of SPECS
        newly.replace(file, made.text.encode())
        findings = newly.checked(file, None, lambda rule: update(f"{file.stem}: {rule}"))
    new_shown.show_specified(made, file, findings, screen)
    if any(each.status == "fail" for each in findings):
        raise click.exceptions.Exit(1)


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
