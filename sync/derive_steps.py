"""The steps of the derivation in their order: what each reads and writes, and how a change spreads in it.

`sync/derive.py` runs them and says how a part plugs in.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from store.catalogue import FILLED
from sync.changed import Reach
from sync.derive_absences import derive_absences
from sync.derive_baselines import derive_baselines, spread_baselines
from sync.derive_checks import derive_checks, spread_over_schedules
from sync.derive_children import derive_children
from sync.derive_dates import derive_dates
from sync.derive_flow import derive_flow, spread_flow
from sync.derive_forecast import derive_forecasts, spread_forecasts
from sync.derive_items import write_items
from sync.derive_links import derive_links, write_links
from sync.derive_milestones import derive_milestones
from sync.derive_network import WRITTEN as NETWORK_COLUMNS
from sync.derive_network import derive_network
from sync.derive_owners import derive_owners, derive_teams
from sync.derive_persons import derive_persons
from sync.derive_plan_network import WRITTEN, derive_plan_networks, spread_over_networks
from sync.derive_promises import derive_promises
from sync.derive_replans import spread_replans
from sync.derive_risks import derive_risks
from sync.derive_schedules import derive_schedules
from sync.derive_shape import derive_shape
from sync.derive_slips import derive_slips
from sync.derive_twins import derive_twins
from sync.plan_networks import LINK_COLUMNS, TASK_COLUMNS
from sync.reach_links import spread_over_network
from sync.workspace import Workspace

if TYPE_CHECKING:
    from store import Store

__all__ = ["STEPS", "Step"]

Run: TypeAlias = "Callable[[Workspace, Store], int]"
Spread: TypeAlias = "Callable[[Store, Reach], None]"


@dataclass(frozen=True, slots=True)
class Step:
    """One part of the derivation.

    Attributes:
        run: derives; returns the rows that it changed in tables of its own.
        reads: the columns that it reads, `table.column`, or whole tables.
        writes: the columns of `derived_item` that it puts into `work.derived`, or the tables it writes.
        spread: how a change spreads through it, where that is further than dependencies' other ends.
    """

    run: Run
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    spread: Spread | None = None


def _columns(table: str, names: str) -> tuple[str, ...]:
    return tuple(f"{table}.{name}" for name in names.split())


STEPS: tuple[Step, ...] = (
    Step(
        derive_plan_networks,
        (
            "tracker_schedule",
            "tracker_calendar",
            *_columns("tracker_dependency", " ".join(LINK_COLUMNS)),
            *_columns("tracker_item", " ".join((*TASK_COLUMNS, *FILLED, "key"))),
        ),
        _columns("derived_item", " ".join(WRITTEN)),
        spread_over_networks,
    ),
    Step(
        derive_shape,
        _columns("tracker_item", "source scope schedule_id parent_id key state is_summary"),
        _columns(
            "derived_item",
            "calendar_id portfolio program project parent_key depth is_leaf is_summary open_children",
        ),
    ),
    Step(
        derive_owners,
        ("tracker_identity", "derived_item.project", *_columns("tracker_item", "source owner_id")),
        _columns("derived_item", "owner owner_email owner_kind owner_problem"),
    ),
    Step(
        derive_baselines,
        (
            "tracker_baseline",
            "engine_baseline",
            "engine_container_change",
            *_columns(
                "tracker_item",
                "schedule_id baseline_name baseline_start baseline_finish baseline_start_at"
                " baseline_finish_at baseline_duration_minutes",
            ),
        ),
        ("derived_item.baseline_counts",),
        spread_baselines,
    ),
    Step(
        derive_teams,
        ("tracker_schedule", *_columns("tracker_item", "team scope schedule_id")),
        _columns("derived_item", "team"),
    ),
    Step(
        derive_dates,
        (
            "tracker_iteration",
            "tracker_release",
            "tracker_schedule",
            *_columns("tracker_item", "due parent_id iteration_id release_id release_ids schedule_id"),
        ),
        _columns(
            "derived_item",
            "iteration iteration_end release release_date releases parent_due effective_due"
            " effective_due_source",
        ),
    ),
    Step(
        derive_absences,
        (
            "tracker_item.state",
            *_columns("derived_item", "calendar_id effective_due owner_email owner_problem"),
        ),
        ("derived_item.owner_problem",),
    ),
    Step(
        derive_promises,
        (
            "tracker_change",
            "tracker_identity",
            "tracker_iteration",
            "tracker_release",
            "tracker_schedule",
            "engine_container_change",
            "engine_source",
            *_columns(
                "tracker_item",
                "source scope key due state status owner_id labels iteration_id release_id release_ids"
                " created_at baseline_finish deadline actual_finish is_blocked blocked_since schedule_id",
            ),
            *_columns("derived_item", "calendar_id effective_due baseline_counts total_float_minutes"),
        ),
        (
            "derived_replan",
            *_columns(
                "derived_item",
                "commitment commitment_source first_commitment committed_at is_committed push_count"
                " push_count_90d pull_count pushed_wd replan_count inherited_push_count actual_finish"
                " actual_finish_source reopened_count earlier_finish last_activity_at"
                " last_transition_at state_since blocked_since age_wd history_gap",
            ),
        ),
        spread_replans,
    ),
    Step(
        derive_flow,
        (
            "tracker_iteration",
            "tracker_schedule",
            "engine_reference",
            *_columns("tracker_item", "source kind state schedule_id parent_id iteration_id created_at"),
            *_columns("derived_item", "calendar_id team is_leaf actual_finish"),
        ),
        ("derived_item.p85_cycle_wd", "derived_team", "derived_iteration", "derived_iteration_item"),
        spread_flow,
    ),
    Step(
        derive_children,
        (
            "tracker_change",
            *_columns("tracker_item", "source scope kind state parent_id created_at"),
            "derived_item.committed_at",
        ),
        _columns("derived_item", "children_at_commit children_added"),
    ),
    Step(derive_risks, ("tracker_risk", "derived_item.calendar_id"), ("derived_risk",)),
    Step(
        derive_links,
        (
            "tracker_dependency",
            *_columns("tracker_item", "source schedule_id start native_id key url"),
            *_columns("derived_item", "calendar_id effective_due team"),
        ),
        (),
    ),
    Step(
        derive_twins,
        (
            "engine_source",
            *_columns("tracker_item", "source key title kind state owner_id twin_keys linked_urls"),
            *_columns("derived_item", "project effective_due"),
        ),
        ("derived_twin",),
    ),
    Step(
        derive_network,
        (
            "tracker_schedule",
            "derived_twin",
            *_columns("tracker_dependency", "type lag_minutes lag_percent"),
            *_columns(
                "tracker_item",
                "source schedule_id parent_id state start due actual_start actual_finish iteration_id"
                " release_id percent_complete duration_minutes is_milestone constraint_type start_at"
                " finish_at total_float_minutes free_float_minutes is_critical",
            ),
            *_columns(
                "derived_item",
                "calendar_id effective_due effective_due_source commitment project total_float_minutes"
                " free_float_minutes"
                " plan_is_critical plan_driver_id",
            ),
        ),
        (*_columns("derived_item", " ".join(NETWORK_COLUMNS)), "derived_network_end"),
        spread_over_network,
    ),
    Step(
        derive_forecasts,
        (
            "tracker_schedule",
            "engine_forecast",
            "engine_reference",
            *_columns(
                "tracker_item",
                "source schedule_id kind state owner_id is_summary start baseline_start baseline_finish"
                " percent_complete created_at priority_rank sort",
            ),
            *_columns(
                "derived_item",
                "calendar_id project team is_leaf effective_due commitment committed_at actual_finish"
                " network_finish is_waiting",
            ),
        ),
        (
            "derived_calibration",
            "engine_forecast",
            "engine_reference",
            *_columns("derived_item", "p50 p80 p80_last_week forecast_method forecast_references"),
        ),
        spread_forecasts,
    ),
    Step(
        derive_slips,
        (
            "tracker_item.baseline_finish",
            *_columns(
                "derived_item", "calendar_id commitment effective_due actual_finish p50 forecast_method"
            ),
        ),
        _columns("derived_item", "slip_wd slip_pair"),
    ),
    Step(write_links, ("derived_item.p80",), ("derived_dependency",)),
    Step(
        derive_milestones,
        (
            "engine_source",
            "engine_date_snapshot",
            "tracker_change",
            "tracker_schedule",
            *_columns("tracker_item", "source key state schedule_id is_milestone is_detail due created_at"),
            *_columns("derived_item", "effective_due p50 forecast_method"),
        ),
        ("derived_milestone", "engine_date_snapshot"),
    ),
    Step(
        derive_checks,
        (
            "engine_date_snapshot",
            "tracker_change",
            "tracker_dependency",
            "derived_dependency",
            "tracker_iteration",
            "tracker_schedule",
            *_columns(
                "tracker_item",
                "source key kind state schedule_id parent_id is_detail is_milestone start due finish_at"
                " actual_start actual_finish deadline constraint_type constraint_date baseline_start"
                " baseline_finish baseline_duration_minutes duration_minutes total_float_minutes is_critical"
                " assignment_count estimate_hours forecast_cost budget percent_complete owner_id"
                " iteration_id created_at",
            ),
            *_columns(
                "derived_item",
                "calendar_id is_summary effective_due first_commitment state_since last_activity_at"
                " owner_problem team p85_cycle_wd",
            ),
        ),
        ("derived_schedule_check",),
        spread_over_schedules,
    ),
    Step(
        derive_schedules,
        (
            "derived_schedule_check",
            "tracker_schedule",
            "tracker_identity",
            *_columns(
                "tracker_item",
                "schedule_id parent_id kind state is_milestone is_detail is_summary duration_minutes"
                " percent_complete",
            ),
            "derived_item.is_leaf",
        ),
        ("derived_schedule",),
    ),
    Step(
        derive_persons,
        (
            "tracker_identity",
            "tracker_schedule",
            "derived_twin",
            *_columns(
                "tracker_item",
                "source owner_id state schedule_id kind start remaining_hours estimate_hours"
                " percent_complete assignment_count",
            ),
            *_columns("derived_item", "effective_due is_leaf"),
        ),
        ("derived_person", "derived_person_schedule"),
    ),
    Step(write_items, ("derived_item",), ("derived_item", "derived_item_ordinal")),
)
