"""What the kit cannot do, and says so."""


class Unmimicked(Exception):  # noqa: N818  (reads better where it is raised)
    """The plugin's API cannot be made up from what the plugin says. Its text says why, and what to give instead."""
