"""Plugins that assemble, and break a rule once they run."""

from broken import Sample

_OWN_AUTH = """
{decorator}
class Signed(AuthBase):
    key: str

    def __call__(self, request):
        {body}
        return request


@hookimpl
def connector_auth():
    return lambda configuration: Signed(configuration["api_key"])


@hookimpl
def connector_settings():
    return [base_url("https://crew.example.com"), Setting("api_key", secret={secret})]
"""

SAMPLES = (
    Sample(
        "options",
        "misspelt",
        "",
        (
            "names the option 'options_misspelt.pay_per_our'",
            "no hook offers (did you mean pay_per_hour?)",
            "install the plugin",
        ),
        options=("options_misspelt.pay_per_our", "options_misspelt.options_misspelt_totals"),
    ),
    Sample(
        "secrets",
        "repr",
        _OWN_AUTH.format(decorator="@frozen(eq=False)", body='request.headers["X-Key"] = self.key', secret=True),
        ("Its auth object shows a secret", "field(repr=False)"),
    ),
    Sample(
        "secrets",
        "a part of it in base 64",
        _OWN_AUTH.format(
            decorator="@frozen(eq=False, repr=False)",
            body='import base64; request.headers["X-Key"] = base64.b64encode(f"crew:{self.key[:-1]}".encode()).decode()',
            secret=True,
        ),
        ("The error after an answer of 400 shows a secret", "configuration.hidden.add"),
    ),
    Sample(
        "paginator_ends",
        "never",
        """
class Endless(OffsetPaginator):
    def following(self, request, page):
        return request.placed("query", self.param, int(request.params[self.param]) + 5)


@hookimpl
def connector_paginator(table):
    return Endless()
""",
        ("after 500 pages it still asks", "GET /shifts?limit=5&offset=", "Let following return None"),
    ),
    Sample(
        "paginator_ends",
        "fails",
        """
class Failing(OffsetPaginator):
    def following(self, request, page):
        return request.placed("query", self.param, page.body["next_offset"])


@hookimpl
def connector_paginator(table):
    return Failing()
""",
        ("KeyError", "next_offset", "Correct the paginator"),
    ),
    Sample(
        "paginator_advances",
        "asks twice",
        """
class Twice(OffsetPaginator):
    def following(self, request, page):
        if request.position.get("asked"):
            return super().following(evolve(request, position={}), page)
        return evolve(request, position={"asked": True})


@hookimpl
def connector_paginator(table):
    return Twice()
""",
        ("the request GET /shifts?limit=5&offset=0 a second time", "put the place into it"),
    ),
    Sample(
        "bookmarks",
        "forgets",
        """
class Forgetful(CursorPaginator):
    def bookmark(self, request):
        return {}


@hookimpl
def connector_paginator(table):
    return Forgetful()
""",
        ("the bookmark of GET /shifts?page_size=5&cursor=", "is {}", "let bookmark hold all that first needs"),
    ),
    Sample(
        "bookmarks",
        "no JSON",
        """
class Dated(OffsetPaginator):
    def bookmark(self, request):
        return {**super().bookmark(request), "read": datetime.now(UTC)}


@hookimpl
def connector_paginator(table):
    return Dated()
""",
        ("is no JSON object", "datetime is not JSON serializable", "Use texts, numbers"),
    ),
    Sample(
        "bookmarks",
        "not the same in JSON",
        """
class Paired(OffsetPaginator):
    def first(self, table, page_size, bookmark):
        return super().first(table, page_size, dict([bookmark["place"]]) if bookmark else {})

    def bookmark(self, request):
        return {"place": ("offset", int(request.params["offset"]))}


@hookimpl
def connector_paginator(table):
    return Paired()
""",
        ("comes back from the state as", "Use texts, numbers, lists"),
    ),
    Sample(
        "bookmarks",
        "counts pages",
        """
class Numbered(PageNumberPaginator):
    def first(self, table, page_size, bookmark):
        return super().first(table, page_size, {}).placed("query", "page", bookmark.get("page", 1))

    def bookmark(self, request):
        return {"page": int(request.params["page"])}


@hookimpl
def connector_paginator(table):
    return Numbered()
""",
        ("with pages of 5", "record does not come, such as key-", "in records, not in pages"),
    ),
    Sample(
        "bookmarks",
        "rests nowhere",
        """
class Restless(OffsetPaginator):
    def first(self, table, page_size, bookmark):
        return super().first(table, page_size, {"offset": int(bookmark.get("offset", 0))})

    def rest(self, request, page):
        return {"offset": "the end"}


@hookimpl
def connector_paginator(table):
    return Restless()
""",
        ("the next sync starts from {'offset': 'the end'}", "ValueError", "Correct rest"),
    ),
    Sample(
        "transforms_take_any_record",
        "raises",
        """
@hookimpl
def connector_transforms(table):
    return [DerivedField("double_pay", lambda record: 2 * record["pay"], default=False)]
""",
        ("double_pay fails on a record with nothing but its key with KeyError: 'pay'", "use record.get"),
    ),
    Sample(
        "transforms_take_any_record",
        "makes a text",
        """
@hookimpl
def connector_transforms(table):
    return [Transform("as_text", lambda record: str(record))]
""",
        ("as_text makes str of an ordinary record", "Return the record, or None"),
    ),
    Sample(
        "transforms_take_any_record",
        "loses the key",
        """
def without_nulls(record):
    return {name: value for name, value in record.items() if name != "shift_id" or record.get("pay")}


@hookimpl
def connector_transforms(table):
    return [Transform("without_nulls", without_nulls)]
""",
        ("without_nulls takes shift_id, the key, away from a record with nothing but its key", "Leave it where it is"),
    ),
    Sample(
        "transforms_keep_nothing",
        "keeps",
        """
SEEN = []


def seen(record):
    SEEN.append(record)
    return len(record)


@hookimpl
def connector_transforms(table):
    return [DerivedField("fields", seen, type="LONG", default=False)]
""",
        ("fields keeps an ordinary record", "memory grows", "Keep nothing between two calls"),
    ),
    Sample(
        "transforms_keep_nothing",
        "keeps a part",
        """
LAST = {}


def tagged(record):
    LAST["tags"] = record.get("tags")
    return record


@hookimpl
def connector_transforms(table):
    return [Transform("tagged", tagged)]
""",
        ("tagged keeps an ordinary record", "or a part of it", "Keep nothing between two calls"),
    ),
    Sample(
        "transforms_keep_nothing",
        "shares",
        """
NO_TAGS = []


def with_tags(record):
    if not isinstance(record.get("tags"), dict):
        record["tags"] = NO_TAGS
    return record


@hookimpl
def connector_transforms(table):
    return [Transform("with_tags", with_tags)]
""",
        ("with_tags puts the same list or dict into two records", "Make a new one each time"),
    ),
    Sample(
        "transforms_keep_nothing",
        "first only",
        """
SEEN = set()


def once(record):
    if record["shift_id"] in SEEN:
        return None
    SEEN.add(record["shift_id"])
    return record


@hookimpl
def connector_transforms(table):
    return [Transform("once", once)]
""",
        ("once takes an ordinary record once and leaves it out another time", "decide by the record alone"),
    ),
    Sample(
        "derived_fields_only_read",
        "takes away",
        """
def tip(record):
    return record.pop("tip", None)


@hookimpl
def connector_transforms(table):
    return [DerivedField("tips", lambda record: record.setdefault("tip", 0.0), default=False)]
""",
        ("the function of tips changes an ordinary record", "write a Transform"),
    ),
    Sample(
        "exact_tables",
        "passes records over",
        """
class Hasty(OffsetPaginator):
    def first(self, table, page_size, bookmark):
        return super().first(table, page_size, bookmark).placed("query", "offset", 1)


@hookimpl
def connector_paginator(table):
    return Hasty()
""",
        ("After sync 1", "1 of 12 records is missing", "Look at the paginator"),
    ),
    Sample(
        "exact_tables",
        "numbers the rows",
        """
NUMBERS = counter()


@hookimpl
def connector_transforms(table):
    return [DerivedField("number", lambda record: next(NUMBERS), type="LONG", default=False)]
""",
        ("After sync 1", "number:", "transforms that go by more than their record"),
    ),
    Sample(
        "literal_secrets",
        "header",
        """
HEADERS = {"Authorization": "Bearer 3f9Qk2LmZ8xY7vB1nR6tW0pS5dGhJ4cA"}
""",
        ("__init__.py, line ", "looks like a secret", "secret=True", "pragma: allowlist secret"),
    ),
    Sample(
        "bare_import",
        "reads its metadata",
        """
from importlib.metadata import version

VERSION = version("connector-DATASET")
""",
        ("PackageNotFoundError", "no metadata of distributions"),
    ),
    Sample(
        "bare_import",
        "needs the command",
        """
importlib.import_module("connector_build.sample")
""",
        ("No module named 'connector_build'", "Import and read only what ships"),
    ),
    Sample(
        "bare_import",
        "does not say what it needs",
        """
import hypothesis
""",
        ("imports hypothesis", "would not be there on Fivetran", "dependencies"),
    ),
    Sample(
        "bare_import",
        "prints",
        """
print("crew is here")
""",
        ("prints when it is imported: crew is here", "say nothing"),
    ),
    Sample(
        "bare_import",
        "exits",
        """
import sys

if "connector_build" not in sys.modules:
    sys.exit()
""",
        ("ends the process", "Define things in a module"),
    ),
    Sample(
        "same_bytes",
        "set",
        """
COLUMNS |= dict.fromkeys({"name", "ship", "port", "role", "grade", "phone", "mail", "note"}, "STRING")
""",
        ("README.md", "differ", "no sets"),
    ),
    Sample(
        "same_bytes",
        "of one process",
        """
import os

if os.environ.get("PYTHONHASHSEED") in ("1", "2"):
    raise RuntimeError("not in this process")
""",
        ("Another process cannot build it", "not in this process", "nothing but what is installed"),
    ),
    Sample(
        "survives_faults",
        "trusts a short page",
        """
class Trusting(OffsetPaginator):
    def following(self, request, page):
        return None if len(page.records) < int(request.params["limit"]) else super().following(request, page)


@hookimpl
def connector_paginator(table):
    return Trusting()
""",
        ("of the fault matrix failed", "a shorter page (first sync)", "lacks"),
    ),
)
