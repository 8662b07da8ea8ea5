"""The first schema.

Columns stand by kind, not in the order of their records: nothing depends on the order.
"""

from __future__ import annotations

from alembic import op
from sqlalchemy import text

from store.migrations.kinds import create_table

revision = "0001"
down_revision = None


def upgrade() -> None:
    for block in _TABLES.strip().split("\n\n"):
        head, _, columns = block.partition("\n")
        name, _, key = head.partition(": ")
        create_table(name, key, columns)
    for line in _INDEXES.strip().splitlines():
        table, _, names = line.partition(": ")
        op.create_index(f"ix_{table}_{names.replace(' ', '_')}", table, names.split())
    tombstones = text("deleted_at IS NOT NULL")
    op.create_index(
        "ix_tracker_item_tombstone",
        "tracker_item",
        ["item_id"],
        sqlite_where=tombstones,
        postgresql_where=tombstones,
    )


_TABLES = """
tracker_item: item_id
    text!: item_id source native_id key scope kind title state
    text: url type revision schedule_id parent_id status priority owner_id team start_at finish_at
    text: actual_start_at actual_finish_at deadline_at constraint_type constraint_at baseline_name
    text: baseline_start_at baseline_finish_at early_start_at early_finish_at late_start_at late_finish_at
    text: currency iteration_id release_id health_declared deleted_because changed_run
    int: sort priority_rank duration_minutes baseline_duration_minutes total_float_minutes
    int: free_float_minutes assignment_count
    bool!: is_milestone is_summary is_detail is_blocked
    instant: blocked_since created_at updated_at deleted_at
    date: start due actual_start actual_finish deadline constraint_date baseline_start baseline_finish
    bool: is_critical
    real: percent_complete estimate_hours spent_hours remaining_hours points budget actual_cost
    real: forecast_cost
    list!: release_ids labels components twin_keys
    int!: row_hash

tracker_risk: item_id
    text!: item_id source
    int: probability impact
    text: probability_raw impact_raw response approver_id changed_run
    bool!: has_response
    date: response_due review_due proximity_from proximity_to
    instant: last_review_at
    int!: row_hash

tracker_schedule: schedule_id
    text!: schedule_id source scope name kind
    text: lead_id calendar_id health_declared currency changed_run
    date: status_date
    bool!: is_active has_logic
    instant: baseline_at last_status_at
    int: minutes_per_day
    int!: row_hash

tracker_calendar: calendar_id
    text!: calendar_id source name
    list!: weekdays exceptions
    int!: row_hash
    text: changed_run

tracker_identity: source account_id
    text!: source account_id name kind
    text: email changed_run
    bool: is_active
    int!: row_hash

tracker_iteration: iteration_id
    text!: iteration_id source name
    text: state scope changed_run
    date: start end
    int!: row_hash

tracker_release: release_id
    text!: release_id source name
    date: start date
    bool!: is_released is_archived
    text: scope changed_run
    int!: row_hash

tracker_dependency: dependency_id
    text!: dependency_id source predecessor_id successor_id type
    int: lag_minutes
    real: lag_percent
    int!: row_hash
    text: changed_run

tracker_change: source event_id
    text!: source event_id item_id field
    instant!: at
    text: by before after

tracker_baseline: name item_id
    text!: name item_id source origin
    date: start finish
    text: start_at finish_at changed_run
    real: work_hours cost
    instant: taken_at
    int!: row_hash

tracker_unmapped: source what value
    text!: source what value
    int!: count row_hash
    text: changed_run

derived_item: item_id
    text!: item_id
    text: calendar_id portfolio program project parent_key owner owner_email owner_kind owner_problem
    text: effective_due_source iteration release forecast_method slip_pair driver_id
    int: depth push_count push_count_90d pull_count pushed_wd forecast_references slip_wd total_float_wd
    int: predecessor_count successor_count open_children children_at_commit children_added age_wd
    int: p85_cycle_wd
    bool: is_leaf is_summary is_committed
    date: effective_due iteration_end release_date parent_due commitment first_commitment p50 p80
    date: p80_last_week
    list: releases
    instant: committed_at last_activity_at last_transition_at state_since
    int!: row_hash

derived_item_ordinal: item_id
    text!: item_id
    int: start_ord due_ord effective_due_ord iteration_end_ord release_date_ord parent_due_ord
    int: commitment_ord first_commitment_ord committed_at_ord baseline_start_ord baseline_finish_ord
    int: actual_start_ord actual_finish_ord p50_ord p80_ord p80_last_week_ord constraint_date_ord
    int: deadline_ord created_at_ord updated_at_ord last_activity_at_ord last_transition_at_ord
    int: state_since_ord blocked_since_ord
    int!: row_hash

derived_risk: item_id
    text!: item_id
    int: exposure open_mitigations late_mitigations threatened_late response_due_ord review_due_ord
    int: last_review_at_ord proximity_from_ord proximity_to_ord
    int!: row_hash

derived_dependency: dependency_id
    text!: dependency_id
    int: lag_wd overlap_wd predecessor_finish_ord predecessor_due_ord successor_start_ord
    date: predecessor_finish predecessor_due successor_start
    bool: crosses_source crosses_schedule crosses_team in_cycle
    text: calendar_id
    int!: row_hash

derived_schedule: schedule_id
    text!: schedule_id
    text: project lead lead_problem health
    int: item_count health_gap_runs rebaselines_12m
    instant: baseline_at
    real: spi_t cpli bei hit_rate cei cei_previous percent_complete budget actual_cost forecast_cost
    bool: critical_path_ok
    int!: row_hash

derived_schedule_check: schedule_id check
    text!: schedule_id check
    text: name
    int: numerator denominator
    real: share
    list: members
    bool: is_assessable
    int!: row_hash

derived_twin: twin_id
    text!: twin_id
    text: a_id b_id a_key b_key evidence missing_side
    real: confidence
    bool: is_confirmed state_differs owner_differs
    int: due_gap_wd map_count
    int!: row_hash

derived_person: person_id
    text!: person_id
    text: name email problem
    list: accounts
    int: open_items in_progress
    real: load_4w
    int!: row_hash

derived_person_schedule: person_id schedule_id
    text!: person_id schedule_id
    text: name problem
    int: open_items
    int!: row_hash

derived_rollup: item_id
    text!: item_id
    real: percent_complete
    text: health health_reason worst_finding
    int: open_risks open_findings
    int!: row_hash

derived_project: slug
    text!: slug
    text: level parent name lead lead_problem health health_declared health_reason worst_finding currency
    date: start commitment p50 p80
    int: slip_wd item_count open_risks open_findings
    real: percent_complete budget actual_cost forecast_cost
    int!: row_hash

derived_milestone: item_id
    text!: item_id
    text: key
    real: slope
    int: sign_changes snapshots
    date: projected_finish
    int!: row_hash

derived_iteration: iteration_id
    text!: iteration_id
    real: committed done p85_team say_do_3
    int!: row_hash

derived_team: team
    text!: team
    real: throughput_4w p10_26w wip wip_median_8w
    int!: row_hash

derived_calibration: class
    text!: class
    int: n
    real: p50_coverage p80_coverage brier pinball
    int!: row_hash

derived_workday: day
    date!: day
    int: ord
    int!: row_hash

derived_today: calendar_id
    text!: calendar_id
    date: day
    int: ord
    int!: row_hash

engine_finding: finding_id
    text!: finding_id rule rule_group subject severity state message title why action
    text: item_id key project resolved_because docs muted_by muted_reason changed_run
    instant: opened_at resolved_at muted_until
    instant!: last_seen_at
    int!: reopened_count row_hash
    object!: evidence
    list!: comment_items sources
    bool!: is_legacy

engine_write: write_id
    text!: write_id run_id source item_id key slot state reason
    text: field remote_id intent_id
    value: base before after
    list!: rules
    instant: at

engine_source: source
    text!: source kind form
    instant: last_good_at armed_at
    text: error mapping_version

engine_stream: source stream
    text!: source stream
    object: cursor
    instant: read_at

engine_run: run_id
    text!: run_id verb
    instant!: started_at
    instant: ended_at
    int: exit_code
    object: counts

engine_slot: item_id slot
    text!: item_id slot source
    value: value
    text: remote_id
    instant: at

engine_meta: name
    text!: name
    text: value
"""

_INDEXES = """
tracker_item: source scope
tracker_item: key
tracker_dependency: predecessor_id
tracker_dependency: successor_id
tracker_change: item_id
tracker_baseline: item_id
engine_finding: state
engine_finding: item_id
engine_write: source state
engine_write: run_id
engine_write: item_id
engine_slot: source
"""
