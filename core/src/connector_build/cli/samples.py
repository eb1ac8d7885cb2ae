"""The sample tables of datasets, for the verbs that serve them."""

from typing import TYPE_CHECKING

import click

from connector_build.errors import BuildError

if TYPE_CHECKING:
    from connector_build.api.sample import SampleTable
    from connector_core.plugin.assembly import Assembly


def every_sample_table() -> "list[SampleTable]":
    """The sample tables of every installed dataset that has some; one that is broken is named and passed over."""
    from connector_build.plugins.discovery import installed, sample
    from connector_build.project.making import assembled
    from connector_core.basics.errors import PluginError

    tables = []
    for each in installed():
        try:
            if each.problem is None and sample(each.name) is not None:
                tables += sample_tables(each.name, assembled(each.name)[0])
        except (BuildError, PluginError) as error:
            click.echo(f"Left out: {error}", err=True)
    return tables


def sample_tables(dataset: str, assembly: "Assembly") -> "list[SampleTable]":
    """What the sample API of a dataset serves: its first source table, with the records that the plugin makes up."""
    from connector_build.api.sample import SampleTable
    from connector_build.plugins.discovery import sample

    made_up = sample(dataset)
    if made_up is None:
        raise BuildError(
            f"The dataset {dataset} describes no sample records, so there is no sample API to run it against. "
            "Write a module with SAMPLE = Sample(...) into its package, and name it in its pyproject.toml, below "
            f'[project.entry-points.connector_core_samples]: {dataset} = "THE_PACKAGE.sample:SAMPLE" (docs/tutorial.md, step 5). '
            "Then install the plugin again."
        )
    table = assembly.tables[0].table
    size = next(setting for setting in assembly.settings if setting.name == "page_size")
    bounds = (size.minimum or 1, size.maximum or 1000, int(size.default or 100))
    return [SampleTable(dataset, table.name, table.path, table.records, table.columns, made_up, bounds)]
