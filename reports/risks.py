"""The risk register and the rest of RAID: matrix, who answers, what is stale, what is new."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Literal, TypeAlias

import msgspec

from reports.reading import Item, Views

Review: TypeAlias = Literal["reviewed", "planned", "stale", "unknown"]
# Exposure from which a risk must be looked at every so many days; below all of them every 60.
REVIEW_DAYS: Sequence[tuple[int, int]] = ((15, 14), (8, 30))
_USUAL_DAYS = 60
HIGH = 12  # exposure from which a risk needs a response
RAID_KINDS: Mapping[str, str] = {
    "issue": "Issues",
    "decision": "Decisions",
    "change": "Changes",
    "assumption": "Assumptions",
}


class RiskRow(msgspec.Struct, frozen=True, kw_only=True):
    """One open risk.

    Attributes:
        review: `stale` where nobody has looked at it for too long or its review date has passed, `planned`
            where nobody says when it was looked at last, but the next date lies ahead, `unknown` where there
            is neither.
        is_unowned: nobody who can act answers for it; `item.owner_problem` says why.
        is_new: it came since the day that the report compares with.
        lacks_response: exposure of 12 or more, and neither a response nor an open mitigation.
    """

    item: Item
    probability: int | None
    impact: int | None
    exposure: int | None
    response: str | None
    response_due: date | None
    review_due: date | None
    last_review: date | None
    review: Review
    proximity_from: date | None
    proximity_to: date | None
    open_mitigations: int | None
    late_mitigations: int | None
    is_unowned: bool
    is_new: bool
    lacks_response: bool


class Risks(msgspec.Struct, frozen=True, kw_only=True):
    """The register.

    Attributes:
        rows: open risks, the highest exposure first; those without a score after those with one.
        matrix: how many open risks stand at (probability, impact), both 1 to 5.
        unscored: open risks without probability or impact.
        closed: risks that were closed since the day that the report compares with.
        raid: open issues, decisions, changes and assumptions, by kind.
    """

    rows: Sequence[RiskRow]
    matrix: Mapping[tuple[int, int], int]
    unscored: int
    closed: int
    raid: Mapping[str, Sequence[Item]]


def risks(views: Views) -> Risks:
    """Gather the register."""
    rows = [
        _row(views, row, views.by_id[row["item_id"]])
        for row in views.rows("risk")
        if row["item_id"] in views.by_id and not row["is_done"] and not row["is_removed"]
    ]
    rows.sort(key=lambda one: (one.exposure is None, -(one.exposure or 0), one.item.key))
    # A risk that stands in two trackers is one: the side with the higher exposure speaks.
    rows = list({views.piece(one.item): one for one in reversed(rows)}.values())[::-1]
    matrix: dict[tuple[int, int], int] = {}
    for one in rows:
        if one.probability is not None and one.impact is not None:
            place = (one.probability, one.impact)
            matrix[place] = matrix.get(place, 0) + 1
    since = views.scope.since
    return Risks(
        rows=rows,
        matrix=matrix,
        unscored=sum(one.probability is None or one.impact is None for one in rows),
        closed=views.pieces(
            one
            for one in views.done_items
            if one.kind == "risk" and one.actual_finish is not None and one.actual_finish > since
        ),
        raid={
            kind: sorted(
                (one for one in views.open_items if one.kind == kind),
                key=lambda one: (one.priority_rank or 9, one.due is None, one.due or date.max, one.key),
            )
            for kind in RAID_KINDS
        },
    )


def _row(views: Views, row: Mapping[str, object], item: Item) -> RiskRow:
    scope = views.scope
    exposure = row["exposure"] if isinstance(row["exposure"], int) else None
    last = scope.day(row["last_review_at"])  # type: ignore[arg-type]
    created = scope.day(item.created_at)
    names = (
        "probability",
        "impact",
        "response",
        "response_due",
        "review_due",
        "proximity_from",
        "proximity_to",
    )
    mitigations = row["open_mitigations"]
    return RiskRow(
        item=item,
        **{name: row[name] for name in names},  # type: ignore[arg-type]
        exposure=exposure,
        last_review=last,
        review=_review(exposure, last, row["review_due"], scope.today),
        open_mitigations=mitigations if isinstance(mitigations, int) else None,
        late_mitigations=row["late_mitigations"] if isinstance(row["late_mitigations"], int) else None,
        is_unowned=item.owner_problem is not None,
        is_new=created is not None and created > scope.since,
        lacks_response=(exposure or 0) >= HIGH and not row["has_response"] and not mitigations,
    )


def _review(exposure: int | None, last: date | None, due: object, today: date) -> Review:
    if isinstance(due, date) and due < today:
        return "stale"
    if last is None:
        return "unknown" if due is None else "planned"
    days = next((days for least, days in REVIEW_DAYS if (exposure or 0) >= least), _USUAL_DAYS)
    return "stale" if (today - last).days > days else "reviewed"
