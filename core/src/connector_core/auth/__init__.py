"""The ready-made kinds of auth."""
