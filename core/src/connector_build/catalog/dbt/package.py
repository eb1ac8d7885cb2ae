"""A dbt package as a value: every file of it, from a dictionary. The same dictionary gives the same bytes."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, Final

from attrs import field, frozen

from connector_build.catalog.dbt.models import columns_sql, staging_sql, tmp_sql
from connector_build.catalog.dbt.promises import Promises
from connector_build.catalog.dbt.readme import readme
from connector_build.catalog.dbt.sources import identifier, sources_yml, staging_yml
from connector_build.catalog.dbt.tables import PackagedTable, packaged
from connector_build.catalog.dbt.yaml_text import yaml_text
from connector_build.catalog.entries import Dictionary
from connector_core.runtime.scripts.deploying import DEFAULT_CONNECTION

DBT_VERSIONS: Final = (">=1.11.0", "<2.0.0")
"""What the tests run it with. Before 1.11, the arguments of a test stand elsewhere in its YAML."""

_VERSION: Final = re.compile(r"\d+\.\d+\.\d+")


@frozen(hash=False)
class Package:
    """The dbt package of one dataset: path → contents, its tables, and how many tests it has."""

    dataset: str
    files: Mapping[str, bytes] = field(repr=False)
    tables: tuple[str, ...]
    tests: int


def make_package(dictionary: Dictionary, shrinking: Collection[str] = ()) -> Package:
    """The dbt package for the tables of a connector, in the look of Fivetran's own packages.

    shrinking: the tables from which a sync may delete rows, by their names in the plugin.
    """
    dataset = dictionary.dataset
    tables = packaged(dictionary)
    schema = DEFAULT_CONNECTION.format(dataset=dataset)
    promises = Promises(dataset, {table.entry.name: table for table in tables}, dictionary.relations, shrinking)
    sources = sources_yml(promises, schema)
    texts = {
        "dbt_project.yml": yaml_text(_project(dataset, dictionary.version, tables)),
        "packages.yml": "# Nothing: the macros and tests that it needs come with dbt, or with this package.\npackages: []\n",
        ".gitignore": "target/\ndbt_packages/\nlogs/\npackage-lock.yml\n*.duckdb\n*.user.yml\n",
        "README.md": readme(dictionary, schema, tables, sources),
        f"models/staging/src_{dataset}.yml": yaml_text(sources),
        f"models/staging/stg_{dataset}.yml": yaml_text(staging_yml(dataset, tables)),
        **_of_tables(dataset, tables),
        **_integration_tests(dataset),
        **dict(_copied(files(__package__) / "copied")),
    }
    encoded = {path: text.encode() for path, text in sorted(texts.items())}
    return Package(dataset, encoded, tuple(table.name for table in tables), count_tests(sources))


def count_tests(sources: Mapping[str, Any]) -> int:
    """How many tests the sources of a package have."""
    tables = sources["sources"][0]["tables"]
    places = [*tables, *(column for table in tables for column in table["columns"])]
    return sum(len(place.get("data_tests", [])) for place in places)


def _project(dataset: str, version: str, tables: Sequence[PackagedTable]) -> dict[str, Any]:
    staging = {"+schema": f"{dataset}_staging", "+materialized": "view"}
    return {
        "name": dataset,
        "version": version if _VERSION.fullmatch(version) else "0.1.0",
        "config-version": 2,
        "require-dbt-version": list(DBT_VERSIONS),
        "models": {dataset: {"staging": staging}},
        "vars": {dataset: {identifier(dataset, table): table.name for table in tables}},
    }


def _of_tables(dataset: str, tables: Sequence[PackagedTable]) -> dict[str, str]:
    texts = {}
    for table in tables:
        model = f"stg_{dataset}__{table.short}"
        texts[f"models/staging/{model}.sql"] = staging_sql(dataset, table)
        texts[f"models/staging/tmp/{model}_tmp.sql"] = tmp_sql(dataset, table)
        texts[f"macros/staging/get_{table.name}_columns.sql"] = columns_sql(table)
    return texts


def _integration_tests(dataset: str) -> dict[str, str]:
    """A project that has the package over what `fivetran debug` has left on this machine."""
    project = {
        "name": f"{dataset}_integration_tests",
        "version": "0.1.0",
        "config-version": 2,
        "profile": "integration_tests",
        "vars": {f"{dataset}_database": "warehouse", f"{dataset}_schema": "tester"},
    }
    warehouse = {"path": "{{ env_var('CONNECTOR_WAREHOUSE') }}", "alias": "warehouse", "read_only": True}
    duckdb = {"type": "duckdb", "path": "integration_tests.duckdb", "schema": "dbt", "attach": [warehouse]}
    return {
        "integration_tests/dbt_project.yml": yaml_text(project),
        "integration_tests/packages.yml": yaml_text({"packages": [{"local": "../"}]}),
        "integration_tests/profiles.yml": yaml_text(
            {"integration_tests": {"target": "duckdb", "outputs": {"duckdb": duckdb}}},
        ),
    }


def _copied(folder: Traversable, below: str = "") -> Iterator[tuple[str, str]]:
    """Path and text of the files that every package has as they are."""
    for each in sorted(folder.iterdir(), key=lambda each: each.name):
        if each.is_dir():
            yield from _copied(each, f"{below}{each.name}/")
        elif each.name.endswith(".sql"):
            yield below + each.name, each.read_text(encoding="utf-8")
