"""What the page says where scripts do not run: in a preview, in a mail program, in a locked-down viewer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from html import escape

from reports.columns import cut
from reports.figures import Report
from reports.health import Node

_SHOWN = 12


def static_overview(report: Report, notes: Sequence[str] = ()) -> str:
    """Health of each project and the decisions needed, as plain markup; every text in it is escaped."""
    summary = report.summary
    parts = [
        '<main class="card">',
        f"<h1>{_text(report.title)}</h1>",
        f"<p>{_day(report.today)}. This is the short form: the views of this page need JavaScript.</p>",
        *(f'<p class="banner">{_text(one)}</p>' for one in notes),
        (
            f'<p class="lead">{summary.overdue:,} of {summary.open_items:,} open items have passed their '
            f"date; {summary.slipping:,} are forecast later than promised.</p>"
        ),
        (
            "<h2>Health</h2><table><thead><tr><th>Name</th><th>Health</th><th>Declared</th><th>Why</th>"
            "<th>Promised</th></tr></thead><tbody>"
        ),
        *(_row(node) for node in report.nodes),
        "</tbody></table><h2>Decisions needed</h2><ol>",
        *(
            f"<li>{_text(one.severity)}, {_text(one.project_name)}: {_text(one.question)}. "
            f"{_text(one.action)}</li>"
            for one in report.decisions[:_SHOWN]
        ),
        "</ol>" if report.decisions else "</ol><p>Nothing waits for a decision.</p>",
        "</main>",
    ]
    return "".join(parts)


def _row(node: Node) -> str:
    health = "unknown" if node.health == "grey" else node.health
    return (
        f"<tr><th>{_text(node.name)}</th><td>{health}</td>"
        f"<td>{_text(node.health_declared or 'nobody says')}</td>"
        f"<td>{_text(node.reason)}</td><td>{_day(node.commitment)}</td></tr>"
    )


def _text(text: str | None) -> str:
    return f"<bdi>{escape(cut(text) or '')}</bdi>"


def _day(day: date | None) -> str:
    return "unknown" if day is None else f"{day.day} {day:%B %Y}"
