"""The scope of a report, and the items and findings it reads, as small frozen structs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, tzinfo
from typing import Any

import msgspec

from portfolio.agenda import Committee, Freeze


class Scope(msgspec.Struct, frozen=True, kw_only=True):
    """What a report is about.

    Attributes:
        today: the day that all figures hold for.
        now: the instant at which the report is made.
        since: changes after the end of this day are told.
        since_what: that day in words: `the Steering committee of 26 November 2026`.
        zone: the portfolio's, in which an instant has a day.
        slug: a portfolio, programme or project; None is everything that is stored.
        committees, freezes: the PMO's appointments.
        working_days: from one day to another in the portfolio's calendar; None where one is unknown.
    """

    today: date
    now: datetime
    since: date
    since_what: str
    zone: tzinfo
    working_days: Callable[[date | None, date | None], int | None]
    slug: str | None = None
    committees: Sequence[Committee] = ()
    freezes: Sequence[Freeze] = ()

    def day(self, moment: datetime | None) -> date | None:
        """The day of an instant in the portfolio's zone."""
        return None if moment is None else moment.astimezone(self.zone).date()


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """What reports need of one work item. Names and meanings are those of the view `item`.

    Attributes:
        due: the effective due date; `due_source` says where it comes from.
        overdue_wd: working days by which an open item has passed its due date, in its own calendar; 0 where
            it has not or is done, None where it is open and has no date.
        baseline_slip_wd: working days from the baseline's finish to the actual or the due date.
    """

    item_id: str
    source: str
    key: str
    url: str | None
    kind: str
    title: str
    portfolio: str | None
    program: str | None
    project: str | None
    schedule_id: str | None
    parent_id: str | None
    parent_key: str | None
    depth: int | None
    state: str
    status: str | None
    priority_rank: int | None
    is_done: bool
    is_removed: bool
    is_leaf: bool
    is_summary: bool
    is_milestone: bool
    is_committed: bool
    is_blocked: bool
    is_stale: bool
    is_critical: bool
    owner_id: str | None
    owner: str | None
    owner_problem: str | None
    team: str | None
    start: date | None
    due: date | None
    due_source: str | None
    iteration: str | None
    release: str | None
    commitment: date | None
    commitment_source: str | None
    first_commitment: date | None
    committed_at: datetime | None
    push_count: int | None
    pull_count: int | None
    pushed_wd: int | None
    baseline_start: date | None
    baseline_finish: date | None
    baseline_name: str | None
    actual_start: date | None
    actual_finish: date | None
    p50: date | None
    p80: date | None
    forecast_method: str | None
    forecast_references: int | None
    slip_wd: int | None
    slip_pair: str | None
    total_float_wd: int | None
    driver_id: str | None
    percent_complete: float | None
    health: str | None
    health_reason: str | None
    health_declared: str | None
    open_risks: int | None
    open_findings: int | None
    worst_finding: str | None
    budget: float | None
    actual_cost: float | None
    forecast_cost: float | None
    currency: str | None
    created_at: datetime | None
    last_activity_at: datetime | None
    overdue_wd: int | None
    baseline_slip_wd: int | None
    finish_slip_wd: int | None
    first_slip_wd: int | None

    @property
    def is_open(self) -> bool:
        """Neither done nor removed."""
        return not self.is_done and not self.is_removed

    @property
    def is_overdue(self) -> bool:
        """Open, and its due date has passed."""
        return bool(self.overdue_wd) and self.is_open

    @property
    def finish(self) -> date | None:
        """The best known day of its end: actual, else P50, else due."""
        return self.actual_finish or self.p50 or self.due


_RENAMED = {"due": "effective_due", "due_source": "effective_due_source"}
# Positive is late. The row's own calendar counts; a day off counts as the working day before it.
_COMPUTED = {
    "overdue_wd": "today_ord - effective_due_ord",
    "baseline_slip_wd": "coalesce(actual_finish_ord, effective_due_ord) - baseline_finish_ord",
    "finish_slip_wd": "actual_finish_ord - commitment_ord",
    "first_slip_wd": "actual_finish_ord - first_commitment_ord",
}
ITEM_COLUMNS: Mapping[str, str] = {
    name: _COMPUTED.get(name, f'"{_RENAMED.get(name, name)}"') for name in Item.__struct_fields__
}


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One finding; names and meanings are those of the view `finding`."""

    finding_id: str
    rule: str
    rule_group: str
    subject: str
    item_id: str | None
    key: str | None
    project: str | None
    severity: str
    state: str
    opened_at: datetime | None
    last_seen_at: datetime
    resolved_at: datetime | None
    resolved_because: str | None
    reopened_count: int
    message: str
    title: str
    why: str
    action: str
    docs: str | None
    evidence: Mapping[str, Any]
    comment_items: Sequence[str]
    is_legacy: bool
    muted_until: datetime | None
    muted_by: str | None
    muted_approver: str | None
    muted_reason: str | None

    @property
    def is_live(self) -> bool:
        """Open or acknowledged."""
        return self.state in ("open", "acknowledged")
