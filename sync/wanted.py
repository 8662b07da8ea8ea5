"""What Dovetail wants to stand in a tracker: a comment where there is something to say, and rollup fields.

Pure apart from reading the store. What stands there now is `sync/plan.py`'s business.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from portfolio.findings import Finding, severity_rank
from portfolio.intents import COMMENT, DATE_NAMES, FIELD_NAMES, Value
from portfolio.notes import Note
from portfolio.records import ItemId
from sync.comment import compose

if TYPE_CHECKING:
    from connectors.source_safety import ConflictPolicy
    from store import Store
    from store.results import SlotBase

LIVE = ("open", "acknowledged")
_MUTED = ("snoozed", "suppressed")


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteSettings:
    """What the configuration lets Dovetail write into one source. By default nothing.

    Attributes:
        comments: keep one comment per item.
        fields: rollup field, start or due → what the tracker calls it.
        armed: arm the source at its first sync, without a plan file.
        comment_backlog: comment also what was there before the source was armed.
        comment_severity: a finding this severe gets an item its comment.
        forecast_step_wd: a forecast that moved by less than this is not written again.
        place: the address that is written to.
        conflicts: whose value stands where a person changed ours, by slot; `default` is for fields not named.
    """

    comments: bool = False
    fields: Mapping[str, str] = field(default_factory=dict)
    armed: bool = False
    comment_backlog: bool = False
    comment_severity: str = "high"
    forecast_step_wd: int = 5
    place: str = ""
    conflicts: Mapping[str, ConflictPolicy] = field(default_factory=dict)

    def policy_of(self, slot: str) -> ConflictPolicy:
        """Whose value stands in a slot. `default` is about rollups: others need a word of their own."""
        default = (
            "report" if slot == COMMENT or slot in DATE_NAMES else self.conflicts.get("default", "report")
        )
        return self.conflicts.get(slot, default)

    def field_of(self, slot: str) -> str | None:
        """What the tracker calls the place of a slot; None where nothing may be written there."""
        if slot == COMMENT:
            return COMMENT if self.comments else None
        return self.fields.get(slot)

    @property
    def writes_anything(self) -> bool:
        """True where a `write:` section names something."""
        return self.comments or bool(self.fields)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What should stand in one slot of one item.

    Attributes:
        may_create: a comment may be made where there is none; otherwise only one that stands is kept true.
        is_news: there is something open to say; a deleted comment with nothing open is nobody's loss.
    """

    item_id: ItemId
    slot: str
    value: Value
    note: Note | None = None
    rules: Sequence[str] = ()
    reason: str = ""
    may_create: bool = True
    is_news: bool = True


def findings_by_item(findings: Sequence[Finding]) -> dict[ItemId, list[Finding]]:
    """The findings that each item's comment would show."""
    found: dict[ItemId, list[Finding]] = {}
    for finding in findings:
        if finding.state == "pending":
            continue
        for item in dict.fromkeys(finding.comment_items):
            found.setdefault(item, []).append(finding)
    return found


def wanted_comments(
    source: str,
    by_item: Mapping[ItemId, Sequence[Finding]],
    bases: Mapping[tuple[ItemId, str], SlotBase],
    settings: WriteSettings,
    *,
    zone: ZoneInfo,
    is_first_look: bool,
    may_reply: bool = False,
) -> list[Wanted]:
    """The comments of one source: of items that deserve one, and of those that have one.

    Args:
        source: its name.
        by_item: see `findings_by_item`.
        bases: what Dovetail last wrote, by item and slot.
        settings: see `WriteSettings`.
        zone: the portfolio's zone.
        is_first_look: this store has never looked for comments of an earlier one. Items with a legacy finding
            are then looked at once, so that their comments are found again.
        may_reply: whether a comment in this tracker mutes.
    """
    prefix = f"{source}/"
    found: list[Wanted] = []
    with_comment = {item for item, slot in bases if slot == COMMENT}
    for item in sorted(with_comment | {item for item in by_item if item.startswith(prefix)}):
        findings = by_item.get(item, ())
        is_severe = any(_is_severe(one, settings.comment_severity) for one in findings)
        may_create = any(
            _is_severe(one, settings.comment_severity) and (settings.comment_backlog or not one.is_legacy)
            for one in findings
        )
        if item in with_comment or may_create or (is_first_look and is_severe):
            found.append(_comment(item, findings, zone=zone, may_create=may_create, may_reply=may_reply))
    return found


def _is_severe(finding: Finding, threshold: str) -> bool:
    return finding.state in LIVE and severity_rank(finding.severity) >= severity_rank(threshold)


def _comment(
    item: ItemId, findings: Sequence[Finding], *, zone: ZoneInfo, may_create: bool, may_reply: bool
) -> Wanted:
    note = compose(findings, zone=zone, may_reply=may_reply)
    live = [one for one in findings if one.state in LIVE]
    worst = max((one.severity for one in live), key=severity_rank, default=None)
    many = "" if len(live) == 1 else "s"
    return Wanted(
        item_id=item,
        slot=COMMENT,
        value=note.digest(),
        note=note,
        rules=sorted({one.rule for one in live or findings}),
        reason=f"{len(live)} open finding{many}, worst {worst}" if live else "nothing is open any more",
        may_create=may_create,
        is_news=bool(live),
    )


_COLUMNS = (
    "item_id", "state", "health", "health_reason", "rollup_p80", "rollup_slip_wd", "rollup_slip_pair",
    "percent_complete", "open_risks", "open_findings", "worst_finding",
)  # fmt: skip


def wanted_fields(
    store: Store,
    source: str,
    bases: Mapping[tuple[ItemId, str], SlotBase],
    settings: WriteSettings,
    *,
    slots: Sequence[str],
    working_days: Callable[[date, date], int | None],
    rules_below: Callable[[ItemId], Sequence[str]],
) -> list[Wanted]:
    """The rollup fields of one source's epics, features, initiatives and a plan's summary tasks.

    A done or removed item keeps the values it has, and gets none it never had.

    Args:
        store: holds the view `item`.
        source: its name.
        bases: what Dovetail last wrote, by item and slot.
        settings: see `WriteSettings`.
        slots: the fields that the configuration names and the tracker can hold.
        working_days: working days between two dates.
        rules_below: the rules with an open finding on an item or below it.
    """
    found: list[Wanted] = []
    for row in _containers(store, source):
        item = str(row["item_id"])
        is_over = row["state"] in ("done", "removed")
        if is_over and not any((item, slot) in bases for slot in FIELD_NAMES):
            continue
        values = _field_values(row)
        known = {slot: bases[item, slot].value for slot in slots if (item, slot) in bases}
        if values["worst_finding"] is None and values["open_findings"] == 0 and known.get("worst_finding"):
            # Nothing found is knowledge, not ignorance: the old severity must not stand for ever.
            values["worst_finding"] = "none"
        if values["percent_complete"] is None and "percent_complete" in known:
            # Its last child has gone elsewhere: it is now as complete as its own state says.
            values["percent_complete"] = 100 if row["state"] == "done" else 0
        settled = _settled(values, known, row, settings.forecast_step_wd, working_days)
        for slot in slots:
            value = settled[slot]
            if value is None:
                continue
            reason = str(row["health_reason"] or "") if slot == "health" else "rollup of what is below"
            found.append(Wanted(item_id=item, slot=slot, value=value, rules=rules_below(item), reason=reason))
    return found


def _containers(store: Store, source: str) -> list[dict[str, object]]:
    """Epics and the like, the summary tasks of plans, and their twins. A story with sub-tasks is none."""
    rows = store.select(
        "item",
        columns={name: name for name in _COLUMNS},
        where="source = :source AND is_rolled_up",
        parameters={"source": source},
        row_limit=1_000_000,
    )
    return sorted(rows, key=lambda row: str(row["item_id"]))


def _field_values(row: Mapping[str, object]) -> dict[str, Value]:
    return {
        "health": _text(row["health"]),
        "forecast_finish": _day(row["rollup_p80"]),
        "slip_wd": _whole(row["rollup_slip_wd"]),
        "percent_complete": _percent(row["percent_complete"]),
        "open_risks": _whole(row["open_risks"]),
        "open_findings": _whole(row["open_findings"]),
        "worst_finding": _text(row["worst_finding"]),
    }


def _settled(
    values: Mapping[str, Value],
    known: Mapping[str, Value],
    row: Mapping[str, object],
    step_wd: int,
    working_days: Callable[[date, date], int | None],
) -> dict[str, Value]:
    """The values with the old ones where only the clock has moved a forecast by less than a step."""
    settled = dict(values)
    finish, before = values["forecast_finish"], known.get("forecast_finish")
    has_moved = finish != before
    if isinstance(finish, str) and isinstance(before, str) and has_moved:
        distance = working_days(date.fromisoformat(before), date.fromisoformat(finish))
        has_moved = distance is None or abs(distance) >= step_wd
        if not has_moved:
            settled["forecast_finish"] = before
    slip, shown = values["slip_wd"], known.get("slip_wd")
    is_forecast = str(row["rollup_slip_pair"] or "").endswith("forecast")
    if is_forecast and isinstance(slip, int) and isinstance(shown, (int, float)):
        # The two are read side by side, so they move together: with a forecast that is written anew, too.
        is_small = abs(slip - shown) < step_wd
        if is_small and not (has_moved and "forecast_finish" in known):
            settled["slip_wd"] = shown
    return settled


def _text(value: object) -> Value:
    return None if value is None else str(value)


def _whole(value: object) -> Value:
    return int(value) if isinstance(value, (int, float)) else None


def _day(value: object) -> Value:
    """A date as its ISO text, whichever database it came from."""
    if isinstance(value, date):
        return value.isoformat()
    return None if value is None else str(value)[:10]


def _percent(value: object) -> Value:
    """Whole percent, half up; never 100 before everything is done."""
    if not isinstance(value, (int, float)):
        return None
    return min(math.floor(value + 0.5), 99) if value < 100 else 100
