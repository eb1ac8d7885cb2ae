"""``deploy.sh``: the project to Fivetran, and what is there then."""

import os
import re
from collections.abc import Mapping, Sequence
from typing import Final

from attrs import frozen

from connector_core.runtime.scripts.api_keys import find_key, keep_at_home
from connector_core.runtime.scripts.asked import DEFAULT_ACCOUNT, PACKAGE_ID, Asked, asked, chosen
from connector_core.runtime.scripts.errors import ScriptError
from connector_core.runtime.scripts.packages import VERB, package
from connector_core.runtime.scripts.profiles import Profile, find_profile
from connector_core.runtime.scripts.project import Project, fivetran
from connector_core.runtime.scripts.pythons import OPTION, OPTIONS, python_version
from connector_core.runtime.scripts.sending import Ending, sent
from connector_core.runtime.scripts.terminal import Terminal
from connector_core.runtime.scripts.words import Words, on_the_server

USAGE: Final = (
    "Usage: ./deploy.sh [ACCOUNT [DESTINATION [CONNECTION]]] [--package-id ID] [--profile NAME] [-- OPTIONS OF fivetran deploy]"
)
DEFAULT_DESTINATION: Final = "NEW_SALES_ENG_HANDS_ON_LAB"
DEFAULT_CONNECTION: Final = "a_new_{dataset}_connector"

_CONNECTION_NAME: Final = re.compile(r"[_a-z][_a-z0-9]*", re.ASCII)


@frozen
class Target:
    """Where a project is deployed to. package: the id of one that is there and is to be run; empty where one is uploaded."""

    account: str
    destination: str
    connection: str
    python_version: str
    package: str = ""


def deploy(project: Project, arguments: Sequence[str], terminal: Terminal) -> int:
    """Deploy *project* with ``fivetran deploy``; the exit code. Raises ScriptError where nothing was sent."""
    if arguments[:1] == [VERB]:
        return package(project, arguments[1:], terminal)
    given = asked(arguments, 3, USAGE)
    project.check()
    command = fivetran()
    profile = find_profile(given.own, project.folder, os.environ)
    version = python_version(project.folder / "connector.lock.json", os.environ, given.options, profile)
    target = _target(given, profile, os.environ, project.dataset, version, terminal)
    _check_connection_name(target.connection, project.dataset)
    key = find_key(target.account, project.folder, os.environ)
    terminal.say(f"API key:     from {key.place}")
    if keep_at_home(project.folder):
        terminal.say("Note: config.json holds API keys and would have been uploaded; .gitignore now leaves it out.")
    terminal.say("\nDeploying connector...")
    words = Words(key.value)
    ending = sent(project, [command, "deploy", *_options(target, given, profile)], key, words, terminal)
    if ending.code == 0:
        _succeed(target, words, terminal)
    else:
        _fail(ending, words, target, terminal)
    return ending.code


def _target(
    given: Asked, profile: Profile, environment: Mapping[str, str], dataset: str, version: str, terminal: Terminal
) -> Target:
    """What was given, else what the environment says, else the profile, else what is answered, else the defaults."""
    names = iter([*given.names, "", "", ""])

    def name(what: str, variable: str, default: str) -> str:
        return chosen(next(names) or environment.get(variable, "") or profile.get(what), what, default, terminal)

    target = Target(
        name("account", "FIVETRAN_ACCOUNT_NAME", DEFAULT_ACCOUNT),
        name("destination", "FIVETRAN_DESTINATION_NAME", DEFAULT_DESTINATION),
        name("connection", "FIVETRAN_CONNECTION_NAME", DEFAULT_CONNECTION.format(dataset=dataset)),
        version,
        given.own.get(PACKAGE_ID) or profile.get("package_id"),
    )
    if profile.place:
        terminal.say(f"Options:     {profile.place}")
    terminal.say(f"Account:     {target.account}")
    terminal.say(f"Destination: {target.destination}")
    terminal.say(f"Connection:  {target.connection}")
    if target.package:
        terminal.say(f"Package:     {target.package} (its code is what is run; nothing is uploaded from here)")
    return target


def _check_connection_name(name: str, dataset: str) -> None:
    if _CONNECTION_NAME.fullmatch(name):
        return
    suggestion = re.sub(r"^(?=\d)", "_", re.sub(r"[^_a-z0-9]+", "_", name.lower()))
    raise ScriptError(
        f"the connection name '{name}' is not allowed: small letters, digits and underscores only, and no digit first. "
        f"For example: {suggestion or DEFAULT_CONNECTION.format(dataset=dataset)}"
    )


def _options(target: Target, given: Asked, profile: Profile) -> list[str]:
    options = ["--destination", target.destination, "--connection", target.connection, "--configuration", "configuration.json"]
    if not any(option.partition("=")[0] in OPTIONS for option in given.options):
        options += [OPTION, target.python_version]
    if PACKAGE_ID in given.own:
        options += [PACKAGE_ID, target.package]
    return [*options, *profile.options, *given.options]


def _succeed(target: Target, words: Words, terminal: Terminal) -> None:
    terminal.say()
    if words.said("already uses package"):
        terminal.say(
            f"The connection '{target.connection}' uses the package {target.package} already: it runs the code that is there."
        )
        terminal.say("Nothing was sent, so its configuration is as it was too; the dashboard changes that.")
        return
    created, updated = words.said("connection created$"), words.said("connection updated$")
    become = "created" if created else "updated" if updated else "deployed"
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
    terminal.say()
    terminal.complain(f"Error: fivetran deploy {ending.what} (exit code {ending.code}){ending.advice}")
    terminal.complain(f"On the server: {on_the_server(words, target.connection)}")
    if words.said("EOF when reading a line"):
        terminal.complain("It stopped at a question, and there was no terminal to answer it on: ./deploy.sh ... -- --yes")
    if words.said("shared with other connections"):
        terminal.complain(
            "Its package is that of other connections too. New code for all of them: ./deploy.sh package update PACKAGE_ID. "
            f"Another package for this one: ./deploy.sh package create, then ./deploy.sh ... {PACKAGE_ID} PACKAGE_ID"
        )
