"""Stands in for `snowflake.snowpark.exceptions`."""

from connector_app.start.snowpark import SnowparkSQLException

__all__ = ["SnowparkSQLException"]
