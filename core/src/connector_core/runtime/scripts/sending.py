"""Running what sends the project to Fivetran, with its key in the environment, and showing what it prints in our words."""

import os
from collections.abc import Sequence
from typing import Final

from attrs import frozen

from connector_core.runtime.scripts.api_keys import VARIABLE, ApiKey
from connector_core.runtime.scripts.command import run, surroundings
from connector_core.runtime.scripts.endings import INTERRUPTED, Ended
from connector_core.runtime.scripts.project import Project
from connector_core.runtime.scripts.terminal import Terminal
from connector_core.runtime.scripts.words import Words

GRACE: Final = 10.0
"""Seconds that the command has after Ctrl-C, to take away a package that no connection uses."""


@frozen
class Ending:
    """How the command ended: our exit code, and what became of it, of a failure."""

    code: int
    what: str = ""

    @property
    def advice(self) -> str:
        return "; its last lines above say why. Correct that, then run this again." if self.what == "failed" else "."


def sent(project: Project, command: Sequence[str], key: ApiKey, words: Words, terminal: Terminal) -> Ending:
    """Run *command* in *project*; *words* hear what it prints."""

    def show(piece: str) -> None:
        words.hear(piece)
        if done := words.done(piece):
            terminal.good(done)
        else:
            terminal.write(words.shown(piece))

    def tell() -> None:
        terminal.say("Note: fivetran changed requirements.txt (its version may be in the upload); the file here is as it was.")

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
