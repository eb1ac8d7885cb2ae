"""Plugins that break a rule of assembly."""

from broken import Sample

SAMPLES = (
    Sample(
        "assembles",
        "asks at import",
        """
import socket

socket.create_connection(("crew.example.com", 443))
""",
        ("crew.example.com:443 is out of reach", "no network", "Correct the plugin"),
    ),
    Sample(
        "assembles",
        "asks and goes on",
        """
@hookimpl
def connector_tables():
    import socket

    try:
        socket.getaddrinfo("crew.example.com", 443)
    except OSError:
        pass
    return [Table(**PARTS)]
""",
        ("asks the network for crew.example.com:443", "leave requests to the sync"),
    ),
    Sample(
        "assembles",
        "raises",
        """
@hookimpl
def connector_paginator(table):
    return OffsetPaginator(**{"size": 5})
""",
        ("connector_paginator", "TypeError", "Correct the function"),
    ),
    Sample(
        "assembles",
        "exits",
        """
@hookimpl
def connector_paginator(table):
    raise SystemExit
""",
        ("ends the process", "Return values from the hooks"),
    ),
    Sample(
        "assembles_the_same",
        "counts",
        """
NUMBERS = counter()


@hookimpl
def connector_paginator(table):
    return OffsetPaginator(f"offset{next(NUMBERS)}")
""",
        ("tables[0].paginator.value", "offset1", "offset2", "the same values whenever they are called"),
    ),
    Sample(
        "assembles_the_same",
        "looks at the clock",
        """
@hookimpl
def connector_tables():
    return [Table(**PARTS, params={"until": str(time.time_ns())})]
""",
        ("in full[0]", "'until': '1", "without times"),
    ),
    Sample(
        "hooks",
        "not marked",
        """
def connector_auth():
    return ApiKeyHeader("api_key")
""",
        ("connector_auth is not marked as a hook", "Write @hookimpl above it"),
    ),
    Sample(
        "hooks",
        "no such hook",
        """
@hookimpl
def connector_table():
    return []
""",
        ("connector_table", "did you mean connector_tables?"),
    ),
    Sample(
        "hooks",
        "wrong type",
        """
@hookimpl
def connector_paginator(table):
    return "cursor"
""",
        ("connector_paginator", "str 'cursor'", "Return a paginator"),
    ),
    Sample(
        "hooks",
        "auth of another type",
        """
@hookimpl
def connector_auth():
    return lambda configuration: ("user", "password")
""",
        ("connector_auth", "makes tuple", "Return a requests.auth.AuthBase"),
    ),
    Sample(
        "names",
        "table",
        """
PARTS["name"] = "CrewShifts"
""",
        ("CrewShifts", "Fivetran would rename", "lower-case letters"),
    ),
    Sample(
        "names",
        "derived field",
        """
@hookimpl
def connector_transforms(table):
    return [DerivedField("pay4hours", ratio("pay", "hours"))]
""",
        ("derived field pay4hours", "as pay_4_hours", "Name it so"),
    ),
    Sample(
        "names",
        "measure",
        """
@hookimpl
def connector_extra_tables(table):
    return [Aggregate("DATASET_totals", ["memberId"], {"totalPay": total("pay")})]
""",
        ("measure totalPay", "as total_pay", "Name it so"),
    ),
    Sample(
        "extra_table_names",
        "nobodys",
        """
@hookimpl
def connector_extra_tables(table):
    return [Aggregate("totals", ["memberId"], {"shifts": count()}, default=False)]
""",
        ("The extra table totals", "Name it extra_table_names_nobodys_totals"),
    ),
    Sample(
        "distinct_names",
        "column",
        """
@hookimpl
def connector_transforms(table):
    return [DerivedField("hours", ratio("pay", "hours"))]
""",
        ("column hours", "claimed twice", "Rename one of them"),
    ),
    Sample(
        "distinct_names",
        "once stored",
        """
@hookimpl
def connector_extra_tables(table):
    return [Aggregate("DATASET_totals", ["memberId"], {"member_id": count()}, default=False)]
""",
        ("distinct_names_once_stored_totals", "memberId and member_id both become member_id", "rename it with one"),
    ),
    Sample(
        "keys",
        "empty",
        """
PARTS["primary_key"] = []
""",
        ("primary_key", "is empty", "Name the columns that identify a row"),
    ),
    Sample(
        "keys",
        "not declared",
        """
PARTS["primary_key"] = ["shift"]
""",
        ("primary_key names shift", "columns does not declare"),
    ),
    Sample(
        "column_types",
        "text",
        """
COLUMNS["note"] = "TEXT"
""",
        ("'note' as 'TEXT'", "The SDK takes", "STRING"),
    ),
)
