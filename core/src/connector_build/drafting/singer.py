"""A catalog of Singer → tables with columns and keys. A catalog does not say how anything is asked for: that stays to be done."""

from typing import Any

from connector_build.drafting.columns import columns_of, twins, type_of
from connector_build.drafting.documents import document
from connector_build.drafting.draft import Call, Draft, TableDraft, Value, guessed, todo
from connector_build.drafting.keys import key_of_names, key_options
from connector_build.drafting.named import Names
from connector_build.drafting.shape import list_of, object_of, text_of
from connector_build.drafting.writing import table_name_of
from connector_build.errors import BuildError


def singer_draft(name: str, text: str) -> Draft:
    """The dataset *name*, drafted from the catalog *text*. Raises BuildError for what is no catalog, or one without streams."""
    streams = [object_of(each) for each in list_of(document(text).get("streams"))]
    chosen = [each for each in streams if _is_selected(each)] or streams
    if not chosen:
        raise BuildError("it is no catalog of Singer with streams in it.")
    names = Names(called=table_name_of)
    tables = tuple(_table(each, names) for each in chosen)
    remarks = ["Drafted from a catalog of Singer, which says what tables hold and not how an API is asked for them."]
    if len(chosen) < len(streams):
        remarks.append(f"{len(streams) - len(chosen)} streams are not selected in it.")
    auth = todo(Call("BearerToken"), "how the API is signed in to")
    return Draft(
        name, f"{name}, by a catalog of Singer", tables, auth, (todo(Call("base_url"), "the address of the API"),), tuple(remarks)
    )


def _is_selected(stream: dict[str, Any]) -> bool:
    return (
        stream.get("selected") is True
        or _about(stream).get("selected") is True
        or object_of(stream.get("schema")).get("selected") is True
    )


def _about(stream: dict[str, Any]) -> dict[str, Any]:
    """What the metadata says of the stream as a whole."""
    for each in list_of(stream.get("metadata")):
        if object_of(each).get("breadcrumb") == []:
            return object_of(object_of(each).get("metadata"))
    return {}


def _table(stream: dict[str, Any], names: Names) -> TableDraft:
    called = text_of(stream.get("stream")) or text_of(stream.get("tap_stream_id")) or "records"
    name = names.given(called)
    columns = columns_of(stream.get("schema"))
    for twin in twins(columns):
        del columns[twin]
    options: dict[str, Value] = {
        "name": name,
        "path": todo(f"/{name}", "where the API serves it"),
        "records": todo("@", "where the records are"),
    }
    options |= {**_key(stream, name, columns), "columns": columns}
    return TableDraft(options, todo(Call("SinglePage"), f"how it is paged{_bookmark(stream)}"))


def _key(stream: dict[str, Any], name: str, columns: dict[str, Value]) -> dict[str, Value]:
    given = stream.get("key_properties") or _about(stream).get("table-key-properties")
    key = [each for each in list_of(given) if isinstance(each, str) and each]
    for each in key:
        if each not in columns or type_of(columns[each]) == "JSON":
            columns[each] = guessed("STRING", "a key, of which no plain type is said")
    return {"primary_key": list(dict.fromkeys(key))} if key else key_options(*key_of_names(columns, [name]))


def _bookmark(stream: dict[str, Any]) -> str:
    about = _about(stream)
    fields = [text_of(stream.get("replication_key")), *(text_of(each) for each in list_of(about.get("valid-replication-keys")))]
    found = next((each for each in fields if each), "")
    return f"; it is incremental by {found}" if found else ""
