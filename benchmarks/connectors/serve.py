"""Serves one connector over gRPC, as SDK 2.13.1 does in the nearest public stand-in for production, until the process is ended.

The arguments are the connector's file and a port.
"""

import importlib
import sys
from pathlib import Path


def main(file: Path, port: int) -> None:
    """Serve the connector of *file*, imported by its name as Fivetran does."""
    sys.path[0] = str(file.parent)
    importlib.import_module(file.stem).connector.run(port=port)


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), int(sys.argv[2]))
