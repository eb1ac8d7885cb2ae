"""The app kit, which this package starts and copies as files, and never imports."""

from importlib.util import find_spec
from pathlib import Path

from connector_build.errors import BuildError

NEEDED = ("streamlit", "altair", "pandas", "duckdb")
"""What the extra `connector-core[app]` brings."""


def kit() -> Path:
    """The folder of the app kit. Raises BuildError where what it needs is not installed."""
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        raise BuildError(f"An app needs {', '.join(missing)}, which is not installed here: pip install 'connector-core[app]'")
    spec = find_spec("connector_app")
    if spec is None or spec.origin is None:
        raise BuildError("The app kit (connector_app) is not beside connector_build. Install connector-core again.")
    return Path(spec.origin).parent
