"""Running an app on this machine: a Streamlit server of its own, which ends when we do."""

import json
import os
import socket
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from attrs import field, frozen

from connector_build.apps.kit import kit
from connector_build.errors import BuildError, UsageProblem
from connector_core.runtime.scripts.command import run
from connector_core.runtime.scripts.errors import ScriptError
from connector_core.runtime.scripts.history import beside

HOST: Final = "127.0.0.1"
"""The data is for this machine only."""
FIRST_PORT: Final = 8501
"""Streamlit's own."""
_PORTS: Final = 50
_BANNER: Final = ("You can now view your Streamlit app", "Uvicorn server started", "Network URL:", "External URL:")


@frozen
class Running:
    """An app to be run.

    title:      as it is called. app: "module:function"; empty for the standard explorer.
    script:     an app that was written for Snowflake, which runs as it is, with stand-ins; None for one of ours.
    dictionary: the JSON of what tables and columns mean.
    """

    title: str
    warehouse: Path
    dictionary: Path
    app: str = ""
    script: Path | None = None
    port: int | None = None
    browser: bool = field(default=True)


def run_app(running: Running, say: Callable[[str], None]) -> None:
    """Run it until Ctrl-C, or until we are told to end. Raises BuildError where it cannot start, or ends by itself."""
    folder = kit()
    port = free_port(running.port)
    shown = [False]

    def hear(piece: str) -> None:
        line = piece.strip()
        if "URL:" in line and not shown[0]:
            shown[0] = True
            say(f"{running.title} at http://{HOST}:{port}, over {running.warehouse}. Ctrl-C ends it.")
        elif line and not any(word in line for word in (*_BANNER, "URL:")):
            say(line)

    environment = {**os.environ, **_environment(running, folder)}
    try:
        returncode = run(_command(running, folder, port), Path.cwd(), environment, hear, grace=5.0)
    except ScriptError as error:
        raise BuildError(str(error)) from None
    except KeyboardInterrupt:
        # Which is how it is meant to end.
        return
    if returncode:
        raise BuildError(f"The app's server ended by itself, with exit code {returncode}; what it printed is above.")


def free_port(wanted: int | None) -> int:
    """The port that was *wanted*, or the first free one from Streamlit's own on. Raises UsageProblem where there is none."""
    if wanted is not None:
        if not _is_free(wanted):
            raise UsageProblem(f"--port {wanted}: another program listens there. End it, or choose another port.")
        return wanted
    for port in range(FIRST_PORT, FIRST_PORT + _PORTS):
        if _is_free(port):
            return port
    raise UsageProblem(f"No port from {FIRST_PORT} to {FIRST_PORT + _PORTS - 1} is free. Choose another one with --port.")


def _is_free(port: int) -> bool:
    with socket.socket() as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind((HOST, port))
        except OSError:
            return False
    return True


def _command(running: Running, folder: Path, port: int) -> Sequence[str]:
    options = {
        "server.address": HOST,
        "server.port": str(port),
        "server.headless": str(not running.browser).lower(),
        "server.showEmailPrompt": "false",
        "browser.gatherUsageStats": "false",
        "client.toolbarMode": "minimal",
    }
    told = [word for name, value in options.items() for word in (f"--{name}", value)]
    script = running.script or folder / "start" / "local.py"
    arguments = [] if running.script else ["--", json.dumps(_arguments(running))]
    return [sys.executable, "-P", "-m", "streamlit", "run", str(script), *told, *arguments]


def _arguments(running: Running) -> Mapping[str, str]:
    return {
        "warehouse": str(running.warehouse.absolute()),
        "dictionary": str(running.dictionary.absolute()),
        "runs": str(beside(running.warehouse.absolute())),
        "app": running.app,
        "title": running.title,
    }


def _environment(running: Running, folder: Path) -> Mapping[str, str]:
    if running.script is None:
        return {}
    paths = [str(folder / "start" / "standin"), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {"PYTHONPATH": os.pathsep.join(paths), "CONNECTOR_APP_WAREHOUSE": str(running.warehouse.absolute())}
