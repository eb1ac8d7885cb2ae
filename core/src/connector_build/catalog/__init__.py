"""What tables, columns, settings and choices mean: a dictionary, and what is written from it."""
