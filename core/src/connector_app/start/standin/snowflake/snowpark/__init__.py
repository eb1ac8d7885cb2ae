"""Stands in for `snowflake.snowpark`."""

from connector_app.start.snowpark import DataFrame, Row, Session

__all__ = ["DataFrame", "Row", "Session"]
