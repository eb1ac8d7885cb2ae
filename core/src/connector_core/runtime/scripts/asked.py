"""What was typed behind ``./deploy.sh``, and what is taken where something was left out."""

from collections.abc import Mapping, Sequence
from typing import Final

from attrs import frozen

from connector_core.runtime.scripts.errors import ScriptError
from connector_core.runtime.scripts.terminal import Terminal

PACKAGE_ID: Final = "--package-id"
PROFILE: Final = "--profile"
OPTIONS_FILE: Final = "--options-file"
OWN: Final = (PACKAGE_ID, PROFILE, OPTIONS_FILE)
"""Options that the script has to know of, wherever they stand; all others are those of the command, and go behind ``--``."""

DEFAULT_ACCOUNT: Final = "MDS_SNOWFLAKE_HOL"


@frozen
class Asked:
    """names: by their places. own: option of OWN → value. options: those of the command."""

    names: Sequence[str]
    own: Mapping[str, str]
    options: Sequence[str]


def asked(arguments: Sequence[str], most: int, usage: str) -> Asked:
    """The arguments, with at most so many names. Raises ScriptError, which shows the *usage*, for what it does not know."""
    end = arguments.index("--") if "--" in arguments else len(arguments)
    own, names = _taken(arguments[:end])
    more, options = _taken(arguments[end + 1 :])
    wrong = next((name for name in names if name.startswith("-")), None)
    if wrong:
        raise wrong_usage(f"unknown option: {wrong} (options of fivetran go after --)", usage)
    if len(names) > most:
        raise wrong_usage(f"more than {_WORDS[most]} were given", usage)
    return Asked(names, {**own, **more}, options)


_WORDS: Final = {0: "no name", 1: "one name", 2: "two names", 3: "three names"}


def wrong_usage(what: str, usage: str) -> ScriptError:
    """What to raise where the script was called in a wrong way."""
    return ScriptError(f"{what}\n\n{usage}\n./deploy.sh --help says more.")


def _taken(arguments: Sequence[str]) -> tuple[dict[str, str], list[str]]:
    """The options of OWN among *arguments*, and the others."""
    own: dict[str, str] = {}
    others: list[str] = []
    rest = iter(arguments)
    for argument in rest:
        name, sign, value = argument.partition("=")
        if name not in OWN:
            others.append(argument)
            continue
        own[name] = (value if sign else next(rest, "")).strip()
        if not own[name] or own[name].startswith("-"):
            raise ScriptError(f"{name} needs a value: {name} NAME")
    return own, others


def chosen(given: str, what: str, default: str, terminal: Terminal) -> str:
    """What was *given*, else what is answered at a terminal, else the *default*."""
    if given or not terminal.answers.isatty():
        return given or default
    answer = terminal.ask(f"Enter your Fivetran {what} name [{default}]: ", aside=True)
    if answer is None:
        raise ScriptError("the input ended. Nothing was deployed.")
    return answer.strip() or default
