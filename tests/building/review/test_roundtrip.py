"""Round trips: a plugin that is drafted from one address brings the rows of the one whose simulated API answers."""

import re

import pytest

from connector_build.review.roundtrip import BEGIN, END
from connector_build.review.trips import Subject, subjects, travel
from places import ROOT

EVERY = list(subjects())
"""All of them are tried by the command that writes the page; here, what is told apart from all others."""
OF_GALLERY = ("hubspot", "klaviyo", "stripe: invoice_lines", "wordpress")
READY_MADE = {
    "key in a header": ("ends_at", "link, keep", "page, repeated_page"),
    "key with a prefix": ("header, link_is", "keyset, no_more"),
    "key in the query": ("offset", "link"),
    "bearer token": ("missing_ends", "in headers"),
    "user and password": ("page, in the path", "children, cursor"),
    "key as user": ("in the body", "keyset, descending"),
    "no auth": ("UpdatedSince, template", "single page"),
}
CHOSEN = [
    subject
    for subject in EVERY
    if (subject.group == "gallery" and subject.name.startswith(OF_GALLERY)) or subject.name in READY_MADE.get(subject.group, ())
]


@pytest.mark.parametrize("subject", CHOSEN, ids=lambda subject: f"{subject.group}-{subject.name}")
def test_the_same_rows_come(subject: Subject) -> None:
    trip = travel(subject)
    assert (trip.outcome, trip.detail) == ("same", "")


@pytest.mark.parametrize("name", ["in the path", "Windows of ids"])
def test_what_one_address_does_not_show_is_a_guess(name: str) -> None:
    subject = next(each for each in EVERY if (each.group, each.name) == ("bearer token", name))
    assert travel(subject).outcome == "guessed"


def test_the_page_has_each_of_them_and_at_least_nine_of_ten_are_the_same() -> None:
    page = (ROOT / "docs" / "new.md").read_text(encoding="utf-8")
    told = page.partition(BEGIN)[2].partition(END)[0]
    figures = re.search(r"(\d+) drafts: (\d+) bring the same rows", told)
    assert figures
    assert int(figures[2]) >= 0.9 * int(figures[1])
    assert "other rows" not in told
    for subject in EVERY:
        assert f"\n| {subject.name} |" in told
