"""The dataset fts, whose answers msgspec decodes where the environment says ``DECODER=msgspec``."""

import os
import sys
from pathlib import Path

import connector_fts
from connector_core.runtime.fivetran import connector_for

if os.environ.get("DECODER") == "msgspec":
    sys.path.append(str(Path(__file__).resolve().parents[1] / "runners"))
    import with_msgspec

    with_msgspec.use()

connector = connector_for({"connector-fts": connector_fts})
