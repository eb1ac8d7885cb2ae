"""The page of a dataset without an app of its own: the standard explorer."""

import streamlit as st

from connector_app.data.session import Session
from connector_app.page.cache import Cached
from connector_app.page.explorer import explorer
from connector_app.page.panel import safely
from connector_app.page.theme import STYLE


def draw_standard(session: Session, title: str) -> None:
    """Draw the explorer over all tables of *session*."""
    st.set_page_config(page_title=title, page_icon="🔎", layout="wide")
    st.html(STYLE)
    st.title(f":material/search: {title}", anchor=False)
    st.caption(f"The standard explorer, over {session.where}.")
    safely(lambda: explorer(Cached(session)))
