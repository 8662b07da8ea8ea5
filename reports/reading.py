"""Views read once for a report: items, the tree and findings as small frozen structs, cut to one scope."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, tzinfo
from functools import cached_property
from typing import TYPE_CHECKING, Any

import msgspec

from portfolio.agenda import Committee, Freeze
from portfolio.errors import UsageError

if TYPE_CHECKING:
    from store import Store

MAX_ROWS = 2_000_000
_SECONDS = 300.0


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
_ITEM_COLUMNS: Mapping[str, str] = {
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
    muted_reason: str | None

    @property
    def is_live(self) -> bool:
        """Open or acknowledged."""
        return self.state in ("open", "acknowledged")


class Views:
    """The views that reports read, each once and only when it is asked for.

    Args:
        store: an open store.
        scope: what the report is about.

    Raises:
        UsageError: the scope names a slug that the tree does not have.
    """

    def __init__(self, store: Store, scope: Scope) -> None:
        self.store = store
        self.scope = scope
        self.slugs = self._slugs()

    def _slugs(self) -> frozenset[str] | None:
        """The slugs that are in scope; None is everything."""
        if self.scope.slug is None:
            return None
        found = {self.scope.slug}
        children: dict[str | None, list[str]] = {}
        for row in self.tree_rows:
            children.setdefault(row["parent"], []).append(row["slug"])
        if not any(row["slug"] == self.scope.slug for row in self.tree_rows):
            known = ", ".join(str(row["slug"]) for row in self.tree_rows)
            raise UsageError(
                f"The portfolio has no `{self.scope.slug}`.",
                hint=f"There are: {known}." if known else "The configuration has no `portfolio:`.",
            )
        queue = [self.scope.slug]
        while queue:
            for slug in children.get(queue.pop(), ()):
                found.add(slug)
                queue.append(slug)
        return frozenset(found)

    @cached_property
    def tree_rows(self) -> list[dict[str, Any]]:
        """Every row of the view `project`, in scope or not."""
        return [dict(row) for row in self.store.rows("project")]

    def contains(self, slugs: Iterable[str | None]) -> bool:
        """Whether something that stands at these slugs is in scope."""
        return self.slugs is None or any(slug in self.slugs for slug in slugs)

    @cached_property
    def open_items(self) -> list[Item]:
        """Everything that is neither done nor removed, by id."""
        return self._items("NOT is_done AND NOT is_removed")

    @cached_property
    def done_items(self) -> list[Item]:
        """Everything that is done, by id."""
        return self._items("is_done")

    @cached_property
    def by_id(self) -> dict[str, Item]:
        """Open and done items by their id."""
        return {one.item_id: one for one in (*self.done_items, *self.open_items)}

    def _items(self, where: str) -> list[Item]:
        rows = self.store.select(
            "item",
            columns=_ITEM_COLUMNS,
            where=where,
            parameters={},
            row_limit=MAX_ROWS,
            timeout_seconds=_SECONDS,
        )
        found = [_item(row) for row in rows if self._is_mine(row)]
        return sorted(found, key=lambda one: one.item_id)

    def _is_mine(self, row: Mapping[str, Any]) -> bool:
        return self.contains((row["project"], row["program"], row["portfolio"]))

    @cached_property
    def findings(self) -> list[Finding]:
        """Every finding in scope, whatever its state, by id."""
        found = [Finding(**row) for row in self.store.rows("finding")]  # type: ignore[arg-type]
        if self.slugs is None:
            return found
        return [one for one in found if self.place_of(one) in self.slugs]

    def subject_of(self, finding: Finding) -> Item | None:
        """The item that a finding is about; of a dependency or of twins the one that gets the comment."""
        ids = (finding.item_id, *finding.comment_items)
        return next((self.by_id[one] for one in ids if one in self.by_id), None)

    def place_of(self, finding: Finding) -> str | None:
        """The slug of the project that a finding is about; None where it is about none or several."""
        item = self.subject_of(finding)
        if item is not None:
            return item.project or item.program or item.portfolio
        if finding.project is not None or not finding.subject.startswith("schedule"):
            return finding.project
        return self._project_of_schedule.get(str(finding.evidence.get("name")))

    @cached_property
    def _project_of_schedule(self) -> dict[str, str | None]:
        rows = self.store.rows("schedule")
        return {str(row["name"]): None if row["project"] is None else str(row["project"]) for row in rows}

    @cached_property
    def live_findings(self) -> list[Finding]:
        """The findings that are open or acknowledged."""
        return [one for one in self.findings if one.is_live]

    def rows(self, view: str, **where: object) -> list[dict[str, Any]]:
        """The rows of another view that are in scope, as far as its columns tell."""
        found = [dict(row) for row in self.store.rows(view, where=where)]
        if self.slugs is None:
            return found
        if view in ("risk", "item"):
            return [row for row in found if self._is_mine(row)]
        if view == "schedule":
            return [row for row in found if row["project"] in self.slugs]
        if view == "schedule_check":
            mine = {row["schedule_id"] for row in self.rows("schedule")}
            return [row for row in found if row["schedule_id"] in mine]
        if view == "dependency":
            ids = self.by_id
            return [row for row in found if row["predecessor_id"] in ids or row["successor_id"] in ids]
        return found


def _item(row: dict[str, Any]) -> Item:
    for name in ("is_done", "is_removed", "is_leaf", "is_summary", "is_milestone"):
        row[name] = bool(row[name])
    late = row["overdue_wd"]
    if row["is_done"] or row["is_removed"]:
        row["overdue_wd"] = 0
    else:
        row["overdue_wd"] = None if late is None else max(0, int(late))
    return Item(**row)
