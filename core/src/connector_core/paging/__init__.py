"""The ready-made paginators, stop rules and incremental strategies."""
