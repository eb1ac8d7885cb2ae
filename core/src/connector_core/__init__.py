"""Connectors for Fivetran's Connector SDK, written as plugins: the part that ships with every connector.

A plugin imports what it needs from here and nothing from the modules below.
"""

from connector_core.auth import ApiKeyHeader, ApiKeyQuery, AuthChoice, AuthFactory, BasicAuth, BearerToken, DigestAuth, NoAuth
from connector_core.certificate import ClientCertificate
from connector_core.error_rules import ErrorRule, fail, ignore, retry, wait_until
from connector_core.errors import ConfigurationError, ConnectorError, DeliveryError, PluginError, SourceError, UnexpectedAnswer
from connector_core.extra_tables import Aggregate, Dimension, Measure, count, maximum, minimum, total
from connector_core.formats import Csv, JsonLines
from connector_core.hooks import hookimpl
from connector_core.incremental import FullRead, UpdatedSince, Windows
from connector_core.jwt_bearer import JwtBearer
from connector_core.limits import Budget
from connector_core.login import SessionLogin
from connector_core.oauth import OAuth2ClientCredentials, OAuth2RefreshToken
from connector_core.pagination import Page, Paginator, Request
from connector_core.paginators import (
    CursorPaginator,
    FunctionPaginator,
    KeysetPaginator,
    LinkHeaderPaginator,
    NextLinkPaginator,
    OffsetPaginator,
    PageNumberPaginator,
    SinglePage,
    empty_page,
    hard_limit,
    last_page,
    no_more,
    short_page,
    total_reached,
)
from connector_core.parents import Parent
from connector_core.ready_transforms import drop, flatten, hashed, only_if, rename, tombstones
from connector_core.settings import Configuration, Setting, base_url, page_size
from connector_core.tables import Record, Table
from connector_core.transforms import DerivedField, Transform, ratio

__all__ = [
    "Aggregate",
    "ApiKeyHeader",
    "ApiKeyQuery",
    "AuthChoice",
    "AuthFactory",
    "BasicAuth",
    "BearerToken",
    "Budget",
    "ClientCertificate",
    "Configuration",
    "ConfigurationError",
    "ConnectorError",
    "Csv",
    "CursorPaginator",
    "DeliveryError",
    "DerivedField",
    "DigestAuth",
    "Dimension",
    "ErrorRule",
    "FullRead",
    "FunctionPaginator",
    "JsonLines",
    "JwtBearer",
    "KeysetPaginator",
    "LinkHeaderPaginator",
    "Measure",
    "NextLinkPaginator",
    "NoAuth",
    "OAuth2ClientCredentials",
    "OAuth2RefreshToken",
    "OffsetPaginator",
    "Page",
    "PageNumberPaginator",
    "Paginator",
    "Parent",
    "PluginError",
    "Record",
    "Request",
    "SessionLogin",
    "Setting",
    "SinglePage",
    "SourceError",
    "Table",
    "Transform",
    "UnexpectedAnswer",
    "UpdatedSince",
    "Windows",
    "base_url",
    "count",
    "drop",
    "empty_page",
    "fail",
    "flatten",
    "hard_limit",
    "hashed",
    "hookimpl",
    "ignore",
    "last_page",
    "maximum",
    "minimum",
    "no_more",
    "only_if",
    "page_size",
    "ratio",
    "rename",
    "retry",
    "short_page",
    "tombstones",
    "total",
    "total_reached",
    "wait_until",
]
