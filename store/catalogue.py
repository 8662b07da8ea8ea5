"""Every table of the store, by layer: `tracker_*`, `derived_*` and `engine_*`.

There are no foreign keys: pages arrive in any order, an item's parent may come later or from nowhere, and a
tracker's dangling link is a finding, not an error of the database.
"""

from __future__ import annotations

from collections.abc import Mapping

from portfolio.audit import AuditEntry
from portfolio.findings import Finding
from portfolio.records import (
    AnyRecord,
    Baseline,
    Calendar,
    Change,
    Dependency,
    Identity,
    Iteration,
    Release,
    Risk,
    Schedule,
    Unmapped,
    WorkItem,
)
from store.results import BaselineEvent, ContainerChange, FailedWrite, RunEvent, SourceState, WriteRow
from store.specs import (
    HASH_COLUMN,
    RUN_COLUMN,
    ColumnSpec,
    TableSpec,
    columns_of_struct,
    columns_of_view,
    dated_columns,
    ordinal_columns,
)

# What a plan's file may bring, and derivation computes where it does not.
FILLED = (
    "early_start_at", "early_finish_at", "late_start_at", "late_finish_at", "total_float_minutes",
    "free_float_minutes", "is_critical",
)  # fmt: skip
_DERIVED_ITEM = (
    "portfolio", "program", "project", "parent_key", "depth", "is_leaf", "is_summary", "is_committed",
    "owner", "owner_email", "owner_kind", "owner_problem", "effective_due", "effective_due_source",
    "iteration_end", "release_date", "parent_due", "iteration", "release", "releases", "commitment",
    "first_commitment", "committed_at", "push_count", "push_count_90d", "pull_count", "pushed_wd",
    "p50", "p80", "p80_last_week", "forecast_method", "forecast_references", "slip_wd", "slip_pair",
    "total_float_wd", "free_float_wd", "float_source", "predecessor_count", "successor_count", "driver_id",
    "open_children",
    "children_at_commit", "children_added", "last_activity_at", "last_transition_at", "state_since",
    "blocked_since", "team", "age_wd", "p85_cycle_wd", *FILLED, "commitment_source", "inherited_push_count",
    "replan_count", "actual_finish", "actual_finish_source", "reopened_count", "earlier_finish",
    "baseline_name", "baseline_start", "baseline_finish", "baseline_start_at", "baseline_finish_at",
    "history_gap",
)  # fmt: skip
_DERIVED_DEPENDENCY = (
    "predecessor_id", "successor_id", "lag_wd", "predecessor_finish", "predecessor_due", "successor_start",
    "overlap_wd", "crosses_source", "crosses_schedule", "crosses_team", "in_cycle",
)  # fmt: skip
_DERIVED_TWIN = (
    "twin_id", "a_id", "b_id", "a_key", "b_key", "evidence", "confidence", "is_confirmed", "due_gap_wd",
    "state_differs", "owner_differs", "missing_side", "map_count",
)  # fmt: skip
_DERIVED_SCHEDULE = (
    "project", "lead", "lead_problem", "item_count", "baseline_at",
    "rebaselines_12m", "spi_t", "cpli", "bei", "hit_rate", "cei", "cei_previous", "critical_path_ok",
    "percent_complete", "budget", "actual_cost", "forecast_cost", "has_logic", "has_levels",
)  # fmt: skip
_DERIVED_ROLLUP = (
    "percent_complete", "health", "health_reason", "open_risks", "open_findings", "worst_finding",
    "rollup_p80", "rollup_slip_wd", "rollup_slip_pair", "rollup_items", "is_rolled_up",
)  # fmt: skip
# The rollup comes after the check, so its dates have no working-day numbers of their own.
ITEM_DATES = tuple(name for name in dated_columns("item") if name not in _DERIVED_ROLLUP)
RISK_DATES = ("response_due", "review_due", "last_review_at", "proximity_from", "proximity_to")

_CALENDAR_ID = ColumnSpec("calendar_id", "text")
_TOMBSTONE = (ColumnSpec("deleted_at", "instant"), ColumnSpec("deleted_because", "text"))


def _tracker(
    record: type[AnyRecord],
    name: str,
    key: tuple[str, ...],
    indexes: tuple[tuple[str, ...], ...] = (),
) -> TableSpec:
    return TableSpec(
        f"tracker_{name}", (*columns_of_struct(record, key), HASH_COLUMN, RUN_COLUMN), key, indexes
    )


TRACKER_TABLES: Mapping[type[AnyRecord], TableSpec] = {
    WorkItem: TableSpec(
        "tracker_item",
        (*columns_of_struct(WorkItem, ("item_id",)), *_TOMBSTONE, HASH_COLUMN, RUN_COLUMN),
        ("item_id",),
        # The last three are the ways on which derivation follows a change.
        indexes=(("source", "scope"), ("key",), ("parent_id",), ("schedule_id",), ("owner_id",)),
        # Tombstones are few: the index costs nothing and makes leaving them out cheap.
        partial_indexes={
            "ix_tracker_item_tombstone": (("item_id",), "deleted_at IS NOT NULL"),
            # Rules: a release counts what is open in it, and risks are few among the items.
            "ix_tracker_item_release": (("release_id", "state", "deleted_at"), "release_id IS NOT NULL"),
            "ix_tracker_item_risk": (("item_id",), "kind = 'risk'"),
        },
    ),
    Risk: _tracker(Risk, "risk", ("item_id",)),
    Schedule: _tracker(Schedule, "schedule", ("schedule_id",)),
    Calendar: _tracker(Calendar, "calendar", ("calendar_id",)),
    Identity: _tracker(Identity, "identity", ("source", "account_id")),
    Iteration: _tracker(Iteration, "iteration", ("iteration_id",)),
    Release: _tracker(Release, "release", ("release_id",)),
    Dependency: _tracker(
        Dependency, "dependency", ("dependency_id",), (("predecessor_id",), ("successor_id",))
    ),
    # Entries of a timeline hardly ever change, so they carry no hash: a known one is compared as it stands.
    Change: TableSpec(
        "tracker_change",
        columns_of_struct(Change, ("source", "event_id")),
        ("source", "event_id"),
        (("item_id",),),
        # Whose other dates somebody moved at the same time.
        partial_indexes={"ix_tracker_change_by": (("by",), "field = 'due'")},
    ),
    Baseline: _tracker(Baseline, "baseline", ("name", "item_id"), (("item_id",),)),
    Unmapped: _tracker(Unmapped, "unmapped", ("source", "what", "value")),
}


def _derived(
    name: str,
    key: tuple[str, ...],
    columns: tuple[ColumnSpec, ...],
    indexes: tuple[tuple[str, ...], ...] = (),
    partial_indexes: Mapping[str, tuple[tuple[str, ...], str]] = {},
) -> TableSpec:
    keyed = tuple(
        ColumnSpec(column.name, column.kind, nullable=False) if column.name in key else column
        for column in columns
    )
    return TableSpec(f"derived_{name}", (*keyed, HASH_COLUMN), key, indexes, partial_indexes)


_ITEM_ID = ColumnSpec("item_id", "text", nullable=False)

_DERIVED = (
    _derived(
        "item",
        ("item_id",),
        (
            _ITEM_ID,
            _CALENDAR_ID,
            *columns_of_view("item", _DERIVED_ITEM),
            # What the network says, and what each item adds to the end of its group.
            ColumnSpec("network_start", "date"),
            ColumnSpec("network_finish", "date"),
            ColumnSpec("is_waiting", "bool"),
            ColumnSpec("network_group", "text"),
            ColumnSpec("network_last", "date"),
            ColumnSpec("network_promise", "date"),
            # What a plan's own network says of its tasks where its file does not.
            ColumnSpec("plan_is_critical", "bool"),
            ColumnSpec("plan_driver_id", "text"),
            ColumnSpec("baseline_counts", "bool"),  # the columns of the baseline are these, not the tracker's
        ),
        # Whose other work is counted when something of a team begins or ends.
        partial_indexes={"ix_derived_item_team": (("team",), "team IS NOT NULL")},
    ),
    _derived("item_ordinal", ("item_id",), (_ITEM_ID, *ordinal_columns(ITEM_DATES))),
    _derived(
        "risk",
        ("item_id",),
        (
            _ITEM_ID,
            *columns_of_view("risk", ("exposure", "open_mitigations", "late_mitigations", "threatened_late")),
            *ordinal_columns(RISK_DATES),
        ),
    ),
    _derived(
        "dependency",
        ("dependency_id",),
        (
            ColumnSpec("dependency_id", "text"),
            *columns_of_view("dependency", _DERIVED_DEPENDENCY),
            ColumnSpec("repeats", "text"),  # the dependency that another tracker shows already
            _CALENDAR_ID,
            *ordinal_columns(dated_columns("dependency")),
        ),
        # Only ends that were addresses stand here.
        partial_indexes={
            f"ix_derived_dependency_{end}": ((end,), f"{end} IS NOT NULL")
            for end in ("predecessor_id", "successor_id")
        },
    ),
    # When the work of a project, or of a schedule outside of all projects, ends in the network.
    _derived(
        "network_end",
        ("network_group",),
        (ColumnSpec("network_group", "text"), ColumnSpec("last", "date"), ColumnSpec("promise", "date")),
    ),
    _derived(
        "schedule",
        ("schedule_id",),
        (ColumnSpec("schedule_id", "text"), *columns_of_view("schedule", _DERIVED_SCHEDULE)),
    ),
    _derived("schedule_check", ("schedule_id", "check"), columns_of_view("schedule_check")),
    _derived("twin", ("twin_id",), columns_of_view("twin", _DERIVED_TWIN), indexes=(("a_id",), ("b_id",))),
    _derived("person", ("person_id",), columns_of_view("person")),
    _derived("person_schedule", ("person_id", "schedule_id"), columns_of_view("person_schedule")),
    _derived(
        "rollup",
        ("item_id",),
        # The colour of the item by itself is kept so that the next run knows which one it returns from.
        (_ITEM_ID, *columns_of_view("item", _DERIVED_ROLLUP), ColumnSpec("own_health", "text")),
    ),
    _derived("replan", ("replan_id",), columns_of_view("replan")),
    _derived("project", ("slug",), columns_of_view("project")),
    _derived(
        "schedule_health",
        ("schedule_id",),
        columns_of_view("schedule", ("schedule_id", "health", "health_declared", "health_gap_runs")),
    ),
    _derived("milestone", ("item_id",), columns_of_view("milestone")),
    _derived(
        "iteration",
        ("iteration_id",),
        columns_of_view("iteration", ("iteration_id", "committed", "done", "p85_team", "say_do_3")),
    ),
    # What counts in which running iteration, and how.
    _derived(
        "iteration_item",
        ("iteration_id", "item_id"),
        (
            ColumnSpec("iteration_id", "text"),
            ColumnSpec("item_id", "text"),
            ColumnSpec("is_committed", "bool"),
            ColumnSpec("is_done", "bool"),
        ),
        indexes=(("item_id",),),
    ),
    _derived("team", ("team",), columns_of_view("team")),
    _derived("calibration", ("class",), columns_of_view("calibration")),
    _derived("workday", ("day",), (ColumnSpec("day", "date"), ColumnSpec("ord", "int"))),
    _derived(
        "today",
        ("calendar_id",),
        (_CALENDAR_ID, ColumnSpec("day", "date"), ColumnSpec("ord", "int")),
    ),
)

FINDING_TABLE = TableSpec(
    "engine_finding",
    (*columns_of_struct(Finding, ("finding_id",)), HASH_COLUMN, RUN_COLUMN),
    ("finding_id",),
    (("state",), ("item_id",), ("subject_id",)),
)
WRITE_TABLE = TableSpec(
    "engine_write",
    columns_of_struct(WriteRow, ("write_id",)),
    ("write_id",),
    (("source", "state"), ("run_id",), ("item_id",)),
)
SOURCE_TABLE = TableSpec("engine_source", columns_of_struct(SourceState, ("source",)), ("source",))
STREAM_TABLE = TableSpec(
    "engine_stream",
    (
        ColumnSpec("source", "text", nullable=False),
        ColumnSpec("stream", "text", nullable=False),
        ColumnSpec("cursor", "object"),
        ColumnSpec("read_at", "instant"),
    ),
    ("source", "stream"),
)
RUN_TABLE = TableSpec(
    "engine_run",
    (
        ColumnSpec("run_id", "text", nullable=False),
        ColumnSpec("verb", "text", nullable=False),
        ColumnSpec("started_at", "instant", nullable=False),
        ColumnSpec("ended_at", "instant"),
        ColumnSpec("exit_code", "int"),
        ColumnSpec("counts", "object"),
        ColumnSpec("audit_head", "text"),
    ),
    ("run_id",),
)
SLOT_TABLE = TableSpec(
    "engine_slot",
    (
        ColumnSpec("item_id", "text", nullable=False),
        ColumnSpec("slot", "text", nullable=False),
        ColumnSpec("source", "text", nullable=False),
        ColumnSpec("value", "value"),
        ColumnSpec("remote_id", "text"),
        ColumnSpec("at", "instant"),
    ),
    ("item_id", "slot"),
    (("source",),),
)
# The store guards it: rows are appended, never changed or deleted (store/guards.py).
AUDIT_TABLE = TableSpec(
    "engine_audit",
    columns_of_struct(AuditEntry, ("seq",)),
    ("seq",),
    (("run_id",), ("item_id",), ("source",)),
)
NOTE_TABLE = TableSpec(
    "engine_note", (ColumnSpec("digest", "text", nullable=False), ColumnSpec("note", "object")), ("digest",)
)
FAILED_WRITE_TABLE = TableSpec(
    "engine_failed_write",
    columns_of_struct(FailedWrite, ("item_id", "slot")),
    ("item_id", "slot"),
    (("source",),),
)
EVENT_TABLE = TableSpec(
    "engine_event",
    columns_of_struct(RunEvent, ("run_id", "what", "subject")),
    ("run_id", "what", "subject"),
    (("subject",),),
)
# How each item stood after the last check, so that the next one can tell what became of it.
SEEN_TABLE = TableSpec(
    "engine_seen",
    (
        ColumnSpec("item_id", "text", nullable=False),
        ColumnSpec("is_gone", "bool", nullable=False),
        ColumnSpec("is_late", "bool", nullable=False),
    ),
    ("item_id",),
)
# What has changed since the last derivation, with the values that were there before (store/dirty.py).
DIRTY_TABLE = TableSpec(
    "engine_dirty",
    (
        ColumnSpec("what", "text", nullable=False),
        ColumnSpec("id", "text", nullable=False),
        ColumnSpec("before", "object"),
        ColumnSpec("seq", "int", nullable=False),
    ),
    ("what", "id"),
)
# What has changed since the rules last ran (store/unchecked.py).
UNCHECKED_TABLE = TableSpec(
    "engine_unchecked",
    (ColumnSpec("what", "text", nullable=False), ColumnSpec("id", "text", nullable=False)),
    ("what", "id"),
)
CONTAINER_TABLE = TableSpec(
    "engine_container_change",
    columns_of_struct(ContainerChange, ("source", "event_id")),
    ("source", "event_id"),
    (("container_id",),),
)
BASELINE_TABLE = TableSpec(
    "engine_baseline", columns_of_struct(BaselineEvent, ("name", "version")), ("name", "version")
)
FORECAST_TABLE = TableSpec(
    "engine_forecast",
    (
        ColumnSpec("item_id", "text", nullable=False),
        ColumnSpec("as_of", "date", nullable=False),
        ColumnSpec("class", "text", nullable=False),
        ColumnSpec("forecast_method", "text"),
        ColumnSpec("predicted", "date"),
        ColumnSpec("due", "date"),
        ColumnSpec("p50", "date"),
        ColumnSpec("p80", "date"),
        ColumnSpec("forecast_references", "int"),
        ColumnSpec("late_chance", "real"),
        # Carried from row to row, so that thinning out loses nothing that is scored (sync/forecast_trail.py).
        ColumnSpec("warned_since", "date"),
        ColumnSpec("moved_wd", "int"),
    ),
    ("item_id", "as_of"),
    (("as_of",),),
)
# What was learned of finished work, once on each day (sync/forecast_learning.py).
REFERENCE_TABLE = TableSpec(
    "engine_reference",
    (
        ColumnSpec("family", "text", nullable=False),
        ColumnSpec("class", "text", nullable=False),
        ColumnSpec("detail", "object", nullable=False),
    ),
    ("family", "class"),
)
# What was said about a date on a day: what trends and the honesty of forecasts are worked out from.
SNAPSHOT_TABLE = TableSpec(
    "engine_date_snapshot",
    (
        ColumnSpec("item_id", "text", nullable=False),
        ColumnSpec("day", "date", nullable=False),
        ColumnSpec("finish", "date"),
        ColumnSpec("forecast", "date"),
    ),
    ("item_id", "day"),
)
META_TABLE = TableSpec(
    "engine_meta", (ColumnSpec("name", "text", nullable=False), ColumnSpec("value", "text")), ("name",)
)

TABLES: Mapping[str, TableSpec] = {
    table.name: table
    for table in (
        *TRACKER_TABLES.values(),
        *_DERIVED,
        FINDING_TABLE,
        WRITE_TABLE,
        SOURCE_TABLE,
        STREAM_TABLE,
        RUN_TABLE,
        SLOT_TABLE,
        AUDIT_TABLE,
        NOTE_TABLE,
        FAILED_WRITE_TABLE,
        EVENT_TABLE,
        SEEN_TABLE,
        DIRTY_TABLE,
        UNCHECKED_TABLE,
        CONTAINER_TABLE,
        BASELINE_TABLE,
        FORECAST_TABLE,
        REFERENCE_TABLE,
        SNAPSHOT_TABLE,
        META_TABLE,
    )
}


def table_of(record: type[AnyRecord]) -> TableSpec:
    """The table that holds records of this type."""
    return TRACKER_TABLES[record]
