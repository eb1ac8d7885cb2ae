"""How a table looks in Spark: its schema, its rows as tuples, filters that its API can answer, and our messages."""
