"""What changed since a day: findings, items, dates that were moved, work that was finished."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING

import msgspec

from reports.reading import MAX_ROWS, Finding, Item, Views

if TYPE_CHECKING:
    from store import RunEvent


class Moved(msgspec.Struct, frozen=True, kw_only=True):
    """A due date that was moved: where it stood at the beginning, where it stands now.

    `moved_wd` is positive where it is later now.
    """

    item: Item
    before: date | None
    after: date | None
    moved_wd: int | None
    times: int
    by: str | None


class Changes(msgspec.Struct, frozen=True, kw_only=True):
    """What is otherwise than it was at the end of the day `since`.

    Attributes:
        is_known: runs before and after that day can be compared. False at the first look: nothing is told of
            findings and lateness then, which is not the same as no change.
        compared_with: the run it is compared with; None where there is none.
        opened, raised, resolved: findings.
        became_late, no_longer_late: items whose date passed, or that were finished or moved.
        created, finished: items that are new, and that were finished.
        new_risks: risks among the new items.
        moved: due dates that were edited, the furthest pushed first.
    """

    is_known: bool
    compared_with: datetime | None
    opened: Sequence[Finding]
    raised: Sequence[Finding]
    resolved: Sequence[Finding]
    became_late: Sequence[Item]
    no_longer_late: Sequence[Item]
    created: Sequence[Item]
    finished: Sequence[Item]
    new_risks: Sequence[Item]
    moved: Sequence[Moved]


def changes(views: Views, events: Sequence[RunEvent], compared_with: datetime | None) -> Changes:
    """Gather what changed.

    Args:
        views: what is in scope.
        events: what the runs since then changed, without what was taken back.
        compared_with: when the run before them began; None where there was none.
    """
    scope = views.scope
    findings = {one.finding_id: one for one in views.findings}
    items = views.by_id
    told: dict[str, list[str]] = {}
    for event in events:
        told.setdefault(event.what, []).append(event.subject)

    def found(*what: str) -> list[Finding]:
        return [findings[one] for name in what for one in told.get(name, ()) if one in findings]

    def those(what: str) -> list[Item]:
        return [items[one] for one in told.get(what, ()) if one in items]

    created = [
        one
        for one in views.by_id.values()
        if (day := scope.day(one.created_at)) is not None and scope.since < day <= scope.today
    ]
    finished = [
        one
        for one in views.done_items
        if one.actual_finish is not None and scope.since < one.actual_finish <= scope.today
    ]
    return Changes(
        is_known=compared_with is not None,
        compared_with=compared_with,
        opened=found("opened", "reopened"),
        raised=found("raised"),
        resolved=found("resolved"),
        became_late=those("late"),
        no_longer_late=those("no longer late"),
        created=created,
        finished=finished,
        new_risks=[one for one in created if one.kind == "risk" and one.is_open],
        moved=_moved(views),
    )


def _moved(views: Views) -> list[Moved]:
    scope = views.scope
    end, until = (
        datetime.combine(day, time.max, tzinfo=scope.zone).astimezone(UTC)
        for day in (scope.since, scope.today)
    )
    rows = views.store.select(
        "change",
        columns={name: f'"{name}"' for name in ("item_id", "at", "by", "before", "after")},
        where='field = \'due\' AND "at" > :since AND "at" <= :until',
        parameters={"since": end, "until": until},
        row_limit=MAX_ROWS,
    )
    edits: dict[str, list[dict[str, object]]] = {}
    for row in sorted(rows, key=lambda one: str(one["at"])):
        edits.setdefault(str(row["item_id"]), []).append(row)
    found = []
    for item_id, mine in edits.items():
        item = views.by_id.get(item_id)
        before, after = _day(mine[0]["before"]), _day(mine[-1]["after"])
        if item is None or before == after:
            continue
        found.append(
            Moved(
                item=item,
                before=before,
                after=after,
                moved_wd=scope.working_days(before, after),
                times=len(mine),
                by=None if mine[-1]["by"] is None else str(mine[-1]["by"]),
            )
        )
    return sorted(found, key=lambda one: (-(one.moved_wd or 0), one.item.key))


def _day(value: object) -> date | None:
    """A day from the text of a timeline; None where there was no date, or where it is none."""
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        return None
