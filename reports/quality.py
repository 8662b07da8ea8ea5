"""Data quality: how fresh the sources are, what is missing or contradicts itself, how sound the plans are."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

import msgspec

from reports.reading import Finding, Item, Views

STALE_HOURS = 24


class SourceRow(msgspec.Struct, frozen=True, kw_only=True):
    """One tracker and how fresh it is.

    Attributes:
        is_stale: the last reading failed.
        is_old: it was read well, but more than 24 hours ago; unknown counts as old.
        age_hours: since it was last read in full; None where it never was.
    """

    source: str
    kind: str
    form: str
    last_good_at: datetime | None
    error: str | None
    is_stale: bool
    is_old: bool
    age_hours: float | None
    item_count: int | None
    is_armed: bool
    held_because: str | None


class Gap(msgspec.Struct, frozen=True, kw_only=True):
    """Something that is missing: of how many items it should be known, and of which it is not."""

    name: str
    why: str
    missing: Sequence[Item]
    of: int


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """One schedule-quality check of one plan. What cannot be assessed has no `share`: that is no pass."""

    schedule_id: str
    schedule: str
    check: str
    numerator: int | None
    denominator: int | None
    share: float | None
    is_assessable: bool
    reason: str | None


class Twin(msgspec.Struct, frozen=True, kw_only=True):
    """Two sides of the same work that say different things."""

    twin_id: str
    a_id: str
    b_id: str
    due_gap_wd: int | None
    state_differs: bool
    owner_differs: bool


class Quality(msgspec.Struct, frozen=True, kw_only=True):
    """How far the rest can be trusted.

    Attributes:
        sources: the stale ones first.
        gaps: what is missing, the largest share first.
        unmapped: (source, what, value, count): values that the mapping does not know, most first.
        checks: schedule checks, by plan and check.
        twins: confirmed twins whose sides differ.
        suggested_twins: pairs that may be twins and that nobody has confirmed or rejected.
        outside: open items that belong to no project of the tree; None where there is no tree.
        findings: live findings about data.
    """

    sources: Sequence[SourceRow]
    gaps: Sequence[Gap]
    unmapped: Sequence[tuple[str, str, str, int]]
    checks: Sequence[Check]
    twins: Sequence[Twin]
    suggested_twins: int
    outside: int | None
    findings: Sequence[Finding]


_GAPS: Sequence[tuple[str, str, Callable[[Item], bool], Callable[[Item], bool]]] = (
    (
        "no date",
        "nobody can say whether it is late",
        lambda one: one.is_leaf or one.is_milestone,
        lambda one: one.due is None,
    ),
    (
        "no commitment or baseline",
        "it has a date that nobody promised, so a slip cannot be known",
        lambda one: one.is_leaf and one.due is not None,
        lambda one: one.commitment is None and one.baseline_finish is None,
    ),
    (
        "no owner who can act",
        "nobody will do it",
        lambda one: one.is_committed or one.kind == "risk",
        lambda one: one.owner_problem is not None,
    ),
    (
        "no forecast",
        "its end is not forecast, only planned",
        lambda one: one.is_leaf and one.kind != "risk",
        lambda one: one.p80 is None,
    ),
    (
        "no team",
        "no team's pace can be applied to it",
        lambda one: one.is_leaf and one.kind in ("story", "task", "bug", "feature"),
        lambda one: one.team is None,
    ),
    ("health unknown", "not known is not fine", lambda one: True, lambda one: one.health in (None, "grey")),
)


def quality(views: Views) -> Quality:
    """Gather how far the data can be trusted."""
    twins = [row for row in views.rows("twin") if row["a_id"] in views.by_id or row["b_id"] in views.by_id]
    confirmed = [row for row in twins if row["is_confirmed"]]
    return Quality(
        sources=sorted(
            (_source(views, row) for row in views.rows("source")),
            key=lambda one: (not one.is_stale, not one.is_old, one.source),
        ),
        gaps=_gaps(views.open_items),
        unmapped=sorted(
            ((row["source"], row["what"], row["value"], row["count"]) for row in views.rows("unmapped")),
            key=lambda one: (-one[3], one),
        ),
        checks=_checks(views),
        twins=[
            Twin(
                twin_id=row["twin_id"],
                a_id=row["a_id"],
                b_id=row["b_id"],
                due_gap_wd=row["due_gap_wd"],
                state_differs=bool(row["state_differs"]),
                owner_differs=bool(row["owner_differs"]),
            )
            for row in confirmed
            if row["due_gap_wd"] or row["state_differs"] or row["owner_differs"]
        ],
        suggested_twins=sum(not row["is_confirmed"] for row in twins),
        outside=sum(one.portfolio is None for one in views.open_items) if views.tree_rows else None,
        findings=[one for one in views.live_findings if one.rule_group == "data-quality"],
    )


def _source(views: Views, row: Mapping[str, object]) -> SourceRow:
    last = row["last_good_at"]
    age = (views.scope.now - last).total_seconds() / 3600 if isinstance(last, datetime) else None
    names = ("source", "kind", "form", "error", "is_stale", "item_count", "is_armed", "held_because")
    return SourceRow(
        **{name: row[name] for name in names},  # type: ignore[arg-type]
        last_good_at=last if isinstance(last, datetime) else None,
        age_hours=age,
        is_old=age is None or age > STALE_HOURS,
    )


def _gaps(items: Sequence[Item]) -> list[Gap]:
    found = []
    for name, why, counts, lacks in _GAPS:
        population = [one for one in items if counts(one)]
        missing = [one for one in population if lacks(one)]
        found.append(Gap(name=name, why=why, missing=missing, of=len(population)))
    return sorted(found, key=lambda one: -(len(one.missing) / one.of if one.of else 0))


def _checks(views: Views) -> list[Check]:
    names = ("schedule_id", "check", "numerator", "denominator", "share", "is_assessable", "reason")
    plans = {row["schedule_id"]: row["name"] for row in views.rows("schedule")}
    return [
        Check(
            **{name: row[name] for name in names},
            schedule=plans.get(row["schedule_id"]) or row["schedule_id"],
        )
        for row in views.rows("schedule_check")
    ]
