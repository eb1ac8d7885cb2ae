"""Plugins for the shapes of well-known public APIs, one file each: what ``connector-build new --like`` starts from."""
