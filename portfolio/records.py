"""What connectors deliver and the store keeps: one frozen record per thing a portfolio consists of.

Units are part of names; percentages are 0 to 100; instants are aware UTC datetimes; schedule dates are dates;
a plan's own times are *wall times* (text `YYYY-MM-DDTHH:MM`, no zone). None is *unknown*, never zero.
The field order of a record is the column order of its table, so that rows reach the database without
passing through dictionaries.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, TypeAlias

import msgspec

ItemId: TypeAlias = str
SourceId: TypeAlias = str
Wall: TypeAlias = str

STATES = ("todo", "in_progress", "done", "removed")
KINDS = (
    "initiative",
    "epic",
    "feature",
    "story",
    "task",
    "bug",
    "milestone",
    "gate",
    "risk",
    "issue",
    "decision",
    "change",
    "status_report",
)
CONSTRAINTS = ("ASAP", "ALAP", "SNET", "SNLT", "FNET", "FNLT", "MSO", "MFO")
LINK_TYPES = ("FS", "SS", "FF", "SF")
_LINKED = "url:"  # no source can be called that: a colon cannot stand in a source's name
OWNER_KINDS = ("person", "service", "group", "placeholder", "unknown")


def item_id(source: SourceId, native_id: str | int) -> ItemId:
    """The identity of a work item: its source and the tracker's immutable id, never its key."""
    return f"{source}/{native_id}"


def linked_end(address: str) -> ItemId:
    """The end of a dependency on an item that only an address names, see `Dependency`."""
    return f"{_LINKED}{address.strip()}"


def address_of_end(end: ItemId) -> str | None:
    """The address of such an end; None where it is an ordinary item id."""
    return end[len(_LINKED) :] if end.startswith(_LINKED) else None


class Record(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Base of all records."""


class WorkItem(Record, frozen=True, kw_only=True, gc=False):
    """Anything with a state and perhaps dates, as its tracker shows it. Derived values live elsewhere."""

    item_id: ItemId
    source: SourceId
    native_id: str
    key: str
    url: str | None = None
    scope: str  # the tracker's own container: Jira project key, Azure DevOps area, name of a Project file
    kind: str = "task"
    type: str | None = None
    title: str = ""
    revision: str | None = None
    schedule_id: str | None = None
    parent_id: ItemId | None = None
    sort: int | None = None
    status: str | None = None
    state: str = "todo"
    priority: str | None = None
    priority_rank: int | None = None
    severity: str | None = None
    board_column: str | None = None
    is_milestone: bool = False
    is_summary: bool = False  # the tracker itself calls it a container; children are counted in derive
    is_detail: bool = False  # counts in schedule checks: leaf, active, not external, not a blank row
    is_blocked: bool = False
    blocked_since: datetime | None = None
    owner_id: str | None = None  # account id within the source
    team: str | None = None
    start: date | None = None
    due: date | None = None
    start_at: Wall | None = None
    finish_at: Wall | None = None
    actual_start: date | None = None
    actual_finish: date | None = None
    actual_start_at: Wall | None = None
    actual_finish_at: Wall | None = None
    deadline: date | None = None
    deadline_at: Wall | None = None
    constraint_type: str | None = None
    constraint_date: date | None = None
    constraint_at: Wall | None = None
    baseline_name: str | None = None
    baseline_start: date | None = None
    baseline_finish: date | None = None
    baseline_start_at: Wall | None = None
    baseline_finish_at: Wall | None = None
    duration_minutes: int | None = None
    elapsed_minutes: int | None = None  # the same duration where it runs around the clock
    remaining_minutes: int | None = None
    is_manual: bool | None = None  # its planner sets its dates, not the network
    calendar_id: str | None = None  # where it has another than its plan
    baseline_duration_minutes: int | None = None
    early_start_at: Wall | None = None
    early_finish_at: Wall | None = None
    late_start_at: Wall | None = None
    late_finish_at: Wall | None = None
    total_float_minutes: int | None = None
    free_float_minutes: int | None = None
    is_critical: bool | None = None
    assignment_count: int | None = None
    percent_complete: float | None = None
    estimate_hours: float | None = None
    spent_hours: float | None = None
    remaining_hours: float | None = None
    points: float | None = None
    budget: float | None = None
    actual_cost: float | None = None
    forecast_cost: float | None = None
    currency: str | None = None
    iteration_id: str | None = None
    release_id: str | None = None  # the earliest unreleased one, else the last
    release_ids: Sequence[str] = ()
    labels: Sequence[str] = ()
    components: Sequence[str] = ()
    health_declared: str | None = None
    twin_keys: Sequence[
        str
    ] = ()  # keys of the same work elsewhere, from a field that exists for that purpose
    linked_urls: Sequence[str] = ()  # addresses that its hyperlinks and remote links point to, as they stand
    created_at: datetime | None = None
    updated_at: datetime | None = None


class Risk(Record, frozen=True, kw_only=True, gc=False):
    """A work item's risk face."""

    item_id: ItemId
    source: SourceId
    probability: int | None = None
    impact: int | None = None
    probability_raw: str | None = None
    impact_raw: str | None = None
    response: str | None = None
    has_response: bool = False
    response_due: date | None = None
    review_due: date | None = None
    last_review_at: datetime | None = None
    proximity_from: date | None = None
    proximity_to: date | None = None
    approver_id: str | None = None


class TeamArea(msgspec.Struct, frozen=True, array_like=True, gc=False):
    r"""A team is responsible for a scope, such as the area `Retail\Checkout`, or for all below it too."""

    scope: str
    team: str
    covers_below: bool = False
    is_default: bool = False  # the team that every project begins with


class Schedule(Record, frozen=True, kw_only=True, gc=False):
    """One network of items with its own dates: a Project plan, a Jira or Azure DevOps project.

    `team_areas` tells whose work its items are where they do not say so themselves.
    """

    schedule_id: str
    source: SourceId
    scope: str
    name: str
    kind: str  # plan, project
    lead_id: str | None = None
    status_date: date | None = None
    is_active: bool = True
    has_logic: bool = False
    baseline_at: datetime | None = None
    calendar_id: str | None = None
    minutes_per_day: int | None = None
    start_at: Wall | None = None  # before which nothing of the plan starts
    is_from_finish: bool | None = None  # planned backwards from its finish
    health_declared: str | None = None
    last_status_at: datetime | None = None
    currency: str | None = None
    team_areas: Sequence[TeamArea] = ()


class Calendar(Record, frozen=True, kw_only=True, gc=False):
    """A working calendar of a source: the ISO weekdays (1 Monday) that are worked and the dated exceptions.

    `exceptions` holds triples (first day, last day, is_working) as ISO dates; a later one wins. `hours`,
    where known, has `week`, the hours of Monday to Sunday, and `exceptions`, triples (first day, last day,
    hours); hours are pairs (from, to) of minutes of the day.
    """

    calendar_id: str
    source: SourceId
    name: str
    weekdays: Sequence[int] = (1, 2, 3, 4, 5)
    exceptions: Sequence[tuple[str, str, bool]] = ()
    hours: Mapping[str, Any] | None = None


class Identity(Record, frozen=True, kw_only=True, gc=False):
    """One account in one source. `is_active` None is unknown, which is not the same as gone."""

    source: SourceId
    account_id: str
    name: str
    email: str | None = None
    kind: str = "unknown"  # OWNER_KINDS
    is_active: bool | None = None
    directory_id: str | None = None  # in the directory behind several trackers, such as Microsoft Entra


class Iteration(Record, frozen=True, kw_only=True, gc=False):
    """A sprint or iteration."""

    iteration_id: str
    source: SourceId
    name: str
    state: str | None = None  # future, active, closed
    start: date | None = None
    end: date | None = None
    scope: str | None = None


class Release(Record, frozen=True, kw_only=True, gc=False):
    """A version that work is shipped in."""

    release_id: str
    source: SourceId
    name: str
    start: date | None = None
    date: date | None = None
    is_released: bool = False
    is_archived: bool = False
    scope: str | None = None


class Dependency(Record, frozen=True, kw_only=True, gc=False):
    """Predecessor → successor. Lag is working minutes, or a percentage of the predecessor's duration.

    An end that stands in another tracker is `url:` and its address there (`linked_end`): only derivation,
    which sees all sources, can tell which item that is.
    """

    dependency_id: str
    source: SourceId
    predecessor_id: ItemId
    successor_id: ItemId
    type: str = "FS"
    lag_minutes: int | None = None
    lag_percent: float | None = None
    lag_elapsed_minutes: int | None = None  # the same lag where it runs around the clock


class Change(Record, frozen=True, kw_only=True, gc=False):
    """One entry of an item's timeline. `field` is canonical (`due`, `state`, `owner`, …) where one exists."""

    source: SourceId
    event_id: str
    item_id: ItemId
    at: datetime
    by: str | None
    field: str
    before: str | None
    after: str | None


class Baseline(Record, frozen=True, kw_only=True, gc=False):
    """The approved dates of one item under one name; immutable once stored."""

    name: str
    item_id: ItemId
    source: SourceId
    start: date | None = None
    finish: date | None = None
    start_at: Wall | None = None
    finish_at: Wall | None = None
    work_hours: float | None = None
    cost: float | None = None
    taken_at: datetime | None = None
    origin: str = "imported"  # imported; ours: taken, replayed, frozen (of an imported one)


class Unmapped(Record, frozen=True, kw_only=True, gc=False):
    """A value of the tracker that the mapping does not know, and on how many records it was seen."""

    source: SourceId
    what: str
    value: str
    count: int


AnyRecord: TypeAlias = (
    WorkItem
    | Risk
    | Schedule
    | Calendar
    | Identity
    | Iteration
    | Release
    | Dependency
    | Change
    | Baseline
    | Unmapped
)


class OwnedBy(msgspec.Struct, frozen=True, kw_only=True):
    """The page carries *all* records of this type of these items: what is stored and not in it is gone.

    Links carry no deletion event in most trackers.
    """

    record: str  # "Dependency" | "Baseline" | "Risk"
    item_ids: Sequence[ItemId]


class Gone(msgspec.Struct, frozen=True, kw_only=True):
    """An item the tracker positively says is no longer there, and why (deleted, archived, moved, …)."""

    item_id: ItemId
    reason: str


class IdPage(msgspec.Struct, frozen=True, kw_only=True):
    """The complete list of item ids of one scope: a stored item of that scope not in it has vanished.

    `covers_below` says that the list is also that of every scope below, as areas are below their project:
    those whose name begins with this one and a backslash. `reasons` are what is known of single items that
    are not listed, and better than `reason`.
    """

    scope: str
    ids: Sequence[ItemId]
    reason: str = "not in the census"  # what becomes `deleted_because` of the vanished ones
    is_readable: bool = True  # False: the scope itself was refused or hidden, so nothing may be concluded
    covers_below: bool = False
    reasons: Mapping[ItemId, str] = msgspec.field(default_factory=dict)

    def covers(self, scope: str) -> bool:
        """Whether the items of a scope belong on this list."""
        return scope == self.scope or (self.covers_below and scope.startswith(f"{self.scope}\\"))


class Cursor(msgspec.Struct, frozen=True, kw_only=True):
    """Where a stream stands: versioned JSON that only the connector understands."""

    version: int
    value: dict[str, object]


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """Changes and the cursor after them. Both are stored in one transaction, or neither is."""

    records: Sequence[AnyRecord] = ()
    cursor: Cursor | None = None
    gone: Sequence[Gone] = ()
    complete: Sequence[IdPage] = ()
    replaces: Sequence[OwnedBy] = ()
    skipped: Sequence[str] = ()  # one line for each record or file that could not be understood
