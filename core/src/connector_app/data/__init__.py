"""One way to the data: a session over DuckDB here or Snowpark there, and what its tables and columns mean."""
