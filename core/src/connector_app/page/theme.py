"""Colours that mean something, readable on a light and on a dark page, and the little style that Streamlit lacks."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import altair as alt

from connector_app.asking.compare import Verdict

ACCENT: Final = "#3b82d6"
"""What is looked at."""
MUTED: Final = "#8b95a5"
"""What is there too: others, peers, open ends, the period before."""
GOOD: Final = "#2f9e62"
WARN: Final = "#d98e2b"
"""Needs a look; nothing is wrong yet."""
BAD: Final = "#d65050"
"""Something is wrong. No name, level or type is ever drawn in it just because of its place in a list."""

SERIES: Final = ("#3b82d6", "#e0873a", "#35a58e", "#a06cd5", "#c9a227", "#d4699e", "#6b8e3d", "#7d8597")
"""For categories without an order: told apart, judging none."""
STEPS: Final = ("#a3c8f1", "#74ace8", "#4a90de", "#3876bd", "#315f96")
"""For categories with an order, such as skill levels: one hue, from light to dark."""

OF_VERDICT: Final[Mapping[Verdict, str]] = {"good": GOOD, "bad": BAD, "even": MUTED, "unknown": MUTED}

STYLE: Final = """
<style>
  [data-testid="stMetric"] { min-width: 7.5rem; }
  [data-testid="stMetricValue"] { font-size: 1.6rem; }
  /* The choice of a part looks like the tabs that people know. */
  .st-key-f_tab [role="radiogroup"] {
    gap: 0.2rem 1.4rem; margin-bottom: 0.8rem; border-bottom: 1px solid rgba(139, 149, 165, 0.35);
  }
  .st-key-f_tab [role="radiogroup"] label { padding: 0.35rem 0.1rem; margin: 0 0 -1px 0; border-bottom: 2px solid transparent; }
  .st-key-f_tab [role="radiogroup"] label:has(input:checked) { border-bottom-color: #3b82d6; }
  .st-key-f_tab [role="radiogroup"] label > div:first-child:not(:has([data-testid="stMarkdownContainer"])),
  .st-key-f_tab [role="radiogroup"] label div:has(+ [data-testid="stMarkdownContainer"]) { display: none; }
  /* What is chosen is no alarm, which Streamlit's red would make of it. A theme of our own would take the dark page away. */
  [data-baseweb="tag"], [data-testid="stBaseButton-primary"],
  [data-testid="stCheckbox"] label:has(input:checked) > div:first-child {
    background-color: #3b82d6 !important; border-color: #3b82d6 !important;
  }
  /* The choice of a section is a row of chips, which wraps on a phone. */
  .st-key-f_section [role="radiogroup"] { gap: 0.4rem; margin-bottom: 0.4rem; }
  .st-key-f_section [role="radiogroup"] label {
    padding: 0.15rem 0.8rem; margin: 0; border: 1px solid rgba(139, 149, 165, 0.45); border-radius: 1rem;
  }
  .st-key-f_section [role="radiogroup"] label:has(input:checked) { background: #3b82d6; border-color: #3b82d6; color: #fff; }
  .st-key-f_section [role="radiogroup"] label:has(input:checked) p { color: #fff; }
  .st-key-f_section [role="radiogroup"] label > div:first-child:not(:has([data-testid="stMarkdownContainer"])),
  .st-key-f_section [role="radiogroup"] label div:has(+ [data-testid="stMarkdownContainer"]) { display: none; }
  .st-key-f_section [role="radiogroup"] label > div { margin: 0; padding: 0; }
  @media (max-width: 640px) {
    h1 { font-size: 1.7rem !important; }
    .block-container { padding: 3.2rem 0.8rem 2rem 0.8rem; }
    [data-testid="stMetricValue"] { font-size: 1.3rem; }
    /* Figures stand two in a row, and the way to the records beside the CSV. */
    [data-testid="stHorizontalBlock"]:has(> [data-testid="stColumn"] > [data-testid="stVerticalBlock"] >
        [data-testid="stElementContainer"] > :is([data-testid="stMetric"], [data-testid="stDownloadButton"])) {
      flex-wrap: wrap; gap: 0.6rem;
    }
    [data-testid="stHorizontalBlock"] > [data-testid="stColumn"]:has(> [data-testid="stVerticalBlock"] >
        [data-testid="stElementContainer"] > [data-testid="stMetric"]) {
      min-width: calc(50% - 0.4rem); width: calc(50% - 0.4rem); flex: 1 1 calc(50% - 0.4rem);
    }
    [data-testid="stHorizontalBlock"]:has(> [data-testid="stColumn"] > [data-testid="stVerticalBlock"] >
        [data-testid="stElementContainer"] > [data-testid="stDownloadButton"]) > [data-testid="stColumn"] {
      min-width: 0; width: auto; flex: 1 1 auto;
    }
  }
</style>
"""


def colours(categories: Sequence[str], meanings: Mapping[str, str] | None = None) -> alt.Scale:
    """A colour for each category: the one that it means, else one that only tells it from the others.

    meanings: category → colour, such as ``{"Delayed": WARN}`` or ``ordered(["Beginner", "Expert"])``.
    """
    meant = dict(meanings or {})
    free = iter([colour for colour in SERIES if colour not in meant.values()] * (len(categories) // 4 + 2))
    chosen = [meant.get(each) or (MUTED if each.endswith(" others") or each == "(none)" else next(free)) for each in categories]
    return alt.Scale(domain=list(categories), range=chosen)


def ordered(categories: Sequence[str]) -> dict[str, str]:
    """Colours for categories that have an order, from light to dark."""
    last = max(len(categories) - 1, 1)
    return {each: STEPS[round(number * (len(STEPS) - 1) / last)] for number, each in enumerate(categories)}


def number_format(values: Sequence[Any]) -> str:
    """How an axis writes such numbers (D3's format)."""
    return "~s" if any(abs(float(value)) >= 10_000 for value in values if value is not None and value == value) else ",.3~f"
