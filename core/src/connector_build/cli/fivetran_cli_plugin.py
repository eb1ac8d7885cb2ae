"""`fivetran build NAME`: our command as one of the unified `fivetran` command, wherever fivetran-cli is installed.

fivetran-cli loads this at each start to learn which commands there are, so nothing is imported before it is needed.
"""

from collections.abc import Mapping, Sequence
from typing import Final

COMMAND: Final = "build"


class BuildCommand:
    """What fivetran-cli asks of a plugin; it finds ours by the entry point of the group ``fivetran_cli.plugins``."""

    def get_cli_tool_name_for_telemetry(self) -> str:
        """The name by which fivetran-cli counts the call, unless its user has opted out."""
        return "connector-build"

    def get_commands(self) -> Mapping[str, str]:
        """Command → one line about it."""
        return {COMMAND: "Build a connector from an installed dataset plugin, as connector-build does"}

    def dispatch(self, argv: Sequence[str]) -> int:
        """Do what `connector-build` does with the same arguments; its exit code. *argv* is all that stands behind `fivetran`."""
        from connector_build.cli.main import main

        place = argv.index(COMMAND)
        try:
            main.main([*argv[:place], *argv[place + 1 :]], prog_name=f"fivetran {COMMAND}")
        except SystemExit as end:
            if isinstance(end.code, int):
                return end.code
            raise
        return 0


PLUGIN: Final = BuildCommand()
