"""``python -m connector_build``: the same as ``connector-build``."""

from connector_build.cli.main import main

main(prog_name="connector-build")
