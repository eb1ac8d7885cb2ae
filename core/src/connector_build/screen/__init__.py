"""The one way to print lines, tables, progress and JSON, and to fill in templates."""
