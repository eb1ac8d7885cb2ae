"""APIs on this machine that answer as those of a plugin do."""
