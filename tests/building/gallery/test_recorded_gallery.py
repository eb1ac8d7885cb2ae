"""Plugins of the gallery, recorded from their simulated APIs: what is replayed has every row, and so say those who read it."""

from pathlib import Path

import pytest

import connector_build.gallery
from connector_build.api.simulated import Dataset
from connector_build.api.simulation import Simulation
from connector_build.review.cassettes import drifts, outlines
from connector_build.review.preview import chosen, previews, replayed
from connector_build.review.proof.truth import key_of, truths
from connector_build.review.replayed import rows_of
from connector_build.testing import assembled
from connector_build.testing.recording import record_pages
from distributions import install_dataset

GALLERY = Path(connector_build.gallery.__path__[0])


@pytest.mark.parametrize("name", ["elasticsearch", "exchange_rates", "github", "notion", "open_meteo", "shopify", "slack"])
def test_a_recording_has_every_row(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = f"kept_{name}"
    install_dataset(tmp_path, dataset, (GALLERY / f"{name}.py").read_text(encoding="utf-8"))
    monkeypatch.syspath_prepend(tmp_path)
    assembly = assembled(dataset)
    with Simulation([Dataset(dataset, assembly)]) as simulation:
        api = simulation.of(dataset)
        made, _ = record_pages(dataset, assembly, dict(api.configuration))
        wanted = {plan.table.name: len(api.world.expected(plan)) for plan in api.tables}
    truth, rows = truths(assembly, made), rows_of(assembly, made)
    assert {table: len(rows[table]) for table in wanted} == wanted
    assert {table: {key_of(row, each.key): row for row in rows[table]} for table, each in truth.items()} == {
        table: dict(each.rows) for table, each in truth.items()
    }
    with replayed(assembly, made) as source:
        assert all(each.rows and not each.problem for each in previews(source, chosen(assembly, []), 3))
    seen = outlines(assembly, made)
    assert (drifts(seen, seen), [each.refused for each in seen.values() if each.refused]) == ([], [])
