"""What stands in the calendar: milestones and gates of the views, committees and freezes of the agenda."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from portfolio.agenda import Committee, Freeze, meetings
from reports.calendar_feed import Entry
from reports.plain_text import line


def agenda_entries(
    committees: Sequence[Committee], freezes: Sequence[Freeze], *, today: date, names: Mapping[str, str]
) -> Iterator[Entry]:
    """The entries of committees, from the beginning of last year to the end of the next, and of freezes.

    Args:
        committees: of the agenda.
        freezes: of the agenda.
        today: the year around which meetings are shown.
        names: what projects are called, by slug.
    """
    for meeting in meetings(committees, date(today.year - 1, 1, 1), date(today.year + 1, 12, 31)):
        yield Entry(
            identity=("committee", meeting.committee, meeting.day.isoformat()),
            category="Committee",
            title=_with_place(line(meeting.committee, 150), meeting.project, names),
            first=meeting.day,
            last=meeting.day,
        )
    seen: Counter[str] = Counter()
    for freeze in freezes:
        seen[freeze.name] += 1
        yield Entry(
            # Its days may move, so they are no part of what it is; a name that comes every year is counted.
            identity=("freeze", freeze.name, str(seen[freeze.name])),
            category="Freeze",
            title=_with_place(f"Freeze: {line(freeze.name, 140)}", freeze.project, names),
            first=freeze.first,
            last=freeze.last,
            about="Nothing goes live on these days.",
        )


def _with_place(title: str, slug: str | None, names: Mapping[str, str]) -> str:
    return f"{title} ({line(names.get(slug, slug), 40)})" if slug else title


def milestone_entries(
    items: Sequence[Mapping[str, Any]],
    *,
    names: Mapping[str, str],
    twins: Sequence[Mapping[str, Any]] = (),
) -> tuple[list[Entry], int]:
    """The entries of milestones and gates, and how many have no date.

    Args:
        items: rows of the view `item`; what is no milestone or gate, or was removed, is left out.
        names: what projects are called, by slug.
        twins: rows of the view `twin`: a milestone that stands in two trackers on the same day is one entry.
    """
    chosen = [row for row in items if _is_shown(row)]
    days = {str(row["item_id"]): _day(row) for row in chosen}
    second = {
        str(pair["b_id"])
        for pair in twins
        if pair["is_confirmed"]
        and days.get(str(pair["a_id"])) is not None
        and days.get(str(pair["a_id"])) == days.get(str(pair["b_id"]))
    }
    shown = [row for row in chosen if str(row["item_id"]) not in second]
    entries = [_milestone(row, names) for row in shown if _day(row) is not None]
    return entries, len(shown) - len(entries)


def _is_shown(row: Mapping[str, Any]) -> bool:
    return bool(row["is_milestone"] or row["kind"] in ("milestone", "gate")) and not row["is_removed"]


def _day(row: Mapping[str, Any]) -> date | None:
    finished: date | None = row["actual_finish"] if row["is_done"] else None
    due: date | None = row["effective_due"]
    return finished or due


def _milestone(row: Mapping[str, Any], names: Mapping[str, str]) -> Entry:
    day = _day(row)
    assert day is not None  # noqa: S101 - whoever has none was left out
    category = "Gate" if row["kind"] == "gate" else "Milestone"
    project = names.get(str(row["project"]), "")
    title = line(row["title"], 150) or line(row["key"], 150)
    return Entry(
        identity=("item", str(row["item_id"])),
        category=category,
        title=f"{'Done: ' if row['is_done'] else ''}{title}{f' ({line(project, 40)})' if project else ''}",
        first=day,
        last=day,
        about=_about(row, project),
        url=row["url"],
        is_firm=bool(row["is_committed"] or row["is_done"]),
    )


def _about(row: Mapping[str, Any], project: str) -> str:
    """Dates and what is known beside them. No ages: the text changes only when the portfolio does."""
    facts = (
        ("Key", row["key"]),
        ("Project", project),
        ("Owner", row["owner"] or ("unknown" if not row["owner_problem"] else None)),
        ("Owner's problem", row["owner_problem"]),
        ("Committed for", row["commitment"] or "never"),
        ("Baseline", row["baseline_finish"]),
        ("Finished", row["actual_finish"] if row["is_done"] else None),
        ("Now due", None if row["is_done"] else row["effective_due"]),
        ("Forecast P50", None if row["is_done"] else row["p50"]),
        ("Forecast P80", None if row["is_done"] else row["p80"]),
        ("Slip in working days", row["slip_wd"]),
        ("Health", _health(row)),
    )
    return "\n".join(f"{label}: {_shown(value)}" for label, value in facts if value not in (None, ""))


def _health(row: Mapping[str, Any]) -> str:
    health = {"grey": "unknown", None: "unknown"}.get(row["health"], row["health"])
    return f"{health}, {line(row['health_reason'], 200)}" if row["health_reason"] else str(health)


def _shown(value: object) -> str:
    return f"{value.day} {value:%b %Y}" if isinstance(value, date) else line(value, 200)
