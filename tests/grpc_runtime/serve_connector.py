"""Fivetran's side as far as it is public: a process that serves a built project over gRPC, until it is ended.

The arguments are the project's folder and a port.
"""

import importlib
import sys
from pathlib import Path


def main(folder: Path, port: int) -> None:
    """Serve the connector of *folder*, which must not run on any core but its own."""
    sys.path.append(str(folder))  # last, as the fivetran command does
    connector = importlib.import_module("connector").connector
    core = Path(importlib.import_module("connector_core").__file__ or "")
    if folder not in core.parents:
        raise RuntimeError(f"the connector runs on {core}")
    connector.run(port=port)


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), int(sys.argv[2]))
