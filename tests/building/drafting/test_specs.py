"""Files of specifications: which are read, and what is said of those that are not."""

import json
from pathlib import Path

import pytest

from connector_build.drafting import specs
from connector_build.drafting.specs import SPECS, SpecKind, drafted_from
from connector_build.errors import BuildError, UsageProblem

OPENAPI = """
openapi: 3.0.0
info: {title: Crews}
servers: [{url: https://api.example.com}]
paths:
  /crews:
    get:
      responses:
        200: {content: {application/json: {schema: {type: array, items: {type: object, properties: {id: {type: integer}}}}}}}
"""
AIRBYTE = """
streams:
  - name: crews
    primary_key: id
    schema_loader: {type: JsonFileSchemaLoader, file_path: ./source_x/schemas/crews.json}
    retriever:
      requester: {url_base: https://api.example.com, path: crews}
      record_selector: {extractor: {field_path: [crews]}}
  - name: shifts
    retriever:
      requester: {url_base: https://api.example.com, path: "crews/{{ stream_partition.crew }}/shifts"}
      record_selector: {extractor: {field_path: [shifts]}}
      partition_router:
        type: SubstreamPartitionRouter
        parent_stream_configs: [{stream: "#/streams/0", parent_key: id, partition_field: crew}]
"""
SINGER = json.dumps(
    {"streams": [{"stream": "crews", "key_properties": ["id"], "schema": {"properties": {"id": {"type": "integer"}}}}]}
)
DLT = 'import dlt\nconfig = {"client": {"base_url": "https://api.example.com"}, "resources": ["crews"]}\n'
TEXTS: dict[SpecKind, str] = {"openapi": OPENAPI, "airbyte": AIRBYTE, "singer": SINGER, "dlt": DLT}


@pytest.mark.parametrize("kind", sorted(SPECS))
def test_each_kind_of_file_is_drafted(kind: SpecKind, tmp_path: Path) -> None:
    path = tmp_path / "spec"
    path.write_text(TEXTS[kind], encoding="utf-8")
    assert drafted_from(kind, path, "crew").tables[0].name == "crews"


@pytest.mark.parametrize("kind", sorted(SPECS))
def test_what_cannot_be_read_is_wrong_usage_and_names_the_file(
    kind: SpecKind, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UsageProblem, match=r"none: No such file or directory\. Name the file of a"):
        drafted_from(kind, tmp_path / "none", "crew")
    with pytest.raises(UsageProblem, match="Is a directory"):
        drafted_from(kind, tmp_path, "crew")
    (tmp_path / "bytes").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageProblem, match="bytes: it is no text in UTF-8"):
        drafted_from(kind, tmp_path / "bytes", "crew")
    monkeypatch.setattr(specs, "MOST_BYTES", 2)
    with pytest.raises(UsageProblem, match="bytes: it has more than 2 bytes"):
        drafted_from(kind, tmp_path / "bytes", "crew")


@pytest.mark.parametrize("kind", sorted(SPECS))
@pytest.mark.parametrize(
    "text", ["", "a: 1", "[]", "{", "import os\nos.abort()", "x = " + "(" * 5000, "a: !!python/object:os.system {}"]
)
def test_what_is_no_specification_is_one_sentence_with_the_file(kind: SpecKind, text: str, tmp_path: Path) -> None:
    path = tmp_path / "spec.txt"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BuildError) as refused:
        drafted_from(kind, path, "crew")
    assert str(refused.value).startswith(f"{path}: ")
    assert "\n" not in str(refused.value)


def test_schemas_are_read_from_beside_the_manifest_and_from_nowhere_else(tmp_path: Path) -> None:
    (tmp_path / "secret.json").write_text('{"properties": {"secret": {"type": "string"}}}', encoding="utf-8")
    (tmp_path / "source" / "schemas").mkdir(parents=True)
    path = tmp_path / "source" / "manifest.yaml"
    (tmp_path / "source" / "schemas" / "crews.json").write_text(
        '{"properties": {"id": {"type": "integer"}, "size": {"type": "number"}}}', encoding="utf-8"
    )
    path.write_text(AIRBYTE, encoding="utf-8")
    assert drafted_from("airbyte", path, "crew").tables[0].table["columns"] == {"id": "LONG", "size": "DOUBLE"}
    path.write_text(AIRBYTE.replace("./source_x/schemas/crews.json", "../../secret.json"), encoding="utf-8")
    assert "secret" not in str(drafted_from("airbyte", path, "crew").tables[0].table["columns"])


def test_only_the_tables_that_are_wanted_with_their_parents(tmp_path: Path) -> None:
    path = tmp_path / "manifest.yaml"
    path.write_text(AIRBYTE, encoding="utf-8")
    assert [table.name for table in drafted_from("airbyte", path, "crew", ["shifts"]).tables] == ["crews", "shifts"]
    assert [table.name for table in drafted_from("airbyte", path, "crew", ["crews"]).tables] == ["crews"]
    with pytest.raises(UsageProblem, match=r"it has no 'no'\. There are crews, shifts\."):
        drafted_from("airbyte", path, "crew", ["no"])
