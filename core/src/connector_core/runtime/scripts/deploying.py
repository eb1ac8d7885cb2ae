"""``deploy.sh``: the project to Fivetran, and what is there then."""

import os
import re
from collections.abc import Mapping, Sequence
from typing import Final

from attrs import frozen

from connector_core.runtime.scripts.api_keys import VARIABLE, ApiKey, find_key, keep_at_home
from connector_core.runtime.scripts.command import run, surroundings
from connector_core.runtime.scripts.endings import INTERRUPTED, Ended
from connector_core.runtime.scripts.errors import ScriptError
from connector_core.runtime.scripts.project import Project, fivetran
from connector_core.runtime.scripts.pythons import OPTION, python_version
from connector_core.runtime.scripts.terminal import Terminal
from connector_core.runtime.scripts.words import Words, on_the_server

USAGE: Final = "Usage: ./deploy.sh [ACCOUNT [DESTINATION [CONNECTION]]] [-- OPTIONS OF fivetran deploy]"
DEFAULT_ACCOUNT: Final = "MDS_SNOWFLAKE_HOL"
DEFAULT_DESTINATION: Final = "NEW_SALES_ENG_HANDS_ON_LAB"
DEFAULT_CONNECTION: Final = "a_new_{dataset}_connector"
GRACE: Final = 10.0
"""Seconds that the command has after Ctrl-C, to take away a package that no connection uses."""

_CONNECTION_NAME: Final = re.compile(r"[_a-z][_a-z0-9]*", re.ASCII)


@frozen
class Target:
    """Where a project is deployed to."""

    account: str
    destination: str
    connection: str
    python_version: str


def deploy(project: Project, arguments: Sequence[str], terminal: Terminal) -> int:
    """Deploy *project* with ``fivetran deploy``; the exit code. Raises ScriptError where nothing was sent."""
    names, options = _split(arguments)
    project.check()
    command = fivetran()
    version = python_version(project.folder / "connector.lock.json", os.environ, options)
    target = _target(names, os.environ, project.dataset, version, terminal)
    _check_connection_name(target.connection, project.dataset)
    key = find_key(target.account, project.folder, os.environ)
    terminal.say(f"API key:     from {key.place}")
    if keep_at_home(project.folder):
        terminal.say("Note: config.json holds API keys and would have been uploaded; .gitignore now leaves it out.")
    words = Words(key.value)
    own_version = any(option.partition("=")[0] == OPTION for option in options)
    ending = _sent(project, [command, "deploy", *_options(target, own_version=own_version), *options], key, words, terminal)
    if ending.code == 0:
        _succeed(target, words, terminal)
    else:
        _fail(ending, words, target, terminal)
    return ending.code


def _split(arguments: Sequence[str]) -> tuple[Sequence[str], Sequence[str]]:
    """The names that were given, and the options of ``fivetran deploy`` behind ``--``."""
    end = arguments.index("--") if "--" in arguments else len(arguments)
    names, options = arguments[:end], arguments[end + 1 :]
    wrong = next((name for name in names if name.startswith("-")), None)
    if wrong or len(names) > 3:
        what = (
            f"unknown option: {wrong} (options of fivetran deploy go after --)" if wrong else "more than three names were given"
        )
        raise ScriptError(f"{what}\n\n{USAGE}\n./deploy.sh --help says more.")
    return names, options


def _target(names: Sequence[str], environment: Mapping[str, str], dataset: str, version: str, terminal: Terminal) -> Target:
    """What was given, else what the environment says, else what is answered, else the defaults."""
    given = iter([*names, "", "", ""])

    def chosen(what: str, variable: str, default: str) -> str:
        value = next(given) or environment.get(variable, "")
        if not value and terminal.answers.isatty():
            answer = terminal.ask(f"Enter your Fivetran {what} name [{default}]: ", aside=True)
            if answer is None:
                raise ScriptError("the input ended. Nothing was deployed.")
            value = answer.strip()
        return value or default

    target = Target(
        chosen("account", "FIVETRAN_ACCOUNT_NAME", DEFAULT_ACCOUNT),
        chosen("destination", "FIVETRAN_DESTINATION_NAME", DEFAULT_DESTINATION),
        chosen("connection", "FIVETRAN_CONNECTION_NAME", DEFAULT_CONNECTION.format(dataset=dataset)),
        version,
    )
    terminal.say(f"Account:     {target.account}")
    terminal.say(f"Destination: {target.destination}")
    terminal.say(f"Connection:  {target.connection}")
    return target


def _check_connection_name(name: str, dataset: str) -> None:
    if _CONNECTION_NAME.fullmatch(name):
        return
    suggestion = re.sub(r"^(?=\d)", "_", re.sub(r"[^_a-z0-9]+", "_", name.lower()))
    raise ScriptError(
        f"the connection name '{name}' is not allowed: small letters, digits and underscores only, and no digit first. "
        f"For example: {suggestion or DEFAULT_CONNECTION.format(dataset=dataset)}"
    )


def _options(target: Target, *, own_version: bool) -> list[str]:
    options = ["--destination", target.destination, "--connection", target.connection]
    return [*options, "--configuration", "configuration.json", *([] if own_version else [OPTION, target.python_version])]


@frozen
class Ending:
    """How ``fivetran deploy`` ended: our exit code, and what became of it, of a failure."""

    code: int
    what: str = ""


def _sent(project: Project, command: Sequence[str], key: ApiKey, words: Words, terminal: Terminal) -> Ending:
    def show(piece: str) -> None:
        words.hear(piece)
        if done := words.done(piece):
            terminal.good(done)
        else:
            terminal.write(words.shown(piece))

    def tell() -> None:
        terminal.say("Note: fivetran changed requirements.txt (its version may be in the upload); the file here is as it was.")

    terminal.say("\nDeploying connector...")
    # What is uploaded has the pins that the project was built with: the command would ask for newer ones, and upload them
    # after --yes. The key goes in the environment: everybody on this machine can read the arguments of a command.
    with project.kept_requirements(tell), surroundings({**os.environ, VARIABLE: key.value}) as environment:
        try:
            code = run(command, project.folder, environment, show, errors=None, grace=GRACE)
        except KeyboardInterrupt:
            return Ending(INTERRUPTED, "was interrupted")
        except Ended as ended:
            return Ending(ended.code, f"was ended by {ended}")
    return Ending(code if code >= 0 else 128 - code, "failed")


def _succeed(target: Target, words: Words, terminal: Terminal) -> None:
    created, updated = words.said("connection created$"), words.said("connection updated$")
    become = "created" if created else "updated" if updated else "deployed"
    terminal.say()
    terminal.say(f"The connection '{target.connection}' has been {become} successfully.")
    terminal.say(f"Python version: {words.fact('runtime python version') or target.python_version}")
    for name, fact in (("Connection ID", words.fact("connection id")), ("Naming strategy", words.fact("naming strategy"))):
        if fact:
            terminal.say(f"{name}: {fact}")
    what = "start the initial sync" if created else "manage the connection"
    terminal.say(f"Visit the Fivetran dashboard to {what}: {words.page}")
    if created:
        terminal.say("The new connection is paused: look at its schema and schedule, then unpause it there.")


def _fail(ending: Ending, words: Words, target: Target, terminal: Terminal) -> None:
    advice = "; its last lines above say why. Correct that, then run this again." if ending.what == "failed" else "."
    terminal.say()
    terminal.complain(f"Error: fivetran deploy {ending.what} (exit code {ending.code}){advice}")
    terminal.complain(f"On the server: {on_the_server(words, target.connection)}")
    if words.said("EOF when reading a line"):
        terminal.complain("It stopped at a question, and there was no terminal to answer it on: ./deploy.sh ... -- --yes")
