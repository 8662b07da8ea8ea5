"""The one list of names: every view that rules, reports, exports and people's own SQL read, with its columns.

Columns are added, never renamed. `store/` builds the views from this list, `rules/` type-checks expressions
against it, and `docs/views.md` is generated from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias, get_args

import msgspec

ColumnType: TypeAlias = Literal["text", "int", "real", "bool", "date", "wall", "instant", "list", "object"]
COLUMN_TYPES: tuple[ColumnType, ...] = get_args(ColumnType)

# Never null, whatever the prefix would say otherwise: DESIGN §7.
BOOLEAN_PREFIXES = ("is_", "has_", "in_", "crosses_")

# Views whose rows stand somewhere in the PMO's tree. Rules read it as the hidden column `place`: the slug of
# the project, or null. A dependency stands where its successor does, a twin where its first side does.
PLACED = frozenset(
    {
        "item",
        "risk",
        "project",
        "dependency",
        "schedule",
        "schedule_check",
        "milestone",
        "person_schedule",
        "twin",
    }
)


class Column(msgspec.Struct, frozen=True):
    """One column of a view."""

    name: str
    type: ColumnType

    @property
    def never_null(self) -> bool:
        """True for the booleans that are false rather than unknown (`is_ has_ in_ crosses_`)."""
        return self.type == "bool" and self.name.startswith(BOOLEAN_PREFIXES)

    @property
    def has_ordinal(self) -> bool:
        """True where a hidden column `<name>_ord` holds the working-day number, for `wd(a, b)` in rules."""
        return self.type in ("date", "instant")


class View(msgspec.Struct, frozen=True):
    """A view: its columns in the order an export prints them, and the columns that identify a row."""

    name: str
    about: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]

    def column(self, name: str) -> Column | None:
        """The column of that name, or None."""
        return next((column for column in self.columns if column.name == name), None)

    @property
    def names(self) -> tuple[str, ...]:
        """The column names in order."""
        return tuple(column.name for column in self.columns)


def _parse(text: str) -> tuple[Column, ...]:
    """Read lines of `type: name name …` in order."""
    columns: list[Column] = []
    for line in text.strip().splitlines():
        kind, _, names = line.strip().partition(":")
        if kind not in COLUMN_TYPES:
            raise ValueError(f"no such column type: {kind}")
        columns.extend(Column(name, kind) for name in names.split())
    return tuple(columns)


_ITEM = _parse(
    """
    text: item_id source key url kind type title revision
    text: portfolio program project schedule_id parent_id parent_key
    int: depth sort
    text: status state priority
    int: priority_rank
    text: severity board_column
    bool: is_done is_removed is_leaf is_summary is_milestone is_detail is_committed is_blocked
    bool: is_stale is_deleted
    text: deleted_because owner_id owner owner_email owner_kind owner_problem team
    date: start due
    wall: start_at finish_at actual_start_at actual_finish_at deadline_at constraint_at
    wall: baseline_start_at baseline_finish_at
    date: effective_due
    text: effective_due_source
    date: iteration_end release_date parent_due commitment first_commitment
    instant: committed_at
    int: push_count push_count_90d pull_count pushed_wd
    date: baseline_start baseline_finish actual_start actual_finish
    text: baseline_name
    date: p50 p80 p80_last_week
    text: forecast_method
    int: forecast_references slip_wd
    text: slip_pair
    int: duration_minutes baseline_duration_minutes
    wall: early_start_at early_finish_at late_start_at late_finish_at
    int: total_float_minutes free_float_minutes total_float_wd free_float_wd
    bool: is_critical
    text: float_source constraint_type
    date: constraint_date deadline
    int: predecessor_count successor_count assignment_count
    text: driver_id
    real: percent_complete estimate_hours spent_hours remaining_hours points
    int: open_children children_at_commit children_added
    real: budget actual_cost forecast_cost
    text: currency iteration_id iteration release_id release
    list: releases labels components
    text: health_declared health health_reason
    int: open_risks open_findings
    text: worst_finding
    date: rollup_p80
    int: rollup_slip_wd rollup_items
    text: rollup_slip_pair
    bool: is_rolled_up
    instant: created_at updated_at last_activity_at last_transition_at state_since blocked_since
    int: age_wd p85_cycle_wd
    text: commitment_source
    int: inherited_push_count replan_count
    text: actual_finish_source
    int: reopened_count
    date: earlier_finish
    text: history_gap
    bool: in_levelled_schedule
    """
)

_VIEWS = (
    View("item", "Every work item that is not a tombstone (unless `--deleted`).", _ITEM, ("item_id",)),
    View(
        "project",
        "The PMO's own tree: one row per portfolio, programme and project.",
        _parse(
            """
            text: slug level parent name lead lead_problem health health_declared health_reason
            date: start commitment p50 p80
            int: slip_wd
            real: percent_complete
            int: item_count open_risks open_findings
            text: worst_finding
            real: budget actual_cost forecast_cost
            text: currency
            real: earned_value cost_performance
            """
        ),
        ("slug",),
    ),
    View(
        "risk",
        "Items of kind risk: every column of `item`, and their risk face.",
        _ITEM
        + _parse(
            """
            int: probability impact
            text: probability_raw impact_raw
            int: exposure
            text: response
            bool: has_response
            date: response_due review_due
            instant: last_review_at
            date: proximity_from proximity_to
            text: approver_id
            int: open_mitigations late_mitigations threatened_late
            """
        ),
        ("item_id",),
    ),
    View(
        "dependency",
        "Predecessor → successor, within and across trackers.",
        _parse(
            """
            text: dependency_id source predecessor_id successor_id predecessor_key successor_key type
            int: lag_minutes
            real: lag_percent
            int: lag_wd
            bool: predecessor_is_done successor_is_done predecessor_is_removed successor_is_committed
            text: successor_state
            date: predecessor_finish predecessor_due successor_start
            text: predecessor_owner_problem
            int: overlap_wd
            bool: crosses_source crosses_schedule crosses_team in_cycle
            """
        ),
        ("dependency_id",),
    ),
    View(
        "schedule",
        "One network of items with its own dates: a Project plan, a Jira or Azure DevOps project.",
        _parse(
            """
            text: schedule_id source name project kind lead lead_problem
            date: status_date
            bool: is_active has_logic
            int: item_count
            text: health_declared health
            int: health_gap_runs
            instant: last_status_at baseline_at
            int: rebaselines_12m
            real: spi_t cpli bei hit_rate cei cei_previous
            bool: critical_path_ok
            real: percent_complete budget actual_cost forecast_cost
            text: currency
            bool: has_levels
            """
        ),
        ("schedule_id",),
    ),
    View(
        "schedule_check",
        "Schedule-quality checks: one row per schedule and check, with its members.",
        _parse(
            """
            text: schedule_id name check
            int: numerator denominator
            real: share
            list: members
            bool: is_assessable
            text: reason
            """
        ),
        ("schedule_id", "check"),
    ),
    View(
        "milestone",
        "The trend of each milestone's forecast over time.",
        _parse(
            """
            text: item_id key
            real: slope
            int: sign_changes snapshots
            date: projected_finish
            """
        ),
        ("item_id",),
    ),
    View(
        "iteration",
        "Sprints and iterations.",
        _parse(
            """
            text: iteration_id source name state
            date: start end
            real: committed done p85_team say_do_3
            """
        ),
        ("iteration_id",),
    ),
    View(
        "release",
        "Versions that work is shipped in.",
        _parse(
            """
            text: release_id source name
            date: start date
            bool: is_released
            int: open_items
            """
        ),
        ("release_id",),
    ),
    View(
        "team",
        "Teams and their flow.",
        _parse(
            """
            text: team
            real: throughput_4w p10_26w wip wip_median_8w
            """
        ),
        ("team",),
    ),
    View(
        "calibration",
        "How good the forecasts of one class have been.",
        _parse(
            """
            text: class
            int: n
            real: p50_coverage p80_coverage brier pinball p80_low p80_high bias_wd churn_wd warning_lead_wd
            int: warned late false_warnings on_time
            """
        ),
        ("class",),
    ),
    View(
        "person_schedule",
        "One row per person and schedule with open work.",
        _parse(
            """
            text: person_id schedule_id name problem
            int: open_items
            """
        ),
        ("person_id", "schedule_id"),
    ),
    View(
        "person",
        "Humans, with the accounts that are theirs.",
        _parse(
            """
            text: person_id name email problem
            list: accounts
            int: open_items in_progress
            real: load_4w
            """
        ),
        ("person_id",),
    ),
    View(
        "twin",
        "Two items in different trackers that are the same piece of work, or may be: `is_confirmed`.",
        _parse(
            """
            text: twin_id a_id b_id a_key b_key evidence
            real: confidence
            bool: is_confirmed
            date: a_due b_due
            int: due_gap_wd
            bool: state_differs owner_differs
            text: missing_side
            int: map_count
            """
        ),
        ("twin_id",),
    ),
    View(
        "source",
        "The configured trackers and how fresh they are.",
        _parse(
            """
            text: source kind form
            instant: last_good_at
            text: error
            bool: is_stale is_armed
            instant: armed_at
            int: item_count
            text: held_because
            """
        ),
        ("source",),
    ),
    View(
        "unmapped",
        "Values of the trackers that the mapping does not know.",
        _parse(
            """
            text: source what value
            int: count
            """
        ),
        ("source", "what", "value"),
    ),
    View(
        "baseline",
        "Named, dated, immutable dates of items.",
        _parse(
            """
            text: name item_id key
            date: start finish
            wall: start_at finish_at
            real: work_hours cost
            instant: taken_at
            text: origin
            """
        ),
        ("name", "item_id"),
    ),
    View(
        "change",
        "The timeline of every item.",
        _parse(
            """
            text: source item_id key event_id
            instant: at
            text: by field before after
            """
        ),
        ("source", "event_id"),
    ),
    View(
        "baseline_event",
        "When and why each baseline was taken, replayed or imported, and taken again.",
        _parse(
            """
            text: name
            int: version
            text: kept_as
            instant: at
            date: as_of
            text: by reason origin imported_from
            int: item_count
            list: schedules
            bool: is_current
            """
        ),
        ("name", "version"),
    ),
    View(
        "container_change",
        "The dates of releases, iterations and plans as they were seen to change, and what that moved.",
        _parse(
            """
            text: source event_id kind container_id name
            instant: at
            text: by field before after
            bool: is_observed is_first
            int: open_items
            """
        ),
        ("source", "event_id"),
    ),
    View(
        "replan",
        "Bulk moves of dates: one decision each, however many items it moved.",
        _parse(
            """
            text: replan_id source by
            instant: at last_at
            int: moved_days moved_wd item_count push_count
            list: items
            """
        ),
        ("replan_id",),
    ),
    View(
        "finding",
        "The rules' verdicts, with their life cycle.",
        _parse(
            """
            text: finding_id rule rule_group subject item_id key project severity state
            instant: opened_at last_seen_at resolved_at
            text: resolved_because
            int: reopened_count
            text: message title why action docs
            object: evidence
            list: comment_items
            bool: is_legacy
            instant: muted_until
            text: muted_by muted_reason muted_approver
            """
        ),
        ("finding_id",),
    ),
    View(
        "write",
        "Every write that was planned, sent, applied or refused.",
        _parse(
            """
            text: write_id run_id source item_id key slot field base before after state reason
            list: rules
            text: remote_id
            instant: at
            """
        ),
        ("write_id",),
    ),
    View(
        "run",
        "What ran, when, and how it ended.",
        _parse(
            """
            text: run_id verb
            instant: started_at ended_at
            int: exit_code
            object: counts
            text: audit_head
            """
        ),
        ("run_id",),
    ),
    View(
        "audit",
        "The append-only audit trail: every write, and what people decided about writing.",
        _parse(
            """
            int: seq
            instant: at
            text: event run_id source item_id key slot field outcome
            list: rules
            text: remote_id write_id
            object: details
            text: hash
            """
        ),
        ("seq",),
    ),
    View(
        "failed_write",
        "Places that a tracker refused or never answered for, until they are written.",
        _parse(
            """
            text: item_id slot intent_id source key field after state reason
            int: failures
            instant: first_at last_at
            text: run_id
            instant: until
            text: by why
            """
        ),
        ("item_id", "slot"),
    ),
)

VIEWS: Mapping[str, View] = {view.name: view for view in _VIEWS}
