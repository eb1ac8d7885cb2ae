"""Connectors for Fivetran's Connector SDK, written as plugins: the part that ships with every connector.

A plugin imports what it needs from here and nothing from the modules below.
"""

from connector_core.auth.certificate import ClientCertificate
from connector_core.auth.choice import AuthChoice
from connector_core.auth.jwt_bearer import JwtBearer
from connector_core.auth.kinds import (
    ApiKeyHeader,
    ApiKeyQuery,
    AuthFactory,
    BasicAuth,
    BearerToken,
    DigestAuth,
    NoAuth,
)
from connector_core.auth.login import SessionLogin
from connector_core.auth.oauth import OAuth2ClientCredentials, OAuth2RefreshToken
from connector_core.auth.path_key import ApiKeyPath
from connector_core.basics.arguments import guarded
from connector_core.basics.errors import (
    ConfigurationError,
    ConnectorError,
    DeliveryError,
    PluginError,
    SourceError,
    UnexpectedAnswer,
)
from connector_core.derived.extra_tables import Aggregate, Dimension
from connector_core.derived.functions import coalesce, concat, date_part, difference, lower, product, sum_of, trim, upper
from connector_core.derived.measures import Measure, average, count, count_distinct, count_if, maximum, minimum, total
from connector_core.derived.nested import Nested
from connector_core.derived.ready_transforms import drop, flatten, hashed, only_if, rename, tombstones
from connector_core.derived.transforms import DerivedField, Transform, ratio
from connector_core.paging.cursor import CursorPaginator
from connector_core.paging.full_read import FullRead
from connector_core.paging.function import FunctionPaginator
from connector_core.paging.job import Job
from connector_core.paging.keyset import KeysetPaginator
from connector_core.paging.links import LinkHeaderPaginator, NextLinkPaginator
from connector_core.paging.numbers import OffsetPaginator, PageNumberPaginator
from connector_core.paging.single import SinglePage
from connector_core.paging.stop_rules import (
    empty_page,
    field_is,
    hard_limit,
    header_is,
    last_page,
    link_is,
    no_more,
    repeated_page,
    short_page,
    total_reached,
)
from connector_core.paging.until_known import UntilKnown
from connector_core.paging.updated_since import UpdatedSince
from connector_core.paging.windows import Windows
from connector_core.plugin.family import dataset
from connector_core.plugin.hooks import hookimpl
from connector_core.source.columns import Column
from connector_core.source.configuration import Configuration
from connector_core.source.csv_format import Csv
from connector_core.source.deletes import DeletedBy, ListedIn
from connector_core.source.error_rules import ErrorRule, empty, fail, ignore, renew, retry, start_over, wait_until
from connector_core.source.json_format import Json
from connector_core.source.json_lines import JsonLines
from connector_core.source.limits import Budget
from connector_core.source.pagination import Page, Paginator, Request
from connector_core.source.parents import Each, Parent
from connector_core.source.rows import (
    columns_to_rows,
    exploded,
    key_of,
    keyed,
    request_param,
    stamped,
    values,
)
from connector_core.source.settings import Setting, base_url, ca_certificate, page_size
from connector_core.source.tables import Record, Table
from connector_core.source.xml_format import Xml
from connector_core.source.zip_format import Zip

__all__ = [
    "Aggregate",
    "ApiKeyHeader",
    "ApiKeyPath",
    "ApiKeyQuery",
    "AuthChoice",
    "AuthFactory",
    "BasicAuth",
    "BearerToken",
    "Budget",
    "ClientCertificate",
    "Column",
    "Configuration",
    "ConfigurationError",
    "ConnectorError",
    "Csv",
    "CursorPaginator",
    "DeletedBy",
    "DeliveryError",
    "DerivedField",
    "DigestAuth",
    "Dimension",
    "Each",
    "ErrorRule",
    "FullRead",
    "FunctionPaginator",
    "Job",
    "Json",
    "JsonLines",
    "JwtBearer",
    "KeysetPaginator",
    "LinkHeaderPaginator",
    "ListedIn",
    "Measure",
    "Nested",
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
    "UntilKnown",
    "UpdatedSince",
    "Windows",
    "Xml",
    "Zip",
    "average",
    "base_url",
    "ca_certificate",
    "coalesce",
    "columns_to_rows",
    "concat",
    "count",
    "count_distinct",
    "count_if",
    "dataset",
    "date_part",
    "difference",
    "drop",
    "empty",
    "empty_page",
    "exploded",
    "fail",
    "field_is",
    "flatten",
    "hard_limit",
    "hashed",
    "header_is",
    "hookimpl",
    "ignore",
    "key_of",
    "keyed",
    "last_page",
    "link_is",
    "lower",
    "maximum",
    "minimum",
    "no_more",
    "only_if",
    "page_size",
    "product",
    "ratio",
    "rename",
    "renew",
    "repeated_page",
    "request_param",
    "retry",
    "short_page",
    "stamped",
    "start_over",
    "sum_of",
    "tombstones",
    "total",
    "total_reached",
    "trim",
    "upper",
    "values",
    "wait_until",
]

for _name in __all__:
    if _name != "Page":  # which the client makes, one after the other: a plugin is given it
        globals()[_name] = guarded(globals()[_name])
