"""Kept reports: a table beside the warehouse here, a table in Snowflake there."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final
from uuid import uuid4

from attrs import frozen

from connector_app.data.session import Session
from connector_app.reports.facts import Fact

TABLE: Final = "app_reports"
_COLUMNS: Final = ("report_id", "written_at", "app", "focus", "filters", "model", "facts", "body")


@frozen(hash=False)
class Report:
    """A report as it is kept: when it was written, about what, by whom, from which facts."""

    app: str
    focus: str
    filters: str
    model: str
    facts: Sequence[Fact]
    text: str
    written_at: str = ""
    id: str = ""

    def title(self) -> str:
        return f"{self.written} · {self.focus} · {self.filters}"

    @property
    def written(self) -> str:
        """When it was written, to the minute."""
        return f"{self.written_at[:16].replace('T', ' ')} UTC"

    def markdown(self) -> str:
        """The report with its facts and their SQL, to be downloaded."""
        facts = "\n".join(fact.line(number) for number, fact in enumerate(self.facts, 1))
        queries = "\n\n".join(f"-- [{number}]\n{fact.query}" for number, fact in enumerate(self.facts, 1) if fact.query)
        return (
            f"# {self.app}: {self.focus}\n\nWritten {self.written}. Filters: {self.filters}. Model: {self.model}.\n\n"
            f"{self.text}\n\n## Facts\n\n{facts}\n\n## Where they come from\n\n```sql\n{queries}\n```\n"
        )


def keep(session: Session, report: Report) -> Report:
    """Keep a report; the one that was kept, with its time (UTC) and its number. Raises SessionError."""
    kept = Report(
        report.app, report.focus, report.filters, report.model, report.facts, report.text,
        datetime.now(UTC).isoformat(timespec="milliseconds"), uuid4().hex,
    )  # fmt: skip
    _make(session)
    facts = json.dumps([{"name": each.name, "value": each.value, "unit": each.unit, "query": each.query} for each in kept.facts])
    values = (kept.id, kept.written_at, kept.app, kept.focus, kept.filters, kept.model, facts, kept.text)
    marks = ", ".join("?" * len(_COLUMNS))
    session.execute(f"INSERT INTO {session.own(TABLE)} ({', '.join(_COLUMNS)}) VALUES ({marks})", values)
    return kept


def kept_reports(session: Session, app: str) -> list[Report]:
    """The reports of an app, the newest first. Raises SessionError."""
    _make(session)
    query = f"SELECT {', '.join(_COLUMNS)} FROM {session.own(TABLE)} WHERE app = ? ORDER BY written_at DESC, report_id"
    return [_report(each) for each in session.read_own(query, (app,)).to_dict("records")]


def forget(session: Session, report: Report) -> None:
    """Remove one kept report. Raises SessionError."""
    session.execute(f"DELETE FROM {session.own(TABLE)} WHERE report_id = ?", (report.id,))


def changes(older: Report, newer: Report) -> list[tuple[str, Fact | None, Fact | None]]:
    """The facts of two reports side by side, by name, those that differ first."""
    before, after = ({fact.name: fact for fact in report.facts} for report in (older, newer))
    pairs = [(name, before.get(name), after.get(name)) for name in dict.fromkeys([*after, *before])]
    return sorted(pairs, key=lambda pair: (pair[1] and pair[1].value) == (pair[2] and pair[2].value))


def _make(session: Session) -> None:
    columns = ", ".join(f"{name} VARCHAR" for name in _COLUMNS)
    session.execute(f"CREATE TABLE IF NOT EXISTS {session.own(TABLE)} ({columns})")


def _report(row: dict[Any, Any]) -> Report:
    facts = [Fact(each["name"], each["value"], each["unit"], each["query"]) for each in json.loads(row["facts"])]
    return Report(row["app"], row["focus"], row["filters"], row["model"], facts, row["body"], row["written_at"], row["report_id"])
