"""Stands in for the namespace of Snowflake's packages."""
