"""The command `connector-build`, one module a verb."""
