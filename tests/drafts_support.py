"""What tests of drafts look at: a draft as the plugin that it makes."""

from connector_build.drafting.draft import Draft, TableDraft, notes
from connector_build.drafting.made import assembled, kept
from connector_core.plugin.assembly import Assembly
from connector_core.plugin.plan import TablePlan


def built(draft: Draft) -> Assembly:
    """The connector that *draft* makes, of which nothing had to be left out."""
    whole = kept(draft)
    assert [table.name for table in whole.tables] == [table.name for table in draft.tables]
    return assembled(whole)


def plans(draft: Draft) -> dict[str, TablePlan]:
    """The tables of the connector, by their names."""
    return {plan.table.name: plan for plan in built(draft).tables}


def to_do(draft: Draft | TableDraft) -> list[str]:
    """What is still to be done."""
    return [note.why for note in notes(draft) if note.kind == "TODO"]


def guesses(draft: Draft | TableDraft) -> list[str]:
    """What is guessed."""
    return [note.why for note in notes(draft) if note.kind == "guessed"]
