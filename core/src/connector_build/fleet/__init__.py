"""Many connectors, listed in one file."""
