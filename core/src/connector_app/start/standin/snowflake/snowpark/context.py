"""Stands in for `snowflake.snowpark.context`."""

from connector_app.start.snowpark import get_active_session

__all__ = ["get_active_session"]
