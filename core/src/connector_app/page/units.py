"""Units that the data's documents do not name, and the user does."""

from collections.abc import Mapping
from typing import Final

import streamlit as st

from connector_app.page.filter_bar import kept, told

IN_A_ROW: Final = 4


def unit(kind: str) -> str:
    """The unit that the user named for a kind of figure; empty until then."""
    return str(st.query_params.get(f"unit_{kind}", "")) if kind else ""


def units(kinds: Mapping[str, tuple[str, str]]) -> None:
    """Let the user name the units, which the address keeps. kinds: kind → its name, and an example such as "such as USD"."""
    with st.expander("Units: as the API has them. Name yours"):
        places = st.columns(min(IN_A_ROW, len(kinds)))
        for number, (kind, (label, example)) in enumerate(kinds.items()):
            key = f"unit_{kind}"
            place = places[number % len(places)]
            told(key, place.text_input(label, key=kept(key, ""), placeholder=example, max_chars=12).strip())
