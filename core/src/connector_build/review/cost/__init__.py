"""`connector-build cost`: what a month of syncs takes, counted by running them here."""
