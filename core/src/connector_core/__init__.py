"""Connectors for Fivetran's Connector SDK, written as plugins: the part that ships with every connector.

A plugin imports what it needs from here and nothing from the modules below.
"""

from connector_core.auth import ApiKeyHeader, AuthFactory, NoAuth
from connector_core.errors import ConfigurationError, ConnectorError, DeliveryError, PluginError, SourceError, UnexpectedAnswer
from connector_core.extra_tables import Aggregate, Dimension, Measure, count, maximum, minimum, total
from connector_core.hooks import hookimpl
from connector_core.pagination import CursorPaginator, Page, Paginator, Request
from connector_core.settings import Configuration, Setting, base_url, page_size
from connector_core.tables import Record, Table
from connector_core.transforms import DerivedField, Transform, ratio

__all__ = [
    "Aggregate",
    "ApiKeyHeader",
    "AuthFactory",
    "Configuration",
    "ConfigurationError",
    "ConnectorError",
    "CursorPaginator",
    "DeliveryError",
    "DerivedField",
    "Dimension",
    "Measure",
    "NoAuth",
    "Page",
    "Paginator",
    "PluginError",
    "Record",
    "Request",
    "Setting",
    "SourceError",
    "Table",
    "Transform",
    "UnexpectedAnswer",
    "base_url",
    "count",
    "hookimpl",
    "maximum",
    "minimum",
    "page_size",
    "ratio",
    "total",
]
