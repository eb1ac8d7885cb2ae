"""Syncs without Fivetran: rows merged into DuckDB or Parquet, written as JSON lines, or told as Singer messages."""
