"""Where things are in the repository, for tests in whatever room."""

from pathlib import Path

TESTS = Path(__file__).resolve().parent
ROOT = TESTS.parent
