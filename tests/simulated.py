"""The two datasets of the repository, to be simulated."""

import importlib

from attrs import evolve

from connector_build.api.simulated import Dataset
from connector_core.plugin.assembly import Plugin, assemble


def simulated(dataset: str, count: int | None = None) -> Dataset:
    """An installed dataset with its own sample records: so many, or as many as it says."""
    plugin = Plugin(f"connector-{dataset}", importlib.import_module(f"connector_{dataset}"), "0.1.0")
    sample = importlib.import_module(f"connector_{dataset}.sample").SAMPLE
    return Dataset(dataset, assemble([plugin]), sample if count is None else evolve(sample, count=count))
