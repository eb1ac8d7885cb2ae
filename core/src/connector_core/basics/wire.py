"""The parts of urllib3 that the client works with, under the name by which requests brings it.

``fivetran package`` asks for a line in ``requirements.txt`` for each package that a project imports, and to name the one that
requests stands on would pin it a second time.
"""

from requests.packages.urllib3 import HTTPConnectionPool, HTTPResponse, HTTPSConnectionPool
from requests.packages.urllib3.connection import HTTPConnection, HTTPSConnection
from requests.packages.urllib3.exceptions import (
    DecodeError,
    HTTPError,
    NameResolutionError,
    ProtocolError,
    ReadTimeoutError,
    SSLError,
)
from requests.packages.urllib3.util import parse_url
from requests.packages.urllib3.util.ssl_ import create_urllib3_context

__all__ = [
    "DecodeError",
    "HTTPConnection",
    "HTTPConnectionPool",
    "HTTPError",
    "HTTPResponse",
    "HTTPSConnection",
    "HTTPSConnectionPool",
    "NameResolutionError",
    "ProtocolError",
    "ReadTimeoutError",
    "SSLError",
    "create_urllib3_context",
    "parse_url",
]
