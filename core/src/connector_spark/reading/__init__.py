"""The data source: reading in parts, and reading as a stream of changes."""
