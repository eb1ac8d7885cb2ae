"""``deploy.sh package``: one upload that many connections run, by the command's ``package create``, ``update`` and ``list``."""

import os
from collections.abc import Sequence
from typing import Final

from connector_core.runtime.scripts.api_keys import find_key, keep_at_home
from connector_core.runtime.scripts.asked import DEFAULT_ACCOUNT, PACKAGE_ID, asked, chosen, wrong_usage
from connector_core.runtime.scripts.project import Project, fivetran
from connector_core.runtime.scripts.sending import Ending, sent
from connector_core.runtime.scripts.terminal import Terminal
from connector_core.runtime.scripts.words import Words

USAGE: Final = (
    "Usage: ./deploy.sh package create [ACCOUNT] [-- OPTIONS OF fivetran package create]\n"
    "       ./deploy.sh package update PACKAGE_ID [ACCOUNT] [-- OPTIONS OF fivetran package update]\n"
    "       ./deploy.sh package list [ACCOUNT] [-- OPTIONS OF fivetran package list]"
)
VERB: Final = "package"
NO_QUESTIONS: Final = "--non-interactive"
ANSWERS: Final = frozenset({NO_QUESTIONS, "--yes", "--force", "-f"})


def package(project: Project, arguments: Sequence[str], terminal: Terminal) -> int:
    """Send the code of *project* as a package, new or in place of another, or list those that there are; the exit code.

    Raises ScriptError where nothing was sent.
    """
    what = arguments[0] if arguments else ""
    if what not in ("create", "update", "list"):
        raise wrong_usage(f"unknown: {VERB} {what}" if what else f"{VERB} needs to know what to do", USAGE)
    of_update = what == "update"
    given = asked(arguments[1:], 1 + of_update, USAGE)
    if given.own:
        raise wrong_usage(f"{next(iter(given.own))} is for a deploy, not for a package", USAGE)
    if of_update and not given.names:
        raise wrong_usage("package update needs the id of the package; ./deploy.sh package list shows it", USAGE)
    account = chosen(
        "".join(given.names[of_update:]) or os.environ.get("FIVETRAN_ACCOUNT_NAME", ""), "account", DEFAULT_ACCOUNT, terminal
    )
    if what != "list":
        project.check_code()
    command, key = fivetran(), find_key(account, project.folder, os.environ)
    terminal.say(f"Account:     {account}")
    terminal.say(f"API key:     from {key.place}")
    if what != "list" and keep_at_home(project.folder):
        terminal.say("Note: config.json holds API keys and would have been uploaded; .gitignore now leaves it out.")
    terminal.say()
    words = Words(key.value)
    # Where nobody can answer, the command would end with a traceback at a question; so it takes that for a no.
    silent = [NO_QUESTIONS] if of_update and not terminal.answers.isatty() and not ANSWERS & {*given.options} else []
    line = [command, VERB, what, *given.names[:of_update], *silent, *given.options]
    ending = sent(project, line, key, words, terminal)
    if ending.code:
        _fail(ending, words, what, "".join(given.names[:of_update]), terminal)
    elif what != "list":
        _succeed(words, what, terminal)
    return ending.code


def _succeed(words: Words, what: str, terminal: Terminal) -> None:
    id_ = words.fact("package id")
    terminal.say()
    if what == "update":
        terminal.say(f"The package {id_} has new code. Every connection that uses it runs that from its next sync on.")
        return
    terminal.say(f"The package is {id_}. No connection uses it yet. For each that is to run it, with its own configuration.json:")
    terminal.say(f"  ./deploy.sh ACCOUNT DESTINATION CONNECTION {PACKAGE_ID} {id_}")


def _fail(ending: Ending, words: Words, what: str, id_: str, terminal: Terminal) -> None:
    terminal.say()
    terminal.complain(f"Error: fivetran package {what} {ending.what} (exit code {ending.code}){ending.advice}")
    if what != "list":
        terminal.complain(f"On the server: {_there(words, id_) if id_ else _new(words)}")
    if words.said("update cancelled$"):
        terminal.complain(f"Nobody has agreed to that: ./deploy.sh package {what} {id_} -- --yes")


def _new(words: Words) -> str:
    """What a package that was to be created has become."""
    if id_ := words.fact("package id"):
        return f"the package {id_}, which nothing uses."
    return "perhaps a package that nothing uses." if words.said("uploading package$") else "nothing new."


def _there(words: Words, id_: str) -> str:
    """What has become of a package that was to have new code."""
    if words.said("package updated$"):
        return f"the package {id_}, with the new code."
    if words.said(f"updating package {id_}$") and not words.said("failed to update package"):
        return f"not known. Perhaps the package {id_} has the new code: run this again."
    return (
        f"the package {id_}, as it was." if not words.said("package-id not found") else f"nothing new. There is no package {id_}."
    )
