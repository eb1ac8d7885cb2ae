"""The pages for those who come from elsewhere: each is followed, and each word of ours in its tables is one."""

import inspect
import re
import shlex
import shutil
import time
from pathlib import Path

import pytest
from test_docs import Command, Workshop, assert_shown, blocks, commands, named

import connector_core
from connector_build.drafting.airbyte.drafting import airbyte_draft
from connector_build.drafting.writing import plugin_text
from connector_core.plugin.assembly import HOOKS
from places import ROOT

PAGES = [ROOT / "docs" / f"from-{name}.md" for name in ("handwritten", "airbyte", "singer-dlt")]
BASH = shutil.which("bash") or "bash"


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_the_page_works_as_written(page: Path, tmp_path: Path) -> None:
    follow_all(page, tmp_path)


def follow_all(page: Path, folder: Path) -> None:
    """Do in *folder* all that *page* says, word for word."""
    shop = Workshop(folder)
    checked = folder / ".fivetran/connector_sdk/_last_version_check"
    checked.parent.mkdir(parents=True)
    checked.write_text(str(int(time.time())), encoding="utf-8")  # or the fivetran command would ask the network for a newer one
    try:
        for block in blocks(page.read_text(encoding="utf-8")):
            if block.path:
                shop.write(block)
            for command in commands(block) if block.kind == "console" else ():
                follow(shop, command)
    finally:
        for process in shop.running:
            process.kill()
            process.wait()


def follow(shop: Workshop, command: Command) -> None:
    """Run *command* in a shell: it has to end well, and to print what the page shows."""
    words = shlex.split(command.line)
    if words[-1] == "&":
        shop.leave_running(words[:-1], int(words[words.index("--port") + 1]))
        return
    done = shop.run([BASH, "--noprofile", "--norc", "-c", command.line])
    assert done.returncode == 0, f"{command.line}: exit {done.returncode}\n{done.stdout}"
    assert_shown(command, done.stdout)


def rows(page: Path) -> list[list[str]]:
    """The rows of the tables of words, without their heads."""
    found = [line.strip("|").split("|") for line in page.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in row] for row in found if row[1].strip() not in ("here", "---")]


def is_ours(code: str) -> bool:
    """Whether *code* is a word of connector_core, a hook, or such a word with an argument that it takes."""
    word, _, argument = code.rstrip(")").partition("(")
    if word.startswith("connector-build ") or word in HOOKS:
        return True
    given = getattr(connector_core, word, None) if word in connector_core.__all__ else None
    if not argument:
        return given is not None or any(word in inspect.signature(each).parameters for each in WORDS)
    return given is not None and argument.partition("=")[0] in inspect.signature(given).parameters


WORDS = (connector_core.Table, connector_core.UpdatedSince, connector_core.Parent)
"""Words whose arguments are named alone, as in "its lookback"."""
VALUES = {"JSON", "allow", "warn", "fail", "drop", "merge", "replace", "append"}
"""What an argument is given, or is called there."""


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_each_word_of_ours_is_one(page: Path) -> None:
    assert len(rows(page)) > 15
    for _, ours in rows(page):
        for code in re.findall(r"`([^`]+)`", ours):
            known = is_ours(code) or code in VALUES or code in OF_THEIRS
            assert known, f"{named(page)} says {code}, which is no word of connector_core"


OF_THEIRS = {"HttpRequester.path", "RequestPath", "step", "lookback_window", "initial_value", "lag", "include_from_parent"} | {
    "Retry-After",
    "Link",
    "is_sorted",
}
"""Words of the other tool that stand beside ours."""


def manifest(stream: str = "", requester: str = "", retriever: str = "") -> str:
    return f"""
streams:
  - name: crews
    primary_key: id
    retriever:
      requester: {{url_base: "https://crew.example.com", path: /crews, http_method: GET, {requester}}}
      record_selector: {{extractor: {{field_path: [data]}}}}
      {retriever}
    schema_loader: {{type: InlineSchemaLoader, schema: {{properties: {{id: {{type: integer}}, at: {{type: string}}}}}}}}
    {stream}
spec: {{connection_specification: {{properties: {{key: {{airbyte_secret: true}}, ids: {{type: array}}}}}}}}
"""


def paging(strategy: str) -> str:
    option = "{type: RequestOption, inject_into: request_parameter, field_name: p}"
    return f"paginator: {{type: DefaultPaginator, page_token_option: {option}, pagination_strategy: {{{strategy}}}}}"


def since(more: str = "") -> str:
    option = "{type: RequestOption, inject_into: request_parameter, field_name: since}"
    started = f'start_datetime: "2026-01-01", start_time_option: {option}'
    return f'incremental_sync: {{type: DatetimeBasedCursor, cursor_field: at, datetime_format: "%Y-%m-%d", {started}{more}}}'


UNTIL = "end_time_option: {type: RequestOption, inject_into: request_parameter, field_name: until}"
END = f", {UNTIL}, step: P1D, cursor_granularity: P1D"
LISTED = "partition_router: {type: ListPartitionRouter, cursor_field: c, values: \"{{ config['ids'] }}\"}"
KEY = "\"{{ config['key'] }}\""
AIRBYTE = [
    ("NoPagination", "SinglePage(", manifest(retriever="paginator: {type: NoPagination}")),
    (
        "CursorPagination",
        "CursorPaginator(",
        manifest(retriever=paging('type: CursorPagination, cursor_value: "{{ response.next }}"')),
    ),
    (
        "CursorPagination",
        "KeysetPaginator(",
        manifest(retriever=paging('type: CursorPagination, cursor_value: "{{ last_record.id }}"')),
    ),
    ("PageIncrement", "PageNumberPaginator(", manifest(retriever=paging("type: PageIncrement, page_size: 10"))),
    ("OffsetIncrement", "OffsetPaginator(", manifest(retriever=paging("type: OffsetIncrement, page_size: 10"))),
    ("DatetimeBasedCursor", "UpdatedSince(", manifest(stream=since())),
    ("DatetimeBasedCursor", "Windows(", manifest(stream=since(END))),
    ("ListPartitionRouter", "Each(", manifest(retriever=LISTED)),
    (
        "BearerAuthenticator",
        "BearerToken(",
        manifest(requester=f"authenticator: {{type: BearerAuthenticator, api_token: {KEY}}}"),
    ),
    (
        "ApiKeyAuthenticator",
        "ApiKeyHeader(",
        manifest(requester=f"authenticator: {{type: ApiKeyAuthenticator, header: X-Key, api_token: {KEY}}}"),
    ),
    ("RemoveFields", "drop(", manifest(stream="transformations: [{type: RemoveFields, field_pointers: [[at]]}]")),
    ("CsvDecoder", "Csv(", manifest(retriever="decoder: {type: CsvDecoder}")),
    ("JsonlDecoder", "JsonLines(", manifest(retriever="decoder: {type: JsonlDecoder}")),
]


@pytest.mark.parametrize(("theirs", "ours", "text"), AIRBYTE, ids=lambda each: str(each)[:20])
def test_a_component_of_airbyte_becomes_the_word_beside_it(theirs: str, ours: str, text: str) -> None:
    assert ours in plugin_text(airbyte_draft("crew", text))
    [beside] = [row[1] for row in rows(ROOT / "docs/from-airbyte.md") if f"`{theirs}`" in row[0]]
    assert f"`{ours.rstrip('(')}`" in beside
