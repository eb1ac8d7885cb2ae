"""How a table is cut into parts, and how one process reads a part of it with the rows that a sync would deliver."""
