"""The ledger remembers the newest of each key, whether it holds what came in memory or in its database."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector_core.basics.errors import UnexpectedAnswer
from connector_core.engine import ledger
from connector_core.engine.ledger import Ledger
from connector_core.source.tables import Key, Record

keys = st.tuples(st.sampled_from(["a", "b", "c'\"", "\0", "\ud800", ""]))
values = st.sampled_from([None, True, 1, 1.0, -0.0, 2**70, "x", "\ud800", [1], {"a": [None]}])
records = st.fixed_dictionaries({"kept": values, "other": values})
steps = st.one_of(
    st.lists(st.tuples(keys, records), max_size=4),  # a page
    keys,  # a record that is left out
)


@given(st.lists(steps, max_size=12), st.sampled_from([0, 100, 200, 10_000]))
def test_the_newest_of_each_key_is_remembered_wherever_it_lies(history: list[Any], in_memory: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ledger, "IN_MEMORY", in_memory)
        found, wanted = Ledger(["kept", "absent"]), dict[Key, Record]()
        for step in history:
            if isinstance(step, list):
                found.put(step)
                wanted |= {key: {"kept": record["kept"], "absent": None} for key, record in step}
            else:
                found.remove(step)
                wanted.pop(step, None)
        for key in (("a",), ("\0",), ("never",)):
            assert (key in found) is (key in wanted)
        assert {key: repr(record) for key, record in found.records()} == {key: repr(record) for key, record in wanted.items()}
        found.close()


def test_what_does_not_fit_moves_into_the_database_and_leaves_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "IN_MEMORY", 5_000)
    found = Ledger(["n"])
    sizes = []
    for page in range(20):
        found.put([((f"{page}-{number}",), {"n": number}) for number in range(20)])
        sizes.append(len(found._held))
    assert 0 < max(sizes) < 400
    assert sizes[-1] == 0
    assert len(list(found.records())) == 400
    found.close()


def test_a_value_that_cannot_be_put_aside_is_named() -> None:
    deep: list[Any] = []
    for _ in range(50_000):
        deep = [deep]
    with pytest.raises(UnexpectedAnswer, match="nested too deeply"):
        Ledger(["n"]).put([(("a",), {"n": deep})])
