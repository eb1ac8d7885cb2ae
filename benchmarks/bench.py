"""How fast a sync is beside others, into docs/performance.md: ``tox run -e bench``. What it does stands in the package speed."""

import sys

from speed.command import main

if __name__ == "__main__":
    sys.exit(main())
