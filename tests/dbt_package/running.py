"""dbt in this process, over a project that uses the packages of several datasets, as that of a user would."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from attrs import frozen

from connector_build.catalog.dbt.writing import write_package
from dbt_package.landing import land, packaged

DATASETS = ("fts", "mso", "crew")

PROFILES = """\
ours:
  target: duckdb
  outputs:
    duckdb:
      type: duckdb
      path: {folder}/ours.duckdb
      schema: dbt
      threads: 2
      attach:
        - path: {folder}/warehouse.db
          alias: warehouse
"""


@frozen
class Project:
    """A dbt project in *folder*, the warehouse that its packages read, and that warehouse as it was landed."""

    folder: Path
    warehouse: Path
    landed: Path

    @classmethod
    def made(cls, folder: Path) -> "Project":
        """One that installs the packages of all DATASETS, over what was landed of each."""
        landed = folder / "landed.db"
        variables: dict[str, str] = {}
        for dataset in DATASETS:
            land(dataset, landed)
            write_package(packaged(dataset), folder / f"dbt_{dataset}")
            variables |= {f"{dataset}_schema": dataset, f"{dataset}_database": "warehouse"}
        project = folder / "ours"
        project.mkdir()
        (project / "packages.yml").write_text(
            "packages:\n" + "".join(f"  - local: ../dbt_{dataset}\n" for dataset in DATASETS), encoding="utf-8"
        )
        (project / "profiles.yml").write_text(PROFILES.format(folder=folder), encoding="utf-8")
        lines = "".join(f"  {name}: {value}\n" for name, value in variables.items())
        (project / "dbt_project.yml").write_text(
            f"name: ours\nversion: 0.1.0\nconfig-version: 2\nprofile: ours\nvars:\n{lines}", encoding="utf-8"
        )
        made = cls(project, folder / "warehouse.db", landed)
        made.reset()
        made.invoke("deps")
        return made

    @property
    def built(self) -> Path:
        """The database that dbt builds into."""
        return self.folder.parent / "ours.duckdb"

    def reset(self) -> None:
        """Put the warehouse back as it was landed."""
        shutil.copyfile(self.landed, self.warehouse)

    @contextmanager
    def said(self, more: str) -> Iterator[None]:
        """*more* at the end of dbt_project.yml, for a while."""
        file = self.folder / "dbt_project.yml"
        before = file.read_text(encoding="utf-8")
        file.write_text(before + more, encoding="utf-8")
        yield
        file.write_text(before, encoding="utf-8")

    def invoke(self, *arguments: str) -> Any:
        """The result of a dbt command. Raises what dbt raised."""
        from dbt.adapters.duckdb.connections import DuckDBConnectionManager
        from dbt.cli.main import dbtRunner

        folder = str(self.folder)
        done = dbtRunner().invoke(["--quiet", *arguments, "--project-dir", folder, "--profiles-dir", folder])
        DuckDBConnectionManager.close_all_connections()  # or the warehouse stays attached in this process
        if done.exception:
            raise done.exception
        return done.result

    def outcomes(self, *arguments: str) -> dict[str, str]:
        """Name of a test, model or source → how it went."""
        return {_name(result.node): str(result.status) for result in self.invoke(*arguments)}

    def not_passed(self, *arguments: str) -> dict[str, str]:
        """The same of what went otherwise than well."""
        return {name: status for name, status in self.outcomes(*arguments).items() if status not in ("pass", "success")}


def _name(node: Any) -> str:
    return f"{node.source_name}.{node.name}" if node.resource_type == "source" else str(node.name)
