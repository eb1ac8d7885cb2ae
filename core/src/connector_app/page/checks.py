"""A panel of the records that are not as records should be, by physics or by sense."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from connector_app.asking.measures import RECORDS
from connector_app.asking.rows import Rows
from connector_app.data.counting import counted, plural
from connector_app.page.tables import amounts


def checks(rows: Rows, odd: Mapping[str, str], sound: str) -> None:
    """How many records are odd, in which way. odd: what is odd → its condition. sound: what all records have, if none is."""
    frame, question = found_odd(rows, odd), "Which records need a look before you trust them?"
    if frame.empty:
        st.markdown(f"##### {question}")
        st.success(f"None: all of {counted(rows.count(), 'record')} {plural(rows.count(), 'has', 'have')} {sound}.")
        return

    def narrow(picked: Any) -> Rows:
        return rows.where(odd[str(picked["category"])])

    note = f"Of {counted(rows.count(), 'record')}. They count in every figure here as they are."
    amounts(rows, frame, question, RECORDS, "what is odd", narrow, note=note, key="checks")


def found_odd(rows: Rows, odd: Mapping[str, str]) -> pd.DataFrame:
    """`category` (what is odd), `value` and `records` (how many are), the most first; those that no record is left out."""
    counts = ", ".join(f"SUM(CASE WHEN {sql} THEN 1 ELSE 0 END) AS c{number}" for number, sql in enumerate(odd.values()))
    found = rows.ask(f"{counts}, COUNT(*) AS n").iloc[0]
    lines = [(name, int(found[f"c{number}"]), int(found[f"c{number}"])) for number, name in enumerate(odd) if found["n"]]
    frame = pd.DataFrame([line for line in lines if line[1]], columns=["category", "value", "records"])
    return frame.sort_values("value", ascending=False, kind="stable")
